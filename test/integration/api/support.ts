/** The built app behind HTTP, with a simulated WeCom and one customer's records, and callers of both kinds. */
import { request } from 'node:http'
import { afterAll } from 'vitest'
import { vendorSettings } from '../../../scripts/demo/vendor-settings.ts'
import { createSimulator } from '../../../simulator/index.ts'
import { loadConfig } from '../../../src/config.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { ALLOWANCES, type Allowance, type AllowanceName } from '../../../src/platform/rate-limit.ts'
import { readSettings } from '../../../src/platform/settings.ts'
import { startServer } from '../../../src/server.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'

export const KEY = 'integration-key-of-tests'

export interface Answer {
  status: number
  text: string
  headers: NodeJS.Dict<string | string[]>
}

export interface Ask {
  method: string
  path: string
  headers?: Record<string, string>
  body?: string | Buffer | undefined
}

/** What an existing row is called, by the name of the field or parameter that points to it. */
export type Known = Record<string, unknown>

export async function apiWorld(
  env: Record<string, string> = {},
  allowances: Record<AllowanceName, Allowance> = ALLOWANCES,
) {
  const db = await testDb()
  const simulator = await createSimulator({ seed: 3, customers: 2, staff: 4 })
  afterAll(() => simulator.close())
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${db.name}`
  const { settings, problems } = readSettings({
    MONGODB_URI: uri.toString(),
    PORT: '0',
    // No worker: what a refused request leaves behind is then all that changes.
    ROLE: 'web',
    ...vendorSettings(simulator.ready),
    FIELD_KEYS: TEST_FIELD_KEYS,
    SESSION_SECRET: 'a session secret of tests, 32 characters',
    INTEGRATION_KEYS: KEY,
    ...env,
  })
  if (!settings) throw new Error(JSON.stringify(problems))
  const server = await startServer({ settings, config: loadConfig('config'), log: silentLog, allowances })
  afterAll(() => server.stop())
  const { port } = new URL(server.address)

  let caller = 0
  /** Another address for each request: what is tested here is not how often one may ask. */
  function anybody(): string {
    caller += 1
    return `10.${(caller >> 16) & 255}.${(caller >> 8) & 255}.${caller & 255}`
  }

  /** node:http, because it sends what it is told: broken paths, odd headers, bodies that end early. */
  function ask({ method, path, headers = {}, body }: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const from = { 'x-forwarded-for': anybody(), ...headers }
      const call = request({ port, host: '127.0.0.1', path, method, headers: from, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            text: Buffer.concat(chunks).toString('utf8'),
            headers: response.headers,
          }),
        )
      })
      // A server that has answered 413 may close while we still write.
      call.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
      )
      call.end(body)
    })
  }

  async function json(method: string, path: string, body?: unknown, token: string | null = KEY) {
    const answer = await ask({
      method,
      path,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    return { ...answer, body: JSON.parse(answer.text) as Record<string, unknown> }
  }

  async function made(method: string, path: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await json(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path} answers ${answer.status}: ${answer.text}`)
    return answer.body
  }

  /** A mini-program session of a simulated customer, who agrees to the service as at the first start. */
  async function customerToken(n = 0, { agrees = true } = {}): Promise<string> {
    const login = simulator.act({ as: 'customer', id: simulator.world.customers[n]?.personId ?? '', do: 'mp-login' })
    const { body } = await json('POST', '/api/mp/session', { code: login.code }, null)
    const token = String(body.token)
    if (agrees) await json('PUT', '/api/mp/consents/service', { version: 1, granted: true }, token)
    return token
  }

  return { db, simulator, server, ask, json, made, customerToken }
}

export type ApiWorld = Awaited<ReturnType<typeof apiWorld>>

