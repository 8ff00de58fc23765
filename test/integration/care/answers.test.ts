/** What comes back from customers and staff, and what the house does with it. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, at as clinic, clinicTime, MINUTE } from './support.ts'

const w = await careWorld({ customers: 30 })
let today = '2026-03-02'
let n = 0
/** Three in the afternoon of a fresh day, and a fresh customer. */
async function afternoon(more: Record<string, unknown> = {}): Promise<number> {
  for (const table of ['care_steps', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  await w.customer(n, more)
  return n
}
const later = (days: number) => addDays(today, days)
const contactsOf = async (id: string) =>
  w.collection<{ _id: string; summary: string }>('contacts').find({ treatmentId: id }).sort({ _id: 1 }).toArray()
const dueNow = async (id: string, step: string) => {
  await w.collection('care_steps').updateOne({ _id: `${id}.${step}` as never }, { $set: { dueAt: w.now() } })
  await w.work()
}
const tap = async (one: number, starts: string) => {
  const asked = w.got(one, 'kf').findLast(({ payload }) => payload.menu)
  const choice = ((asked?.payload.menu ?? []) as { id: string; content: string }[]).find(({ content }) =>
    content.startsWith(starts),
  )
  w.simulator.act({ as: 'customer', id: w.personOf(one).personId, do: 'click', menuId: choice?.id })
  await w.work()
}
const notes = (userId: string, part: string) =>
  w
    .staffGot(userId, 'app')
    .filter(({ at, text }) => text.includes(part) && new Date(at) >= clinic(`${today} 00:00`))
    .map(({ text }) => text)

test('month 1 in chat: three questions one after the other, a second thought counts, the record has them all', async () => {
  const one = await afternoon({ storeIds: ['qingyan'] })
  await w.chats(one)
  const id = await w.treatment(one, `${today} 12:00`, { storeId: 'qingyan', code: 'salon_care' })
  await w.work()
  await dueNow(id, 'base.effect_month1')
  await tap(one, '4')
  const effect = w.got(one, 'kf').find(({ text }) => text.includes('效果评价如何'))
  await tap(one, '2')
  // On second thought the effect was a 5: the question stands in the chat still.
  const menu = (effect?.payload.menu ?? []) as { id: string; content: string }[]
  const five = menu.find(({ content }) => content.startsWith('5'))
  w.simulator.act({ as: 'customer', id: w.personOf(one).personId, do: 'click', menuId: five?.id })
  await w.work()
  await w.says(one, '９分')
  const [record] = await contactsOf(id)
  const unhappy = (await w.api('GET', '/contacts?attention=true')).items as { treatmentId: string }[]
  expect(unhappy.map(({ treatmentId }) => treatmentId)).toContain(id)
  expect(record).toMatchObject({ reached: true, effect: 5, satisfaction: 2, nps: 9, channel: 'kf' })
  const asked = (part: string) => w.got(one, 'kf').filter(({ text }) => text.includes(part)).length
  expect([asked('效果评价如何'), asked('整体服务满意吗'), asked('0 到 10'), asked('已收到您的反馈')]).toEqual([
    1, 1, 1, 1,
  ])
  // A later number is no answer any more.
  await w.says(one, '3')
  expect((await contactsOf(id))[0]).toMatchObject({ nps: 9 })
})

test('what a customer writes is shown to who is about to call, and no answer to a question is', async () => {
  const one = await afternoon()
  await w.chats(one, '请问几点方便做？')
  expect([...notes('staff01', '几点方便做'), ...notes('staff11', '几点方便做')]).toHaveLength(1)
  const id = await w.treatment(one, `${today} 14:50`, { consultantUserId: 'staff12' })
  await w.to(`${later(1)} 12:30`)
  expect((await w.step(id, 'treatment_call.consultant_day1')).status).toBe('calling')
  await w.says(one, '现在不方便，下午三点吧')
  const [note] = notes('staff12', '下午三点吧')
  expect(note).toContain('【客户留言】')
  expect(note).not.toContain(w.personOf(one).phone)
})

test('a contact record names treatment, day, doctor and what was said; its words are sealed', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:50`, {
    consultantUserId: 'staff12',
    doctorUserId: 'staff04',
    assistantUserId: 'staff03',
    anaesthesia: 'topical',
  })
  await w.to(`${later(1)} 12:30`)
  const task = await w.task(callTaskId(`${id}.treatment_call.consultant_day1`))
  await w.click('staff12', task.card, 'done')
  await w.click('staff12', task.card, 'submit_contact', {
    reached: ['yes'],
    state: ['mild_reaction'],
    satisfaction: ['5'],
  })
  await w.click('staff12', task.card, 'submit_checklist', { checklist: ['reaction', 'recovery'] })
  await w.to(new Date(w.now().getTime() + 9 * MINUTE))
  await w.tell('staff12', '轻微泛红，已提醒防晒')
  const [record] = await contactsOf(id)
  expect(record).toMatchObject({
    channel: 'call',
    reached: true,
    state: 'mild_reaction',
    satisfaction: 5,
    byUserId: 'staff12',
    byName: w.staffOf('staff12').name,
    checklist: ['reaction', 'recovery'],
  })
  const words = w.crypto.open('contacts.summary', record?.summary ?? '')
  expect(words).toBe(
    [
      `光子嫩肤后第1天电话回访；主诊 ${w.staffOf('staff04').name}；麻醉 表面麻醉；助手 ${w.staffOf('staff03').name}`,
      '客户有轻微反应，属恢复期观察范围；已问有无异常反应、已了解恢复情况；满意度 5/5',
      `后续：按计划继续随访；补充：轻微泛红，已提醒防晒；记录人 ${w.staffOf('staff12').name}`,
    ].join('；'),
  )
  expect(JSON.stringify(record)).not.toContain('防晒')
})

test('what somebody on the phone cannot solve goes to the treating doctor, and the director sees it in the evening', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:50`, { consultantUserId: 'staff12', doctorUserId: 'staff04' })
  await w.to(`${later(1)} 12:30`)
  const task = await w.task(callTaskId(`${id}.treatment_call.consultant_day1`))
  await w.click('staff12', task.card, 'done')
  await w.click('staff12', task.card, 'submit_contact', { reached: ['yes'], state: ['abnormal'], satisfaction: ['2'] })
  await w.click('staff12', task.card, 'submit_checklist', { checklist: ['reaction', 'objection'] })
  await w.tell('staff12', '面部出现水泡，客户担心')
  const [doctor] = await w
    .collection<{ _id: string; ownerUserId: string; deadlineAt: Date }>('tasks')
    .find({ kind: 'doctor_contact' })
    .toArray()
  expect(doctor?.ownerUserId).toBe('staff04')
  expect(Number(doctor?.deadlineAt) - Number(w.now())).toBeLessThanOrEqual(24 * 60 * MINUTE)
  const card = w.staffGot('staff04', 'card').at(-1)
  expect(card?.text).toContain('请医生联系（异常反应）')
  expect(JSON.stringify(card?.payload)).toContain('面部出现水泡')
  await w.to(`${later(1)} 20:50`)
  const lists = notes('staff10', '今日不满意或异常')
  expect(lists).toHaveLength(1)
  expect(lists[0]).toMatch(/光子嫩肤）：异常反应，满意度 2，有异议；/)
  const { items } = (await w.api('GET', '/contacts?attention=true')) as { items: Record<string, unknown>[] }
  expect(items.filter(({ treatmentId }) => treatmentId === id)).toMatchObject([{ state: 'abnormal', satisfaction: 2 }])
  // The doctor's own contact ends it, and opens nothing again.
  const { card: doctorCard } = await w.task(String(doctor?._id))
  await w.click('staff04', doctorCard, 'done')
  await w.click('staff04', doctorCard, 'submit_doctor', { reached: ['yes'], state: ['abnormal'], followUp: ['3'] })
  await w.tell('staff04', '已面诊，按小水泡处理')
  expect(await w.collection('tasks').countDocuments({ kind: 'doctor_contact' })).toBe(1)
  expect((await contactsOf(id)).map(({ _id }) => _id.split('#')[1]?.slice(0, 7))).toEqual([
    'doctor_',
    'reached',
    'message',
  ])
})

