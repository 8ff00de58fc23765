/** The auditor's own arithmetic: the days of each pathway and shift rule (domain 3 and 4), as literals. */
import { describe, expect, test } from 'vitest'
import { type Calendar, expectedOf, type Treatment, takenBy, windowOf } from '../../../simulator/audit/expected.ts'
import { type Claim, judge } from '../../../simulator/audit/judge.ts'
import { related } from '../../../simulator/audit/relations.ts'

const treatment = (code: string, endedAt: string, more: Partial<Treatment> = {}): Treatment => {
  const at = new Date(`${endedAt.replace(' ', 'T')}:00+08:00`)
  const own = { externalId: 'T1', person: 'c1', storeType: 'clinic' as const, storeId: 's' }
  return { ...own, code, endedAt: at, enteredAt: at, ...more }
}
const OPEN: Calendar = { closed: new Set() }
const day = (at: Date) => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(0, 10)
/** `2026-03-09` or `2026-03-09..2026-03-12`: first and last day of each promise of a pathway, or why there is none. */
function days(one: Treatment, pathway: string, calendar = OPEN): Record<string, string> {
  return Object.fromEntries(
    expectedOf(one)
      .filter((expected) => expected.pathway === pathway)
      .map(({ step, row }) => {
        const taken = takenBy(row, one, calendar)
        const { from, to } = windowOf(row, one, calendar)
        const [first, last] = [day(from), day(new Date(to.getTime() - 1))]
        return [step, taken ?? (first === last ? first : `${first}..${last}`)]
      }),
  )
}

