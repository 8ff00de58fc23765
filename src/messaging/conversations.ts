/** What customers wrote to us, sealed, and how far each account has been read. */
import type { Connection } from 'mongoose'
import { EPOCH } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'

export interface InboundMessage {
  /** The vendor's msgid. */
  _id: string
  openKfId: string
  externalUserId: string
  customerId: string | null
  at: Date
  type: string
  /** Sealed. */
  text: string | null
  menuId: string | null
  /** Of a picture or file: the vendor keeps it for three days. Missing on rows of before. */
  mediaId?: string | null
  /** Sealed JSON: the vendor's body of kinds that are neither text nor file. Missing on rows of before. */
  content?: string | null
  /** The customer took it back. */
  recalledAt?: Date
}

export type Conversations = ReturnType<typeof createConversations>

export function createConversations(db: Connection) {
  const messages = collectionOf<InboundMessage>(db, 'kf_messages')
  const cursors = collectionOf<{ _id: string; cursor: string; until: Date; token: string }>(db, 'kf_cursors')
  return {
    store: (rows: readonly InboundMessage[]) => insertMissing(messages, rows),
    get: (id: string) => messages.findOne({ _id: id }),
    recall: async (_id: string, recalledAt: Date) => void (await messages.updateOne({ _id }, { $set: { recalledAt } })),
    /** The lease of the one puller of an account; null = somebody else pulls. */
    async takeCursor(_id: string, token: string, wall: Date, until: Date): Promise<string | null> {
      const take = () => cursors.findOneAndUpdate({ _id, until: { $lte: wall } }, { $set: { until, token } })
      const known = await take()
      if (known) return known.cursor
      const added = await insertMissing(cursors, [{ _id, cursor: '', until: EPOCH, token: '' }])
      return added === 0 ? null : ((await take())?.cursor ?? null)
    },
    /** Moves the cursor and the lease on; `until` null gives the lease back. False when another puller took over meanwhile. */
    saveCursor: async (_id: string, token: string, cursor: string, until: Date | null) =>
      (
        await cursors.updateOne(
          { _id, token },
          { $set: { cursor, ...(until ? { until } : { until: EPOCH, token: '' }) } },
        )
      ).matchedCount === 1,
    giveCursorBack: async (_id: string, token: string) =>
      void (await cursors.updateOne({ _id, token }, { $set: { until: EPOCH, token: '' } })),
    ready: () => ensureIndexes(messages, [{ keys: { customerId: 1, at: -1 }, serves: 'conversation of a customer' }]),
  }
}
