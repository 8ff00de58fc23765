/** The two times of the house. The only file in `src/` that reads the machine's clock. */

export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
/** A claim that nobody holds: one range predicate then covers "free or expired". */
export const EPOCH = new Date(0)
/** Beyond all that is ever due, and still a date that every database can hold. */
export const FOR_EVER = new Date('2199-12-31T00:00:00Z')

export interface Clock {
  /** Business time: due times, windows, quotas, vendor tokens, callback age, everything that people are shown. */
  now(): Date
  /** Machine time: leases, HTTP timeouts, shutdown. Never moved by a simulation. */
  wall(): Date
}

/** Business time that a test, the demo or a simulator moves by hand; it never runs backwards. */
export interface ManualClock extends Clock {
  /** Moves business time to `to`; an earlier instant is ignored. */
  set(to: Date): void
  advance(ms: number): void
}

export const systemClock: Clock = { now: () => new Date(), wall: () => new Date() }

/** A clock whose `now` stands still until it is moved. `wall` stays the machine's, because leases outlive simulations. */
export function manualClock(start: Date | string): ManualClock {
  let now = new Date(start).getTime()
  return {
    now: () => new Date(now),
    wall: () => new Date(),
    set: (to) => {
      now = Math.max(now, to.getTime())
    },
    advance: (ms) => {
      now += ms
    },
  }
}

export const addMs = (at: Date, ms: number): Date => new Date(at.getTime() + ms)
/** Parses an instant that a vendor or a document gives: ISO text, milliseconds, or a Date. */
export const instant = (value: string | number | Date): Date => new Date(value)
/** A vendor's Unix seconds. */
export const fromUnixSeconds = (seconds: number): Date => new Date(seconds * SECOND_MS)
export const unixSeconds = (at: Date): number => Math.floor(at.getTime() / SECOND_MS)
export const earliest = (dates: readonly (Date | null | undefined)[]): Date | null => {
  let best: Date | null = null
  for (const date of dates) if (date && (!best || date < best)) best = date
  return best
}
