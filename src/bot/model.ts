/** One row per conversation: what waits to be answered, in its order, and what is remembered. */
import type { Connection } from 'mongoose'
import {
  claimDue,
  type DueRow,
  FREE_CLAIM,
  finishClaims,
  GIVEN_BACK,
  nextDueAt,
  ownedBy,
  upcomingOf,
} from '../platform/claims.ts'
import { EPOCH } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import { type Danger, type Memory, NOTHING_KNOWN } from './types.ts'

export const TALKS = 'bot_talks'

export interface Waiting {
  messageId: string
  /** When it was written, and its place among those of the same second. */
  order: string
  danger: Danger | null
}

export interface TalkRow extends DueRow {
  /** The customer's own id. */
  _id: string
  waiting: Waiting[]
  /** The last messages that came here: a repeated event adds none. */
  taken: string[]
  memory: Omit<Memory, 'menu'> & {
    menu: (Omit<NonNullable<Memory['menu']>, 'question'> & { question?: string }) | null
  }
  /** The outbox's row of what was said last: the next answer doesn't overtake it. Missing on rows of before. */
  lastSaid?: string | null
  lastError: string | null
}

/** Of one customer; who writes more before anything is answered waits for a person. */
const REMEMBERED = 100

export type TalkStore = ReturnType<typeof createTalkStore>

export function createTalkStore(db: Connection, crypto: FieldCrypto) {
  const talks = collectionOf<TalkRow>(db, TALKS)
  const QUESTION = 'bot_talks.question'
  const sealed = ({ menu, ...rest }: Memory): TalkRow['memory'] => ({
    ...rest,
    menu: menu?.question === undefined ? menu : { ...menu, question: crypto.seal(QUESTION, menu.question) },
  })
  const opened = ({ menu, ...rest }: TalkRow['memory']): Memory => ({
    ...rest,
    menu: menu?.question === undefined ? menu : { ...menu, question: crypto.open(QUESTION, menu.question) },
  })

  return {
    nextDueAt: (now: Date, until?: Date) => nextDueAt(talks, now, until),
    upcoming: (until: Date, limit: number) => upcomingOf(talks, until, limit),
    opened,
    /** Once per message. */
    async take(customerId: string, message: Waiting, now: Date): Promise<void> {
      const add = () =>
        talks.updateOne(
          { _id: customerId, taken: { $ne: message.messageId } },
          {
            $push: { waiting: message, taken: { $each: [message.messageId], $slice: -REMEMBERED } },
            $set: { dueAt: now },
          },
        )
      if ((await add()).matchedCount === 1) return
      await insertMissing(talks, [
        {
          _id: customerId,
          waiting: [],
          taken: [],
          memory: sealed(NOTHING_KNOWN),
          lastError: null,
          dueAt: null,
          claim: FREE_CLAIM,
          attempt: 0,
        },
      ])
      await add()
    },
    claim: (request: { now: Date; wall: Date; limit: number; leaseMs: number; token: string }) =>
      claimDue(talks, request),
    /**
     * The answer is out: memory and place in the queue change together, and a conversation in which nobody waits any more is
     * given back. Returns it where somebody does; null also when somebody else has it by now.
     */
    async answered(
      row: TalkRow,
      { messageId, memory, lastSaid }: { messageId: string; memory: Memory; lastSaid: string | null },
      until: Date,
    ): Promise<TalkRow | null> {
      const { menu, said, complaintAt, personSince } = sealed(memory)
      const { memory: before, waiting } = row
      const owned = ownedBy(row)
      const $pull = { waiting: { messageId } }
      const $set = {
        'memory.menu': menu,
        'memory.said': said,
        'memory.complaintAt': complaintAt,
        // A colleague who came or went meanwhile has said so already.
        ...(Number(personSince) === Number(before.personSince) ? {} : { 'memory.personSince': personSince }),
        lastSaid,
        attempt: 0,
        lastError: null,
      }
      if (waiting.length === 1) {
        const alone = { ...owned, waiting: { $size: 1 }, 'waiting.messageId': messageId }
        const { matchedCount } = await talks.updateOne(alone, { $pull, $set: { ...$set, dueAt: null, ...GIVEN_BACK } })
        if (matchedCount === 1) return null
      }
      const after = { returnDocument: 'after' } as const
      return talks.findOneAndUpdate(owned, { $pull, $set: { ...$set, 'claim.until': until } }, after)
    },
    /** Gives a conversation back in which nobody waits; what came meanwhile keeps it due. */
    async release(row: TalkRow): Promise<void> {
      const owned = ownedBy(row)
      const { matchedCount } = await talks.updateOne(
        { ...owned, waiting: { $size: 0 } },
        { $set: { dueAt: null, ...GIVEN_BACK } },
      )
      if (matchedCount === 0) await talks.updateOne(owned, { $set: GIVEN_BACK })
    },
    async failed(row: TalkRow, dueAt: Date, lastError: string): Promise<void> {
      await finishClaims(talks, [
        { _id: row._id, claim: row.claim, set: { dueAt, attempt: row.attempt + 1, lastError } },
      ])
    },
    /** Two records were one person: what is remembered of the one goes on under the other. */
    async follow(from: string, into: string): Promise<void> {
      const talk = await talks.findOne({ _id: from })
      if (!talk) return
      const { taken, memory, lastSaid = null } = talk
      const fresh = { waiting: [], lastError: null, dueAt: null, claim: FREE_CLAIM, attempt: 0 }
      await insertMissing(talks, [{ _id: into, taken, memory, lastSaid, ...fresh }])
    },
    async memoryOf(customerId: string): Promise<Memory | null> {
      const talk = await talks.findOne({ _id: customerId }, { projection: { memory: 1 } })
      return talk && opened(talk.memory)
    },
    /** Colleagues took the conversation, or left it. */
    async withPerson(customerId: string, since: Date | null): Promise<void> {
      await talks.updateOne({ _id: customerId }, { $set: { 'memory.personSince': since } })
    },
    /** Conversations whose messages nobody takes, by their ids: there is no process for them. */
    async stale(before: Date, after: string, limit: number): Promise<TalkRow[]> {
      return talks
        .find({ _id: { $gt: after }, dueAt: { $gt: EPOCH, $lte: before } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray()
    },
    ready: () => ensureIndexes(talks, [{ keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt, stale' }]),
  }
}
