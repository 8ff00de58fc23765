/** Each shift rule (domain 4), with literal dates and times. */
import { describe, expect, test } from 'vitest'
import { needsDecision } from '../../../src/care/decisions.ts'
import type { DueStep } from '../../../src/care/model.ts'
import { type Host, plan } from '../../../src/care/planner.ts'
import { decide, type FiringFacts } from '../../../src/care/rules.ts'
import { at, closedOn, facts, fates, only, pathways, planOf, WINDOW } from './clinic.ts'

const surgeryOn = (endedAt: string, more = {}) =>
  fates(planOf(['surgery'], facts('double_eyelid', endedAt, more)), 'surgery')
const NONE = { hosts: [], settled: new Set<string>(), days: new Map<string, string>() }

describe('suture trio', () => {
  test('hangs on the suture removal date: the record’s own day wins over the table', () => {
    expect(surgeryOn('2026-03-02 15:00', { dates: { suture_removal_date: '2026-03-10' } })).toMatchObject({
      suture_before: '2026-03-09 planned',
      suture_day: '2026-03-10 planned',
      suture_after: '2026-03-11 planned',
      day10: '2026-03-12 planned',
    })
  })
  test('the doctor may say that there are no sutures', () => {
    expect(surgeryOn('2026-03-02 15:00', { dates: { suture_removal_date: 'none' } })).not.toHaveProperty('suture_day')
  })
  test('lateral canthoplasty has its sutures out on day 10', () => {
    expect(fates(planOf(['surgery'], facts('canthoplasty', '2026-03-02 15:00')), 'surgery')).toMatchObject({
      suture_before: '2026-03-11 planned',
      suture_day: '2026-03-12 planned',
    })
  })
})

test('suture day 10 or later moves day 10 by what it is later than 7; days 1, 3 and the months stay', () => {
  const sutures = (day: string) => surgeryOn('2026-03-02 15:00', { dates: { suture_removal_date: day } })
  // Day 9: no; the call after the sutures is that of day 10.
  expect(sutures('2026-03-11').day10).toBe('2026-03-12 merged')
  // Day 10: three days later.
  expect(sutures('2026-03-12').day10).toMatch(/^2026-03-15 /)
  // Day 12: five.
  expect(sutures('2026-03-14')).toMatchObject({
    day1: '2026-03-03 planned',
    day3: '2026-03-05 planned',
    day10: '2026-03-17 planned late_sutures',
    month1: '2026-04-02 planned',
    month3: '2026-06-02 planned',
  })
})

