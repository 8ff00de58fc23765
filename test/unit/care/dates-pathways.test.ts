/** The exact days of each pathway (domain 3), as literals. */
import { describe, expect, test } from 'vitest'
import { matches } from '../../../src/care/pathway.ts'
import type { PlanFacts } from '../../../src/care/planner.ts'
import { at, closedOn, facts, fates, pathways, planOf } from './clinic.ts'

const days = (ids: readonly string[], input: ReturnType<typeof facts>) => fates(planOf(ids, input), ids[0] ?? '')

describe('hair_removal_rf', () => {
  test('day 1, days 7–10, and two days before the next session', () => {
    const input = facts('rf', '2026-03-02 15:00', { dates: { next_session_date: '2026-04-13' } })
    expect(days(['hair_removal_rf'], input)).toEqual({
      day1: '2026-03-03 planned',
      days7_10: '2026-03-09 planned',
      next_session: '2026-04-11 planned',
    })
  })
  test('without a next date the reminder waits for one; where none is needed there is none', () => {
    expect(days(['hair_removal_rf'], facts('hair_removal', '2026-03-02 15:00'))).toMatchObject({
      next_session: 'needs_anchor',
    })
    const input = facts('hair_removal', '2026-03-02 15:00', { dates: { next_session_date: 'none' } })
    expect(days(['hair_removal_rf'], input)).not.toHaveProperty('next_session')
  })
})

test('laser_skin: day 1, days 3–5, days 10–12, two days before the next session', () => {
  const input = facts('picosecond', '2026-02-26 15:00', { dates: { next_session_date: '2026-03-31' } })
  expect(days(['laser_skin'], input)).toEqual({
    day1: '2026-02-27 planned',
    days3_5: '2026-03-01 planned',
    days10_12: '2026-03-08 planned',
    next_session: '2026-03-29 planned',
  })
})

describe('surgery', () => {
  test('the whole first year is set at once', () => {
    expect(days(['surgery'], facts('double_eyelid', '2026-08-31 15:00'))).toEqual({
      day1: '2026-09-01 planned',
      day3: '2026-09-03 planned',
      suture_before: '2026-09-06 planned',
      suture_day: '2026-09-07 planned',
      suture_after: '2026-09-08 planned',
      day10: '2026-09-10 planned',
      month1: '2026-09-30 planned',
      month3: '2026-11-30 planned',
      month6: '2027-02-28 planned',
      month12: '2027-08-31 planned',
    })
  })
  test('day 1 and sutures are for duty staff, whatever the day; day 3 and day 10 move to the next opening', () => {
    const opening = closedOn('2026-03-03', '2026-03-05', '2026-03-09', '2026-03-10', '2026-03-12')
    expect(days(['surgery'], facts('rhinoplasty', '2026-03-02 15:00', { opening }))).toMatchObject({
      day1: '2026-03-03 planned',
      day3: '2026-03-06 planned store_closed',
      suture_before: '2026-03-08 planned',
      suture_day: '2026-03-09 planned',
      suture_after: '2026-03-10 planned',
      day10: '2026-03-13 planned store_closed',
    })
  })
  test('a thread lift is an operation without sutures', () => {
    const planned = days(['surgery'], facts('thread_lift', '2026-03-02 15:00'))
    expect(Object.keys(planned).filter((step) => step.startsWith('suture'))).toEqual([])
    expect(planned).toMatchObject({ day10: '2026-03-12 planned', month12: '2027-03-02 planned' })
  })
})

