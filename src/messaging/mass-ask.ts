/**
 * The rung before the card "please pass it on": where no channel carries a message, a member who has the customer as a contact
 * is asked to confirm it in WeCom with one tap. Customers of one member whose message reads the same share one.
 */
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { StaffService } from '../staff/index.ts'
import { massMessageBody, massQuotaOn, type Rates, type WecomClient } from '../wecom/index.ts'
import type { ChannelDriver } from './driver.ts'
import type { FactsBook } from './facts.ts'
import type { Work } from './gates.ts'
import type { MassBook } from './mass-book.ts'
import { type Confirming, confirmUntil, lookAgainAt, mayBeConfirmed, memberFor, membersOf } from './mass-rules.ts'
import { type Intent, messageKey, type OutboxRow } from './model.ts'
import { timeLimit } from './send.ts'
import { applyVerdict, type RowChange, verdictOf } from './settle.ts'
import { cutBytes } from './templates.ts'

export interface MassDeps {
  wecom: Pick<
    WecomClient,
    | 'addMassMessage'
    | 'massMessages'
    | 'massMessageResults'
    | 'massMessageTasks'
    | 'remindMassMessage'
    | 'cancelMassMessage'
  >
  rates: Pick<Rates, 'reserve' | 'block'>
  staff: Pick<StaffService, 'roster'>
  book: MassBook
  config: Confirming
  clock: Clock
  log: Log
  leaseMs: number
}

const TEXT_BYTES = 4_000
/** Customers of one message: few enough that taking one back disturbs few others. */
const SHARED = 50
/** A death after the request: so long WeCom may need until its list has the message. */
export const LISTED_AFTER_MS = 2 * MINUTE_MS

export const textOf = ({ content }: OutboxRow): string =>
  content.kind === 'customer' ? cutBytes(content.chat, TEXT_BYTES) : ''
/** Whom it is asked of, and which contact of that member gets it. */
export function addressOf({ target }: Pick<Intent, 'target'>): { userId: string; externalUserId: string } {
  const [userId = '', externalUserId = ''] = target.split('|')
  return { userId, externalUserId }
}
const customerIdOf = ({ to }: OutboxRow): string => ('customerId' in to ? to.customerId : '')

/** WeCom has it: the row waits for the member. */
export function waits(row: OutboxRow, intent: Intent, messageId: string, until: Date, config: Confirming): RowChange {
  const confirm = { askedAt: intent.firstSentAt, until, reminded: 0 }
  const asked = [...(row.asked ?? []), addressOf(intent).userId]
  return {
    set: {
      status: 'awaiting_confirmation',
      reason: 'awaiting_confirmation',
      channel: 'mass',
      messageId,
      confirm,
      asked,
      attempt: 0,
      dueAt: lookAgainAt(confirm, config, intent.firstSentAt),
    },
    attempt: null,
    settled: false,
  }
}

/** The vendor recognises no repeat, but can be asked what it has: a lost answer is looked up, never sent again. */
export const MASS: Pick<ChannelDriver, 'dedupe' | 'idOf'> = { dedupe: 'none', idOf: () => null }

/** Asks a member about each message that would go to a card now, where there is somebody to ask. */
export async function offerToMembers(
  { staff, book, config }: MassDeps,
  works: readonly Work[],
  facts: FactsBook,
  now: Date,
): Promise<void> {
  const left = works.flatMap((work) => {
    const { change, row } = work
    const isLast = change?.set.outcome === 'delegated' && change.set.reason === 'no_channel_left'
    const customer = isLast && mayBeConfirmed(row) ? facts.reach(customerIdOf(row))?.customer : undefined
    return customer ? [{ work, change: change as RowChange, customer }] : []
  })
  if (left.length === 0 || config.members === 0) return
  const { most } = massQuotaOn(config.quota, dayOf(now, DEFAULT_ZONE))
  const people = left.map(({ work }) => customerIdOf(work.row))
  const [roster, had] = await Promise.all([staff.roster(), book.hadBy([...new Set(people)], config.quota, now)])
  for (const { work, change, customer } of left) {
    const { row } = work
    const externalUserId = customer.externalUserIds.at(-1)
    const members = membersOf(customer, (userId) => roster.isHere(userId, now))
    const until = confirmUntil(row, facts.window(row.storeId, customer.preferredTime), config, now)
    const id = customerIdOf(row)
    const choice = memberFor({ members, asked: row.asked ?? [], had: had.get(id) ?? 0, most, until }, config)
    if ('reason' in choice) {
      change.set.skips = [
        ...((change.set.skips as OutboxRow['skips']) ?? []),
        { channel: 'mass', reason: choice.reason },
      ]
      if (choice.reason === 'not_confirmed') change.set.reason = choice.reason
      continue
    }
    had.set(id, (had.get(id) ?? 0) + 1)
    const n = row.refusals.mass ?? 0
    const target = `${choice.userId}|${externalUserId}`
    row.skips = change.set.skips as OutboxRow['skips']
    row.intent = { channel: 'mass', n, key: messageKey(row._id, 'mass', n), target, body: '', firstSentAt: now }
    work.change = null
  }
}