describe('a further operation within a year', () => {
  const second = plan(only('surgery'), facts('rhinoplasty', '2026-04-20 15:00', { treatmentId: 't2' }))
  const hosts: Host[] = second.flatMap(({ id, step, ownerRole, kind, action, plannedOn, status }) =>
    status === 'planned' && plannedOn
      ? [{ id, step: step.id, ownerRole, kind, action, plannedOn, isFollowed: true }]
      : [],
  )
  const first = (more = {}) =>
    plan(only('surgery'), facts('double_eyelid', '2026-03-02 15:00', more), undefined, { ...NONE, hosts })

  test('later steps follow the new date and merge with its own; earlier ones and the sutures stay', () => {
    const planned = first({ operations: ['2026-04-20'] })
    expect(fates(planned, 'surgery')).toEqual({
      day1: '2026-03-03 planned',
      day3: '2026-03-05 planned',
      suture_before: '2026-03-08 planned',
      suture_day: '2026-03-09 planned',
      suture_after: '2026-03-10 planned',
      day10: '2026-03-12 planned',
      month1: '2026-04-02 planned',
      month3: '2026-07-20 merged',
      month6: '2026-10-20 merged',
      month12: '2027-04-20 merged',
    })
    // The history says why, and with whom.
    expect(planned.find(({ step }) => step.id === 'month3')).toMatchObject({
      mergedInto: 't2.surgery.month3',
      shift: 'further_operation',
    })
  })
  test('what both plans name alike is one contact, although late sutures put it on another day', () => {
    const early = plan(
      only('surgery'),
      facts('rhinoplasty', '2026-03-06 15:00', { treatmentId: 't2', dates: { suture_removal_date: '2026-03-18' } }),
    )
    const on = early.find(({ step }) => step.id === 'day10')
    expect(on?.plannedOn).toBe('2026-03-21')
    const host = early.flatMap(({ id, step, ownerRole, kind, action, plannedOn, status }): Host[] =>
      status === 'planned' && plannedOn
        ? [{ id, step: step.id, ownerRole, kind, action, plannedOn, isFollowed: true }]
        : [],
    )
    const planned = plan(
      only('surgery'),
      facts('double_eyelid', '2026-03-02 15:00', { operations: ['2026-03-06'] }),
      undefined,
      { ...NONE, hosts: host },
    )
    expect(planned.find(({ step }) => step.id === 'day10')).toMatchObject({
      mergedInto: 't2.surgery.day10',
      plannedOn: '2026-03-21',
    })
  })
  test('two further operations: each step follows the last one before its day', () => {
    expect(
      fates(
        planOf(['surgery'], facts('double_eyelid', '2026-03-02 15:00', { operations: ['2026-04-20', '2026-08-01'] })),
        'surgery',
      ),
    ).toMatchObject({
      month1: '2026-04-02 planned',
      month3: '2026-07-20 planned further_operation',
      month6: '2027-02-01 planned further_operation',
      month12: '2027-08-01 planned further_operation',
    })
  })
  test('more than a year later it moves nothing', () => {
    expect(surgeryOn('2026-03-02 15:00', { operations: ['2027-03-03'] })).toEqual(surgeryOn('2026-03-02 15:00'))
  })
})

describe('in hospital', () => {
  test('what is due during the stay is covered by the ward, later steps keep their day', () => {
    expect(surgeryOn('2026-03-02 15:00', { stayUntil: '2026-03-09' })).toMatchObject({
      day1: '2026-03-03 cancelled covered_in_hospital',
      day3: '2026-03-05 cancelled covered_in_hospital',
      suture_before: '2026-03-08 cancelled covered_in_hospital',
      suture_day: '2026-03-09 planned',
      day10: '2026-03-12 planned',
      month1: '2026-04-02 planned',
    })
  })
  test('a window that outlasts the stay begins with the discharge', () => {
    const [step] = plan(only('laser_skin'), facts('ipl', '2026-03-02 15:00', { stayUntil: '2026-03-06' })).filter(
      (one) => one.step.id === 'days3_5',
    )
    expect(step).toMatchObject({
      plannedOn: '2026-03-06',
      windowFrom: at('2026-03-06 00:00'),
      windowTo: at('2026-03-08 00:00'),
    })
  })
  test('while nobody has said until when, what falls due is the ward’s', () => {
    expect(
      fired('2026-03-03 11:20', {}, { treatment: { status: 'completed', inHospital: true, dischargedOn: null } }),
    ).toEqual({
      do: 'end',
      status: 'skipped',
      reason: 'covered_in_hospital',
    })
  })
  test('and what has further days waits for them', () => {
    const stays = { treatment: { status: 'completed' as const, inHospital: true, dischargedOn: null } }
    expect(fired('2026-03-03 11:20', { action: 'call', windowTo: at('2026-03-05 00:00') }, stays)).toEqual({
      do: 'wait',
      at: at('2026-03-04 11:00'),
      reason: 'covered_in_hospital',
    })
    expect(fired('2026-03-03 11:20', { status: 'calling', windowTo: at('2026-03-05 00:00') }, stays)).toMatchObject({
      do: 'end',
    })
  })
})

describe('a moved or cancelled appointment', () => {
  const reminder = (next: string | null) =>
    fates(
      planOf(['laser_skin'], facts('ipl', '2026-03-02 15:00', { dates: { next_session_date: next } })),
      'laser_skin',
    ).next_session
  test('moves what hangs on it', () => {
    expect(reminder('2026-04-02')).toBe('2026-03-31 planned')
    expect(reminder('2026-04-09')).toBe('2026-04-07 planned')
  })
  test('cancelled and not booked again, it waits for the doctor', () => {
    expect(reminder(null)).toBe('needs_anchor')
  })
})

