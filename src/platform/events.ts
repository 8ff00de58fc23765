/**
 * Domain events. `publish` writes one delivery row per subscriber, so listeners fail and retry apart.
 * Names are past tense (`treatment.completed`). Handlers must be idempotent on `event.id`.
 */
import type { Collection } from 'mongodb'
import type { Connection } from 'mongoose'
import { backoffMs, claimDue, type DueRow, FREE_CLAIM, finishClaims, nextDueAt, type RowResult } from './claims.ts'
import { addMs, type Clock } from './clock.ts'
import { collectionOf, ensureIndexes, type IndexSpec, insertFresh } from './db.ts'
import { type DueTable, due } from './due.ts'
import { createFirstHand } from './first-hand.ts'
import type { Log } from './log.ts'
import type { Random } from './random.ts'

export interface DomainEvent<T = Record<string, unknown>> {
  /** Deterministic: the same fact published twice is one event. */
  id: string
  type: string
  /** Business time. */
  occurredAt: Date
  /** Ids and small facts; never personal data: the receiver reads the record. */
  data: T
  /** Business time before which nobody hears it; right away where it is missing. */
  notBefore?: Date
}

/**
 * Hears one event; or, as `together`, those of its type that wait at the same time, oldest first, where many cost little
 * more than one. When that fails, each is delivered alone.
 */
export type EventHandler =
  | ((event: DomainEvent) => Promise<void>)
  | { together: (events: readonly DomainEvent[]) => Promise<void> }

export interface Events {
  /** Delivers to every subscriber of `event.type`; a second publish of the same id adds nothing. */
  publish(event: DomainEvent): Promise<void>
  publishMany(events: readonly DomainEvent[]): Promise<void>
  /** Registered once at composition. `subscriber` is stable across releases: it is part of the row's key. */
  subscribe(subscriber: string, handlers: Record<string, EventHandler>): void
  due: DueTable
  ready(): Promise<void>
  /** Parked deliveries, oldest first, one page. */
  parked(limit: number): Promise<{ id: string; type: string; subscriber: string; lastError: string | null }[]>
  parkedCount(): Promise<number>
  /** Makes a parked or failed delivery due again. Returns whether it was found. */
  replay(id: string): Promise<boolean>
}

interface Delivery extends DueRow {
  subscriber: string
  event: DomainEvent
  status: 'pending' | 'done' | 'parked'
  lastError: string | null
}

