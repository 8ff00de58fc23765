/**
 * The outbox drain: claim, decide, write the intent, send, write what became of it, tell the owner, close. A constant number
 * of commands per batch. A process may die between any two of them; the next claim goes on from what is written.
 */
import type { CustomersService } from '../customers/index.ts'
import { backoffMs } from '../platform/claims.ts'
import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import type { FirstHand } from '../platform/first-hand.ts'
import type { Random } from '../platform/random.ts'
import type { StaffService } from '../staff/index.ts'
import type { Budgets } from './budgets.ts'
import { type FactsBook, type FactsDeps, loadFacts } from './facts.ts'
import { freeCaps, learnFromRefusals, type OwnId, passGates, type Work } from './gates.ts'
import { type Decision, decideCustomer } from './ladder.ts'
import type { Left } from './left.ts'
import { askMembers, type MassDeps, offerToMembers, shareMessages } from './mass-ask.ts'
import { isWithMember, lookAtMembers } from './mass-look.ts'
import { type Intent, messageKey, type OutboxRow } from './model.ts'
import { inOrder, isHeldBack, waitForOthers } from './order.ts'
import { type SendDeps, sendOne, writeOf } from './send.ts'
import { applyVerdict, repeatable } from './settle.ts'
import type { MessageNeedsPerson, SettledListener, SettledMessage } from './types.ts'
import { nextAllowed } from './windows.ts'

export interface OutboxDeps extends SendDeps {
  firstHand: FirstHand<OutboxRow>
  left: Left
  random: Random
  clock: Clock
  events: Events
  budgets: Budgets
  customers: CustomersService
  staff: StaffService
  /** How many people are written to at the same time; one person's messages go one after the other. */
  concurrency: number
  promotionCaps: FactsDeps['promotionCaps']
  promotionHolds: FactsDeps['promotionHolds']
  coming: FactsDeps['coming']
  templates: FactsDeps['templates']
  facts: FactsDeps['facts']
  listeners: ReadonlyMap<string, SettledListener>
  mass: MassDeps
}

const BATCH = 200
/** A short lease takes fewer rows: what isn't sent in the first part of a lease is given back unsent. */
const batchFor = (leaseMs: number): number => Math.max(10, Math.min(BATCH, Math.floor(leaseMs / 20)))
/** Bytes whose answer was lost may go again this long after, whatever the hour: they had been allowed to go. */
const RESEND_GRACE_MS = 10 * MINUTE_MS

/** `where` narrows a drain to some rows, e.g. the welcome that can't wait for others. */
export function createOutboxDrain(
  deps: OutboxDeps,
): (now: Date, where?: Record<string, unknown>) => Promise<Record<string, number>> {
  const { store, firstHand, clock, random, leaseMs } = deps
  return async (now, where) => {
    const counts: Record<string, number> = {}
    const limit = batchFor(leaseMs)
    for (;;) {
      const claim = () =>
        store.claim({ now, wall: clock.wall(), limit, leaseMs, token: random.id(), where: where ?? {} })
      const claimed = where ? await claim() : await firstHand.next(limit, claim)
      const isOver = where !== undefined || !firstHand.waiting()
      if (claimed.length === 0 && isOver) return counts
      const works = claimed.map(
        (row): Work => ({
          row,
          change: null,
          resent: row.status === 'sending',
          lost: false,
          recorded: false,
          spare: 0,
        }),
      )
      await sendBatch(deps, works, now)
      await close(
        deps,
        works.filter(({ lost }) => !lost),
        now,
        counts,
        where !== undefined,
      )
      if (claimed.length < limit && isOver && !works.some((work) => dueAgain(work, now))) return counts
    }
  }
}

/** It goes on at once, one rung further down. */
const dueAgain = ({ change }: Work, now: Date): boolean =>
  change?.settled === false && change.set.dueAt instanceof Date && change.set.dueAt <= now

