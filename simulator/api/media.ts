/** Temporary files of the corp and of the mini-program: up, and down again byte for byte. */
import type { Part } from '../multipart.ts'
import { checkFile, isMediaKind, type MediaKind } from './media-files.ts'
import type { Media } from './media-store.ts'
import { type Api, ApiError, type ApiRequest, Bytes, type SimContext } from './types.ts'

const MB = 1024 * 1024
/** A larger file is given out in parts only. */
const WHOLE_AT_MOST = 20 * MB
const IMAGES_A_DAY = 1_000
const IMAGES_A_MONTH = 3_000
const DAY_MS = 24 * 3_600_000

/** The file of a form. What its field is called doesn't matter: SDKs call it differently, or not at all. */
const part = (parts: readonly Part[]): Part => {
  const found = parts.find(({ filename }) => filename)
  if (!found) throw new ApiError(44001, 'empty media data')
  return found
}

export const fileOf = (parts: readonly Part[], kind: MediaKind): Media => {
  const { filename, type, bytes } = part(parts)
  checkFile(kind, bytes, filename)
  return { kind, filename, type, bytes }
}

/** @throws ApiError 40005 */
export function kindOf(query: URLSearchParams, ...allowed: MediaKind[]): MediaKind {
  const kind = query.get('type') ?? ''
  if (!isMediaKind(kind) || (allowed.length > 0 && !allowed.includes(kind))) throw new ApiError(40005, 'invalid type')
  return kind
}

/** A name beyond ASCII is written twice, as the vendor does it: in percent, then its bare bytes of UTF-8. */
function dispositionOf(filename: string): string {
  const bare = `filename="${Buffer.from(filename.replace(/["\p{Cc}]/gu, '_')).toString('latin1')}"`
  const isPlain = /^[ -~]*$/.test(filename)
  return isPlain ? `attachment; ${bare}` : `attachment; filename*=utf-8''${encodeURIComponent(filename)}; ${bare}`
}

/** The file as it was, or the part of it that was asked for. @throws ApiError 40146, 830002 */
export function download({ filename, type, bytes }: Media, range: string | undefined): Bytes {
  const disposition = dispositionOf(filename)
  const headers = { 'Content-Type': type, 'Content-disposition': disposition, 'Accept-Ranges': 'bytes' }
  if (range === undefined) {
    if (bytes.length > WHOLE_AT_MOST) throw new ApiError(830002, 'the file is over 20 MB: ask for ranges')
    return new Bytes(200, headers, bytes)
  }
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? []
  if (!first && !last) throw new ApiError(40146, 'invalid Range header')
  const from = first ? Number(first) : Math.max(0, bytes.length - Number(last))
  const to = first && last ? Math.min(Number(last), bytes.length - 1) : bytes.length - 1
  if (from > to) throw new ApiError(40146, 'invalid Range header')
  const contentRange = { 'Content-Range': `bytes ${from}-${to}/${bytes.length}` }
  return new Bytes(206, { ...headers, ...contentRange }, bytes.subarray(from, to + 1))
}

const get = ({ query, headers }: ApiRequest, { media, clock }: SimContext): Bytes =>
  download(media.get('corp', query.get('media_id') ?? '', clock.now()), headers.range)

/** One per world: counts the images of the day and month. */
export function createMediaApis(): Api[] {
  const images: number[] = []

  function countImage(now: number): void {
    const since = (ms: number) => images.filter((at) => at > now - ms).length
    if (since(DAY_MS) >= IMAGES_A_DAY || since(30 * DAY_MS) >= IMAGES_A_MONTH)
      throw new ApiError(45009, 'reach max api frequency limit')
    images.push(now)
  }

  return [
    {
      method: 'POST',
      path: '/cgi-bin/media/upload',
      auth: 'wecom',
      takes: 'form',
      handle({ query, parts }, { media, clock }) {
        const kind = kindOf(query)
        const { mediaId, createdAt } = media.put('corp', fileOf(parts, kind), clock.now())
        return { type: kind, media_id: mediaId, created_at: String(createdAt) }
      },
    },
    {
      method: 'POST',
      path: '/cgi-bin/media/uploadimg',
      auth: 'wecom',
      takes: 'form',
      handle({ parts, headers }, { media, clock }) {
        const { filename, type, bytes } = part(parts)
        checkFile('image', bytes, filename, 2 * MB)
        countImage(clock.now().getTime())
        return { url: `http://${headers.host}/wwpic/${media.keepImage({ kind: 'image', filename, type, bytes })}/0` }
      },
    },
    // There are SDKs that ask by POST.
    { method: 'either', path: '/cgi-bin/media/get', auth: 'wecom', handle: get },
    {
      method: 'either',
      path: '/cgi-bin/media/get/jssdk',
      auth: 'wecom',
      handle(request, context) {
        const { kind } = context.media.get('corp', request.query.get('media_id') ?? '', context.clock.now())
        if (kind !== 'voice') throw new ApiError(40007, 'invalid media_id')
        return get(request, context)
      },
    },
  ]
}

const MINI_KINDS: Record<string, [kind: MediaKind, most: number]> = {
  image: ['image', 10 * MB],
  voice: ['voice', 2 * MB],
  video: ['video', 10 * MB],
  thumb: ['image', 64 * 1024],
}

export const miniProgramMediaApis: Api[] = [
  {
    method: 'POST',
    path: '/cgi-bin/media/upload',
    auth: 'wechat',
    takes: 'form',
    bare: true,
    handle({ query, parts }, { media, clock }) {
      const type = query.get('type') ?? ''
      const [kind, most] = (Object.hasOwn(MINI_KINDS, type) && MINI_KINDS[type]) || []
      if (!kind || !most) throw new ApiError(40004, 'invalid media type')
      const { filename, type: contentType, bytes } = part(parts)
      checkFile(kind, bytes, filename, most)
      const file: Media = { kind: type === 'thumb' ? 'thumb' : kind, filename, type: contentType, bytes }
      const { mediaId, createdAt } = media.put('mini', file, clock.now())
      return { type, media_id: mediaId, created_at: createdAt }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/media/get',
    auth: 'wechat',
    handle: ({ query, headers }, { media, clock }) =>
      download(media.get('mini', query.get('media_id') ?? '', clock.now()), headers.range),
  },
]
