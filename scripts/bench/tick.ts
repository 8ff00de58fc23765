/** A tick that finds nothing due: a large installation against a small one, on the same server, in turn. */
import type { Document } from 'mongodb'
import type { Connection } from 'mongoose'
import { buildApp } from '../../src/app.ts'
import { loadConfig } from '../../src/config.ts'
import { addMs, DAY_MS, type ManualClock, manualClock } from '../../src/platform/clock.ts'
import { createFieldCrypto, parseFieldKeys } from '../../src/platform/crypto.ts'
import { connectDb } from '../../src/platform/db.ts'
import { createDueEngine, type DueEngine } from '../../src/platform/due.ts'
import { silentLog } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import { seededRandom } from '../../src/platform/random.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { watchWrites } from '../../src/platform/writes.ts'
import { chunks, enterCustomers, enterStores, HOSPITAL, treatmentOf } from './clinic.ts'
import { type CommandCount, countCommands } from './commands.ts'
import type { Bench, BenchContext } from './context.ts'
import { openRooms } from './rooms.ts'
import { figure, interleave, type Measures, timed } from './rounds.ts'
import { serverEnv } from './settings.ts'

const TARGET = { atMost: 2 }
/** Treated in the morning; the tick comes that night, when every contact window of the day is over. */
const TREATED = '2026-03-02T03:00:00Z'
const NIGHT = '2026-03-02T14:00:00Z'
/** Plans reach half a year ahead. */
const DAYS = 180
const INSERT = 2_000

export const tick: Bench = {
  name: 'tick',
  async run({ sizes, say, database }: BenchContext) {
    const { fewSteps, manySteps } = sizes
    const few = await installation(database('tick_few'), fewSteps)
    say(`planning ${manySteps} steps`)
    const many = await installation(database('tick_many'), manySteps)
    try {
      const rounds = await interleave(
        sizes.shortRounds,
        { ours: () => ticks(many, sizes.ticks), peer: () => ticks(few, sizes.ticks) },
        say,
      )
      const what = (name: string) => `${name}, ${manySteps} planned against ${fewSteps}`
      return {
        name: 'tick',
        ours: `one drain of every due-table at ${manySteps} planned steps (and a quarter as many finished rows in outbox and inbox)`,
        peer: `the same at ${fewSteps}`,
        figures: [
          figure(rounds, 'drains', { name: what('drains of all tables'), unit: 'ms', target: TARGET }),
          figure(rounds, 'step', { name: what('drain of care_steps'), unit: 'ms', target: TARGET }),
          figure(rounds, 'next', { name: what('drainAll and next due instant'), unit: 'ms', target: TARGET }),
          figure(rounds, 'commands', { name: 'commands of all drains', unit: 'commands' }),
        ],
      }
    } finally {
      await few.db.close()
      await many.db.close()
    }
  },
}

interface Installation {
  db: Connection
  engine: DueEngine
  clock: ManualClock
  commands: CommandCount
}

/** The production composition on a database with so many planned steps, none of them due. */
async function installation(uri: string, steps: number): Promise<Installation> {
  await fill(uri, steps)
  const { settings, problems } = readSettings(serverEnv(uri))
  if (!settings) throw new Error(problems.map(({ setting, message }) => `${setting} ${message}`).join('\n'))
  const db = await connectDb(uri, { monitored: true })
  const clock = manualClock(NIGHT)
  const metrics = createMetrics({ defaults: false })
  const app = buildApp({
    db,
    clock,
    random: seededRandom(1),
    log: silentLog,
    crypto: createFieldCrypto(parseFieldKeys(settings.FIELD_KEYS)),
    nudge: () => undefined,
    leaseMs: settings.LEASE_MS,
    settings,
    config: loadConfig(settings.CONFIG_DIR),
    metrics,
  })
  await app.ready()
  // Every look asks the database: no tick profits from what was seen a moment ago.
  const engine = createDueEngine(app.due, { log: silentLog, metrics, clock, writes: watchWrites(db), standsMs: 0 })
  return { db, engine, clock, commands: countCommands(db.getClient()) }
}

/** Real plans of a few treatments, copied until there are enough, spread over half a year; finished rows beside them. */
async function fill(uri: string, steps: number): Promise<void> {
  const rooms = await openRooms(uri, TREATED, {})
  try {
    await rooms.ready()
    await enterStores(rooms)
    const customers = await enterCustomers(rooms, HOSPITAL, 20)
    const endedAt = new Date(TREATED)
    await rooms.care.startPlans(
      customers.map((customerId, i) =>
        treatmentOf(`${i}`, { customerId, storeId: HOSPITAL, code: 'skin_booster', endedAt }),
      ),
    )
    const planned = rooms.db.collection<Document>('care_steps')
    const samples = await planned.find({ status: 'planned' }).toArray()
    await planned.deleteMany({})
    const copies = Array.from({ length: steps }, (_, i): Document => {
      const sample = samples[i % samples.length] as Document
      const day = 1 + (i % DAYS)
      const time = Number(sample.dueAt) % DAY_MS
      return {
        ...sample,
        _id: `${i}.${String(sample._id)}`,
        treatmentId: `${Math.floor(i / 12)}`,
        dueAt: addMs(new Date(Date.parse(NIGHT) - (Date.parse(NIGHT) % DAY_MS)), day * DAY_MS + time),
      }
    })
    await insert(rooms.db, 'care_steps', copies)
    const finished = Array.from({ length: Math.floor(steps / 4) }, (_, i) => ({
      _id: `finished-${i}` as never,
      dueAt: null,
      status: 'done',
      claim: { token: '', until: new Date(0), fence: 1 },
      attempt: 0,
      to: { customerId: customers[i % customers.length] },
      createdAt: endedAt,
      messageId: `m-${i}`,
    }))
    await insert(rooms.db, 'outbox', finished)
    await insert(rooms.db, 'inbox', finished)
  } finally {
    await rooms.close()
  }
}

async function insert(db: Connection, name: string, rows: readonly Document[]): Promise<void> {
  for (const some of chunks(rows, INSERT)) await db.collection(name).insertMany(some, { ordered: false })
}

async function ticks({ engine, clock, commands }: Installation, count: number): Promise<Measures> {
  const now = clock.now()
  commands.reset()
  // What Agenda's ticks ask for once a second.
  const drains = await timed(async () => {
    for (let i = 0; i < count; i++) for (const { table } of engine.tables) await engine.drainOne(table, now)
  })
  const asked = commands.total() / count
  const step = await timed(async () => {
    for (let i = 0; i < count; i++) await engine.drainOne('care_steps', now)
  })
  const all = await timed(async () => {
    for (let i = 0; i < count; i++) {
      const next = await engine.drainAll(now)
      if (next === null || next <= now) throw new Error('a tick that should find nothing due found something')
    }
  })
  return { drains: drains / count, step: step / count, next: all / count, commands: asked }
}
