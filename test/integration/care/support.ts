/** The whole server in one process on a real database, with the simulated vendors over HTTP, and the shipped pathways. */
import { Collection } from 'mongodb'
import { afterAll, afterEach, expect, vi } from 'vitest'
import { vendorSettings } from '../../../scripts/demo/vendor-settings.ts'
import { createSimulator, type LedgerEntry } from '../../../simulator/index.ts'
import { buildApp } from '../../../src/app.ts'
import type { StepRow } from '../../../src/care/model.ts'
import { loadConfig } from '../../../src/config.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { createFieldCrypto, parseFieldKeys } from '../../../src/platform/crypto.ts'
import { createDueEngine } from '../../../src/platform/due.ts'
import { createHttpServer, mountRoutes } from '../../../src/platform/http-server.ts'
import { createIdempotency } from '../../../src/platform/idempotency.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { seededRandom } from '../../../src/platform/random.ts'
import { readSettings } from '../../../src/platform/settings.ts'
import { watchWrites } from '../../../src/platform/writes.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
const KEY = 'integration-key-of-tests'
const LEASE_MS = 30_000
/** Shorter than a lease: when one runs out the tables are asked again. */
const LOOK_STANDS_MS = 20_000

type Json = Record<string, unknown>
/** `2026-03-03 11:30` in the clinic's zone. */
export const at = (text: string): Date => new Date(`${text.replace(' ', 'T')}:00+08:00`)

/** The other way round. */
export const clinicTime = (instant: Date): string =>
  new Date(instant.getTime() + 8 * HOUR).toISOString().slice(0, 16).replace('T', ' ')

