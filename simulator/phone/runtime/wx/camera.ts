/** `wx.createCameraContext`: photos and frames of the camera on the page. */

import { nodeOf } from '../builtins/define.ts'
import { make } from '../dom.ts'
import type { Shell } from '../shell.ts'
import { failureOf, settle, WxError } from './api.ts'
import type { Files } from './files.ts'
import { jpegOf } from './media.ts'

const QUALITY: Record<string, number> = { low: 0.6, normal: 0.8, high: 0.92, original: 1 }
/** Frames are for looking at light and place, not for keeping. */
const FRAME_WIDTH = 288
const FRAME_MS = 100

type Callbacks = Parameters<typeof settle>[1]

export function createCameraContext(shell: Shell, files: Files) {
  /** @throws WxError while the page has no camera that runs */
  function video(): HTMLVideoElement {
    const host = shell.top()?.host.querySelector('wx-camera')
    const node = host ? (nodeOf(host) as HTMLVideoElement | undefined) : undefined
    if (!node || node.videoWidth === 0) throw new WxError('camera is not ready')
    return node
  }
  function drawn(width: number): HTMLCanvasElement {
    const source = video()
    const canvas = make('canvas', { width, height: Math.round((source.videoHeight * width) / source.videoWidth) })
    canvas.getContext('2d', { willReadFrequently: true })?.drawImage(source, 0, 0, canvas.width, canvas.height)
    return canvas
  }

  return {
    takePhoto(options: Callbacks & { quality?: string } = {}) {
      shell.calls.push({ api: 'takePhoto', args: { quality: options.quality ?? 'normal' } })
      const take = async () => {
        const canvas = drawn(video().videoWidth)
        const blob = await jpegOf(canvas, QUALITY[options.quality ?? 'normal'] ?? 1)
        const { width, height } = canvas
        return { errMsg: 'operateCamera:ok', tempImagePath: await files.keep(blob), width, height }
      }
      const outcome = take().catch((error: unknown) => {
        throw failureOf('operateCamera', error)
      })
      return settle(outcome, options)
    },
    onCameraFrame(callback: (frame: { data: ArrayBuffer; width: number; height: number }) => void) {
      let timer = 0
      const frame = () => {
        try {
          const canvas = drawn(FRAME_WIDTH)
          const { width, height } = canvas
          const pixels = canvas.getContext('2d')?.getImageData(0, 0, width, height)
          if (pixels) callback({ data: pixels.data.slice().buffer, width, height })
        } catch (error) {
          // The camera may come a little later than the listener.
          if (!(error instanceof WxError)) throw error
        }
      }
      return {
        start({ success }: { success?: (result: unknown) => void } = {}) {
          clearInterval(timer)
          timer = window.setInterval(frame, FRAME_MS)
          success?.({ errMsg: 'startCameraFrame:ok' })
        },
        stop({ success }: { success?: (result: unknown) => void } = {}) {
          clearInterval(timer)
          success?.({ errMsg: 'stopCameraFrame:ok' })
        },
      }
    },
  }
}
