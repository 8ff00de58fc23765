/** Facts that change after a treatment was planned: corrected, cancelled, another customer, customers who turn out to be one. */
import { expect, test } from 'vitest'
import { callTaskId } from '../../../src/care/fire.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime } from './support.ts'

const w = await careWorld({ customers: 30 })
let today = '2026-03-02'
let n = 0
/** Three in the afternoon of a fresh day, and a fresh customer. */
async function afternoon(): Promise<number> {
  for (const table of ['care_steps', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  await w.customer(n)
  return n
}
const later = (days: number) => addDays(today, days)
const correct = async (id: string, one: number, more: Record<string, unknown>) => {
  const body = { customerExternalId: `C-${one}`, storeId: 'huayan', code: 'ipl', ...more }
  await w.api('PUT', `/treatments/${id}`, body)
  await w.work()
}
const instant = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`).toISOString()
const daysOf = async (id: string) =>
  Object.fromEntries(
    (await w.steps(id)).map(({ pathway, step, plannedOn, status }) => [`${pathway}.${step}`, `${plannedOn} ${status}`]),
  )
const history = async (id: string) => (await w.api('GET', `/care-plans/${id}`)).changes as Record<string, string[]>[]

test('a treatment that was a day earlier moves what is to come; what has happened stays', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`)
  await w.work()
  expect(w.got(one)).toHaveLength(1)
  await correct(id, one, { endedAt: instant(`${later(-1)} 14:30`) })
  const days = await daysOf(id)
  expect(days).toMatchObject({
    'treatment_call.cs_2h': `${today} done`,
    'base.greeting': `${today} merged`,
    'treatment_call.consultant_day1': `${today} planned`,
    'treatment_call.cs_day3': `${later(2)} planned`,
    'treatment_call.cs_day7': `${later(6)} planned`,
  })
  const [change] = await history(id)
  expect(change).toMatchObject({ cause: 'treatment.corrected', dropped: [], added: [] })
  expect(change?.moved).toContain(`${id}.treatment_call.cs_day3`)
  await w.to(`${later(7)} 21:00`)
  expect(w.got(one).filter(({ text }) => text.includes('顺利完成'))).toHaveLength(1)
})

test('saying the same again changes nothing, and a note moves nothing', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`)
  await w.work()
  const before = await w.steps(id)
  await correct(id, one, { endedAt: instant(`${today} 14:30`), note: '客户怕疼' })
  expect(await w.steps(id)).toEqual(before)
  expect(await history(id)).toEqual([])
})

test('another treatment code brings the steps of its pathway and drops those of the old one', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`)
  await w.work()
  await correct(id, one, { code: 'hyaluronic_filler', endedAt: instant(`${today} 14:30`) })
  const days = await daysOf(id)
  expect(days).toMatchObject({ 'injection.day1': `${later(1)} planned`, 'base.effect_day7': `${later(7)} merged` })
  await correct(id, one, { code: 'ipl', endedAt: instant(`${today} 14:30`) })
  expect(await w.step(id, 'injection.day1')).toMatchObject({ status: 'cancelled', reason: 'superseded', dueAt: null })
  // And back: what was dropped by mistake is planned again.
  await correct(id, one, { code: 'hyaluronic_filler', endedAt: instant(`${today} 14:30`) })
  expect(await w.step(id, 'injection.day1')).toMatchObject({ status: 'planned', reason: null })
  await w.to(`${later(1)} 21:00`)
  expect(w.got(one).filter(({ text }) => text.includes('玻尿酸填充')).length).toBeGreaterThan(0)
})

