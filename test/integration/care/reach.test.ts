/** The reach planner over HTTP, and the sender that keeps what it says: promotion leaves medical messages their places. */
import { expect, test } from 'vitest'
import { addDays, addMonths } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime } from './support.ts'

const w = await careWorld({ customers: 8, pathways: 'all' })
const at = (now: Date) => clinicTime(now).slice(0, 10)
const instant = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`).toISOString()
const leap = (text: string) => w.simulator.context.clock.moveTo(new Date(instant(text)), 5_000)

interface Answer {
  steps: {
    stepId: string
    at: string | null
    action: string
    channel: { code: string; label: string } | null
    confirmBy: { userId: string; name: string } | null
    channels: { channel: { code: string }; ok: boolean; reason: { code: string; label: string } | null }[]
  }[]
  needs: { kind: string; count: number; label: string; stepIds: string[] }[]
}
const outlook = async (customerId: string, days = 30) =>
  (await w.api('GET', `/customers/${customerId}/reach?days=${days}`)) as unknown as Answer

/** All places but `left` of the customer's conversation are used. */
async function leave(left: number): Promise<void> {
  const places = Array.from({ length: 5 - left }, (_, i) => `used-${i}`)
  const { matchedCount } = await w.collection('kf_sessions').updateMany({}, { $set: { places } })
  expect(matchedCount).toBe(1)
}

test('the coming thirty days: each contact with its channel, the others with their reason in Chinese, and what to ask for', async () => {
  const id = await w.customer(1)
  const treated = await w.treatment(1, '2026-03-02 08:30', { code: 'skin_booster' })
  await w.work()
  await w.chats(1)
  const { steps, needs } = await outlook(id)
  const planned = (await w.steps(treated)).filter(({ status }) => status === 'planned' || status === 'enqueued')
  expect(steps.length).toBeGreaterThan(4)
  expect(steps.length).toBeLessThan(planned.length)
  const of = (step: string) => steps.find(({ stepId }) => stepId === `${treated}.${step}`)
  // Day 1 is inside the 48 hours since the customer wrote; day 3 is not, and the mini-program was never opened.
  expect(of('injection.day1')?.channel).toEqual({ code: 'kf', label: '微信客服消息' })
  expect(of('treatment_call.cs_day3')?.channel).toEqual({ code: 'sms', label: '短信' })
  expect(of('treatment_call.cs_day3')?.channels).toMatchObject([
    { channel: { code: 'kf' }, ok: false, reason: { code: 'kf_window_over', label: '距客户上次发言超过 48 小时' } },
    { channel: { code: 'subscribe' }, ok: false, reason: { code: 'no_openid', label: '客户未登录小程序' } },
    { channel: { code: 'sms' }, ok: true, reason: null },
    { channel: { code: 'email' }, ok: false, reason: { code: 'no_email' } },
  ])
  expect(needs).toEqual([])
  await expect(outlook('nobody')).rejects.toThrow('customer_not_found')
  await expect(outlook(id, 0)).rejects.toThrow('invalid_request')
})

test('whom no channel reaches: the member who is to confirm it by name, and so it comes', async () => {
  const id = await w.customer(4, { phone: null })
  const consultant = w.staffOf('staff12')
  w.simulator.act({
    as: 'customer',
    id: w.personOf(4).personId,
    do: 'add-contact',
    userId: 'staff12',
    remarkMobile: false,
  })
  await w.work()
  const treated = await w.treatment(4, `${at(w.now())} 08:30`, { code: 'skin_booster', consultantUserId: 'staff12' })
  await w.work()
  const { steps } = await outlook(id)
  const messages = steps.filter(({ action, at: when }) => action === 'message' && when !== null)
  expect(messages.length).toBeGreaterThan(1)
  for (const { channel, confirmBy } of messages) {
    expect(channel).toEqual({ code: 'mass', label: '企业群发（员工确认后发送）' })
    expect(confirmBy).toEqual({ userId: 'staff12', name: consultant.name })
  }
  // Nobody confirms what announces a call: the call itself is the contact.
  for (const { channel, confirmBy } of steps.filter(({ action }) => action === 'call'))
    expect([channel, confirmBy]).toEqual([null, null])
  const [next] = messages
  await w.to(new Date(Date.parse(next?.at ?? '') + 60_000))
  expect(next?.stepId.startsWith(treated)).toBe(true)
  const row = await w
    .collection<{ _id: string; status: string; asked: string[] }>('outbox')
    .findOne({ 'refs.stepId': next?.stepId ?? '' } as never)
  expect(row).toMatchObject({ status: 'awaiting_confirmation', asked: ['staff12'] })
})

test('whoever has signed in is to be asked for the grants that medical contacts lack', async () => {
  const { openId } = w.personOf(2)
  const id = await w.customer(2, { identities: { unionId: w.personOf(2).unionId, openId } })
  const treated = await w.treatment(2, '2026-03-02 08:30', { code: 'skin_booster' })
  await w.work()
  const { needs } = await outlook(id)
  const [need] = needs
  expect(need?.label).toBe(
    `请客户再授权 ${need?.count} 次“${need?.kind === 'follow_up' ? '回访通知' : '术后护理提醒'}”订阅消息`,
  )
  expect(need?.stepIds.every((stepId) => stepId.startsWith(treated))).toBe(true)
  expect(need?.stepIds).toHaveLength(need?.count ?? -1)
})

test('the last place of a conversation is kept for the medical contact of the next day: the promotion goes by SMS', async () => {
  await w.to('2026-03-03 21:00')
  await w.collection('kf_sessions').deleteMany({})
  const id = await w.customer(3, { promotionConsent: true, storeIds: ['qingyan'] })
  const treatedOn = '2026-03-03'
  const treated = await w.treatment(3, `${treatedOn} 20:00`, { code: 'botulinum', storeId: 'qingyan' })
  // A month later, but one day, the customer asks about something else; two months after that the promotion is due.
  const askedOn = addDays(addMonths(treatedOn, 1), -1)
  await leap(`${askedOn} 14:00`)
  const { id: consultation } = await w.api('POST', '/consultations', {
    externalId: 'Q-3',
    customerExternalId: 'C-3',
    storeId: 'qingyan',
    consultedAt: instant(`${askedOn} 13:00`),
    topics: ['ipl'],
    outcome: 'open',
  })
  await w.work()
  const offered = addMonths(askedOn, 2)
  const promoted = `${consultation}.consulted.month2`
  const medical = (await w.steps(treated)).find(
    ({ plannedOn, status }) => status === 'planned' && plannedOn === addDays(offered, 1),
  )
  if (!medical) throw new Error('no medical contact on the day after')
  await leap(`${offered} 09:30`)
  await w.chats(3)
  await leave(1)
  const before = await outlook(id, 3)
  const by = (stepId: string) => before.steps.find((one) => one.stepId === stepId)
  expect(by(promoted)?.channel?.code).toBe('sms')
  expect(by(promoted)?.channels[0]).toMatchObject({
    ok: false,
    reason: { code: 'reserved', label: '名额留给医疗护理消息' },
  })
  expect(by(medical._id)?.channel?.code).toBe('kf')
  // And so it comes.
  await w.to(`${addDays(offered, 1)} 21:00`)
  expect(await w.step(String(consultation), 'consulted.month2')).toMatchObject({ status: 'done', channel: 'sms' })
  expect((await w.steps(treated)).find(({ _id }) => _id === medical._id)).toMatchObject({
    status: 'done',
    channel: 'kf',
  })
  const row = await w
    .collection<{ _id: string; refs: { stepId: string }; skips: unknown[] }>('outbox')
    .findOne({ 'refs.stepId': promoted })
  expect(row?.skips).toContainEqual({ channel: 'kf', reason: 'reserved' })
})
