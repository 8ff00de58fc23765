/** Files that were uploaded or sent, by media_id, for three days of business time. */
import { createHash } from 'node:crypto'
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { MediaKind } from './media-files.ts'
import { ApiError } from './values.ts'

const LIFE_MS = 3 * 24 * 3_600_000

export interface Media {
  kind: MediaKind | 'thumb'
  filename: string
  type: string
  bytes: Buffer
}

/** Whose file it is: the corp's apps share theirs, a robot's and the mini-program's are their own. */
export type Owner = 'corp' | 'mini' | `robot ${string}`

export interface MediaStore {
  put(owner: Owner, media: Media, now: Date, id?: string): { mediaId: string; createdAt: number }
  /** @throws ApiError 41006 missing, 40007 unknown or another owner's, 40145 over */
  get(owner: Owner, mediaId: string, now: Date): Media
  /** An image whose address stays: its id, the same for the same bytes. */
  keepImage(media: Media): string
  image(id: string): Media | undefined
}

export function createMediaStore(seed: number): MediaStore {
  const kept = new Map<string, { owner: Owner; until: number; media: Media | null }>()
  const images = new Map<string, Media>()
  const counters = createCounters(seed)

  /** What is over is forgotten but for its id; the oldest come first. */
  function forget(now: number): void {
    for (const entry of kept.values()) {
      if (entry.until > now) break
      entry.media = null
    }
  }
  const sumOf = (media: Media) =>
    createHash('sha256').update(media.filename).update(media.kind).update(media.bytes).digest('hex')

  return {
    put(owner, media, at, id) {
      const now = at.getTime()
      forget(now)
      const sum = sumOf(media)
      const mediaId = id ?? opaque(64, seed, 'media', owner, sum, counters.next(owner, sum))
      kept.set(mediaId, { owner, until: now + LIFE_MS, media })
      return { mediaId, createdAt: Math.floor(now / 1000) }
    },
    get(owner, mediaId, now) {
      if (!mediaId) throw new ApiError(41006, 'media_id missing')
      const found = kept.get(mediaId)
      if (!found || found.owner !== owner) throw new ApiError(40007, 'invalid media_id')
      if (found.until <= now.getTime() || !found.media) throw new ApiError(40145, 'media_id expired')
      return found.media
    },
    keepImage(media) {
      const id = opaque(40, seed, 'kept image', sumOf(media))
      images.set(id, media)
      return id
    },
    image: (id) => images.get(id),
  }
}
