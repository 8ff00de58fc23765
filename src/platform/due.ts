/** Due-tables: everything that can become due, behind one small interface that both metronomes run. */
import { HORIZONS_MS } from './claims.ts'
import { addMs, type Clock, earliest, SECOND_MS } from './clock.ts'
import type { Log } from './log.ts'
import type { Metrics } from './metrics.ts'

export interface DueTable {
  /** Collection name, e.g. `care_steps`: also the job's name and the metric's label. */
  table: string
  /** Earliest business instant at which an unfinished row is due, whoever holds it, up to `until` if given; null = nothing. */
  nextDueAt(now: Date, until?: Date): Promise<Date | null>
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
  /** Says that a table has got work: it is looked at in the running or next `drainAll` before all are probed again. */
  hint(table: string): void
}

// A table that keeps giving itself work at one instant is a bug; this ends the loop loudly instead of hanging.
const MAX_ROUNDS = 10_000

/** Errors of one table don't stop the others: they are logged and the row's own lease and back-off try again. */
export function createDueEngine(
  tables: readonly DueTable[],
  log: Log,
  metrics: Metrics,
  clock: Pick<Clock, 'wall'>,
): DueEngine {
  const byName = new Map(tables.map((table) => [table.table, table]))
  const hinted = new Set<string>()
  /** What the last look found near; not trusted for saying that nothing is due. */
  const known = new Map<string, Date>()
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
  /** The earliest over all tables. Looked for in widening steps: once one table has something near, nobody looks further. */
  async function nextOfAll(now: Date): Promise<Date | null> {
    for (const horizon of HORIZONS_MS) {
      const until = addMs(now, horizon)
      const found = earliest(await Promise.all(tables.map((table) => table.nextDueAt(now, until))))
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
    hint: (name) => void hinted.add(name),
    async drainAll(now) {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        let worked = false
        // One after the other: what one table does often gives work to the next, and a fixed order keeps a seeded run repeatable.
        for (const table of tables) {
          const at = known.get(table.table)
          if (!hinted.delete(table.table) && !(at && at <= now)) continue
          worked = (await drain(table, now)) || worked
        }
        if (worked && hinted.size > 0) continue
        // Hints only save looks. Before this says that nothing is due, every table has been asked.
        const near = addMs(now, HORIZONS_MS[0])
        const found = await Promise.all(tables.map((table) => table.nextDueAt(now, near)))
        known.clear()
        for (const [i, table] of tables.entries()) {
          const at = found[i]
          metrics.lag.set({ table: table.table }, at && at < now ? (Number(now) - Number(at)) / SECOND_MS : 0)
          if (at) known.set(table.table, at)
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
