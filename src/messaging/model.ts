/** The outbox and what is known of conversations and grants: named queries, plain objects. */
import type { AnyBulkWriteOperation } from 'mongodb'
import type { Connection } from 'mongoose'
import { type Claim, claimDue, type DueRow, finishClaims, nextDueAt, type RowResult } from '../platform/claims.ts'
import { EPOCH } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { RenderedMessage } from './templates.ts'
import type { Channel, ContactClass, EnqueueContact, Outcome } from './types.ts'

export type FrozenContent =
  | ({ kind: 'customer'; menu: { id: string; label: string }[] | null; eventCode: string | null } & RenderedMessage)
  | { kind: 'staff'; message: Record<string, unknown> }
  | { kind: 'card_update'; responseCode: string; update: Record<string, unknown> }

/** The write-ahead intent: what is being sent, in its exact bytes. */
export interface Intent {
  channel: Channel
  /** Definite refusals on this channel before: a repeat after a lost answer keeps it, and with it the provider id. */
  n: number
  body: string
  /** Who it goes to on that channel, for the advisory counters. */
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
}

export interface OutboxRow extends DueRow {
  to: { customerId: string } | { staffUserId: string }
  storeId: string
  contactClass: ContactClass
  content: FrozenContent
  notBefore: Date
  notAfter: Date
  refs: EnqueueContact['refs']
  status: 'ready' | 'sending' | 'settling' | Outcome
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
  createdAt: Date
}

export interface KfSession {
  /** `<open_kfid>|<external_userid>` */
  _id: string
  lastInboundAt: Date | null
  sentSinceInbound: number
  /** The vendor's session state as last heard: 0/1 may be sent to. */
  state: number
  blocked: boolean
}

export interface Grant {
  /** `<openid>|<template id>` */
  _id: string
  count: number
  /** Events applied already: a repeated callback counts once. */
  seen: string[]
}

export interface InboundMessage {
  _id: string
  openKfId: string
  externalUserId: string
  customerId: string | null
  at: Date
  type: string
  /** Sealed. */
  text: string | null
  menuId: string | null
}

export type MessagingStore = ReturnType<typeof createMessagingStore>

