/** The quarterly revision: one task of each keeper, whatever falls due in it, and the director when two weeks have passed. */
import { expect, test } from 'vitest'
import type { Article } from '../../../src/knowledge/index.ts'
import { instant } from '../../../src/platform/clock.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { HANDFUL } from '../../unit/knowledge/support.ts'
import { draftOf, knowledgeOf } from './support.ts'

/** Those that a nurse keeps, each with its day; the others are far away. */
const withDays = (days: Record<string, string>) =>
  HANDFUL.map(
    (one): Article => ({ ...one, owner: one.id in days ? 'nurse' : 'doctor', reviewOn: days[one.id] ?? '2030-01-01' }),
  )
const [A = '', B = '', C = ''] = HANDFUL.map(({ id }) => id)

async function world(days: Record<string, string>) {
  const ports = await testPorts(await testDb())
  const room = await knowledgeOf(ports, { articles: withDays(days), withholdUnapproved: false })
  const routine = room.routines.find(({ name }) => name === 'knowledge.revision')
  return {
    ...room,
    on: async (day: string) => {
      ports.clock.set(instant(`${day}T09:15:00+08:00`))
      return routine?.run(ports.clock.now())
    },
    next: () => routine?.nextAt(ports.clock.now()),
    async revisions(quarter: string) {
      const { items } = await room.call('get', '/revisions', { query: { quarter } })
      return items as { owner: string; escalatedAt: Date | null; articles: { id: string; revised: boolean }[] }[]
    },
    async revise(id: string, reviewOn: string) {
      const article = HANDFUL.find((one) => one.id === id) as Article
      const body = { by: 'wu', article: { ...draftOf({ ...article, owner: 'nurse', status: 'approved' }), reviewOn } }
      const { version } = await room.call('post', '/articles/:articleId/versions', { params: { articleId: id }, body })
      const params = { articleId: id, version: String(version) }
      await room.call('post', '/articles/:articleId/versions/:version/approve', {
        params,
        body: { by: 'lin', reason: '已核对' },
      })
    },
  }
}

test('nothing before the fortnight; then one task of a keeper with all that the quarter still brings, once', async () => {
  const w = await world({ [A]: '2026-05-20', [B]: '2026-06-28', [C]: '2026-07-15' })
  expect(await w.on('2026-05-05')).toEqual({ opened: 0, done: 0, escalated: 0 })
  expect(await w.on('2026-05-06')).toEqual({ opened: 1, done: 0, escalated: 0 })
  expect(w.opened).toMatchObject([
    {
      id: 'knowledge_2026-Q2_nurse',
      role: 'nurse',
      title: '知识库2026年第2季度复核 · 2 条',
      facts: [{ value: '2 条' }, { value: '2026-05-20' }, { value: '2026-05-20' }],
      dueAt: instant('2026-05-20T18:00:00+08:00'),
    },
  ])
  const script = w.opened[0]?.script ?? ''
  expect(script).toContain(HANDFUL.find(({ id }) => id === A)?.title)
  expect(script).toContain('GET /api/v1/knowledge/revisions?quarter=2026-Q2')
  expect(script.length).toBeLessThanOrEqual(160)
  await w.on('2026-05-06')
  await w.on('2026-06-30')
  expect(w.opened).toHaveLength(1)
  expect((await w.revisions('2026-Q2')).map(({ owner, articles }) => [owner, articles.map(({ id }) => id)])).toEqual([
    ['nurse', [A, B]],
  ])
  // The director has heard of those by now: the next quarter asks for them again, with what is new.
  await w.on('2026-07-01')
  expect(w.opened.map(({ id }) => id)).toEqual(['knowledge_2026-Q2_nurse', 'knowledge_2026-Q3_nurse'])
  expect(w.opened[1]?.title).toContain('3 条')
})

test('what a keeper has still time for is no part of the next quarter’s task', async () => {
  const w = await world({ [A]: '2026-07-05', [C]: '2026-07-15' })
  await w.on('2026-06-21')
  await w.on('2026-07-01')
  const asked = async (quarter: string) =>
    (await w.revisions(quarter)).flatMap(({ articles }) => articles.map(({ id }) => id))
  expect([await asked('2026-Q2'), await asked('2026-Q3')]).toEqual([[A], [C]])
})

test('what was revised is left out, and when nothing is left the task is closed', async () => {
  const w = await world({ [A]: '2026-05-20', [B]: '2026-06-28' })
  await w.on('2026-05-06')
  await w.revise(A, '2027-05-20')
  await w.on('2026-05-07')
  expect((await w.revisions('2026-Q2'))[0]?.articles).toMatchObject([
    { id: A, revised: true },
    { id: B, revised: false },
  ])
  expect(w.closed).toEqual([])
  await w.revise(B, '2027-06-28')
  expect(await w.on('2026-05-08')).toEqual({ opened: 0, done: 1, escalated: 0 })
  expect(w.closed).toEqual(['knowledge_2026-Q2_nurse'])
  await w.on('2026-08-30')
  expect([w.closed.length, w.told]).toEqual([1, []])
})

test('two weeks overdue the director hears of it, once; what is not late yet is not named', async () => {
  const w = await world({ [A]: '2026-05-20', [B]: '2026-06-28' })
  await w.on('2026-05-06')
  await w.on('2026-06-02')
  expect(w.told).toEqual([])
  expect(await w.on('2026-06-03')).toEqual({ opened: 0, done: 0, escalated: 1 })
  await w.on('2026-06-04')
  expect(w.told).toMatchObject([{ key: 'knowledge-revision:2026-Q2:nurse', role: 'director' }])
  const [note] = w.told
  expect(note?.text).toContain('护士负责的 1 个条目')
  expect(note?.text).toContain(HANDFUL.find(({ id }) => id === A)?.title)
  // It doesn't rest: the next quarter asks again.
  await w.on('2026-07-01')
  expect(w.opened.map(({ id }) => id)).toEqual(['knowledge_2026-Q2_nurse', 'knowledge_2026-Q3_nurse'])
})

test('an article that was late already when its keeper was first asked gives the keeper the same time', async () => {
  const w = await world({ [A]: '2026-01-05' })
  await w.on('2026-03-02')
  await w.on('2026-03-29')
  expect(w.told).toEqual([])
  await w.on('2026-03-30')
  expect(w.told).toHaveLength(1)
})

test('a death between the card and its row asks for nothing twice', async () => {
  const w = await world({ [A]: '2026-05-20' })
  await w.on('2026-05-06')
  const [first] = w.opened
  expect(await w.next()).toEqual(instant('2026-05-07T09:15:00+08:00'))
  await Promise.all([w.on('2026-05-06'), w.on('2026-05-06')])
  for (const task of w.opened) expect(task).toEqual(first)
})
