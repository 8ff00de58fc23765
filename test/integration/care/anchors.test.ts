/** Plans that hang on other records: days that a doctor sets, appointments, further operations, courses, purchases, the ward. */
import { expect, test } from 'vitest'
import { dayTaskId } from '../../../src/care/days-wanted.ts'
import { decisionTaskId } from '../../../src/care/decisions.ts'
import { addDays } from '../../../src/platform/calendar.ts'
import { careWorld, clinicTime } from './support.ts'

const w = await careWorld({ customers: 30, pathways: 'all' })
let today = '2026-03-02'
let n = 0
async function afternoon(): Promise<number> {
  for (const table of ['care_steps', 'care_plans', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  today = addDays(clinicTime(w.now()).slice(0, 10), 1)
  await w.to(`${today} 15:00`)
  n += 1
  await w.customer(n)
  return n
}
const later = (days: number) => addDays(today, days)
const instant = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`).toISOString()
async function put(id: string, one: number, more: Record<string, unknown>): Promise<void> {
  const body = { customerExternalId: `C-${one}`, storeId: 'huayan', endedAt: instant(`${today} 14:30`), ...more }
  await w.api('PUT', `/treatments/${id}`, body)
  await w.work()
}
const fate = async (id: string, name: string) => {
  const { plannedOn, status, reason, mergedInto } = await w.step(id, name)
  return [plannedOn, status, mergedInto ?? reason].filter(Boolean).join(' ')
}
const history = async (id: string) =>
  (await w.api('GET', `/care-plans/${id}`)).changes as {
    cause: string
    asked: string[]
    moves: { id: string; from: string | null; to: string | null; reason: string | null }[]
  }[]

test('a step whose day nobody knows waits, and the doctor is asked once; the day that is set ends the waiting', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`, { code: 'picosecond' })
  await w.work()
  expect(await fate(id, 'laser_skin.next_session')).toBe('needs_anchor needs_anchor')
  expect(await w.step(id, 'laser_skin.next_session')).toMatchObject({ dueAt: null, windowFrom: null })
  const task = dayTaskId(id, 'next_session_date')
  expect(await w.task(task)).toMatchObject({ status: 'open' })
  await put(id, one, { code: 'picosecond', nextSessionOn: later(30) })
  expect(await fate(id, 'laser_skin.next_session')).toBe(`${later(28)} planned`)
  expect(await w.task(task)).toMatchObject({ status: 'cancelled' })
  // None is needed after all: the step goes, and the history has it.
  await put(id, one, { code: 'picosecond', nextSessionOn: 'none' })
  expect(await fate(id, 'laser_skin.next_session')).toBe(`${later(28)} cancelled superseded`)
})

