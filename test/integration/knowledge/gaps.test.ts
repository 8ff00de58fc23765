/** Questions without an answer: counted once per message, kept without who asked, and told once a month. */
import { expect, test } from 'vitest'
import { instant } from '../../../src/platform/clock.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'
import { knowledgeOf } from './support.ts'

const db = await testDb()
const ports = await testPorts(db)
const room = await knowledgeOf(ports, { withholdUnapproved: false })
const ask = (question: string, messageId: string, treatment: string | null = null) =>
  room.service.unanswered(question, { messageId, treatment, audience: 'customer' })
const gaps = async (query: Record<string, string> = {}) =>
  (await room.call('get', '/gaps', { query })) as {
    items: {
      id: string
      kind: string
      sample: string
      count: number
      owner: string
      near: string | null
      treatment: string | null
    }[]
    nextCursor: string | null
  }

test('a question is counted by what it says, once per message, also when many come at once', async () => {
  await Promise.all([1, 2, 3].map((n) => ask(n === 2 ? '能带宠物来吗？' : '请问能带宠物来吗', `m${n}`)))
  await ask('请问能带宠物来吗', 'm1')
  await ask('玻尿酸淤青可以用蜡笔遮吗', 'm4', 'hyaluronic_filler')
  await ask('在吗', 'm5')
  await ask('？？', 'm6')
  const { items } = await gaps()
  expect(items.map(({ count }) => count)).toEqual([3, 1])
  expect(items[0]?.sample).toMatch(/宠物/)
  expect(items[1]).toMatchObject({ owner: 'doctor', near: 'filler-bruise' })
  expect((await gaps({ owner: 'nurse' })).items).toEqual([])
})

test('who asked is nowhere in the database', async () => {
  await ask('我叫李晓明，电话13812345678，能上门吗', 'message-of-a-stranger')
  const rows = JSON.stringify(await db.collection('knowledge_gaps').find().toArray())
  for (const secret of ['李晓明', '13812345678', '上门', 'message-of-a-stranger']) expect(rows).not.toContain(secret)
  const { items } = await gaps()
  expect(items.map(({ sample }) => sample).join()).toMatch(/上门/)
  expect(items.map(({ sample }) => sample).join()).not.toMatch(/晓明|138/)
})

test('a list has pages', async () => {
  const first = await gaps({ limit: '2' })
  const second = await gaps({ limit: '2', cursor: first.nextCursor ?? '' })
  expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, null])
})

const sawBlisters = (caseId: string, treatment: string | null = 'ipl') =>
  room.service.sawCase({ caseId, treatment, signs: ['水泡'] })
const cases = async () => (await gaps()).items.filter(({ kind }) => kind === 'case')
const answer = (gapId: string, article: string, by: string) =>
  room.call('post', '/gaps/:gapId/answer', { params: { gapId }, body: { article, by } })

test('a case that no article is about is counted by treatment and sign, once per case', async () => {
  await Promise.all([sawBlisters('first-case'), sawBlisters('first-case'), sawBlisters('c2')])
  await sawBlisters('c3', null)
  // It is about that; and nobody knows what this one was.
  await room.service.sawCase({ caseId: 'c4', treatment: 'hyaluronic_filler', signs: ['淤青'] })
  await room.service.sawCase({ caseId: 'c5', treatment: 'ipl', signs: [] })
  expect(await cases()).toMatchObject([
    { sample: '光子嫩肤：水泡', count: 2, owner: 'doctor', treatment: 'ipl' },
    { sample: '水泡', count: 1, owner: 'doctor', treatment: null },
  ])
  expect(JSON.stringify(await db.collection('knowledge_gaps').find().toArray())).not.toMatch(/水泡|first-case/)
})

test('who keeps it says which article answers it: it leaves the list, and comes back when it is asked in vain again', async () => {
  const find = async () => (await gaps()).items.find(({ sample }) => /宠物/.test(sample))
  const gap = await find()
  expect(gap).toMatchObject({ owner: 'customer_service', count: 3 })
  const id = gap?.id ?? ''
  await expect(answer(id, 'ipl-wash', 'wu')).rejects.toMatchObject({ code: 'role_required' })
  await expect(answer(id, 'ipl-wash', 'nobody')).rejects.toMatchObject({ code: 'staff_not_found' })
  await expect(answer(id, 'no-such-article', 'chen')).rejects.toMatchObject({ code: 'article_not_found' })
  await expect(answer(`2026-03:${'0'.repeat(32)}`, 'ipl-wash', 'chen')).rejects.toMatchObject({ code: 'gap_not_found' })
  expect((await find())?.id).toBe(id)
  const [first, again] = [await answer(id, 'ipl-wash', 'chen'), await answer(id, 'ipl-wash', 'zhou')]
  expect(first).toMatchObject({ answered: { article: 'ipl-wash', by: 'chen' } })
  expect(again).toEqual(first)
  expect(await find()).toBeUndefined()
  // A message that was counted is no new question.
  await ask('请问能带宠物来吗', 'm1')
  expect(await find()).toBeUndefined()
  await ask('请问能带宠物来吗', 'm9')
  expect(await find()).toMatchObject({ id, count: 4 })
})

test('of a case the word of who keeps it counts', async () => {
  const [gap] = await cases()
  await answer(gap?.id ?? '', 'ipl-wash', 'lin')
  await sawBlisters('c6')
  expect((await cases()).map(({ treatment }) => treatment)).toEqual([null])
})

const monthly = room.routines.find(({ name }) => name === 'knowledge.monthly-gaps')
test('on the first of a month the keepers hear of the month before', async () => {
  const at = await monthly?.nextAt(ports.clock.now())
  expect(at).toEqual(instant('2026-04-01T09:30:00+08:00'))
  expect(await monthly?.nextAt(at as Date)).toEqual(instant('2026-05-01T09:30:00+08:00'))
  ports.clock.set(at as Date)
  expect(await monthly?.run(at as Date)).toEqual({ gaps: 4, told: 2, forgotten: 0 })
  expect(room.told.map(({ key, role }) => [key, role])).toEqual([
    ['knowledge-gaps:2026-03:doctor', 'doctor'],
    ['knowledge-gaps:2026-03:customer_service', 'customer_service'],
  ])
  expect(room.told[1]?.text).toMatch(/宠物.*（4 次）/)
  expect((await gaps()).items).toEqual([])
  expect((await gaps({ month: '2026-03' })).items).toHaveLength(4)
})

test('what was said of a case counts in the next month, too, for as long as that article is said', async () => {
  await sawBlisters('c7')
  expect(await cases()).toEqual([])
  await room.call('post', '/articles/:articleId/retire', {
    params: { articleId: 'ipl-wash' },
    body: { by: 'lin', reason: '并入另一条' },
  })
  await sawBlisters('c8')
  expect(await cases()).toMatchObject([{ sample: '光子嫩肤：水泡', count: 1 }])
})

test('a year later it is forgotten', async () => {
  expect(await monthly?.run(instant('2027-05-01T09:30:00+08:00'))).toMatchObject({ forgotten: 5 })
})
