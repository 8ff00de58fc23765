/**
 * Vendor rate limits, shared by all processes (GCRA on one document per bucket, classic operators only). `reserve` takes
 * k permits in two commands, whatever k is. Business time, because the vendor's windows are.
 */
import type { Connection } from 'mongoose'
import { addMs, type Clock, EPOCH, HOUR_MS, MINUTE_MS } from '../platform/clock.ts'
import { collectionOf, insertMissing } from '../platform/db.ts'

export interface Limit {
  /** Permits per period that we allow ourselves: three quarters of the published figure, which other software shares. */
  permits: number
  periodMs: number
}

const SHARE = 0.75
const limit = (published: number, periodMs: number): Limit => ({ permits: Math.floor(published * SHARE), periodMs })

/** Published limits (wecom 2.3): per corp and API, and per member of an app, whose surplus WeCom drops silently. */
export const LIMITS = {
  api: limit(10_000, MINUTE_MS),
  member: limit(30, MINUTE_MS),
  memberHour: limit(1_000, HOUR_MS),
} as const

interface Bucket {
  _id: string
  /** Theoretical arrival time of the next permit. */
  tat: Date
  blockedUntil: Date
  strikes: number
}

export interface Rates {
  /** Takes `count` permits of a bucket, all or none. When not, `retryAt` is when it is worth asking again. */
  reserve(bucket: string, kind: keyof typeof LIMITS, count: number): Promise<{ ok: boolean; retryAt: Date }>
  /** The vendor said 45009: nobody calls for a minute, two, four … up to an hour. */
  block(bucket: string): Promise<Date>
}

const MAX_BLOCK_MS = HOUR_MS

export function createRates({ db, clock }: { db: Connection; clock: Clock }): Rates {
  const rows = collectionOf<Bucket>(db, 'rate_buckets')
  return {
    async reserve(bucket, kind, count) {
      const { permits, periodMs } = LIMITS[kind]
      const spacing = periodMs / permits
      const now = clock.now()
      const _id = `${kind}:${bucket}`
      const need = Math.ceil(count * spacing)
      // A bucket that stood still starts full again.
      const woken = await rows.updateOne({ _id, tat: { $lt: now } }, { $set: { tat: now } })
      const row = woken.matchedCount === 1 ? null : await rows.findOne({ _id })
      if (woken.matchedCount === 0 && !row)
        await insertMissing(rows, [{ _id, tat: now, blockedUntil: EPOCH, strikes: 0 }])
      const tat = row?.tat ?? now
      // Read, then compare-and-set on what was read: losers look again at the caller's next turn.
      const latest = addMs(now, periodMs - need)
      if (tat > latest) return { ok: false, retryAt: addMs(tat, need - periodMs) }
      const taken = await rows.updateOne(
        { _id, tat: { $lte: latest }, blockedUntil: { $lte: now } },
        { $set: { tat: addMs(tat > now ? tat : now, need) } },
      )
      if (taken.matchedCount === 1) return { ok: true, retryAt: now }
      const after = await rows.findOne({ _id })
      const retryAt = after && after.blockedUntil > now ? after.blockedUntil : addMs(now, Math.ceil(spacing))
      return { ok: false, retryAt }
    },
    async block(bucket) {
      const now = clock.now()
      const _id = `api:${bucket}`
      await insertMissing(rows, [{ _id, tat: now, blockedUntil: EPOCH, strikes: 0 }])
      const row = await rows.findOne({ _id })
      const strikes = (row && addMs(row.blockedUntil, HOUR_MS) > now ? row.strikes : 0) + 1
      const until = addMs(now, Math.min(MAX_BLOCK_MS, MINUTE_MS * 2 ** (strikes - 1)))
      await rows.updateOne({ _id }, { $max: { blockedUntil: until }, $set: { strikes } })
      return until
    },
  }
}