async function sendBatch(deps: OutboxDeps, works: Work[], now: Date): Promise<void> {
  const open = works.filter(({ row }) => row.status !== 'settling')
  if (open.length === 0) return
  const book = await loadFacts(
    deps,
    open.map(({ row }) => row),
  )
  const waiting = open.filter(({ row }) => isWithMember(row))
  await lookAtMembers(deps.mass, waiting, book, now)
  const own = inOrder(open.filter(({ row }) => !isWithMember(row)))
  await waitForOthers(deps.store, own, now)
  for (const work of own) {
    if (work.change !== null) continue
    if (work.resent) resume(deps, work, book, now)
    else decide(deps, work, book, now)
  }
  await offerToMembers(deps.mass, own, book, now)
  await passGates(deps, open, ownIdIn(book), now)
  const shared = shareMessages(own)

  const going = own.filter(({ row, change }) => change === null && row.intent !== null)
  // Intents where the other side deduplicates go in one bulk; of the others each right before its request.
  const early = going.filter(({ row, resent }) => !resent && driverOf(deps, row)?.dedupe !== 'none')
  const held = await deps.store.writeIntents(
    early.map(({ row }) => ({ row, messageId: driverOf(deps, row)?.idOf(row.intent?.body ?? '{}') ?? null })),
  )
  for (const work of early) work.lost = !held.has(work.row._id)
  await sendAll(
    deps,
    going.filter(({ row, lost }) => !lost && row.intent?.channel !== 'mass'),
    own,
    now,
  )
  for (const group of shared) {
    const held = group.filter(({ lost }) => !lost)
    // Somebody else has one of them by now: the others go without it, with words of their own.
    if (held.length === group.length) await askMembers(deps.mass, held, book, now)
    else
      for (const work of held) work.change = { set: { status: 'ready', intent: null }, attempt: null, settled: false }
  }
  await learnFromRefusals(deps, going)
}

async function sendAll(deps: OutboxDeps, going: readonly Work[], own: readonly Work[], now: Date): Promise<void> {
  const people = new Map<string, Work[]>()
  for (const work of going) {
    const person = 'customerId' in work.row.to ? work.row.to.customerId : work.row.to.staffUserId
    people.set(person, [...(people.get(person) ?? []), work])
  }
  const lines = [...people.values()]
  await Promise.all(
    Array.from({ length: Math.min(deps.concurrency, lines.length) }, async () => {
      for (let line = lines.shift(); line; line = lines.shift())
        for (const work of line) if (!isHeldBack(work, own, now)) await sendOne(deps, work, now)
    }),
  )
}

const ownIdIn =
  (book: FactsBook): OwnId =>
  (customerId) =>
    book.reach(customerId)?.customer.id ?? customerId

const driverOf = (deps: OutboxDeps, { intent }: OutboxRow) => (intent ? deps.channels[intent.channel] : undefined)

/** Fills `row.intent` for what may go now; everything else gets its change at once. */
function decide(deps: OutboxDeps, work: Work, book: FactsBook, now: Date): void {
  const { row } = work
  const decision = decisionOf(row, book, now)
  if (decision.do === 'wait') {
    work.change = { set: { dueAt: decision.at, reason: decision.reason }, attempt: null, settled: false }
    return
  }
  const driver = decision.do === 'send' ? deps.channels[decision.channel] : undefined
  if (decision.do === 'settle' || !driver) {
    const [outcome, reason] = decision.do === 'settle' ? [decision.outcome, decision.reason] : ['dead', 'channel_off']
    work.change = {
      set: { status: 'settling', outcome, reason, skips: decision.skips, settledAt: now, intent: null },
      attempt: null,
      settled: true,
    }
    return
  }
  const { channel, target, skips, spare = 0 } = decision
  work.spare = spare
  const n = row.refusals[channel] ?? 0
  const body = driver.freeze(row, target, n)
  row.intent = { channel, n, key: messageKey(row._id, channel, n), target, body, firstSentAt: now }
  row.skips = skips
  book.spend(row.intent)
}

function decisionOf(row: OutboxRow, book: FactsBook, now: Date): Decision {
  const { to, content } = row
  if ('customerId' in to && !(content.kind === 'customer' && content.eventCode !== null)) {
    const facts = book.reach(to.customerId)
    if (!facts) return { do: 'settle', outcome: 'cancelled', reason: 'superseded', skips: [] }
    return decideCustomer(row, facts, book.window(row.storeId, facts.customer.preferredTime), now)
  }
  if (now > row.notAfter) return { do: 'settle', outcome: 'expired', reason: 'late', skips: [] }
  if (now < row.notBefore) return { do: 'wait', at: row.notBefore, reason: 'outside_window' }
  if ('staffUserId' in to) {
    const channel = content.kind === 'card_update' ? 'card_update' : 'app'
    return { do: 'send', channel, target: to.staffUserId, skips: [] }
  }
  // A welcome answers an event: its single-use code is the address, and twenty seconds are its window.
  const { eventCode, eventChannel = 'kf_event' } = content.kind === 'customer' ? content : { eventCode: null }
  return { do: 'send', channel: eventChannel, target: eventCode ?? '', skips: [] }
}

/** A row that was being sent when its worker died, or whose answer was lost. */
function resume(deps: OutboxDeps, work: Work, book: FactsBook, now: Date): void {
  const { row } = work
  const { intent } = row
  if (!intent) return
  const driver = driverOf(deps, row)
  const resend = driver && repeatable(driver, intent, now) ? resendAt(row, intent, book, now) : null
  if (resend === null)
    work.change = applyVerdict(row, intent, { kind: 'unknown' }, true, now, driver?.costFen?.(intent.body))
  else if (resend > now) work.change = { set: { dueAt: resend }, attempt: null, settled: false }
}