const BATCH = 50
const MAX_ATTEMPTS = 8
const INDEXES: IndexSpec[] = [
  { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
  { keys: { status: 1 }, only: { status: 'parked' }, serves: 'parked()' },
]

export interface EventDeps {
  db: Connection
  clock: Clock
  random: Random
  log: Log
  leaseMs: number
  works?: boolean
  /** Called after a publish so that this process drains at once. */
  nudge: (table: string) => void
}

export function createEvents(deps: EventDeps): Events {
  const { db, clock, random, log, leaseMs, nudge } = deps
  const rows: Collection<Delivery> = collectionOf<Delivery>(db, 'event_deliveries')
  const firstHand = createFirstHand<Delivery>(deps)
  const subscribers = new Map<string, Map<string, EventHandler>>()

  async function publishMany(events: readonly DomainEvent[]): Promise<void> {
    const told = events.flatMap((event) =>
      [...(subscribers.get(event.type)?.keys() ?? [])].map(
        (subscriber): Delivery => ({
          _id: `${event.id}|${subscriber}`,
          subscriber,
          event,
          status: 'pending',
          lastError: null,
          dueAt: event.notBefore ?? clock.now(),
          claim: FREE_CLAIM,
          attempt: 0,
        }),
      ),
    )
    if (told.length === 0) return
    const deliveries = firstHand.adopt(told)
    const fresh = new Set(await insertFresh(rows, deliveries))
    firstHand.keep(deliveries.filter(({ _id }) => fresh.has(_id)))
    nudge('event_deliveries')
  }

  const handlerOf = ({ event, subscriber }: Delivery) => subscribers.get(event.type)?.get(subscriber)
  const done = ({ _id, claim }: Delivery): RowResult => ({
    _id,
    claim,
    set: { status: 'done', dueAt: null, lastError: null },
  })

  /** Deliveries to one handler, one after the other in the batch. */
  async function deliverAll(rows: readonly Delivery[]): Promise<RowResult[]> {
    const [first] = rows
    const handler = first && handlerOf(first)
    if (rows.length > 1 && handler && 'together' in handler) {
      try {
        await handler.together(rows.map(({ event }) => event))
        return rows.map(done)
      } catch (error) {
        log.warn({ err: error, count: rows.length }, 'events not delivered together, each goes alone')
      }
    }
    // One by one: a slow listener must not hold the lease of fifty others in parallel, and seeded runs repeat.
    const results: RowResult[] = []
    for (const row of rows) results.push(await deliver(row))
    return results
  }

  async function deliver(row: Delivery): Promise<RowResult> {
    const { _id, claim } = row
    try {
      const handler = handlerOf(row)
      if (!handler) throw new Error('no such subscriber in this process')
      await ('together' in handler ? handler.together([row.event]) : handler(row.event))
      return done(row)
    } catch (error) {
      const attempt = row.attempt + 1
      const parked = attempt >= MAX_ATTEMPTS
      log[parked ? 'error' : 'warn']({ err: error, deliveryId: _id, attempt, parked }, 'event delivery failed')
      const lastError = error instanceof Error && 'code' in error ? String(error.code) : 'internal'
      return {
        _id,
        claim,
        set: {
          attempt,
          lastError,
          status: parked ? 'parked' : 'pending',
          dueAt: parked ? null : addMs(clock.now(), backoffMs(attempt)),
        },
      }
    }
  }

  return {
    publishMany,
    publish: (event) => publishMany([event]),
    subscribe(subscriber, handlers) {
      for (const [type, handler] of Object.entries(handlers)) {
        const known = subscribers.get(type) ?? new Map<string, EventHandler>()
        if (known.has(subscriber)) throw new Error(`two handlers of ${type} are called ${subscriber}`)
        subscribers.set(type, known.set(subscriber, handler))
      }
    },
    due: due({
      table: 'event_deliveries',
      nextDueAt: (now, until) => nextDueAt(rows, now, until),
      // What failed waits for half an hour at most.
      whole: true,
      async drain(now) {
        const counts = { delivered: 0, failed: 0 }
        for (;;) {
          const claimed = await firstHand.next(BATCH, () =>
            claimDue(rows, { now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id(), frozen: true }),
          )
          const results: RowResult[] = []
          for (const some of runsOf(claimed, (row) => `${row.subscriber}|${row.event.type}`))
            results.push(...(await deliverAll(some)))
          await finishClaims(rows, results)
          for (const result of results) counts[result.set.status === 'done' ? 'delivered' : 'failed'] += 1
          if (claimed.length < BATCH && !firstHand.waiting()) return counts
        }
      },
    }),
    ready: () => ensureIndexes(rows, INDEXES),
    parkedCount: () => rows.countDocuments({ status: 'parked' }),
    async parked(limit) {
      const found = await rows.find({ status: 'parked' }).limit(limit).toArray()
      return found.map(({ _id, event, subscriber, lastError }) => ({
        id: _id,
        type: event.type,
        subscriber,
        lastError,
      }))
    },
    async replay(id) {
      const { matchedCount } = await rows.updateOne(
        { _id: id },
        { $set: { status: 'pending', dueAt: clock.now(), attempt: 0, claim: FREE_CLAIM } },
      )
      if (matchedCount > 0) nudge('event_deliveries')
      return matchedCount > 0
    },
  }
}

/** Neighbours with one key, in their order. */
function runsOf<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const runs: T[][] = []
  for (const [i, item] of items.entries()) {
    const before = items[i - 1]
    if (before !== undefined && keyOf(before) === keyOf(item)) runs.at(-1)?.push(item)
    else runs.push([item])
  }
  return runs
}
