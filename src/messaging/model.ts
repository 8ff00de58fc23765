/** The outbox: named queries, plain objects. What people read, and where it goes, is sealed at rest. */
import type { AnyBulkWriteOperation, Filter, UpdateFilter } from 'mongodb'
import type { Connection } from 'mongoose'
import {
  type Claim,
  type ClaimRequest,
  claimDue,
  type DueRow,
  finishClaims,
  nextDueAt,
  ownedBy,
  type RowResult,
  upcomingOf,
} from '../platform/claims.ts'
import { EPOCH } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { collectionOf, ensureIndexes, insertFresh, ONE_PAGE } from '../platform/db.ts'
import { hashId } from '../platform/hash.ts'
import type { Confirm } from './mass-rules.ts'
import type { RenderedMessage } from './templates.ts'
import type { Attachment, Channel, ContactClass, EnqueueContact, Outcome } from './types.ts'

export type FrozenContent =
  | ({
      kind: 'customer'
      menu: { id: string; label: string }[] | null
      attachment?: Attachment
      /** The single-use code of the event that is answered … */
      eventCode: string | null
      /** … and where it is good, if not in customer service. */
      eventChannel?: 'contact_welcome'
    } & RenderedMessage)
  | { kind: 'staff'; message: Record<string, unknown> }
  | { kind: 'card_update'; responseCode: string; update: Record<string, unknown> }

/** The write-ahead intent: what is being sent, in its exact bytes. */
export interface Intent {
  channel: Channel
  /** Definite refusals on this channel before: a repeat after a lost answer keeps it, and with it the provider id. */
  n: number
  /** Our id of this message on this channel; also the key under which a budget was taken for it. */
  key: string
  /** Sealed at rest, like `target`. */
  body: string
  /** Session id, `openid|template id`, phone, email address, userid or event code. */
  target: string
  /** Business time of the first send of these bytes. */
  firstSentAt: Date
}

export interface Attempt {
  channel: Channel
  n: number
  at: Date
  result: 'sent' | 'refused' | 'busy' | 'unknown'
  errcode: number | null
  reason: string | null
  messageId: string | null
  /** What it was charged, in fen; absent: nothing. */
  costFen?: number
}

export interface OutboxRow extends DueRow {
  to: { customerId: string } | { staffUserId: string }
  storeId: string
  contactClass: ContactClass
  content: FrozenContent
  notBefore: Date
  notAfter: Date
  handOver?: boolean
  after?: string
  isAnswer?: true
  refs: EnqueueContact['refs']
  /** `awaiting_confirmation`: WeCom has it, and a member is to confirm it. */
  status: 'ready' | 'sending' | 'awaiting_confirmation' | 'settling' | Outcome
  outcome: Outcome | null
  reason: string | null
  channel: Channel | null
  messageId: string | null
  responseCode: string | null
  settledAt: Date | null
  intent: Intent | null
  attempts: Attempt[]
  /** Rungs passed over at the last decision, with the reason of each. */
  skips: { channel: Channel; reason: string }[]
  /** Channel → definite refusals. */
  refusals: Partial<Record<Channel, number>>
  confirm?: Confirm | null
  /** Members who were asked to confirm it, the last one last. */
  asked?: string[]
  /** Taken back while it waited for a member: why. */
  stop?: string
  createdAt: Date
}

/** What a row looks like in the database: texts, bodies and addresses are ciphertext. */
interface StoredRow extends Omit<OutboxRow, 'content' | 'intent'> {
  content: { kind: FrozenContent['kind']; templateKey: string | null; templateVersion: number | null; sealed: string }
  intent: (Omit<Intent, 'body' | 'target'> & { sealed: string }) | null
}
/** A row as lists show it: without what it says. */
export type OutboxSummary = StoredRow

/** 32 hex digits: the same row, channel and number of refusals give the same id, so a repeat is one message. */
export const messageKey = (rowId: string, channel: Channel, n: number): string => hashId(rowId, channel, n)

const CONTENT = 'outbox.content'
const INTENT = 'outbox.intent'

export type OutboxStore = ReturnType<typeof createOutboxStore>

