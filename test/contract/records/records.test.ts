/** The records over real HTTP and the real protocol: a clinic system on one side, the simulated WeCom and WeChat on the other. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { createSimulator } from '../../../simulator/index.ts'
import { createCustomers } from '../../../src/customers/index.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { bearerOf, createKeyRing } from '../../../src/platform/auth.ts'
import { createConfigLoader } from '../../../src/platform/config.ts'
import { createHttpServer, mountRoutes } from '../../../src/platform/http-server.ts'
import { createIdempotency } from '../../../src/platform/idempotency.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createStaff, OrganisationSchema } from '../../../src/staff/index.ts'
import { createTreatments, TreatmentsSchema } from '../../../src/treatments/index.ts'
import { createWechat } from '../../../src/wechat/index.ts'
import { createWecom } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
const START = '2026-03-02T02:00:00Z'
const KEY = 'integration-key-of-a-clinic'
const PHONE_OF_NOBODY = '13900000000'

const simulator = await createSimulator({ seed: 3, customers: 3, staff: 12, clock: 'manual', start: new Date(START) })
const { ready } = simulator
const ports = await testPorts(db, START)
const metrics = createMetrics()
const { inbox, clock } = ports
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
    appId: ready.miniProgram.appId,
    appSecret: ready.miniProgram.secret,
    callbackToken: ready.miniProgram.token,
    callbackAesKey: ready.miniProgram.aesKey,
    callbackMaxAgeSeconds: 300,
  },
})
const config = createConfigLoader('config')
const organisation = config.load('organisation.yaml', OrganisationSchema)
const kinds = config.load('treatments.yaml', TreatmentsSchema)?.kinds
if (!organisation || !kinds) throw new Error(JSON.stringify(config.problems))
const staff = createStaff({ ...ports, wecom: wecom.client, organisation })
const customers = createCustomers({
  ...ports,
  wecom: wecom.client,
  rates: wecom.rates,
  wechat: wechat.client,
  staff: staff.service,
  sessionSecret: 'a secret of at least thirty-two characters',
})
const treatments = createTreatments({ ...ports, customers: customers.service, staff: staff.service, kinds })
const activity = createActivity()
const http = createHttpServer({ ...ports, metrics, activity })
let base = ''

beforeAll(async () => {
  for (const feature of [staff, customers, treatments]) await feature.ready()
  wecom.mount(http.router)
  const integration = createKeyRing([KEY])
  mountRoutes(
    http.router,
    [staff, customers, treatments].flatMap((feature) => feature.routes),
    {
      ...ports,
      metrics,
      activity,
      idempotency: createIdempotency(ports),
      async authenticate(kind, headers) {
        const token = bearerOf(headers)
        if (kind === 'integration') return integration(token)
        return kind === 'customer' && token !== null ? customers.sessions.actorOf(token) : null
      },
    },
  )
  const { port, host } = await http.listen(0, '127.0.0.1')
  base = `http://${host}:${port}`
  await ask(ready.wecomBase, 'post', '/_sim/callback-target', { wecomUrl: `${base}/callbacks/wecom` })
})
afterAll(async () => {
  await http.stop(1_000)
  await simulator.close()
})

async function ask(to: string, method: string, path: string, body?: unknown, key: string | null = KEY) {
  const answer = await fetch(`${to}${path}`, {
    method: method.toUpperCase(),
    headers: { 'content-type': 'application/json', ...(key === null ? {} : { authorization: `Bearer ${key}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  // biome-ignore lint/suspicious/noExplicitAny: the tests say themselves what they expect of the answer
  return { status: answer.status, body: (await answer.json()) as any }
}
const api = (method: string, path: string, body?: unknown, key?: string | null) => ask(base, method, path, body, key)

const store = {
  type: 'hospital',
  displayName: '华颜整形医院',
  callbackPhone: '021-60000001',
  emergencyPhone: '021-60000002',
  address: '上海市静安区一路1号',
}
const [one, two] = [...simulator.world.customers]
if (!one || !two) throw new Error('the simulated world has too few customers')

/** Lets the simulator's callbacks arrive and works them off. */
async function callbacks(count: number): Promise<void> {
  await vi.waitFor(async () => expect((await inbox.counts()).pending).toBe(count), { timeout: 5_000, interval: 20 })
  await inbox.due.drain(clock.now())
  expect(await inbox.counts()).toMatchObject({ pending: 0, parked: 0 })
}

