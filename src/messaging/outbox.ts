/**
 * The outbox drain: claim, decide, write the intent, send, write what became of it, tell the owner, close. A constant number
 * of commands per batch. A process may die between any two of them; the next claim goes on from what is written.
 */
import type { CustomersService } from '../customers/index.ts'
import { addMs, type Clock, EPOCH, SECOND_MS } from '../platform/clock.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { StaffService } from '../staff/index.ts'
import type { Rates } from '../wecom/index.ts'
import type { ChannelDriver } from './channels.ts'
import { type FactsBook, loadFacts } from './facts.ts'
import { decideCustomer } from './ladder.ts'
import type { Intent, MessagingStore, OutboxRow } from './model.ts'
import { applyVerdict, type RowChange, repeatable, type Verdict, verdictOf } from './settle.ts'
import type { Channel, MessageNeedsPerson, SettledListener, SettledMessage } from './types.ts'

export interface OutboxDeps {
  store: MessagingStore
  clock: Clock
  random: Random
  log: Log
  events: Events
  customers: CustomersService
  staff: StaffService
  rates: Rates
  channels: Partial<Record<Channel, ChannelDriver>>
  leaseMs: number
  /** How many people are written to at the same time; one person's messages go one after the other. */
  concurrency: number
  facts: {
    openKfId: string
    smsOn: boolean
    miniProgramOn: boolean
    templateIds: () => Promise<Partial<Record<'care_reminder' | 'follow_up', string>>>
  }
  listeners: ReadonlyMap<string, SettledListener>
}

const BATCH = 200
/** A send isn't begun when less of the lease is left: request limit plus a margin for clocks that differ. */
const SEND_RESERVE_MS = 9 * SECOND_MS
/** Same bytes again at once after a lost answer, before the row waits. */
const LIVE_REPEATS = 2

interface Work {
  row: OutboxRow
  change: RowChange | null
}

export function createOutboxDrain(deps: OutboxDeps): (now: Date) => Promise<Record<string, number>> {
  const { store, clock, random, leaseMs } = deps
  return async (now) => {
    const counts: Record<string, number> = {}
    for (;;) {
      const claimed = await store.claim({ now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id() })
      if (claimed.length === 0) return counts
      const works = claimed.map((row): Work => ({ row, change: null }))
      await sendBatch(deps, works, now)
      await close(deps, works, now, counts)
    }
  }
}

async function sendBatch(deps: OutboxDeps, works: Work[], now: Date): Promise<void> {
  const { store } = deps
  const ready = works.filter(({ row }) => row.status === 'ready')
  const book = await loadFacts(
    deps,
    ready.map(({ row }) => row),
  )
  for (const work of ready) decide(deps, work, book, now)
  await holdBackCrowds(deps, ready, now)
  for (const work of works) if (work.row.status === 'sending' && work.row.intent) resume(deps, work, now)

  const going = works.filter(({ row, change }) => change === null && row.intent !== null)
  // Intents where the other side deduplicates go in one bulk; the others right before their request, one by one.
  const early = going.filter(({ row }) => row.status === 'ready' && driverOf(deps, row)?.dedupe !== 'none')
  await store.hold(
    early.map(({ row }) => ({ _id: row._id, claim: row.claim, set: { status: 'sending', intent: row.intent } })),
  )

  const people = new Map<string, Work[]>()
  for (const work of going) {
    const person = 'customerId' in work.row.to ? work.row.to.customerId : work.row.to.staffUserId
    people.set(person, [...(people.get(person) ?? []), work])
  }
  const lines = [...people.values()]
  await Promise.all(
    Array.from({ length: Math.min(deps.concurrency, lines.length) }, async () => {
      for (let line = lines.shift(); line; line = lines.shift())
        for (const work of line) work.change = await sendOne(deps, work.row, now)
    }),
  )
  await book.adjust(works.map(({ row, change }) => ({ row, change })))
}

const driverOf = (deps: OutboxDeps, { intent }: OutboxRow): ChannelDriver | undefined =>
  intent ? deps.channels[intent.channel] : undefined

