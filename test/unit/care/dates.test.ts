/** Expected days of each pathway, written by hand: `domain.md` 3 as literals. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type PlanFacts, type PlannedStep, plan } from '../../../src/care/planner.ts'
import { loadConfig } from '../../../src/config.ts'
import { DEFAULT_ZONE, dailyOpening } from '../../../src/platform/calendar.ts'

const { pathways } = loadConfig('config')
const only = (...ids: string[]) => pathways.filter(({ id }) => ids.includes(id))

const WINDOW = {
  timeZone: DEFAULT_ZONE,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
const closedOn = (...days: string[]) => ({
  ...dailyOpening(),
  exceptions: days.map((on) => ({ on, spans: [], reason: '盘点' })),
})

function facts(endedAt: string, more: Partial<PlanFacts> = {}): PlanFacts {
  const at = new Date(endedAt)
  return {
    treatmentId: 't1',
    code: 'skin_booster',
    category: 'injection',
    storeType: 'hospital',
    opening: dailyOpening(),
    window: WINDOW,
    endedAt: at,
    enteredAt: at,
    ...more,
  }
}
const days = (steps: readonly PlannedStep[]) =>
  Object.fromEntries(steps.map(({ pathway, step, plannedOn }) => [`${pathway}.${step.id}`, plannedOn]))
/** The contacts that really go out, by day. */
const contacts = (steps: readonly PlannedStep[]) =>
  steps
    .filter(({ status }) => status === 'planned')
    .map(({ pathway, step, plannedOn, action }) => `${plannedOn} ${pathway}.${step.id} ${action}`)
    .sort()

describe('base', () => {
  test('a treatment on 31 January meets month ends: month 1 is 28 February', () => {
    expect(days(plan(only('base'), facts('2026-01-31T15:00:00+08:00')))).toEqual({
      'base.greeting': '2026-01-31',
      'base.guidance_day1': '2026-02-01',
      'base.guidance_day2': '2026-02-02',
      'base.guidance_day3': '2026-02-03',
      'base.guidance_day5': '2026-02-05',
      'base.guidance_day7': '2026-02-07',
      'base.effect_day7': '2026-02-07',
      'base.periodic_week1': '2026-02-07',
      'base.effect_month1': '2026-02-28',
      'base.periodic_month1': '2026-02-28',
      'base.survey_month1': '2026-02-28',
      'base.periodic_month3': '2026-04-30',
    })
  })
  test('in a leap year the same treatment has its month on 29 February', () => {
    expect(days(plan(only('base'), facts('2028-01-31T15:00:00+08:00')))).toMatchObject({
      'base.effect_month1': '2028-02-29',
      'base.periodic_month3': '2028-04-30',
    })
  })
  test('a leap day counts as a day', () => {
    expect(days(plan(only('base'), facts('2028-02-27T15:00:00+08:00')))).toMatchObject({
      'base.guidance_day1': '2028-02-28',
      'base.guidance_day2': '2028-02-29',
      'base.guidance_day3': '2028-03-01',
    })
  })
  test('the year ends in between', () => {
    expect(days(plan(only('base'), facts('2026-12-30T10:00:00+08:00')))).toMatchObject({
      'base.guidance_day1': '2026-12-31',
      'base.guidance_day2': '2027-01-01',
      'base.effect_day7': '2027-01-06',
      'base.effect_month1': '2027-01-30',
      'base.periodic_month3': '2027-03-30',
    })
  })
  test('automatic guidance keeps its day although the store is closed', () => {
    expect(
      days(plan(only('base'), facts('2026-03-02T15:00:00+08:00', { opening: closedOn('2026-03-04') }))),
    ).toMatchObject({ 'base.guidance_day2': '2026-03-04' })
  })
  test('day 0 is the day in the clinic’s zone: half past midnight in Shanghai is already the next day', () => {
    expect(days(plan(only('base'), facts('2026-03-02T16:30:00Z')))).toMatchObject({
      'base.guidance_day1': '2026-03-04',
    })
  })
})

