/** What is done with a photo once it is there: the pictures that people see, then the word that it came, then the check. */
import { backoffMs, type RowResult } from '../platform/claims.ts'
import { addMs, type Clock } from '../platform/clock.ts'
import { type DueTable, due } from '../platform/due.ts'
import { AppError } from '../platform/errors.ts'
import type { Events } from '../platform/events.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import { drawPictures } from './drawing.ts'
import { PHOTOS, type PhotoRow, type PhotoStore, type StoredFile } from './model.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import type { Receiver } from './receive.ts'
import type { Safety } from './safety.ts'
import type { PhotoReceived, PhotoSize } from './types.ts'

export interface PictureDeps {
  store: PhotoStore
  receiver: Receiver
  safety: Pick<Safety, 'ask' | 'wanted'>
  oneAtATime: OneAtATime
  events: Pick<Events, 'publish'>
  clock: Clock
  random: Random
  log: Log
  leaseMs: number
}

/** In one drain; more follow in the next. */
const BATCH = 20
/** An inside that can't be unpacked will not be better tomorrow; a database that is gone may be. */
const MAX_ATTEMPTS = 5

export function createPictures(deps: PictureDeps): DueTable {
  const { store, receiver, safety, oneAtATime, events, clock, random, log, leaseMs } = deps

  async function draw(row: PhotoRow, original: StoredFile): Promise<Record<string, unknown>> {
    const drawn = await oneAtATime(() => drawPictures(receiver.read(original), row.orientation))
    const keep = async (size: PhotoSize) => {
      const { bytes, width, height } = drawn[size]
      return { ...(await receiver.store(row._id, bytes)), width, height }
    }
    const pictures = { thumb: await keep('thumb'), screen: await keep('screen') }
    const { _id: photoId, customerId, treatmentId, purpose, takenAt } = row
    const data: PhotoReceived = { photoId, customerId, treatmentId, purpose }
    await events.publish({
      id: `photo.received:${photoId}`,
      type: 'photo.received',
      occurredAt: takenAt,
      data: { ...data },
    })
    return { pictures, state: 'ready', lastError: null }
  }

  async function work(row: PhotoRow): Promise<RowResult> {
    const { _id, claim } = row
    try {
      // Erased meanwhile.
      if (!row.original) return { _id, claim, set: { dueAt: null } }
      if (row.state === 'preparing') {
        const set = await draw(row, row.original)
        return { _id, claim, set: { ...set, attempt: 0, dueAt: safety.wanted(row) ? clock.now() : null } }
      }
      return { _id, claim, set: { ...(await safety.ask(row)), attempt: 0, dueAt: null } }
    } catch (error) {
      const attempt = row.attempt + 1
      const isOver = attempt >= MAX_ATTEMPTS
      const lastError = error instanceof AppError ? error.code : 'photo_damaged'
      log.warn({ err: error, photo: _id, attempt }, 'photo not prepared')
      // Of one whose pictures are there only the check is missing; it stays as it is.
      const state = isOver && row.state === 'preparing' ? { state: 'failed' as const } : {}
      return {
        _id,
        claim,
        set: { ...state, attempt, lastError, dueAt: isOver ? null : addMs(clock.now(), backoffMs(attempt)) },
      }
    }
  }

  return due({
    table: PHOTOS,
    nextDueAt: store.due.nextDueAt,
    whole: true,
    async drain(now) {
      let done = 0
      for (; done < BATCH; done++) {
        // One claim each: a lease must not run out while others of the batch are drawn.
        const [row] = await store.due.claim({ now, wall: clock.wall(), limit: 1, leaseMs, token: random.id() })
        if (!row) break
        const result = await work(row)
        const isOurs = (await store.due.finish([result])) > 0
        const { pictures } = result.set as { pictures?: Record<PhotoSize, StoredFile> }
        // Of a claim that was lost the files stay unkept, and are swept away.
        if (pictures && isOurs) await store.files.keep(Object.values(pictures).map(({ fileId }) => fileId))
      }
      return { prepared: done }
    },
  })
}