/** Fills `row.intent` for what may go now; everything else gets its change at once. */
function decide(deps: OutboxDeps, work: Work, book: FactsBook, now: Date): void {
  const { row } = work
  const decision =
    'staffUserId' in row.to
      ? decideStaff(row, row.to.staffUserId, now)
      : decideForCustomer(row, row.to.customerId, book, now)
  if (decision.do === 'wait') {
    work.change = { set: { dueAt: decision.at, reason: decision.reason }, attempt: null, settled: false }
  } else if (decision.do === 'settle') {
    work.change = {
      set: {
        status: 'settling',
        outcome: decision.outcome,
        reason: decision.reason,
        skips: decision.skips,
        settledAt: now,
        intent: null,
      },
      attempt: null,
      settled: true,
    }
  } else {
    const driver = deps.channels[decision.channel]
    if (!driver) {
      work.change = {
        set: { status: 'settling', outcome: 'dead', reason: 'channel_off', settledAt: now },
        attempt: null,
        settled: true,
      }
      return
    }
    const n = row.refusals[decision.channel] ?? 0
    row.intent = {
      channel: decision.channel,
      n,
      target: decision.target,
      body: driver.freeze(row, decision.target, n),
      firstSentAt: now,
    }
    row.skips = decision.skips
    book.spend(row.intent)
  }
}

function decideForCustomer(
  row: OutboxRow,
  customerId: string,
  book: FactsBook,
  now: Date,
): ReturnType<typeof decideCustomer> {
  // A welcome answers an event: its single-use code is the address, and twenty seconds are its window.
  if (row.content.kind === 'customer' && row.content.eventCode !== null) {
    if (now > row.notAfter || (row.refusals.kf_event ?? 0) > 0)
      return { do: 'settle', outcome: 'expired', reason: 'late', skips: [] }
    return { do: 'send', channel: 'kf_event', target: row.content.eventCode, skips: [] }
  }
  const facts = book.reach(customerId)
  if (!facts) return { do: 'settle', outcome: 'cancelled', reason: 'superseded', skips: [] }
  return decideCustomer(row, facts, book.window(row.storeId, facts.customer.preferredTime), now)
}

function decideStaff(row: OutboxRow, userId: string, now: Date): ReturnType<typeof decideCustomer> {
  if (now > row.notAfter) return { do: 'settle', outcome: 'expired', reason: 'late', skips: [] }
  if (now < row.notBefore) return { do: 'wait', at: row.notBefore, reason: 'outside_window' }
  return { do: 'send', channel: row.content.kind === 'card_update' ? 'card_update' : 'app', target: userId, skips: [] }
}

/** A row that was being sent when its worker died, or whose answer was lost. */
function resume(deps: OutboxDeps, work: Work, now: Date): void {
  const { row } = work
  const driver = driverOf(deps, row)
  if (!row.intent || !driver) return
  const safe = row.contactClass === 'safety' || repeatable(driver, row.intent, now)
  if (!safe) work.change = applyVerdict(row, row.intent, { kind: 'unknown' }, now)
}

/** WeCom drops what one member gets beyond thirty a minute, and says nothing: so it is never sent that fast. */
async function holdBackCrowds({ rates }: OutboxDeps, works: readonly Work[], now: Date): Promise<void> {
  const byMember = new Map<string, Work[]>()
  for (const work of works) {
    if (work.change !== null || work.row.intent?.channel !== 'app') continue
    byMember.set(work.row.intent.target, [...(byMember.get(work.row.intent.target) ?? []), work])
  }
  const wait = (work: Work, at: Date) => {
    work.row.intent = null
    work.change = {
      set: { dueAt: at > now ? at : addMs(now, SECOND_MS), reason: 'rate_limited' },
      attempt: null,
      settled: false,
    }
  }
  for (const [member, mine] of byMember) {
    const first = mine.slice(0, MEMBER_BURST)
    for (const work of mine.slice(MEMBER_BURST)) wait(work, addMs(now, MEMBER_PAUSE_MS))
    const { ok, retryAt } = await rates.reserve(member, 'member', first.length)
    if (!ok) for (const work of first) wait(work, retryAt)
  }
}
const MEMBER_BURST = 20
const MEMBER_PAUSE_MS = 60 * SECOND_MS

