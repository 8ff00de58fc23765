/** Tasks on a real database with real messaging, against the simulated WeCom over HTTP: staff click on real cards. */
import type { Document } from 'mongodb'
import { createConnection } from 'mongoose'
import { afterAll, expect, vi } from 'vitest'
import { ActError, createSimulator, type LedgerEntry } from '../../../simulator/index.ts'
import { createCustomers } from '../../../src/customers/index.ts'
import { buildTemplates, createMessaging, type MessagingService, TemplateFile } from '../../../src/messaging/index.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { createConfigLoader } from '../../../src/platform/config.ts'
import type { DomainEvent, Events } from '../../../src/platform/events.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import type { InboxHandler } from '../../../src/platform/inbox.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import type { Ports } from '../../../src/platform/ports.ts'
import { createStaff, OrganisationSchema, type StaffService } from '../../../src/staff/index.ts'
import { createTasks, type OpenTask } from '../../../src/tasks/index.ts'
import { createTasksStore } from '../../../src/tasks/model.ts'
import { createWechat } from '../../../src/wechat/index.ts'
import { createWecom } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

/** Monday 2 March 2026, 10:00 in Shanghai. */
/** As the clinic ships them. */
const NOBODY_CONFIRMS = {
  version: 1,
  quota: 'month' as const,
  remindAfterMinutes: [],
  giveUpAfterMinutes: 60,
  members: 0,
}
const CAPS = [
  { max: 1, days: 14 },
  { max: 3, days: 90 },
]
export const START = new Date('2026-03-02T02:00:00Z')
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

type Json = Record<string, unknown>
const templates = new Map([
  [
    'test',
    TemplateFile.parse({
      version: 1,
      templates: {
        'system.welcome': { class: 'reply', chat: '您好，这里是{{store}}。' },
        safety: { class: 'safety', chat: '{{text}}' },
      },
    }),
  ],
])

const INTERESTS = [
  { code: 'ipl', name: '光子嫩肤' },
  { code: 'rf', name: '射频紧肤' },
]

