/** One conversation keeps its order, and its queue: whatever is sent again, taken back, or decided beside it. */
import { describe, expect, test } from 'vitest'
import { createTalkStore } from '../../../src/bot/model.ts'
import { NOTHING_KNOWN } from '../../../src/bot/types.ts'
import { careWorld, MINUTE } from '../care/support.ts'

const world = await careWorld({ env: { WECHATY_PUPPET: 'wecom' }, customers: 30 })
const { simulator } = world
const said = (n: number) => world.got(n, 'kf').map(({ text }) => text)
const writes = (n: number, text: string) =>
  String(simulator.act({ as: 'customer', id: world.personOf(n).personId, do: 'say', text }).msgid)
const [ASKED, STOPPED, HANDED] = ['还要继续接收吗', '不再主动给您发送消息', '已经转给']
const inOrder = (n: number) => said(n).map((text) => [ASKED, STOPPED, HANDED].findIndex((part) => text.includes(part)))

test('what is written in one moment is answered in its order', async () => {
  const people = Array.from({ length: 10 }, (_, n) => n)
  for (const n of people) for (const text of ['退订', '2', '你们老板姓什么呀']) writes(n, text)
  await world.work()
  for (const n of people) expect(inOrder(n), `customer ${n}`).toEqual([0, 1, 2])
})

test('an answer that has to be sent again is not overtaken', async () => {
  simulator.faults.add({ path: '/cgi-bin/kf/send_msg', errcode: -1, times: 2 })
  for (const text of ['退订', '2', '你们老板姓什么呀']) writes(10, text)
  await world.work()
  expect(said(10)).toEqual([])
  await world.to(new Date(Number(world.now()) + 2 * MINUTE))
  expect(inOrder(10)).toEqual([0, 1, 2])
})

test('an answer that can never go holds nobody up', async () => {
  writes(11, '退订')
  await world.work()
  simulator.faults.add({ path: '/cgi-bin/kf/send_msg', errcode: 40058, times: 1 })
  writes(11, '2')
  writes(11, '你们老板姓什么呀')
  await world.work()
  await world.to(new Date(Number(world.now()) + MINUTE))
  expect(inOrder(11)).toEqual([0, 2])
})

test('a message that was taken back before it was answered is not answered, and says so', async () => {
  await world.chats(12)
  const before = said(12).length
  const msgid = writes(12, '你们老板姓什么呀')
  simulator.act({ as: 'customer', id: world.personOf(12).personId, do: 'recall', msgid })
  await world.work()
  expect(said(12)).toHaveLength(before)
  expect(await world.collection('kf_messages').findOne({ _id: msgid })).toMatchObject({ recalledAt: world.now() })
  await world.says(12, '你们老板姓什么呀')
  expect(said(12).at(-1)).toContain(HANDED)
})

test('danger that was taken back is danger all the same', async () => {
  await world.chats(13)
  const msgid = writes(13, '我喘不上气了')
  simulator.act({ as: 'customer', id: world.personOf(13).personId, do: 'recall', msgid })
  await world.work()
  expect(said(13).at(-1)).toContain('120')
})

test('an answer that has not left yet is taken back with its question', async () => {
  await world.chats(14)
  const before = said(14).length
  simulator.faults.add({ path: '/cgi-bin/kf/send_msg', errcode: -1, times: 1 })
  const msgid = writes(14, '你们老板姓什么呀')
  await world.work()
  simulator.act({ as: 'customer', id: world.personOf(14).personId, do: 'recall', msgid })
  await world.work()
  await world.to(new Date(Number(world.now()) + MINUTE))
  expect(said(14)).toHaveLength(before)
})

describe('a conversation', () => {
  const store = createTalkStore(world.db, world.crypto)
  const now = world.now()
  const take = (id: string, n: number) => store.take(id, { messageId: `${id}-${n}`, order: `${n}`, danger: null }, now)
  async function claimed(id: string) {
    await take(id, 1)
    const [row] = await store.claim({ now, wall: new Date(), limit: 1, leaseMs: 30_000, token: id })
    if (!row) throw new Error('nothing is due')
    return row
  }
  const answer = (id: string) => ({ memory: NOTHING_KNOWN, lastSaid: null, messageId: `${id}-1` })
  const rowOf = (id: string) => world.collection('bot_talks').findOne({ _id: id })

  test('in which nobody waits any more is given back with the answer, and with it a colleague who came meanwhile stays', async () => {
    const row = await claimed('somebody')
    await store.withPerson('somebody', now)
    expect(await store.answered(row, answer('somebody'), new Date())).toBeNull()
    expect((await store.memoryOf('somebody'))?.personSince).toEqual(now)
    expect(await rowOf('somebody')).toMatchObject({ waiting: [], dueAt: null, claim: { token: '' } })
    await world.collection('bot_talks').deleteOne({ _id: 'somebody' })
  })

  test('in which somebody wrote meanwhile is kept, with what waits', async () => {
    const row = await claimed('writer')
    await take('writer', 2)
    const until = new Date(Date.now() + 30_000)
    expect(await store.answered(row, answer('writer'), until)).toMatchObject({
      waiting: [{ messageId: 'writer-2' }],
      dueAt: now,
      claim: { token: 'writer', until },
    })
    await world.collection('bot_talks').deleteOne({ _id: 'writer' })
  })

  test('that somebody else has by now is left to them', async () => {
    const row = await claimed('taken')
    const others = { claim: { ...row.claim, token: 'another', fence: 2 } }
    await world.collection('bot_talks').updateOne({ _id: 'taken' }, { $set: others })
    expect(await store.answered(row, answer('taken'), new Date())).toBeNull()
    expect(await rowOf('taken')).toMatchObject({ waiting: [{ messageId: 'taken-1' }], dueAt: now, ...others })
    await world.collection('bot_talks').deleteOne({ _id: 'taken' })
  })
})
