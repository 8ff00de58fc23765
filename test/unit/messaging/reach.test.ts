/** The reach planner: how the coming contacts would arrive, and what promotion leaves for medical ones. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ReachFacts } from '../../../src/messaging/ladder.ts'
import { type Confirmers, planReach } from '../../../src/messaging/reach.ts'
import type { MessageTemplate, TemplateBook } from '../../../src/messaging/templates.ts'
import type { PlannedContact } from '../../../src/messaging/types.ts'
import { REASONS } from '../../../src/platform/reasons.ts'
import { hours, NOW, reach, window } from './support.ts'

const template = (key: string, more: Partial<MessageTemplate> = {}): [string, MessageTemplate] => [
  key,
  { key, version: 1, class: 'care', chat: '您好', sms: '您好', ...more },
]
const notice = { kind: 'care_reminder' as const, fields: {} }
const TEMPLATES: TemplateBook = new Map([
  template('medical', { subscribe: notice }),
  template('chat_only', { sms: undefined }),
  template('offer', { class: 'promotion', subscribe: notice }),
])
const DAY = 24
const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)

/** Contacts at half past eleven, so many days from 2 March 2026; a promotion has a week. */
const medical = (day: number, more: Partial<PlannedContact> = {}): PlannedContact => ({
  id: `m${day}`,
  storeId: 's',
  at: hours(day * DAY),
  until: hours(day * DAY + 12),
  contactClass: 'care',
  templateKey: 'medical',
  ...more,
})
const offer = (day: number, more: Partial<PlannedContact> = {}) =>
  medical(day, {
    id: `p${day}`,
    contactClass: 'promotion',
    templateKey: 'offer',
    until: hours((day + 7) * DAY),
    ...more,
  })

const CAPS = [
  { max: 1, days: 14 },
  { max: 3, days: 90 },
]
const grants = (count: number) => ({ care_reminder: { openId: 'o', templateId: 't', count, places: [] } })
const known = (more: Partial<ReachFacts> = {}): ReachFacts =>
  reach({
    sessions: [],
    email: null,
    customer: { ...reach().customer, promotionConsentAt: hours(-1) },
    promotion: { caps: CAPS, spent: [], hold: null, coming: [] },
    ...more,
  })
const CONFIRMERS: Confirmers = {
  config: { version: 1, quota: 'month', remindAfterMinutes: [20, 40], giveUpAfterMinutes: 60, members: 2 },
  isHere: () => true,
  had: 0,
}
const planned = (contacts: PlannedContact[], facts: ReachFacts, confirmers: Partial<Confirmers> = {}) =>
  planReach(contacts, TEMPLATES, facts, { ...CONFIRMERS, ...confirmers }, () => window, NOW)
const ways = (contacts: PlannedContact[], facts: ReachFacts) =>
  Object.fromEntries(planned(contacts, facts).contacts.map(({ id, channel, reason }) => [id, channel ?? reason]))
const why = (contacts: PlannedContact[], facts: ReachFacts, id: string) =>
  planned(contacts, facts)
    .contacts.find((one) => one.id === id)
    ?.channels.map(({ reason }) => reason)

describe('notices', () => {
  test('two grants and three medical contacts in 30 days: the promotion may not use one, and one more is to be asked for', () => {
    const contacts = [offer(0), medical(3), medical(10), medical(25)]
    expect(ways(contacts, known({ grants: grants(2) }))).toEqual({
      p0: 'sms',
      m3: 'subscribe',
      m10: 'subscribe',
      m25: 'sms',
    })
    expect(why(contacts, known({ grants: grants(2) }), 'p0')).toEqual(['no_kf_session', 'reserved', null, 'no_email'])
    expect(planned(contacts, known({ grants: grants(2) })).grants).toEqual([
      { kind: 'care_reminder', count: 1, ids: ['m25'] },
    ])
  })
  test('with a grant to spare the promotion takes it', () => {
    expect(ways([offer(0), medical(3)], known({ grants: grants(2) }))).toEqual({ p0: 'subscribe', m3: 'subscribe' })
    // What comes after more than thirty days keeps nothing back.
    expect(ways([offer(0), medical(31)], known({ grants: grants(1) }))).toEqual({ p0: 'subscribe', m31: 'sms' })
  })
  test('nothing is asked for what goes by chat, nor of whoever never signed in', () => {
    expect(planned([medical(1)], known({ grants: grants(0), sessions: reach().sessions })).grants).toEqual([])
    const customer = { ...known().customer, openIds: [] }
    expect(planned([medical(1)], known({ grants: grants(0), customer })).grants).toEqual([])
    expect(why([medical(1)], known({ customer }), 'm1')).toEqual(['no_kf_session', 'no_openid', null, 'no_email'])
  })
})

