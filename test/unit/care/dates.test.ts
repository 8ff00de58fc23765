/** Expected days of each pathway, written by hand: `domain.md` 3 as literals. */
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
/** `03-02 15:00` in the clinic's zone. */
const clinic = (at: Date) => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')
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
      '2026-03-05 treatment_call.cs_day3 call',
      '2026-03-09 treatment_call.cs_day7 call',
      '2026-03-21 treatment_call.consultant_month call',
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
      'treatment_call.consultant_month': '2026-10-18',
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
      '2026-03-04 base.guidance_day2 message',
      '2026-03-05 treatment_call.cs_day3 call',
      '2026-03-07 base.guidance_day5 message',
      '2026-03-09 injection.days7_10 call',
      '2026-03-21 treatment_call.consultant_month call',
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
  const together = (endedAt: string, more: Partial<PlanFacts> = {}) =>
    contacts(plan(only('base', 'treatment_call', 'injection'), facts(`${endedAt}T15:00:00+08:00`, more)))
  test('from a month’s last day in a leap year: month 1 is 29 February, month 3 is 30 April', () => {
    expect(together('2028-01-31')).toEqual([
      '2028-01-31 treatment_call.cs_2h message',
      '2028-02-01 injection.day1 message',
      '2028-02-01 treatment_call.consultant_day1 call',
      '2028-02-02 base.guidance_day2 message',
      '2028-02-03 treatment_call.cs_day3 call',
      '2028-02-05 base.guidance_day5 message',
      '2028-02-07 injection.days7_10 call',
      '2028-02-18 treatment_call.consultant_month call',
      '2028-02-29 injection.month1 call',
      '2028-04-30 injection.month3 message',
      '2028-07-31 injection.month6 message',
    ])
  })
  test('over a leap day, which counts as a day', () => {
    expect(together('2028-02-27')).toEqual([
      '2028-02-27 treatment_call.cs_2h message',
      '2028-02-28 injection.day1 message',
      '2028-02-28 treatment_call.consultant_day1 call',
      '2028-02-29 base.guidance_day2 message',
      '2028-03-01 treatment_call.cs_day3 call',
      '2028-03-03 base.guidance_day5 message',
      '2028-03-05 injection.days7_10 call',
      '2028-03-16 treatment_call.consultant_month call',
      '2028-03-27 injection.month1 call',
      '2028-05-27 injection.month3 message',
      '2028-08-27 injection.month6 message',
    ])
  })
  test('over the end of a year', () => {
    expect(together('2026-12-30')).toEqual([
      '2026-12-30 treatment_call.cs_2h message',
      '2026-12-31 injection.day1 message',
      '2026-12-31 treatment_call.consultant_day1 call',
      '2027-01-01 base.guidance_day2 message',
      '2027-01-02 treatment_call.cs_day3 call',
      '2027-01-04 base.guidance_day5 message',
      '2027-01-06 injection.days7_10 call',
      '2027-01-18 treatment_call.consultant_month call',
      '2027-01-30 injection.month1 call',
      '2027-03-30 injection.month3 message',
      '2027-06-30 injection.month6 message',
    ])
  })
  test('on closed days calls move, and guidance that rode with them keeps its day alone', () => {
    expect(together('2026-03-02', { opening: closedOn('2026-03-05', '2026-03-09') })).toEqual([
      '2026-03-02 treatment_call.cs_2h message',
      '2026-03-03 injection.day1 message',
      '2026-03-03 treatment_call.consultant_day1 call',
      '2026-03-04 base.guidance_day2 message',
      '2026-03-05 base.guidance_day3 message',
      '2026-03-06 treatment_call.cs_day3 call',
      '2026-03-07 base.guidance_day5 message',
      '2026-03-09 base.guidance_day7 message',
      '2026-03-10 injection.days7_10 call',
      '2026-03-21 treatment_call.consultant_month call',
      '2026-04-02 injection.month1 call',
      '2026-06-02 injection.month3 message',
      '2026-09-02 injection.month6 message',
    ])
  })
  test('of a week closed for National Day the calls are one on the first day after it', () => {
    const week = ['2026-10-01', '2026-10-02', '2026-10-03', '2026-10-04', '2026-10-05', '2026-10-06', '2026-10-07']
    expect(together('2026-09-29', { opening: closedOn(...week) })).toEqual([
      '2026-09-29 treatment_call.cs_2h message',
      '2026-09-30 injection.day1 message',
      '2026-09-30 treatment_call.consultant_day1 call',
      '2026-10-01 base.guidance_day2 message',
      '2026-10-02 base.guidance_day3 message',
      '2026-10-04 base.guidance_day5 message',
      '2026-10-06 base.guidance_day7 message',
      '2026-10-08 injection.days7_10 call',
      '2026-10-18 treatment_call.consultant_month call',
      '2026-10-29 injection.month1 call',
      '2026-12-29 injection.month3 message',
      '2027-03-29 injection.month6 message',
    ])
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
  const greetingOf = (ended: string, entered = ended) => {
    const at = (text: string) => `${text.replace(' ', 'T')}:00+08:00`
    const planned = plan(only('base'), facts(at(ended), { enteredAt: new Date(at(entered)) }))
    const { windowFrom, windowTo, dueAt, reason, status } = planned.find(({ step }) => step.id === 'greeting') ?? {}
    const local = (date?: Date | null) => date && clinic(date)
    return [local(windowFrom), local(windowTo), local(dueAt), reason ?? status]
  }
  test('a greeting goes at once until 23:00; later it waits for nine and promises until eleven', () => {
    expect(greetingOf('2026-03-02 22:30')).toEqual(['03-02 22:30', '03-03 00:30', '03-02 22:30', 'planned'])
    expect(greetingOf('2026-03-02 22:59')).toEqual(['03-02 22:59', '03-03 00:59', '03-02 22:59', 'planned'])
    for (const ended of [
      '2026-03-02 23:00',
      '2026-03-02 23:10',
      '2026-03-02 23:30',
      '2026-03-03 00:30',
      '2026-03-03 06:00',
    ])
      expect(greetingOf(ended)).toEqual(['03-03 09:00', '03-03 11:00', '03-03 09:00', 'quiet_hours'])
  })
  test('a greeting before nine waits for nine inside its two hours', () => {
    expect(greetingOf('2026-03-03 08:00')).toEqual(['03-03 08:00', '03-03 10:00', '03-03 09:00', 'quiet_hours'])
  })
  test('an evening treatment that is entered after 23:00 is greeted in the morning, and one entered then is missed', () => {
    expect(greetingOf('2026-03-02 22:30', '2026-03-02 23:05')).toEqual([
      '03-02 22:30',
      '03-03 00:30',
      '03-03 09:00',
      'quiet_hours',
    ])
    expect(greetingOf('2026-03-02 22:30', '2026-03-03 09:30').at(-1)).toBe('missed_before_entry')
  })
  const enteredAt = (text: string, more: Partial<PlanFacts> = {}, ...ids: string[]) =>
    plan(
      only(...(ids.length > 0 ? ids : ['base', 'treatment_call'])),
      facts('2026-03-02T15:00:00+08:00', { enteredAt: new Date(`${text.replace(' ', 'T')}:00+08:00`), ...more }),
    )
  const dueOf = (planned: readonly PlannedStep[], id: string) => {
    const found = planned.find(({ step }) => step.id === id)
    return found?.dueAt ? clinic(found.dueAt) : found?.status
  }
  test('a day whose last contact window is over is a missed day, not a contact at night', () => {
    expect(dueOf(enteredAt('2026-03-03 20:29', {}, 'base'), 'guidance_day1')).toMatch(/^03-03 20:2/)
    expect(dueOf(enteredAt('2026-03-03 20:30', {}, 'base'), 'guidance_day1')).toBe('missed_before_entry')
    // A call needs half an hour.
    expect(dueOf(enteredAt('2026-03-03 19:59'), 'consultant_day1')).toMatch(/^03-03 (19:59|20:00)$/)
    expect(dueOf(enteredAt('2026-03-03 20:01'), 'consultant_day1')).toBe('missed_before_entry')
  })
  test('a window contact whose first day is nearly over takes the next open day', () => {
    const opening = closedOn('2026-03-10')
    const planned = enteredAt('2026-03-09 20:45', { opening }, 'injection')
    expect(days(planned)).toMatchObject({ 'injection.days7_10': '2026-03-11' })
  })
  test('two owners of one day keep windows of their own when only one window is left, or a wish is the window', () => {
    const minutes = (planned: readonly PlannedStep[], id: string) => dueOf(planned, id)?.slice(6)
    const late = enteredAt('2026-03-03 13:00', {}, 'treatment_call', 'injection')
    expect(minutes(late, 'consultant_day1')).toMatch(/^1[4-7]/)
    expect(minutes(late, 'day1')).toMatch(/^(19|20)/)
    const wish = { window: { ...WINDOW, preferredTime: { from: '18:00', to: '20:00' } } }
    const wished = enteredAt('2026-03-02 15:00', wish, 'treatment_call', 'injection')
    expect(minutes(wished, 'consultant_day1')).toMatch(/^18/)
    expect(minutes(wished, 'day1')).toMatch(/^19/)
  })
  test('a wished time that is over on the last useful day gives way to the store’s windows', () => {
    const wish = { window: { ...WINDOW, preferredTime: { from: '10:00', to: '11:00' } } }
    expect(dueOf(enteredAt('2026-03-03 12:00', wish, 'base'), 'guidance_day1')).toMatch(/^03-03 12:/)
  })
  test('calls keep to the opening hours, messages to the contact windows', () => {
    const opening = dailyOpening([{ from: '10:00', to: '15:30' }])
    for (const { action, step, dueAt, status } of enteredAt('2026-03-02 15:00', { opening })) {
      if (status !== 'planned' || !dueAt || step.class === 'greeting') continue
      const time = clinic(dueAt).slice(6)
      if (action === 'call')
        expect((time >= '11:00' && time < '12:00') || (time >= '14:30' && time < '15:00')).toBe(true)
    }
    // A day that ends early leaves no room for a late call.
    expect(dueOf(enteredAt('2026-03-03 15:10', { opening }), 'consultant_day1')).toBe('missed_before_entry')
    // Hours that no window meets are no reason to call nobody.
    const night = dailyOpening([{ from: '06:00', to: '08:00' }])
    expect(dueOf(enteredAt('2026-03-02 15:00', { opening: night }), 'cs_day3')).toMatch(/^03-05 11/)
  })
  test('a call of a closed day that is entered on that day moves with its window', () => {
    const planned = enteredAt('2026-03-05 20:10', { opening: closedOn('2026-03-05') })
    expect(days(planned)).toMatchObject({ 'treatment_call.cs_day3': '2026-03-06' })
    expect(planned.find(({ step }) => step.id === 'cs_day3')?.reason).toBe('store_closed')
  })
})