/** One store, customer, treatment, appointment and purchase; and the words by which bodies and paths name them. */
export async function enterRecords({ made, json, customerToken, simulator, db }: ApiWorld): Promise<Known> {
  const store = {
    type: 'hospital',
    displayName: '华颜',
    callbackPhone: '021-60000001',
    emergencyPhone: '021-60000002',
    address: '上海',
  }
  await made('PUT', '/api/v1/stores/huayan', store)
  // Who signs in to the mini-program is the customer whose records these are.
  const identities = { openId: simulator.world.customers[0]?.openId }
  const file = { externalId: 'HM-1', name: '王小美', storeIds: ['huayan'], identities }
  const customer = await made('POST', '/api/v1/customers', file)
  const facts = { storeId: 'huayan', code: 'skin_booster' }
  const treatment = await made('POST', '/api/v1/treatments', {
    ...facts,
    externalId: 'T-1',
    customerExternalId: 'HM-1',
    endedAt: '2026-03-02T10:00:00+08:00',
  })
  const startsAt = new Date(Date.now() + 30 * 86_400_000).toISOString()
  const visit = { ...facts, customerExternalId: 'HM-1', startsAt, status: 'booked' }
  const appointment = await made('PUT', '/api/v1/appointments/A-1', visit)
  // The directory is read by workers, and there is none.
  const lin = {
    name: '林',
    roles: ['nurse'],
    storeIds: ['huayan'],
    active: true,
    unmapped: false,
    position: '护士',
    deactivations: 0,
  }
  const staff = db.collection<{ _id: string } & typeof lin>('staff')
  await staff.insertMany([
    { _id: 'lin', ...lin },
    { _id: 'wu', ...lin, name: '吴' },
  ])
  await made('PUT', '/api/v1/staff/lin/absences/L-1', { from: '2026-03-02', to: '2026-03-03', reason: 'annual' })
  const invited = await made('POST', '/api/v1/survey-invitations', {
    externalId: 'X-1',
    surveyIds: ['visit_card'],
    customerId: customer.id,
    storeId: 'huayan',
  })
  const complaint = {
    submissionId: 'first',
    kind: 'complaint',
    type: 'service',
    words: '等了很久。',
    demand: null,
    treatmentId: null,
    evidence: [],
    mayContact: true,
  }
  const filed = await json('POST', '/api/mp/complaints', complaint, await customerToken(0, { agrees: false }))
  return {
    surveyId: 'opinion_box',
    surveyIds: ['visit_card'],
    invitationId: invited.invitationId,
    token: 'a-link-that-nobody-was-given',
    submissionId: 'a-submission-of-tests',
    complaintId: filed.body.id,
    moment: '1',
    ticked: [],
    evidence: [],
    q: '红肿',
    version: 1,
    userId: 'lin',
    byUserId: 'lin',
    userIds: ['lin'],
    fromUserId: 'lin',
    toUserId: 'wu',
    customerIds: [customer.id],
    delegateUserId: null,
    consultantUserId: null,
    topics: ['skin_booster'],
    treatmentExternalId: 'T-1',
    absenceId: 'L-1',
    storeId: 'huayan',
    storeIds: ['huayan'],
    customerId: customer.id,
    pathwayId: 'base',
    articleId: 'service-invoice',
    month: '2026-03',
    exerciseId: 'nurse-care',
    by: 'lin',
    reviewOn: '2027-05-31',
    treatmentId: treatment.id,
    appointmentId: appointment.id,
    startsAt,
    externalId: 'X-1',
    sha256: 'a'.repeat(64),
    customerExternalId: undefined, // exactly one of the two names a customer
    code: 'skin_booster',
    technique: null,
    timeZone: 'Asia/Shanghai',
    from: '10:00',
    to: '20:00',
    // At another time than the windows: a store that nobody may contact is refused.
    quietHours: { from: '21:00', to: '09:00' },
    // That it is one is checked with a code of its own.
    email: 'mei@example.com',
  }
}

/** Every row of every collection as text, by collection: two equal dumps mean that nothing was written. */
export async function dump({ db }: ApiWorld): Promise<Record<string, string>> {
  const names = ((await db.db?.listCollections().toArray()) ?? []).map(({ name }) => name).sort()
  const all: Record<string, string> = {}
  for (const name of names) {
    const rows = await db.collection(name).find().sort({ _id: 1 }).toArray()
    if (rows.length > 0) all[name] = JSON.stringify(rows)
  }
  return all
}
