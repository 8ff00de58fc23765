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
    items: { sample: string; count: number; owner: string; near: string | null }[]
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

test('on the first of a month the keepers hear of the month before; a year later it is forgotten', async () => {
  const [monthly] = room.routines
  const at = await monthly?.nextAt(ports.clock.now())
  expect(at).toEqual(instant('2026-04-01T09:30:00+08:00'))
  expect(await monthly?.nextAt(at as Date)).toEqual(instant('2026-05-01T09:30:00+08:00'))
  ports.clock.set(at as Date)
  expect(await monthly?.run(at as Date)).toEqual({ gaps: 3, told: 2, forgotten: 0 })
  expect(room.told.map(({ key, role }) => [key, role])).toEqual([
    ['knowledge-gaps:2026-03:doctor', 'doctor'],
    ['knowledge-gaps:2026-03:customer_service', 'customer_service'],
  ])
  expect(room.told[1]?.text).toMatch(/宠物.*（3 次）/)
  expect((await gaps()).items).toEqual([])
  expect((await gaps({ month: '2026-03' })).items).toHaveLength(3)
  expect(await monthly?.run(instant('2027-05-01T09:30:00+08:00'))).toMatchObject({ forgotten: 3 })
})
