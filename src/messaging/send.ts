/** One send: within the lease, the same bytes again after a lost answer; intent and outcome one by one where nobody deduplicates. */
import { type Clock, SECOND_MS } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Rates } from '../wecom/index.ts'
import type { ChannelDriver } from './driver.ts'
import type { Work } from './gates.ts'
import type { Intent, OutboxStore } from './model.ts'
import { applyVerdict, type Verdict, verdictOf } from './settle.ts'
import type { Channel } from './types.ts'

export interface SendDeps {
  store: OutboxStore
  clock: Clock
  log: Log
  rates: Rates
  channels: Partial<Record<Channel, ChannelDriver>>
  leaseMs: number
}

const TIMEOUT_MS = 8 * SECOND_MS
/** Same bytes again at once after a lost answer, before the row waits. */
const LIVE_REPEATS = 2

/** Time that a request may take, or null when so little of the lease is left that somebody else may soon own the row. */
export function timeLimit({ clock, leaseMs }: Pick<SendDeps, 'clock' | 'leaseMs'>, until: Date): number | null {
  const margin = leaseMs / 10
  const left = Number(until) - Number(clock.wall()) - margin
  return left < Math.min(TIMEOUT_MS, leaseMs / 4) ? null : Math.min(TIMEOUT_MS, left)
}

/** Sends `work.row.intent` and says in `work.change` what became of it. */
export async function sendOne(deps: SendDeps, work: Work, now: Date): Promise<void> {
  const { row } = work
  const { intent } = row
  const driver = intent ? deps.channels[intent.channel] : undefined
  if (!intent || !driver) return
  const unsent = { set: work.resent ? {} : { status: 'ready', intent: null }, attempt: null, settled: false }
  if (timeLimit(deps, row.claim.until) === null) {
    // Given back at once instead of waiting for the lease to end: nobody has sent it.
    work.change = unsent
    return
  }
  if (!work.resent && driver.dedupe === 'none') {
    row.messageId = driver.idOf(intent.body)
    const held = await deps.store.writeIntents([{ row, messageId: row.messageId }])
    if (!held.has(row._id)) {
      work.lost = true
      return
    }
  }
  let verdict: Verdict = { kind: 'repeat' }
  let resent = work.resent
  for (let tries = 0; verdict.kind === 'repeat' && tries <= LIVE_REPEATS; tries++) {
    const timeoutMs = timeLimit(deps, row.claim.until)
    if (timeoutMs === null) break
    verdict = await once(driver, intent, resent, timeoutMs, now)
    resent ||= verdict.kind === 'repeat'
  }
  if (verdict.kind !== 'sent') {
    const errcode = 'errcode' in verdict ? verdict.errcode : null
    deps.log.warn({ outboxId: row._id, channel: intent.channel, verdict: verdict.kind, errcode }, 'message not sent')
  }
  if (verdict.kind === 'busy' && verdict.limit) await deps.rates.block(intent.channel)
  work.change = applyVerdict(row, intent, verdict, resent, now, driver.costFen?.(intent.body))
  if (driver.dedupe === 'none') {
    // Once this process is dead nobody can tell such a message from one that never left. So the outcome doesn't wait for the
    // batch: a death leaves no more of them unknown than are on their way.
    await deps.store.hold([writeOf(work)])
    work.recorded = true
  }
}

/** The change of a row as a write that leaves it claimed. */
export const writeOf = ({ row, change, recorded }: Work) => ({
  _id: row._id,
  claim: row.claim,
  set: recorded ? {} : { ...(change?.attempt ? { skips: row.skips } : {}), ...change?.set },
  ...(change?.attempt && !recorded ? { push: { attempts: change.attempt } } : {}),
})

async function once(
  driver: ChannelDriver,
  intent: Intent,
  resent: boolean,
  timeoutMs: number,
  now: Date,
): Promise<Verdict> {
  try {
    return { kind: 'sent', ...(await driver.send(intent.body, timeoutMs)) }
  } catch (error) {
    return verdictOf(error, driver, intent, resent, now)
  }
}
