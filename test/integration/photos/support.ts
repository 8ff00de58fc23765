/** The photos room behind real HTTP on a real database, with people, treatments and consents played by plain objects. */
import { createHash, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import type { Connection } from 'mongoose'
import { afterAll } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import type { Customer } from '../../../src/customers/index.ts'
import { type Consents, createPhotos } from '../../../src/photos/index.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { dailyOpening } from '../../../src/platform/calendar.ts'
import { createHttpServer, mountRoutes } from '../../../src/platform/http-server.ts'
import { createIdempotency } from '../../../src/platform/idempotency.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import type { S3Settings } from '../../../src/platform/s3.ts'
import type { StaffMember, Store } from '../../../src/staff/index.ts'
import type { Treatment } from '../../../src/treatments/index.ts'
import type { WechatClient } from '../../../src/wechat/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

export const config = loadConfig('config')

const store = (id: string, type: Store['type']): Store => ({
  id,
  type,
  displayName: id,
  callbackPhone: '1',
  emergencyPhone: '2',
  address: '上海',
  timeZone: 'Asia/Shanghai',
  opening: dailyOpening(),
  contactWindows: [],
  quietHours: { from: '21:00', to: '09:00' },
})
const customer = (id: string): Customer => ({
  id,
  externalId: null,
  storeIds: ['huayan'],
  ownerUserId: null,
  followUserIds: [],
  externalUserIds: [],
  openIds: [`o-${id}`],
  unionId: null,
  hasPhone: true,
  preferredTime: null,
  deceased: false,
  optOut: { all: false, promotion: false },
  promotionConsentAt: null,
  provisional: false,
})
export const treatment = (over: Partial<Treatment> & { id: string; customerId: string }): Treatment => ({
  externalId: null,
  storeId: 'huayan',
  code: 'double_eyelid',
  technique: null,
  doctorUserId: null,
  consultantUserId: null,
  endedAt: new Date('2026-03-01T02:00:00Z'),
  treatedOn: '2026-03-01',
  enteredAt: new Date('2026-03-01T02:00:00Z'),
  status: 'completed',
  sutureRemovalOn: null,
  nextSessionOn: null,
  inHospital: false,
  dischargedOn: null,
  course: null,
  ...over,
})

export interface Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  bytes: Buffer
  /** Of JSON. */
  body: Record<string, unknown>
  code: string | null
}
export type Part = Buffer | (() => Promise<unknown>)