describe('treatment_call', () => {
  test('alone: greeting, consultant next day, customer service on days 3 and 7, consultant once more', () => {
    expect(contacts(plan(only('treatment_call'), facts('2026-03-02T15:00:00+08:00')))).toEqual([
      '2026-03-02 treatment_call.cs_2h message',
      '2026-03-03 treatment_call.consultant_day1 call',
      '2026-03-04 treatment_call.consultant_month call',
      '2026-03-05 treatment_call.cs_day3 call',
      '2026-03-09 treatment_call.cs_day7 call',
    ])
  })
  test('calls avoid a closed day, the day-1 call does not', () => {
    const opening = closedOn('2026-03-03', '2026-03-05')
    const planned = plan(only('treatment_call'), facts('2026-03-02T15:00:00+08:00', { opening }))
    expect(days(planned)).toMatchObject({
      'treatment_call.consultant_day1': '2026-03-03',
      'treatment_call.cs_day3': '2026-03-06',
    })
    expect(planned.find(({ step }) => step.id === 'cs_day3')).toMatchObject({
      reason: 'store_closed',
      windowFrom: new Date('2026-03-05T16:00:00Z'),
      windowTo: new Date('2026-03-06T16:00:00Z'),
    })
  })
  test('a store closed for the National Day week calls on the first day after it', () => {
    const week = ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07']
    expect(
      days(plan(only('treatment_call'), facts('2026-09-29T15:00:00+08:00', { opening: closedOn(...week) }))),
    ).toMatchObject({
      'treatment_call.consultant_day1': '2026-09-30',
      'treatment_call.cs_day3': '2026-10-08',
      'treatment_call.cs_day7': '2026-10-08',
      'treatment_call.consultant_month': '2026-10-08',
    })
  })
  test('a public holiday by itself closes nothing', () => {
    expect(days(plan(only('treatment_call'), facts('2026-09-29T15:00:00+08:00')))).toMatchObject({
      'treatment_call.cs_day3': '2026-10-02',
    })
  })
  test('the window contact takes the least loaded open day', () => {
    const load = (_: string, day: string) => (day < '2026-03-12' ? 3 : day === '2026-03-12' ? 1 : 2)
    expect(days(plan(only('treatment_call'), facts('2026-03-02T15:00:00+08:00'), load))).toMatchObject({
      'treatment_call.consultant_month': '2026-03-12',
    })
  })
})

describe('injection', () => {
  test('alone: day 1, days 7–10 on the first day, months 1, 3 and 6', () => {
    expect(contacts(plan(only('injection'), facts('2026-08-31T15:00:00+08:00')))).toEqual([
      '2026-09-01 injection.day1 message',
      '2026-09-07 injection.days7_10 call',
      '2026-09-30 injection.month1 call',
      '2026-11-30 injection.month3 message',
      '2027-02-28 injection.month6 message',
    ])
  })
  test('days 7–10 go round closed days, and to the next opening when all four are closed', () => {
    const at = '2026-03-02T15:00:00+08:00'
    expect(days(plan(only('injection'), facts(at, { opening: closedOn('2026-03-09', '2026-03-10') })))).toMatchObject({
      'injection.days7_10': '2026-03-11',
    })
    expect(
      days(
        plan(
          only('injection'),
          facts(at, { opening: closedOn('2026-03-09', '2026-03-10', '2026-03-11', '2026-03-12') }),
        ),
      ),
    ).toMatchObject({ 'injection.days7_10': '2026-03-13' })
  })
})

describe('the three together', () => {
  const planned = plan(only('base', 'treatment_call', 'injection'), facts('2026-03-02T15:00:00+08:00'))
  test('one contact per owner and day, in the words of the most specific pathway', () => {
    expect(contacts(planned)).toEqual([
      '2026-03-02 treatment_call.cs_2h message',
      '2026-03-03 injection.day1 message',
      '2026-03-03 treatment_call.consultant_day1 call',
      '2026-03-04 treatment_call.consultant_month call',
      '2026-03-05 treatment_call.cs_day3 call',
      '2026-03-07 base.guidance_day5 message',
      '2026-03-09 injection.days7_10 call',
      '2026-04-02 injection.month1 call',
      '2026-06-02 injection.month3 message',
      '2026-09-02 injection.month6 message',
    ])
  })
  test('what rides along says with whom', () => {
    const into = Object.fromEntries(
      planned.filter(({ mergedInto }) => mergedInto).map(({ id, mergedInto }) => [id, mergedInto]),
    )
    expect(into).toEqual({
      't1.base.greeting': 't1.treatment_call.cs_2h',
      't1.base.guidance_day1': 't1.injection.day1',
      't1.base.guidance_day2': 't1.treatment_call.consultant_month',
      't1.base.guidance_day3': 't1.treatment_call.cs_day3',
      't1.base.guidance_day7': 't1.injection.days7_10',
      't1.base.effect_day7': 't1.injection.days7_10',
      't1.base.periodic_week1': 't1.injection.days7_10',
      't1.treatment_call.cs_day7': 't1.injection.days7_10',
      't1.base.effect_month1': 't1.injection.month1',
      't1.base.periodic_month1': 't1.injection.month1',
      't1.base.survey_month1': 't1.injection.month1',
      't1.base.periodic_month3': 't1.injection.month3',
    })
  })
  test('two owners on one day take different contact windows', () => {
    const atOf = (id: string) =>
      planned
        .find((step) => step.step.id === id)
        ?.dueAt?.toISOString()
        .slice(11, 13)
    expect(atOf('day1')).not.toBe(atOf('consultant_day1'))
  })
})