describe('the conversation', () => {
  const [talk] = reach().sessions
  if (!talk) throw new Error('no session to vary')
  const chat = (used: number) =>
    known({ sessions: [{ ...talk, places: Array.from({ length: used }, (_, i) => `x${i}`) }] })

  test('48 hours and five messages: each contact takes a place, and the window ends', () => {
    const contacts = [medical(0), medical(1), medical(2)]
    // The customer wrote an hour ago, at 10:30.
    expect(ways(contacts, chat(4))).toEqual({ m0: 'kf', m1: 'subscribe', m2: 'sms' })
    expect(ways(contacts, chat(0))).toEqual({ m0: 'kf', m1: 'kf', m2: 'subscribe' })
    expect(why(contacts, chat(0), 'm2')?.[0]).toBe('kf_window_over')
  })
  test('what is left of the five is kept for medical contacts inside the 48 hours', () => {
    expect(ways([offer(0), medical(1)], { ...chat(4), grants: {} })).toEqual({ p0: 'sms', m1: 'kf' })
    expect(why([offer(0), medical(1)], { ...chat(4), grants: {} }, 'p0')?.[0]).toBe('reserved')
    expect(ways([offer(0), medical(1)], { ...chat(3), grants: {} })).toEqual({ p0: 'kf', m1: 'kf' })
    expect(ways([offer(0), medical(3)], { ...chat(4), grants: {} })).toEqual({ p0: 'kf', m3: 'sms' })
  })
})

test('where no channel carries it a colleague does; what may not be said at all says why', () => {
  const quiet = known({ phone: null, grants: {} })
  expect(ways([medical(1), medical(2, { templateKey: 'chat_only' })], quiet)).toEqual({ m1: 'person', m2: 'person' })
  const stopped = { ...quiet.customer, optOut: { all: true, promotion: true } }
  expect(ways([medical(1), offer(2)], { ...quiet, customer: stopped })).toEqual({ m1: 'opted_out', p2: 'opted_out' })
  const silent = { ...known().customer, promotionConsentAt: null }
  expect(ways([offer(2)], known({ customer: silent }))).toEqual({ p2: 'no_consent' })
})

describe('a member who has the customer as a contact', () => {
  const own = { ...known().customer, ownerUserId: 'wu', followUserIds: ['lin', 'wu'] }
  const quiet = known({ phone: null, grants: {}, customer: own })
  const asked = (contacts: PlannedContact[], confirmers: Partial<Confirmers> = {}, facts = quiet) =>
    planned(contacts, facts, confirmers).contacts.map(({ channel, confirmBy, reason, channels }) => ({
      channel,
      confirmBy,
      reason,
      rung: channels.find((one) => one.channel === 'mass') ?? null,
    }))
  const byHand = (why: string | null) => ({
    channel: 'person',
    confirmBy: null,
    reason: 'no_channel_left',
    rung: why === null ? null : { channel: 'mass', ok: false, reason: why },
  })
  const confirms = (confirmBy: string) => ({
    channel: 'mass',
    confirmBy,
    reason: null,
    rung: { channel: 'mass', ok: true, reason: null },
  })

  test('is named before the card is: the own consultant, or whoever is there on that day', () => {
    expect(asked([medical(1)])).toEqual([confirms('wu')])
    const isHere = (userId: string, at: Date) => userId !== 'wu' || at < hours(DAY)
    expect(asked([medical(0), medical(1)], { isHere })).toEqual([confirms('wu'), confirms('lin')])
  })
  test('isn’t named for what goes by a channel', () => {
    expect(asked([medical(1)], {}, known({ customer: own }))).toMatchObject([
      { channel: 'subscribe', confirmBy: null, rung: null },
    ])
  })
  test('nobody there, none left of the period, no time left, not wanted here: a colleague passes it on, with the reason', () => {
    expect(asked([medical(1)], { isHere: () => false })).toEqual([byHand('no_contact_member')])
    expect(asked([medical(1)], { had: 31 })).toEqual([byHand('mass_quota')])
    // March's are no more than March's.
    expect(asked([medical(30)], { had: 31 })).toEqual([confirms('wu')])
    expect(asked([medical(1, { until: hours(DAY + 0.1) })])).toEqual([byHand('outside_window')])
    expect(asked([medical(1)], { config: { ...CONFIRMERS.config, members: 0 } })).toEqual([byHand('channel_off')])
  })
  test('each that is planned takes one of the period', () => {
    const daily = { config: { ...CONFIRMERS.config, quota: 'day' as const } }
    expect(
      asked([medical(1), medical(1, { id: 'again' }), medical(2)], daily)
        .map(({ channel }) => channel)
        .sort(),
    ).toEqual(['mass', 'mass', 'person'])
  })
  test('is asked neither for safety nor for what announces a call', () => {
    expect(asked([medical(1, { contactClass: 'safety' })])).toEqual([byHand(null)])
    expect(asked([medical(1, { handOver: false })])).toEqual([
      { channel: null, confirmBy: null, reason: 'no_channel_left', rung: null },
    ])
  })
})

