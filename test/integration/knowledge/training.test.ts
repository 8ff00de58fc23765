/** The quarterly revision: what has to be read, what was answered, and how a store stands. */
import { expect, test } from 'vitest'
import { instant } from '../../../src/platform/clock.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { HANDFUL } from '../../unit/knowledge/support.ts'
import { knowledgeOf } from './support.ts'

const ports = await testPorts(await testDb())
const open = (articles = HANDFUL) => knowledgeOf(ports, { articles, withholdUnapproved: false })
const room = await open()
interface Member {
  quarter: string
  toRead: { id: string; version: number }[]
  read: number
  exercises: { id: string; attempts: number; best: number | null; passed: boolean }[]
}
const member = async (userId: string, of = room) =>
  (await of.call('get', '/training/members/:userId', { params: { userId } })) as unknown as Member
const acknowledge = (userId: string, articles: object[], of = room) =>
  of.call('post', '/training/members/:userId/acknowledgements', { params: { userId }, body: { articles } })
const attempt = (userId: string, attemptId: string, exerciseId: string, answers: object[]) =>
  room.call('post', '/training/members/:userId/attempts', {
    params: { userId },
    body: { attemptId, exerciseId, answers },
  })

test('a nurse reads what doctors keep and the scripts; read is read, in every quarter, until it says something else', async () => {
  const before = await member('wu')
  expect(before).toMatchObject({ quarter: '2026-Q1', read: 0 })
  expect(before.toRead.map(({ id }) => id)).toContain('script-late')
  const [first, ...rest] = before.toRead.map(({ id, version }) => ({ id, version }))
  await Promise.all([acknowledge('wu', [first as object]), acknowledge('wu', rest), acknowledge('wu', rest)])
  expect(await member('wu')).toMatchObject({ toRead: [], read: before.toRead.length })
  // Nobody reads for somebody else.
  expect((await member('lin')).read).toBe(0)

  ports.clock.set(instant('2026-04-02T10:00:00+08:00'))
  expect(await member('wu')).toMatchObject({ quarter: '2026-Q2', toRead: [] })
  const later = await open(HANDFUL.map((one) => (one.id === 'ipl-wash' ? { ...one, version: 2 } : one)))
  expect((await member('wu', later)).toRead).toMatchObject([{ id: 'ipl-wash', version: 2 }])
  await expect(acknowledge('wu', [{ id: 'ipl-wash', version: 1 }], later)).rejects.toMatchObject({
    code: 'article_version_outdated',
  })
})

test('what is right is not shown before; an attempt is scored, kept once, and explained', async () => {
  const shown = await room.call('get', '/training/exercises/:exerciseId', { params: { exerciseId: 'blanching-chat' } })
  expect(JSON.stringify(shown)).not.toMatch(/points|right|why/)
  const wrong = [{ question: 'choice', chosen: [3] }]
  expect(await attempt('wu', 'a1', 'blanching-chat', wrong)).toMatchObject({ score: 30, passed: false })
  // The same attempt again is the first one, whatever it says now.
  const right = [{ question: 'choice', chosen: [1] }]
  expect(await attempt('wu', 'a1', 'blanching-chat', right)).toMatchObject({ score: 30 })
  expect(await attempt('wu', 'a2', 'blanching-chat', right)).toMatchObject({ score: 100, passed: true })
  const { exercises } = await member('wu')
  expect(exercises.find(({ id }) => id === 'blanching-chat')).toMatchObject({ attempts: 2, best: 100, passed: true })
  await expect(attempt('wu', 'a3', 'blanching-chat', [{ question: 'choice', chosen: [6] }])).rejects.toMatchObject({
    code: 'exercise_answers_invalid',
  })
  await expect(attempt('wu', 'a3', 'no-such-one', right)).rejects.toMatchObject({ code: 'exercise_not_found' })
  await expect(attempt('nobody', 'a3', 'blanching-chat', right)).rejects.toMatchObject({ code: 'staff_not_found' })
})

test('a store sees everybody, page by page, without what they chose', async () => {
  const page = (query: object) =>
    room.call('get', '/training/stores/:storeId', { params: { storeId: 'huayan' }, query })
  const first = (await page({ limit: '3' })) as unknown as { items: { userId: string }[]; nextCursor: string }
  expect(first.items.map(({ userId }) => userId)).toEqual(['chen', 'lin', 'wu'])
  expect(first.items[2]).toMatchObject({ toRead: 0, quarter: '2026-Q2' })
  const second = (await page({ cursor: first.nextCursor })) as unknown as typeof first
  expect(second).toMatchObject({ items: [{ userId: 'zhou' }], nextCursor: null })
  await expect(room.call('get', '/training/stores/:storeId', { params: { storeId: 'nowhere' } })).rejects.toMatchObject(
    { code: 'store_not_found' },
  )
})
