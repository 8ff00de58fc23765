import { describe, expect, test } from 'vitest'
import type { Treatment } from '../../../simulator/audit/expected.ts'
import { type Claim, judge } from '../../../simulator/audit/judge.ts'
import type { LedgerEntry } from '../../../simulator/ledger.ts'

const treatment: Treatment = {
  externalId: 'T1',
  person: 'c1',
  code: 'ipl',
  storeType: 'salon',
  storeId: 's',
  endedAt: new Date('2026-03-02T07:00:00Z'),
  enteredAt: new Date('2026-03-02T07:00:00Z'),
}
/** Only the greeting and day 1 have ended by then. */
const END = new Date('2026-03-03T16:00:00Z')

const claim = (step: string, more: Partial<Claim> = {}): Claim => ({
  id: `t.base.${step}`,
  treatmentExternalId: 'T1',
  pathway: 'base',
  step,
  status: 'done',
  reason: null,
  mergedInto: null,
  action: 'message',
  messageIds: [],
  calls: [],
  ...more,
})
const sms = (messageId: string, at: string, text = messageId): LedgerEntry => ({
  at,
  person: 'c1',
  kind: 'sms',
  messageId,
  channel: 'sms',
  payload: {},
  text,
})
const call = (at: string, outcome: string): LedgerEntry => ({
  at,
  person: 'c1',
  kind: 'call',
  messageId: null,
  channel: 'phone',
  payload: { by: 'Staff01', outcome },
  text: outcome,
})
const run = (claims: Claim[], ledger: LedgerEntry[], more: Partial<Treatment> = {}, end = END, closed: string[] = []) =>
  judge({
    treatments: [{ ...treatment, ...more }],
    calendars: new Map([['s', { closed: new Set(closed) }]]),
    ledger,
    claims,
    end,
  })
const outcomes = (verdict: ReturnType<typeof judge>) =>
  Object.fromEntries(
    verdict.promises.map(({ step, outcome, reason }) => [step, reason ? `${outcome} ${reason}` : outcome]),
  )

const GREETED = sms('m0', '2026-03-02T07:05:00Z')
const GUIDED = sms('m1', '2026-03-03T03:20:00Z')
const HONEST = [claim('greeting', { messageIds: ['m0'] }), claim('guidance_day1', { messageIds: ['m1'] })]

describe('a promise', () => {
  test('is kept when the ledger shows it inside its window', () => {
    expect(outcomes(run(HONEST, [GREETED, GUIDED]))).toEqual({ greeting: 'kept', guidance_day1: 'kept' })
  })
  test('that the plan lacks is lost', () => {
    expect(outcomes(run(HONEST.slice(0, 1), [GREETED, GUIDED]))).toMatchObject({ guidance_day1: 'lost not_planned' })
  })
  test('that the server claims without evidence is lost', () => {
    expect(outcomes(run(HONEST, [GREETED]))).toMatchObject({ guidance_day1: 'lost no_evidence' })
  })
  test('that reached somebody else is lost', () => {
    expect(outcomes(run(HONEST, [GREETED, { ...GUIDED, person: 'c2' }]))).toMatchObject({
      guidance_day1: 'lost no_evidence',
    })
  })
  test('is late within a day after, lost beyond', () => {
    const end = new Date('2026-03-06T16:00:00Z')
    expect(
      outcomes(run(HONEST, [sms('m0', '2026-03-02T09:30:00Z'), sms('m1', '2026-03-05T03:00:00Z')], {}, end)),
    ).toMatchObject({ greeting: 'late', guidance_day1: 'lost no_evidence' })
  })
  test('before its window is not kept', () => {
    expect(outcomes(run(HONEST, [GREETED, sms('m1', '2026-03-02T15:59:00Z')]))).toMatchObject({
      guidance_day1: 'lost no_evidence',
    })
  })
  test('is explained by a reason of the closed list only', () => {
    const with_ = (reason: string) =>
      outcomes(run([HONEST[0] as Claim, claim('guidance_day1', { status: 'skipped', reason })], [GREETED]))
        .guidance_day1
    expect([with_('opted_out'), with_('we_were_busy')]).toEqual(['explained opted_out', 'lost we_were_busy'])
  })
  test('that is merged is its target’s contact', () => {
    const merged = claim('guidance_day1', { status: 'merged', reason: 'merged', mergedInto: 't.base.greeting' })
    expect(outcomes(run([HONEST[0] as Claim, merged], [GREETED]))).toMatchObject({ guidance_day1: 'kept' })
  })
  test('whose window has not ended is none yet', () => {
    expect(Object.keys(outcomes(run(HONEST, [GREETED, GUIDED])))).toEqual(['greeting', 'guidance_day1'])
  })
})

