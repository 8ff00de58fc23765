/**
 * What makes due-tables run in production and development: nudges inside the process for work that just arrived, and
 * Agenda's recurring ticks for everything else. A tick may be lost, late or doubled: correctness lives in the row leases.
 */
import { MongoBackend } from '@agendajs/mongo-backend'
import { Agenda } from 'agenda'
import type { Db } from 'mongodb'
import type { Connection } from 'mongoose'
import type { Activity } from './activity.ts'
import type { Clock } from './clock.ts'
import { collectionOf, ensureIndexes } from './db.ts'
import type { DueEngine } from './due.ts'
import { inTime } from './in-time.ts'
import { type Log, withLogContext } from './log.ts'

export interface Drainer {
  /** Drains one table now, in this process. Calls during a running drain lead to exactly one more. */
  nudge(table: string): void
  /** Resolves when the table's current drain (if any) and the one asked for are over. */
  drain(table: string): Promise<void>
  drainAll(): Promise<Date | null>
  /** No further drain starts; resolves when the running ones are over. */
  stop(): Promise<void>
}

export interface DrainerDeps {
  engine: DueEngine
  clock: Clock
  activity: Activity
  /** False: nudges do nothing, because another metronome drains in a fixed order. */
  nudges: boolean
}

export function createDrainer({ engine, clock, activity, nudges }: DrainerDeps): Drainer {
  const running = new Map<string, Promise<void>>()
  const again = new Set<string>()
  let stopped = false
  let all: Promise<Date | null> | null = null

  function drain(table: string): Promise<void> {
    const current = running.get(table)
    if (current) {
      again.add(table)
      return current
    }
    if (stopped) return Promise.resolve()
    const work = (async () => {
      activity.inFlight += 1
      activity.changes += 1
      try {
        do {
          again.delete(table)
          await withLogContext({ job: `drain:${table}` }, () => engine.drainOne(table, clock.now()))
        } while (again.has(table) && !stopped)
      } finally {
        running.delete(table)
        activity.inFlight -= 1
        activity.changes += 1
      }
    })()
    running.set(table, work)
    return work
  }

  return {
    drain,
    nudge(table) {
      // Not awaited on purpose: the caller answers its request meanwhile. drainOne logs its own failures.
      if (nudges && !stopped) setImmediate(() => void drain(table).catch(() => undefined))
    },
    drainAll() {
      if (stopped) return Promise.resolve(null)
      all ??= engine.drainAll(clock.now()).finally(() => {
        all = null
      })
      return all
    },
    async stop() {
      stopped = true
      await Promise.allSettled([...running.values(), all])
    },
  }
}

export interface AgendaMetronome {
  start(): Promise<void>
  stop(): Promise<void>
}

const TICKS = 'agenda_ticks'
const REGISTER_TRIES = 5
/** So long before its time Agenda may lock a tick already. */
const PROCESS_EVERY_MS = 1_000

/**
 * One recurring Agenda job per due-table, every second. Registered insert-only on a unique name: a plain `every()` at boot
 * would clear the lock of a tick that runs in another process (measured with 6.2.6), and two would run at once.
 */
export function createAgendaMetronome(deps: {
  db: Connection
  tables: readonly string[]
  drainer: Pick<Drainer, 'drain'>
  log: Log
  lockLifetimeMs: number
}): AgendaMetronome {
  const { db, tables, drainer, log, lockLifetimeMs } = deps
  const mongo = db.db as unknown as Db
  const agenda = new Agenda({
    backend: new MongoBackend({ mongo, collection: TICKS, ensureIndex: false }),
    processEvery: PROCESS_EVERY_MS,
    defaultLockLifetime: lockLifetimeMs,
    defaultConcurrency: 1,
  })
  agenda.on('error', (error: unknown) => log.error({ err: error }, 'agenda failed'))
  for (const table of tables) {
    // Agenda awaits what the handler returns; its type says otherwise.
    // oxlint-disable-next-line typescript/no-misused-promises
    agenda.define(`drain:${table}`, () => tick(table), { concurrency: 1, lockLifetime: lockLifetimeMs })
  }

  /**
   * A tick whose lock runs out is given up by Agenda with an error. It ends before: a long drain goes on by itself, on rows
   * with leases of their own, and another process may help.
   */
  async function tick(table: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const halfway = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, lockLifetimeMs - PROCESS_EVERY_MS) / 2)
    })
    try {
      await Promise.race([drainer.drain(table), halfway])
    } finally {
      clearTimeout(timer)
    }
  }

  async function register(table: string): Promise<void> {
    const name = `drain:${table}`
    for (let attempt = 1; ; attempt++) {
      try {
        await agenda.create(name, {}).unique({ name }, { insertOnly: true }).repeatEvery('1 second').save()
        return
      } catch (error) {
        // Two processes that start together collide on the unique name; the loser finds the winner's row.
        if (attempt >= REGISTER_TRIES) throw error
        await new Promise((resolve) => setTimeout(resolve, 50 * attempt))
      }
    }
  }

  return {
    async start() {
      const rows = collectionOf<{ _id: string }>(db, TICKS)
      await ensureIndexes(rows, [
        { keys: { name: 1 }, unique: true, serves: 'one tick per table, whoever registers it' },
      ])
      await inTime(10_000, agenda.ready, 'agenda does not get ready')
      for (const table of tables) await register(table)
      await agenda.start()
    },
    // Not drain(): it leaves jobs of the coming second locked for a whole lifetime.
    stop: () => agenda.stop(false),
  }
}
