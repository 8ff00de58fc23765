/** What the clinic's people moved by hand, as the auditor takes it from the clinic's own record. */
import { expect, test } from 'vitest'
import type { HandMove, Treatment } from '../../../simulator/audit/expected.ts'
import { type Claim, judge } from '../../../simulator/audit/judge.ts'
import type { LedgerEntry } from '../../../simulator/ledger.ts'

const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const treatment: Treatment = {
  externalId: 'T1',
  person: 'c1',
  code: 'botulinum',
  storeType: 'clinic',
  storeId: 's',
  endedAt: at('2026-03-02 15:00'),
  enteredAt: at('2026-03-02 15:00'),
}
const claim = (name: string, more: Partial<Claim> = {}): Claim => {
  const [pathway = '', step = ''] = name.split('.')
  return {
    id: `t.${name}`,
    treatmentExternalId: 'T1',
    pathway,
    step,
    status: 'done',
    reason: null,
    mergedInto: null,
    action: 'message',
    messageIds: [name],
    calls: [],
    ...more,
  }
}
const sms = (messageId: string, on: string): LedgerEntry => ({
  at: at(on).toISOString(),
  person: 'c1',
  kind: 'sms',
  messageId,
  channel: 'sms',
  payload: {},
  text: messageId,
})
/** `injection.month3` is promised for 2 June; what became of a step by the end of the year. */
function outcome(
  name: string,
  claims: Claim[],
  arrivals: LedgerEntry[],
  movedByHand: HandMove[],
  more: Partial<Treatment> = {},
  closed: string[] = [],
): string | undefined {
  const { promises } = judge({
    treatments: [{ ...treatment, ...more, movedByHand }],
    calendars: new Map([['s', { closed: new Set(closed) }]]),
    ledger: arrivals,
    claims,
    end: at('2026-12-31 23:00'),
    wishes: new Map(),
  })
  const found = promises.find(({ pathway, step }) => `${pathway}.${step}` === name)
  return found && [found.outcome, found.reason].filter(Boolean).join(' ')
}
const MONTH3 = 'injection.month3'
const moved = (to: HandMove['to'], on: string, step = 'month3', pathway = 'injection'): HandMove => ({
  pathway,
  step,
  to,
  at: at(on),
})
const month3 = [claim(MONTH3, { reason: 'set_by_hand' })]

