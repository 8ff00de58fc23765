/**
 * How often one address or one person may ask. Kept in memory: each process counts for itself, so an installation of n
 * processes allows up to n times as much, which is enough to keep a flood from the database and guessing hopeless.
 */
import type { AddressOf } from './address.ts'
import { addMs, type Clock, EPOCH, MINUTE_MS } from './clock.ts'
import { AppError } from './errors.ts'

export interface Allowance {
  /** Permits per period; all of them may be used at once, and they grow back evenly. */
  permits: number
  periodMs: number
}

const perMinute = (permits: number): Allowance => ({ permits, periodMs: MINUTE_MS })

/**
 * Many customers share one address of a mobile network or of the clinic's Wi-Fi: the figures per address allow for that.
 * Callbacks that verify are never limited, because the vendor's retries must get through.
 */
export const ALLOWANCES = {
  /** Per address: requests to routes that ask for no key, e.g. sign-in. */
  public: perMinute(120),
  /** Per address: probes, metrics, the API document, paths that don't exist. */
  system: perMinute(1_200),
  /** Per address: keys and sessions that were refused. */
  refused: perMinute(60),
  /** Per address: callbacks that were refused. */
  callback: perMinute(600),
  /** Per person, whatever the address. */
  customer: perMinute(240),
  staff: perMinute(1_200),
} as const satisfies Record<string, Allowance>

export type AllowanceName = keyof typeof ALLOWANCES

export interface RateLimiter {
  /** Takes one permit. @throws AppError rate_limited/rate_limited with the time to wait; nothing is taken then */
  take(name: AllowanceName, key: string): void
  /** Whether `take` would throw: throws the same. */
  check(name: AllowanceName, key: string): void
  /** Takes a permit for what has happened already; never throws. */
  note(name: AllowanceName, key: string): void
}

/** What the HTTP edge needs: who is asking, and how often that is. */
export interface Throttle extends RateLimiter {
  addressOf: AddressOf
}

/** Bound of memory: about 20 MB when every key is in use. */
const MAX_KEYS = 100_000

/** GCRA: per key only the time at which its allowance is whole again. Machine time, because it protects the machine. */
export function createRateLimiter({
  clock,
  allowances = ALLOWANCES,
  maxKeys = MAX_KEYS,
}: {
  clock: Pick<Clock, 'wall'>
  allowances?: Record<AllowanceName, Allowance>
  maxKeys?: number
}): RateLimiter {
  const tables = new Map<AllowanceName, Recent>()
  function tableOf(name: AllowanceName): Recent {
    const table = tables.get(name) ?? createRecent(maxKeys, allowances[name].periodMs)
    tables.set(name, table)
    return table
  }

  /** Milliseconds to wait, 0 when there is a permit, and the whole-again time after it is taken. */
  function look(name: AllowanceName, key: string): { waitMs: number; next: Date; now: Date } {
    const { permits, periodMs } = allowances[name]
    const spacing = periodMs / permits
    const now = clock.wall()
    const full = addMs(now, periodMs)
    const whole = tableOf(name).get(key, now) ?? now
    // Bounded above as well: a machine's clock that is set back must not lock anybody out.
    const from = whole < now ? now : whole > full ? full : whole
    const next = addMs(from, spacing)
    return { waitMs: Math.max(0, Number(next) - Number(full)), next, now }
  }
  const tooMany = (name: AllowanceName, waitMs: number) =>
    new AppError('rate_limited', 'rate_limited', { allowance: name }, { retryAfterMs: waitMs })

  return {
    take(name, key) {
      const { waitMs, next, now } = look(name, key)
      if (waitMs > 0) throw tooMany(name, waitMs)
      tableOf(name).set(key, next, now)
    },
    check(name, key) {
      const { waitMs } = look(name, key)
      if (waitMs > 0) throw tooMany(name, waitMs)
    },
    note(name, key) {
      const { waitMs, next, now } = look(name, key)
      if (waitMs === 0) tableOf(name).set(key, next, now)
    },
  }
}

interface Recent {
  get(key: string, now: Date): Date | undefined
  set(key: string, value: Date, now: Date): void
}

/**
 * Two halves that change places: whoever was not seen for a whole period is forgotten, without ever walking the table.
 * A flood of new keys turns the halves early, so it can make us forget, but not fill the memory.
 */
function createRecent(maxKeys: number, periodMs: number): Recent {
  let young = new Map<string, Date>()
  let old = new Map<string, Date>()
  let turnAt = EPOCH
  function turn(now: Date): void {
    const setBack = turnAt > addMs(now, periodMs)
    if (now < turnAt && !setBack && young.size < maxKeys / 2) return
    old = young
    young = new Map()
    turnAt = addMs(now, periodMs)
  }
  return {
    get(key, now) {
      turn(now)
      return young.get(key) ?? old.get(key)
    },
    set(key, value, now) {
      turn(now)
      young.set(key, value)
    },
  }
}

const nobodyWaits: RateLimiter = { take: () => undefined, check: () => undefined, note: () => undefined }
/** For simulated time, where months of requests pass in minutes. */
export const unthrottled = (addressOf: AddressOf): Throttle => ({ ...nobodyWaits, addressOf })
