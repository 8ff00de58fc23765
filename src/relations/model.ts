/** Ways to become a contact, labels to be written, and hand-overs of contacts, at rest. */
import type { Connection } from 'mongoose'
import {
  type Claim,
  type ClaimRequest,
  claimDue,
  type DueRow,
  everDueAt,
  FREE_CLAIM,
  finishClaims,
  nextDueAt,
  type RowResult,
} from '../platform/claims.ts'
import { EPOCH } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { PageRequest } from '../platform/views.ts'
import type { HandedOver } from './handover-rules.ts'

export interface ContactWayRow {
  /** Comes back in the event of the new contact. */
  _id: string
  storeId: string
  userIds: string[]
  remark: string
  /** Null between the first write and WeCom's answer. */
  configId: string | null
  qrCodeUrl: string | null
  createdAt: Date
}

/** What a member's remark and tags should say of a customer. */
export interface LabelRow extends DueRow {
  customerId: string
  externalUserId: string
  userId: string
  /** Where the customer came from, for who has no store yet. */
  storeId: string
  /** What this server wrote last; of the remark, which names the customer, only its blind index. */
  written: { remark: string | null; tagIds: string[] }
  lastError: string | null
}

/** At most a hundred customers of one member for another. */
export interface HandoverRow extends DueRow {
  /** What it was begun for; the store manager hears once of all with the same cause. */
  cause: string
  storeId: string
  fromUserId: string
  toUserId: string
  /** WeCom has other paths for members who are gone, and tells the customer nothing. */
  hasLeft: boolean
  customers: HandedOver[]
  startedAt: Date | null
  finishedAt: Date | null
  lastError: string | null
  createdAt: Date
}

export const LABELS = 'contact_labels'
export const HANDOVERS = 'handovers'
export type RelationsStore = ReturnType<typeof createRelationsStore>
export type NewHandover = Pick<
  HandoverRow,
  '_id' | 'cause' | 'storeId' | 'fromUserId' | 'toUserId' | 'hasLeft' | 'customers'
>

export function createRelationsStore(db: Connection) {
  const ways = collectionOf<ContactWayRow>(db, 'contact_ways')
  const labels = collectionOf<LabelRow>(db, LABELS)
  const handovers = collectionOf<HandoverRow>(db, HANDOVERS)
  const pageOf = ({ limit, after }: PageRequest) => ({
    where: after === null ? {} : { _id: { $gt: after } },
    limit: limit + 1,
  })

  return {
    async ready(): Promise<void> {
      await ensureIndexes(labels, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { customerId: 1 }, serves: 'labelAgain()' },
      ])
      await ensureIndexes(handovers, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { cause: 1 }, serves: 'ofCause()' },
        { keys: { fromUserId: 1 }, serves: 'handed()' },
      ])
    },

    way: (state: string) => ways.findOne({ _id: state }),
    addWay: (row: ContactWayRow) => insertMissing(ways, [row]),
    async wayMade(state: string, made: { configId: string; qrCodeUrl: string | null }): Promise<void> {
      await ways.updateOne({ _id: state, configId: null }, { $set: made })
    },
    wayPage(request: PageRequest) {
      const { where, limit } = pageOf(request)
      return ways.find(where).sort({ _id: 1 }).limit(limit).toArray()
    },

    label: {
      nextDueAt: (now: Date, until?: Date) => nextDueAt(labels, now, until),
      claim: (request: ClaimRequest) => claimDue(labels, request),
      finish: (results: readonly RowResult[]) => finishClaims(labels, results),
      /** A row for the pair, due now; one that is there becomes due again. */
      async want(row: Pick<LabelRow, '_id' | 'customerId' | 'externalUserId' | 'userId' | 'storeId'>, now: Date) {
        const written = { remark: null, tagIds: [] }
        const fresh = { ...row, written, lastError: null, dueAt: now, claim: FREE_CLAIM, attempt: 0 }
        if ((await insertMissing(labels, [fresh])) > 0) return
        const { customerId, storeId } = row
        await labels.updateOne({ _id: row._id }, { $set: { customerId, storeId, dueAt: now, attempt: 0 } })
      },
      /** Those of these customers are looked at again. Says whether there are any. */
      async again(customerIds: readonly string[], now: Date): Promise<boolean> {
        const filter = { customerId: { $in: [...customerIds] } }
        return (await labels.updateMany(filter, { $set: { dueAt: now, attempt: 0 } })).matchedCount > 0
      },
    },

    handover: {
      // Few rows, each a day ahead: one look for all time.
      nextDueAt: () => everDueAt(handovers),
      claim: (request: ClaimRequest) => claimDue(handovers, request),
      finish: (results: readonly RowResult[]) => finishClaims(handovers, results),
      insert: (rows: readonly NewHandover[], now: Date) =>
        insertMissing(
          handovers,
          rows.map((row) => ({
            ...row,
            startedAt: null,
            finishedAt: null,
            lastError: null,
            createdAt: now,
            dueAt: now,
            claim: FREE_CLAIM,
            attempt: 0,
          })),
        ),
      /** Keeps what is known so far. False: somebody else has taken the row over. */
      async progress(_id: string, { token, fence }: Claim, set: Partial<HandoverRow>): Promise<boolean> {
        const filter = { _id, 'claim.token': token, 'claim.fence': fence }
        return (await handovers.updateOne(filter, { $set: set })).matchedCount > 0
      },
      /**
       * Contacts of each of these members that were handed over after they left, whatever came of it; but not those whose taker
       * could not have them, and has left as well.
       */
      async handed(
        fromUserIds: readonly string[],
        hasLeft: (userId: string) => boolean,
      ): Promise<Map<string, Set<string>>> {
        const found = new Map<string, Set<string>>()
        if (fromUserIds.length === 0) return found
        const known = await handovers
          .find(
            { fromUserId: { $in: [...fromUserIds] }, hasLeft: true },
            { projection: { fromUserId: 1, toUserId: 1, 'customers.externalUserId': 1, 'customers.state': 1 } },
          )
          .toArray()
        for (const { fromUserId, toUserId, customers } of known)
          for (const { externalUserId, state } of customers)
            if (state !== 'member' || !hasLeft(toUserId))
              found.set(fromUserId, (found.get(fromUserId) ?? new Set()).add(externalUserId))
        return found
      },
      ofCause: (cause: string) => handovers.find({ cause }).sort({ _id: 1 }).toArray(),
      /** Those that wait for an answer about this customer are looked at now; WeCom names the taker. */
      async hurry(toUserId: string, externalUserId: string, now: Date): Promise<void> {
        await handovers.updateMany(
          { dueAt: { $gt: EPOCH }, toUserId, startedAt: { $ne: null }, 'customers.externalUserId': externalUserId },
          { $set: { dueAt: now } },
        )
      },
      page(request: PageRequest) {
        const { where, limit } = pageOf(request)
        return handovers.find(where).sort({ _id: 1 }).limit(limit).toArray()
      },
    },
  }
}