/** Those that may go now, by member and words; of one customer each message carries one only. */
export function shareMessages(works: readonly Work[]): Work[][] {
  const groups = new Map<string, Work[]>()
  for (const work of works) {
    const { row, lost, change } = work
    if (row.intent?.channel !== 'mass' || lost || change !== null) continue
    const { userId, externalUserId } = addressOf(row.intent)
    const inGroup = ({ row: other }: Work) => other.intent && addressOf(other.intent).externalUserId === externalUserId
    for (let i = 0; ; i++) {
      const key = JSON.stringify([userId, textOf(row), i])
      const group = groups.get(key) ?? []
      if (group.length >= SHARED || group.some(inGroup)) continue
      groups.set(key, [...group, work])
      break
    }
  }
  for (const [key, group] of groups) {
    const [userId, text] = JSON.parse(key) as [string, string]
    const externalUserIds = group.map(({ row }) => (row.intent ? addressOf(row.intent).externalUserId : '')).sort()
    const body = massMessageBody({ sender: userId, externalUserIds, text })
    for (const { row } of group) if (row.intent) row.intent = { ...row.intent, body }
  }
  return [...groups.values()]
}

/** One message at WeCom for a group whose intents are written. */
export async function askMembers(deps: MassDeps, group: readonly Work[], facts: FactsBook, now: Date): Promise<void> {
  const { wecom, rates, config, log } = deps
  const [first] = group
  const body = first?.row.intent?.body
  if (!first || !body) return
  const timeoutMs = timeLimit(deps, first.row.claim.until)
  if (timeoutMs === null) {
    for (const work of group) work.change = unsent
    return
  }
  try {
    const { msgid, failedExternalUserIds } = await wecom.addMassMessage(body, { timeoutMs })
    const failed = new Set(failedExternalUserIds)
    for (const work of group) {
      const { row } = work
      if (!row.intent) continue
      const until = untilOf(row, facts, config, now)
      work.change = failed.has(addressOf(row.intent).externalUserId)
        ? refused(row, row.intent, null, now)
        : waits(row, row.intent, msgid, until, config)
    }
  } catch (error) {
    for (const work of group) {
      const { row } = work
      if (!row.intent) continue
      const verdict = verdictOf(error, MASS, row.intent, false, now)
      const errcode = 'errcode' in verdict ? verdict.errcode : null
      log.warn({ outboxId: row._id, channel: 'mass', verdict: verdict.kind, errcode }, 'message not sent')
      if (verdict.kind === 'unknown')
        work.change = { ...lookedUpAt(addMs(now, LISTED_AFTER_MS)), attempt: doubt(row, now) }
      else if (verdict.kind === 'refused') work.change = refused(row, row.intent, errcode, now)
      else {
        if (verdict.kind === 'busy' && verdict.limit && work === first) await rates.block('mass')
        work.change = applyVerdict(row, row.intent, verdict, false, now)
      }
    }
  }
}

export function untilOf(row: OutboxRow, facts: FactsBook, config: Confirming, now: Date): Date {
  const preferred = facts.reach(customerIdOf(row))?.customer.preferredTime ?? null
  return confirmUntil(row, facts.window(row.storeId, preferred), config, now) ?? now
}

const unsent: RowChange = { set: { status: 'ready', intent: null }, attempt: null, settled: false }
/** Still `sending`: at that time WeCom is asked whether it has it. */
export const lookedUpAt = (dueAt: Date): RowChange => ({ set: { dueAt }, attempt: null, settled: false })
const doubt = ({ refusals }: OutboxRow, at: Date): RowChange['attempt'] => ({
  channel: 'mass',
  n: refusals.mass ?? 0,
  at,
  result: 'unknown',
  errcode: null,
  reason: 'send_unknown',
  messageId: null,
})

/** This member can't send it: the next one, or a card. */
export function refused(row: OutboxRow, intent: Intent, errcode: number | null, now: Date): RowChange {
  const change = applyVerdict(row, intent, { kind: 'refused', errcode }, false, now)
  return { ...change, set: { ...change.set, asked: [...(row.asked ?? []), addressOf(intent).userId] } }
}
