/** Which channel carries a message now, and why the ones above it don't. Pure. */
import type { Customer } from '../customers/index.ts'
import { addMs, HOUR_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { KF_MESSAGES, type KfSession } from './budgets.ts'
import { messageKey, type OutboxRow } from './model.ts'
import { type Coming, keptGrants, keptInChat, mayPromote, type PromotionFacts } from './promotion.ts'
import type { SubscribeKind } from './templates.ts'
import type { Channel } from './types.ts'
import { nextAllowed, type WindowFacts } from './windows.ts'

export const KF_WINDOW_MS = 48 * HOUR_MS
/** A message/send is only repeated while WeCom still compares bodies: its check reaches back four hours. */
export const APP_DEDUPE_MS = 4 * HOUR_MS
/** Definite busy answers on one rung before the next one is tried. */
export const MAX_BUSY = 4

export interface ReachFacts {
  customer: Customer
  phone: string | null
  email: string | null
  sessions: readonly KfSession[]
  /** Grants left per kind, with the openid that has most. */
  grants: Partial<
    Record<SubscribeKind, { openId: string; templateId: string; count: number; places: readonly string[] }>
  >
  smsOn: boolean
  emailOn: boolean
  miniProgramOn: boolean
  /** Known where something of the class is to go; without it nothing of the class goes. */
  promotion?: PromotionFacts
}

export interface Rung {
  channel: Channel
  /** Session id, openid, phone or address that would carry it; null when it can't. */
  target: string | null
  reason: Reason | null
  /** So many places or grants are left to others. */
  spare?: number
}

const no = (channel: Channel, reason: Reason): Rung => ({ channel, target: null, reason })

/** `key` is the message's own: a place that it took before a crash is still its place. */
export function kfRung(
  { sessions }: ReachFacts,
  now: Date,
  key: string | null = null,
  coming: readonly Coming[] = [],
): Rung {
  const [latest] = [...sessions].sort((a, b) => Number(b.lastInboundAt ?? 0) - Number(a.lastInboundAt ?? 0))
  if (!latest?.lastInboundAt) return no('kf', 'no_kf_session')
  if (latest.blocked) return no('kf', 'blocked')
  if (addMs(latest.lastInboundAt, KF_WINDOW_MS) <= now) return no('kf', 'kf_window_over')
  if (latest.state > 1) return no('kf', 'kf_staff_session')
  const others = latest.places.filter((place) => place !== key)
  if (latest.full || others.length >= KF_MESSAGES) return no('kf', 'kf_five_used')
  const spare = keptInChat(coming, addMs(latest.lastInboundAt, KF_WINDOW_MS))
  if (others.length === latest.places.length && others.length + spare >= KF_MESSAGES) return no('kf', 'reserved')
  return { channel: 'kf', target: latest._id, reason: null, spare }
}

export function subscribeRung(
  { customer, grants, miniProgramOn }: ReachFacts,
  kind: SubscribeKind | null,
  key: string | null = null,
  spare = 0,
): Rung {
  if (!miniProgramOn) return no('subscribe', 'channel_off')
  if (kind === null) return no('subscribe', 'no_template_form')
  if (customer.openIds.length === 0) return no('subscribe', 'no_openid')
  const grant = grants[kind]
  const isHeld = key !== null && (grant?.places.includes(key) ?? false)
  if (!grant || (grant.count < 1 && !isHeld)) return no('subscribe', 'no_grant')
  if (grant.count <= spare && !isHeld) return no('subscribe', 'reserved')
  return { channel: 'subscribe', target: `${grant.openId}|${grant.templateId}`, reason: null, spare }
}

export function smsRung({ phone, smsOn }: ReachFacts, hasText: boolean): Rung {
  if (!smsOn) return no('sms', 'channel_off')
  if (!hasText) return no('sms', 'no_template_form')
  return phone === null ? no('sms', 'no_phone') : { channel: 'sms', target: phone, reason: null }
}

export function emailRung({ email, emailOn }: ReachFacts, hasText: boolean): Rung {
  if (!emailOn) return no('email', 'channel_off')
  if (!hasText) return no('email', 'no_template_form')
  return email === null ? no('email', 'no_email') : { channel: 'email', target: email, reason: null }
}

export type Decision =
  | { do: 'send'; channel: Channel; target: string; skips: OutboxRow['skips']; spare?: number }
  | { do: 'wait'; at: Date; reason: Reason }
  | { do: 'settle'; outcome: 'expired' | 'cancelled' | 'delegated' | 'dead'; reason: Reason; skips: OutboxRow['skips'] }

/** Somebody forgot to ask: better nothing than too much. */
const NOTHING_MORE: PromotionFacts = {
  caps: [],
  spent: [],
  hold: { reason: 'frequency_cap', cancels: false },
  coming: [],
}

/** What the ladder needs to know of a contact. */
export type Asking = Pick<
  OutboxRow,
  '_id' | 'contactClass' | 'notBefore' | 'notAfter' | 'refusals' | 'handOver' | 'isAnswer'
> & {
  content:
    | { kind: 'customer'; subscribe: { kind: SubscribeKind } | null; sms: string | null }
    | { kind: 'staff' | 'card_update' }
}

/** A text for chat alone is part of a conversation there: tap here, answer with a number. A mail carries any other one. */
const leavesChat = ({ sms, subscribe }: { sms: string | null; subscribe: unknown }): boolean =>
  sms !== null || subscribe !== null

/** Every rung for a contact, in order. Promotion leaves what medical messages will need. */
export function rungsOf({ _id, contactClass, content }: Asking, facts: ReachFacts, now: Date): Rung[] {
  if (content.kind !== 'customer') return []
  const kind = content.subscribe?.kind ?? null
  const coming = contactClass === 'promotion' ? (facts.promotion?.coming ?? []) : []
  return [
    kfRung(facts, now, messageKey(_id, 'kf', 0), coming),
    subscribeRung(facts, kind, messageKey(_id, 'subscribe', 0), kind === null ? 0 : keptGrants(coming, kind, now)),
    smsRung(facts, content.sms !== null),
    emailRung(facts, leavesChat(content)),
  ]
}

/** Decides one ready row for a customer. The order of rungs is the ladder of domain 5. */
export function decideCustomer(row: Asking, facts: ReachFacts, window: WindowFacts, now: Date): Decision {
  const { customer } = facts
  if (customer.deceased) return { do: 'settle', outcome: 'cancelled', reason: 'deceased', skips: [] }
  if (customer.optOut.all && row.contactClass !== 'reply' && !row.isAnswer) {
    // What matters for safety isn't dropped with the wish: a person decides how to tell the customer.
    const outcome = row.contactClass === 'safety' ? 'delegated' : 'cancelled'
    return { do: 'settle', outcome, reason: 'opted_out', skips: [] }
  }
  if (now > row.notAfter) return { do: 'settle', outcome: 'expired', reason: 'late', skips: [] }
  if (now < row.notBefore) return { do: 'wait', at: row.notBefore, reason: 'outside_window' }
  const { at, reason } = nextAllowed(now, row.contactClass, window, row.notAfter)
  if (reason && at > now) {
    // Waiting past the last useful instant is saying no.
    if (at > row.notAfter) return { do: 'settle', outcome: 'expired', reason, skips: [] }
    return { do: 'wait', at, reason }
  }
  const { content } = row
  if (row.contactClass === 'promotion') {
    const verdict = mayPromote(
      { key: row._id, notAfter: row.notAfter },
      customer,
      facts.promotion ?? NOTHING_MORE,
      window,
      now,
    )
    if (verdict.do !== 'send') return verdict.do === 'wait' ? verdict : { ...verdict, skips: [] }
  }
  if (content.kind !== 'customer') return { do: 'settle', outcome: 'cancelled', reason: 'no_template_form', skips: [] }
  const skips: OutboxRow['skips'] = []
  for (const rung of rungsOf(row, facts, now)) {
    const refused = (row.refusals[rung.channel] ?? 0) > 0
    if (rung.target !== null && !refused)
      return { do: 'send', channel: rung.channel, target: rung.target, skips, spare: rung.spare ?? 0 }
    skips.push({ channel: rung.channel, reason: refused ? 'refused' : (rung.reason ?? 'channel_off') })
  }
  const outcome = row.handOver === false ? 'dead' : 'delegated'
  return { do: 'settle', outcome, reason: 'no_channel_left', skips }
}