describe('a call', () => {
  const hospital = { storeType: 'hospital' as const }
  const called = (more: Partial<Claim>) =>
    claim('consultant_day1', { id: 't.call', pathway: 'treatment_call', action: 'call', ...more })
  const of = (claims: Claim[], ledger: LedgerEntry[]) => outcomes(run(claims, ledger, hospital)).consultant_day1
  test('is kept by an answered call', () => {
    expect(
      of(
        [called({ calls: [{ byUserId: 'staff01', at: '2026-03-03T03:30:00Z', reached: true }] })],
        [call('2026-03-03T03:20:00Z', 'answered')],
      ),
    ).toBe('kept')
  })
  test('is kept by an attempt and the message after it, not by the attempt alone', () => {
    const missed = { calls: [{ byUserId: 'staff01', at: '2026-03-03T03:30:00Z', reached: false }], messageIds: ['m9'] }
    const rang = call('2026-03-03T03:20:00Z', 'no_answer')
    expect(of([called(missed)], [rang, sms('m9', '2026-03-03T03:31:00Z')])).toBe('kept')
    expect(of([called(missed)], [rang])).toMatch(/^lost/)
    expect(of([called(missed)], [sms('m9', '2026-03-03T03:00:00Z'), rang])).toMatch(/^lost/)
  })
  test('is not kept by the announcing message alone, nor by a call that the server only claims', () => {
    expect(of([called({ messageIds: ['m9'] })], [sms('m9', '2026-03-03T03:10:00Z')])).toMatch(/^lost/)
    expect(of([called({ calls: [{ byUserId: 'staff01', at: '2026-03-03T03:30:00Z', reached: true }] })], [])).toMatch(
      /^lost/,
    )
    expect(
      of(
        [called({ calls: [{ byUserId: 'staff01', at: '2026-03-03T03:30:00Z', reached: true }] })],
        [call('2026-03-03T03:20:00Z', 'busy')],
      ),
    ).toMatch(/^lost/)
  })
})

describe('windows of the auditor’s own', () => {
  test('a treatment after 23:00 promises its greeting from nine to eleven', () => {
    const late = { endedAt: new Date('2026-03-02T15:10:00Z'), enteredAt: new Date('2026-03-02T15:10:00Z') }
    expect(
      outcomes(
        run(
          [claim('greeting', { messageIds: ['m0'] })],
          [sms('m0', '2026-03-03T01:05:00Z')],
          late,
          new Date('2026-03-03T04:00:00Z'),
        ),
      ),
    ).toMatchObject({ greeting: 'kept' })
  })
  test('a call on a closed day is promised for the next opening day', () => {
    const expected = run([], [], { storeType: 'hospital' }, new Date('2026-03-08T16:00:00Z'), [
      '2026-03-05',
    ]).promises.find(({ step }) => step === 'cs_day3')
    expect(expected).toMatchObject({ from: '2026-03-05T16:00:00.000Z', to: '2026-03-06T16:00:00.000Z' })
  })
})

test('a message that arrives twice is doubled, under the same id or in the same words', () => {
  const twice = [claim('greeting', { messageIds: ['m0', 'm0b'] })]
  expect(run(twice, [GREETED, sms('m0b', '2026-03-02T07:06:00Z')]).duplicated).toHaveLength(1)
  expect(run(HONEST, [GREETED, sms('stray', '2026-03-02T08:00:00Z', 'm0')]).duplicated).toHaveLength(1)
  expect(run(HONEST, [GREETED, GUIDED]).duplicated).toEqual([])
})