test('hair_removal_rf', () => {
  expect(days(treatment('rf', '2026-03-02 15:00', { nextSessionOn: '2026-04-13' }), 'hair_removal_rf')).toEqual({
    day1: '2026-03-03',
    days7_10: '2026-03-09..2026-03-12',
    next_session: '2026-04-11',
  })
  expect(days(treatment('hair_removal', '2026-03-02 15:00'), 'hair_removal_rf')).not.toHaveProperty('next_session')
})
test('laser_skin', () => {
  expect(days(treatment('ipl', '2026-02-26 15:00', { nextSessionOn: '2026-03-31' }), 'laser_skin')).toEqual({
    day1: '2026-02-27',
    days3_5: '2026-03-01..2026-03-03',
    days10_12: '2026-03-08..2026-03-10',
    next_session: '2026-03-29',
  })
})
test('surgery: the whole first year', () => {
  expect(days(treatment('rhinoplasty', '2026-08-31 15:00'), 'surgery')).toEqual({
    day1: '2026-09-01',
    day3: '2026-09-03',
    suture_before: '2026-09-06',
    suture_day: '2026-09-07',
    suture_after: '2026-09-08',
    day10: '2026-09-10',
    month1: '2026-09-30',
    month3: '2026-11-30',
    month6: '2027-02-28',
    month12: '2027-08-31',
  })
})
describe('sutures', () => {
  test('FUT on day 10, so that day 10 becomes day 13; FUE has none', () => {
    const transplant = (technique: string) =>
      days(treatment('hair_transplant', '2026-03-02 15:00', { technique }), 'hair_transplant')
    expect(transplant('fut')).toMatchObject({ suture_day: '2026-03-12', day10: '2026-03-15', month1: '2026-04-02' })
    expect(transplant('fue')).not.toHaveProperty('suture_day')
    expect(transplant('fue')).toMatchObject({ day10: '2026-03-12' })
  })
  test('canthoplasty on day 10, a thread lift has none, the record wins', () => {
    expect(days(treatment('canthoplasty', '2026-03-02 15:00'), 'surgery')).toMatchObject({ suture_day: '2026-03-12' })
    expect(days(treatment('thread_lift', '2026-03-02 15:00'), 'surgery')).not.toHaveProperty('suture_day')
    expect(days(treatment('thread_lift', '2026-03-02 15:00', { suturesOn: '2026-03-14' }), 'surgery')).toMatchObject({
      suture_before: '2026-03-13',
      suture_after: '2026-03-15',
      day10: '2026-03-17',
    })
  })
  test('an unknown technique promises no suture day', () => {
    expect(days(treatment('hair_transplant', '2026-03-02 15:00'), 'hair_transplant')).not.toHaveProperty('suture_day')
  })
})
test('course: who comes between, and what comes after', () => {
  const session = (n: number) =>
    treatment('ipl', '2026-03-02 15:00', { course: { session: n, of: 3 }, storeType: 'hospital' })
  expect(days(session(2), 'treatment_call')).toMatchObject({ cs_day3: '2026-03-05', consultant_day1: 'course_between' })
  expect(days(session(1), 'treatment_call')).toMatchObject({ consultant_day1: '2026-03-03' })
  expect(days({ ...session(2), nextSessionOn: '2026-04-02' }, 'course')).toEqual({ next_session: '2026-03-31' })
  expect(days({ ...session(3), nextSessionOn: '2026-09-02' }, 'course')).toEqual({ next_course: '2026-09-02' })
})
test('product: each kind on its own day, and nothing else', () => {
  const bought = treatment('product', '2026-03-02 15:00', {
    record: 'purchase',
    products: ['make_up', 'skin_care', 'device'],
  })
  expect(days(bought, 'product')).toEqual({ skin_care: '2026-03-16', make_up: '2026-03-09', device: '2026-04-01' })
  expect(expectedOf(bought)).toHaveLength(3)
})
test('salon: monthly until the next visit', () => {
  expect(days(treatment('salon_care', '2026-01-31 15:00', { nextDoneOn: '2026-03-20' }), 'salon')).toMatchObject({
    day3: '2026-02-03',
    month1: '2026-02-28',
    month2: 'superseded_by_session',
    month6: 'superseded_by_session',
  })
})
test('appointment: two days and one day before', () => {
  expect(days(treatment('ipl', '2026-03-02 10:00', { record: 'appointment' }), 'appointment')).toEqual({
    before2: '2026-02-28',
    before1: '2026-03-01',
  })
})
test('the ward covers what is due during the stay', () => {
  expect(days(treatment('liposuction', '2026-03-02 15:00', { dischargedOn: '2026-03-09' }), 'surgery')).toMatchObject({
    day1: 'covered_in_hospital',
    suture_before: 'covered_in_hospital',
    suture_day: '2026-03-09',
    day10: '2026-03-12',
  })
})
test('who is in hospital until nobody knows when is the ward’s', () => {
  const stays = treatment('liposuction', '2026-03-02 15:00', { inHospital: true })
  expect(days(stays, 'surgery')).toMatchObject({ day1: 'covered_in_hospital', month3: 'covered_in_hospital' })
})
test('what is taken away keeps the days that it was promised for', () => {
  const [row] = expectedOf(treatment('salon_care', '2026-03-02 15:00')).filter(({ step }) => step === 'month2')
  const { from, to } = windowOf(
    row?.row as never,
    treatment('salon_care', '2026-03-02 15:00', { nextDoneOn: '2026-03-20' }),
    OPEN,
  )
  expect([day(from), day(new Date(to.getTime() - 1))]).toEqual(['2026-05-02', '2026-05-02'])
})
describe('the next session is the booked visit’s day', () => {
  const visit = (endedAt: string, more: Partial<Treatment> = {}) =>
    treatment('ipl', endedAt, {
      externalId: `A-${endedAt}`,
      record: 'appointment',
      enteredAt: at('2026-03-03 09:00'),
      ...more,
    })
  const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
  const next = (...visits: Treatment[]) => {
    const first = treatment('ipl', '2026-03-02 15:00', { nextSessionOn: '2026-04-20' })
    const [one] = related([first, ...visits], new Map())
    return [one?.nextSessionOn, ...(one?.earlier ?? []).map(({ until, was }) => `${day(until)} ${was.nextSessionOn}`)]
  }
  test('and until it was booked the doctor’s', () => {
    expect(next()).toEqual(['2026-04-20'])
    expect(next(visit('2026-04-02 10:00'))).toEqual(['2026-04-02', '2026-03-03 2026-04-20'])
  })
  test('moved, it has the new day; cancelled, the doctor’s again', () => {
    const moved = visit('2026-04-09 10:00', {
      correctedAt: at('2026-03-29 10:00'),
      earlier: [{ until: at('2026-03-29 10:00'), was: { endedAt: at('2026-04-02 10:00') } }],
    })
    expect(next(moved)).toEqual(['2026-04-09', '2026-03-03 2026-04-20', '2026-03-29 2026-04-02'])
    const cancelled = visit('2026-04-02 10:00', { cancelledAt: at('2026-03-28 10:00') })
    expect(next(cancelled)).toEqual(['2026-04-20', '2026-03-28 2026-04-02'])
  })
  test('that of another kind, of another person or of the day itself is not', () => {
    const others = [
      visit('2026-03-02 10:00'),
      visit('2026-04-02 10:00', { person: 'c2' }),
      visit('2026-04-02 10:00', { code: 'rf' }),
    ]
    expect(next(...others)).toEqual(['2026-04-20'])
  })
  test('whoever came as arranged was to be reminded before', () => {
    const reminder = (doneOn: string) =>
      days(treatment('ipl', '2026-03-02 15:00', { nextSessionOn: '2026-04-02', nextDoneOn: doneOn }), 'laser_skin')
        .next_session
    expect(reminder('2026-04-02')).toBe('2026-03-31')
    expect(reminder('2026-03-31')).toBe('superseded_by_session')
  })
})
test('a further operation takes along what was still to come; more than a year later it takes nothing', () => {
  const second = (on: string) => treatment('liposuction', `${on} 15:00`, { externalId: 'T2' })
  const first = (on: string) =>
    days(related([treatment('rhinoplasty', '2026-03-02 15:00'), second(on)], new Map())[0] as Treatment, 'surgery')
  expect(first('2026-04-20')).toMatchObject({
    suture_day: '2026-03-09',
    day10: '2026-03-12',
    month1: '2026-04-02',
    month3: '2026-07-20',
    month12: '2027-04-20',
  })
  expect(first('2027-04-20')).toMatchObject({ month12: '2027-03-02' })
})
test('with late stitches of the further operation, day 10 of the first is one with day 13 of the second', () => {
  const [first] = related(
    [treatment('rhinoplasty', '2026-03-02 15:00'), treatment('canthoplasty', '2026-03-06 15:00', { externalId: 'T2' })],
    new Map(),
  )
  expect(days(first as Treatment, 'surgery')).toMatchObject({ day3: '2026-03-05', day10: '2026-03-19' })
})

