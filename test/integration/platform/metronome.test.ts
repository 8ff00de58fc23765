/** Agenda as the only alarm clock: no nudges, no simulated steps. */
import { afterEach, expect, test } from 'vitest'
import { createActivity } from '../../../src/platform/activity.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { createDueEngine, due } from '../../../src/platform/due.ts'
import { createLog, type Log, silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { type AgendaMetronome, createAgendaMetronome, createDrainer } from '../../../src/platform/metronome.ts'
import { UNSEEN } from '../../../src/platform/writes.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
const running: AgendaMetronome[] = []
afterEach(async () => {
  for (const metronome of running.splice(0)) await metronome.stop()
})

/** One process: its own drainer and Agenda on the shared database. */
function processOf(
  drain: () => Promise<void>,
  { log = silentLog, lockLifetimeMs = 30_000 }: { log?: Log; lockLifetimeMs?: number } = {},
): AgendaMetronome {
  const table = due({
    table: 'things',
    nextDueAt: async () => null,
    drain: async () => {
      await drain()
      return {}
    },
  })
  const engine = createDueEngine([table], {
    log: silentLog,
    metrics: createMetrics({ defaults: false }),
    clock: systemClock,
    writes: UNSEEN,
    standsMs: 0,
  })
  const drainer = createDrainer({ engine, clock: systemClock, activity: createActivity(), nudges: false })
  const metronome = createAgendaMetronome({ db, tables: ['things'], drainer, log, lockLifetimeMs })
  running.push(metronome)
  return metronome
}
const within = async (ms: number, done: () => boolean) => {
  const until = performance.now() + ms
  while (!done() && performance.now() < until) await new Promise((next) => setTimeout(next, 20))
  return done()
}

test('Agenda alone drains what becomes due within three seconds, again and again', async () => {
  let drained = 0
  await processOf(async () => {
    drained += 1
  }).start()
  expect(await within(3_000, () => drained >= 1)).toBe(true)
  const before = drained
  expect(await within(3_000, () => drained > before)).toBe(true)
})

test('two processes that start together do not run a tick twice at once', async () => {
  let inside = 0
  let most = 0
  let ticks = 0
  const slow = async () => {
    inside += 1
    most = Math.max(most, inside)
    await new Promise((done) => setTimeout(done, 400))
    inside -= 1
    ticks += 1
  }
  const [one, other] = [processOf(slow), processOf(slow)]
  await Promise.all([one.start(), other.start()])
  expect(await within(8_000, () => ticks >= 4)).toBe(true)
  expect(most).toBe(1)
  expect(await db.collection('agenda_ticks').countDocuments({ name: 'drain:things' })).toBe(1)
})

test('a drain that takes longer than the lock of its tick is no error, and ticks go on', async () => {
  const lines: string[] = []
  const log = createLog({ level: 'error', destination: { write: (line) => void lines.push(line) } })
  let [begun, ended] = [0, 0]
  const long = async () => {
    begun += 1
    if (begun === 1) await new Promise((done) => setTimeout(done, 4_500))
    ended += 1
  }
  await processOf(long, { log, lockLifetimeMs: 2_000 }).start()
  expect(await within(12_000, () => ended >= 3)).toBe(true)
  expect(lines).toEqual([])
})