test('a treatment of somebody else: the first person hears no more, the right one everything that is to come', async () => {
  const wrong = await afternoon()
  const right = ++n
  await w.customer(right)
  const id = await w.treatment(wrong, `${today} 14:30`)
  await w.to(`${later(1)} 09:30`)
  const task = callTaskId(`${id}.treatment_call.consultant_day1`)
  expect(await w.task(task)).toMatchObject({ status: 'open' })
  await correct(id, right, { endedAt: instant(`${today} 14:30`) })
  expect(await w.task(task)).toMatchObject({ status: 'cancelled' })
  const heard = w.got(wrong).length
  await w.to(`${later(4)} 21:00`)
  expect(w.got(wrong)).toHaveLength(heard)
  const again = callTaskId(`${id}.treatment_call.consultant_day1`, 1)
  expect(await w.step(id, 'treatment_call.consultant_day1')).toMatchObject({ taskId: again, occurrence: 1 })
  expect(await w.task(again)).toMatchObject({ customerId: expect.any(String) })
  // Day 1, the relation call, day 3: announced to the right person.
  expect(w.got(right, 'sms').length).toBeGreaterThanOrEqual(3)
})

test('a cancelled treatment ends everything that has not happened: messages, announced calls, cards', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`)
  await w.to(`${later(1)} 12:30`)
  const step = await w.step(id, 'treatment_call.consultant_day1')
  expect(step.status).toBe('calling')
  await w.api('POST', `/treatments/${id}/cancel`)
  await w.work()
  expect(await w.task(callTaskId(step._id))).toMatchObject({ status: 'cancelled' })
  const left = (await w.steps(id)).filter(({ status }) => status !== 'done')
  for (const { step: name, status, reason, mergedInto } of left)
    expect([name, mergedInto ? 'x' : status, mergedInto ? 'x' : reason]).toEqual(
      mergedInto ? [name, 'x', 'x'] : [name, 'cancelled', 'treatment_cancelled'],
    )
  const heard = w.got(one).length
  await w.to(`${later(9)} 21:00`)
  expect(w.got(one)).toHaveLength(heard)
})

test('a message that waits in the outbox is taken back with its treatment, and the step says so', async () => {
  const one = await afternoon()
  // The gateway is down, so that the greeting has left the plan and not the house.
  w.simulator.faults.add({ path: '/_sim/sms', errcode: 503, times: 3 })
  const id = await w.treatment(one, `${today} 14:45`)
  await w.work()
  const greeting = await w.step(id, 'treatment_call.cs_2h')
  expect([greeting.status, w.got(one).length]).toEqual(['enqueued', 0])
  await w.api('POST', `/treatments/${id}/cancel`)
  w.simulator.faults.clear()
  await w.to(`${today} 17:30`)
  expect(w.got(one)).toEqual([])
  expect(await w.step(id, 'treatment_call.cs_2h')).toMatchObject({ status: 'cancelled', reason: 'treatment_cancelled' })
})

test('cancelled before its plan was made, a treatment has none; planned in the same moment, its steps do not fire', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:45`)
  await w.api('POST', `/treatments/${id}/cancel`)
  await w.work()
  expect(await w.steps(id)).toEqual([])
  const other = await w.treatment(one, `${today} 14:46`)
  await w.work()
  // The other process read the treatment before it was cancelled and wrote its steps after.
  const rows = await w.steps(other)
  await w.api('POST', `/treatments/${other}/cancel`)
  await w.work()
  await w.collection('care_steps').deleteMany({ treatmentId: other })
  await w.collection('care_steps').insertMany(rows as never[])
  await w.to(`${later(1)} 21:00`)
  expect(await w.step(other, 'treatment_call.consultant_day1')).toMatchObject({
    status: 'skipped',
    reason: 'treatment_cancelled',
  })
})

test('customers who turn out to be one between plan and send are written to where they are now', async () => {
  const one = await afternoon()
  const { personId, unionId } = w.personOf(one)
  await w.customer(one, { phone: null, identities: undefined })
  // The chat comes from somebody unknown; the treatment was entered for a record without any channel.
  w.simulator.act({ as: 'customer', id: personId, do: 'say', text: '您好' })
  await w.work()
  const id = await w.treatment(one, `${today} 14:45`)
  await w.customer(one, { phone: null, identities: { unionId } })
  await w.work()
  expect(w.got(one, 'kf').some(({ text }) => text.includes('顺利完成'))).toBe(true)
  expect(await w.step(id, 'treatment_call.cs_2h')).toMatchObject({ status: 'done', channel: 'kf' })
})