test('nobody answers: two calls on the day, one on each of the next two, one message, then the consultant twice', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:50`, { consultantUserId: 'staff12' })
  await w.to(`${later(3)} 11:00`)
  const task = callTaskId(`${id}.treatment_call.cs_day3`)
  const missed: string[] = []
  for (let i = 0; i < 10 && (await w.task(task)).status !== 'cancelled'; i++) {
    const { ownerUserId, card, openAt } = (await w.task(task)) as unknown as {
      ownerUserId: string
      card: string
      openAt: Date
    }
    await w.to(new Date(Math.max(Number(openAt), Number(w.now())) + 5 * MINUTE))
    missed.push(clinicTime(w.now()))
    await w.click(ownerUserId, card, 'not_reached')
  }
  const spans = missed.map((time) => [
    time.slice(0, 10),
    time.slice(11) < '13:00' ? 1 : time.slice(11) < '18:00' ? 2 : 3,
  ])
  expect(spans.map(([day]) => day)).toEqual([later(3), later(3), later(4), later(5)])
  expect(new Set(spans.slice(0, 3).map(([, span]) => span)).size).toBe(3)
  expect(w.got(one, 'sms').filter(({ text }) => text.includes('未能接通'))).toHaveLength(1)
  expect(await w.step(id, 'treatment_call.cs_day3')).toMatchObject({ status: 'unreachable', reason: 'unreachable' })
  const plan = await w.api('GET', `/care-plans/${id}`)
  expect(plan.status).toBe('active')
  const follow = await w
    .collection<{ _id: string; openAt: Date; ownerUserId: string }>('tasks')
    .find({ kind: 'consultant_follow' })
    .sort({ openAt: 1 })
    .toArray()
  expect(follow.map(({ openAt, ownerUserId }) => [clinicTime(openAt), ownerUserId])).toEqual([
    [`${later(6)} 11:00`, 'staff12'],
    [`${later(5).replace('-03-', '-04-')} 11:00`, 'staff12'],
  ])
})

test('the word after a call in vain that a member confirms in WeCom is known by that member, also when the call is given up', async () => {
  const one = await afternoon({ phone: null })
  const { personId } = w.personOf(one)
  w.simulator.act({ as: 'customer', id: personId, do: 'add-contact', userId: 'staff12', remarkMobile: false })
  await w.work()
  const id = await w.treatment(one, `${today} 14:50`, { consultantUserId: 'staff12' })
  const name = 'treatment_call.consultant_day1'
  await w.to(`${later(1)} 12:30`)
  const { ownerUserId, card } = await w.task(callTaskId(`${id}.${name}`))
  await w.click(ownerUserId, card, 'not_reached')
  const asked = [...w.simulator.context.mass.tasks.values()].filter(({ shown }) => shown.join().includes('未能接通'))
  expect(asked).toHaveLength(1)
  expect((await w.step(id, name)).confirmed).toBeUndefined()
  await w.collection('care_steps').updateOne({ _id: `${id}.${name}` as never }, { $set: { status: 'missed' } })
  const at = w.now()
  const msgId = asked[0]?.msgId ?? ''
  w.simulator.act({ as: 'staff', id: w.staffOf('staff12').personId, do: 'confirm-mass', msgId })
  await w.to(new Date(at.getTime() + 10 * MINUTE))
  expect(await w.step(id, name)).toMatchObject({ messageIds: [msgId], confirmed: { byUserId: 'staff12', at } })
  expect(w.got(one, 'mass').filter(({ text }) => text.includes('未能接通'))).toHaveLength(1)
})

test('a customer without any channel: a person has the text, passes it on, and the record says who and when', async () => {
  const one = await afternoon({ phone: null, identities: undefined, storeIds: ['qingyan'] })
  const id = await w.treatment(one, `${today} 14:50`, { storeId: 'qingyan', code: 'salon_care' })
  await w.work()
  const step = await w.step(id, 'base.greeting')
  expect(step).toMatchObject({
    status: 'delegated',
    reason: 'no_channel_left',
    taskId: expect.stringMatching(/^send_/),
  })
  const task = await w.task(String(step.taskId))
  await w.click(task.ownerUserId, task.card, 'done')
  expect(await w.step(id, 'base.greeting')).toMatchObject({
    status: 'done',
    channel: 'staff',
    handed: { byUserId: task.ownerUserId },
  })
  expect(await contactsOf(id)).toMatchObject([{ channel: 'staff', byUserId: task.ownerUserId }])
})

test('a call to a customer without any channel is a card and nothing else: no one is asked to announce it by hand', async () => {
  const one = await afternoon({ phone: null, identities: undefined })
  const id = await w.treatment(one, `${today} 12:00`)
  await w.to(`${later(1)} 12:30`)
  expect((await w.step(id, 'treatment_call.consultant_day1')).status).toBe('calling')
  expect(await w.collection('tasks').countDocuments({ kind: 'send_message' })).toBe(0)
})

test('a phone that the gateway refuses ends with a person, and the customer’s messages say why', async () => {
  const one = await afternoon({ storeIds: ['qingyan'], phone: '13900000000' })
  const id = await w.treatment(one, `${today} 14:50`, { storeId: 'qingyan', code: 'salon_care' })
  await w.work()
  const step = await w.step(id, 'base.greeting')
  expect(step.status).toBe('delegated')
  const { items } = (await w.api('GET', `/messages?customerId=${step.customerId}`)) as {
    items: Record<string, unknown>[]
  }
  expect(items[0]).toMatchObject({ outcome: 'delegated', reason: 'no_channel_left', stepId: step._id, part: 'main' })
  expect(JSON.stringify(items[0]?.skips)).toContain('refused')
})

test('a greeting of the night comes in the morning and speaks of yesterday', async () => {
  const one = await afternoon()
  await w.to(`${today} 23:40`)
  const id = await w.treatment(one, `${today} 23:30`)
  await w.work()
  expect(w.got(one)).toEqual([])
  await w.to(`${later(1)} 09:00`)
  expect(w.got(one, 'sms').map(({ text }) => text.includes('您昨天的光子嫩肤已顺利完成'))).toEqual([true])
  expect(await w.step(id, 'treatment_call.cs_2h')).toMatchObject({ status: 'done', reason: null })
})

test('stores of two zones greet, guide and call by their own clocks', async () => {
  const one = await afternoon()
  await w.store('qingyan', { timeZone: 'Asia/Urumqi' })
  const id = await w.treatment(one, `${today} 14:50`, { storeId: 'qingyan', code: 'salon_care' })
  await w.work()
  // Two hours behind Shanghai: windows from 13:00 to 22:30 on our clock.
  await w.to(`${later(1)} 12:59`)
  expect(w.got(one)).toHaveLength(1)
  const due = clinicTime((await w.step(id, 'base.guidance_day1')).dueAt ?? w.now())
  expect(due > `${later(1)} 13:00` && due < `${later(1)} 22:30`).toBe(true)
  await w.to(`${later(1)} 22:31`)
  expect(w.got(one)).toHaveLength(2)
  await w.store('qingyan')
})

test('a renamed store writes under its new name', async () => {
  const one = await afternoon({ storeIds: ['qingyan'] })
  await w.treatment(one, `${today} 14:50`, { storeId: 'qingyan', code: 'salon_care' })
  await w.work()
  await w.store('qingyan', { displayName: '清妍轻医美' })
  await w.to(`${later(1)} 21:00`)
  expect(w.got(one, 'sms').at(-1)?.text).toContain('【清妍轻医美】')
  await w.store('qingyan')
})
