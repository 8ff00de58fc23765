/** What customers decide, whatever else they say: a person, a complaint, no more messages, photos. */
import { expect, test } from 'vitest'
import { corners } from '../../support/pictures.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ env: { WECHATY_PUPPET: 'wecom' }, customers: 20 })
const { simulator } = world
const said = (n: number) => world.got(n, 'kf').map(({ text }) => text)
const act = (n: number, what: { do: string; [key: string]: unknown }) =>
  simulator.act({ as: 'customer', id: world.personOf(n).personId, ...what })
const conversation = (n: number) => simulator.context.kf.conversation(world.personOf(n))
const kinds = async (customerId: string) =>
  (await world.collection<{ _id: string; kind: string }>('tasks').find({ customerId }).toArray()).map(
    ({ kind }) => kind,
  )
const optOut = async (id: string) => ((await world.api('GET', `/customers/${id}`)) as { optOut: unknown }).optOut
const complaints = (customerId: string) => world.collection('complaints').countDocuments({ customerId })
async function patient(n: number, more: Record<string, unknown> = {}): Promise<string> {
  const id = await world.customer(n, more)
  await world.treatment(n, '2026-03-01 15:00', { code: 'hyaluronic_filler' })
  return id
}
const soon = () => world.to(new Date(Number(world.now()) + 60_000))

test('who asks for a person is given to somebody who serves the chat, also where a consultant has the customer', async () => {
  await patient(1, { ownerUserId: 'staff02' })
  await world.chats(1, '转人工')
  await soon()
  expect(conversation(1)).toMatchObject({ state: 3, servicer: expect.stringMatching(/^staff(01|11)$/i) })
})

test('where WeCom does not take the hand-over the assistant goes on answering', async () => {
  const id = await patient(2)
  simulator.faults.add({ path: '/cgi-bin/kf/service_state/trans', errcode: 95019, times: 1 })
  await world.chats(2, '转人工')
  await soon()
  expect(await kinds(id)).toContain('chat_reply')
  await world.says(2, '你们老板姓什么呀')
  expect(said(2)).toHaveLength(2)
})

test('a complaint is filed beside a mild sign, and beside an emergency', async () => {
  const mild = await patient(3)
  await world.chats(3, '我要投诉你们，脸有点刺痛不舒服')
  expect(await complaints(mild)).toBe(1)
  expect(await kinds(mild)).toContain('call_back')
  const urgent = await patient(4)
  await world.chats(4, '我要投诉，打完眼睛看不见了')
  expect(await complaints(urgent)).toBe(1)
  expect(await kinds(urgent)).toContain('red_flag')
})

test('no more messages, and a person, beside a mild sign', async () => {
  const id = await patient(5)
  await world.chats(5, '脸有点刺痛不舒服，以后别给我发广告了')
  expect(await optOut(id)).toEqual({ all: false, promotion: true })
  await patient(6)
  await world.chats(6, '脸有点刺痛不舒服，转人工')
  await soon()
  expect(conversation(6).state).toBe(3)
})

test('several photos in a row are one question, and all of them are kept', async () => {
  const id = await patient(7)
  await world.signIn(7)
  const base64 = (await corners().jpeg().toBuffer()).toString('base64')
  await world.chats(7)
  const before = said(7).length
  for (let i = 0; i < 3; i++) act(7, { do: 'send-photo', base64 })
  await world.work()
  expect(said(7).slice(before)).toEqual([expect.stringContaining('是否同意保存')])
  await world.says(7, '同意')
  expect(await world.collection('photos').countDocuments({ customerId: id })).toBe(3)
  for (let i = 0; i < 3; i++) act(7, { do: 'send-photo', base64 })
  await world.work()
  expect(await world.collection('photos').countDocuments({ customerId: id })).toBe(6)
  expect(said(7).slice(before + 1)).toEqual([expect.stringContaining('照片已收到')])
})

test('asked again and again in the night, it is one task', async () => {
  await world.to('2026-03-02 23:00')
  const id = await patient(8)
  await world.chats(8, '转人工')
  for (let i = 0; i < 4; i++) await world.says(8, '转人工')
  expect((await kinds(id)).filter((kind) => kind === 'chat_reply')).toHaveLength(1)
  expect(said(8)).toEqual([expect.stringContaining('现在不在服务时间'), expect.stringContaining('补充')])
})

test('a number that is typed answers what was asked last', async () => {
  const customerId = await patient(9)
  await world.chats(9)
  const ask = { customerId, storeId: 'huayan', treatmentId: 't', question: 'nps', openedAt: world.now() }
  const answers = { effect: 4, satisfaction: 4, nps: null }
  await world.collection('care_asks').insertOne({ _id: 'nps', ...ask, answers } as never)
  await world.to(new Date(Number(world.now()) + 60_000))
  await world.says(9, '退订')
  await world.says(9, '2')
  expect(await optOut(customerId)).toEqual({ all: true, promotion: true })
  expect(await world.collection('care_asks').findOne({ _id: 'nps' as never })).toMatchObject({ answers })
  await world.says(9, '9')
  expect(await world.collection('care_asks').findOne({ _id: 'nps' as never })).toMatchObject({ question: 'done' })
})

test('who writes from the phone of somebody who has died is heard by a person', async () => {
  await world.to('2026-03-03 10:00')
  const id = await patient(10)
  await world.chats(10)
  await world.api('PATCH', `/customers/${id}`, { deceased: true })
  const before = said(10).length
  await world.says(10, '我是她的家人，请问怎么办理')
  expect(said(10)).toHaveLength(before)
  const read = simulator.ledger.entries().filter(({ text }) => text.includes('我是她的家人'))
  expect(read).toHaveLength(1)
})