describe('staff', () => {
  test('everybody of the simulated directory has a role in the right store', async () => {
    expect(await staff.service.syncDirectory()).toMatchObject({ seen: 12, added: 12, unmapped: 0 })
    const { body } = await api('get', '/api/v1/staff?limit=200')
    const rolesOf = (position: string) => body.items.find((item: { position: string }) => item.position === position)
    expect(rolesOf('客服主管')).toMatchObject({ roles: ['cs_supervisor'], storeIds: ['huayan'], active: true })
    expect(rolesOf('美容师')).toMatchObject({ roles: ['beautician'], storeIds: ['qingyan'] })
    expect(rolesOf('院长')).toMatchObject({ roles: ['director'], storeIds: [] })
    expect((await api('get', '/api/v1/staff?unmapped=true')).body.items).toEqual([])
  })
})

describe('stores', () => {
  test('a store is written whole and read back', async () => {
    expect((await api('put', '/api/v1/stores/huayan', store)).status).toBe(200)
    expect((await api('get', '/api/v1/stores/huayan')).body).toMatchObject({ id: 'huayan', timeZone: 'Asia/Shanghai' })
    expect((await api('get', '/api/v1/stores')).body).toMatchObject({ items: [{ id: 'huayan' }], nextCursor: null })
    expect((await api('get', '/api/v1/stores/nowhere')).body.error.code).toBe('store_not_found')
  })

  test('without a key nothing is told', async () => {
    for (const key of [null, 'wrong-key-wrong-key'])
      expect((await api('get', '/api/v1/stores', undefined, key)).status).toBe(401)
  })
})

describe('customers', () => {
  test('a customer whom staff add in WeCom is the customer of the clinic', async () => {
    const entered = await api('post', '/api/v1/customers', {
      externalId: 'HM-1',
      name: '王小美',
      gender: 'female',
      phone: one.phone,
      storeIds: ['huayan'],
    })
    expect(entered.status).toBe(200)
    expect(entered.body.phone).toMatch(/^1\d\d\*{4}\d{4}$/)
    const consultant = simulator.world.staff.find(({ position }) => position === '咨询师')
    simulator.act({ as: 'customer', id: one.personId, do: 'add-contact', userId: consultant?.userId ?? '' })
    await callbacks(1)
    const userId = consultant?.userId.toLowerCase()
    expect((await api('get', `/api/v1/customers/${entered.body.id}`)).body).toMatchObject({
      ownerUserId: userId,
      followUserIds: [userId],
      provisional: false,
    })
    expect(await customers.service.get(entered.body.id)).toMatchObject({
      externalUserIds: [one.externalUserId],
      unionId: one.unionId,
    })
  })

  test('signing in to the mini-program finds the same person, and shows no session key', async () => {
    const { code } = simulator.act({ as: 'customer', id: one.personId, do: 'mp-login' })
    const { status, body } = await api('post', '/api/mp/session', { code }, null)
    expect(status).toBe(200)
    expect(Object.keys(body).sort()).toEqual(['customerId', 'expiresAt', 'token'])
    expect(await customers.service.findByIdentity('openid', one.openId)).toMatchObject({ externalId: 'HM-1' })
    expect((await api('post', '/api/mp/session', { code }, null)).body.error.code).toBe('wechat_code_invalid')
  })

  test('a stranger tells the own number and is known', async () => {
    const phone = { externalId: 'HM-2', name: '李强', phone: two.phone, storeIds: ['huayan'] }
    const entered = await api('put', '/api/v1/customers', phone)
    const session = await api(
      'post',
      '/api/mp/session',
      simulator.act({ as: 'customer', id: two.personId, do: 'mp-login' }),
      null,
    )
    expect(session.body.customerId).not.toBe(entered.body.id)
    const { code } = simulator.act({ as: 'customer', id: two.personId, do: 'mp-phone' })
    const told = await api('post', '/api/mp/phone', { code }, session.body.token)
    expect(told.body).toEqual({ customerId: entered.body.id })
    expect((await api('post', '/api/mp/phone', { code }, 'forged')).status).toBe(401)
  })

  test('customers are found by phone and by number, and changed', async () => {
    const byPhone = await api('get', `/api/v1/customers?phone=${encodeURIComponent(`+86 ${one.phone}`)}`)
    expect(byPhone.body.items.map(({ externalId }: { externalId: string }) => externalId)).toEqual(['HM-1'])
    expect((await api('get', `/api/v1/customers?phone=${PHONE_OF_NOBODY}`)).body.items).toEqual([])
    const { id } = byPhone.body.items[0]
    const patched = await api('patch', `/api/v1/customers/${id}`, { optOut: { promotion: true }, preferredTime: null })
    expect(patched.body).toMatchObject({ optOut: { all: false, promotion: true }, preferredTime: null })
    expect((await api('get', '/api/v1/customers?externalId=HM-2')).body.items).toHaveLength(1)
  })
})