test('promotion waits for its cap inside its time, and is not made where that is too short', () => {
  const spent = [{ key: 'x', at: at('2026-02-20 11:40') }]
  const facts = known({ promotion: { caps: CAPS, spent, hold: null, coming: [] }, grants: {} })
  const { contacts } = planned([offer(0), offer(1, { until: hours(2 * DAY) })], facts)
  expect(contacts.map(({ id, at: when, channel, reason }) => [id, when, channel, reason])).toEqual([
    ['p1', null, null, 'frequency_cap'],
    ['p0', at('2026-03-06 11:40'), 'sms', null],
  ])
})

const anyContacts = fc
  .array(fc.record({ hour: fc.integer({ min: 0, max: 29 * DAY }), sells: fc.boolean(), chat: fc.boolean() }), {
    maxLength: 14,
  })
  .map((some) =>
    some.map(({ hour, sells, chat }, i) => ({
      id: `${i}`,
      storeId: 's',
      at: hours(hour),
      until: hours(hour + 48),
      contactClass: sells ? ('promotion' as const) : ('care' as const),
      templateKey: sells ? 'offer' : chat ? 'chat_only' : 'medical',
    })),
  )
const anyFacts = fc
  .record({
    wrote: fc.option(fc.integer({ min: -60, max: 0 })),
    used: fc.integer({ min: 0, max: 5 }),
    count: fc.integer({ min: 0, max: 6 }),
    phone: fc.option(fc.constant('138')),
    most: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ wrote, used, count, phone, most }) =>
    known({
      sessions: reach().sessions.map((one) => ({
        ...one,
        lastInboundAt: wrote === null ? null : hours(wrote),
        places: Array.from({ length: used }, (_, i) => `x${i}`),
      })),
      grants: grants(count),
      phone,
      promotion: { caps: [{ max: most, days: 14 }], spent: [], hold: null, coming: [] },
    }),
  )

test('whatever is planned, promotion never takes what a medical contact would have gone by', () => {
  fc.assert(
    fc.property(anyContacts, anyFacts, (contacts, facts) => {
      const care = contacts.filter(({ contactClass }) => contactClass === 'care')
      const alone = ways(care, facts)
      const beside = ways(contacts, facts)
      for (const { id } of care) expect(beside[id]).toBe(alone[id])
    }),
    { numRuns: 400 },
  )
})

test('every contact has an answer, in its own time, with reasons of the list; nothing is spent twice, and facts stay as given', () => {
  fc.assert(
    fc.property(anyContacts, anyFacts, (contacts, facts) => {
      const before = JSON.stringify(facts)
      const plan = planned(contacts, facts)
      expect(JSON.stringify(facts)).toBe(before)
      expect(plan.contacts.map(({ id }) => id).sort()).toEqual(contacts.map(({ id }) => id).sort())
      const went = (channel: string) => plan.contacts.filter((one) => one.channel === channel).length
      expect(went('subscribe')).toBeLessThanOrEqual(facts.grants.care_reminder?.count ?? 0)
      expect(went('kf')).toBeLessThanOrEqual(5 - (facts.sessions[0]?.places.length ?? 0))
      for (const one of plan.contacts) {
        const contact = contacts.find(({ id }) => id === one.id)
        if (one.at && contact) expect(one.at >= contact.at && one.at <= contact.until).toBe(true)
        if (one.channel === null) expect(one.at).toBeNull()
        for (const { ok, reason } of one.channels)
          expect(ok ? reason === null : Object.hasOwn(REASONS, reason ?? '')).toBe(true)
      }
    }),
    { numRuns: 400 },
  )
})