test('a wish, and a question that is open, survive that the clinic enters who it is', async () => {
  await world.chats(11, '退订')
  const id = await patient(11)
  await world.work()
  expect(await optOut(id)).toEqual({ all: false, promotion: true })
  await world.says(11, '2')
  expect(await optOut(id)).toEqual({ all: true, promotion: true })
})

test('while WeCom does not say who a stranger is, an emergency of somebody known is not kept waiting', async () => {
  const id = await patient(12)
  await world.chats(12)
  simulator.faults.add({ path: '/cgi-bin/kf/customer/batchget', errcode: -1, times: 20 })
  act(13, { do: 'say', text: '您好' })
  await world.work()
  await world.says(12, '我喘不上气了')
  expect(await kinds(id)).toContain('red_flag')
  expect(said(13)).toEqual([])
  simulator.faults.clear()
  await world.to(new Date(Number(world.now()) + 5 * 60_000))
  expect(said(13)).toHaveLength(1)
  expect(said(12).filter((text) => text.includes('保持电话畅通'))).toHaveLength(1)
})

test('who answers the notice of an appointment with 确认 comes; without one it is a question like any other', async () => {
  const id = await patient(14)
  const startsAt = new Date(Number(world.now()) + 2 * 24 * 3_600_000)
  const visit = { customerId: id, storeId: 'huayan', code: 'ipl', startsAt: startsAt.toISOString(), status: 'booked' }
  await world.api('PUT', '/appointments/A-14', visit)
  await world.chats(14, '好的，确认')
  const [row] = await world.collection('appointments').find({ customerId: id }).toArray()
  expect(row).toMatchObject({ answer: { what: 'confirmed', startsAt } })
  expect(said(14)).toEqual([expect.stringMatching(/已为您确认3月\d日\d\d:\d\d到院/)])
  expect(await kinds(id)).not.toContain('chat_reply')
  const other = await patient(15)
  await world.api('PUT', '/appointments/A-15', {
    ...{ ...visit, customerId: other },
    startsAt: new Date(Number(startsAt) + 5 * 24 * 3_600_000).toISOString(),
  })
  await world.chats(15, '确认')
  expect(await kinds(other)).toContain('chat_reply')
})

test('确认 that is read after a newer wish to move, or after the clinic moved it, takes nothing back', async () => {
  const tomorrow = new Date(Number(world.now()) + 24 * 3_600_000)
  const put = (n: number, startsAt: Date) =>
    world.api('PUT', `/appointments/A-${n}`, {
      ...{ customerExternalId: `C-${n}`, storeId: 'huayan', code: 'ipl', status: 'booked' },
      startsAt: startsAt.toISOString(),
    })
  const said = async (n: number, then: () => Promise<unknown>) => {
    await world.chats(n)
    act(n, { do: 'say', text: '确认' })
    await simulator.context.clock.moveTo(new Date(Number(world.now()) + 2_000), 5_000)
    await then()
    await world.work()
    return world.collection<{ _id: string; answer: { what: string } | null }>('appointments').findOne({
      externalId: `A-${n}`,
    } as never)
  }
  const first = await patient(17)
  const { id } = await put(17, tomorrow)
  const token = await world.signIn(17)
  const wish = { answer: 'move', startsAt: tomorrow.toISOString() }
  const kept = await said(17, () => world.mp(token, 'POST', `/appointments/${id}/answer`, wish))
  expect(kept?.answer?.what).toBe('move')
  expect((await kinds(first)).sort()).toEqual(['appointment_move', 'chat_reply'])
  const second = await patient(18)
  await put(18, tomorrow)
  const moved = await said(18, () => put(18, new Date(Number(tomorrow) + 3_600_000)))
  expect([moved?.answer, await kinds(second)]).toEqual([null, ['chat_reply']])
})

test('with two appointments near, 确认 means the one without an answer; where both have none, a person reads it', async () => {
  const id = await patient(19)
  const put = (name: string, hours: number) =>
    world.api('PUT', `/appointments/${name}`, {
      ...{ customerExternalId: 'C-19', storeId: 'huayan', code: 'ipl', status: 'booked' },
      startsAt: new Date(Number(world.now()) + hours * 3_600_000).toISOString(),
    })
  const answers = async () =>
    (await world.collection('appointments').find({ customerId: id }).sort({ startsAt: 1 }).toArray()).map(
      (row) => (row as unknown as { answer: { what: string } | null }).answer?.what ?? null,
    )
  await put('A-19a', 24)
  await world.chats(19, '确认')
  await put('A-19b', 48)
  await soon()
  await world.says(19, '确认')
  expect(await answers()).toEqual(['confirmed', 'confirmed'])
  expect(await kinds(id)).toEqual([])
  await put('A-19c', 30)
  await put('A-19d', 54)
  await soon()
  await world.says(19, '确认')
  expect(await answers()).toEqual(['confirmed', null, 'confirmed', null])
  expect(await kinds(id)).toEqual(['chat_reply'])
})

test('where customers cannot reach this server, the survey opens by an address of WeChat; without one the words say where', async () => {
  const customerId = await patient(16)
  await world.api('POST', '/survey-invitations', {
    externalId: 'X-16',
    surveyIds: ['visit_card'],
    customerId,
    storeId: 'huayan',
  })
  await world.chats(16, '问卷在哪里')
  expect(said(16).at(-1)).toMatch(/《就诊意见卡》.*\nhttps:\/\/wxaurl\.cn\/\w+\s*$/)
  simulator.faults.add({ path: '/wxa/generate_urllink', errcode: 45009, times: 1 })
  await world.says(16, '问卷在哪里')
  expect(said(16).at(-1)).toMatch(/《就诊意见卡》.*小程序，在首页/)
})
