/**
 * Real workers, two of them started together on an empty database, against the simulated WeCom. The rows are written by
 * another connection: nobody nudges a worker, so that Agenda's ticks are all that can find them.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { vendorSettings } from '../../scripts/demo/vendor-settings.ts'
import { createSimulator } from '../../simulator/index.ts'
import { createOutboxStore } from '../../src/messaging/model.ts'
import { FREE_CLAIM } from '../../src/platform/claims.ts'
import { createFieldCrypto, parseFieldKeys } from '../../src/platform/crypto.ts'
import { testDb } from '../support/db.ts'
import { TEST_FIELD_KEYS } from '../support/ports.ts'
import { row } from '../unit/messaging/support.ts'

const db = await testDb()
const simulator = await createSimulator({ seed: 4, staff: 12 })
const outbox = createOutboxStore(db, createFieldCrypto(parseFieldKeys(TEST_FIELD_KEYS)))
const uri = new URL(process.env.MONGODB_URI ?? '')
uri.pathname = `/${db.name}`

/** What one worker's Agenda says of its own ticks, from the first line of the work to its last, both inside the lock. */
interface Tick {
  table: string
  from: number
  to: number
}
const SAID = /^(\S+Z) agenda:job \[drain:(\w+):\w+\] (starting job|has succeeded)/
/** So long each message is held on its way. */
const HELD_MS = 300
const running = new Set<ChildProcess>()

async function startWorker(): Promise<Tick[]> {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    env: {
      PATH,
      HOME,
      NODE_ENV: 'test',
      ROLE: 'worker',
      PORT: '0',
      MONGODB_URI: uri.toString(),
      ...vendorSettings(simulator.ready),
      FIELD_KEYS: TEST_FIELD_KEYS,
      SESSION_SECRET: 'a session secret of tests, 32 characters',
      // One message after the other; and no drain here lasts longer than the lock of its tick.
      SEND_CONCURRENCY: '1',
      LEASE_MS: '600000',
      DEBUG: 'agenda:job',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const ticks: Tick[] = []
  const begun = new Map<string, number>()
  await new Promise<void>((serving, fail) => {
    child.once('exit', () => fail(new Error('a worker ended')))
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (line.includes('"serving"')) serving()
        const [, at = '', table = '', what] = SAID.exec(line) ?? []
        if (what === 'starting job') begun.set(table, Date.parse(at))
        else if (what) ticks.push({ table, from: begun.get(table) ?? Number.NaN, to: Date.parse(at) })
      })
  })
  return ticks
}

let serial = 0
/** A message to a member of staff, as another process writes it. */
async function write(dueAt: Date): Promise<string> {
  serial += 1
  const words = `第${serial}条消息`
  const staffUserId = simulator.world.staff[serial % simulator.world.staff.length]?.userId ?? ''
  const inserted = await outbox.insert([
    row({
      _id: `row-${serial}`,
      to: { staffUserId },
      storeId: 'huayan',
      // At any hour: the test may run at night.
      contactClass: 'reply',
      content: { kind: 'staff', message: { msgtype: 'text', text: { content: words } } },
      notBefore: dueAt,
      notAfter: new Date(dueAt.getTime() + 3_600_000),
      createdAt: new Date(),
      dueAt,
      claim: FREE_CLAIM,
    }),
  ])
  expect(inserted).toHaveLength(1)
  return words
}
const arrivals = (words: string): number[] =>
  simulator.ledger
    .entries()
    .filter(({ text }) => text.includes(words))
    .map(({ at }) => Date.parse(at))
const pause = (ms: number) => new Promise((done) => setTimeout(done, ms))

let [inFlight, most] = [0, 0]
const stop = simulator.tap(async ({ stage, path }) => {
  if (path !== '/cgi-bin/message/send') return
  if (stage === 'received') {
    inFlight += 1
    most = Math.max(most, inFlight)
    await pause(HELD_MS)
  }
  if (stage === 'acted') inFlight -= 1
})
const written: string[] = []
const workers: Tick[][] = []

/** As long as the work goes on there is always something to send, so that ticks are long. */
async function during<T>(work: Promise<T>): Promise<T> {
  let over = false
  const ending = work.finally(() => {
    over = true
  })
  while (!over) {
    written.push(await write(new Date()))
    await pause(HELD_MS)
  }
  return ending
}

beforeAll(async () => {
  workers.push(...(await during(Promise.all([startWorker(), startWorker()]))))
}, 120_000)
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await simulator.close()
})

test('workers that start together, or join the others later, never run the tick of one table at once, however long it takes', async () => {
  // Whoever registers the ticks anew while they run could free their locks.
  workers.push(await during(startWorker()))
  await during(pause(5_000))
  await vi.waitFor(() => expect(written.filter((words) => arrivals(words).length === 0)).toEqual([]), {
    timeout: 90_000,
    interval: 100,
  })
  await pause(1_500)
  // Which of them works is Agenda's chance. Some ticks were long enough for another worker to come in between.
  const ticks = workers.flatMap((its, worker) => its.map((tick) => ({ worker, ...tick })))
  expect(ticks.filter(({ table, from, to }) => table === 'outbox' && to - from > 2 * HELD_MS).length).toBeGreaterThan(1)
  const atOnce = ticks.flatMap((a) =>
    ticks.filter((b) => a.worker < b.worker && a.table === b.table && a.from < b.to && b.from < a.to),
  )
  expect(atOnce).toEqual([])
  // Each sends one message after the other: two on their way are two workers.
  expect(most).toBe(1)
  for (const words of written) expect(arrivals(words), words).toHaveLength(1)
}, 180_000)

test('a message that somebody else has written reaches its reader within three seconds after it is due, and not before', async () => {
  stop()
  const late: number[] = []
  for (let i = 0; i < 4; i++) {
    // Not in step with the ticks, which come once in a second.
    const dueAt = new Date(Date.now() + 2_000 + 230 * i)
    const words = await write(dueAt)
    await vi.waitFor(() => expect(arrivals(words)).toHaveLength(1), { timeout: 30_000, interval: 20 })
    late.push((arrivals(words)[0] ?? Number.NaN) - dueAt.getTime())
  }
  for (const ms of late) {
    expect(ms).toBeGreaterThanOrEqual(0)
    expect(ms).toBeLessThan(3_000)
  }
}, 120_000)
