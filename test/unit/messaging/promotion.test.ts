/** Promotion (domain 5): in the windows, by consent, under the caps, and not while something is wrong. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Cap, freeAt } from '../../../src/messaging/caps.ts'
import { decideCustomer, type ReachFacts } from '../../../src/messaging/ladder.ts'
import type { PromotionFacts } from '../../../src/messaging/promotion.ts'
import { hours, NOW, reach, row, window } from './support.ts'

const CAPS: Cap[] = [
  { max: 1, days: 14 },
  { max: 3, days: 90 },
]
const DAY = 86_400_000
const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const sent = (...days: string[]) => days.map((day) => ({ key: day, at: at(day) }))
const WINDOWS = { ...window, contactWindows: [{ from: '11:00', to: '12:30' }] }

/** What becomes of a promotion at NOW, 2 March 2026 11:30, with a week to go. */
function decided(
  promotion: Partial<PromotionFacts> = {},
  customer: Partial<ReachFacts['customer']> = {},
  more: Parameters<typeof row>[0] = {},
  now = NOW,
) {
  const own = { ...reach().customer, promotionConsentAt: hours(-1_000), ...customer }
  const facts = reach({ customer: own, promotion: { caps: CAPS, spent: [], hold: null, coming: [], ...promotion } })
  const one = row({ contactClass: 'promotion', notAfter: hours(7 * 24), ...more })
  const decision = decideCustomer(one, facts, WINDOWS, now)
  return decision.do === 'send' ? 'send' : { ...decision, skips: undefined }
}

describe('promotion goes', () => {
  test('with consent, in a contact window, and never at another time', () => {
    expect(decided()).toBe('send')
    expect(decided({}, {}, {}, at('2026-03-02 12:31'))).toMatchObject({
      do: 'wait',
      at: at('2026-03-03 11:00'),
      reason: 'outside_window',
    })
  })
  test('not without consent, and not after it was taken back', () => {
    expect(decided({}, { promotionConsentAt: null })).toMatchObject({ outcome: 'cancelled', reason: 'no_consent' })
    const optOut = { all: false, promotion: true }
    expect(decided({}, { optOut })).toMatchObject({ outcome: 'cancelled', reason: 'promotion_opted_out' })
  })
  test('not while a case or a complaint is open: it is looked at again, and a severe complaint ends it', () => {
    const hold = { reason: 'complaint_open', cancels: false } as const
    expect(decided({ hold })).toMatchObject({ do: 'wait', at: at('2026-03-03 11:00'), reason: 'complaint_open' })
    expect(decided({ hold: { ...hold, cancels: true } })).toMatchObject({
      outcome: 'cancelled',
      reason: 'complaint_open',
    })
    // On its last day there is no later look: it ends, and says why.
    expect(decided({ hold }, {}, { notAfter: hours(12) })).toMatchObject({
      outcome: 'expired',
      reason: 'complaint_open',
    })
  })
  test('once in 14 days: the next waits for that hour, or ends where its week is over before', () => {
    const spent = sent('2026-02-20 11:40')
    expect(decided({ spent })).toMatchObject({ do: 'wait', at: at('2026-03-06 11:40'), reason: 'frequency_cap' })
    expect(decided({ spent }, {}, { notAfter: hours(3 * 24) })).toMatchObject({
      do: 'settle',
      outcome: 'expired',
      reason: 'frequency_cap',
    })
    // To the second: fourteen days after 11:30 it is free.
    expect(decided({ spent: sent('2026-02-16 11:30') })).toBe('send')
    expect(decided({ spent: sent('2026-02-16 11:31') })).toMatchObject({ do: 'wait', at: at('2026-03-02 11:31') })
  })
  test('three times in 90 days', () => {
    const spent = sent('2025-12-04 11:30', '2026-01-10 11:30', '2026-02-10 11:30')
    expect(decided({ spent })).toMatchObject({ do: 'wait', at: at('2026-03-04 11:30'), reason: 'frequency_cap' })
    expect(decided({ spent: spent.slice(1) })).toBe('send')
  })
  test('its own place, taken before a crash, does not keep it off', () => {
    expect(decided({ spent: [{ key: 'row', at: hours(-1) }] })).toBe('send')
  })
  test('and nobody who forgot to ask lets it through', () => {
    const own = { ...reach().customer, promotionConsentAt: hours(-1) }
    const decision = decideCustomer(row({ contactClass: 'promotion' }), reach({ customer: own }), WINDOWS, NOW)
    expect(decision.do).not.toBe('send')
  })
})

test('medical contacts are exempt', () => {
  const promotion = {
    caps: CAPS,
    spent: sent('2026-03-02 11:00'),
    hold: { reason: 'abnormal_open', cancels: true } as const,
    coming: [],
  }
  for (const contactClass of ['care', 'safety', 'greeting', 'case_update', 'reply'] as const)
    expect(decideCustomer(row({ contactClass }), reach({ promotion }), WINDOWS, NOW).do).toBe('send')
})

test('whatever the caps and the wishes, what goes at its first free instant never exceeds them', () => {
  const caps = fc.array(fc.record({ max: fc.integer({ min: 1, max: 4 }), days: fc.integer({ min: 1, max: 90 }) }), {
    minLength: 1,
    maxLength: 3,
  })
  const wishes = fc.array(fc.integer({ min: 0, max: 200 * 24 }), { maxLength: 40 })
  fc.assert(
    fc.property(caps, wishes, (some, asked) => {
      const spent: { key: string; at: Date }[] = []
      for (const [i, hour] of [...asked].sort((a, b) => a - b).entries()) {
        const now = hours(hour)
        const free = freeAt(spent, some, now)
        expect(free >= now).toBe(true)
        // A second later than free it is still free; a second before, it was not.
        if (free > now) {
          const early = new Date(free.getTime() - 1_000)
          expect(freeAt(spent, some, early) > early).toBe(true)
          continue
        }
        spent.push({ key: String(i), at: now })
      }
      for (const { max, days } of some)
        for (const one of spent) {
          const inside = spent.filter(
            (other) => other.at <= one.at && one.at.getTime() - other.at.getTime() < days * DAY,
          )
          expect(inside.length).toBeLessThanOrEqual(max)
        }
    }),
    { numRuns: 300 },
  )
})
