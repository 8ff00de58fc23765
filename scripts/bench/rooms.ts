/** The rooms that a benchmark needs, composed as app.ts does, with a clock moved by hand and WeCom's send answered in this process. */
import { createCare } from '../../src/care/index.ts'
import { loadConfig } from '../../src/config.ts'
import { createCustomers } from '../../src/customers/index.ts'
import { createMessaging } from '../../src/messaging/index.ts'
import { manualClock } from '../../src/platform/clock.ts'
import { createFieldCrypto, parseFieldKeys } from '../../src/platform/crypto.ts'
import { connectDb } from '../../src/platform/db.ts'
import { createDueEngine } from '../../src/platform/due.ts'
import { createEvents } from '../../src/platform/events.ts'
import { createInbox } from '../../src/platform/inbox.ts'
import { silentLog } from '../../src/platform/log.ts'
import { createMetrics } from '../../src/platform/metrics.ts'
import type { Ports } from '../../src/platform/ports.ts'
import { seededRandom } from '../../src/platform/random.ts'
import { createRoutines } from '../../src/platform/routines.ts'
import { watchWrites } from '../../src/platform/writes.ts'
import { createStaff } from '../../src/staff/index.ts'
import { createTasks } from '../../src/tasks/index.ts'
import { createTreatments } from '../../src/treatments/index.ts'
import { createTriage } from '../../src/triage/index.ts'
import { createWechat } from '../../src/wechat/index.ts'
import { createWecom, type WecomClient } from '../../src/wecom/index.ts'
import {
  AGENT_ID,
  CALLBACK_AES_KEY,
  CALLBACK_TOKEN,
  CORP_ID,
  FIELD_KEYS,
  NOWHERE,
  OPEN_KF_ID,
  SESSION_SECRET,
} from './settings.ts'

const LEASE_MS = 30_000

export type Rooms = Awaited<ReturnType<typeof openRooms>>

export async function openRooms(uri: string, start: string, answers: Partial<WecomClient>) {
  const db = await connectDb(uri, { monitored: true })
  const clock = manualClock(start)
  const metrics = createMetrics({ defaults: false })
  const config = loadConfig('config')
  const base = {
    db,
    clock,
    random: seededRandom(1),
    log: silentLog,
    crypto: createFieldCrypto(parseFieldKeys(FIELD_KEYS)),
    leaseMs: LEASE_MS,
    nudge: (table: string) => engine.hint(table),
  }
  const inbox = createInbox(base)
  const events = createEvents(base)
  const ports: Ports = { ...base, inbox, events }
  const callback = { callbackToken: CALLBACK_TOKEN, callbackAesKey: CALLBACK_AES_KEY, callbackMaxAgeSeconds: 300 }
  const edge = createWecom({
    ...ports,
    metrics,
    settings: { ...callback, apiBase: NOWHERE, corpId: CORP_ID, agentId: AGENT_ID, agentSecret: 'bench' },
  })
  const wecom = { ...edge.client, ...answers }
  const wechat = createWechat({
    ...ports,
    metrics,
    settings: { ...callback, apiBase: NOWHERE, appId: null, appSecret: null },
  })
  const staff = createStaff({ ...ports, wecom, organisation: config.organisation })
  const customers = createCustomers({
    ...ports,
    wecom,
    rates: edge.rates,
    wechat: wechat.client,
    staff: staff.service,
    sessionSecret: SESSION_SECRET,
  })
  const treatments = createTreatments({
    ...ports,
    customers: customers.service,
    staff: staff.service,
    kinds: config.treatments,
  })
  const messaging = createMessaging({
    ...ports,
    wecom,
    wechat: wechat.client,
    rates: edge.rates,
    customers: customers.service,
    staff: staff.service,
    templates: config.templates,
    promotionCaps: config.promotionCaps,
    confirming: config.confirming,
    settings: { openKfId: OPEN_KF_ID, agentId: AGENT_ID, miniProgramOn: false, sms: null, email: null, concurrency: 8 },
  })
  const tasks = createTasks({
    ...ports,
    messaging: messaging.service,
    staff: staff.service,
    customers: customers.service,
    interests: config.treatments,
  })
  const care = createCare({
    ...ports,
    // What is measured here asks nobody.
    conversation: { on: false, askedSince: async () => null, take: async () => undefined },
    surveys: { invite: async () => new Map(), withdraw: async () => undefined },
    messaging: messaging.service,
    tasks: tasks.service,
    staff: staff.service,
    customers: customers.service,
    treatments: treatments.service,
    pathways: config.pathways,
    review: config.review,
    guides: config.guides,
    drawings: config.drawings,
    publicUrl: null,
    triage: createTriage(config.triage),
    knowledge: { sawCase: async () => undefined },
    departments: config.departments,
    sayings: { survey: async () => null, complaint: async () => null, photo: async () => null },
    metrics,
  })
  const features = [staff, customers, treatments, messaging, tasks, care]
  const routines = createRoutines(
    features.flatMap((feature) => feature.routines),
    base,
  )
  const engine = createDueEngine(
    [inbox.due, events.due, ...features.flatMap((feature) => feature.due), routines.due],
    // Every look asks the database: no benchmark profits from what was seen a moment ago.
    { log: silentLog, metrics, clock, writes: watchWrites(db), standsMs: 0 },
  )

  return {
    db,
    clock,
    engine,
    staff: staff.service,
    customers: customers.service,
    treatments: treatments.service,
    care: care.service,
    /** Indexes and routines, as a process creates them at its start. */
    async ready(): Promise<void> {
      for (const one of [inbox, events, edge, wechat, ...features]) await one.ready()
      await routines.ready()
    },
    close: () => db.close(),
  }
}