test('what a moved suture day would change is shown before it is applied, and asking changes nothing', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`, { code: 'double_eyelid' })
  await w.work()
  const before = await w.steps(id)
  const preview = await w.api('POST', `/care-plans/${id}/preview`, { sutureRemovalOn: later(11) })
  expect(preview.moves).toContainEqual({
    id: `${id}.surgery.day10`,
    from: later(10),
    to: later(14),
    reason: 'late_sutures',
  })
  expect(preview.kept).toContain(`${id}.surgery.month3`)
  expect(await w.steps(id)).toEqual(before)
  await put(id, one, { code: 'double_eyelid', sutureRemovalOn: later(11) })
  expect((await history(id)).at(-1)?.moves).toEqual(preview.moves)
})

test('an appointment has its notices, and what hangs on it moves with it and waits when it is cancelled', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`, { code: 'rf' })
  const book = async (day: string, status: string) => {
    const body = {
      customerExternalId: `C-${one}`,
      storeId: 'huayan',
      code: 'rf',
      startsAt: instant(`${day} 10:00`),
      status,
    }
    const booked = await w.api('PUT', `/appointments/A-${one}`, body)
    await w.work()
    return String(booked.id)
  }
  const visit = await book(later(30), 'booked')
  expect(await fate(visit, 'appointment.before2')).toBe(`${later(28)} planned`)
  // Whoever reminds of the visit reminds of the session.
  expect(await fate(id, 'hair_removal_rf.next_session')).toBe(`${later(28)} merged ${visit}.appointment.before2`)
  await book(later(37), 'moved')
  expect(await fate(visit, 'appointment.before1')).toBe(`${later(36)} planned`)
  expect(await fate(id, 'hair_removal_rf.next_session')).toBe(`${later(35)} merged ${visit}.appointment.before2`)
  expect((await history(id)).at(-1)).toMatchObject({ cause: 'appointment.moved' })
  await book(later(37), 'cancelled')
  expect(await fate(visit, 'appointment.before1')).toBe(`${later(36)} cancelled appointment_over`)
  expect(await fate(id, 'hair_removal_rf.next_session')).toBe('needs_anchor needs_anchor')
  // The day was known and is no more: the doctor is asked anew.
  const asked = dayTaskId(id, 'next_session_date', 1)
  expect(await w.task(asked)).toMatchObject({ status: 'open' })
  // Booked again; and once the customer is there, nobody reminds, and nobody is asked for the day.
  await book(later(31), 'booked')
  expect(await fate(visit, 'appointment.before1')).toBe(`${later(30)} planned`)
  expect(await w.task(asked)).toMatchObject({ status: 'cancelled' })
  await book(later(31), 'arrived')
  expect(await fate(visit, 'appointment.before1')).toBe(`${later(30)} cancelled appointment_over`)
  expect(await fate(id, 'hair_removal_rf.next_session')).toBe(`${later(29)} planned`)
})

test('a notice that was too late when the visit was booked stays so when the visit is cancelled, and comes for a later day', async () => {
  const one = await afternoon()
  const book = async (day: string, status: string) => {
    const at = { code: 'rf', startsAt: instant(`${day} 10:00`) }
    const booked = await w.api('PUT', `/appointments/E-${one}`, {
      customerExternalId: `C-${one}`,
      storeId: 'huayan',
      ...at,
      status,
    })
    await w.work()
    return String(booked.id)
  }
  const visit = await book(later(1), 'booked')
  expect(await fate(visit, 'appointment.before2')).toMatch(/missed_before_entry missed_before_entry$/)
  await book(later(1), 'cancelled')
  expect(await fate(visit, 'appointment.before2')).toMatch(/missed_before_entry missed_before_entry$/)
  expect(await fate(visit, 'appointment.before1')).toBe(`${today} cancelled appointment_over`)
  await book(later(10), 'booked')
  expect(await fate(visit, 'appointment.before2')).toBe(`${later(8)} planned`)
})

test('the notice of an appointment names time and place', async () => {
  const one = await afternoon()
  const body = {
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    code: 'ipl',
    startsAt: instant(`${later(1)} 10:00`),
  }
  await w.api('PUT', `/appointments/B-${one}`, { ...body, status: 'booked' })
  await w.to(`${today} 20:40`)
  const [notice] = w.got(one, 'sms')
  expect(notice?.text).toContain('光子嫩肤')
  expect(notice?.text).toContain('10:00')
  expect(notice?.text).toContain('静安区')
})

test('a further operation within a year: later steps follow it and ride on its contacts; taken back, they return', async () => {
  const one = await afternoon()
  const first = await w.treatment(one, `${later(-30)} 14:30`, { code: 'double_eyelid' })
  await w.work()
  const own = await fate(first, 'surgery.month3')
  const second = await w.treatment(one, `${today} 14:30`, { code: 'rhinoplasty' })
  await w.work()
  expect(await fate(first, 'surgery.month3')).toContain(`merged ${second}.surgery.month3`)
  const moved = (await history(first)).at(-1)
  expect(moved).toMatchObject({ cause: 'treatment.completed' })
  expect(moved?.moves.find(({ id }) => id === `${first}.surgery.month3`)).toMatchObject({ reason: 'further_operation' })
  // It was no operation after all; and then it was one, and is taken back.
  await put(second, one, { code: 'botulinum' })
  expect(await fate(first, 'surgery.month3')).toBe(own)
  await put(second, one, { code: 'rhinoplasty' })
  expect(await fate(first, 'surgery.month3')).toContain(`merged ${second}.surgery.month3`)
  await w.api('POST', `/treatments/${second}/cancel`)
  await w.work()
  expect(await fate(first, 'surgery.month3')).toBe(own)
})

