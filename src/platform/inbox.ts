/**
 * What the outside tells us, stored once before anybody works on it. A vendor's retry or duplicate hits the same key.
 * A callback is a hint: handlers ask the vendor's API for the fact. Failed rows back off, then are parked and visible.
 */
import type { Connection } from 'mongoose'
import { backoffMs, claimDue, type DueRow, FREE_CLAIM, finishClaims, nextDueAt, type RowResult } from './claims.ts'
import { addMs, type Clock } from './clock.ts'
import type { FieldCrypto } from './crypto.ts'
import { collectionOf, ensureIndexes, type IndexSpec, isDuplicate } from './db.ts'
import { type DueTable, due } from './due.ts'
import { AppError, invalid } from './errors.ts'
import { createFirstHand } from './first-hand.ts'
import { type Log, withLogContext } from './log.ts'
import type { Random } from './random.ts'

export interface InboxMessage {
  /** Made from decrypted content, so that a retry with a fresh envelope is the same message. */
  key: string
  source: 'wecom' | 'wechat'
  /** What handlers register for, e.g. `template_card_event`, `change_external_contact.add_external_contact`, `text`. */
  type: string
  payload: Record<string, unknown>
}

export interface InboxEntry extends InboxMessage {
  receivedAt: Date
  /** Somebody may have worked on it before: a try that failed, a process that died, a replay. */
  again: boolean
}

export type InboxHandler = (entry: InboxEntry) => Promise<void>

export interface Inbox {
  /**
   * Stores once. `fresh` is false for a replay, which changes nothing. Unknown types are kept as `ignored`.
   * @throws AppError invalid/bad_callback: a payload nested without end
   */
  insertOnce(message: InboxMessage): Promise<{ fresh: boolean; status: 'pending' | 'ignored' }>
  on(source: InboxMessage['source'], type: string, handler: InboxHandler): void
  due: DueTable
  ready(): Promise<void>
  counts(): Promise<Record<string, number>>
  parked(limit: number): Promise<{ id: string; type: string; lastError: string | null }[]>
  parkedCount(): Promise<number>
  /** Runs any stored row again, whatever became of it. Returns whether it was found. */
  replay(id: string): Promise<boolean>
}

interface InboxRow extends DueRow {
  source: InboxMessage['source']
  type: string
  /** Sealed: people write to the app, about people. */
  payload: string
  receivedAt: Date
  status: 'pending' | 'done' | 'ignored' | 'parked'
  lastError: string | null
}

const PAYLOAD_FIELD = 'inbox.payload'
/** Events nest four or five levels deep. */
const MAX_DEPTH = 20

function isDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== 'object' || value === null) return false
  return depth > MAX_DEPTH || Object.values(value).some((inner) => isDeep(inner, depth + 1))
}

const BATCH = 50
const MAX_ATTEMPTS = 8
const INDEXES: IndexSpec[] = [
  { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
  { keys: { status: 1 }, only: { status: 'parked' }, serves: 'parked()' },
]

export interface InboxDeps {
  db: Connection
  clock: Clock
  random: Random
  log: Log
  crypto: FieldCrypto
  leaseMs: number
  works?: boolean
  nudge: (table: string) => void
}

export function createInbox(deps: InboxDeps): Inbox {
  const { db, clock, random, log, crypto, leaseMs, nudge } = deps
  const rows = collectionOf<InboxRow>(db, 'inbox')
  const firstHand = createFirstHand<InboxRow>(deps)
  const handlers = new Map<string, InboxHandler>()

  async function work(row: InboxRow): Promise<RowResult> {
    const { _id, claim, source, type, receivedAt } = row
    const again = row.attempt > 0 || claim.fence > 1
    try {
      const handler = handlers.get(`${source}:${type}`)
      if (!handler) return { _id, claim, set: { status: 'ignored', dueAt: null } }
      const payload = JSON.parse(crypto.open(PAYLOAD_FIELD, row.payload)) as InboxMessage['payload']
      await withLogContext({ job: `inbox:${_id}` }, () =>
        handler({ key: _id, source, type, payload, receivedAt, again }),
      )
      return { _id, claim, set: { status: 'done', dueAt: null, lastError: null } }
    } catch (error) {
      const attempt = row.attempt + 1
      const hopeless = error instanceof AppError && !error.retryable && error.kind !== 'upstream'
      const parked = hopeless || attempt >= MAX_ATTEMPTS
      log[parked ? 'error' : 'warn']({ err: error, inboxId: _id, type, attempt, parked }, 'inbox message failed')
      const lastError = error instanceof AppError ? error.code : 'internal'
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
    async insertOnce({ key, source, type, payload }) {
      if (isDeep(payload)) throw invalid('bad_callback', { reason: 'nested too deep' })
      const status = handlers.has(`${source}:${type}`) ? 'pending' : 'ignored'
      const now = clock.now()
      const [row] = firstHand.adopt([
        {
          _id: key,
          source,
          type,
          payload: crypto.seal(PAYLOAD_FIELD, JSON.stringify(payload)),
          receivedAt: now,
          status,
          lastError: null,
          dueAt: status === 'pending' ? now : null,
          claim: FREE_CLAIM,
          attempt: 0,
        },
      ]) as [InboxRow]
      const fresh = !(await isDuplicate(rows.insertOne(row)))
      if (fresh && status === 'pending') {
        firstHand.keep([row])
        nudge('inbox')
      }
      return { fresh, status }
    },
    on(source, type, handler) {
      const key = `${source}:${type}`
      if (handlers.has(key)) throw new Error(`two handlers of ${key}`)
      handlers.set(key, handler)
    },
    due: due({
      table: 'inbox',
      nextDueAt: (now, until) => nextDueAt(rows, now, until),
      // What failed waits for half an hour at most.
      whole: true,
      async drain(now) {
        const counts = { handled: 0, failed: 0 }
        for (;;) {
          const claimed = await firstHand.next(BATCH, () =>
            claimDue(rows, { now, wall: clock.wall(), limit: BATCH, leaseMs, token: random.id(), frozen: true }),
          )
          const results: RowResult[] = []
          for (const row of claimed) results.push(await work(row))
          await finishClaims(rows, results)
          for (const { set } of results) counts[set.lastError ? 'failed' : 'handled'] += 1
          if (claimed.length < BATCH && !firstHand.waiting()) return counts
        }
      },
    }),
    ready: () => ensureIndexes(rows, INDEXES),
    async counts() {
      const statuses = ['pending', 'done', 'ignored', 'parked'] as const
      const found = await Promise.all(statuses.map((status) => rows.countDocuments({ status })))
      return Object.fromEntries(statuses.map((status, i) => [status, found[i] ?? 0]))
    },
    parkedCount: () => rows.countDocuments({ status: 'parked' }),
    async parked(limit) {
      const found = await rows.find({ status: 'parked' }).limit(limit).toArray()
      return found.map(({ _id, type, lastError }) => ({ id: _id, type, lastError }))
    },
    async replay(id) {
      const { matchedCount } = await rows.updateOne(
        { _id: id },
        {
          $set: {
            status: 'pending',
            dueAt: clock.now(),
            attempt: 0,
            'claim.token': '',
            'claim.until': FREE_CLAIM.until,
          },
          // Whoever works on it now isn't the first.
          $inc: { 'claim.fence': 1 },
        },
      )
      if (matchedCount > 0) nudge('inbox')
      return matchedCount > 0
    },
  }
}
