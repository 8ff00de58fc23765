/** Consents over HTTP: purpose by purpose, versioned, taken back as easily as given; and requests about one's own data. */
import { beforeAll, expect, test } from 'vitest'
import { apiWorld, enterRecords } from '../api/support.ts'

const world = await apiWorld({ ROLE: 'all' })
const { json, db } = world
let token = ''
beforeAll(async () => {
  await enterRecords(world)
  token = await world.customerToken()
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

test('a copy of the own data has every part', async () => {
  const { body } = await json('GET', '/api/mp/my-data', undefined, token)
  const parts = new Map(
    (body.parts as { name: string; content: unknown }[]).map(({ name, content }) => [name, content]),
  )
  expect([...parts.keys()]).toEqual(['customer', 'treatments', 'care'])
  expect(parts.get('treatments')).toMatchObject([{ code: 'skin_booster' }])
})
