/** The judge of fault runs, on worlds made by hand: a good one passes, and each way of being bad is found. */
import { describe, expect, test } from 'vitest'
import { type Contact, type Evidence, judgeRun } from '../../../scripts/chaos/judge.ts'
import type { LedgerEntry } from '../../../simulator/index.ts'

const AT = '2026-03-03T01:00:00.000Z'
const entry = (kind: LedgerEntry['kind'], messageId: string, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  at: AT,
  person: 'c1',
  kind,
  messageId,
  channel: kind === 'kf' ? 'kf/send_msg' : kind === 'subscribe' ? 'subscribe/send' : 'message/send',
  payload: {},
  text: `${kind} ${messageId}`,
  ...more,
})
const card = (taskId: string, messageId: string, person = 's1') =>
  entry('card', messageId, { person, payload: { card: { task_id: `${taskId}-0` } } })
const contact = (id: string, more: Partial<Contact> = {}): Contact => ({
  id,
  person: 'c1',
  key: `${id} main`,
  stepId: id,
  status: 'sent',
  channel: 'kf',
  reason: null,
  messageId: `m-${id}`,
  takenIds: [`m-${id}`],
  isDue: false,
  ...more,
})
const promise = (step: string, outcome: 'kept' | 'delegated' | 'explained' | 'lost', reason: string | null = null) => ({
  id: `T1.base.${step}`,
  person: 'c1',
  treatment: 'T1',
  pathway: 'base',
  step,
  audience: 'customer' as const,
  from: AT,
  to: AT,
  outcome,
  reason,
  messageIds: [],
})
const claim = (
  step: string,
  id: string,
  mergedInto: string | null = null,
  more: Partial<Evidence['claims'][0]> = {},
) => ({
  id,
  treatmentExternalId: 'T1',
  pathway: 'base',
  step,
  mergedInto,
  action: 'message',
  status: 'done',
  reason: null,
  ...more,
})
const task = (id: string, kind = 'check_message', stepIds: string[] = []) => ({
  id,
  kind,
  status: 'open',
  ownerUserId: 'staff01',
  stepIds,
})

/** One message sent; one notice unknown that did arrive, with its task and card; two promises, one of them merged. */
const good = (): Evidence => ({
  verdict: {
    promises: [promise('greeting', 'kept'), promise('day1', 'delegated', 'send_unknown')],
    duplicated: [],
    atNight: [],
    unclaimed: [],
    unexpected: [],
    overCap: [],
    unasked: [],
  },
  claims: [claim('greeting', 'a'), claim('day1', 'merged-b', 'b')],
  ledger: [entry('kf', 'm-a'), entry('subscribe', 'x1'), card('send_b', 'm-card')],
  contacts: [
    contact('a'),
    contact('b', { status: 'unknown', channel: 'subscribe', reason: 'send_unknown', messageId: null, takenIds: [] }),
    contact('card', { person: null, key: 'send_b-0', stepId: null, channel: 'app' }),
  ],
  tasks: [task('send_b')],
  kills: [{ place: 'acted · subscribe', worker: 'one', inFlight: ['a', 'b'] }],
  concurrency: 2,
  leases: [],
})
const findings = (change: (world: Evidence) => Partial<Evidence>) => {
  const world = good()
  return judgeRun({ ...world, ...change(world) }).findings
}

test('a world in which everybody got everything once has no findings', () => {
  const { findings, ...counts } = judgeRun(good())
  expect(findings).toEqual([])
  expect(counts).toEqual({
    promises: { kept: 1, 'delegated: send_unknown': 1 },
    contacts: { once: 2, unknown: 1, arrived: 1, open: 0, other: {} },
    unknownByChannel: { subscribe: 1 },
    checks: 1,
  })
})

test('an unknown message that never arrived is as good as one that did: a person asks', () => {
  expect(findings(({ ledger }) => ({ ledger: ledger.filter(({ kind }) => kind !== 'subscribe') }))).toEqual([])
})

test('people who forget a card or never pick up explain a promise', () => {
  const called = claim('call', 'call', null, { action: 'call', status: 'calling' })
  const asked = ({ claims, tasks, ledger, contacts }: Evidence): Partial<Evidence> => ({
    claims: [...claims, called],
    tasks: [...tasks, task('call_1', 'contact_call', ['call'])],
    ledger: [...ledger, card('call_1', 'm-call')],
    contacts: [...contacts, contact('call', { person: null, key: 'call_1-0', channel: 'app' })],
  })
  for (const one of [promise('call', 'delegated', 'staff_overdue'), promise('call', 'explained', 'unreachable')])
    expect(findings((world) => ({ ...asked(world), verdict: { ...world.verdict, promises: [one] } }))).toEqual([])
})

describe('found as doubled', () => {
  const doubled = (change: (world: Evidence) => Partial<Evidence>) =>
    expect(findings(change).map(({ what }) => what)).toEqual(['doubled'])

  test('a second message that no contact answers for, on whatever channel', () => {
    doubled(({ ledger }) => ({ ledger: [...ledger, entry('kf', 'stray')] }))
    doubled(({ ledger }) => ({ ledger: [...ledger, entry('subscribe', 'x2')] }))
  })
  test('an unknown contact answers for its own channel only', () =>
    doubled(({ ledger }) => ({
      ledger: ledger.map((one) => (one.kind === 'subscribe' ? entry('kf', 'x1') : one)),
    })))
  test('two rows of one contact', () =>
    doubled(({ contacts, ledger }) => ({
      contacts: [...contacts, contact('a2', { key: 'a main' })],
      ledger: [...ledger, entry('kf', 'm-a2')],
    })))
  test('a card that came twice', () =>
    doubled(({ ledger, contacts }) => ({
      ledger: [...ledger, card('send_b', 'm-again')],
      contacts: [...contacts, contact('again', { person: null, key: null, messageId: 'm-again', channel: 'app' })],
    })))
  test('what the auditor found', () =>
    doubled(({ verdict }) => ({ verdict: { ...verdict, duplicated: [{ person: 'c1', at: AT, text: 'x' }] } })))
})

