/** A day as it is laid out in the morning, and what still changes it: wishes, closures, people who leave. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, at as clinic, clinicTime } from './support.ts'

const w = await careWorld({ customers: 20 })
const call = (id: string) => `${id}.treatment_call.consultant_day1`
let today = '2026-03-02'
/** The cards of today and tomorrow. */
const cardsOf = (userId: string, title: string) =>
  w
    .staffGot(userId, 'card')
    .filter(
      ({ at, text, payload }) =>
        new Date(at) >= clinic(`${today} 00:00`) && JSON.stringify([text, payload]).includes(title),
    )
const later = (days: number) => addDays(today, days)
/** Three in the afternoon of a fresh day; nothing of earlier ones is left. */
async function afternoon(): Promise<(time: string) => string> {
  for (const table of ['care_steps', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  return (time) => `${later(1)} ${time}`
}

test('the morning list shows the calls of the day; the message before the call names who makes it', async () => {
  const next = await afternoon()
  await w.customer(0)
  const id = await w.treatment(0, `${today} 14:50`, { consultantUserId: 'staff12' })
  await w.work()
  const planned = clinicTime((await w.step(id, 'treatment_call.consultant_day1')).dueAt as Date).slice(11)
  await w.to(next('09:00'))
  const [list] = w.staffGot('staff12', 'app').filter(({ text }) => text.includes('今日回访任务'))
  expect(list?.text).toContain('1 项')
  expect(list?.text).toContain('次日咨询师回访')
  // Nobody is bothered before the hour.
  expect(cardsOf('staff12', '次日咨询师回访')).toEqual([])
  await w.to(next(planned))
  const announced = w.got(0, 'sms').at(-1)?.text ?? ''
  expect(announced).toContain(w.staffOf('staff12').name)
  expect(announced).toContain('第1天')
  await w.to(next('12:30'))
  const [card] = cardsOf('staff12', '次日咨询师回访')
  expect(
    Number(new Date(card?.at ?? 0)) - Number((await w.step(id, 'treatment_call.consultant_day1')).dueAt),
  ).toBeLessThan(0)
  expect(clinicTime(new Date(card?.at ?? 0)).slice(11) > planned).toBe(true)
  expect(JSON.stringify(card?.payload)).toContain('光子嫩肤')
  expect(cardsOf('staff12', '次日咨询师回访')).toHaveLength(1)
})

test('a wish of the evening before moves the contacts of the day, message, card and all', async () => {
  const next = await afternoon()
  const customer = await w.customer(1)
  const id = await w.treatment(1, `${today} 14:50`, { consultantUserId: 'staff12' })
  await w.work()
  await w.api('PATCH', `/customers/${customer}`, { preferredTime: { from: '18:00', to: '19:00' } })
  await w.to(next('09:30'))
  const step = await w.step(id, 'treatment_call.consultant_day1')
  expect(clinicTime(step.dueAt as Date) >= next('18:00') && clinicTime(step.dueAt as Date) < next('18:30')).toBe(true)
  await w.to(next('18:59'))
  const times = [...w.got(1, 'sms').slice(1), ...cardsOf('staff12', '次日')].map(({ at }) => clinicTime(new Date(at)))
  expect(times.every((time) => time >= next('18:00'))).toBe(true)
  expect((await w.step(id, 'treatment_call.consultant_day1')).status).toBe('calling')
})

test('a wish that comes after the morning moves the card along: one card, at the new hour', async () => {
  const next = await afternoon()
  const customer = await w.customer(2)
  const id = await w.treatment(2, `${today} 14:50`, { consultantUserId: 'staff02' })
  await w.to(next('09:30'))
  await w.api('PATCH', `/customers/${customer}`, { preferredTime: { from: '19:00', to: '20:30' } })
  await w.to(next('18:59'))
  expect([w.got(2, 'sms').length, cardsOf('staff02', '次日').length]).toEqual([1, 0])
  await w.to(next('19:20'))
  expect([w.got(2, 'sms').length, cardsOf('staff02', '次日').length]).toEqual([2, 1])
  expect((await w.task(callTaskId(call(id)))).status).toBe('open')
})

test('who opts out after the morning gets neither message nor call, and the step says why', async () => {
  const next = await afternoon()
  const customer = await w.customer(3)
  const id = await w.treatment(3, `${today} 14:50`)
  await w.to(next('09:30'))
  await w.api('PATCH', `/customers/${customer}`, { optOut: { all: true } })
  await w.to(next('20:45'))
  expect(w.got(3)).toHaveLength(1)
  expect(await w.step(id, 'treatment_call.consultant_day1')).toMatchObject({ status: 'skipped', reason: 'opted_out' })
  expect(await w.task(callTaskId(call(id)))).toMatchObject({ status: 'cancelled' })
  expect([...cardsOf('staff02', '次日'), ...cardsOf('staff12', '次日')]).toEqual([])
})

test('who opts out while the card is out is not called, and nobody is blamed for it', async () => {
  const next = await afternoon()
  const customer = await w.customer(4)
  const id = await w.treatment(4, `${today} 14:50`)
  await w.to(next('12:30'))
  expect((await w.step(id, 'treatment_call.consultant_day1')).status).toBe('calling')
  await w.api('PATCH', `/customers/${customer}`, { optOut: { all: true } })
  await w.to(next('21:00'))
  expect(await w.step(id, 'treatment_call.consultant_day1')).toMatchObject({ status: 'skipped', reason: 'opted_out' })
  expect(await w.task(callTaskId(call(id)))).toMatchObject({ status: 'cancelled' })
})

test('a store that closes after the planning makes its calls on the next open day, its messages on their own', async () => {
  const next = await afternoon()
  await w.customer(5)
  const id = await w.treatment(5, `${today} 14:50`)
  await w.work()
  const third = later(3)
  const fourth = later(4)
  const weekly = Object.fromEntries(
    ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].map((one) => [one, [{ from: '09:00', to: '21:00' }]]),
  )
  await w.store('huayan', { opening: { weekly, exceptions: [{ on: third, spans: [], reason: '台风' }] } })
  await w.to(next('21:00'))
  await w.to(`${third} 21:00`)
  const moved = await w.step(id, 'treatment_call.cs_day3')
  expect(moved).toMatchObject({ status: 'planned', reason: 'store_closed', plannedOn: fourth })
  expect([moved.windowFrom, moved.windowTo].map((one) => one && clinicTime(one))).toEqual([
    `${fourth} 00:00`,
    `${later(5)} 00:00`,
  ])
  await w.to(`${fourth} 12:30`)
  expect((await w.step(id, 'treatment_call.cs_day3')).status).toBe('calling')
  await w.store('huayan')
})

test('a call whose owner leaves before its hour has another owner, who alone gets the card', async () => {
  const next = await afternoon()
  await w.customer(6)
  const id = await w.treatment(6, `${today} 14:50`, { consultantUserId: 'staff12' })
  await w.to(next('09:30'))
  expect(await w.task(callTaskId(call(id)))).toMatchObject({ ownerUserId: 'staff12' })
  w.simulator.act({ as: 'staff', id: w.staffOf('staff12').personId, do: 'resign' })
  const before = cardsOf('staff12', '次日').length
  await w.to(next('12:30'))
  expect(await w.task(callTaskId(call(id)))).toMatchObject({ ownerUserId: 'staff02' })
  expect(cardsOf('staff12', '次日')).toHaveLength(before)
  expect(w.got(6, 'sms').at(-1)?.text).toContain(w.staffOf('staff02').name)
})
