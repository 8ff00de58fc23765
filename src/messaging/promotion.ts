/** Whether what is no care may be said now: consent, what is going on with the customer, the caps. Pure. */
import type { Customer } from '../customers/index.ts'
import { addMs, HOUR_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { type Cap, freeAt, type Spent } from './caps.ts'
import type { PromotionHold } from './types.ts'
import { nextAllowed, type WindowFacts } from './windows.ts'

export interface PromotionFacts {
  caps: readonly Cap[]
  spent: readonly Spent[]
  hold: PromotionHold | null
}

export type PromotionVerdict =
  | { do: 'send' }
  | { do: 'wait'; at: Date; reason: Reason }
  | { do: 'settle'; outcome: 'expired' | 'cancelled'; reason: Reason }

/** What is held is looked at again so much later: a case may be closed any time. */
const HELD_MS = 2 * HOUR_MS

/** `key`: the message's own, whose place doesn't keep it off. */
export function mayPromote(
  { key, notAfter }: { key: string; notAfter: Date },
  customer: Pick<Customer, 'optOut' | 'promotionConsentAt'>,
  { caps, spent, hold }: PromotionFacts,
  window: WindowFacts,
  now: Date,
): PromotionVerdict {
  const stop = (reason: Reason) => ({ do: 'settle', outcome: 'cancelled', reason }) as const
  if (customer.optOut.promotion) return stop('promotion_opted_out')
  if (customer.promotionConsentAt === null) return stop('no_consent')
  if (hold?.cancels) return stop(hold.reason)
  /** Inside the contact windows of a later hour, or not at all. */
  const again = (from: Date, reason: Reason): PromotionVerdict => {
    const { at } = nextAllowed(from, 'promotion', window, notAfter)
    return at > notAfter ? { do: 'settle', outcome: 'expired', reason } : { do: 'wait', at, reason }
  }
  if (hold) return again(addMs(now, HELD_MS), hold.reason)
  const free = freeAt(
    spent.filter((one) => one.key !== key),
    caps,
    now,
  )
  return free > now ? again(free, 'frequency_cap') : { do: 'send' }
}
