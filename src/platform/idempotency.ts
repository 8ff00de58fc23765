/** `Idempotency-Key`: a repeated POST answers the first answer again; the same key with another request is refused. */
import type { Connection } from 'mongoose'
import { addMs, type Clock } from './clock.ts'
import type { FieldCrypto } from './crypto.ts'
import { collectionOf, isDuplicate } from './db.ts'
import { AppError } from './errors.ts'
import { hashId } from './hash.ts'

export interface IdempotentRequest {
  actor: string
  key: string
  route: string
  request: unknown
}

export interface Idempotency {
  /**
   * Runs `work` once per (actor, key). Errors are not kept: the caller may try again.
   * @throws AppError conflict/idempotency_key_reused, conflict/idempotency_in_progress, invalid/invalid_request (malformed key)
   */
  once<T>(request: IdempotentRequest, work: () => Promise<T>): Promise<T>
}

interface KeyRow {
  _id: string
  /** Keyed, because few bodies share one customer's name and phone. */
  requestHash: string
  /** Sealed: answers name people. */
  answer: string | null
  /** Machine time until which the first caller is believed to be alive. */
  busyUntil: Date
  /** Machine time, for retention. */
  createdAt: Date
}

const BUSY_MS = 30_000
const ANSWER_FIELD = 'idempotency_keys.answer'
const REQUEST_FIELD = 'idempotency_keys.request'

export function createIdempotency({
  db,
  clock,
  crypto,
}: {
  db: Connection
  clock: Clock
  crypto: FieldCrypto
}): Idempotency {
  const rows = collectionOf<KeyRow>(db, 'idempotency_keys')
  return {
    async once<T>({ actor, key, route, request }: IdempotentRequest, work: () => Promise<T>): Promise<T> {
      if (!/^[\x21-\x7e]{1,128}$/.test(key))
        throw new AppError('invalid', 'invalid_request', { header: 'idempotency-key' })
      const _id = hashId(actor, key)
      const requestHash = crypto.blindIndex(REQUEST_FIELD, `${route} ${JSON.stringify(request)}`)
      const wall = clock.wall()
      const row: KeyRow = { _id, requestHash, answer: null, busyUntil: addMs(wall, BUSY_MS), createdAt: wall }
      if (await isDuplicate(rows.insertOne(row))) {
        const known = await rows.findOne({ _id })
        if (known && known.requestHash !== requestHash) throw new AppError('conflict', 'idempotency_key_reused')
        if (known?.answer) return JSON.parse(crypto.open(ANSWER_FIELD, known.answer)) as T
        // The first caller died before it answered: take its place, if nobody else just did.
        const taken = await rows.updateOne(
          { _id, answer: null, busyUntil: { $lte: wall } },
          { $set: { busyUntil: row.busyUntil } },
        )
        if (taken.matchedCount === 0)
          throw new AppError('conflict', 'idempotency_in_progress', {}, { retryAfterMs: BUSY_MS })
      }
      try {
        const answer = await work()
        await rows.updateOne({ _id }, { $set: { answer: crypto.seal(ANSWER_FIELD, JSON.stringify(answer)) } })
        return answer
      } catch (error) {
        await rows.deleteOne({ _id, answer: null })
        throw error
      }
    },
  }
}