async function sendOne(deps: OutboxDeps, row: OutboxRow, now: Date): Promise<RowChange | null> {
  const { store, clock, log } = deps
  const intent = row.intent as Intent
  const driver = driverOf(deps, row)
  if (!driver) return null
  // Too little of the lease left: somebody else may be about to take the row over. It stays as written.
  if (
    addMs(clock.wall(), SEND_RESERVE_MS) > row.claim.until &&
    row.claim.until > addMs(EPOCH, deps.leaseMs) &&
    deps.leaseMs > SEND_RESERVE_MS
  )
    return null
  const resent = row.status === 'sending'
  if (!resent && driver.dedupe === 'none') {
    const held = await store.hold([{ _id: row._id, claim: row.claim, set: { status: 'sending', intent } }])
    if (held === 0) return null
  }
  let verdict: Verdict = { kind: 'repeat' }
  for (let i = 0; verdict.kind === 'repeat' && i <= LIVE_REPEATS; i++)
    verdict = await once(driver, intent, resent || i > 0, now)
  if (verdict.kind !== 'sent')
    log.warn(
      {
        outboxId: row._id,
        channel: intent.channel,
        verdict: verdict.kind,
        errcode: 'errcode' in verdict ? verdict.errcode : null,
      },
      'message not sent',
    )
  if (verdict.kind === 'busy' && verdict.limit) await deps.rates.block(intent.channel)
  return applyVerdict(row, intent, verdict, now)
}

async function once(driver: ChannelDriver, intent: Intent, resent: boolean, now: Date): Promise<Verdict> {
  try {
    return { kind: 'sent', ...(await driver.send(intent.body)) }
  } catch (error) {
    return verdictOf(error, driver, intent, resent, now)
  }
}

/** Writes outcomes durably, tells the owners, then closes. Rows without a change were `settling` already, or keep their lease. */
async function close(
  { store, listeners, events }: OutboxDeps,
  works: readonly Work[],
  now: Date,
  counts: Record<string, number>,
): Promise<void> {
  const settled = works.filter(({ change }) => change?.settled)
  await store.hold(
    settled.map(({ row, change }) => ({
      _id: row._id,
      claim: row.claim,
      set: change?.set ?? {},
      ...(change?.attempt ? { push: { attempts: change.attempt } } : {}),
    })),
  )
  const waiting = works.filter(({ change }) => change && !change.settled)
  await store.finish(
    waiting.map(({ row, change }) => ({
      _id: row._id,
      claim: row.claim,
      set: change?.set ?? {},
      ...(change?.attempt ? { push: { attempts: change.attempt } } : {}),
    })),
  )

  const told = works
    .filter(({ row, change }) => change?.settled || row.status === 'settling')
    .map(({ row, change }): OutboxRow => ({ ...row, ...(change?.set ?? {}) }))
  await events.publishMany(told.flatMap((row) => needsPerson(row, now)))
  const byOwner = new Map<string, SettledMessage[]>()
  for (const row of told) byOwner.set(row.refs.owner, [...(byOwner.get(row.refs.owner) ?? []), settledOf(row, now)])
  for (const [owner, batch] of byOwner) await listeners.get(owner)?.(batch)
  await store.finish(told.map((row) => ({ _id: row._id, claim: row.claim, set: { status: row.outcome, dueAt: null } })))

  for (const { outcome } of told) counts[outcome ?? 'none'] = (counts[outcome ?? 'none'] ?? 0) + 1
  if (waiting.length > 0) counts.waiting = (counts.waiting ?? 0) + waiting.length
}

const settledOf = (row: OutboxRow, now: Date): SettledMessage => ({
  id: row._id,
  refs: row.refs,
  outcome: row.outcome ?? 'dead',
  channel: row.channel,
  at: row.settledAt ?? now,
  reason: row.reason,
  messageId: row.messageId,
  responseCode: row.responseCode,
})

function needsPerson(row: OutboxRow, now: Date): DomainEvent[] {
  if (!('customerId' in row.to) || (row.outcome !== 'delegated' && row.outcome !== 'unknown')) return []
  const data: MessageNeedsPerson = {
    outboxId: row._id,
    customerId: row.to.customerId,
    storeId: row.storeId,
    reason: row.reason ?? 'no_channel_left',
    unknown: row.outcome === 'unknown',
    refs: row.refs,
  }
  return [{ id: `message.needs_person:${row._id}`, type: 'message.needs_person', occurredAt: now, data: { ...data } }]
}
