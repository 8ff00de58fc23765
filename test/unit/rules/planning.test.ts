/** Rules of planning in the business's own words (docs/rules.md), each with literal days: anchors, windows, combining, return. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hangingFacts } from '../../../src/care/facts.ts'
import type { DueStep } from '../../../src/care/model.ts'
import type { Pathway, PathwayStep } from '../../../src/care/pathway.ts'
import { type PlannedStep, plan } from '../../../src/care/planner.ts'
import { rowOf } from '../../../src/care/rows.ts'
import { decide } from '../../../src/care/rules.ts'
import { subjectOf } from '../../../src/care/subjects.ts'
import { addDays, DEFAULT_ZONE, dailyOpening, daysBetween } from '../../../src/platform/calendar.ts'
import type { Store } from '../../../src/staff/index.ts'
import type { Treatment } from '../../../src/treatments/index.ts'
import { at, closedOn, facts, fates, kinds, only, pathways, planOf, WINDOW } from '../care/clinic.ts'

/** 15:20 on 3 March, in the clinic's zone. */
const clinic = (date: Date | null | undefined) =>
  date ? new Date(date.getTime() + 8 * 3_600_000).toISOString().slice(0, 16).replace('T', ' ') : null
const find = (planned: readonly PlannedStep[], id: string) =>
  planned.find((one) => `${one.pathway}.${one.step.id}` === id)
const ofHospital = (code: string, endedAt: string, more: Parameters<typeof facts>[2] = {}) =>
  facts(code, endedAt, { storeType: 'hospital', ...more })

/** A pathway of one step. */
const lone = (step: Partial<PathwayStep>): Pathway => {
  const [base] = only('base')
  const like = base?.steps.find(({ kind }) => kind === 'contact')
  if (!base || !like) throw new Error('no step to vary')
  return { ...base, id: 'own', matches: {}, steps: [{ ...like, id: 'own', class: 'care', ...step }] }
}

describe('anchors', () => {
  test('only a step on the discharge counts from the discharge', () => {
    const stay = { stayUntil: '2026-03-06', dates: { discharge_date: '2026-03-06' } }
    const planned = plan(
      [lone({ anchor: 'discharge_date', when: { day: 2 } }), ...only('surgery')],
      facts('liposuction', '2026-03-02 15:00', stay),
    )
    expect(fates(planned)).toMatchObject({
      'own.own': '2026-03-08 planned',
      'surgery.day10': '2026-03-12 planned',
    })
  })
  test('a step on the end of a course counts from its last session, and before that there is none', () => {
    const step = lone({ anchor: 'course_end', when: { month: 1 } })
    const ends = (day: string) =>
      fates(plan([step], facts('picosecond', '2026-01-31 15:00', { dates: { course_end: day } })))
    expect(ends('2026-01-31')).toEqual({ 'own.own': '2026-02-28 planned' })
    expect(ends('none')).toEqual({})
  })
})

