/** Files (素材, wecom.md 6): up and down as streams; an id comes with the instant at which it ends. */
import { z } from 'zod'
import { addMs, DAY_MS, fromUnixSeconds } from '../../platform/clock.ts'
import { invalid } from '../../platform/errors.ts'
import { type Ask, NumberLike } from '../ask.ts'
import type { Download, Upload } from '../exchange.ts'

export type MediaKind = 'image' | 'voice' | 'video' | 'file'

const MB = 1024 * 1024
/** Of the vendor's page. Anything of five bytes or less is no file there. */
export const MEDIA_RULES = {
  image: { most: 10 * MB, types: ['image/jpeg', 'image/png'] },
  voice: { most: 2 * MB, types: ['audio/amr'] },
  video: { most: 10 * MB, types: ['video/mp4'] },
  file: { most: 20 * MB, types: null },
} as const satisfies Record<MediaKind, { most: number; types: readonly string[] | null }>
/** Of images that stay: 1000 a day, 3000 a month. */
const KEPT_IMAGE = { most: 2 * MB, types: MEDIA_RULES.image.types }
const LEAST = 6
const MEDIA_LIFE_MS = 3 * DAY_MS
/** More comes only in parts. */
const MOST_AT_ONCE = 20 * MB

export interface MediaApi {
  /**
   * Every app of the corp may use the id until it ends, three days later. A repeat makes another id.
   *
   * @throws AppError invalid/invalid_request: size or type that the vendor doesn't take, nothing is sent
   */
  uploadMedia(kind: MediaKind, file: Upload): Promise<{ mediaId: string; expiresAt: Date }>
  /** An address for good, shown only inside WeCom: for pictures of welcomes and mass messages. JPG or PNG, ≤ 2 MB. */
  uploadImage(file: Upload): Promise<{ url: string }>
  /**
   * @param range bytes from and to, both included; a file over 20 MB comes only so
   * @throws VendorError 40007 no such id, 40145 over, 40146 bad range, 830002 too large without a range
   */
  downloadMedia(mediaId: string, range?: { from: number; to: number }): Promise<Download>
}

const Uploaded = z.object({ media_id: z.string().min(1), created_at: NumberLike })

/** @throws AppError invalid/invalid_request */
function check(
  { size, contentType }: Upload,
  { most, types }: { most: number; types: readonly string[] | null },
): void {
  if (size < LEAST || size > most) throw invalid('invalid_request', { reason: 'size', size, most })
  if (types && !types.includes(contentType)) throw invalid('invalid_request', { reason: 'type', contentType })
}

export const mediaApi = (ask: Ask): MediaApi => ({
  async uploadMedia(kind, file) {
    check(file, MEDIA_RULES[kind])
    const { media_id, created_at } = await ask.upload(Uploaded, '/cgi-bin/media/upload', file, { type: kind })
    return { mediaId: media_id, expiresAt: addMs(fromUnixSeconds(created_at), MEDIA_LIFE_MS) }
  },
  async uploadImage(file) {
    check(file, KEPT_IMAGE)
    return ask.upload(z.object({ url: z.string().min(1) }), '/cgi-bin/media/uploadimg', file)
  },
  downloadMedia: (mediaId, range) =>
    ask.download('/cgi-bin/media/get', MOST_AT_ONCE, {
      query: { media_id: mediaId },
      headers: range ? { range: `bytes=${range.from}-${range.to}` } : {},
    }),
})