/** When bytes that may not have arrived can go again; null = not any more. */
function resendAt({ to, notAfter, contactClass, storeId }: OutboxRow, intent: Intent, book: FactsBook, now: Date) {
  if (addMs(intent.firstSentAt, RESEND_GRACE_MS) >= now) return now
  if (now > notAfter) return null
  if (!('customerId' in to)) return now
  const preferred = book.reach(to.customerId)?.customer.preferredTime ?? null
  const { at } = nextAllowed(now, contactClass, book.window(storeId, preferred), notAfter)
  return at > notAfter ? null : at
}

/**
 * Writes outcomes durably, tells the owners, then closes. Rows that nobody waits to hear of, and those that only wait, need
 * one write; rows without a change were `settling` already.
 */
async function close(
  deps: OutboxDeps,
  works: readonly Work[],
  now: Date,
  counts: Record<string, number>,
  isAsked: boolean,
) {
  const { store, listeners, events, left } = deps
  const settled = works.filter(({ change }) => change?.settled !== false)
  await freeCaps(
    deps,
    settled.map(afterwards).filter(({ outcome }) => !SAID.includes(outcome)),
  )
  // Whoever has just asked for it to be off hears it as the answer.
  const isAnswer = (work: Work) => isAsked && afterwards(work).outcome === 'cancelled'
  const heard = settled.filter(
    (work) => !isAnswer(work) && (listeners.has(work.row.refs.owner) || needsPerson(afterwards(work), now).length > 0),
  )
  const apart = new Set(heard)
  await store.hold(heard.filter(({ change, recorded }) => change !== null && !recorded).map(writeOf))
  await store.finish(
    works
      .filter((work) => !apart.has(work))
      .map((work) => {
        const write = writeOf(work)
        const closed = work.change?.settled === false ? {} : { status: afterwards(work).outcome, dueAt: null }
        return { ...write, set: { ...write.set, ...closed } }
      }),
  )
  const told = heard.map(afterwards)
  await events.publishMany(told.flatMap((row) => needsPerson(row, now)))
  const deaf = await tell(deps, told, now)
  await store.finish(
    told.map(({ _id, claim, outcome, refs, attempt }) => ({
      _id,
      claim,
      set: deaf.has(refs.owner)
        ? { attempt: attempt + 1, dueAt: addMs(now, backoffMs(attempt + 1)) }
        : { status: outcome, dueAt: null },
    })),
  )
  for (const row of settled.map(afterwards)) if ('staffUserId' in row.to && row.outcome === 'sent') left.add(row._id)
  const count = (outcome: string) => {
    counts[outcome] = (counts[outcome] ?? 0) + 1
  }
  for (const work of works) count(work.change?.settled === false ? 'waiting' : (afterwards(work).outcome ?? 'none'))
}

/** It reached somebody, or may have, or a person says it. */
const SAID: readonly OutboxRow['outcome'][] = ['sent', 'unknown', 'delegated']

const afterwards = ({ row, change }: Work): OutboxRow => ({ ...row, ...change?.set })

/** Tells each owner about its rows; returns the owners that failed. Their rows are told again, the others' are closed. */
async function tell({ listeners, log }: OutboxDeps, told: readonly OutboxRow[], now: Date): Promise<Set<string>> {
  const deaf = new Set<string>()
  for (const owner of new Set(told.map(({ refs }) => refs.owner))) {
    try {
      await listeners.get(owner)?.(told.filter(({ refs }) => refs.owner === owner).map((row) => settledOf(row, now)))
    } catch (error) {
      log.error({ err: error, owner }, 'listener of settled messages failed')
      deaf.add(owner)
    }
  }
  return deaf
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
  byUserId: row.channel === 'mass' ? (row.asked?.at(-1) ?? null) : null,
})

function needsPerson(
  { _id, to, content, outcome, reason, storeId, contactClass, refs, handOver }: OutboxRow,
  now: Date,
): DomainEvent[] {
  if (!('customerId' in to) || (outcome !== 'delegated' && outcome !== 'unknown')) return []
  // A welcome that may have been lost isn't worth a person's time.
  if (handOver === false || (content.kind === 'customer' && content.eventCode !== null)) return []
  const data: MessageNeedsPerson = {
    outboxId: _id,
    customerId: to.customerId,
    storeId,
    reason: reason ?? 'no_channel_left',
    unknown: outcome === 'unknown',
    contactClass,
    refs,
  }
  return [{ id: `message.needs_person:${_id}`, type: 'message.needs_person', occurredAt: now, data: { ...data } }]
}
