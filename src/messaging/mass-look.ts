/**
 * What became of messages that wait for a member: sent, reminded of, or taken back at WeCom first, so that nobody can send them
 * any more, and only then handed on. A request whose answer was lost is looked up in WeCom's own list.
 */
import { backoffMs } from '../platform/claims.ts'
import { addMs, MINUTE_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { isVendorError, type MassResult, RateLimited, withinRates } from '../wecom/index.ts'
import type { FactsBook } from './facts.ts'
import type { Work } from './gates.ts'
import { addressOf, LISTED_AFTER_MS, lookedUpAt, type MassDeps, textOf, untilOf, waits } from './mass-ask.ts'
import { isToRemind, lookAgainAt } from './mass-rules.ts'
import type { Intent, OutboxRow } from './model.ts'
import type { RowChange } from './settle.ts'
import { nextAllowed } from './windows.ts'

const BUCKET = 'externalcontact/groupmsg'
const PAGES = 50
/** WeCom's clock, and how long a request may have been on its way. */
const AROUND = { before: 2 * MINUTE_MS, after: 10 * MINUTE_MS }
/** After the member's tap WeCom goes from customer to customer. */
const SENDING_MS = 15 * MINUTE_MS
const CANCELLED = 41093
const REMINDED_OFTEN = 41094

type Results = Map<string, { result: MassResult; sentAt: Date | null }>

/** A row that WeCom has, or may have. */
export const isWithMember = ({ status, intent }: OutboxRow): boolean =>
  status === 'awaiting_confirmation' || (status === 'sending' && intent?.channel === 'mass')

export async function lookAtMembers(
  deps: MassDeps,
  works: readonly Work[],
  facts: FactsBook,
  now: Date,
): Promise<void> {
  if (works.length === 0) return
  for (const work of works.filter(({ row }) => row.status === 'sending')) await lookUp(deps, work, facts, now)
  const waiting = works.filter(({ row }) => row.status === 'awaiting_confirmation')
  if (waiting.length === 0) return
  const said = await deps.book.stopped(waiting.map(({ row }) => row._id))
  const groups = new Map<string, Waiting[]>()
  for (const work of waiting) {
    const { row } = work
    const { intent, confirm, messageId } = row
    if (!intent || !confirm || !messageId) {
      work.change = later({}, addMs(now, LISTED_AFTER_MS))
      continue
    }
    const one = { work, row, intent, confirm, end: endOf(row, said.get(row._id), facts, now) }
    const key = `${messageId} ${addressOf(intent).userId}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  for (const group of groups.values()) await lookAt(deps, group, facts, now)
}

interface Waiting {
  work: Work
  row: OutboxRow
  intent: Intent
  confirm: NonNullable<OutboxRow['confirm']>
  /** Why it is over, if it isn't confirmed by now. `again`: it was taken back for another customer's sake. */
  end: { cancel: string } | 'late' | 'again' | null
}

function endOf(
  row: OutboxRow,
  said: { stop: string | null; isWithdrawn: boolean } | undefined,
  facts: FactsBook,
  now: Date,
): Waiting['end'] {
  const customer = 'customerId' in row.to ? facts.reach(row.to.customerId)?.customer : null
  if (said?.stop) return { cancel: said.stop }
  if (!customer) return { cancel: 'superseded' }
  if (customer.deceased) return { cancel: 'deceased' }
  if (customer.optOut.all) return { cancel: 'opted_out' }
  if (row.contactClass === 'promotion' && customer.optOut.promotion) return { cancel: 'promotion_opted_out' }
  if (said?.isWithdrawn) return 'again'
  return row.confirm && row.confirm.until <= now ? 'late' : null
}

async function lookAt(deps: MassDeps, group: readonly Waiting[], facts: FactsBook, now: Date): Promise<void> {
  const [first] = group
  if (!first?.row.messageId) return
  const about = { msgid: first.row.messageId, userId: addressOf(first.intent).userId }
  try {
    const open = settleKnown(group, await resultsOf(deps, about), facts, now)
    if (open.some(({ end }) => end !== null)) await takeBack(deps, about, open, facts, now)
    else await remindOrWait(deps, about, open, facts, now)
  } catch (error) {
    await failed(deps, about, group, error, now)
  }
}

/** Changes of those that WeCom has done with; returns the others. */
function settleKnown(group: readonly Waiting[], results: Results, facts: FactsBook, now: Date): Waiting[] {
  return group.filter(({ work, row, intent, end }) => {
    const { result, sentAt } = results.get(addressOf(intent).externalUserId) ?? { result: 'unsent', sentAt: null }
    if (result === 'unsent') return true
    if (result === 'sent') work.change = sent(row, intent, sentAt ?? now)
    else if (end !== null && typeof end === 'object') work.change = cancelled(end.cancel, now)
    else work.change = onward(row, intent, result === 'quota' ? 'mass_quota' : 'refused', facts, now)
    return false
  })
}

async function remindOrWait(
  deps: MassDeps,
  { msgid }: { msgid: string },
  open: readonly Waiting[],
  facts: FactsBook,
  now: Date,
): Promise<void> {
  const isDue = open.some(({ confirm }) => isToRemind(confirm, deps.config, now))
  let isGone = false
  if (isDue)
    isGone = await ask(deps, () => deps.wecom.remindMassMessage(msgid)).then(
      () => false,
      (error) => {
        if (!isVendorError(error) || (error.errcode !== CANCELLED && error.errcode !== REMINDED_OFTEN)) throw error
        return error.errcode === CANCELLED
      },
    )
  for (const { work, row, intent, confirm } of open) {
    const known = { ...confirm, reminded: confirm.reminded + (isDue ? 1 : 0) }
    // An administrator has taken it back: nobody can send it any more.
    if (isGone) work.change = onward(row, intent, 'not_confirmed', facts, now)
    else work.change = later({ 'confirm.reminded': known.reminded }, lookAgainAt(known, deps.config, now))
  }
}

async function takeBack(
  deps: MassDeps,
  about: { msgid: string; userId: string },
  open: readonly Waiting[],
  facts: FactsBook,
  now: Date,
): Promise<void> {
  const { wecom, book } = deps
  await ask(deps, () => wecom.cancelMassMessage(about.msgid)).catch((error) => {
    if (!isVendorError(error) || error.errcode !== CANCELLED) throw error
  })
  // Between the first look and the cancelling somebody may have tapped.
  const unsent = settleKnown(open, await resultsOf(deps, about), facts, now)
  if (unsent.length === 0) return
  const { tasks } = await ask(deps, () => wecom.massMessageTasks(about.msgid))
  const tap = tasks.find(({ userId }) => userId === about.userId)
  const isUnderWay = tap?.confirmed === true && tap.sentAt !== null && addMs(tap.sentAt, SENDING_MS) > now
  if (!isUnderWay) await book.withdraw(about.msgid, now)
  for (const { work, row, intent, end } of unsent) {
    if (isUnderWay) work.change = later({}, addMs(now, 5 * MINUTE_MS))
    else if (end === 'late') work.change = onward(row, intent, 'not_confirmed', facts, now)
    else if (end !== null && typeof end === 'object') work.change = cancelled(end.cancel, now)
    else work.change = onward(row, intent, null, facts, now)
  }
}

/** WeCom couldn't be asked: later; or it says that there is no such message or member, and a person checks. */
async function failed(
  { log, wecom }: MassDeps,
  { msgid }: { msgid: string },
  group: readonly Waiting[],
  error: unknown,
  now: Date,
): Promise<void> {
  log.warn({ err: error, outboxIds: group.map(({ row }) => row._id) }, 'a mass message could not be looked at')
  const isFinal = isVendorError(error) && !error.retryable && error.errcode !== null
  if (isFinal) await wecom.cancelMassMessage(msgid).catch(() => undefined)
  for (const { work, row, intent } of group) {
    if (work.change !== null) continue
    const attempt = row.attempt + 1
    if (isFinal) work.change = unknown(row, intent, now)
    else if (error instanceof RateLimited) work.change = later({}, error.retryAt)
    else work.change = later({ attempt }, addMs(now, backoffMs(attempt)))
  }
}

/** The answer to the request was lost. WeCom's list says whether it was made; if not, it is asked for again. */
async function lookUp(deps: MassDeps, work: Work, facts: FactsBook, now: Date): Promise<void> {
  const { row } = work
  const { intent } = row
  if (!intent) return
  const listed = addMs(intent.firstSentAt, LISTED_AFTER_MS)
  if (now < listed) {
    work.change = lookedUpAt(listed)
    return
  }
  try {
    const messageId = await find(deps, row, intent)
    work.change =
      messageId === null
        ? onward(row, intent, null, facts, now)
        : waits(row, intent, messageId, untilOf(row, facts, deps.config, intent.firstSentAt), deps.config)
    // Whatever time it took: it is looked at now.
    if (messageId !== null) work.change.set.dueAt = now
  } catch (error) {
    const isFinal = isVendorError(error) && !error.retryable && error.errcode !== null
    deps.log.warn({ err: error, outboxId: row._id }, 'the list of mass messages could not be read')
    const attempt = row.attempt + 1
    if (isFinal) work.change = unknown(row, intent, now)
    else if (error instanceof RateLimited) work.change = lookedUpAt(error.retryAt)
    else work.change = later({ attempt }, addMs(now, backoffMs(attempt)))
  }
}

/** By words, member and customer; what is another row's isn't this one's. */
async function find(deps: MassDeps, row: OutboxRow, { target, firstSentAt }: Intent): Promise<string | null> {
  const { wecom, book } = deps
  const { userId, externalUserId } = addressOf({ target })
  const words = textOf(row).trim()
  const span = { from: addMs(firstSentAt, -AROUND.before), to: addMs(firstSentAt, AROUND.after) }
  let cursor: string | null = null
  for (let page = 0; page < PAGES; page++) {
    const answer: Awaited<ReturnType<typeof wecom.massMessages>> = await ask(deps, () =>
      wecom.massMessages({ ...span, cursor }),
    )
    for (const { msgid, text } of answer.messages) {
      if (text.trim() !== words) continue
      if (!(await resultsOf(deps, { msgid, userId })).has(externalUserId)) continue
      const customerId = 'customerId' in row.to ? row.to.customerId : ''
      if (!(await book.isOthers(msgid, row._id, customerId))) return msgid
    }
    cursor = answer.nextCursor
    if (!cursor) break
  }
  return null
}

async function resultsOf(deps: MassDeps, about: { msgid: string; userId: string }): Promise<Results> {
  const results: Results = new Map()
  let cursor: string | null = null
  for (let page = 0; page < PAGES; page++) {
    const answer: Awaited<ReturnType<MassDeps['wecom']['massMessageResults']>> = await ask(deps, () =>
      deps.wecom.massMessageResults({ ...about, cursor }),
    )
    for (const { externalUserId, ...one } of answer.results) results.set(externalUserId, one)
    cursor = answer.nextCursor
    if (!cursor) break
  }
  return results
}

const ask = <T>({ rates }: MassDeps, question: () => Promise<T>): Promise<T> => withinRates(rates, BUCKET, question)

const later = (set: Record<string, unknown>, dueAt: Date): RowChange => ({
  set: { ...set, dueAt },
  attempt: null,
  settled: false,
})

const attemptOf = (
  { messageId }: OutboxRow,
  { n }: Intent,
  result: 'sent' | 'refused' | 'unknown',
  reason: string | null,
  at: Date,
): NonNullable<RowChange['attempt']> => ({ channel: 'mass', n, at, result, errcode: null, reason, messageId })

/** When the member tapped is when it reached the customer. */
const sent = (row: OutboxRow, intent: Intent, at: Date): RowChange => ({
  set: {
    status: 'settling',
    outcome: 'sent',
    reason: null,
    channel: 'mass',
    settledAt: at,
    intent: null,
    confirm: null,
  },
  attempt: attemptOf(row, intent, 'sent', null, at),
  settled: true,
})

const unknown = (row: OutboxRow, intent: Intent, now: Date): RowChange => ({
  set: {
    status: 'settling',
    outcome: 'unknown',
    reason: 'send_unknown',
    channel: 'mass',
    settledAt: now,
    intent: null,
  },
  attempt: attemptOf(row, intent, 'unknown', 'send_unknown', now),
  settled: true,
})

const cancelled = (reason: string, now: Date): RowChange => ({
  set: { status: 'settling', outcome: 'cancelled', reason, settledAt: now, intent: null, confirm: null },
  attempt: null,
  settled: true,
})

/**
 * Surely not sent, and nobody can send it any more: another member, or a card. `null`: nobody is to blame, so the same member
 * may be asked again. Outside the hours in which it may go by itself a card is all that is left of its day.
 */
function onward(row: OutboxRow, intent: Intent, reason: Reason | null, facts: FactsBook, now: Date): RowChange {
  const { contactClass, notAfter, notBefore, storeId } = row
  const preferred = 'customerId' in row.to ? (facts.reach(row.to.customerId)?.customer.preferredTime ?? null) : null
  const { at } = nextAllowed(now, contactClass, facts.window(storeId, preferred), notAfter)
  const attempt = reason === null ? null : attemptOf(row, intent, 'refused', reason, now)
  const asked = row.asked ?? []
  const wasAsked = row.status === 'awaiting_confirmation'
  const open = {
    intent: null,
    confirm: null,
    channel: null,
    messageId: null,
    attempt: 0,
    asked: reason === null && wasAsked ? asked.slice(0, -1) : asked,
    refusals: { ...row.refusals, mass: intent.n + 1 },
  }
  if (at <= now && now >= notBefore && now <= notAfter)
    return { set: { ...open, status: 'ready', reason, dueAt: now }, attempt, settled: false }
  const end = { status: 'settling', outcome: 'delegated', reason: reason ?? 'not_confirmed', settledAt: now }
  return { set: { ...open, ...end }, attempt, settled: true }
}