describe('windows', () => {
  const days7to10 = (load: (role: string, day: string) => number, more: Parameters<typeof facts>[2] = {}) =>
    find(plan(only('injection'), facts('skin_booster', '2026-03-02 15:00', more), load), 'injection.days7_10')
  test('"days 7–10" are real: the least loaded working day of the four', () => {
    const busy: Record<string, number> = { '2026-03-09': 5, '2026-03-10': 4, '2026-03-11': 1, '2026-03-12': 2 }
    const load = (role: string, day: string) => (role === 'customer_service' ? (busy[day] ?? 0) : 0)
    expect(days7to10(load)?.plannedOn).toBe('2026-03-11')
    // The least loaded day is closed: the next best, and the promise stays the whole window.
    const closed = days7to10(load, { opening: closedOn('2026-03-11') })
    expect([closed?.plannedOn, clinic(closed?.windowFrom), clinic(closed?.windowTo)]).toEqual([
      '2026-03-12',
      '2026-03-09 00:00',
      '2026-03-13 00:00',
    ])
  })
  const IDS = ['treatment_call', 'injection']
  const months = (busy: Record<string, number>, more: Parameters<typeof facts>[2] = {}) =>
    plan(only(...IDS), ofHospital('skin_booster', '2026-03-02 15:00', more), (role, day) =>
      role === 'consultant' ? (busy[day] ?? 0) : 0,
    )
  const called = (planned: readonly PlannedStep[]) => find(planned, 'treatment_call.consultant_month')?.plannedOn
  test('between day 2 and month 1: of the least loaded days the farthest from the plan’s other contacts', () => {
    // Calls on 3, 5 and 9 March, and on 2 April, the last day of the window.
    expect(called(months({}))).toBe('2026-03-21')
    expect(called(months({ '2026-03-20': 1, '2026-03-21': 1, '2026-03-22': 1 }))).toBe('2026-03-19')
    expect(called(months({}, { opening: closedOn('2026-03-21') }))).toBe('2026-03-20')
    const busy = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [addDays('2026-03-04', i), 2]))
    expect(called(months({ ...busy, '2026-03-06': 1 }))).toBe('2026-03-06')
  })
  test('no equally loaded day of the window would be farther, whatever the load', () => {
    const WINDOW_DAYS = Array.from({ length: 30 }, (_, i) => addDays('2026-03-04', i))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 30, maxLength: 30 }), (loads) => {
        const busy = Object.fromEntries(WINDOW_DAYS.map((day, i) => [day, loads[i] ?? 0]))
        const planned = months(busy)
        const on = called(planned) ?? ''
        const others = planned.flatMap(({ status, plannedOn, step }) =>
          status === 'planned' && plannedOn && step.id !== 'consultant_month' ? [plannedOn] : [],
        )
        const away = (day: string) => Math.min(...others.map((other) => Math.abs(daysBetween(other, day))))
        expect(busy[on]).toBe(Math.min(...loads))
        const equals = WINDOW_DAYS.filter((day) => busy[day] === busy[on])
        expect(away(on)).toBe(Math.max(...equals.map(away)))
      }),
      { numRuns: 100 },
    )
  })
  const calling = (windowTo: string) =>
    ({ status: 'calling', action: 'call', contactClass: 'care', windowTo: at(windowTo), calls: [] }) as never as DueStep
  const looked = (windowTo: string, now: string) => {
    const customer = { deceased: false, optOut: { all: false, promotion: false } } as never
    const treatment = { status: 'completed' as const }
    const firing = decide(calling(windowTo), { customer, treatment, opening: dailyOpening(), window: WINDOW }, at(now))
    return firing.do === 'wait' ? [clinic(firing.at), firing.reason] : firing
  }
  test('a step of a fixed day is overdue at the end of that day', () => {
    expect(looked('2026-03-06 00:00', '2026-03-05 20:30')).toEqual(['2026-03-06 00:00', 'staff_overdue'])
    expect(looked('2026-03-06 00:00', '2026-03-06 00:00')).toEqual({
      do: 'end',
      status: 'missed',
      reason: 'staff_overdue',
    })
  })
  test('a window step missed on its picked day is carried over, and overdue after the last day of the window', () => {
    expect(looked('2026-03-13 00:00', '2026-03-09 20:30')).toEqual(['2026-03-10 20:30', 'carried_over'])
    expect(looked('2026-03-13 00:00', '2026-03-11 20:30')).toEqual(['2026-03-12 20:30', 'carried_over'])
    expect(looked('2026-03-13 00:00', '2026-03-12 20:30')).toEqual(['2026-03-13 00:00', 'staff_overdue'])
    expect(looked('2026-03-13 00:00', '2026-03-13 00:00')).toMatchObject({ do: 'end', status: 'missed' })
  })
})