/** `own`: for a process of its own, which no test runner looks after. */
export async function photosWorld(own: { db: Connection; bucket: S3Settings | null } | null = null) {
  const db = own?.db ?? (await testDb())
  const ports = await testPorts(db)
  const people = new Map(['ann', 'bo'].map((id) => [id, customer(id)]))
  /** Who is now whom. */
  const merged = new Map<string, string>()
  const treatments = new Map<string, Treatment>()
  const staff = new Map<string, StaffMember>()
  const stores = new Map([store('huayan', 'hospital'), store('qingyan', 'salon')].map((one) => [one.id, one]))
  const refused = new Set<string>()
  const granted: Consents['granted'] = async (id, purpose) => !refused.has(`${id} ${purpose}`)
  const consents: Consents = {
    granted,
    consents: (id) =>
      Promise.all(
        config.consents.map(async (one) => ({ ...one, granted: await granted(id, one.purpose as 'service') })),
      ),
  }
  const asked: Parameters<WechatClient['checkMedia']>[0][] = []
  const wechat: Pick<WechatClient, 'checkMedia'> = {
    async checkMedia(input) {
      asked.push(input)
      return { traceId: `trace-${asked.length}` }
    },
  }
  const idsOf = async (id: string) => [id, ...[...merged].filter(([, into]) => into === id).map(([from]) => from)]
  const pick = <T>(all: ReadonlyMap<string, T>, ids: readonly string[]) =>
    new Map([...all].filter(([id]) => ids.includes(id)))
  const told: unknown[] = []
  ports.events.subscribe('test', { 'photo.received': async (event) => void told.push(event) })
  const room = createPhotos({
    ...ports,
    wechat: { checkMedia: (input) => wechat.checkMedia(input) },
    consents,
    config: config.photos,
    publicUrl: 'https://clinic.example',
    bucket: own?.bucket ?? null,
    customers: { get: async (id) => people.get(id) ?? null, idsOf },
    staff: {
      store: async (id) => stores.get(id) ?? null,
      stores: async (ids) => pick(stores, ids),
      member: async (id) => staff.get(id) ?? null,
      members: async (ids) => pick(staff, ids),
    },
    treatments: {
      get: async (id) => treatments.get(id) ?? null,
      kind: (code) => config.treatments.find((one) => one.code === code) ?? null,
      async ofCustomer(id) {
        const ids = await idsOf(id)
        return [...treatments.values()].filter((one) => ids.includes(one.customerId))
      },
    },
  })
  await room.ready()

  const activity = createActivity()
  const http = createHttpServer({ ...ports, metrics: createMetrics({ defaults: false }), activity })
  mountRoutes(http.router, room.routes, {
    ...ports,
    metrics: createMetrics({ defaults: false }),
    activity,
    async authenticate(kind, { authorization = '' }) {
      const id = String(authorization).replace('Bearer ', '')
      if (kind === 'integration') return id === 'clinic' ? { kind, id, roles: [], stores: 'all' } : null
      return people.has(id) || id.startsWith('openid:') ? { kind: 'customer', id, roles: [], stores: [] } : null
    },
    idempotency: createIdempotency(ports),
  })
  const { port } = await http.listen(0, '127.0.0.1')
  if (!own) afterAll(() => http.stop(100))

  /** node:http, because it sends what it is told and when. `cut`: the connection ends behind the last part. */
  function ask(
    method: string,
    path: string,
    {
      as = 'ann',
      parts = [],
      headers = {},
      cut = false,
    }: { as?: string; parts?: Part[]; headers?: Record<string, string>; cut?: boolean } = {},
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = request(
        { port, host: '127.0.0.1', method, path, agent: false, headers: { authorization: `Bearer ${as}`, ...headers } },
        (response) => {
          const chunks: Buffer[] = []
          response.on('data', (chunk: Buffer) => chunks.push(chunk))
          response.once('error', reject)
          response.on('end', () => {
            const bytes = Buffer.concat(chunks)
            const isJson = String(response.headers['content-type']).includes('json')
            const body = (isJson ? JSON.parse(bytes.toString('utf8')) : {}) as Answer['body']
            const code = (body.error as { code?: string } | undefined)?.code ?? null
            resolve({ status: response.statusCode ?? 0, headers: response.headers, bytes, body, code })
          })
        },
      )
      call.on('error', reject)
      void (async () => {
        for (const part of parts) {
          if (typeof part === 'function') await part()
          else if (!call.write(part)) await new Promise((done) => call.once('drain', done).once('close', done))
        }
        if (!cut) call.end()
        else {
          await new Promise((done) => setTimeout(done, 50))
          call.destroy()
        }
      })()
    })
  }
  const json = (method: string, path: string, body?: unknown, as = 'ann') =>
    ask(method, path, {
      as,
      ...(body === undefined
        ? {}
        : { headers: { 'content-type': 'application/json' }, parts: [Buffer.from(JSON.stringify(body))] }),
    })

  const words = (bytes: Buffer, over: Record<string, unknown> = {}) => ({
    submissionId: randomBytes(8).toString('hex'),
    treatmentId: null,
    angle: 'front',
    purpose: 'care',
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    ...over,
  })
  const BOUNDARY = 'a-boundary-of-tests'
  const form = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` }
  const field = (name: string, value: unknown) =>
    Buffer.from(`--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value ?? ''}\r\n`)
  const file = (bytes: Buffer, name = 'photo.jpg') => [
    Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: image/jpeg\r\n\r\n`,
    ),
    bytes,
    Buffer.from('\r\n'),
  ]
  const END = Buffer.from(`--${BOUNDARY}--\r\n`)

  /** One photo in one request, as `wx.uploadFile` sends it. */
  function send(
    bytes: Buffer,
    over: Record<string, unknown> = {},
    { as = 'ann', fieldsLast = false, name = 'photo.jpg' }: { as?: string; fieldsLast?: boolean; name?: string } = {},
  ): Promise<Answer> {
    const fields = Object.entries(words(bytes, over)).map(([key, value]) => field(key, value))
    const parts = fieldsLast ? [...file(bytes, name), ...fields, END] : [...fields, ...file(bytes, name), END]
    return ask('POST', '/api/mp/photos', { as, headers: form, parts })
  }
  const put = (uploadId: unknown, index: number, bytes: Buffer, as = 'ann') =>
    ask('PUT', `/api/mp/photo-uploads/${uploadId}/chunks/${index}`, {
      as,
      headers: { 'content-type': 'application/octet-stream' },
      parts: [bytes],
    })
  /** Everything that is due now. */
  async function work() {
    for (const table of room.due) while (Object.values(await table.drain(ports.clock.now())).some((n) => n > 0));
    await ports.events.due.drain(ports.clock.now())
  }
  const count = (name: string) => db.collection(name).countDocuments()
  /** What is kept of photos, and of those that were refused. */
  async function kept() {
    const names = [
      'photos',
      'photo_uploads',
      'photo_upload_chunks',
      'photo_files',
      'photo_blobs.files',
      'photo_blobs.chunks',
    ]
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await count(name)] as const)))
  }
  async function clear() {
    for (const name of [...Object.keys(await kept()), 'photo_openings']) await db.collection(name).deleteMany({})
    refused.clear()
    merged.clear()
    treatments.clear()
    staff.clear()
    asked.length = 0
    told.length = 0
  }
  return {
    ...{ ...ports, db, room, people, merged, treatments, staff, refused, asked, told, port },
    ...{ ask, json, words, send, put, work, count, kept, clear, form, field, file, END },
    /** Replaces what the vendor does. */
    onCheck: (check: WechatClient['checkMedia']) => Object.assign(wechat, { checkMedia: check }),
  }
}
export type PhotosWorld = Awaited<ReturnType<typeof photosWorld>>
