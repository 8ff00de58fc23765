/** What customers wrote to us, sealed, and how far each account has been read. */
import type { Connection } from 'mongoose'
import { type Clock, EPOCH } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, insertedRows, insertMissing } from '../platform/db.ts'
import { createRecall, type Memory } from '../platform/memory.ts'

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

export interface ConversationsDeps {
  db: Connection
  clock: Pick<Clock, 'wall'>
  memory?: Memory
}

export function createConversations({ db, clock, memory }: ConversationsDeps) {
  const messages = collectionOf<InboundMessage>(db, 'kf_messages')
  /** One message is read by everybody whom it concerns: as an answer, for its urgency, by the assistant. */
  const said = createRecall<InboundMessage>(
    { clock, memory, collections: ['kf_messages'], rowsOf: (id) => [id] },
    async (ids) => (await messages.find({ _id: { $in: [...ids] } }).toArray()).map((row) => [row._id, row]),
  )
  const cursors = collectionOf<{ _id: string; cursor: string; until: Date; token: string }>(db, 'kf_cursors')
  return {
    async store(rows: readonly InboundMessage[]): Promise<number> {
      const ids = rows.map(({ _id }) => _id)
      return (await said.through(ids, () => insertedRows(messages, rows))).size
    },
    get: async (id: string) => (await said.many([id])).get(id) ?? null,
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
