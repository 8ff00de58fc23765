/** Messaging on a real database, against the simulated WeCom, WeChat, SMS gateway and mail server, callbacks included. */
import type { Connection } from 'mongoose'
import { afterAll, expect, vi } from 'vitest'
import { createSimulator, type LedgerEntry } from '../../../simulator/index.ts'
import { loadConfig } from '../../../src/config.ts'
import { createCustomers } from '../../../src/customers/index.ts'
import {
  buildTemplates,
  type Confirming,
  createMessaging,
  type EnqueueContact,
  type SettledListener,
  type SettledMessage,
  TemplateFile,
} from '../../../src/messaging/index.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import type { Ports } from '../../../src/platform/ports.ts'
import { createStaff } from '../../../src/staff/index.ts'
import { createWechat, type WechatClient } from '../../../src/wechat/index.ts'
import { createWecom, type Rates, type WecomClient } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

/** As the clinic ships them. */
const CAPS = [
  { max: 1, days: 14 },
  { max: 3, days: 90 },
]
export const CONFIRMING: Confirming = {
  version: 1,
  quota: 'month',
  remindAfterMinutes: [20, 40],
  giveUpAfterMinutes: 60,
  members: 2,
}
export const STORE = 'huayan'
/** Monday 2 March 2026, 11:30 in Shanghai: inside a contact window. */
export const START = new Date('2026-03-02T03:30:00Z')
export const CONCURRENCY = 4
const HOUR = 3_600_000

const files = new Map([
  [
    'test',
    TemplateFile.parse({
      version: 3,
      templates: {
        'system.welcome': { class: 'reply', chat: '您好，这里是{{store}}。' },
        full: {
          class: 'care',
          chat: '{{store}}提醒您：{{text}}',
          sms: '【{{store}}】{{text}}',
          subscribe: {
            kind: 'care_reminder',
            fields: { thing1: '{{treatment}}', time2: '2026年3月2日 11:30', thing3: '{{text}}' },
          },
        },
        chat_only: { class: 'care', chat: '{{store}}：{{text}}' },
      },
    }),
  ],
])

export interface WorldOptions {
  customers?: number
  leaseMs?: number
  sms?: boolean
  email?: boolean
  works?: boolean
  db?: Connection
  confirming?: Confirming
}