export function createOutboxStore(db: Connection, crypto: FieldCrypto) {
  const rows = collectionOf<StoredRow>(db, 'outbox')

  const sealed = (row: OutboxRow): StoredRow => {
    const { content } = row
    return {
      ...row,
      content: {
        kind: content.kind,
        templateKey: content.kind === 'customer' ? content.templateKey : null,
        templateVersion: content.kind === 'customer' ? content.templateVersion : null,
        sealed: crypto.seal(CONTENT, JSON.stringify(content)),
      },
      intent: row.intent && sealedIntent(row.intent),
    }
  }
  const sealedIntent = ({ body, target, ...rest }: Intent) => ({
    ...rest,
    sealed: crypto.seal(INTENT, JSON.stringify({ body, target })),
  })
  const opened = (row: StoredRow): OutboxRow => {
    const { intent } = row
    return {
      ...row,
      content: JSON.parse(crypto.open(CONTENT, row.content.sealed)) as FrozenContent,
      intent: intent && {
        channel: intent.channel,
        n: intent.n,
        key: intent.key,
        firstSentAt: intent.firstSentAt,
        ...(JSON.parse(crypto.open(INTENT, intent.sealed)) as Pick<Intent, 'body' | 'target'>),
      },
    }
  }

  return {
    /** Returns the ids that were new. */
    insert: (fresh: readonly OutboxRow[]) => insertFresh(rows, fresh.map(sealed)),
    nextDueAt: (now: Date, until?: Date) => nextDueAt(rows, now, until),
    upcoming: (until: Date, limit: number) => upcomingOf(rows, until, limit),
    claim: async (request: ClaimRequest): Promise<OutboxRow[]> =>
      (await claimDue(rows, { ...request, frozen: true })).map(opened),
    finish: (results: readonly RowResult[]) => finishClaims(rows, results),
    /** Writes changes on rows that stay claimed; rows that somebody else took over stay as they are. */
    async hold(
      changes: readonly { _id: string; claim: Claim; set: Record<string, unknown>; push?: Record<string, unknown> }[],
    ): Promise<void> {
      if (changes.length === 0) return
      const operations = changes.map(({ _id, claim, set, push }) => ({
        updateOne: { filter: ownedBy({ _id, claim }), update: { $set: set, ...(push ? { $push: push } : {}) } },
      }))
      await rows.bulkWrite(operations as unknown as AnyBulkWriteOperation<StoredRow>[], { ordered: false })
    },
    /** Write-ahead: what is about to be sent. Returns the ids that were still ours; only those may be sent. */
    async writeIntents(intents: readonly { row: OutboxRow; messageId: string | null }[]): Promise<Set<string>> {
      if (intents.length === 0) return new Set()
      const operations = intents.map(({ row, messageId }) => ({
        updateOne: {
          filter: { ...ownedBy(row), status: 'ready' as const },
          update: { $set: { status: 'sending', messageId, intent: row.intent && sealedIntent(row.intent) } },
        },
      }))
      const { matchedCount } = await rows.bulkWrite(operations as unknown as AnyBulkWriteOperation<StoredRow>[], {
        ordered: false,
      })
      if (matchedCount === intents.length) return new Set(intents.map(({ row }) => row._id))
      const tokens = intents.map(({ row }) => row.claim.token)
      const ours = await rows
        .find({ _id: { $in: intents.map(({ row }) => row._id) }, status: 'sending', 'claim.token': { $in: tokens } })
        .project<{ _id: string; claim: Claim }>({ claim: 1 })
        .toArray()
      const held = new Map(ours.map(({ _id, claim }) => [_id, claim]))
      return new Set(
        intents
          .filter(
            ({ row }) => held.get(row._id)?.token === row.claim.token && held.get(row._id)?.fence === row.claim.fence,
          )
          .map(({ row }) => row._id),
      )
    },
    /**
     * Cancels rows that nobody is working on; `tokens` are claims that the caller holds and gives up. Returns those that are
     * cancelled now, also by an earlier call.
     */
    async cancel(
      ids: readonly string[],
      reason: string,
      at: { now: Date; wall: Date; tokens?: readonly string[] },
    ): Promise<Pick<OutboxRow, '_id' | 'to' | 'contactClass'>[]> {
      if (ids.length === 0) return []
      const look = () =>
        rows
          .find(
            { _id: { $in: [...ids] }, status: { $in: ['ready', 'cancelled'] } },
            { projection: { status: 1, to: 1, contactClass: 1 } },
          )
          .toArray()
      let found = await look()
      const ready = found.filter(({ status }) => status === 'ready').map(({ _id }) => _id)
      // Most have left long ago, and one look is all.
      if (ready.length === 0) return found
      // A worker that held an expired lease finds neither its token nor a ready row.
      const cancelled = { status: 'cancelled', outcome: 'cancelled', reason, settledAt: at.now, dueAt: null }
      const update = { $set: { ...cancelled, 'claim.token': '' } } as UpdateFilter<StoredRow>
      const stop = (claim: Record<string, unknown>) =>
        rows.updateMany({ _id: { $in: ready }, status: 'ready', ...claim } as Filter<StoredRow>, update)
      if (at.tokens && at.tokens.length > 0) await stop({ 'claim.token': { $in: [...at.tokens] } })
      await stop({ 'claim.until': { $lte: at.wall } })
      found = await look()
      return found.filter(({ status }) => status === 'cancelled')
    },
    /** A message that was accepted and then failed goes on at the next rung. Only a sent row, so once per message. */
    async reopen(_id: string, messageId: string, channel: Channel, now: Date): Promise<boolean> {
      const { modifiedCount } = await rows.updateOne({ _id, status: 'sent', messageId }, {
        $set: {
          status: 'ready',
          outcome: null,
          reason: 'refused',
          channel: null,
          messageId: null,
          settledAt: null,
          dueAt: now,
          [`refusals.${channel}`]: 1,
        },
        $push: {
          attempts: { channel, n: 0, at: now, result: 'refused', errcode: null, reason: 'refused', messageId },
        },
      } as unknown as Parameters<typeof rows.updateOne>[1])
      return modifiedCount === 1
    },
    /** `messageId` is known from the intent on where the id is ours, else from the vendor's answer on. */
    byMessageId: async (
      messageId: string,
    ): Promise<{ id: string; status: OutboxRow['status']; channel: Channel | null } | null> => {
      const row = await rows.findOne({ messageId }, { projection: { status: 1, channel: 1 } })
      return row && { id: row._id, status: row.status, channel: row.channel }
    },
    /** Of these rows those that may still go out, and when they are looked at next. */
    async unsettled(ids: readonly string[]): Promise<Map<string, Date>> {
      if (ids.length === 0) return new Map()
      const open = { _id: { $in: [...ids] }, status: { $in: ['ready' as const, 'sending' as const] } }
      const found = await rows.find(open, { ...ONE_PAGE, projection: { dueAt: 1 } }).toArray()
      return new Map(found.map(({ _id, dueAt }) => [_id, dueAt ?? EPOCH]))
    },
    async byId(_id: string): Promise<OutboxRow | null> {
      const row = await rows.findOne({ _id })
      return row && opened(row)
    },
    /** Newest first; `after` is the last id of the page before. */
    async ofCustomers(customerIds: readonly string[], after: string | null, limit: number): Promise<OutboxSummary[]> {
      const to = { 'to.customerId': { $in: [...customerIds] } } as Filter<StoredRow>
      const last = after === null ? null : await rows.findOne({ _id: after }, { projection: { createdAt: 1 } })
      const older = last
        ? { $or: [{ createdAt: { $lt: last.createdAt } }, { createdAt: last.createdAt, _id: { $gt: last._id } }] }
        : {}
      return rows
        .find({ ...to, ...older } as Filter<StoredRow>, { projection: { 'content.sealed': 0, intent: 0 } })
        .sort({ createdAt: -1, _id: 1 })
        .limit(limit)
        .toArray()
    },
    async countBy(): Promise<
      { channel: string | null; outcome: string | null; reason: string | null; count: number }[]
    > {
      type Key = { channel: string | null; outcome: string | null; reason: string | null }
      const found = await rows
        .aggregate<{ _id: Key; count: number }>([
          {
            $group: {
              _id: { channel: '$channel', outcome: '$outcome', reason: '$reason' },
              count: { $sum: 1 },
            },
          },
        ])
        .toArray()
      return found
        .map(({ _id, count }) => ({ ..._id, count }))
        .sort((a, b) => b.count - a.count || (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
    },
    ready: () =>
      ensureIndexes(rows, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { 'to.customerId': 1, createdAt: -1 }, serves: 'messages of a customer' },
        { keys: { messageId: 1 }, serves: 'msg_send_fail finds its row' },
      ]),
  }
}