describe('a reason of the rules explains only what the world bears out:', () => {
  const claim = (step: string, reason: string): Claim => ({
    id: `t.laser_skin.${step}`,
    treatmentExternalId: 'T1',
    pathway: 'laser_skin',
    step,
    status: 'cancelled',
    reason,
    mergedInto: null,
    action: 'call',
    messageIds: [],
    calls: [],
  })
  const outcome = (reason: string, others: Treatment[], more: Partial<Treatment> = {}) =>
    judge({
      treatments: [treatment('ipl', '2026-03-02 15:00', more), ...others],
      calendars: new Map(),
      ledger: [],
      claims: [claim('days10_12', reason)],
      end: new Date('2026-03-16T00:00:00Z'),
    }).promises.find(({ treatment: one, step }) => one === 'T1' && step === 'days10_12')?.outcome
  const course = (session: number) => ({ course: { session, of: 3 } })
  test('superseded_by_session', () => {
    const next = (on: string) => [treatment('ipl', `${on} 15:00`, { externalId: 'T2', ...course(2) })]
    expect(outcome('superseded_by_session', next('2026-03-10'), course(1))).toBe('explained')
    expect(outcome('superseded_by_session', [], course(1))).toBe('lost')
    expect(outcome('superseded_by_session', next('2026-03-13'), course(1))).toBe('lost')
    // Without a course a laser contact doesn't end with the next treatment.
    expect(outcome('superseded_by_session', next('2026-03-10'))).toBe('lost')
  })
  test('covered_in_hospital', () => {
    expect(outcome('covered_in_hospital', [], { dischargedOn: '2026-03-15' })).toBe('explained')
    expect(outcome('covered_in_hospital', [], { dischargedOn: '2026-03-14' })).toBe('lost')
    expect(outcome('covered_in_hospital', [])).toBe('lost')
  })
  test('of a shared contact each promise needs it for itself', () => {
    const shared = (dischargedOn: string) =>
      judge({
        treatments: [treatment('ipl', '2026-03-02 15:00', { dischargedOn })],
        calendars: new Map(),
        ledger: [],
        claims: [
          claim('days10_12', 'covered_in_hospital'),
          { ...claim('days3_5', 'merged'), status: 'merged', mergedInto: 't.laser_skin.days10_12' },
        ],
        end: new Date('2026-03-16T00:00:00Z'),
      })
        .promises.filter(({ pathway, step }) => pathway === 'laser_skin' && step.startsWith('days'))
        .map(({ step, outcome }) => `${step} ${outcome}`)
    expect(shared('2026-03-15')).toEqual(['days3_5 explained', 'days10_12 explained'])
    expect(shared('2026-03-08')).toEqual(['days3_5 explained', 'days10_12 lost'])
  })
  test('course_between is the consultant’s alone', () => {
    expect(outcome('course_between', [], course(2))).toBe('lost')
  })
})