test('a treatment entered late schedules only what is still useful', () => {
  expect(surgeryOn('2026-03-02 15:00', { enteredAt: at('2026-03-08 20:31') })).toMatchObject({
    day1: '2026-03-03 missed_before_entry',
    day3: '2026-03-05 missed_before_entry',
    suture_before: '2026-03-08 missed_before_entry',
    suture_day: '2026-03-09 planned',
    day10: '2026-03-12 planned',
  })
})

describe('course', () => {
  const session = (isFirst: boolean, isLast: boolean, more = {}) =>
    plan(
      only('treatment_call', 'laser_skin', 'course'),
      facts('picosecond', '2026-03-02 15:00', { storeType: 'hospital', course: { isFirst, isLast }, ...more }),
    )
  test('every session keeps its care; the consultant comes at the first and the last only', () => {
    expect(fates(session(false, false))).toMatchObject({
      'laser_skin.days3_5': '2026-03-05 planned',
      'laser_skin.days10_12': '2026-03-12 planned',
      'treatment_call.consultant_day1': '2026-03-03 cancelled course_between',
      'treatment_call.consultant_month': '2026-03-04 cancelled course_between',
    })
    for (const planned of [session(true, false), session(false, true)])
      expect(fates(planned)['treatment_call.consultant_day1']).toBe('2026-03-03 planned')
  })
  test('a contact of session n that falls after session n+1 is superseded by it; a window ends with it', () => {
    const planned = session(true, false, { nextDoneOn: '2026-03-13', dates: { next_session_date: '2026-03-13' } })
    expect(fates(planned)).toMatchObject({
      'treatment_call.cs_day7': '2026-03-09 planned',
      'laser_skin.days10_12': '2026-03-12 planned',
    })
    expect(planned.find(({ step }) => step.id === 'days10_12')?.windowTo).toEqual(at('2026-03-14 00:00'))
    const soon = session(true, false, { nextDoneOn: '2026-03-08', dates: { next_session_date: '2026-03-08' } })
    expect(fates(soon)).toMatchObject({
      'treatment_call.cs_day7': '2026-03-09 cancelled superseded_by_session',
      'laser_skin.days10_12': '2026-03-12 cancelled superseded_by_session',
    })
  })
  test('the doctor owns the reminder of the next session, once', () => {
    const planned = session(true, false, { dates: { next_session_date: '2026-04-02' } })
    expect(planned.find(({ id }) => id === 't1.course.next_session')).toMatchObject({
      plannedOn: '2026-03-31',
      ownerRole: 'doctor',
      status: 'planned',
    })
    expect(planned.find(({ id }) => id === 't1.laser_skin.next_session')).toMatchObject({
      status: 'merged',
      mergedInto: 't1.course.next_session',
    })
  })
  test('after the last session the consultant calls on the day that the doctor set', () => {
    const planned = session(false, true, { dates: { next_session_date: '2026-09-02' } })
    expect(fates(planned)['course.next_course']).toBe('2026-09-02 planned')
    expect(planned.find(({ id }) => id === 't1.course.next_course')).toMatchObject({
      ownerRole: 'consultant',
      action: 'call',
    })
    expect(fates(session(true, false))).not.toHaveProperty('course.next_course')
  })
})

