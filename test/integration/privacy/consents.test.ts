/** Consents over HTTP: purpose by purpose, versioned, taken back as easily as given; and requests about one's own data. */
import { beforeAll, expect, test } from 'vitest'
import { corners } from '../../support/pictures.ts'
import { photoForm, sendPhoto } from '../../support/send-photo.ts'
import { apiWorld, enterRecords } from '../api/support.ts'

const world = await apiWorld({ ROLE: 'all' })
const { json, db } = world
let token = ''
let customerId = ''
beforeAll(async () => {
  customerId = String(((await enterRecords(world)) as { customerId: unknown }).customerId)
  token = await world.customerToken(0, { agrees: false })
})

type Consent = { purpose: string; version: number; needed: boolean; granted: boolean | null; at: string | null }
const consents = async () =>
  new Map(
    ((await json('GET', '/api/mp/consents', undefined, token)).body.items as Consent[]).map((one) => [
      one.purpose,
      one,
    ]),
  )
const say = (purpose: string, granted: boolean, version = 1) =>
  json('PUT', `/api/mp/consents/${purpose}`, { version, granted }, token)
const decisions = (purpose: string) => db.collection('consents').find({ purpose }).sort({ n: 1 }).toArray()
const until = async <T>(look: () => Promise<T>, wanted: (seen: T) => boolean): Promise<T> => {
  for (let i = 0; ; i++) {
    const seen = await look()
    if (wanted(seen) || i > 100) return seen
    await new Promise((done) => setTimeout(done, 100))
  }
}

test('nothing is agreed to before it is said; only the agreement itself is needed', async () => {
  const all = await consents()
  expect([...all.values()].map(({ granted }) => granted)).toEqual([null, null, null, null, null])
  expect([...all.values()].filter(({ needed }) => needed).map(({ purpose }) => purpose)).toEqual(['service'])
})

test('each purpose by itself; the same again is no further decision; what is taken back is gone at once', async () => {
  expect((await say('photos_care', true)).body).toMatchObject({ granted: true })
  await say('photos_care', true)
  expect((await consents()).get('photos_care')).toMatchObject({ granted: true })
  expect((await consents()).get('photos_teaching')).toMatchObject({ granted: null })
  expect((await say('photos_care', false)).body).toMatchObject({ granted: false })
  expect((await decisions('photos_care')).map(({ n, granted }) => [n, granted])).toEqual([
    [1, true],
    [2, false],
  ])
})

test('a version that is not asked for any more, or not yet, is refused', async () => {
  const answer = await say('photos_publicity', true, 2)
  expect([answer.status, (answer.body.error as { code: string }).code]).toEqual([409, 'consent_outdated'])
  expect(await decisions('photos_publicity')).toEqual([])
})

test('ten taps at once end in one history without gaps, and the last one counts', async () => {
  await Promise.all(Array.from({ length: 10 }, (_, i) => say('photos_teaching', i % 2 === 0)))
  const rows = await decisions('photos_teaching')
  expect(rows.map(({ n }) => n)).toEqual(rows.map((_, i) => i + 1))
  expect((await consents()).get('photos_teaching')?.granted).toBe(rows.at(-1)?.granted)
})

test("what is said of offers reaches the customer's own record, and goes with it", async () => {
  const record = async () =>
    (await db.collection('customers').findOne({ externalId: 'HM-1' }))?.promotionConsentAt ?? null
  expect(await record()).toBeNull()
  await say('promotion', true)
  expect(await until(record, (at) => at !== null)).toBeInstanceOf(Date)
  await say('promotion', false)
  expect(await until(record, (at) => at === null)).toBeNull()
  expect((await consents()).get('promotion')).toMatchObject({ granted: false })
})

