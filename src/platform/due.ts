/** Due-tables: everything that can become due, behind one small interface that both metronomes run. */
import { HORIZONS_MS } from './claims.ts'
import { addMs, type Clock, EPOCH, earliest, HOUR_MS, SECOND_MS } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface DueTable {
  /** Collection name, e.g. `care_steps`: also the job's name and the metric's label. */
  table: string
  /** Collections that hold its rows, where they aren't the one called like the table. */
  collections?: readonly string[]
  /** Earliest business instant at which an unfinished row is due, whoever holds it, up to `until` if given; null = nothing. */
  nextDueAt(now: Date, until?: Date): Promise<Date | null>
  /** Nothing of it lies hours ahead, or `nextDueAt` answers for all time: "nothing" stands until somebody writes. */
  whole?: true
  /** Does everything due by `now` that nobody else holds, in batches. Safe to run in several processes and twice. */
  drain(now: Date): Promise<Record<string, number>>
}

export const due = (table: DueTable): DueTable => table

export interface DueEngine {
  tables: readonly DueTable[]
  /** Earliest due instant over all tables; nothing is drained. */
  nextDueAt(now: Date): Promise<Date | null>
  /** Drains every table until a whole round finds nothing due; returns the earliest next due instant. */
  drainAll(now: Date): Promise<Date | null>
  drainOne(table: string, now: Date): Promise<void>
  /** How late each table is, for who watches: one look per table, whoever drains it. */
  measureLag(now: Date): Promise<void>
  /** Says that a table has got work: it is looked at in the running or next `drainAll` before all are probed again. */
  hint(table: string): void
}

// A table that keeps giving itself work at one instant is a bug; this ends the loop loudly instead of hanging.
const MAX_ROUNDS = 10_000

/** The last instant that a Date can hold. */
const FOR_EVER = addMs(EPOCH, 8_640_000_000_000_000)
/** A look is asked at least so far ahead, so that it stands while the clock moves in small steps. */
const LOOK_AHEAD_MS = 6 * HOUR_MS

export interface DueEngineDeps {
  log: Log
  metrics: Metrics
  clock: Pick<Clock, 'wall'>
  /** Writes to a collection that this process has started or finished: a table nobody wrote to still stands as it was seen. */
  writesOf: (collection: string) => number
  /** How long (machine time) a look stands although other processes write too; 0 looks every time. */
  standsMs: number
}

/** What a table answered, and what it was asked. */
interface Look {
  next: Date | null
  until: Date
  writes: number
  at: number
}

/** Errors of one table don't stop the others: they are logged and the row's own lease and back-off try again. */
export function createDueEngine(tables: readonly DueTable[], deps: DueEngineDeps): DueEngine {
  const { log, metrics, clock, writesOf, standsMs } = deps
  const byName = new Map(tables.map((table) => [table.table, table]))
  const hinted = new Set<string>()
  const looks = new Map<string, Look>()
  const writesTo = ({ table, collections = [table] }: DueTable) =>
    collections.reduce((sum, collection) => sum + writesOf(collection), 0)

  const drain = async (table: DueTable, now: Date): Promise<boolean> => {
    const startedAt = clock.wall()
    try {
      const counts = await table.drain(now)
      const worked = Object.values(counts).some((count) => count > 0)
      if (worked) {
        log.debug({ table: table.table, ...counts }, 'table drained')
        metrics.drainSeconds.observe({ table: table.table }, (Number(clock.wall()) - Number(startedAt)) / SECOND_MS)
        for (const [outcome, count] of Object.entries(counts))
          metrics.drained.inc({ table: table.table, outcome }, count)
      }
      return worked
    } catch (error) {
      log.error({ err: error, table: table.table }, 'drain failed')
      return false
    }
  }

  /** The table's earliest due instant up to `until`, as it was seen a moment ago or as it is now. */
  async function look(table: DueTable, now: Date, until: Date): Promise<Date | null> {
    const seen = looks.get(table.table)
    const writes = writesTo(table)
    const stands = seen && seen.writes === writes && Number(clock.wall()) - seen.at < standsMs
    if (stands && (seen.next !== null || seen.until >= until)) return seen.next
    const at = Number(clock.wall())
    const ahead = addMs(now, LOOK_AHEAD_MS)
    const far = ahead > until ? ahead : until
    const next = await table.nextDueAt(now, far)
    // Counted before the question: a write that began meanwhile, or ends later, makes the answer worth nothing.
    looks.set(table.table, { next, until: table.whole ? FOR_EVER : far, writes, at })
    return next
  }
  const lookAtAll = (now: Date, until: Date) => Promise.all(tables.map((table) => look(table, now, until)))

  /** The earliest over all tables. Looked for in widening steps: once one table has something near, nobody looks further. */
  async function nextOfAll(now: Date): Promise<Date | null> {
    for (const horizon of HORIZONS_MS) {
      const until = addMs(now, horizon)
      const found = earliest(await lookAtAll(now, until))
      if (found && found <= until) return found
    }
    return null
  }
  return {
    tables,
    nextDueAt: nextOfAll,
    async drainOne(name, now) {
      const table = byName.get(name)
      if (table) await drain(table, now)
    },
    async measureLag(now) {
      for (const table of tables) {
        const at = await table.nextDueAt(now, now)
        metrics.lag.set({ table: table.table }, at && at < now ? (Number(now) - Number(at)) / SECOND_MS : 0)
      }
    },
    hint: (name) => void hinted.add(name),
    async drainAll(now) {
      let due = new Set<DueTable>()
      for (let round = 0; round < MAX_ROUNDS; round++) {
        let worked = false
        // One after the other: what one table does often gives work to the next, and a fixed order keeps a seeded run repeatable.
        for (const table of tables) {
          if (!hinted.delete(table.table) && !due.has(table)) continue
          worked = (await drain(table, now)) || worked
        }
        due = new Set()
        if (worked && hinted.size > 0) continue
        // Hints only save looks. Before this says that nothing is due, every table has been asked.
        const near = addMs(now, HORIZONS_MS[0])
        const found = await lookAtAll(now, near)
        for (const [i, table] of tables.entries()) {
          const at = found[i]
          if (at && at <= now) due.add(table)
        }
        const next = earliest(found)
        // A table may answer beyond what it was asked: only a near answer says that nobody has anything earlier.
        if (next === null || next > now) return next && next <= near ? next : nextOfAll(now)
        // Due but not worked off: held by another process, or failing. Its lease or back-off decides.
        if (!worked && round > 0) return next
      }
      throw new Error('due-tables do not come to rest')
    },
  }
}
