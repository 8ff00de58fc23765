/** Photos on their way out: on the customer's word, when their time is over, and what was never finished. */

import type { BlobStore } from '../platform/blobs.ts'
import type { Clock } from '../platform/clock.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import { filesOf, type PhotoRow, type PhotoStore } from './model.ts'
import type { Notes } from './notes.ts'
import type { Receiver } from './receive.ts'

export interface Retention {
  /** The customer wants it gone: what is part of a medical record is locked until its time is over, the rest is erased. */
  askErasure(photo: PhotoRow): Promise<{ outcome: 'erased' | 'locked'; keepUntil: Date }>
  /** What must go by now. Safe to repeat. */
  sweep(now: Date): Promise<Record<string, number>>
}

/** Whoever begins an upload finishes it within a day, or begins anew. */
const UNFINISHED_MS = DAY_MS
const PAGE = 200

export function createRetention({
  store,
  blobs,
  receiver,
  notes,
  clock,
}: {
  store: PhotoStore
  blobs: Pick<BlobStore, 'remove'>
  receiver: Pick<Receiver, 'discard'>
  notes: Pick<Notes, 'forget' | 'expire'>
  clock: Clock
}): Retention {
  /** First nobody finds it, then its bytes go: a death between the two is made good by the next sweep. */
  async function erase(photo: PhotoRow, erasure: PhotoRow['erasure']): Promise<void> {
    await notes.forget(photo._id)
    await store.files.giveUp(filesOf(photo), clock.now())
    const erased = await store.erase(photo._id, erasure)
    await receiver.discard(filesOf(erased ?? photo))
  }

  /** Page by page until one is empty; each page must take its rows out of the next. */
  async function each<T>(read: () => Promise<T[]>, work: (row: T) => Promise<unknown>): Promise<number> {
    let count = 0
    for (;;) {
      const rows = await read()
      for (const row of rows) await work(row)
      count += rows.length
      if (rows.length < PAGE) return count
    }
  }

  return {
    async askErasure(photo) {
      const { keepUntil, retention, erasure } = photo
      const askedAt = erasure?.askedAt ?? clock.now()
      if (retention === 'medical') {
        await store.lock(photo._id, askedAt)
        return { outcome: 'locked', keepUntil }
      }
      await erase(photo, { askedAt, outcome: 'erased' })
      return { outcome: 'erased', keepUntil: askedAt }
    },
    async sweep(now) {
      const before = addMs(now, -UNFINISHED_MS)
      const expired = await each(
        () => store.expired(now, PAGE),
        (photo) => erase(photo, null),
      )
      const uploads = await each(
        () => store.uploads.abandoned(before, PAGE),
        ({ _id }) => store.uploads.drop(_id),
      )
      const files = await each(
        () => store.files.stray(before, PAGE),
        async ({ _id, photoId }) => {
          const photo = photoId === null ? null : await store.get(photoId)
          if (photo && filesOf(photo).includes(_id)) return store.files.keep([_id])
          await blobs.remove(_id)
          return store.files.forget(_id)
        },
      )
      return { expired, uploads, files, notes: await notes.expire(now) }
    },
  }
}