/** One world per test file: 14 people in two stores. Huayan has staff01 and staff11 in customer service. */
export async function tasksWorld() {
  // A connection of its own to the test's database: this one tells its commands.
  const db = await createConnection(process.env.MONGODB_URI ?? '', {
    dbName: (await testDb()).name,
    monitorCommands: true,
    autoIndex: false,
  }).asPromise()
  const simulator = await createSimulator({ seed: 5, customers: 6, staff: 14, clock: 'manual', start: START })
  const { ready, world } = simulator
  const metrics = createMetrics()
  const now = () => simulator.context.clock.now()
  const ports: Ports = { ...(await testPorts(db)), clock: { now, wall: () => new Date() } }
  const wecom = createWecom({
    ...ports,
    metrics,
    settings: { ...ready, apiBase: ready.wecomBase, callbackMaxAgeSeconds: 300 },
  })
  const wechat = createWechat({
    ...ports,
    metrics,
    settings: {
      apiBase: ready.wechatBase,
      appId: null,
      appSecret: null,
      callbackToken: null,
      callbackAesKey: null,
      callbackMaxAgeSeconds: 300,
    },
  })
  const organisation = createConfigLoader('config').load('organisation.yaml', OrganisationSchema)
  if (!organisation) throw new Error('config/organisation.yaml has problems')
  const staff = createStaff({ ...ports, wecom: wecom.client, organisation })
  const customers = createCustomers({
    ...ports,
    wecom: wecom.client,
    rates: wecom.rates,
    wechat: wechat.client,
    staff: staff.service,
    sessionSecret: 'a secret of at least thirty-two characters',
  })
  const messaging = createMessaging({
    ...ports,
    wecom: wecom.client,
    wechat: wechat.client,
    rates: wecom.rates,
    customers: customers.service,
    staff: staff.service,
    templates: buildTemplates(templates, () => []).book,
    promotionCaps: CAPS,
    confirming: NOBODY_CONFIRMS,
    settings: {
      openKfId: ready.openKfId,
      agentId: ready.agentId,
      miniProgramOn: false,
      sms: null,
      email: null,
      concurrency: 4,
    },
  })
  /** A further process on the same database, which is handed its callbacks by the test; its ports may be made to fail. */
  const another = ({
    messaging: talk = {},
    events = {},
    people = {},
  }: {
    messaging?: Partial<MessagingService>
    events?: Partial<Events>
    people?: Partial<StaffService>
  } = {}) => {
    const handlers = new Map<string, InboxHandler>()
    const feature = createTasks({
      ...ports,
      inbox: { ...ports.inbox, on: (_, type, handler) => void handlers.set(type, handler) },
      events: { ...ports.events, ...events, subscribe: () => undefined },
      messaging: { ...messaging.service, ...talk, onSettled: () => undefined },
      staff: { ...staff.service, ...people },
      customers: customers.service,
      interests: INTERESTS,
    })
    const hand = (type: string, payload: Json) =>
      handlers.get(type)?.({ key: 'k', source: 'wecom', type, payload, receivedAt: now(), again: true })
    return {
      ...feature,
      click: (userId: string, cardId: string, key: string, code: string, selected: Record<string, string> = {}) =>
        hand('template_card_event', {
          FromUserName: userId,
          TaskId: cardId,
          EventKey: key,
          ResponseCode: code,
          SelectedItems: {
            SelectedItem: Object.entries(selected).map(([QuestionKey, id]) => ({
              QuestionKey,
              OptionIds: { OptionId: [id] },
            })),
          },
        }),
      say: (userId: string, Content: string, MsgId: string) => hand('text', { FromUserName: userId, Content, MsgId }),
    }
  }
  const tasks = createTasks({
    ...ports,
    messaging: messaging.service,
    staff: staff.service,
    customers: customers.service,
    interests: INTERESTS,
  })
  const heard: DomainEvent[] = []
  const hear = async (event: DomainEvent) => void heard.push(event)
  ports.events.subscribe('test', { 'task.attempted': hear, 'task.completed': hear })
  for (const feature of [staff, customers, messaging, tasks]) await feature.ready()
  for (const [id, displayName, type] of [
    ['huayan', '华颜整形医院', 'hospital'],
    ['qingyan', '清妍美容院', 'salon'],
  ] as const)
    await staff.service.putStore({
      id,
      type,
      displayName,
      callbackPhone: '021-60000001',
      emergencyPhone: '021-60000002',
      address: '上海市静安区一路1号',
    })
  await staff.service.syncDirectory()

  const http = createHttpServer({ ...ports, metrics, activity: createActivity() })
  wecom.mount(http.router)
  const { port, host } = await http.listen(0, '127.0.0.1')
  simulator.context.callbacks.targets.wecomUrl = `http://${host}:${port}/callbacks/wecom`
  afterAll(async () => {
    await http.stop(500)
    await simulator.close()
    await db.close()
  })

  const store = createTasksStore({ ...ports, db })
  /** How many commands the database gets while `run` runs; stores apart, which are remembered for a second. */
  async function commands(run: () => Promise<unknown>): Promise<number> {
    let count = 0
    const tick = ({ command }: { command: Document }) => {
      if (command.find !== 'stores') count += 1
    }
    db.getClient().on('commandStarted', tick)
    await run()
    db.getClient().off('commandStarted', tick)
    return count
  }
  const tables = [ports.inbox.due, ports.events.due, ...staff.due, ...messaging.due, ...tasks.due]
  /** Runs everything that is due, until nothing is. */
  async function work(): Promise<void> {
    for (let round = 0; round < 20; round++) {
      let due = false
      for (const table of tables) {
        const at = await table.nextDueAt(now())
        if (at === null || at > now()) continue
        due = true
        await table.drain(now())
      }
      if (!due) return
    }
    throw new Error('due-tables do not come to rest')
  }
  const personOf = (userId: string) => {
    const person = world.byUserId.get(userId)
    if (!person) throw new Error(`nobody is ${userId}`)
    return person
  }
  const cardOf = (userId: string, cardId: string) => simulator.context.cards.find(personOf(userId).userId, cardId)
  const staffId = (userId: string) => personOf(userId).personId

  return {
    db,
    ports,
    simulator,
    staff,
    customers,
    messaging,
    tasks,
    another,
    store,
    heard,
    commands,
    now,
    work,
    async to(at: Date | string) {
      await simulator.context.clock.moveTo(new Date(at), 5_000)
      await work()
    },
    async later(ms: number) {
      await this.to(new Date(now().getTime() + ms))
    },
    ledger: (userId: string, kind?: LedgerEntry['kind']) =>
      simulator.ledger
        .entries()
        .filter((entry) => entry.person === staffId(userId) && (kind === undefined || entry.kind === kind)),
    /** What a member sees on a card now; null when there is none. */
    shown: (userId: string, cardId: string): { card: Json; grey: string | null } | null => {
      const card = cardOf(userId, cardId)
      return card && { card: card.shown, grey: card.replacedBy }
    },
    /** Does something that makes `count` callbacks, waits for them in the inbox, and leaves them there. */
    async arrives(count: number, act: () => void) {
      const before = (await ports.inbox.counts()).pending ?? 0
      act()
      await vi.waitFor(async () => expect((await ports.inbox.counts()).pending).toBe(before + count), {
        timeout: 5_000,
        interval: 10,
      })
    },
    act: (userId: string, what: string, more: Json = {}) =>
      simulator.act({ as: 'staff', id: staffId(userId), do: what, ...more }),
    async click(userId: string, cardId: string, key: string, selected: Json = {}) {
      await this.arrives(1, () => this.act(userId, 'click', { taskId: cardId, key, selected }))
      await work()
    },
    async say(userId: string, text: string) {
      await this.arrives(1, () => this.act(userId, 'say', { text }))
      await work()
    },
    /** A click that WeCom itself would not let through: the card is grey or has no such button. */
    refuses(userId: string, cardId: string, key: string) {
      expect(() => this.act(userId, 'click', { taskId: cardId, key })).toThrow(ActError)
    },
    async customer(externalId: string, more: Json = {}) {
      return customers.service.upsert({ externalId, name: '王小美', gender: 'female', storeIds: ['huayan'], ...more })
    },
    call: (id: string, more: Partial<OpenTask> = {}): OpenTask => ({
      id,
      kind: 'contact_call',
      form: 'contact',
      storeId: 'huayan',
      role: 'customer_service',
      preferredUserIds: ['staff01'],
      customerId: null,
      treatmentId: null,
      stepIds: [`step-${id}`],
      title: '王女士 · 次日回访（第1天）',
      facts: [{ name: '时限', value: '今日内完成' }],
      script: '请询问有无不适，提醒保湿防晒。',
      openAt: now(),
      dueAt: new Date(now().getTime() + 10 * HOUR),
      ...more,
    }),
  }
}