describe('a call that closed days would move behind the next session', () => {
  const called = (nextDoneOn: string, enteredAt: string, ...closed: string[]) =>
    planOf(
      ['treatment_call'],
      facts('picosecond', '2026-03-04 12:00', {
        storeType: 'hospital',
        course: { isFirst: true, isLast: false },
        nextDoneOn,
        enteredAt: at(enteredAt),
        opening: closedOn(...closed),
      }),
    )
  test('has the days until the last open one before it', () => {
    const planned = called('2026-03-10', '2026-03-09 10:00', '2026-03-10', '2026-03-11')
    expect(fates(planned, 'treatment_call').consultant_month).toBe('2026-03-09 planned')
    const one = planned.find(({ step }) => step.id === 'consultant_month')
    expect([one?.lastDay, one?.windowTo]).toEqual(['2026-03-09', at('2026-03-10 00:00')])
  })
  test('is missed when that day is over', () => {
    const planned = called('2026-03-10', '2026-03-10 09:30', '2026-03-10', '2026-03-11')
    expect(fates(planned, 'treatment_call').consultant_month).toBe('2026-03-06 missed_before_entry')
  })
  test('is superseded by it where none of its days is open', () => {
    const closed = ['2026-03-07', '2026-03-08']
    expect(fates(called('2026-03-07', '2026-03-07 09:30', ...closed), 'treatment_call')).toMatchObject({
      cs_day3: '2026-03-07 cancelled superseded_by_session',
    })
    expect(fates(called('2026-03-09', '2026-03-07 09:30', ...closed), 'treatment_call')).toMatchObject({
      cs_day3: '2026-03-09 planned store_closed',
    })
  })
})

test('salon: the monthly contact ends with the next visit', () => {
  const input = facts('salon_care', '2026-03-02 15:00', { nextDoneOn: '2026-04-20' })
  expect(fates(planOf(['salon'], input), 'salon')).toMatchObject({
    day3: '2026-03-05 planned',
    month1: '2026-04-02 planned',
    month2: '2026-05-02 cancelled superseded_by_session',
  })
})

const step = (more: Partial<DueStep> = {}) =>
  ({
    status: 'planned',
    action: 'message',
    contactClass: 'care',
    neverMoves: false,
    safety: false,
    windowFrom: at('2026-03-03 00:00'),
    windowTo: at('2026-03-04 00:00'),
    calls: [],
    ...more,
  }) as DueStep
function fired(now: string, of: Partial<DueStep>, more: Partial<FiringFacts>) {
  const customer = { deceased: false, optOut: { all: false, promotion: false } } as FiringFacts['customer']
  const { opening } = facts('ipl', '2026-03-02 15:00')
  const input = { customer, treatment: { status: 'completed' as const }, opening, window: WINDOW, ...more }
  return decide(step(of), input, at(now))
}
const customer = (all: boolean, promotion: boolean, deceased = false) =>
  ({ deceased, optOut: { all, promotion } }) as FiringFacts['customer']

test('died: whatever falls due ends', () => {
  expect(fired('2026-03-03 11:20', {}, { customer: customer(false, false, true) })).toEqual({
    do: 'end',
    status: 'skipped',
    reason: 'deceased',
  })
})
describe('opt-outs', () => {
  test('of promotion: promotion stops, care goes on', () => {
    const no = { customer: customer(false, true) }
    expect(fired('2026-03-03 11:20', { contactClass: 'promotion' }, no)).toEqual({
      do: 'end',
      status: 'skipped',
      reason: 'promotion_opted_out',
    })
    expect(fired('2026-03-03 11:20', {}, no)).toEqual({ do: 'message' })
  })
  test('of everything: no message, and what concerns safety is decided by a nurse or doctor', () => {
    const firing = fired('2026-03-03 11:20', { safety: true }, { customer: customer(true, false) })
    expect(firing).toEqual({ do: 'end', status: 'skipped', reason: 'opted_out' })
    expect(needsDecision(step({ safety: true }), firing)).toBe(true)
    expect(needsDecision(step(), firing)).toBe(false)
  })
  test('every surgical contact up to day 10 concerns safety', () => {
    const safe = pathways.flatMap(({ id, steps }) =>
      steps.filter(({ safety }) => safety).map((one) => `${id}.${one.id}`),
    )
    const names = ['day1', 'day3', 'suture_before', 'suture_day', 'suture_after', 'day10']
    expect(safe).toEqual(['hair_transplant', 'surgery'].flatMap((id) => names.map((name) => `${id}.${name}`)))
  })
})
