/**
 * Vendor rate limits, shared by all processes (GCRA, one document per bucket). `reserve` takes k permits in one write,
 * whatever k is: this process remembers the bucket as it last saw it and writes only onto that. Business time, because the
 * vendor's windows are.
 */
import type { Connection } from 'mongoose'
import { addMs, type Clock, EPOCH, HOUR_MS, MINUTE_MS, SECOND_MS } from '../platform/clock.ts'
import { collectionOf, insertMissing } from '../platform/db.ts'

/**
 * What we allow ourselves. However a period is laid over the sends, it holds at most `permits + burst` of them: together
 * three quarters of the published figure, which other software shares.
 */
export interface Limit {
  /** Permits that grow back per period. */
  permits: number
  periodMs: number
  /** How many may go at once after a rest. */
  burst: number
}

const limit = (published: number, periodMs: number): Limit => ({
  permits: Math.floor(published * 0.4),
  periodMs,
  burst: Math.floor(published * 0.35),
})

/** Published limits (wecom 2.3): per corp and API, per member of an app, whose surplus WeCom drops silently, and per robot. */
export const LIMITS = {
  api: [limit(10_000, MINUTE_MS)],
  member: [limit(30, MINUTE_MS), limit(1_000, HOUR_MS)],
  // Nobody else has its address: all of the published 20 a minute.
  robot: [{ permits: 10, periodMs: MINUTE_MS, burst: 10 }],
} as const satisfies Record<string, readonly Limit[]>

interface Bucket {
  _id: string
  /** Theoretical arrival time of the next permit, one per limit of the kind. */
  tats: Date[]
  blockedUntil: Date
  strikes: number
  /** Grows with every write: who has read an older one looks again. */
  rev: number
}

export interface Rates {
  /**
   * Takes `count` permits of a bucket, all or none. When not, `retryAt` is when it is worth asking again; more than the
   * smallest burst of the kind is never given.
   */
  reserve(bucket: string, kind: keyof typeof LIMITS, count: number): Promise<{ ok: boolean; retryAt: Date }>
  /** The vendor said 45009: nobody calls for a minute, two, four … up to an hour. */
  block(bucket: string): Promise<Date>
}

const MAX_BLOCK_MS = HOUR_MS
/**
 * So many permits of an API are taken at once and used up within this machine time, one write for many sends: a hundredth of
 * the published figure. So long, too, a block by another process may go unseen. Members' permits are too few for it.
 */
const KEPT = { permits: 100, ms: SECOND_MS }
/** Looks again this often when other processes were quicker. */
const TRIES = 20
const REMEMBERED = 5_000

/** The bucket after `count` more permits, or when there will be room for them. Pure. */
function taken(bucket: Bucket, limits: readonly Limit[], count: number, now: Date): Date[] | { retryAt: Date } {
  if (bucket.blockedUntil > now) return { retryAt: bucket.blockedUntil }
  const needs = limits.map(({ permits, periodMs }) => Math.ceil((count * periodMs) / permits))
  // A bucket that stood still starts full again.
  const tats = limits.map((_, i) => {
    const tat = bucket.tats[i] ?? now
    return tat > now ? tat : now
  })
  const late = limits.flatMap(({ permits, periodMs, burst }, i) => {
    const roomAt = addMs(tats[i] ?? now, (needs[i] ?? 0) - Math.ceil((burst * periodMs) / permits))
    return roomAt > now ? [roomAt] : []
  })
  if (late.length > 0) return { retryAt: late.reduce((a, b) => (a > b ? a : b)) }
  return tats.map((tat, i) => addMs(tat, needs[i] ?? 0))
}

export interface RatesDeps {
  db: Connection
  clock: Clock
  /** No other process sends: what is taken is only known here, and of it nothing but blocks is written. */
  alone?: boolean
}

export function createRates({ db, clock, alone = false }: RatesDeps): Rates {
  const rows = collectionOf<Bucket>(db, 'rate_buckets')
  const seen = new Map<string, Bucket>()
  const kept = new Map<string, { left: number; until: number }>()

  /** Permits taken before that are still good. */
  function fromKept(_id: string, count: number): boolean {
    const mine = kept.get(_id)
    if (!mine || mine.left < count || mine.until <= Number(clock.wall())) return false
    mine.left -= count
    return true
  }

  async function look(_id: string): Promise<Bucket> {
    const fresh: Bucket = { _id, tats: [], blockedUntil: EPOCH, strikes: 0, rev: 0 }
    const found = await rows.findOne({ _id })
    if (!found) await insertMissing(rows, [fresh])
    return found ?? fresh
  }

  const write = async ({ _id, rev }: Bucket, tats: Date[]): Promise<boolean> =>
    (await rows.updateOne({ _id, rev }, { $set: { tats }, $inc: { rev: 1 } })).matchedCount === 1

  async function take(_id: string, kind: keyof typeof LIMITS, count: number): Promise<{ ok: boolean; retryAt: Date }> {
    const now = clock.now()
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const current = (attempt === 0 && seen.get(_id)) || (await look(_id))
      const tats = taken(current, LIMITS[kind], count, now)
      // What is remembered can only have become fuller since, never emptier.
      if (!Array.isArray(tats)) return { ok: false, retryAt: tats.retryAt }
      if (alone || (await write(current, tats))) {
        if (seen.size >= REMEMBERED) seen.clear()
        seen.set(_id, { ...current, tats, rev: alone ? current.rev : current.rev + 1 })
        return { ok: true, retryAt: now }
      }
    }
    return { ok: false, retryAt: addMs(now, SECOND_MS) }
  }

  return {
    async reserve(bucket, kind, count) {
      const _id = `${kind}:${bucket}`
      if (kind !== 'api') return take(_id, kind, count)
      if (fromKept(_id, count)) return { ok: true, retryAt: clock.now() }
      const until = Number(clock.wall()) + KEPT.ms
      const more = await take(_id, kind, count + KEPT.permits)
      if (!more.ok) return take(_id, kind, count)
      kept.set(_id, { left: KEPT.permits, until })
      return more
    },
    async block(bucket) {
      const now = clock.now()
      const _id = `api:${bucket}`
      kept.delete(_id)
      const row = await look(_id)
      const strikes = (addMs(row.blockedUntil, HOUR_MS) > now ? row.strikes : 0) + 1
      const until = addMs(now, Math.min(MAX_BLOCK_MS, MINUTE_MS * 2 ** (strikes - 1)))
      await rows.updateOne({ _id }, { $max: { blockedUntil: until }, $set: { strikes }, $inc: { rev: 1 } })
      const known = seen.get(_id)
      if (alone && known) seen.set(_id, { ...known, blockedUntil: until, strikes })
      return until
    },
  }
}
