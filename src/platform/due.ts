/** Due-tables: everything that can become due, behind one small interface that both metronomes run. */
import { HORIZONS_MS, type Upcoming } from './claims.ts'
import { addMs, type Clock, earliest, FOR_EVER, HOUR_MS, SECOND_MS } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Writes } from './writes.ts'

export interface DueTable {
  /** Collection name, e.g. `care_steps`: also the job's name and the metric's label. */
  table: string
  /** Collections that hold its rows, where they aren't the one called like the table. */
  collections?: readonly string[]
  /** The field that says when a row is due, where it isn't `dueAt`. */
  field?: string
  /** Earliest business instant at which an unfinished row is due, whoever holds it, up to `until` if given; null = nothing. */
  nextDueAt(now: Date, until?: Date): Promise<Date | null>
  /** The next rows up to `until`, at most `limit`: with them the engine knows what comes after the first one, too. */
  upcoming?(until: Date, limit: number): Promise<Upcoming[]>
  /** Nothing of it lies hours ahead, or `nextDueAt` answers for all time: "nothing" stands until somebody writes. */
  whole?: true
  /** Other processes drain it: this one tells how late it is, and takes none of its ticks away. */
  watched?: boolean
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

/** A look is asked at least so far ahead, so that it stands while the clock moves in small steps. */
const LOOK_AHEAD_MS = 6 * HOUR_MS

export interface DueEngineDeps {
  log: Log
  metrics: Metrics
  clock: Pick<Clock, 'wall'>
  /** What this process writes: a table still stands as it was seen, but for what has been written to it since. */
  writes: Writes
  /** How long (machine time) a look stands although other processes write too; 0 looks every time. */
  standsMs: number
}

/** So many rows are read ahead. */
const AHEAD = 50

/** What a table answered, and what it was asked. */
interface Look {
  next: Date | null
  until: Date
  /** All rows up to `until` are followed one by one. */
  byRow: boolean
  writes: number
  at: number
}

/** An answer. `sure`: a row is due then; else none is due earlier. */
interface Next {
  at: Date | null
  sure: boolean
}

/** Errors of one table don't stop the others: they are logged and the row's own lease and back-off try again. */
export function createDueEngine(tables: readonly DueTable[], deps: DueEngineDeps): DueEngine {
  const { log, metrics, clock, writes, standsMs } = deps
  const byName = new Map(tables.map((table) => [table.table, table]))
  const hinted = new Set<string>()
  const looks = new Map<string, Look>()
  const asking = new Map<DueTable, object>()
  const rowsOf = ({ table, collections = [table], field = 'dueAt' }: DueTable) => ({ collections, field })
  const writesTo = (table: DueTable) =>
    rowsOf(table).collections.reduce((sum, collection) => sum + writes.count(collection), 0)

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

  /** What was seen of a table a moment ago, together with what this process has written to it since; null = look again. */
  function remembered(table: DueTable, until: Date): Next | null {
    const seen = looks.get(table.table)
    if (!seen || Number(clock.wall()) - seen.at >= standsMs) return null
    if (seen.writes === writesTo(table)) return seen.next || seen.until >= until ? { at: seen.next, sure: true } : null
    const { collections, field } = rowsOf(table)
    const written = collections.map((collection) => writes.since(collection, field))
    if (written.includes('unknown')) return null
    const at = earliest([...(seen.byRow ? [] : [seen.next]), ...(written as (Date | null)[])])
    // Of what lies beyond the look only this process's own rows are known.
    const covered = (seen.byRow ? null : seen.next) ?? seen.until
    return covered >= until || (at && at <= covered) ? { at, sure: false } : null
  }

  /** The table's earliest due instant up to `until`, as it is now. */
  async function look(table: DueTable, now: Date, until: Date): Promise<Next> {
    const at = Number(clock.wall())
    const ahead = addMs(now, LOOK_AHEAD_MS)
    const far = ahead > until ? ahead : until
    const { collections, field } = rowsOf(table)
    // Before the question: a write that is on its way, or begins meanwhile, counts as one that came after it.
    const count = writesTo(table)
    const mine = {}
    asking.set(table, mine)
    looks.delete(table.table)
    for (const collection of collections) writes.follow(collection, field)
    const rows = await table.upcoming?.(far, AHEAD)
    const next = rows ? (rows[0]?.[1] ?? null) : await table.nextDueAt(now, far)
    // A look that began later has taken over what is written meanwhile.
    if (asking.get(table) === mine) {
      const last = rows?.length === AHEAD ? rows.at(-1)?.[1] : undefined
      for (const collection of rows ? collections : []) writes.seed(collection, field, rows ?? [])
      const until = last ?? (table.whole ? FOR_EVER : far)
      looks.set(table.table, { next, until, byRow: rows !== undefined, writes: count, at })
    }
    return { at: next, sure: true }
  }
  /** `drained`: these have been drained at this instant, so that what is said to be due by now is looked at. */
  const lookAtAll = (now: Date, until: Date, drained: ReadonlySet<DueTable>) =>
    Promise.all(
      tables.map(async (table) => {
        const known = remembered(table, until)
        const isDoubtful = known?.at && !known.sure && known.at <= now && drained.has(table)
        return (known && !isDoubtful ? known : await look(table, now, until)).at
      }),
    )
  const everyTable: ReadonlySet<DueTable> = new Set(tables)

  /** The earliest over all tables. Looked for in widening steps: once one table has something near, nobody looks further. */
  async function nextOfAll(now: Date): Promise<Date | null> {
    for (const horizon of HORIZONS_MS) {
      const until = addMs(now, horizon)
      const found = earliest(await lookAtAll(now, until, everyTable))
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
      const drained = new Set<DueTable>()
      for (let round = 0; round < MAX_ROUNDS; round++) {
        let worked = false
        // One after the other: what one table does often gives work to the next, and a fixed order keeps a seeded run repeatable.
        for (const table of tables) {
          if (!hinted.delete(table.table) && !due.has(table)) continue
          drained.add(table)
          worked = (await drain(table, now)) || worked
        }
        due = new Set()
        if (worked && hinted.size > 0) continue
        // Hints only save looks. Before this says that nothing is due, every table has been asked.
        const near = addMs(now, HORIZONS_MS[0])
        const found = await lookAtAll(now, near, drained)
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