export function createMessagingStore(db: Connection) {
  const outbox = collectionOf<OutboxRow>(db, 'outbox')
  const sessions = collectionOf<KfSession>(db, 'kf_sessions')
  const grants = collectionOf<Grant>(db, 'subscribe_grants')
  const messages = collectionOf<InboundMessage>(db, 'kf_messages')
  const cursors = collectionOf<{ _id: string; cursor: string; until: Date; token: string }>(db, 'kf_cursors')
  const owned = (_id: string, claim: Claim) => ({ _id, 'claim.token': claim.token, 'claim.fence': claim.fence })

  return {
    insert: (rows: readonly OutboxRow[]) => insertMissing(outbox, rows),
    nextDueAt: (now: Date) => nextDueAt(outbox, now),
    claim: (request: Parameters<typeof claimDue>[1]) => claimDue(outbox, request),
    finish: (results: readonly RowResult[]) => finishClaims(outbox, results),
    /** Writes changes on rows that stay claimed; returns how many were still ours. */
    async hold(
      changes: readonly { _id: string; claim: Claim; set: Record<string, unknown>; push?: Record<string, unknown> }[],
    ): Promise<number> {
      if (changes.length === 0) return 0
      const operations = changes.map(({ _id, claim, set, push }) => ({
        updateOne: { filter: owned(_id, claim), update: { $set: set, ...(push ? { $push: push } : {}) } },
      }))
      const { matchedCount } = await outbox.bulkWrite(operations as unknown as AnyBulkWriteOperation<OutboxRow>[], {
        ordered: false,
      })
      return matchedCount
    },
    /** Cancels rows that nobody is sending. */
    async cancel(ids: readonly string[], reason: string, now: Date): Promise<string[]> {
      const filter = { _id: { $in: [...ids] }, status: 'ready' as const }
      const candidates = await outbox.find(filter, { projection: { _id: 1 } }).toArray()
      const done: string[] = []
      for (const { _id } of candidates) {
        const { modifiedCount } = await outbox.updateOne(
          { _id, status: 'ready', 'claim.token': '' },
          { $set: { status: 'cancelled', outcome: 'cancelled', reason, settledAt: now, dueAt: null } },
        )
        if (modifiedCount === 1) done.push(_id)
      }
      return done
    },
    outboxOf: (filter: Record<string, unknown>, limit: number) =>
      outbox.find(filter).sort({ createdAt: -1, _id: 1 }).limit(limit).toArray(),
    outboxById: (id: string) => outbox.findOne({ _id: id }),
    countBy: async (): Promise<{ channel: string | null; outcome: string | null; count: number }[]> => {
      const found = await outbox
        .aggregate<{ _id: { channel: string | null; outcome: string | null }; count: number }>([
          { $group: { _id: { channel: '$channel', outcome: '$outcome' }, count: { $sum: 1 } } },
        ])
        .toArray()
      return found.map(({ _id, count }) => ({ ..._id, count }))
    },
    /** A message that was accepted and then failed goes on at the next rung. Only a sent row, only once per message. */
    async reopen(_id: string, channel: Channel, now: Date): Promise<void> {
      await outbox.updateOne(
        { _id, status: 'sent', channel },
        {
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
            attempts: { channel, n: 0, at: now, result: 'refused', errcode: null, reason: 'refused', messageId: null },
          },
        },
      )
    },
    byMessageId: (messageId: string) => outbox.findOne({ messageId }),

    sessionsOf: (ids: readonly string[]) =>
      ids.length === 0 ? Promise.resolve([]) : sessions.find({ _id: { $in: [...ids] } }).toArray(),
    async heardFrom(_id: string, at: Date): Promise<void> {
      await insertMissing(sessions, [{ _id, lastInboundAt: null, sentSinceInbound: 0, state: 0, blocked: false }])
      await sessions.updateOne(
        { _id, $or: [{ lastInboundAt: null }, { lastInboundAt: { $lt: at } }] },
        { $set: { lastInboundAt: at, sentSinceInbound: 0, state: 0, blocked: false } },
      )
    },
    async adjustSessions(changes: readonly { id: string; sent?: number; set?: Partial<KfSession> }[]): Promise<void> {
      if (changes.length === 0) return
      await sessions.bulkWrite(
        changes.map(({ id, sent, set }) => ({
          updateOne: {
            filter: { _id: id },
            update: { ...(sent ? { $inc: { sentSinceInbound: sent } } : {}), ...(set ? { $set: set } : {}) },
          },
        })),
        { ordered: false },
      )
    },
    grantsOf: (ids: readonly string[]) =>
      ids.length === 0 ? Promise.resolve([]) : grants.find({ _id: { $in: [...ids] } }).toArray(),
    /** Applies one event of the platform once. */
    async applyGrant(_id: string, key: string, change: 'add' | 'clear'): Promise<void> {
      await insertMissing(grants, [{ _id, count: 0, seen: [] }])
      await grants.updateOne(
        { _id, seen: { $ne: key } },
        {
          ...(change === 'add' ? { $inc: { count: 1 } } : { $set: { count: 0 } }),
          $push: { seen: { $each: [key], $slice: -50 } },
        },
      )
    },
    async adjustGrants(changes: readonly { id: string; used?: number; clear?: boolean }[]): Promise<void> {
      if (changes.length === 0) return
      await grants.bulkWrite(
        changes.map(({ id, used = 0, clear }) => ({
          updateOne: { filter: { _id: id }, update: clear ? { $set: { count: 0 } } : { $inc: { count: -used } } },
        })),
        { ordered: false },
      )
    },

    storeInbound: (rows: readonly InboundMessage[]) => insertMissing(messages, rows),
    inbound: (id: string) => messages.findOne({ _id: id }),
    /** The lease of the one puller of an account; null = somebody else pulls. */
    async takeCursor(_id: string, token: string, wall: Date, until: Date): Promise<string | null> {
      await insertMissing(cursors, [{ _id, cursor: '', until: EPOCH, token: '' }])
      const { modifiedCount } = await cursors.updateOne({ _id, until: { $lte: wall } }, { $set: { until, token } })
      if (modifiedCount === 0) return null
      return (await cursors.findOne({ _id }))?.cursor ?? ''
    },
    saveCursor: async (_id: string, token: string, cursor: string) =>
      (await cursors.updateOne({ _id, token }, { $set: { cursor } })).matchedCount === 1,
    giveCursorBack: async (_id: string, token: string) =>
      void (await cursors.updateOne({ _id, token }, { $set: { until: EPOCH, token: '' } })),

    async ready(): Promise<void> {
      await ensureIndexes(outbox, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { 'to.customerId': 1, createdAt: -1 }, serves: 'messages of a customer' },
        { keys: { messageId: 1 }, serves: 'msg_send_fail finds its row' },
      ])
      await ensureIndexes(messages, [{ keys: { customerId: 1, at: -1 }, serves: 'conversation of a customer' }])
    },
  }
}
