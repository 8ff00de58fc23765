import { describe, expect, test } from 'vitest'
import { gather } from '../../../simulator/audit/evidence.ts'
import type { Treatment } from '../../../simulator/audit/expected.ts'
import { type Claim, judge, type Wishes } from '../../../simulator/audit/judge.ts'
import type { LedgerEntry } from '../../../simulator/ledger.ts'

const treatment: Treatment = {
  externalId: 'T1',
  person: 'c1',
  // Without a pathway of its own.
  code: 'facial',
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
const card = (taskId: string, at: string): LedgerEntry => ({
  at,
  person: 's1',
  kind: 'card',
  messageId: null,
  channel: 'message/send',
  payload: { card: { task_id: `${taskId}-0` } },
  text: '',
})
const byHand = (at: string, text = '护理要点'): LedgerEntry => ({
  at,
  person: 'c1',
  kind: 'sidebar',
  messageId: null,
  channel: 'sendChatMessage',
  payload: { by: 'Staff01' },
  text,
})
const run = (
  claims: Claim[],
  ledger: LedgerEntry[],
  more: Partial<Treatment> = {},
  end = END,
  closed: string[] = [],
  wishes: Wishes = {},
) =>
  judge({
    treatments: [{ ...treatment, ...more }],
    calendars: new Map([['s', { closed: new Set(closed) }]]),
    ledger,
    claims,
    end,
    wishes: new Map([['c1', wishes]]),
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
  test('is explained only by what the world bears out', () => {
    const said = (reason: string, more: Partial<Treatment> = {}, wishes: Wishes = {}) =>
      outcomes(
        run(
          [HONEST[0] as Claim, claim('guidance_day1', { status: 'skipped', reason })],
          [GREETED],
          more,
          END,
          [],
          wishes,
        ),
      ).guidance_day1
    const earlier = new Date('2026-03-03T02:00:00Z')
    const later = new Date('2026-03-03T16:00:00Z')
    expect(said('opted_out')).toBe('lost opted_out')
    expect(said('opted_out', {}, { optedOutAt: earlier })).toBe('explained opted_out')
    expect(said('opted_out', {}, { optedOutAt: later })).toBe('lost opted_out')
    expect(said('deceased')).toBe('lost deceased')
    expect(said('deceased', {}, { diedAt: earlier })).toBe('explained deceased')
    expect(said('treatment_cancelled')).toBe('lost treatment_cancelled')
    expect(said('treatment_cancelled', { cancelledAt: earlier })).toBe('explained treatment_cancelled')
    expect(said('superseded')).toBe('lost superseded')
    expect(said('superseded', { correctedAt: earlier })).toBe('explained superseded')
  })
  test('is not explained by what went wrong in the house', () => {
    for (const reason of [
      'late',
      'quiet_hours',
      'outside_window',
      'rate_limited',
      'upstream_busy',
      'refused',
      'we_were_busy',
    ])
      expect(
        outcomes(run([HONEST[0] as Claim, claim('guidance_day1', { status: 'missed', reason })], [GREETED]))
          .guidance_day1,
      ).toBe(`lost ${reason}`)
  })
  test('was missed before entry only if the treatment was entered after the last contact window of its day', () => {
    const missed = (enteredAt: string) =>
      outcomes(
        run(
          [
            HONEST[0] as Claim,
            claim('guidance_day1', { status: 'missed_before_entry', reason: 'missed_before_entry' }),
          ],
          [GREETED],
          { enteredAt: new Date(enteredAt) },
        ),
      ).guidance_day1
    expect(missed('2026-03-02T07:00:00Z')).toBe('lost missed_before_entry')
    expect(missed('2026-03-03T12:29:00Z')).toBe('lost missed_before_entry')
    expect(missed('2026-03-03T12:30:00Z')).toBe('explained missed_before_entry')
  })
  test('whose day was over when it was entered is explained, whatever took it away later', () => {
    const taken = (enteredAt: string) =>
      outcomes(
        run(
          [HONEST[0] as Claim, claim('guidance_day1', { status: 'cancelled', reason: 'superseded_by_session' })],
          [GREETED],
          { enteredAt: new Date(enteredAt) },
        ),
      ).guidance_day1
    expect(taken('2026-03-03T12:29:00Z')).toBe('lost superseded_by_session')
    expect(taken('2026-03-03T12:30:00Z')).toBe('explained superseded_by_session')
  })
  test('that was kept by the facts of its day stays kept when these are put right', () => {
    // In truth the treatment was on the 1st: its first day was the 2nd.
    const until = new Date('2026-03-03T04:00:00Z')
    const right = new Date('2026-03-01T07:00:00Z')
    const facts = (at: Date) => ({
      endedAt: right,
      correctedAt: at,
      earlier: [{ until: at, was: { endedAt: treatment.endedAt } }],
    })
    expect(outcomes(run(HONEST, [GREETED, GUIDED], facts(until)))).toMatchObject({
      greeting: 'kept',
      guidance_day1: 'kept',
    })
    // Whoever knew better before has no such excuse.
    const before = new Date('2026-03-03T03:00:00Z')
    expect(outcomes(run(HONEST, [GREETED, GUIDED], facts(before)))).toMatchObject({ greeting: 'kept' })
    expect(outcomes(run(HONEST, [GREETED, GUIDED], facts(before))).guidance_day1).toMatch(/^(late|lost)/)
  })
  test('of a correction is missed at entry only where nothing useful was left at that instant', () => {
    const missed = (correctedAt: string) =>
      outcomes(
        run(
          [
            HONEST[0] as Claim,
            claim('guidance_day1', { status: 'missed_before_entry', reason: 'missed_before_entry' }),
          ],
          [GREETED],
          { correctedAt: new Date(correctedAt) },
        ),
      ).guidance_day1
    expect(missed('2026-03-03T12:29:00Z')).toBe('lost missed_before_entry')
    expect(missed('2026-03-03T12:30:00Z')).toBe('explained missed_before_entry')
  })
  test('of a visit is over when it was cancelled or the customer had come, not before', () => {
    const over = (overAt?: string) =>
      run(
        [
          claim('before2', { pathway: 'appointment', status: 'cancelled', reason: 'appointment_over' }),
          claim('before1', { pathway: 'appointment', status: 'cancelled', reason: 'appointment_over' }),
        ],
        [],
        {
          record: 'appointment',
          enteredAt: new Date('2026-02-20T07:00:00Z'),
          ...(overAt ? { overAt: new Date(overAt) } : {}),
        },
      ).promises.map(({ step, outcome }) => `${step} ${outcome}`)
    expect(over()).toEqual(['before2 lost', 'before1 lost'])
    expect(over('2026-02-28T17:00:00Z')).toEqual(['before2 lost', 'before1 explained'])
    expect(over('2026-02-27T17:00:00Z')).toEqual(['before2 explained', 'before1 explained'])
  })
  test('is delegated only by its own card in a hand, inside the window', () => {
    const said = (more: Partial<Claim>, ...ledger: LedgerEntry[]) =>
      outcomes(
        run(
          [HONEST[0] as Claim, claim('guidance_day1', { status: 'delegated', reason: 'no_channel_left', ...more })],
          [GREETED, ...ledger],
        ),
      ).guidance_day1
    expect(said({ taskId: 'send_x' }, card('send_x', '2026-03-03T04:00:00Z'))).toBe('delegated no_channel_left')
    expect(said({ taskId: 'send_x' }, card('send_y', '2026-03-03T04:00:00Z'))).toBe('lost no_channel_left')
    expect(said({ taskId: 'send_x' }, card('send_x', '2026-03-03T16:00:00Z'))).toBe('lost no_channel_left')
    expect(said({}, card('send_x', '2026-03-03T04:00:00Z'))).toBe('lost no_channel_left')
    // Ticked off, and nothing in the world shows it: no more than a card in a hand.
    const ticked = { status: 'done', taskId: 'send_x', handed: { byUserId: 'staff01', at: '2026-03-03T04:20:00Z' } }
    expect(said(ticked, card('send_x', '2026-03-03T04:00:00Z'))).toBe('delegated no_channel_left')
    expect(said(ticked)).toBe('lost no_channel_left')
  })
  test('is kept when staff pass it on by hand, joined by person, member and time', () => {
    const said = (ledger: LedgerEntry, handedAt = '2026-03-03T04:20:00Z') =>
      outcomes(
        run(
          [
            HONEST[0] as Claim,
            claim('guidance_day1', {
              channel: 'staff',
              handed: { byUserId: 'staff01', at: handedAt },
            } as Partial<Claim>),
          ],
          [GREETED, ledger],
        ),
      ).guidance_day1
    const sent = byHand('2026-03-03T04:10:00Z')
    expect(said(sent)).toBe('kept')
    expect(said({ ...sent, person: 'c2' })).toMatch(/^lost/)
    expect(said({ ...sent, payload: { by: 'Staff02' } })).toMatch(/^lost/)
    expect(said(sent, '2026-03-03T06:20:00Z')).toMatch(/^lost/)
  })
  test('that is merged is its target’s contact, in its own window', () => {
    const into = (mergedInto: string) => claim('guidance_day1', { status: 'merged', reason: 'merged', mergedInto })
    const day1 = claim('other', { id: 't.other', messageIds: ['m1'] })
    expect(outcomes(run([HONEST[0] as Claim, into('t.other'), day1], [GREETED, GUIDED]))).toMatchObject({
      guidance_day1: 'kept',
    })
    // Yesterday's greeting is no contact of today.
    expect(outcomes(run([HONEST[0] as Claim, into('t.base.greeting')], [GREETED]))).toMatchObject({
      guidance_day1: 'lost merged',
    })
  })
  test('that is merged into a contact which never came, or into nothing, is lost', () => {
    const into = (mergedInto: string) => claim('guidance_day1', { status: 'merged', reason: 'merged', mergedInto })
    const planned = claim('other', { id: 't.other', status: 'planned' })
    expect(outcomes(run([HONEST[0] as Claim, into('t.other'), planned], [GREETED])).guidance_day1).toMatch(/^lost/)
    expect(outcomes(run([HONEST[0] as Claim, into('t.nowhere')], [GREETED])).guidance_day1).toMatch(/^lost/)
    // A chain of merges ends nowhere, too.
    const chain = claim('other', { id: 't.other', status: 'merged', mergedInto: 't.base.greeting' })
    expect(outcomes(run([HONEST[0] as Claim, into('t.other'), chain], [GREETED])).guidance_day1).toMatch(/^lost/)
  })
  test('of a closed list’s own store is read in that store’s zone', () => {
    const verdict = judge({
      treatments: [{ ...treatment, endedAt: new Date('2026-03-02T16:30:00Z') }],
      calendars: new Map([['s', { closed: new Set<string>(), timeZone: 'Asia/Tokyo' }]]),
      ledger: [],
      claims: [],
      end: new Date('2026-03-05T16:00:00Z'),
    })
    expect(verdict.promises.find(({ step }) => step === 'guidance_day1')).toMatchObject({
      from: '2026-03-03T15:00:00.000Z',
      to: '2026-03-04T15:00:00.000Z',
    })
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
    const words = '【华颜】刚才致电未能接通，请回电'
    expect(of([called(missed)], [rang, sms('m9', '2026-03-03T03:31:00Z', words)])).toBe('kept')
    // The announcing message that was slow is not word of a missed call.
    expect(of([called(missed)], [rang, sms('m9', '2026-03-03T03:31:00Z', '稍后将致电')])).toMatch(/^lost/)
    const handed = { byUserId: 'staff01', at: '2026-03-03T03:50:00Z' }
    expect(of([called({ ...missed, handed })], [rang, byHand('2026-03-03T03:45:00Z', words)])).toBe('kept')
    expect(of([called(missed)], [rang])).toMatch(/^lost/)
    expect(of([called(missed)], [sms('m9', '2026-03-03T03:00:00Z', words), rang])).toMatch(/^lost/)
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

describe('a call that others lean on', () => {
  const hospital = { storeType: 'hospital' as const }
  test('counts for one step only, and not as a message', () => {
    const reached = [{ byUserId: 'staff01', at: '2026-03-03T03:30:00Z', reached: true }]
    const one = claim('consultant_day1', { id: 't.a', pathway: 'treatment_call', action: 'call', calls: reached })
    const two = claim('guidance_day1', { id: 't.b', action: 'call', calls: reached })
    const verdict = outcomes(run([one, two], [call('2026-03-03T03:20:00Z', 'answered')], hospital))
    expect([verdict.consultant_day1, verdict.guidance_day1].filter((outcome) => outcome === 'kept')).toHaveLength(1)
  })
  test('is not kept by a message that the server made of it', () => {
    const message = claim('consultant_day1', { pathway: 'treatment_call', messageIds: ['m1'] })
    expect(outcomes(run([message], [GUIDED], hospital)).consultant_day1).toMatch(/^lost/)
    // Nor by riding on one.
    const merged = claim('consultant_day1', {
      pathway: 'treatment_call',
      status: 'merged',
      mergedInto: 't.base.guidance_day1',
    })
    expect(outcomes(run([merged, HONEST[1] as Claim], [GUIDED], hospital)).consultant_day1).toMatch(/^lost/)
  })
  test('is explained as unreachable by three calls in vain, not by the word', () => {
    const vain = ['2026-03-03T03:20:00Z', '2026-03-04T03:20:00Z', '2026-03-05T03:20:00Z']
    const said = (calls: string[]) =>
      outcomes(
        run(
          [
            claim('consultant_day1', {
              pathway: 'treatment_call',
              action: 'call',
              status: 'unreachable',
              reason: 'unreachable',
              calls: vain.map((at) => ({ byUserId: 'staff01', at, reached: false })),
            }),
          ],
          calls.map((at) => call(at, 'no_answer')),
          hospital,
        ),
      ).consultant_day1
    expect([said(vain), said(vain.slice(0, 2))]).toEqual(['explained unreachable', 'lost unreachable'])
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

describe('a call that closed days would move behind the next session', () => {
  const next = {
    storeType: 'hospital' as const,
    course: { session: 1, of: 3 },
    nextDoneOn: '2026-03-05',
    nextDoneAt: new Date('2026-03-05T04:00:00Z'),
  }
  const end = new Date('2026-05-08T16:00:00Z')
  const judged = (step: string, more: Partial<Claim>, ledger: LedgerEntry[], closed: string[]) =>
    outcomes(run([claim(step, { pathway: 'treatment_call', action: 'call', ...more })], ledger, next, end, closed))[
      step
    ]
  const taken = { status: 'cancelled', reason: 'superseded_by_session' } as const
  const missed = { status: 'missed_before_entry', reason: 'missed_before_entry' } as const
  const CALLED = '2026-03-06T03:20:00Z'
  const moved = { reason: 'store_closed', calls: [{ byUserId: 'staff01', at: CALLED, reached: true }] }

  test('is superseded by it: of a day that is closed as of a window', () => {
    expect(judged('cs_day3', taken, [], ['2026-03-05'])).toBe('explained superseded_by_session')
    expect(judged('cs_day3', taken, [], [])).toBe('lost superseded_by_session')
    const window = ['2026-03-04', '2026-03-05']
    expect(judged('consultant_month', taken, [], window)).toBe('explained superseded_by_session')
    expect(judged('consultant_month', taken, [], ['2026-03-05'])).toBe('lost superseded_by_session')
  })
  test('is missed where the last open day before it was over', () => {
    expect(judged('consultant_month', missed, [], ['2026-03-05'])).toBe('explained missed_before_entry')
    expect(judged('consultant_month', missed, [], [])).toBe('lost missed_before_entry')
  })
  test('and is made behind it all the same, is late', () => {
    expect(judged('consultant_month', moved, [call(CALLED, 'answered')], ['2026-03-05'])).toBe('late store_closed')
  })
})

test('a message that arrives twice is doubled, under the same id or in the same words', () => {
  const twice = [claim('greeting', { messageIds: ['m0', 'm0b'] })]
  expect(run(twice, [GREETED, sms('m0b', '2026-03-02T07:06:00Z')]).duplicated).toHaveLength(1)
  expect(run(HONEST, [GREETED, sms('stray', '2026-03-02T08:00:00Z', 'm0')]).duplicated).toHaveLength(1)
  expect(run(HONEST, [GREETED, GUIDED]).duplicated).toEqual([])
})
test('a step that was merged and says its words once more, and a second talk about one step, are doubled', () => {
  const merged = claim('guidance_day1', { status: 'merged', mergedInto: 't.base.greeting', messageIds: ['m1'] })
  expect(run([HONEST[0] as Claim, merged], [GREETED, GUIDED]).duplicated).toHaveLength(1)
  const talks = ['2026-03-03T03:20:00Z', '2026-03-03T07:20:00Z']
  const called = claim('consultant_day1', {
    pathway: 'treatment_call',
    action: 'call',
    calls: talks.map((at) => ({ byUserId: 'staff01', at, reached: true })),
  })
  const hospital = { storeType: 'hospital' as const }
  expect(
    run(
      [called],
      talks.map((at) => call(at, 'answered')),
      hospital,
    ).duplicated,
  ).toHaveLength(1)
})
test('a message in the night is found although its promise is kept', () => {
  const night = run(HONEST, [GREETED, sms('m1', '2026-03-02T19:00:00Z')])
  expect(outcomes(night).guidance_day1).toBe('kept')
  expect(night.atNight).toHaveLength(1)
  expect(
    run(HONEST, [sms('m0', '2026-03-02T14:59:00Z'), GUIDED], { endedAt: new Date('2026-03-02T14:30:00Z') }).atNight,
  ).toEqual([])
  expect(
    run(HONEST, [sms('m0', '2026-03-02T15:00:00Z'), GUIDED], { endedAt: new Date('2026-03-02T14:30:00Z') }).atNight,
  ).toHaveLength(1)
})
test('a message that no step owns is shown; questions of a conversation belong to none', () => {
  const verdict = run(HONEST, [
    GREETED,
    GUIDED,
    sms('x', '2026-03-03T05:00:00Z'),
    sms('y', '2026-03-03T06:00:00Z', '满意吗？请点选：'),
  ])
  expect(verdict.unclaimed.map(({ text }) => text)).toEqual(['x'])
})

describe('a message that a member tapped to send', () => {
  const tap = (at: string, by: string | undefined = 'Staff01', person = 'c1'): LedgerEntry => ({
    at,
    person,
    kind: 'mass',
    messageId: 'mass1',
    channel: 'externalcontact/add_msg_template',
    payload: by === undefined ? { msgId: 'mass1' } : { by, msgId: 'mass1' },
    text: '护理要点',
  })
  const tapped = (at: string, more: Partial<Claim> = {}) =>
    claim('guidance_day1', { messageIds: ['mass1'], confirmed: { byUserId: 'staff01', at }, ...more })
  const [greeting] = HONEST
  if (!greeting) throw new Error('no greeting')
  const AT = '2026-03-03T03:20:00Z'

  test('joins by person, member and time, also where others got it under the same id', () => {
    const ledger = [
      GREETED,
      tap(AT),
      tap(AT, 'Staff01', 'c2'),
      { ...tap(AT), person: 's1', payload: { msgId: 'mass1' } },
    ]
    expect(outcomes(run([greeting, tapped(AT)], ledger))).toMatchObject({ guidance_day1: 'kept' })
  })
  test('by another member, to another person or hours apart it is no evidence', () => {
    for (const entry of [tap(AT, 'Staff02'), tap(AT, 'Staff01', 'c2'), tap('2026-03-03T05:00:00Z')])
      expect(outcomes(run([greeting, tapped(AT)], [GREETED, entry]))).toMatchObject({
        guidance_day1: 'lost no_evidence',
      })
  })
  test('its id alone proves nothing', () => {
    const named = claim('guidance_day1', { messageIds: ['mass1'] })
    const verdict = run([greeting, named], [GREETED, tap(AT)])
    expect(outcomes(verdict)).toMatchObject({ guidance_day1: 'lost no_evidence' })
    expect(verdict.unclaimed).toHaveLength(1)
  })
  test('one arrival stands for one claim', () => {
    const claims = [tapped(AT), claim('guidance_day2', { confirmed: { byUserId: 'staff01', at: AT } })]
    const { tapped: found } = gather([tap(AT)], claims, () => 'c1')
    expect(claims.flatMap(found)).toHaveLength(1)
  })
  test('and passed on by hand as well is a double', () => {
    const both = tapped(AT, { handed: { byUserId: 'staff01', at: '2026-03-03T06:00:00Z' } })
    expect(run([greeting, both], [GREETED, tap(AT), byHand('2026-03-03T06:00:00Z')]).duplicated).toHaveLength(1)
    expect(run([greeting, tapped(AT)], [GREETED, tap(AT)]).duplicated).toEqual([])
  })
  test('is the word after a call in vain as well', () => {
    const called = (more: Partial<Claim> = {}) =>
      claim('guidance_day1', {
        action: 'call',
        status: 'missed',
        reason: 'staff_overdue',
        calls: [{ byUserId: 'staff01', at: AT, reached: false }],
        ...more,
      })
    const ledger = [GREETED, call(AT, 'no_answer'), { ...tap('2026-03-03T03:40:00Z'), text: '刚才致电未能接通' }]
    const confirmed = { byUserId: 'staff01', at: '2026-03-03T03:40:00Z' }
    const verdict = run([greeting, called({ messageIds: ['mass1'], confirmed })], ledger)
    expect(outcomes(verdict)).toMatchObject({ guidance_day1: 'kept' })
    expect([verdict.unclaimed, verdict.duplicated]).toEqual([[], []])
    expect(outcomes(run([greeting, called({ messageIds: ['mass1'] })], ledger))).not.toMatchObject({
      guidance_day1: 'kept',
    })
  })
  test('in the quiet hours is seen', () => {
    expect(
      run([greeting, tapped('2026-03-03T14:00:00Z')], [GREETED, tap('2026-03-03T14:00:00Z')]).atNight,
    ).toHaveLength(1)
  })
})
