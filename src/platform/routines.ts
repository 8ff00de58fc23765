/**
 * Work that comes round by the clock: morning list, evening list, sweeps, retention. One row per routine, so that of many
 * processes one does each run. A run that dies is taken over; a routine must therefore be safe to repeat.
 */
import type { Connection } from 'mongoose'
import {
  backoffMs,
  claimDue,
  type DueRow,
  FREE_CLAIM,
  finishClaims,
  nextDueAt,
  type RowResult,
  upcomingOf,
} from './claims.ts'
import { addMs, type Clock } from './clock.ts'
import { collectionOf, ensureIndexes, insertMissing } from './db.ts'
import { type DueTable, due } from './due.ts'
import type { Log } from './log.ts'
import type { Random } from './random.ts'

export interface Routine {
  /** `room.verb-object`, e.g. `tasks.morning-list`; stable across releases. */
  name: string
  /** The next business instant strictly after `after`. */
  nextAt(after: Date): Date | Promise<Date>
  /** Does the run that was due at `at`. Safe to repeat. */
  run(at: Date): Promise<Record<string, number>>
}

export const routine = (spec: Routine): Routine => spec

export interface Routines {
  due: DueTable
  /** Adds rows for routines that have none yet; call once after composition. */
  ready(): Promise<void>
  /** Makes a routine due now instead of at its own hour; what fails is tried again with back-off. */
  hurry(name: string): Promise<void>
}

export interface RoutineDeps {
  db: Connection
  clock: Clock
  random: Random
  log: Log
  leaseMs: number
}

export function createRoutines(
  routines: readonly Routine[],
  { db, clock, random, log, leaseMs }: RoutineDeps,
): Routines {
  const rows = collectionOf<DueRow>(db, 'routines')
  const byName = new Map(routines.map((one) => [one.name, one]))

  async function work({ _id, claim, dueAt, attempt }: DueRow, now: Date): Promise<RowResult> {
    const one = byName.get(_id)
    if (!one || !dueAt) return { _id, claim, set: { dueAt: null } } // of a release that had it; ready() of that release sets it again
    try {
      const counts = await one.run(dueAt)
      log.info({ routine: _id, ...counts }, 'routine ran')
      // From now, not from dueAt: after an outage one run catches up, not a burst of old ones.
      return { _id, claim, set: { dueAt: await one.nextAt(now), attempt: 0, lastRunAt: now } }
    } catch (error) {
      log.error({ err: error, routine: _id }, 'routine failed')
      return { _id, claim, set: { attempt: attempt + 1, dueAt: addMs(now, backoffMs(attempt + 1)) } }
    }
  }

  return {
    due: due({
      table: 'routines',
      nextDueAt: (now, until) => nextDueAt(rows, now, until),
      upcoming: (until, limit) => upcomingOf(rows, until, limit),
      async drain(now) {
        const wall = clock.wall()
        const claimed = await claimDue(rows, { now, wall, limit: 20, leaseMs, token: random.id(), frozen: true })
        for (const row of claimed) await finishClaims(rows, [await work(row, now)])
        return { ran: claimed.length }
      },
    }),
    async ready() {
      await ensureIndexes(rows, [{ keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' }])
      const now = clock.now()
      await insertMissing(
        rows,
        await Promise.all(
          routines.map(async (one) => ({ _id: one.name, dueAt: await one.nextAt(now), claim: FREE_CLAIM, attempt: 0 })),
        ),
      )
      for (const one of routines)
        await rows.updateOne({ _id: one.name, dueAt: null }, { $set: { dueAt: await one.nextAt(now) } })
    },
    async hurry(name) {
      const now = clock.now()
      await rows.updateOne({ _id: name, dueAt: { $gt: now } }, { $set: { dueAt: now } })
    },
  }
}
