/** Pictures: chosen, looked at, made smaller. */
import { make } from '../dom.ts'
import { type Registrar, WxError } from './api.ts'
import { ask, dialogOver, showToast } from './dialogs.ts'
import type { Files } from './files.ts'

const MOST_FILES = 9

function pick(accept: string, count: number, capture?: string): Promise<File[]> {
  return new Promise((resolve, reject) => {
    const input = make('input', { type: 'file', accept, multiple: count > 1, hidden: true })
    if (capture) input.setAttribute('capture', capture)
    input.onchange = () => {
      input.remove()
      resolve([...(input.files ?? [])].slice(0, count))
    }
    input.addEventListener('cancel', () => {
      input.remove()
      reject(new WxError('cancel'))
    })
    document.body.append(input)
    input.click()
  })
}

const acceptOf = (types: readonly string[] = ['image', 'video']) =>
  types.map((type) => (type === 'mix' ? 'image/*,video/*' : `${type}/*`)).join(',')

/** The size that is wanted; the other side follows. */
function scaled(width: number, height: number, to: { width?: number | undefined; height?: number | undefined }) {
  if (to.width) return { width: to.width, height: to.height ?? Math.round((height * to.width) / width) }
  if (to.height) return { width: Math.round((width * to.height) / height), height: to.height }
  return { width, height }
}

export function jpegOf(canvas: HTMLCanvasElement, quality: number, type = 'image/jpeg'): Promise<Blob> {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new WxError('the picture is empty'))), type, quality)
  })
}

const TYPES: Record<string, string> = {
  'image/jpeg': 'jpeg',
  'image/png': 'png',
  'image/gif': 'gif',
  'image/webp': 'webp',
}

export function registerMedia({ api, plain }: Registrar, files: Files): void {
  api('chooseMedia', async ({ mediaType, count = MOST_FILES, sourceType }) => {
    const isCamera = sourceType?.length === 1 && sourceType[0] === 'camera'
    const chosen = await pick(acceptOf(mediaType), count, isCamera ? 'environment' : undefined)
    const tempFiles = await Promise.all(
      chosen.map(async (file) => ({
        tempFilePath: await files.keep(file),
        size: file.size,
        fileType: file.type.startsWith('video') ? 'video' : 'image',
        duration: 0,
        width: 0,
        height: 0,
        thumbTempFilePath: '',
      })),
    )
    return { type: 'image', tempFiles, failedCount: 0 }
  })
  api('chooseImage', async ({ count = MOST_FILES }) => {
    const chosen = await pick('image/*', count)
    const tempFiles = await Promise.all(chosen.map(async (file) => ({ path: await files.keep(file), size: file.size })))
    return { tempFilePaths: tempFiles.map(({ path }) => path), tempFiles }
  })
  api('chooseMessageFile', async ({ count }) => {
    const chosen = await pick('', count)
    const tempFiles = chosen.map(async (file) => ({
      path: await files.keep(file),
      name: file.name,
      size: file.size,
      type: 'file',
      time: Math.floor(file.lastModified / 1000),
    }))
    return { tempFiles: await Promise.all(tempFiles) }
  })

  api('getImageInfo', async ({ src }) => {
    const blob =
      src.startsWith('blob:') || src.startsWith('wxfile:') ? files.open(src).blob : await (await fetch(src)).blob()
    const { width, height } = await createImageBitmap(blob)
    return { width, height, path: src, orientation: 'up', type: TYPES[blob.type] ?? 'unknown' }
  })
  api('compressImage', async ({ src, quality = 80, compressedWidth, compressedHeight }) => {
    const bitmap = await createImageBitmap(files.open(src).blob)
    const size = scaled(bitmap.width, bitmap.height, { width: compressedWidth, height: compressedHeight })
    const canvas = make('canvas', size)
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, size.width, size.height)
    return { tempFilePath: await files.keep(await jpegOf(canvas, quality / 100)) }
  })
  api('canvasToTempFilePath', async ({ canvas, fileType, quality = 1 }) => {
    const node = canvas as unknown as HTMLCanvasElement | undefined
    if (!node) throw new WxError('fail canvas is empty')
    const blob = await jpegOf(node, quality, fileType === 'jpg' ? 'image/jpeg' : 'image/png')
    return { tempFilePath: await files.keep(blob) }
  })
  plain({
    createOffscreenCanvas: ({ width = 300, height = 150 }: { width?: number; height?: number } = {}) =>
      Object.assign(make('canvas', { width, height }), { createImage: () => new Image() }),
  })

  const shownAt = (source: string) => (source.startsWith('wxfile:') ? files.open(source).url : source)
  function preview(source: string | undefined): void {
    if (!source) throw new WxError('nothing to show')
    const picture = make('img', { src: shownAt(source), alt: '图片预览' })
    const viewer = make('mp-preview', {}, picture)
    viewer.onclick = dialogOver(viewer)
  }
  api('previewImage', ({ urls, current }) => preview(current ?? urls[0]))
  api('previewMedia', ({ sources, current = 0 }) => preview(sources[current]?.url))
  api('saveImageToPhotosAlbum', () => undefined)
  api('scanCode', async () => {
    const { confirm, content } = await ask({ title: '扫码', placeholder: '输入码的内容' })
    if (!confirm) throw new WxError('cancel')
    return { result: content, scanType: 'QR_CODE', charSet: 'utf-8', path: '', rawData: '' }
  })
  api('makePhoneCall', async ({ phoneNumber }) => {
    const { confirm } = await ask({ content: phoneNumber, ok: '呼叫' })
    if (!confirm) throw new WxError('cancel')
  })
  let clipboard = ''
  api('setClipboardData', ({ data }) => {
    clipboard = data
    showToast('内容已复制')
  })
  api('getClipboardData', () => ({ data: clipboard }))
}