test('a promise that was moved by hand is kept on its new day, and only there', () => {
  const record = [moved('2026-06-10', '2026-05-20 10:00')]
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-10 11:10')], record)).toBe('kept')
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-02 11:10')], record)).toBe('lost set_by_hand')
})
test('the word of the server alone moves nothing', () => {
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-10 11:10')], [])).toBe('lost set_by_hand')
  const other = [moved('2026-06-10', '2026-05-20 10:00', 'month6')]
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-10 11:10')], other)).toBe('lost set_by_hand')
})
test('a promise that was broken already is not mended by moving it', () => {
  const record = [moved('2026-06-10', '2026-06-03 10:00')]
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-10 11:10')], record)).toBe('lost set_by_hand')
})
test('moved again, the last day counts; put back, the days of the table', () => {
  const twice = [moved('2026-06-10', '2026-05-20 10:00'), moved('2026-06-15', '2026-06-09 10:00')]
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-15 11:10')], twice)).toBe('kept')
  const back = [moved('2026-06-10', '2026-05-20 10:00'), moved('2026-06-02', '2026-05-21 10:00')]
  expect(outcome(MONTH3, month3, [sms(MONTH3, '2026-06-02 11:10')], back)).toBe('kept')
  const window = [moved(['2026-03-12', '2026-03-14'], '2026-03-05 10:00', 'days7_10')]
  const name = 'injection.days7_10'
  const call = { ...sms(name, '2026-03-14 15:00'), kind: 'call' as const, payload: { by: 'u1', outcome: 'answered' } }
  const claims = [
    claim(name, {
      action: 'call',
      calls: [{ byUserId: 'u1', at: at('2026-03-14 15:01').toISOString(), reached: true }],
    }),
  ]
  expect(outcome(name, claims, [call], window)).toBe('kept')
})
test('cancelled by hand explains, when the clinic has recorded it; the word alone does not', () => {
  const cancelled = [claim(MONTH3, { status: 'cancelled', reason: 'cancelled_by_hand', messageIds: [] })]
  expect(outcome(MONTH3, cancelled, [], [moved(null, '2026-05-20 10:00')])).toBe('explained cancelled_by_hand')
  expect(outcome(MONTH3, cancelled, [], [])).toBe('lost cancelled_by_hand')
  // And set again after that.
  const again = [moved(null, '2026-05-20 10:00'), moved('2026-06-10', '2026-05-21 10:00')]
  expect(outcome(MONTH3, cancelled, [], again)).toBe('lost cancelled_by_hand')
})
test('what its contact has taken along goes with it; guidance, and what was never one contact with it, does not', () => {
  const record = [moved('2026-04-08', '2026-03-20 10:00', 'month1')]
  const carrier = claim('injection.month1', { action: 'message', reason: 'set_by_hand' })
  const riding = (name: string) => [carrier, claim(name, { mergedInto: carrier.id, messageIds: [], reason: 'merged' })]
  const arrived = (on: string): LedgerEntry[] => [
    { ...sms('injection.month1', on), kind: 'call', payload: { by: 'u1', outcome: 'answered' } },
  ]
  const called = {
    action: 'call',
    calls: [{ byUserId: 'u1', at: at('2026-04-08 11:11').toISOString(), reached: true }],
  }
  const by = (name: string) => {
    const [host, rider] = riding(name)
    return outcome(name, [{ ...(host as Claim), ...called }, rider as Claim], arrived('2026-04-08 11:10'), record)
  }
  expect(by('base.survey_month1')).toBe('kept')
  expect(by('base.periodic_month3')).toContain('lost')
  expect(by('base.guidance_day7')).toContain('lost')
})
test('a day that nobody had said and somebody set is promised; where none is needed there is none', () => {
  const record = [moved('2026-05-08', '2026-05-06 10:00', 'next_session', 'hair_removal_rf')]
  const name = 'hair_removal_rf.next_session'
  const claims = [claim(name, { reason: 'set_by_hand' })]
  expect(outcome(name, claims, [sms(name, '2026-05-08 11:10')], record, { code: 'rf' })).toBe('kept')
  expect(outcome(name, [], [], record, { code: 'rf' })).toBe('lost not_planned')
  expect(outcome(name, [], [], [], { code: 'rf' })).toBeUndefined()
  expect(outcome(name, [], [], record, { code: 'rf', nextSessionOn: 'none' })).toBeUndefined()
})
test('what a person has set is not taken away by the ward or a shift rule, but by a session that has been', () => {
  const covered = [claim('injection.day1', { status: 'cancelled', reason: 'covered_in_hospital', messageIds: [] })]
  const stay = { dischargedOn: '2026-03-05' }
  expect(outcome('injection.day1', covered, [], [], stay)).toBe('explained covered_in_hospital')
  const record = [moved('2026-03-04', '2026-03-02 16:00', 'day1')]
  expect(outcome('injection.day1', covered, [], record, stay)).toBe('lost covered_in_hospital')
})
test('a call on a day on which the store closed after all has the next opening day', () => {
  const name = 'injection.month1'
  const record = [moved('2026-04-08', '2026-03-20 10:00', 'month1')]
  const claims = [
    claim(name, {
      action: 'call',
      reason: 'store_closed',
      calls: [{ byUserId: 'u1', at: at('2026-04-09 11:11').toISOString(), reached: true }],
    }),
  ]
  const call = { ...sms(name, '2026-04-09 11:10'), kind: 'call' as const, payload: { by: 'u1', outcome: 'answered' } }
  expect(outcome(name, claims, [call], record, {}, ['2026-04-08'])).toBe('kept')
})