describe('hair_transplant', () => {
  test('FUT: the nurse calls on day 1, sutures come out on day 10, and the contact of day 10 follows on day 13', () => {
    const planned = planOf(['hair_transplant'], facts('hair_transplant', '2026-03-02 15:00', { techniques: ['fut'] }))
    expect(fates(planned, 'hair_transplant')).toMatchObject({
      day1: '2026-03-03 planned',
      day3: '2026-03-05 planned',
      suture_before: '2026-03-11 planned',
      suture_day: '2026-03-12 planned',
      suture_after: '2026-03-13 planned',
      day10: '2026-03-15 planned late_sutures',
      month1: '2026-04-02 planned',
    })
    expect(planned.find(({ step }) => step.id === 'day1')).toMatchObject({ action: 'call', ownerRole: 'nurse' })
    expect(planned.find(({ step }) => step.id === 'day1')?.step.script).toContain('第2天')
  })
  test('FUE has no suture steps, and day 10 stays', () => {
    const planned = days(['hair_transplant'], facts('hair_transplant', '2026-03-02 15:00', { techniques: ['fue'] }))
    expect(planned).not.toHaveProperty('suture_day')
    expect(planned).toMatchObject({ day10: '2026-03-12 planned' })
  })
  test('a technique that nobody entered leaves the suture day to the doctor', () => {
    expect(days(['hair_transplant'], facts('hair_transplant', '2026-03-02 15:00'))).toMatchObject({
      suture_before: 'needs_anchor',
      suture_day: 'needs_anchor',
      suture_after: 'needs_anchor',
      day10: '2026-03-12 planned',
    })
  })
})

test('product: each kind has its own day between one week and one month; several kinds are asked after apart', () => {
  const techniques = ['skin_care', 'make_up', 'device']
  const input = facts('product', '2026-03-02 15:00', { techniques, dates: { purchase_date: '2026-03-02' } })
  expect(days(['product'], input)).toEqual({
    skin_care: '2026-03-16 planned',
    make_up: '2026-03-09 planned',
    device: '2026-04-01 planned',
  })
  for (const [kind, day] of [
    ['fragrance', '2026-03-09'],
    ['medical', '2026-03-09'],
  ] as const)
    expect(
      days(
        ['product'],
        facts('product', '2026-03-02 15:00', { techniques: [kind], dates: { purchase_date: '2026-03-02' } }),
      ),
    ).toEqual({ [kind]: `${day} planned` })
})

test('salon: day 3, every month, and two days before the next visit', () => {
  const input = facts('salon_care', '2026-01-31 15:00', {
    storeType: 'salon',
    dates: { next_session_date: '2026-03-01' },
  })
  expect(days(['salon'], input)).toEqual({
    day3: '2026-02-03 planned',
    month1: '2026-02-28 planned',
    month2: '2026-03-31 planned',
    month3: '2026-04-30 planned',
    month4: '2026-05-31 planned',
    month5: '2026-06-30 planned',
    month6: '2026-07-31 planned',
    next_visit: '2026-02-27 planned',
  })
})

test('appointment: notices two days and one day before, and what is booked too late for one has only the other', () => {
  const booked = (enteredAt: string) =>
    facts('ipl', '2026-03-20 10:00', {
      isAppointment: true,
      enteredAt: new Date(`${enteredAt.replace(' ', 'T')}:00+08:00`),
      dates: { appointment_start: '2026-03-20' },
    })
  expect(
    fates(
      planOf(
        pathways.map(({ id }) => id),
        booked('2026-03-02 15:00'),
      ),
    ),
  ).toEqual({
    'appointment.before2': '2026-03-18 planned',
    'appointment.before1': '2026-03-19 planned',
  })
  expect(days(['appointment'], booked('2026-03-19 09:30'))).toEqual({
    before2: '2026-03-18 missed_before_entry',
    before1: '2026-03-19 planned',
  })
})

