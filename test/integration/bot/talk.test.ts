/** What customers ask in the chat, through the real protocol: Wechaty, our puppet, stored messages in, the outbox out. */
import { expect, test } from 'vitest'
import { corners } from '../../support/pictures.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ env: { WECHATY_PUPPET: 'wecom' }, customers: 20 })
const { simulator } = world
const said = (n: number) => world.got(n, 'kf').map(({ text }) => text)
const conversation = (n: number) => simulator.context.kf.conversation(world.personOf(n))
const tasksOf = (customerId: string) =>
  world.collection<{ _id: string; kind: string }>('tasks').find({ customerId }).toArray()
async function patient(n: number, code = 'ipl'): Promise<string> {
  const id = await world.customer(n)
  await world.treatment(n, '2026-03-01 15:00', { code })
  return id
}

test('a question that an article answers is answered with its words, and whether it helped', async () => {
  const id = await patient(1)
  await world.chats(1, '做完光子嫩肤可以化妆吗？')
  const [answer, ...more] = said(1)
  expect(more).toEqual([])
  expect(answer).toContain('妆')
  expect(answer).toContain('不能代替医生诊断')
  simulator.act({ as: 'customer', id: world.personOf(1).personId, do: 'click', menuId: 'bot_1' })
  await world.work()
  expect(said(1)).toHaveLength(2)
  expect(said(1)[1]).toContain('很高兴能帮到您')
  expect((await tasksOf(id)).filter(({ kind }) => kind === 'chat_reply')).toEqual([])
})

test('an emergency is never answered with an article, and is the doctor’s at once', async () => {
  const id = await patient(2, 'hyaluronic_filler')
  await world.chats(2, '打完玻尿酸皮肤发白很疼，眼睛看不清了，可以热敷吗')
  expect(said(2)).toHaveLength(1)
  expect(said(2)[0]).toContain('120')
  expect(said(2)[0]).not.toContain('智能助手')
  expect((await tasksOf(id)).map(({ kind }) => kind)).toContain('doctor_contact')
})

test('a person on request: the answer, a card, and the conversation is theirs in WeCom', async () => {
  const id = await patient(3)
  await world.chats(3, '转人工')
  await world.to('2026-03-02 09:05')
  expect(said(3)).toHaveLength(1)
  expect(said(3)[0]).toContain('请稍等')
  const [task] = (await tasksOf(id)).filter(({ kind }) => kind === 'chat_reply')
  expect(task).toBeDefined()
  expect(conversation(3).state).toBe(3)
  await world.says(3, '做完光子嫩肤可以化妆吗？')
  expect(said(3)).toHaveLength(1)
  // Until the colleague ends it.
  const { personId } = world.staffOf(conversation(3).servicer ?? '')
  simulator.act({ as: 'staff', id: personId, do: 'end-session', customer: world.personOf(3).personId })
  await world.work()
  await world.says(3, '做完光子嫩肤可以化妆吗？')
  expect(said(3)).toHaveLength(2)
  expect(said(3)[1]).toContain('不能代替医生诊断')
})

test('a complaint is filed with its number, once', async () => {
  const id = await patient(4)
  await world.chats(4, '我要投诉，前台态度太差了')
  expect(said(4)).toHaveLength(1)
  expect(said(4)[0]).toMatch(/编号TS\d{8}-[0-9A-F]{6}/)
  await world.says(4, '我要投诉，还乱收费')
  expect(said(4)[1]).toContain('补充')
  expect(await world.collection('complaints').countDocuments({ customerId: id })).toBe(1)
})

test('a wish to come is the consultant’s task', async () => {
  const id = await patient(5)
  await world.chats(5, '想预约周六下午做第二次')
  expect(said(5)[0]).toContain('预约需求')
  expect((await tasksOf(id)).map(({ kind }) => kind)).toContain('appointment_wish')
})

test('a photo goes into the record once the customer has agreed', async () => {
  const id = await patient(6)
  await world.chats(6, '您好')
  const base64 = (await corners().jpeg().toBuffer()).toString('base64')
  simulator.act({ as: 'customer', id: world.personOf(6).personId, do: 'send-photo', base64 })
  await world.work()
  expect(said(6)[1]).toContain('请您先在小程序中')
  const token = await world.signIn(6)
  const service = world.config.consents.find(({ purpose }) => purpose === 'service')
  const agreed = { version: service?.version, granted: true }
  expect((await world.mp(token, 'PUT', '/consents/service', agreed)).status).toBe(200)
  simulator.act({ as: 'customer', id: world.personOf(6).personId, do: 'send-photo', base64 })
  await world.work()
  expect(said(6)[2]).toContain('是否同意保存')
  expect(await world.collection('photos').countDocuments({ customerId: id })).toBe(0)
  await world.says(6, '同意')
  expect(said(6)[3]).toContain('照片已收到')
  expect(await world.collection('photos').countDocuments({ customerId: id })).toBe(1)
})

test('no more messages: care goes on until it is said again', async () => {
  const id = await patient(7)
  await world.chats(7, '别发了')
  const card = async () => (await world.api('GET', `/customers/${id}`)) as { optOut: unknown }
  expect((await card()).optOut).toEqual({ all: false, promotion: true })
  await world.says(7, '2')
  expect((await card()).optOut).toEqual({ all: true, promotion: true })
  expect(said(7)).toHaveLength(2)
})

test('what a step of care asks keeps its answer, and the assistant stays out of it', async () => {
  const customerId = await patient(8)
  await world.chats(8, '您好')
  const before = said(8).length
  await world.collection('care_asks').insertOne({
    _id: 'a-step-that-asks',
    customerId,
    storeId: 'huayan',
    treatmentId: 't',
    question: 'nps',
    answers: { effect: 4, satisfaction: 4, nps: null },
    openedAt: world.now(),
  } as never)
  await world.says(8, '9')
  expect(said(8).slice(before)).toEqual([expect.stringContaining('已收到您的反馈')])
})

test('the guide of the day on request, and a question that nobody has written down', async () => {
  const id = await patient(9)
  await world.chats(9, '护理要点')
  expect(said(9)[0]).toContain('·')
  await world.says(9, '你们老板姓什么呀')
  expect(said(9).at(-1)).toContain('已经转给')
  expect((await tasksOf(id)).filter(({ kind }) => kind === 'chat_reply')).toHaveLength(1)
})
