import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideCustomer, type ReachFacts } from '../../../src/messaging/ladder.ts'
import { messageKey } from '../../../src/messaging/model.ts'
import { REASONS } from '../../../src/platform/reasons.ts'
import { hours, NOW, reach, row, window } from './support.ts'

const [talk] = reach().sessions
if (!talk) throw new Error('no session to vary')
const session = (more: Partial<typeof talk>) => ({ sessions: [{ ...talk, ...more }] })
const channelOf = (facts: Partial<ReachFacts>) => {
  const decision = decideCustomer(row(), reach(facts), window, NOW)
  return decision.do === 'send' ? decision.channel : decision.do
}
const firstSkip = (facts: Partial<ReachFacts>) => {
  const decision = decideCustomer(row(), reach(facts), window, NOW)
  return decision.do === 'wait' ? null : decision.skips[0]?.reason
}

describe('the first rung that can carry it', () => {
  test.each([
    [{ lastInboundAt: null }, 'no_kf_session'],
    [{ lastInboundAt: hours(-48) }, 'kf_window_over'],
    [{ places: ['a', 'b', 'c', 'd', 'e'] }, 'kf_five_used'],
    [{ full: true }, 'kf_five_used'],
    [{ state: 3 }, 'kf_staff_session'],
    [{ blocked: true }, 'blocked'],
  ])('a conversation like %j is passed over', (more, reason) => {
    expect(channelOf(session(more))).toBe('subscribe')
    expect(firstSkip(session(more))).toBe(reason)
  })

  test('of two conversations the later one counts', () => {
    const sessions = [{ ...talk, _id: 'old', lastInboundAt: hours(-60) }, talk]
    expect(decideCustomer(row(), reach({ sessions }), window, NOW)).toMatchObject({ channel: 'kf', target: 'kf|wm' })
  })

  test('a place that this very message took before a crash is still its place', () => {
    const places = ['a', 'b', 'c', 'd', messageKey('row', 'kf', 0)]
    expect(channelOf(session({ places }))).toBe('kf')
    const grants = {
      care_reminder: { openId: 'o', templateId: 't', count: 0, places: [messageKey('row', 'subscribe', 0)] },
    }
    expect(channelOf({ sessions: [], grants })).toBe('subscribe')
  })

  test('then notices, SMS, email and a person', () => {
    expect(channelOf({ sessions: [] })).toBe('subscribe')
    expect(channelOf({ sessions: [], grants: {} })).toBe('sms')
    expect(channelOf({ sessions: [], miniProgramOn: false })).toBe('sms')
    expect(channelOf({ sessions: [], grants: {}, phone: null })).toBe('email')
    expect(channelOf({ sessions: [], grants: {}, smsOn: false })).toBe('email')
    expect(channelOf({ sessions: [], grants: {}, phone: null, email: null })).toBe('settle')
    expect(channelOf({ sessions: [], grants: {}, phone: null, emailOn: false })).toBe('settle')
  })

  test('says why no mail goes: the channel is off, there is no address, or the text is part of a chat', () => {
    const chatOnly = row({ content: { ...row().content, sms: null, subscribe: null, email: null } as never })
    const why = (facts: Partial<ReachFacts>, contact = row()) => {
      const decision = decideCustomer(contact, reach({ sessions: [], grants: {}, phone: null, ...facts }), window, NOW)
      return decision.do === 'settle' ? decision.skips.at(-1) : decision.do
    }
    expect(why({ emailOn: false })).toEqual({ channel: 'email', reason: 'channel_off' })
    expect(why({ email: null })).toEqual({ channel: 'email', reason: 'no_email' })
    expect(why({}, chatOnly)).toEqual({ channel: 'email', reason: 'no_template_form' })
    expect(why({}, row({ refusals: { email: 1 } }))).toEqual({ channel: 'email', reason: 'refused' })
    expect(why({})).toBe('send')
  })

  test('a channel that refused once is not asked again', () => {
    const decision = decideCustomer(row({ refusals: { kf: 1 } }), reach(), window, NOW)
    expect(decision).toMatchObject({ do: 'send', channel: 'subscribe', skips: [{ channel: 'kf', reason: 'refused' }] })
  })
})