test('a request about the own data is taken once, sealed, and the store manager has a task', async () => {
  const body = { submissionId: 'r-1', kind: 'correction', words: '我的姓氏写错了，应为“章”。' }
  const [one, two] = await Promise.all([1, 2].map(() => json('POST', '/api/mp/data-requests', body, token)))
  expect(one?.body.id).toBe(two?.body.id)
  const days = (Date.parse(String(one?.body.answerBy)) - Date.parse(String(one?.body.at))) / 86_400_000
  expect(days).toBe(21)
  const tasks = await db.collection('tasks').find({ kind: 'data_request' }).toArray()
  expect(tasks.map(({ role, storeId }) => [role, storeId])).toEqual([['store_manager', 'huayan']])
  expect(JSON.stringify(await db.collection('data_requests').find().toArray())).not.toContain('姓氏')
  const { body: list } = await json('GET', '/api/mp/data-requests', undefined, token)
  expect(list.items).toMatchObject([{ kind: 'correction', words: body.words }])
})

test('requests are listed with the newest first', async () => {
  const asked: unknown[] = []
  for (const submissionId of ['r-2', 'r-3', 'r-4'])
    asked.unshift(
      (await json('POST', '/api/mp/data-requests', { submissionId, kind: 'copy', words: '请给我一份。' }, token)).body
        .id,
    )
  const { body } = await json('GET', '/api/mp/data-requests?limit=3', undefined, token)
  expect((body.items as { id: string }[]).map(({ id }) => id)).toEqual(asked)
})

test('what is asked for can be read before anybody signs in, and says nothing of anybody', async () => {
  const { status, body } = await json('GET', '/api/mp/consent-documents', undefined, null)
  expect(status).toBe(200)
  const items = body.items as Record<string, unknown>[]
  expect(items.map(({ purpose }) => purpose)).toEqual([...(await consents()).keys()])
  for (const one of items) expect(Object.keys(one).sort()).toEqual(['needed', 'purpose', 'text', 'title', 'version'])
})

test('a copy of the own data has every part, and names where records have numbers', async () => {
  await say('service', true)
  await say('photos_care', true)
  await sendPhoto(world.server.address, token, photoForm(await corners().jpeg().toBuffer()))
  const note = { submissionId: 'a-note-of-tests', photos: ['a-photo-of-tests'], treatmentId: null, words: '有点痒' }
  expect((await json('POST', '/api/mp/photo-notes', note, token)).status).toBe(200)
  const [invitation] = (await json('GET', '/api/mp/surveys', undefined, token)).body.items as { id: string }[]
  const answers = {
    'visit_card.overall': 5,
    'visit_card.steps': { reception: 'good', consultation: 'good', treatment: 'fair', explanation: 'good' },
    'visit_card.waiting': 'under_10',
    'visit_card.told': 'clear',
  }
  const submission = { submissionId: 'a-submission-of-tests', answers }
  expect((await json('POST', `/api/mp/surveys/${invitation?.id}/submit`, submission, token)).status).toBe(200)
  await world.made('PATCH', `/api/v1/customers/${customerId}`, { ownerUserId: 'lin' })
  const { body, text } = await json('GET', '/api/mp/my-data', undefined, token)
  const parts = Object.fromEntries(
    (body.parts as { name: string; content: unknown }[]).map(({ name, content }) => [name, content]),
  )
  expect(Object.keys(parts)).toEqual([
    'customer',
    'treatments',
    'appointments',
    'care',
    'photos',
    'photoNotes',
    'surveys',
    'complaints',
    'consents',
    'requests',
  ])
  expect(parts).toMatchObject({
    customer: { name: '王小美', stores: ['华颜'], owner: '林' },
    treatments: [{ treatment: '水光针', store: '华颜' }],
    photos: [{ angle: '正面', purpose: '恢复记录', treatment: null }],
    photoNotes: [{ treatment: null, words: '有点痒' }],
    surveys: [
      { title: expect.any(String), store: '华颜', answers: expect.arrayContaining([expect.stringMatching(/5 星$/)]) },
    ],
    complaints: [{ kind: '投诉', type: '服务态度', words: '等了很久。' }],
    requests: [{}, {}, {}, { words: '我的姓氏写错了，应为“章”。' }],
  })
  expect((parts.consents as unknown[]).length).toBe(5)
  for (const id of ['huayan', customerId, '"treatmentId"', '"storeId"', 'UserId"'])
    expect([id, text.includes(id)]).toEqual([id, false])
})