describe('treatments, appointments, purchases', () => {
  const treatment = {
    externalId: 'T-1',
    customerExternalId: 'HM-1',
    storeId: 'huayan',
    code: 'hyaluronic_filler',
    endedAt: '2026-03-02T09:30:00+08:00',
  }

  test('entered, repeated, corrected, cancelled, listed', async () => {
    const entered = await api('post', '/api/v1/treatments', treatment)
    expect(entered).toMatchObject({
      status: 200,
      body: { endedAt: '2026-03-02T01:30:00.000Z', treatedOn: '2026-03-02' },
    })
    expect(await api('post', '/api/v1/treatments', treatment)).toEqual(entered)
    expect((await api('post', '/api/v1/treatments', { ...treatment, code: 'ipl' })).status).toBe(409)
    const { externalId: _, ...facts } = treatment
    const path = `/api/v1/treatments/${entered.body.id}`
    expect((await api('put', path, { ...facts, doctorUserId: 'staff04' })).body.doctorUserId).toBe('staff04')
    expect((await api('get', '/api/v1/treatments?customerExternalId=HM-1')).body.items).toHaveLength(1)
    expect((await api('get', '/api/v1/treatments?customerExternalId=HM-2')).body.items).toHaveLength(0)
    // A clinic's system knows its own number, not our id.
    const found = (await api('get', '/api/v1/treatments?externalId=T-1')).body
    expect(found).toMatchObject({ items: [{ id: entered.body.id }], nextCursor: null })
    expect((await api('get', '/api/v1/treatments?externalId=T-404')).body.items).toEqual([])
    expect((await api('get', '/api/v1/treatments?externalId=T-1&customerExternalId=HM-2')).body.items).toEqual([])
    expect((await api('post', `${path}/cancel`)).body.status).toBe('cancelled')
    expect((await api('put', path, facts)).body.error.code).toBe('treatment_cancelled')
  })

  test('an appointment is moved and cancelled', async () => {
    const path = '/api/v1/appointments/A-1'
    const body = {
      customerExternalId: 'HM-1',
      storeId: 'huayan',
      code: 'ipl',
      startsAt: '2026-03-09T10:00:00+08:00',
      status: 'booked',
    }
    const booked = await api('put', path, body)
    expect(booked.body).toMatchObject({ status: 'booked', movedFrom: null })
    expect(await api('put', path, body)).toEqual(booked)
    const later = { ...body, startsAt: '2026-03-10T10:00:00+08:00' }
    expect((await api('put', path, later)).body).toMatchObject({
      status: 'moved',
      movedFrom: '2026-03-09T02:00:00.000Z',
    })
    expect((await api('put', path, later)).body.status).toBe('moved')
    expect((await api('put', path, { ...later, status: 'cancelled' })).body.status).toBe('cancelled')
    expect((await api('get', '/api/v1/appointments?customerExternalId=HM-1')).body.items).toHaveLength(1)
    expect((await api('get', '/api/v1/appointments?externalId=A-1')).body.items).toMatchObject([{ externalId: 'A-1' }])
  })

  test('a purchase is recorded once', async () => {
    const body = {
      externalId: 'R-1',
      customerExternalId: 'HM-1',
      storeId: 'huayan',
      paidAt: '2026-03-02T09:40:00+08:00',
      amountFen: 128_000,
      items: [{ name: '玻尿酸 1ml', code: 'hyaluronic_filler', quantity: 1, amountFen: 128_000 }],
    }
    const recorded = await api('post', '/api/v1/purchases', body)
    expect(await api('post', '/api/v1/purchases', body)).toEqual(recorded)
    expect((await api('post', '/api/v1/purchases', { ...body, amountFen: 1 })).body.error.code).toBe(
      'external_id_conflict',
    )
    expect((await api('get', '/api/v1/purchases')).body.items).toEqual([recorded.body])
  })

  test('wrong types, operators, unknown ids and the future are refused with a code, and nothing is written', async () => {
    const before = await db.collection('treatments').countDocuments()
    const bad = { ...treatment, externalId: 'T-9' }
    const cases: [object, number, string][] = [
      [{ ...bad, externalId: { $gt: '' } }, 400, 'invalid_request'],
      [{ ...bad, code: { $gt: '' } }, 400, 'invalid_request'],
      [{ ...bad, customerExternalId: ['HM-1'] }, 400, 'invalid_request'],
      [{ ...bad, customerId: 'both' }, 400, 'invalid_request'],
      [{ ...bad, endedAt: '2026-03-02T09:30:00' }, 400, 'invalid_request'],
      [{ ...bad, endedAt: '2026-02-30T09:30:00Z' }, 400, 'invalid_request'],
      [{ ...bad, endedAt: '2026-03-03T09:30:00Z' }, 400, 'invalid_request'],
      [{ ...bad, surprise: 1 }, 400, 'invalid_request'],
      [{ ...bad, code: 'magic' }, 400, 'unknown_treatment_code'],
      [{ ...bad, storeId: 'nowhere' }, 404, 'store_not_found'],
      [{ ...bad, customerExternalId: 'HM-404' }, 404, 'customer_not_found'],
    ]
    for (const [body, status, code] of cases) {
      const answer = await api('post', '/api/v1/treatments', body)
      expect([answer.status, answer.body.error.code], JSON.stringify(body)).toEqual([status, code])
    }
    expect(await db.collection('treatments').countDocuments()).toBe(before)
    for (const query of ['limit=0', 'limit=201', 'limit=1&limit=2', 'cursor=%24', 'customerId[$gt]=', 'x=1'])
      expect((await api('get', `/api/v1/treatments?${query}`)).status, query).toBe(400)
    expect((await api('get', '/api/v1/treatments/%24gt')).status).toBe(400)
  })
})

test('the nightly contact reading through the vendor finds the followers', async () => {
  simulator.act({
    as: 'customer',
    id: two.personId,
    do: 'add-contact',
    userId: simulator.world.staff.find(({ position }) => position === '护士')?.userId ?? '',
  })
  await customers.contactSync.start('2026-03-02')
  await customers.contactSync.due.drain(clock.now())
  const { body } = await api('get', '/api/v1/contact-syncs?limit=1')
  expect(body.items).toMatchObject([
    { id: '2026-03-02', members: 12, lastError: null, counts: { pages: 1, contacts: 2, created: 0, changed: 1 } },
  ])
  expect(body.items[0].finishedAt).toBe(clock.now().toISOString())
  expect(await customers.service.findByIdentity('external_userid', two.externalUserId)).toMatchObject({
    externalId: 'HM-2',
  })
})