describe('whether it goes at all', () => {
  const settled = (more: Parameters<typeof row>[0], customer: Partial<ReachFacts['customer']> = {}, now = NOW) =>
    decideCustomer(row(more), reach({ customer: { ...reach().customer, ...customer } }), window, now)

  test.each([
    ['care', { deceased: true }, 'cancelled', 'deceased'],
    ['safety', { deceased: true }, 'cancelled', 'deceased'],
    ['care', { optOut: { all: true, promotion: false } }, 'cancelled', 'opted_out'],
    ['safety', { optOut: { all: true, promotion: false } }, 'delegated', 'opted_out'],
    ['promotion', { optOut: { all: false, promotion: true } }, 'cancelled', 'promotion_opted_out'],
  ] as const)('%s to %j is %s (%s)', (contactClass, customer, outcome, reason) => {
    expect(settled({ contactClass }, customer)).toMatchObject({ do: 'settle', outcome, reason })
  })

  test('opting out of promotion leaves care alone, and who asks gets an answer', () => {
    expect(settled({}, { optOut: { all: false, promotion: true } }).do).toBe('send')
    expect(settled({ contactClass: 'reply' }, { optOut: { all: true, promotion: true } }).do).toBe('send')
  })

  test('waiting past the last useful instant is saying no', () => {
    expect(settled({ notAfter: hours(2) }, {}, hours(1.5))).toMatchObject({
      outcome: 'expired',
      reason: 'outside_window',
    })
    expect(settled({ notAfter: hours(1) }, {}, hours(2))).toMatchObject({ outcome: 'expired', reason: 'late' })
  })
})

test('whatever is known, no message goes over a full or old conversation, and every rung above has a reason of the list', () => {
  const sessions = fc.array(
    fc.record({
      _id: fc.constantFrom('a', 'b'),
      lastInboundAt: fc.option(fc.integer({ min: -100, max: 0 }).map(hours)),
      lastInboundId: fc.constant(null),
      places: fc.array(fc.string(), { maxLength: 7 }),
      full: fc.boolean(),
      state: fc.integer({ min: 0, max: 4 }),
      blocked: fc.boolean(),
    }),
    { maxLength: 2 },
  )
  fc.assert(
    fc.property(
      sessions,
      fc.integer({ min: 0, max: 2 }),
      fc.option(fc.constant('138')),
      fc.boolean(),
      fc.option(fc.constant('lin@example.com')),
      (some, count, phone, smsOn, email) => {
        const grants = { care_reminder: { openId: 'o', templateId: 't', count, places: [] } }
        const decision = decideCustomer(row(), reach({ sessions: some, grants, phone, smsOn, email }), window, NOW)
        if (decision.do === 'wait') throw new Error('it is inside the window')
        for (const { reason } of decision.skips) expect(Object.keys(REASONS)).toContain(reason)
        if (decision.do === 'settle') {
          expect(decision.skips).toHaveLength(4)
          return
        }
        if (decision.channel === 'kf') {
          const used = some.find(
            (one) => one._id === decision.target && one.lastInboundAt !== null && one.places.length < 5,
          )
          expect(used).toBeDefined()
        }
        if (decision.channel === 'subscribe') expect(count).toBeGreaterThan(0)
        if (decision.channel === 'sms') expect([smsOn, phone]).toEqual([true, '138'])
        if (decision.channel === 'email') expect(email).not.toBeNull()
        expect(decision.skips).toHaveLength(['kf', 'subscribe', 'sms', 'email'].indexOf(decision.channel))
      },
    ),
    { numRuns: 500 },
  )
})