describe('found as lost', () => {
  const lost = (change: (world: Evidence) => Partial<Evidence>) =>
    expect(findings(change).map(({ what }) => what)).toEqual(['lost'])

  test('a promise that the auditor calls lost', () =>
    lost(({ verdict }) => ({ verdict: { ...verdict, promises: [promise('greeting', 'lost', 'no_evidence')] } })))
  test.each([
    ['explained', 'quiet_hours'],
    ['delegated', 'no_channel_left'],
  ] as const)('a promise that is %s by %s: nothing in these runs makes it so', (outcome, reason) =>
    lost(({ verdict }) => ({ verdict: { ...verdict, promises: [promise('greeting', outcome, reason)] } })),
  )
  test('a call that is nobody’s task, whether somebody forgot it or not', () => {
    const called = (more: Partial<Evidence['claims'][0]>) =>
      lost(({ claims }) => ({ claims: [...claims, claim('call', 'call', null, { action: 'call', ...more })] }))
    called({ status: 'calling' })
    called({ status: 'missed', reason: 'staff_overdue' })
  })
  test('a promise given up as unknown without an unknown message behind it', () =>
    lost(({ verdict }) => ({
      verdict: { ...verdict, promises: [promise('greeting', 'delegated', 'send_unknown')] },
    })))
  test('a row that says sent and reached nobody', () =>
    lost(({ ledger }) => ({ ledger: ledger.filter(({ kind }) => kind !== 'kf') })))
  test('a row that is due and still open', () =>
    lost(({ contacts }) => ({ contacts: [...contacts, contact('late', { status: 'ready', isDue: true })] })))
  test('two rows that the vendor took for one message', () =>
    lost(({ contacts }) => ({ contacts: [...contacts, contact('a2', { messageId: 'm-a' })] })))
  test('a task whose card reached nobody', () =>
    lost(({ tasks }) => ({
      tasks: [...tasks, task('call_1', 'contact_call')],
    })))
})

test('found as unexplained: an unknown message without a task, or whose task nobody saw; an end that is no end', () => {
  const whats = (change: (world: Evidence) => Partial<Evidence>) => findings(change).map(({ what }) => what)
  expect(whats(() => ({ tasks: [] }))).toEqual(['unexplained'])
  expect(
    whats(({ ledger, contacts }) => ({
      ledger: ledger.filter(({ kind }) => kind !== 'card'),
      contacts: contacts.map((one) => (one.id === 'card' ? { ...one, status: 'cancelled' } : one)),
    })),
  ).toEqual(['unexplained'])
  expect(whats(({ contacts }) => ({ contacts: [...contacts, contact('x', { status: 'dead' })] }))).toEqual([
    'unexplained',
  ])
})

test('found as too many unknown: more than one process sends at a time, or more than the kills explain', () => {
  const more = ['b', 'b2', 'b3']
  const crowd = ({ contacts, tasks, ledger }: Evidence): Partial<Evidence> => ({
    contacts: [
      ...contacts,
      ...more
        .slice(1)
        .map((id) => contact(id, { status: 'unknown', channel: 'subscribe', messageId: null, takenIds: [] })),
    ],
    tasks: [...tasks, ...more.slice(1).map((id) => task(`send_${id}`))],
    ledger: [...ledger, ...more.slice(1).map((id) => card(`send_${id}`, `m-${id}`))],
  })
  const whats = (kills: Evidence['kills']) => findings((world) => ({ ...crowd(world), kills })).map(({ what }) => what)
  expect(whats([{ place: 'p', worker: 'one', inFlight: more }])).toEqual(['too_many_unknown'])
  expect(whats([{ place: 'p', worker: 'one', inFlight: ['b', 'b2'] }])).toEqual(['too_many_unknown'])
  expect(
    whats([
      { place: 'p', worker: 'one', inFlight: ['b', 'b2'] },
      { place: 'q', worker: 'one', inFlight: ['b3'] },
    ]),
  ).toEqual([])
})

test('found as hanging: a claim that nobody gave back', () => {
  expect(findings(() => ({ leases: ['outbox b (unknown)'] }))).toEqual([
    { what: 'hanging', detail: 'outbox b (unknown) is still claimed' },
  ])
})

test('welcomes of new contacts have no id at the vendor: as many must come to a person as were sent', () => {
  const welcome = (id: string) =>
    contact(id, { channel: 'contact_welcome', key: null, stepId: null, messageId: null, takenIds: [] })
  const came = (messageId: string, person = 'c1') =>
    entry('welcome', messageId, { person, channel: 'externalcontact/send_welcome_msg' })
  const judged = (contacts: Contact[], ledger: LedgerEntry[]) => {
    const world = good()
    const all = { contacts: [...world.contacts, ...contacts], ledger: [...world.ledger, ...ledger] }
    return judgeRun({ ...world, ...all }).findings.map(({ what, detail }) => `${what}: ${detail}`)
  }
  expect(judged([welcome('w1')], [came('v1')])).toEqual([])
  expect(judged([welcome('w1')], [])).toEqual(['lost: c1 got 0 welcomes of 1'])
  expect(judged([welcome('w1')], [came('v1'), came('v2')])).toEqual(['doubled: c1 got 2 welcomes of 1'])
  expect(judged([], [came('v1', 'c2')])).toEqual(['doubled: c2 got 1 welcomes of 0'])
})