describe('combining', () => {
  const planned = planOf(['base', 'treatment_call', 'injection'], ofHospital('skin_booster', '2026-03-02 15:00'))
  test('contacts of one owner role merge in the intersection of their windows: day 7 ∩ 7–10 = day 7', () => {
    const [alone] = planOf(['injection'], facts('skin_booster', '2026-03-02 15:00')).filter(
      ({ step }) => step.id === 'days7_10',
    )
    expect(clinic(alone?.windowTo)).toBe('2026-03-13 00:00')
    const merged = find(planned, 'injection.days7_10')
    expect([merged?.plannedOn, clinic(merged?.windowFrom), clinic(merged?.windowTo)]).toEqual([
      '2026-03-09',
      '2026-03-09 00:00',
      '2026-03-10 00:00',
    ])
    // So with two real windows: days 3–9 ∩ 5–6, and days 3–6 ∩ 5–9.
    const meeting = (a: [number, number], b: [number, number]) => {
      const own = [lone({ when: { days: a } }), { ...lone({ when: { days: b } }), id: 'other' }]
      const [host] = plan(own, facts('ipl', '2026-03-02 15:00')).filter(({ status }) => status === 'planned')
      return [clinic(host?.windowFrom), clinic(host?.windowTo)]
    }
    expect(meeting([3, 9], [5, 6])).toEqual(['2026-03-07 00:00', '2026-03-09 00:00'])
    expect(meeting([3, 6], [5, 9])).toEqual(['2026-03-07 00:00', '2026-03-09 00:00'])
  })
  test('wording and owner come from the more specific pathway, and all merged ids stay on it', () => {
    const host = find(planned, 'injection.days7_10')
    expect(host).toMatchObject({ status: 'planned', ownerRole: 'customer_service', action: 'call' })
    const on9March = planned.filter(({ mergedInto }) => mergedInto === host?.id)
    expect(on9March.map(({ id, plannedOn }) => [id, plannedOn])).toEqual([
      ['t1.base.effect_day7', '2026-03-09'],
      ['t1.base.guidance_day7', '2026-03-09'],
      ['t1.base.periodic_week1', '2026-03-09'],
      ['t1.treatment_call.cs_day7', '2026-03-09'],
    ])
  })
  test('contacts of different owner roles never merge, although they fall on one day', () => {
    const operated = planOf(['treatment_call', 'surgery'], ofHospital('double_eyelid', '2026-03-02 15:00'))
    expect(fates(operated)).toMatchObject({
      'treatment_call.cs_day3': '2026-03-05 planned',
      'surgery.day3': '2026-03-05 planned',
      'treatment_call.consultant_day1': '2026-03-03 planned',
      'surgery.day1': '2026-03-03 planned',
    })
  })
  test('different roles on one day take different time windows', () => {
    const windowOf = (id: string) => {
      const time = clinic(find(planned, id)?.dueAt)?.slice(11) ?? ''
      return WINDOW.contactWindows.findIndex(({ from, to }) => time >= from && time < to)
    }
    expect(find(planned, 'injection.day1')?.plannedOn).toBe('2026-03-03')
    expect(find(planned, 'treatment_call.consultant_day1')?.plannedOn).toBe('2026-03-03')
    const taken = [windowOf('injection.day1'), windowOf('treatment_call.consultant_day1')]
    expect(new Set(taken).size).toBe(2)
    expect(taken).not.toContain(-1)
  })
  test('guidance rides on the day’s contact of any role, else goes alone', () => {
    // Day 3 is customer service's call, day 5 nobody's.
    expect(find(planned, 'base.guidance_day3')).toMatchObject({
      plannedOn: '2026-03-05',
      status: 'merged',
      mergedInto: 't1.treatment_call.cs_day3',
      ownerRole: 'consultant',
    })
    expect(find(planned, 'base.guidance_day5')).toMatchObject({ plannedOn: '2026-03-07', status: 'planned' })
  })
  test('the survey rides on the contact of its day, and month 1 is one contact with one link for both parts', () => {
    const month = planned.filter(({ plannedOn, status }) => plannedOn === '2026-04-02' && status === 'planned')
    expect(month.map(({ id }) => id)).toEqual(['t1.injection.month1'])
    expect(find(planned, 'base.survey_month1')).toMatchObject({ kind: 'survey', mergedInto: 't1.injection.month1' })
    const treatment = { id: 't1', customerId: 'c', externalId: null } as Treatment
    const rows = planned.map((one) => rowOf(one, planned, subjectOf(treatment), { id: 's' } as Store))
    expect(rows.filter(({ asksMonth, status }) => asksMonth && status === 'planned').map(({ _id }) => _id)).toEqual([
      't1.injection.month1',
    ])
  })
  test('the contacts within two hours are one greeting, whoever owns them', () => {
    const greetings = planned.filter(({ step }) => step.class === 'greeting')
    expect(greetings.map(({ id, ownerRole, status }) => [id, ownerRole, status])).toEqual([
      ['t1.base.greeting', 'front_desk', 'merged'],
      ['t1.treatment_call.cs_2h', 'customer_service', 'planned'],
    ])
    expect(clinic(find(planned, 'treatment_call.cs_2h')?.windowTo)).toBe('2026-03-02 17:00')
  })
  test('of two owners in the stage table the first is the owner', () => {
    const [base] = only('base')
    const owners = new Map(base?.steps.map(({ stage, owner }) => [stage, owner]))
    expect(Object.fromEntries(owners)).toEqual({
      immediate_care: 'front_desk',
      recovery_guidance: 'consultant',
      effect_tracking: 'customer_service',
      periodic_follow_up: 'customer_service',
      satisfaction_survey: 'operations',
    })
    // Their days, once: 3 March until 3 June.
    expect(fates(planOf(['base'], facts('ipl', '2026-03-02 15:00')), 'base')).toMatchObject({
      guidance_day1: '2026-03-03 planned',
      periodic_month3: '2026-06-02 planned',
    })
  })
})

test('an old customer who returns is enrolled like on a first visit', () => {
  const done = (id: string, code: string, treatedOn: string): Treatment =>
    ({
      ...{ id, externalId: null, customerId: 'c', storeId: 's', doctorUserId: null, technique: null, course: null },
      ...{ code, treatedOn, endedAt: at(`${treatedOn} 15:00`), status: 'completed' },
      ...{ consultantUserId: null, sutureRemovalOn: null, nextSessionOn: null, inHospital: false, dischargedOn: null },
    }) as never
  const kind = kinds.find(({ code }) => code === 'ipl')
  if (!kind) throw new Error('no such treatment')
  const own = done('t1', 'ipl', '2026-03-02')
  const old = [
    done('o1', 'ipl', '2019-05-06'),
    done('o2', 'ipl', '2023-11-20'),
    done('o3', 'rhinoplasty', '2024-01-08'),
  ]
  const planned = (treatments: Treatment[]) => {
    const hanging = hangingFacts(subjectOf(own), kind, { treatments, appointments: [] }, DEFAULT_ZONE, [])
    return plan(pathways, ofHospital('ipl', '2026-03-02 15:00', hanging))
  }
  expect(planned([own, ...old])).toEqual(planned([own]))
  expect(fates(planned([own, ...old]), 'laser_skin')).toEqual({
    day1: '2026-03-03 planned',
    days3_5: '2026-03-05 planned',
    days10_12: '2026-03-12 planned',
    next_session: 'needs_anchor',
  })
})