/** One world per test file. Starts on Monday 2 March 2026 at 09:00 in Shanghai with 14 people in two stores. */
export async function careWorld({
  start = '2026-03-02 09:00',
  customers = 30,
  withholdUnapproved = false,
  /** Most journeys are told with these three: a treatment without a pathway of its own then has few contacts. */
  pathways = ['base', 'treatment_call', 'injection'] as 'all' | string[],
  env = {} as Record<string, string>,
  log = silentLog,
} = {}) {
  const db = await testDb({ monitored: true })
  const simulator = await createSimulator({ seed: 5, customers, staff: 14, clock: 'manual', start: at(start) })
  const { ready, world } = simulator
  const { settings, problems } = readSettings({
    MONGODB_URI: process.env.MONGODB_URI ?? '',
    ...vendorSettings(ready),
    FIELD_KEYS: TEST_FIELD_KEYS,
    SESSION_SECRET: 'a session secret of tests, 32 characters',
    INTEGRATION_KEYS: KEY,
    SEND_CONCURRENCY: '1',
    KF_PULL_MINUTES: '1440',
    // What people read is told here; how the assistant answers has its own tests.
    WECHATY_PUPPET: 'off',
    ...env,
  })
  if (!settings) throw new Error(JSON.stringify(problems))
  const metrics = createMetrics()
  const now = () => simulator.context.clock.now()
  // Machine time of leases: a test lets them run out without waiting.
  let wallAhead = 0
  const clock = { now, wall: () => new Date(Date.now() + wallAhead) }
  const base = {
    db,
    clock,
    random: seededRandom(1),
    log,
    crypto: createFieldCrypto(parseFieldKeys(TEST_FIELD_KEYS)),
    nudge: () => undefined,
    leaseMs: LEASE_MS,
  }
  const shipped = loadConfig('config', { withholdUnapproved })
  const config = {
    ...shipped,
    pathways: shipped.pathways.filter(({ id }) => pathways === 'all' || pathways.includes(id)),
  }
  const app = buildApp({ ...base, settings, config, metrics })
  await app.ready()
  const http = createHttpServer({ ...base, metrics, activity: createActivity() })
  for (const mount of app.callbacks) mount(http.router)
  mountRoutes(http.router, app.routes, {
    ...base,
    metrics,
    activity: createActivity(),
    authenticate: app.authenticate,
    idempotency: createIdempotency(base),
  })
  const { port, host } = await http.listen(0, '127.0.0.1')
  const address = `http://${host}:${port}`
  Object.assign(simulator.context.callbacks.targets, {
    wecomUrl: `${address}/callbacks/wecom`,
    wechatUrl: `${address}/callbacks/wechat`,
  })
  afterAll(async () => {
    await http.stop(500)
    await simulator.close()
  })

  async function api(method: string, path: string, body?: unknown): Promise<Json> {
    const response = await fetch(`${address}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${KEY}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Json
    if (!response.ok) throw new Error(`${method} ${path} answers ${response.status}: ${JSON.stringify(answer)}`)
    return answer
  }
  /** What the mini-program calls: as somebody, or as nobody. */
  async function mp(token: string | null, method: string, path: string, body?: unknown) {
    const response = await fetch(`${address}/api/mp${path}`, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const answer = (await response.json()) as Json
    return { status: response.status, body: answer, code: (answer.error as { code?: string } | undefined)?.code }
  }
  const store = (id: string, more: Json = {}) =>
    api('PUT', `/stores/${id}`, {
      type: id === 'qingyan' ? 'salon' : 'hospital',
      displayName: id === 'qingyan' ? '清妍美容院' : '华颜整形医院',
      callbackPhone: '021-60000001',
      emergencyPhone: '021-60000120',
      address: '上海市静安区示例路 1 号',
      ...more,
    })
  await store('huayan')
  await store('qingyan')
  await app.startWork()

  /** Callbacks on their way arrive. */
  const arrived = () =>
    vi.waitFor(() => expect(simulator.context.clock.state().inFlight).toEqual([]), { timeout: 5_000, interval: 3 })
  // What the tables answered stands until somebody writes, as it does for a lone process: most of the time passes in asking them.
  const engine = createDueEngine(app.due, { log, metrics, clock, writes: watchWrites(db), standsMs: LOOK_STANDS_MS })
  /** Everything that is due is done, until nothing is and nothing is on its way. */
  async function work(): Promise<void> {
    for (let round = 0; round < 60; round++) {
      await arrived()
      const next = await engine.drainAll(now())
      if ((next === null || next > now()) && simulator.context.clock.state().inFlight.length === 0) {
        // A callback that came in between has written.
        const again = await engine.drainAll(now())
        if ((again === null || again > now()) && simulator.context.clock.state().inFlight.length === 0) return
      }
    }
    throw new Error('due-tables do not come to rest')
  }
  /** Time passes from one due instant to the next, as the step metronome does it. */
  async function to(target: Date | string): Promise<void> {
    const end = typeof target === 'string' ? at(target) : target
    await work()
    for (let hop = 0; hop < 5_000 && now() < end; hop++) {
      const next = await engine.nextDueAt(now())
      const rounded = next && new Date(Math.ceil(next.getTime() / MINUTE) * MINUTE)
      await simulator.context.clock.moveTo(rounded && rounded < end ? rounded : end, 5_000)
      await work()
    }
  }

  const personOf = (n: number) => {
    const person = world.customers[n]
    if (!person) throw new Error('too few people in the simulated world')
    return person
  }
  const staffOf = (userId: string) => {
    const person = world.byUserId.get(userId)
    if (!person) throw new Error(`nobody is ${userId}`)
    return person
  }
  let serial = 0
  const collection = <T extends { _id: string }>(name: string) => db.collection<T>(name)

  return {
    db,
    app,
    /** Where the server listens. */
    address,
    /** A further process on the same database. */
    another: (more: Partial<Pick<typeof config, 'pathways'>> = {}, ports: { log?: typeof log } = {}) =>
      buildApp({ ...base, ...ports, random: seededRandom(2), settings, config: { ...config, ...more }, metrics }),
    config,
    api,
    store,
    simulator,
    crypto: base.crypto,
    now,
    work,
    to,
    arrived,
    personOf,
    staffOf,
    collection,
    /** The leases of a process that died run out. */
    leasesOver: () => {
      wallAhead += LEASE_MS + 1_000
    },
    /** The clinic enters customer `n` as it knows the person: name, phone and unionid unless said otherwise. Returns our id. */
    async customer(n: number, more: Json = {}): Promise<string> {
      const { name, gender, phone, unionId } = personOf(n)
      const card = await api('POST', '/customers', {
        externalId: `C-${n}`,
        name,
        gender,
        phone,
        identities: { unionId },
        storeIds: ['huayan'],
        ...more,
      })
      return String(card.id)
    },
    /** Person `n` opens the customer-service chat and writes. */
    async chats(n: number, text = '您好'): Promise<void> {
      const { personId } = personOf(n)
      simulator.act({ as: 'customer', id: personId, do: 'enter-kf', scene: 'visit' })
      simulator.act({ as: 'customer', id: personId, do: 'say', text })
      await work()
    },
    async says(n: number, text: string): Promise<void> {
      simulator.act({ as: 'customer', id: personOf(n).personId, do: 'say', text })
      await work()
    },
    /** Person `n` signs in to the mini-program, and agrees to the service as at its first start. */
    async signIn(n: number, { agrees = true } = {}): Promise<string> {
      const login = simulator.act({ as: 'customer', id: personOf(n).personId, do: 'mp-login' })
      const token = String((await mp(null, 'POST', '/session', login)).body.token)
      if (agrees) await mp(token, 'PUT', '/consents/service', { version: 1, granted: true })
      return token
    },
    mp,
    /** A treatment of customer `n` that ended at `endedAt` and is entered now. */
    async treatment(n: number, endedAt: string, more: Json = {}): Promise<string> {
      serial += 1
      const entered = await api('POST', '/treatments', {
        externalId: `T-${n}-${serial}`,
        customerExternalId: `C-${n}`,
        storeId: 'huayan',
        code: 'ipl',
        endedAt: at(endedAt).toISOString(),
        ...more,
      })
      return String(entered.id)
    },
    steps: (treatmentId: string) => collection<StepRow>('care_steps').find({ treatmentId }).sort({ _id: 1 }).toArray(),
    async step(treatmentId: string, name: string): Promise<StepRow> {
      const row = await collection<StepRow>('care_steps').findOne({ _id: `${treatmentId}.${name}` })
      if (!row) throw new Error(`no step ${name}`)
      return row
    },
    /** What reached customer `n`. */
    got: (n: number, kind?: LedgerEntry['kind']) =>
      simulator.ledger
        .entries()
        .filter(({ person, kind: one }) => person === personOf(n).personId && (!kind || one === kind)),
    /** What reached a member of staff. */
    staffGot: (userId: string, kind?: LedgerEntry['kind']) =>
      simulator.ledger
        .entries()
        .filter(({ person, kind: one }) => person === staffOf(userId).personId && (!kind || one === kind)),
    async click(userId: string, taskId: string, key: string, selected: Json = {}): Promise<void> {
      simulator.act({ as: 'staff', id: staffOf(userId).personId, do: 'click', taskId, key, selected })
      await work()
    },
    async tell(userId: string, text: string): Promise<void> {
      simulator.act({ as: 'staff', id: staffOf(userId).personId, do: 'say', text })
      await work()
    },
    /** The owner's newest card of a task, by the task's id. */
    async task(taskId: string) {
      const task = await collection<{ _id: string; ownerUserId: string; occurrence: number; status: string }>(
        'tasks',
      ).findOne({ _id: taskId })
      if (!task) throw new Error(`no task ${taskId}`)
      return { ...task, card: `${taskId}-${task.occurrence}` }
    },
  }
}
export type CareWorld = Awaited<ReturnType<typeof careWorld>>

const WRITES = ['insertOne', 'insertMany', 'updateOne', 'updateMany', 'bulkWrite', 'deleteOne'] as const
/**
 * A process that dies before its write number `n` (0 = the first), and so writes nothing from then on. Returns how many
 * writes it had done; `revive` ends it.
 */
export function dyingAt(n: number): { writes: () => number; revive: () => void } {
  let writes = 0
  const spies = WRITES.map((name) => {
    const original = Collection.prototype[name] as (...args: unknown[]) => Promise<unknown>
    return vi.spyOn(Collection.prototype, name).mockImplementation(function (this: Collection, ...args: unknown[]) {
      if (writes >= n) return Promise.reject(new Error('the process has died'))
      writes += 1
      return original.apply(this, args)
    } as never)
  })
  return {
    writes: () => writes,
    revive: () => {
      for (const spy of spies) spy.mockRestore()
    },
  }
}
/** Something else that happens between two writes of a process: right before its next write of that kind to the table. */
export function meanwhile(table: string, write: (typeof WRITES)[number], act: () => Promise<void>): void {
  const original = Collection.prototype[write] as (...args: unknown[]) => Promise<unknown>
  const spy = vi.spyOn(Collection.prototype, write).mockImplementation(async function (
    this: Collection,
    ...args: unknown[]
  ) {
    if (this.collectionName === table) {
      spy.mockRestore()
      await act()
    }
    return original.apply(this, args)
  } as never)
}
afterEach(() => {
  vi.restoreAllMocks()
})