describe('entry', () => {
  test('entered late, only what is still useful is planned', () => {
    const planned = plan(
      only('base'),
      facts('2026-03-02T15:00:00+08:00', { enteredAt: new Date('2026-03-05T10:00:00+08:00') }),
    )
    const missed = planned.filter(({ status }) => status === 'missed_before_entry').map(({ step }) => step.id)
    expect(missed).toEqual(['greeting', 'guidance_day1', 'guidance_day2'])
  })
  test('a greeting after 23:00 waits for nine in the morning and promises until eleven', () => {
    const greeting = plan(only('base'), facts('2026-03-02T23:10:00+08:00')).find(({ step }) => step.id === 'greeting')
    expect(greeting).toMatchObject({
      windowFrom: new Date('2026-03-03T01:00:00Z'),
      windowTo: new Date('2026-03-03T03:00:00Z'),
      dueAt: new Date('2026-03-03T01:00:00Z'),
      reason: 'quiet_hours',
    })
  })
  test('a greeting at half past ten in the evening goes at once', () => {
    expect(
      plan(only('base'), facts('2026-03-02T22:30:00+08:00')).find(({ step }) => step.id === 'greeting')?.dueAt,
    ).toEqual(new Date('2026-03-02T14:30:00Z'))
  })
})

describe('any plan', () => {
  const anyFacts = fc
    .record({
      seconds: fc.integer({ min: 1_767_200_000, max: 1_830_000_000 }),
      code: fc.constantFrom('skin_booster', 'botulinum', 'ipl'),
      store: fc.constantFrom('hospital' as const, 'salon' as const),
      lateHours: fc.integer({ min: 0, max: 400 }),
      id: fc.uuid(),
    })
    .map(({ seconds, code, store, lateHours, id }) => {
      const endedAt = new Date(seconds * 1000)
      return facts(endedAt.toISOString(), {
        treatmentId: id,
        code,
        category: code === 'ipl' ? 'laser' : 'injection',
        storeType: store,
        enteredAt: new Date(endedAt.getTime() + lateHours * 3_600_000),
      })
    })
  test('the same facts give the same plan', () => {
    fc.assert(
      fc.property(anyFacts, (input) => {
        expect(plan(pathways, input)).toEqual(plan(pathways, input))
      }),
    )
  })
  test('every planned contact lies in its window and, greetings apart, in the contact windows', () => {
    fc.assert(
      fc.property(anyFacts, (input) => {
        for (const { status, dueAt, windowFrom, windowTo, step } of plan(pathways, input)) {
          if (status !== 'planned' || !dueAt) continue
          expect(dueAt >= windowFrom || step.class === 'greeting').toBe(true)
          if (step.class === 'greeting' || dueAt <= input.enteredAt) continue
          expect(dueAt < windowTo).toBe(true)
          const time = new Date(dueAt.getTime() + 8 * 3_600_000).toISOString().slice(11, 16)
          expect(WINDOW.contactWindows.some(({ from, to }) => time >= from && time < to)).toBe(true)
        }
      }),
    )
  })
  test('nothing disappears: every step of every matching pathway is planned, merged into a planned one, or missed with a reason', () => {
    fc.assert(
      fc.property(anyFacts, (input) => {
        const planned = plan(pathways, input)
        const expected = pathways
          .filter(
            ({ matches }) =>
              (!matches.codes || matches.codes.includes(input.code)) &&
              (!matches.storeTypes || matches.storeTypes.includes(input.storeType)),
          )
          .flatMap(({ id, steps }) => steps.map((step) => `${input.treatmentId}.${id}.${step.id}`))
        expect(planned.map(({ id }) => id).sort()).toEqual(expected.sort())
        const byId = new Map(planned.map((step) => [step.id, step]))
        for (const { status, reason, mergedInto } of planned) {
          if (status === 'merged') expect(byId.get(mergedInto ?? '')?.status).toBe('planned')
          if (status !== 'planned') expect(reason).not.toBeNull()
        }
      }),
    )
  })
})