describe('consulted', () => {
  const asked = (consultedAt: string, more: Partial<PlanFacts> = {}) =>
    facts('picosecond', consultedAt, {
      isConsultation: true,
      dates: { consultation_date: consultedAt.slice(0, 10) },
      ...more,
    })
  test('alone: customer service after one, two and three months, then the consultant decides', () => {
    const planned = planOf(
      pathways.map(({ id }) => id),
      asked('2026-03-02 15:00'),
    )
    expect(fates(planned)).toEqual({
      'consulted.month1': '2026-04-02 planned',
      'consulted.month2': '2026-05-02 planned',
      'consulted.month3': '2026-06-02 planned',
      'consulted.decision': '2026-07-02 planned',
    })
    expect(planned.map(({ ownerRole, action, step }) => [step.id, ownerRole, action, step.class])).toEqual([
      ['decision', 'consultant', 'task', 'care'],
      ['month1', 'customer_service', 'message', 'promotion'],
      ['month2', 'customer_service', 'message', 'promotion'],
      ['month3', 'customer_service', 'message', 'promotion'],
    ])
  })
  test('a contact that has to wait has a week for it', () => {
    const [, month1] = planOf(['consulted'], asked('2026-03-02 15:00'))
    expect([month1?.windowFrom, month1?.windowTo]).toEqual([at('2026-04-02 00:00'), at('2026-04-09 00:00')])
    expect(month1?.dueAt && month1.dueAt >= at('2026-04-02 11:00') && month1.dueAt < at('2026-04-02 20:30')).toBe(true)
  })
  test.each([
    // Month ends are clamped, each from the consultation itself.
    ['2026-01-31 16:00', '2026-02-28', '2026-03-31', '2026-04-30', '2026-05-31'],
    ['2027-11-30 16:00', '2027-12-30', '2028-01-30', '2028-02-29', '2028-03-30'],
    // A leap day, and the turn of a year.
    ['2028-02-29 10:00', '2028-03-29', '2028-04-29', '2028-05-29', '2028-06-29'],
    ['2026-10-31 10:00', '2026-11-30', '2026-12-31', '2027-01-31', '2027-02-28'],
    // Half past eleven at night is still that day; half past midnight is the next one.
    ['2026-03-31 23:30', '2026-04-30', '2026-05-31', '2026-06-30', '2026-07-31'],
    ['2026-04-01 00:30', '2026-05-01', '2026-06-01', '2026-07-01', '2026-08-01'],
    // The National Day week closes nothing by itself.
    ['2026-09-03 10:00', '2026-10-03', '2026-11-03', '2026-12-03', '2027-01-03'],
  ])('consulted on %s: %s, %s, %s, decision %s', (on, month1, month2, month3, decision) => {
    expect(days(['consulted'], asked(on))).toEqual({
      month1: `${month1} planned`,
      month2: `${month2} planned`,
      month3: `${month3} planned`,
      decision: `${decision} planned`,
    })
  })
  test('messages go by themselves on a closed day; the consultant decides when the store is open', () => {
    const opening = closedOn('2026-04-02', '2026-07-02', '2026-07-03')
    expect(days(['consulted'], asked('2026-03-02 15:00', { opening }))).toMatchObject({
      month1: '2026-04-02 planned',
      decision: '2026-07-04 planned store_closed',
    })
  })
  test('what was entered late has only what is still to come', () => {
    expect(days(['consulted'], asked('2026-03-02 15:00', { enteredAt: at('2026-05-05 10:00') }))).toEqual({
      month1: '2026-04-02 missed_before_entry',
      // Its week is not over.
      month2: '2026-05-05 planned',
      month3: '2026-06-02 planned',
      decision: '2026-07-02 planned',
    })
  })
})

test.each([
  ['ipl', 'hospital', ['base', 'laser_skin', 'treatment_call']],
  ['rf', 'clinic', ['base', 'hair_removal_rf']],
  ['hair_removal', 'salon', ['base', 'hair_removal_rf']],
  ['liposuction', 'hospital', ['base', 'surgery', 'treatment_call']],
  ['thread_lift', 'clinic', ['base', 'surgery']],
  ['hair_transplant', 'hospital', ['base', 'hair_transplant', 'treatment_call']],
  ['salon_care', 'salon', ['base', 'salon']],
  ['skin_booster', 'salon', ['base', 'injection']],
  ['product', 'hospital', ['product']],
] as const)('%s in a %s follows %j', (code, storeType, expected) => {
  const input = facts(code, '2026-03-02 15:00', { storeType })
  expect(pathways.filter((one) => matches(one, input)).map(({ id }) => id)).toEqual(expected)
})

test('the days before an anchor may lie in another month or year', () => {
  const next = (day: string) => facts('rf', '2026-12-02 15:00', { dates: { next_session_date: day } })
  expect(days(['hair_removal_rf'], next('2027-01-01'))).toMatchObject({ next_session: '2026-12-30 planned' })
  expect(days(['hair_removal_rf'], next('2027-03-01'))).toMatchObject({ next_session: '2027-02-27 planned' })
})
