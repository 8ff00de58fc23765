/** What a try of sending means for its row. Pure. */

import { backoffMs } from '../platform/claims.ts'
import { addMs, SECOND_MS } from '../platform/clock.ts'
import { isVendorError } from '../wecom/index.ts'
import { type ChannelDriver, Undelivered } from './driver.ts'
import { APP_DEDUPE_MS, MAX_BUSY } from './ladder.ts'
import type { Attempt, Intent, OutboxRow } from './model.ts'

export type Verdict =
  | { kind: 'sent'; messageId: string | null; responseCode: string | null }
  /** Definite refusal: the next rung, or the end. */
  | { kind: 'refused'; errcode: number | null }
  /** Definitely not executed, worth another try. `limit`: the vendor's window must end first. */
  | { kind: 'busy'; errcode: number | null; limit: boolean }
  /** Bytes left and nothing came back, on a channel where the same bytes may go again. */
  | { kind: 'repeat' }
  | { kind: 'unknown' }

/** A welcome's code: used, or older than its twenty seconds; and a customer who has been greeted already. */
const CODE_OVER = 41050
const CODE_MS = 20 * SECOND_MS
const CHATTING = 41051

/** How a channel treats what comes again. */
type Repeats = Pick<ChannelDriver, 'dedupe' | 'idOf'>

/** Reads an error of a send. `resent`: these bytes had been on their way before. */
export function verdictOf(error: unknown, driver: Repeats, intent: Intent, resent: boolean, now: Date): Verdict {
  if (error instanceof Undelivered)
    return error.busy
      ? { kind: 'busy', errcode: error.code, limit: error.limit }
      : { kind: 'refused', errcode: error.code }
  if (!isVendorError(error)) return { kind: 'unknown' }
  const { errcode, action, executed } = error
  if (executed === 'unknown') return repeatable(driver, intent, now) ? { kind: 'repeat' } : { kind: 'unknown' }
  if (action === 'settled') {
    // 95033 names our own id, so it is this message; a used-up card code only proves it when we were sending already.
    if (intent.channel !== 'card_update' || resent)
      return { kind: 'sent', messageId: driver.idOf(intent.body), responseCode: null }
    return { kind: 'refused', errcode }
  }
  // Of bytes that had been on their way: nobody but us has the code, and it is used within its seconds.
  const isUsed = errcode === CHATTING || (errcode === CODE_OVER && addMs(intent.firstSentAt, CODE_MS) > now)
  if (resent && intent.channel === 'contact_welcome' && isUsed)
    return { kind: 'sent', messageId: null, responseCode: null }
  // A refused secret refuses everything alike: the row waits for whoever mends it.
  if (action === 'retry' || action === 'refresh' || (action === 'person' && error.retryable))
    return { kind: 'busy', errcode, limit: false }
  if (action === 'wait') return { kind: 'busy', errcode, limit: true }
  return { kind: 'refused', errcode }
}

/** Whether the same bytes may be sent again without reaching the person twice. */
export const repeatable = (driver: Pick<ChannelDriver, 'dedupe'>, { firstSentAt }: Intent, now: Date): boolean =>
  driver.dedupe === 'id' || (driver.dedupe === 'body' && addMs(firstSentAt, APP_DEDUPE_MS) > now)

export interface RowChange {
  set: Record<string, unknown>
  attempt: Attempt | null
  /** `settled` rows are told to their owner before they are closed. */
  settled: boolean
}

/**
 * The row's next state after a verdict. `resent`: these bytes had been on their way before, with no answer. `costFen`: what
 * the carrier charges for them; also kept where nobody knows what became of them, and not for a repeat, which is one message.
 */
export function applyVerdict(
  row: OutboxRow,
  intent: Intent,
  verdict: Verdict,
  resent: boolean,
  now: Date,
  costFen = 0,
): RowChange {
  const { channel, n } = intent
  const attempt = (
    result: Attempt['result'],
    errcode: number | null,
    reason: string | null,
    messageId: string | null = null,
  ): Attempt => {
    const isCharged = costFen > 0 && (result === 'sent' || reason === 'send_unknown')
    return { channel, n, at: now, result, errcode, reason, messageId, ...(isCharged ? { costFen } : {}) }
  }
  const settle = (outcome: OutboxRow['outcome'], reason: string | null, more: Record<string, unknown> = {}) => ({
    status: 'settling',
    outcome,
    reason,
    channel,
    settledAt: now,
    intent: null,
    ...more,
  })
  const unknown = (errcode: number | null): RowChange => {
    const tried = attempt('unknown', errcode, 'send_unknown')
    // Twice is better than not at all where safety is concerned: the next rung says it again.
    if (row.contactClass === 'safety' && 'customerId' in row.to) return refuse(row, intent, tried, now)
    return { set: settle('unknown', 'send_unknown'), attempt: tried, settled: true }
  }
  const tries = row.attempt + 1
  const later = { dueAt: addMs(now, backoffMs(tries)), attempt: tries }

  switch (verdict.kind) {
    case 'sent': {
      const { messageId, responseCode } = verdict
      return {
        set: settle('sent', null, { messageId, responseCode }),
        attempt: attempt('sent', null, null, messageId),
        settled: true,
      }
    }
    case 'unknown':
      return unknown(null)
    case 'repeat':
      // Still `sending`: the next claim sends the same bytes again.
      return { set: later, attempt: attempt('unknown', null, 'upstream_busy'), settled: false }
    case 'busy': {
      const reason = verdict.limit ? 'rate_limited' : 'upstream_busy'
      const tried = attempt('busy', verdict.errcode, reason)
      // This try did nothing, but an earlier one may have: the row stays with its bytes and its channel.
      if (resent) return { set: { ...later, reason }, attempt: tried, settled: false }
      const given = row.attempts.filter((one) => one.channel === channel && one.result === 'busy').length + 1
      // A member's message has no other rung, and a limit ends by itself: those wait until they are late.
      if (given >= MAX_BUSY && 'customerId' in row.to && !verdict.limit)
        return refuse(row, intent, { ...tried, result: 'refused' }, now)
      return { set: { ...later, status: 'ready', intent: null, reason }, attempt: tried, settled: false }
    }
    case 'refused':
      if (resent) return unknown(verdict.errcode)
      return refuse(row, intent, attempt('refused', verdict.errcode, 'refused'), now)
  }
}

function refuse(row: OutboxRow, { channel, n }: Intent, attempt: Attempt, now: Date): RowChange {
  // Messages to members, card updates and welcomes have one rung only.
  if ('staffUserId' in row.to || channel === 'kf_event' || channel === 'contact_welcome') {
    const outcome = { outcome: 'dead', reason: 'refused', channel, messageId: null, settledAt: now }
    return { set: { status: 'settling', intent: null, ...outcome }, attempt, settled: true }
  }
  const next = { refusals: { ...row.refusals, [channel]: n + 1 }, messageId: null, attempt: 0, dueAt: now }
  return { set: { status: 'ready', intent: null, ...next }, attempt, settled: false }
}
