/**
 * Runs due-tables under a clock that is moved by hand: drain until nothing is due, jump to the next due instant, again.
 * Same drains as production; only what makes them run differs.
 */
import { ceilToMinute, type ManualClock } from './clock.ts'
import type { DueEngine } from './due.ts'

export interface StepMetronome {
  /** Plays until `to`; business time stands at `to` afterwards. Returns the number of jumps. */
  runUntil(to: Date): Promise<number>
}

// A minute has an end: more jumps than this many per call is a row that comes back at once for ever.
const MAX_JUMPS = 1_000_000

export function createStepMetronome({ engine, clock }: { engine: DueEngine; clock: ManualClock }): StepMetronome {
  return {
    async runUntil(to) {
      for (let jumps = 0; jumps < MAX_JUMPS; jumps++) {
        const next = await engine.drainAll(clock.now())
        if (clock.now() >= to) return jumps
        const at = next ? ceilToMinute(next) : to
        clock.set(at > clock.now() && at < to ? at : to)
      }
      throw new Error('business time does not move on')
    },
  }
}