/** One world per test file: people, a vendor, a server for callbacks, and messaging instances on one database. */
export async function messagingWorld({
  customers: people = 6,
  leaseMs = 30_000,
  sms = true,
  email = false,
  works = false,
  db: given,
  confirming = CONFIRMING,
}: WorldOptions = {}) {
  const db = given ?? (await testDb())
  const simulator = await createSimulator({ seed: 11, customers: people, staff: 12, clock: 'manual', start: START })
  const { ready, world } = simulator
  const metrics = createMetrics()
  const wall = () => new Date()
  const ports: Ports = {
    ...(await testPorts(db, START.toISOString())),
    clock: { now: () => simulator.context.clock.now(), wall },
    leaseMs,
    works,
  }
  const wecom = createWecom({
    ...ports,
    metrics,
    settings: { ...ready, apiBase: ready.wecomBase, callbackMaxAgeSeconds: 300 },
  })
  const { appId, secret, token, aesKey } = ready.miniProgram
  const wechat = createWechat({
    ...ports,
    metrics,
    settings: {
      apiBase: ready.wechatBase,
      appId,
      appSecret: secret,
      callbackToken: token,
      callbackAesKey: aesKey,
      callbackMaxAgeSeconds: 300,
    },
  })
  const staff = createStaff({
    ...ports,
    wecom: wecom.client,
    organisation: loadConfig('config').organisation,
  })
  const customers = createCustomers({
    ...ports,
    wecom: wecom.client,
    rates: wecom.rates,
    wechat: wechat.client,
    staff: staff.service,
    sessionSecret: 'a secret of at least thirty-two characters',
  })
  await Promise.all([staff.ready(), customers.ready()])
  await staff.service.putStore({
    id: STORE,
    type: 'hospital',
    displayName: '华颜整形医院',
    callbackPhone: '021-60000001',
    emergencyPhone: '021-60000002',
    address: '上海市静安区一路1号',
  })

  const settled: SettledMessage[] = []
  const build = (parts: {
    inbox: Ports['inbox']
    wecom?: Partial<WecomClient>
    wechat?: Partial<WechatClient>
    listen?: SettledListener
    rates?: Partial<Rates>
    sms?: { base: string; key: string; partFen: number }
    smtpUrl?: string
    confirming?: Confirming
  }) => {
    const messaging = createMessaging({
      ...ports,
      inbox: parts.inbox,
      wecom: { ...wecom.client, ...parts.wecom },
      wechat: { ...wechat.client, ...parts.wechat },
      rates: { ...wecom.rates, ...parts.rates },
      customers: customers.service,
      staff: staff.service,
      templates: buildTemplates(files, () => []).book,
      promotionCaps: CAPS,
      confirming: parts.confirming ?? confirming,
      settings: {
        openKfId: ready.openKfId,
        agentId: ready.agentId,
        miniProgramOn: true,
        sms: parts.sms ?? (sms ? { base: ready.smsApiBase, key: ready.smsApiKey, partFen: 4.5 } : null),
        email: email ? { url: parts.smtpUrl ?? ready.smtpUrl, from: 'care@huayan.example' } : null,
        concurrency: CONCURRENCY,
      },
    })
    messaging.service.onSettled('test', parts.listen ?? (async (batch) => void settled.push(...batch)))
    return messaging
  }
  const main = build({ inbox: ports.inbox })
  const needs: Record<string, unknown>[] = []
  const heard: Record<string, unknown>[] = []
  ports.events.subscribe('test', {
    'message.needs_person': async ({ data }) => void needs.push(data),
    'customer.message_received': async ({ data }) => void heard.push(data),
  })
  await main.ready()

  const http = createHttpServer({ ...ports, metrics, activity: createActivity() })
  wecom.mount(http.router)
  wechat.mount(http.router)
  const { port, host } = await http.listen(0, '127.0.0.1')
  const base = `http://${host}:${port}`
  Object.assign(simulator.context.callbacks.targets, {
    wecomUrl: `${base}/callbacks/wecom`,
    wechatUrl: `${base}/callbacks/wechat`,
  })
  afterAll(async () => {
    await http.stop(500)
    await simulator.close()
  })

  let serial = 0
  const outbox = main.due[0]
  if (!outbox) throw new Error('messaging has no due-table')
  const now = () => simulator.context.clock.now()
  const personOf = (n: number) => {
    const person = world.customers[n]
    if (!person) throw new Error('too few people in the simulated world')
    return person
  }

  return {
    db,
    ports,
    callbackUrl: `${base}/callbacks/wecom`,
    simulator,
    wecom,
    customers,
    staff,
    messaging: main,
    vendor: { wecom: wecom.client, wechat: wechat.client, rates: wecom.rates },
    /** A further process on the same database. It answers no callbacks, so that each is handled once. */
    process: (parts: Omit<Parameters<typeof build>[0], 'inbox'> = {}) =>
      build({ ...parts, inbox: { ...ports.inbox, on: () => undefined } }),
    settled,
    needs,
    heard,
    now,
    personOf,
    templateId: (title: string) => world.templates.find((one) => one.title === title)?.priTmplId ?? '',
    drain: () => outbox.drain(now()),
    nextDueAt: () => outbox.nextDueAt(now()),
    events: () => ports.events.due.drain(now()),
    ledger: (kind?: LedgerEntry['kind']) =>
      simulator.ledger.entries().filter((entry) => kind === undefined || entry.kind === kind),
    /** Moves business time, with no server following the simulator's clock. */
    async to(at: Date | string) {
      await simulator.context.clock.moveTo(new Date(at), 5_000)
      await this.callbacks()
    },
    async later(ms: number) {
      await this.to(new Date(now().getTime() + ms))
    },
    /** Lets every callback that is on its way arrive, and works them off. */
    async callbacks() {
      for (let round = 0; round < 10; round++) {
        await vi.waitFor(() => expect(simulator.context.clock.state().inFlight).toEqual([]), {
          timeout: 5_000,
          interval: 5,
        })
        const { handled = 0 } = await ports.inbox.due.drain(now())
        if (handled === 0) break
      }
      expect(await ports.inbox.counts()).toMatchObject({ pending: 0, parked: 0 })
    },
    /** A customer whom the clinic entered, with what it knows of person `n`. */
    async customer(
      n: number,
      {
        phone = true,
        kf = false,
        openId = false,
        ...more
      }: Record<string, unknown> & { phone?: boolean; kf?: boolean; openId?: boolean } = {},
    ): Promise<string> {
      const person = personOf(n)
      const card = await customers.service.upsert({
        externalId: `N-${n}`,
        name: person.name,
        storeIds: [STORE],
        phone: phone ? person.phone : null,
        identities: {
          unionId: person.unionId,
          ...(kf ? { externalUserId: person.externalUserId } : {}),
          ...(openId ? { openId: person.openId } : {}),
        },
        ...more,
      })
      return card.id
    },
    /** The person writes to us; the callback is answered. */
    async says(n: number, text = '你好') {
      simulator.act({ as: 'customer', id: personOf(n).personId, do: 'say', text })
      await this.callbacks()
    },
    contact(customerId: string, more: Partial<EnqueueContact> = {}): EnqueueContact {
      serial += 1
      return {
        stepId: `step-${serial}`,
        occurrence: 0,
        audience: 'customer',
        to: { customerId },
        storeId: STORE,
        contactClass: 'care',
        content: {
          kind: 'template',
          templateKey: 'full',
          vars: { store: '华颜整形医院', treatment: '水光针', text: `请注意保湿 ${serial}` },
        },
        notBefore: now(),
        notAfter: new Date(now().getTime() + 12 * HOUR),
        refs: { owner: 'test', stepId: `step-${serial}` },
        ...more,
      }
    },
    staffCard(userId: string, key: string, more: Partial<EnqueueContact> = {}): EnqueueContact {
      return {
        stepId: key,
        occurrence: 0,
        audience: `staff:${userId}`,
        to: { staffUserId: userId },
        storeId: STORE,
        contactClass: 'reply',
        content: { kind: 'staff', message: { msgtype: 'text', text: { content: `今日任务 ${key}` } } },
        notBefore: now(),
        notAfter: new Date(now().getTime() + 24 * HOUR),
        refs: { owner: 'test', taskId: key },
        ...more,
      }
    },
  }
}
