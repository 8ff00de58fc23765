/** Whether what is no care may be said now: consent, what is going on with the customer, the caps. Pure. */
import type { Customer } from '../customers/index.ts'
import { addMs, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { type Cap, freeAt, type Spent } from './caps.ts'
import type { SubscribeKind } from './templates.ts'
import type { PromotionHold } from './types.ts'
import { nextAllowed, type WindowFacts } from './windows.ts'

export interface PromotionFacts {
  caps: readonly Cap[]
  spent: readonly Spent[]
  hold: PromotionHold | null
  /** Medical messages that are still to come. */
  coming: readonly Coming[]
}

export interface Coming {
  at: Date
  /** The notice that may carry it. */
  subscribe: SubscribeKind | null
}

/** So far ahead grants are kept. */
export const RESERVED_DAYS = 30

/** Messages in a conversation that are to come before it is over. Pure. */
export const keptInChat = (coming: readonly Coming[], over: Date): number => coming.filter(({ at }) => at < over).length

/** Grants of a kind that the coming messages may need. Pure. */
export const keptGrants = (coming: readonly Coming[], kind: SubscribeKind, now: Date): number =>
  coming.filter(({ at, subscribe }) => subscribe === kind && at < addMs(now, RESERVED_DAYS * DAY_MS)).length

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
