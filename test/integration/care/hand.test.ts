/** What people decide about plans: steps set, moved and cancelled by hand, changes taken back; days are literal. */
import { expect, test } from 'vitest'
import type { PlanRow } from '../../../src/care/model.ts'
import { dailyOpening } from '../../../src/platform/calendar.ts'
import { REASONS } from '../../../src/platform/reasons.ts'
import { careWorld } from './support.ts'

const w = await careWorld({ customers: 30, pathways: 'all' })
const [CONSULTANT, NURSE, DOCTOR, SUPERVISOR, BEAUTICIAN] = ['staff02', 'staff03', 'staff04', 'staff05', 'staff08']

type Json = Record<string, unknown>
let n = 0
let request = 0
async function customer(on: string): Promise<number> {
  for (const table of ['care_steps', 'care_plans', 'tasks', 'outbox']) await w.collection(table).deleteMany({})
  await w.to(`${on} 15:00`)
  n += 1
  await w.customer(n)
  return n
}
const instant = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`).toISOString()
async function put(id: string, one: number, more: Json): Promise<void> {
  await w.api('PUT', `/treatments/${id}`, { customerExternalId: `C-${one}`, storeId: 'huayan', ...more })
  await w.work()
}
const fate = async (id: string, name: string) => {
  const { plannedOn, status, reason, mergedInto } = await w.step(id, name)
  return [plannedOn, status, mergedInto ?? reason].filter(Boolean).join(' ')
}
async function decide(path: string, more: Json = {}): Promise<Json> {
  request += 1
  const body = { byUserId: DOCTOR, reason: '客户出差，改期联系', requestId: `R-${request}`, ...more }
  const answer = await w.api('POST', `/care-plans/${path}`, body)
  await w.work()
  return answer
}
const move = (id: string, name: string, day: string, more: Json = {}) =>
  decide(`${id}/steps/${id}.${name}/move`, { day, ...more })
const cancel = (id: string, name: string, more: Json = {}) => decide(`${id}/steps/${id}.${name}/cancel`, more)
const undo = (id: string, changeId: string, more: Json = {}) => decide(`${id}/changes/${changeId}/undo`, more)
const plan = async (id: string) =>
  (await w.api('GET', `/care-plans/${id}`)) as {
    changes: { id: string; cause: string; undoes: string | null; left: { id: string; why: string }[] }[]
    byHand: { stepId: string; untilOtherFacts: boolean }[]
  }
const lastChange = async (id: string) => (await plan(id)).changes.at(-1) as { id: string; cause: string }
const shown = async (id: string) =>
  (await w.steps(id)).map(({ _id, status, reason, shift, windowFrom, windowTo, mergedInto, plannedOn, dueAt }) => ({
    ...{ _id, status, reason, shift, windowFrom, windowTo, mergedInto, plannedOn, dueAt },
  }))
const notes = (userId: string) => w.staffGot(userId, 'app').map(({ text }) => text)

test('the doctor moves a step by hand with a reason: it is told to the supervisor, and survives a moved operation', async () => {
  const one = await customer('2026-03-02')
  const id = await w.treatment(one, '2026-03-02 14:30', { code: 'double_eyelid' })
  await w.work()
  expect(await fate(id, 'surgery.day3')).toBe('2026-03-05 planned')
  await move(id, 'surgery.day3', '2026-03-06', { reason: '客户周四出差' })
  expect(await w.step(id, 'surgery.day3')).toMatchObject({
    plannedOn: '2026-03-06',
    status: 'planned',
    reason: 'set_by_hand',
    shift: 'set_by_hand',
    windowFrom: new Date(instant('2026-03-06 00:00')),
    windowTo: new Date(instant('2026-03-07 00:00')),
  })
  const note = notes(SUPERVISOR).at(-1) ?? ''
  expect(note).toContain('3月5日 → 3月6日')
  expect(note).toContain('原因：客户周四出差')
  expect(note).toContain(REASONS.set_by_hand.zh)
  // The words are a clinical note: sealed at rest, and not in the answers of the API.
  expect(JSON.stringify(await w.collection<PlanRow>('care_plans').findOne({ _id: id }))).not.toContain('出差')
  // The operation was a day earlier: everything moves but what the doctor has set.
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-03-01 14:30') })
  expect(await fate(id, 'surgery.day3')).toBe('2026-03-06 planned set_by_hand')
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-03-08')
  expect(await fate(id, 'surgery.day10')).toBe('2026-03-11 planned')
  // It is made on that day, and once.
  await w.to('2026-03-06 21:00')
  expect((await w.step(id, 'surgery.day3')).status).toBe('calling')
  expect(w.staffGot(NURSE, 'card').length).toBeGreaterThan(0)
})

test('a moved operation taken back: every step has its former day again, and facts that say the same do not move it', async () => {
  const one = await customer('2026-03-09')
  const id = await w.treatment(one, '2026-03-09 14:30', { code: 'double_eyelid' })
  await w.work()
  const before = await shown(id)
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-03-08 14:30') })
  expect(await fate(id, 'surgery.day10')).toBe('2026-03-18 planned')
  const change = await lastChange(id)
  const answer = await undo(id, change.id, { byUserId: SUPERVISOR, reason: '手术日期录入有误' })
  expect(answer.change).toMatchObject({ cause: 'undone', byUserId: SUPERVISOR, undoes: change.id, left: [] })
  expect(await shown(id)).toEqual(before)
  // A note about the same treatment brings nothing new.
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-03-08 14:30'), note: '客户怕疼' })
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-03-08 14:31') })
  expect(await fate(id, 'surgery.day10')).toBe('2026-03-19 planned')
  // Undone itself, the plan follows the facts again.
  await undo(id, (answer.change as { id: string }).id)
  expect(await fate(id, 'surgery.day10')).toBe('2026-03-18 planned')
  expect((await plan(id)).byHand).toEqual([])
})

test('a suture day that is set, undone and set again: another day is another fact, and so is the same one later', async () => {
  const one = await customer('2026-03-16')
  const id = await w.treatment(one, '2026-03-16 14:30', { code: 'double_eyelid' })
  await w.work()
  const own = { code: 'double_eyelid', endedAt: instant('2026-03-16 14:30') }
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-03-23')
  await put(id, one, { ...own, sutureRemovalOn: '2026-03-27' })
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-03-27')
  // Late sutures: day 10 becomes day 14.
  expect(await fate(id, 'surgery.day10')).toContain('2026-03-30 planned late_sutures')
  await undo(id, (await lastChange(id)).id)
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-03-23')
  expect(await fate(id, 'surgery.day10')).toContain('2026-03-26 planned')
  expect((await plan(id)).byHand.every(({ untilOtherFacts }) => untilOtherFacts)).toBe(true)
  await put(id, one, { ...own, sutureRemovalOn: '2026-03-28' })
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-03-28')
  expect((await plan(id)).byHand).toEqual([])
  await put(id, one, { ...own, sutureRemovalOn: '2026-03-27' })
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-03-27')
})

test('an appointment that was moved and put back: its notices and the reminder that rides on them', async () => {
  const one = await customer('2026-03-23')
  const id = await w.treatment(one, '2026-03-23 14:30', { code: 'rf' })
  const book = async (day: string, status: string) => {
    const body = { customerExternalId: `C-${one}`, storeId: 'huayan', code: 'rf', status }
    const booked = await w.api('PUT', `/appointments/A-${one}`, { ...body, startsAt: instant(`${day} 10:00`) })
    await w.work()
    return String(booked.id)
  }
  const visit = await book('2026-04-20', 'booked')
  expect(await fate(visit, 'appointment.before2')).toBe('2026-04-18 planned')
  await book('2026-04-27', 'moved')
  expect(await fate(visit, 'appointment.before2')).toBe('2026-04-25 planned')
  const rider = 'hair_removal_rf.next_session'
  expect(await fate(id, rider)).toBe(`2026-04-25 merged ${visit}.appointment.before2`)
  await undo(visit, (await lastChange(visit)).id, { reason: '客户仍按原时间到院' })
  expect(await fate(visit, 'appointment.before2')).toBe('2026-04-18 planned')
  expect(await fate(visit, 'appointment.before1')).toBe('2026-04-19 planned')
  // The other plan is its own: its reminder goes alone until somebody puts it back, too.
  expect(await fate(id, rider)).toBe('2026-04-25 planned')
  const moved = (await plan(id)).changes.find(({ cause }) => cause === 'appointment.moved')
  expect(moved).toBeDefined()
})

test('a hand-set day is refused with the reason where it can not be: over, closed, merged, done, by the hour, by whom', async () => {
  const one = await customer('2026-03-30')
  await w.store('huayan', {
    opening: { ...dailyOpening(), exceptions: [{ on: '2026-04-03', spans: [], reason: '盘点' }] },
  })
  const id = await w.treatment(one, '2026-03-30 14:30', { code: 'double_eyelid' })
  await w.work()
  const day3 = (day: string, more: Json = {}) => move(id, 'surgery.day3', day, more)
  await expect(day3('2026-03-29')).rejects.toThrow('care_day_over')
  await expect(day3('2029-03-29')).rejects.toThrow('care_day_too_far')
  await expect(day3('2026-04-03')).rejects.toThrow(/care_store_closed.*2026-04-04/)
  await expect(day3('2026-04-04', { byUserId: CONSULTANT })).rejects.toThrow('role_required')
  await expect(day3('2026-04-04', { byUserId: 'nobody' })).rejects.toThrow('staff_not_found')
  await expect(move(id, 'surgery.no_such', '2026-04-04')).rejects.toThrow('care_step_not_found')
  await expect(move('t-0', 'surgery.day3', '2026-04-04')).rejects.toThrow('plan_not_found')
  await expect(move(id, 'treatment_call.cs_2h', '2026-04-04')).rejects.toThrow('care_step_happened')
  const merged = (await w.steps(id)).find(
    ({ mergedInto, status }) => status === 'merged' && mergedInto?.includes('day1'),
  )
  const name = (merged?._id ?? '').slice(id.length + 1)
  await expect(move(id, name, '2026-04-04')).rejects.toThrow(/care_step_merged.*mergedInto/)
  // In the evening of the day its hours are over.
  await w.to('2026-03-30 20:45')
  await expect(day3('2026-03-30')).rejects.toThrow('care_day_over')
  // A nurse decides about her own contacts, a doctor about every one.
  await day3('2026-04-04', { byUserId: NURSE })
  await expect(move(id, 'treatment_call.cs_day3', '2026-04-04', { byUserId: NURSE })).rejects.toThrow('role_required')
  expect((await plan(id)).changes).toHaveLength(1)
  await w.store('huayan', { opening: dailyOpening() })
})

test('what one contact has taken along goes with it and comes back with it; guidance stays on its day', async () => {
  const one = await customer('2026-04-06')
  const id = await w.treatment(one, '2026-04-06 14:30', { code: 'hyaluronic_filler' })
  await w.work()
  const before = await shown(id)
  const host = (await w.step(id, 'injection.month1'))._id
  const riders = async () => (await w.steps(id)).filter(({ mergedInto }) => mergedInto === host).map(({ step }) => step)
  const along = await riders()
  expect(along).toContain('survey_month1')
  await move(id, 'injection.month1', '2026-05-08')
  expect(await fate(id, 'injection.month1')).toBe('2026-05-08 planned set_by_hand')
  expect(await riders()).toEqual(along)
  const { id: changeId } = await lastChange(id)
  await undo(id, changeId)
  expect(await shown(id)).toEqual(before)
  // Taken away, with what it would have said; and back.
  await cancel(id, 'injection.month1', { reason: '客户移居国外' })
  expect(await fate(id, 'injection.month1')).toBe('2026-05-06 cancelled cancelled_by_hand')
  expect(await fate(id, 'base.survey_month1')).toContain('cancelled cancelled_by_hand')
  expect(notes(SUPERVISOR).at(-1)).toContain(REASONS.cancelled_by_hand.zh)
  await put(id, one, { code: 'hyaluronic_filler', endedAt: instant('2026-04-05 14:30') })
  expect(await fate(id, 'injection.month1')).toContain('cancelled cancelled_by_hand')
  await put(id, one, { code: 'hyaluronic_filler', endedAt: instant('2026-04-06 14:30') })
  const cancelled = (await plan(id)).changes.find(({ cause }) => cause === 'cancelled_by_hand')
  await undo(id, cancelled?.id ?? '', { byUserId: SUPERVISOR })
  expect(await fate(id, 'injection.month1')).toBe('2026-05-06 planned')
})

test('a decision that is repeated is one decision; the same number with another wish is refused', async () => {
  const one = await customer('2026-04-13')
  const id = await w.treatment(one, '2026-04-13 14:30', { code: 'double_eyelid' })
  await w.work()
  const told = notes(SUPERVISOR).length
  const first = await move(id, 'surgery.day3', '2026-04-17', { requestId: 'once' })
  expect(await move(id, 'surgery.day3', '2026-04-17', { requestId: 'once' })).toEqual(first)
  expect(notes(SUPERVISOR)).toHaveLength(told + 1)
  expect((await plan(id)).changes).toHaveLength(1)
  await expect(move(id, 'surgery.day3', '2026-04-18', { requestId: 'once' })).rejects.toThrow('idempotency_key_reused')
  const undone = await undo(id, 'once', { requestId: 'back' })
  expect(await undo(id, 'once', { requestId: 'back' })).toEqual(undone)
  expect((await plan(id)).changes).toHaveLength(2)
  await expect(undo(id, 'once')).rejects.toThrow('nothing_to_undo')
  await expect(undo(id, 'no-such')).rejects.toThrow('care_change_not_found')
})

test('decisions and facts that come at the same moment: none is lost, and nobody overwrites another', async () => {
  const one = await customer('2026-04-14')
  const id = await w.treatment(one, '2026-04-14 14:30', { code: 'double_eyelid' })
  await w.work()
  const own = { customerExternalId: `C-${one}`, storeId: 'huayan', code: 'double_eyelid' }
  await w.api('PUT', `/treatments/${id}`, { ...own, endedAt: instant('2026-04-13 14:30') })
  const asked = (step: string, day: string) => async () => {
    const body = { byUserId: DOCTOR, reason: '客户改期', requestId: step, day }
    for (let attempt = 0; ; attempt++)
      try {
        return await w.api('POST', `/care-plans/${id}/steps/${id}.surgery.${step}/move`, body)
      } catch (error) {
        // Somebody decided in this very moment: the same request again.
        if (attempt > 5 || !String(error).includes('record_busy')) throw error
      }
  }
  const decisions = [asked('day3', '2026-04-18'), asked('day10', '2026-04-28'), asked('month1', '2026-05-20')]
  await Promise.all([w.work(), ...decisions.map((one) => one())])
  await w.work()
  expect(await fate(id, 'surgery.day3')).toBe('2026-04-18 planned set_by_hand')
  expect(await fate(id, 'surgery.day10')).toBe('2026-04-28 planned set_by_hand')
  expect(await fate(id, 'surgery.month1')).toBe('2026-05-20 planned set_by_hand')
  // And what nobody decided about follows the facts.
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-04-20')
  expect(await fate(id, 'surgery.month6')).toContain('2026-10-13')
  const { changes } = await plan(id)
  expect(changes.map(({ cause }) => cause).sort()).toEqual([
    'moved_by_hand',
    'moved_by_hand',
    'moved_by_hand',
    'treatment.corrected',
  ])
})

test('what has happened and what is over stays as it is, and the answer says so step by step', async () => {
  const one = await customer('2026-04-20')
  const id = await w.treatment(one, '2026-04-19 14:30', { code: 'double_eyelid' })
  await w.work()
  // The operation was three days ago: day 3 becomes the 19th + … and the calls of today go out before anybody undoes it.
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-04-20 14:30') })
  const { id: changeId } = await lastChange(id)
  await w.to('2026-04-24 09:30')
  const answer = await undo(id, changeId)
  const left = Object.fromEntries(
    (answer.change as { left: { id: string; why: string }[] }).left.map((one) => [
      one.id.slice(id.length + 1),
      one.why,
    ]),
  )
  expect(left['surgery.day1']).toBe('happened')
  expect(await fate(id, 'surgery.day10')).toBe('2026-04-29 planned')
  expect(left['surgery.day10']).toBeUndefined()
  // Undone on the 27th, the 26th is over: the suture day stays where the facts have put it.
  const own = { code: 'double_eyelid', endedAt: instant('2026-04-20 14:30') }
  await put(id, one, { ...own, sutureRemovalOn: '2026-04-30' })
  const later = await lastChange(id)
  await w.to('2026-04-28 09:30')
  const late = await undo(id, later.id)
  expect((late.change as { left: unknown[] }).left).toContainEqual({ id: `${id}.surgery.suture_day`, why: 'day_over' })
  expect(await fate(id, 'surgery.suture_day')).toContain('2026-04-30')
})

test('facts that move what is due within a day are followed at once, and the supervisor hears from where to where', async () => {
  const one = await customer('2026-05-04')
  const id = await w.treatment(one, '2026-05-04 14:30', { code: 'double_eyelid' })
  await w.work()
  const told = notes(SUPERVISOR).length
  // Days ahead of anybody's work: nobody is told.
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-05-04 14:30'), sutureRemovalOn: '2026-05-12' })
  expect(notes(SUPERVISOR)).toHaveLength(told)
  await w.to('2026-05-05 09:30')
  const { taskId } = await w.step(id, 'surgery.day1')
  expect(await w.task(taskId ?? '')).toMatchObject({ status: 'open' })
  await put(id, one, { code: 'double_eyelid', endedAt: instant('2026-05-05 08:30'), sutureRemovalOn: '2026-05-12' })
  expect(await fate(id, 'surgery.day1')).toBe('2026-05-06 planned')
  const note = notes(SUPERVISOR).at(-1) ?? ''
  const { id: changeId } = await lastChange(id)
  expect(note).toContain('治疗信息更正')
  expect(note).toContain('5月5日 → 5月6日')
  expect(note).toContain(`撤销变动 ${changeId}`)
  // Put back, the call of today has its card again, or still.
  await undo(id, changeId, { byUserId: SUPERVISOR })
  expect(await fate(id, 'surgery.day1')).toBe('2026-05-05 planned')
  await w.to('2026-05-05 21:00')
  const day1 = await w.step(id, 'surgery.day1')
  expect(day1.status).toBe('calling')
  expect((await w.task(day1.taskId ?? '')).status).not.toBe('cancelled')
})

test('another treatment code taken back: what it had brought is cancelled with its reason, what it had dropped comes again', async () => {
  const one = await customer('2026-05-11')
  const id = await w.treatment(one, '2026-05-11 14:30', { code: 'double_eyelid' })
  await w.to('2026-05-12 09:30')
  const first = await w.step(id, 'surgery.day1')
  expect(await w.task(first.taskId ?? '')).toMatchObject({ status: 'open' })
  await put(id, one, { code: 'botulinum', endedAt: instant('2026-05-11 14:30') })
  expect(await fate(id, 'surgery.day1')).toContain('cancelled superseded')
  expect(await w.task(first.taskId ?? '')).toMatchObject({ status: 'cancelled' })
  await undo(id, (await lastChange(id)).id)
  expect(await fate(id, 'injection.days7_10')).toContain('cancelled cancelled_by_hand')
  expect(await fate(id, 'surgery.day1')).toBe('2026-05-12 planned')
  // A card that was withdrawn can't come again: the call has a new one.
  await w.to('2026-05-12 21:00')
  const again = await w.step(id, 'surgery.day1')
  expect(again).toMatchObject({ status: 'calling', occurrence: 1 })
  expect(again.taskId).not.toBe(first.taskId)
  expect(await w.task(again.taskId ?? '')).toMatchObject({ status: 'open' })
})

test('in a salon without a doctor the beautician stands in; a plan that is over is not changed', async () => {
  const one = await customer('2026-05-18')
  const id = await w.treatment(one, '2026-05-18 14:30', { code: 'salon_care', storeId: 'qingyan' })
  await w.work()
  await move(id, 'salon.month1', '2026-06-20', { byUserId: BEAUTICIAN })
  expect(await fate(id, 'salon.month1')).toBe('2026-06-20 planned set_by_hand')
  await expect(move(id, 'salon.month2', '2026-07-20', { byUserId: DOCTOR })).rejects.toThrow('role_required')
  await w.api('POST', `/treatments/${id}/cancel`)
  await w.work()
  await expect(move(id, 'salon.month2', '2026-07-20', { byUserId: BEAUTICIAN })).rejects.toThrow('care_plan_over')
})

test('a step that waits for a day is set by hand, and waits no more', async () => {
  const one = await customer('2026-05-25')
  const id = await w.treatment(one, '2026-05-25 14:30', { code: 'picosecond' })
  await w.work()
  expect(await fate(id, 'laser_skin.next_session')).toBe('needs_anchor needs_anchor')
  await move(id, 'laser_skin.next_session', '2026-06-22')
  expect(await fate(id, 'laser_skin.next_session')).toBe('2026-06-22 planned set_by_hand')
  await put(id, one, { code: 'picosecond', endedAt: instant('2026-05-25 14:30'), nextSessionOn: '2026-06-30' })
  expect(await fate(id, 'laser_skin.next_session')).toBe('2026-06-22 planned set_by_hand')
  // None is needed after all: there is nothing to remind of, whoever set the day.
  await put(id, one, { code: 'picosecond', endedAt: instant('2026-05-25 14:30'), nextSessionOn: 'none' })
  expect(await fate(id, 'laser_skin.next_session')).toBe('2026-06-22 cancelled superseded')
})