test('within a course the next session takes the place of what would have come after it', async () => {
  const one = await afternoon()
  const course = (session: number) => ({ code: 'picosecond', course: { id: `K-${one}`, session, of: 3 } })
  const first = await w.treatment(one, `${later(-5)} 14:30`, course(1))
  await w.work()
  expect(await fate(first, 'laser_skin.days10_12')).toBe(`${later(5)} planned`)
  const second = await w.treatment(one, `${today} 14:30`, course(2))
  await w.work()
  expect(await fate(first, 'laser_skin.days10_12')).toBe(`${later(5)} cancelled superseded_by_session`)
  expect(await fate(second, 'treatment_call.consultant_day1')).toBe(`${later(1)} cancelled course_between`)
})

test('in hospital nobody is contacted; what falls after the discharge keeps its day', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`, { code: 'liposuction', inHospital: true })
  await w.to(`${later(1)} 21:00`)
  expect(w.got(one)).toEqual([])
  expect(await w.step(id, 'surgery.day1')).toMatchObject({ status: 'skipped', reason: 'covered_in_hospital' })
  await put(id, one, { code: 'liposuction', inHospital: true, dischargedOn: later(2) })
  expect(await fate(id, 'surgery.day3')).toBe(`${later(3)} planned`)
  expect(await fate(id, 'base.guidance_day2')).toContain(later(2))
})

test('a purchase is asked after by the kind of its products, and thanked first', async () => {
  const one = await afternoon()
  const items = [
    { name: '修复面膜', type: 'medical', quantity: 1, amountFen: 19_900 },
    { name: '美容仪', type: 'device', quantity: 1, amountFen: 299_900 },
  ]
  const bought = await w.api('POST', '/purchases', {
    externalId: `P-${one}`,
    customerExternalId: `C-${one}`,
    storeId: 'huayan',
    paidAt: instant(`${today} 14:30`),
    amountFen: 319_800,
    items,
  })
  await w.work()
  const steps = await w.steps(String(bought.id))
  expect(steps.map(({ step, plannedOn, status }) => [step, plannedOn, status])).toEqual([
    ['device', later(30), 'planned'],
    ['medical', later(7), 'planned'],
  ])
  await w.to(`${later(7)} 20:40`)
  expect(w.got(one, 'sms').some(({ text }) => text.includes('感谢您选购'))).toBe(true)
})

test('who wants no messages gets none: what concerns safety is decided by a nurse', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`, { code: 'double_eyelid' })
  await w.work()
  const heard = w.got(one).length
  await w.customer(one, { optOut: { all: true, promotion: true } })
  await w.to(`${later(1)} 21:00`)
  expect(w.got(one)).toHaveLength(heard)
  const step = await w.step(id, 'surgery.day1')
  expect(step).toMatchObject({ status: 'skipped', reason: 'opted_out' })
  expect(await w.task(decisionTaskId(step._id))).toMatchObject({ status: 'open' })
})

test('after a death every contact and task is cancelled, and staff are told', async () => {
  const one = await afternoon()
  const id = await w.treatment(one, `${today} 14:30`, { code: 'picosecond' })
  await w.work()
  const heard = w.got(one).length
  await w.customer(one, { deceased: true })
  await w.work()
  const open = (await w.steps(id)).filter(({ status }) => status === 'planned' || status === 'needs_anchor')
  expect(open).toEqual([])
  expect(await w.step(id, 'laser_skin.next_session')).toMatchObject({ status: 'cancelled', reason: 'deceased' })
  expect(await w.task(dayTaskId(id, 'next_session_date'))).toMatchObject({ status: 'cancelled' })
  await w.to(`${later(14)} 21:00`)
  expect(w.got(one)).toHaveLength(heard)
  const told = w.simulator.ledger.entries().filter(({ text }) => text.includes('已故'))
  expect(told.length).toBeGreaterThan(0)
})
