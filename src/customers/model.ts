/** Customers, their identities and the conflicts between them, at rest. Personal data is sealed before it gets here. */
import type { Collection, UpdateFilter } from 'mongodb'
import type { Connection } from 'mongoose'
import { ANNOUNCE_INDEX, type Announcing } from '../platform/announcements.ts'
import { collectionOf, ensureIndexes, type IndexSpec, insertMissing, ONE_PAGE } from '../platform/db.ts'
import type { DomainEvent } from '../platform/events.ts'
import type { PageRequest } from '../platform/views.ts'
import type { Gender } from './names.ts'
import type { IdentityKey } from './rules.ts'
import type { Customer } from './types.ts'

export interface CustomerRow extends Omit<Customer, 'id' | 'hasPhone'>, Announcing {
  /** Sealed; null when nothing is known. */
  name: string | null
  gender: Gender
  /** Sealed. */
  phone: string | null
  phoneIndex: string | null
  /** Sealed; rows from before addresses were kept have none. */
  email?: string | null
  skinType: string | null
  /** Sealed. */
  allergies: string | null
  /** Sealed. */
  notes: string | null
  tags: string[]
  /** Whose customer it was until that person left; for the hand-over of the contact in WeCom, too. */
  formerOwner?: { userId: string; at: Date; cause: string }
  mergedInto: string | null
  /** False between the decision to merge and its last step. */
  mergeDone: boolean
  createdAt: Date
  updatedAt: Date
  /** Grows with every change of facts; guards against lost updates. */
  revision: number
}

export interface IdentityRow {
  /** `kind:value`; a phone by its blind index. */
  _id: string
  customerId: string
  /** Several known customers have this phone. */
  shared: boolean
}

export interface ConflictRow {
  _id: string
  kind: string
  /** The owner first; one id when the other person isn't known yet. */
  customerIds: string[]
  firstSeenAt: Date
}

/** Facts of the identity graph that a customer's record repeats for quick reading. */
export interface IdentityFacts {
  externalUserIds?: string[]
  openIds?: string[]
  followUserIds?: string[]
  storeIds?: string[]
}

const CUSTOMER_INDEXES: IndexSpec[] = [
  ANNOUNCE_INDEX,
  { keys: { phoneIndex: 1 }, serves: 'page(): search by phone' },
  { keys: { mergedInto: 1, _id: 1 }, serves: 'page(), mergedFrom()' },
  { keys: { mergeDone: 1 }, serves: 'unfinishedMerges()' },
]
const IDENTITY_INDEXES: IndexSpec[] = [{ keys: { customerId: 1 }, serves: 'moveIdentities()' }]

// A merge of a merge of a merge: longer chains come only from damaged data.
const MAX_CHAIN = 8

const WRITES = 500
const PASSED_ON = { storeIds: 1, ownerUserId: 1, followUserIds: 1, externalUserIds: 1 }
// Some databases spend ids × rows on one long `$in`; an ordinary batch of 200 stays one command.
const IDS_PER_QUERY = 400
const chunks = (ids: readonly string[]): string[][] =>
  Array.from({ length: Math.ceil(ids.length / IDS_PER_QUERY) }, (_, i) =>
    ids.slice(i * IDS_PER_QUERY, (i + 1) * IDS_PER_QUERY),
  )

export type CustomerStore = ReturnType<typeof createCustomerStore>

export function createCustomerStore(db: Connection) {
  const customers = collectionOf<CustomerRow>(db, 'customers')
  const identities = collectionOf<IdentityRow>(db, 'customer_identities')
  const conflicts = collectionOf<ConflictRow>(db, 'identity_conflicts')

  /** The surviving rows of the given ids, keyed by the id asked for. */
  async function canonical(ids: readonly string[]): Promise<Map<string, CustomerRow>> {
    const rows = new Map<string, CustomerRow>()
    let missing = [...new Set(ids)]
    for (let i = 0; i < MAX_CHAIN && missing.length > 0; i++) {
      for (const some of chunks(missing))
        for (const row of await customers.find({ _id: { $in: some } }, ONE_PAGE).toArray()) rows.set(row._id, row)
      missing = [...rows.values()].flatMap(({ mergedInto }) =>
        mergedInto && !rows.has(mergedInto) ? [mergedInto] : [],
      )
    }
    const follow = (id: string): CustomerRow | undefined => {
      let row = rows.get(id)
      for (let i = 0; i < MAX_CHAIN && row?.mergedInto; i++) row = rows.get(row.mergedInto)
      return row?.mergedInto ? undefined : row
    }
    return new Map(
      ids.flatMap((id) => {
        const row = follow(id)
        return row ? [[id, row] as const] : []
      }),
    )
  }

  return {
    /** For the announcer. */
    announcing: customers as unknown as Collection<Announcing>,
    async ready(): Promise<void> {
      await ensureIndexes(customers, CUSTOMER_INDEXES)
      await ensureIndexes(identities, IDENTITY_INDEXES)
    },
    canonical,

    insert: (rows: readonly CustomerRow[]) => insertMissing(customers, rows),
    /** The row itself, merged or not. */
    raw: (id: string) => customers.findOne({ _id: id }),
    /** Sets facts if nobody changed the row since it was read at `revision`. */
    async change(id: string, revision: number, set: Partial<CustomerRow>, tell: DomainEvent[]): Promise<boolean> {
      const update = {
        $set: set,
        $inc: { revision: 1 },
        ...(tell.length > 0 ? { $push: { pending: { $each: tell } } } : {}),
      }
      const { matchedCount } = await customers.updateOne(
        { _id: id, revision, mergedInto: null },
        update as unknown as UpdateFilter<CustomerRow>,
      )
      return matchedCount > 0
    },
    /** Adds to the lists of a customer who isn't merged. Returns whether there was one. */
    async addFacts(id: string, facts: IdentityFacts): Promise<boolean> {
      const lists = Object.entries(facts).filter(([, values]) => values && values.length > 0)
      if (lists.length === 0) return true
      const { matchedCount } = await customers.updateOne({ _id: id, mergedInto: null }, {
        $addToSet: Object.fromEntries(lists.map(([name, values]) => [name, { $each: values }])),
      } as UpdateFilter<CustomerRow>)
      return matchedCount > 0
    },
    /** Sets a field that has no value yet. */
    async fill(id: string, field: 'unionId' | 'ownerUserId' | 'name', value: string): Promise<void> {
      await customers.updateOne({ _id: id, [field]: null }, { $set: { [field]: value } })
    },
    async fillPhone(id: string, phone: string, phoneIndex: string): Promise<void> {
      await customers.updateOne({ _id: id, phone: null }, { $set: { phone, phoneIndex } })
    },
    /** A wish for no messages, of whichever of two records of one person. */
    async stopMessages(id: string, { all, promotion }: CustomerRow['optOut']): Promise<void> {
      const wishes = { ...(all ? { 'optOut.all': true } : {}), ...(promotion ? { 'optOut.promotion': true } : {}) }
      await customers.updateOne({ _id: id }, { $set: wishes } as UpdateFilter<CustomerRow>)
    },
    async setFollowers(id: string, followUserIds: string[]): Promise<void> {
      await customers.updateOne({ _id: id }, { $set: { followUserIds } })
    },
    async removeFollower(id: string, userId: string): Promise<void> {
      await customers.updateOne({ _id: id }, { $pull: { followUserIds: userId } })
    },
    /** Adds followers to many, and an owner to those who have none. */
    async addFollowers(changes: readonly { _id: string; followers: string[]; owner: string | null }[]): Promise<void> {
      const operations = changes.flatMap(({ _id, followers, owner }) => [
        {
          updateOne: {
            filter: { _id, mergedInto: null },
            update: { $addToSet: { followUserIds: { $each: followers } } },
          },
        },
        ...(owner === null
          ? []
          : [{ updateOne: { filter: { _id, ownerUserId: null }, update: { $set: { ownerUserId: owner } } } }]),
      ])
      if (operations.length > 0) await customers.bulkWrite(operations, { ordered: false })
    },
    /** Everybody whom somebody follows: one command and its pages, at night. */
    followed: () =>
      customers.find(
        { mergedInto: null },
        { projection: { followUserIds: 1, externalUserIds: 1 }, batchSize: 2_000 },
      ) as AsyncIterable<Pick<CustomerRow, '_id' | 'followUserIds' | 'externalUserIds'>>,
    // Rare enough to walk all customers for it: an index would cost with every write of one.
    ownedBy: (ownerUserId: string) =>
      customers
        .find({ ownerUserId, mergedInto: null }, { projection: { storeIds: 1, followUserIds: 1 }, batchSize: 5_000 })
        .sort({ _id: 1 })
        .toArray(),
    /** Gives customers of `former.userId` to others; who has somebody else meanwhile is left alone. */
    async passOn(
      changes: readonly { _id: string; to: string | null }[],
      former: NonNullable<CustomerRow['formerOwner']>,
    ): Promise<void> {
      for (let i = 0; i < changes.length; i += WRITES)
        await customers.bulkWrite(
          changes.slice(i, i + WRITES).map(({ _id, to }) => ({
            updateOne: {
              filter: { _id, ownerUserId: former.userId },
              update: { $set: { ownerUserId: to, formerOwner: former }, $inc: { revision: 1 } },
            },
          })),
          { ordered: false },
        )
    },
    /** Those that were passed on for one cause. */
    passedOn: (cause: string) =>
      customers.find({ 'formerOwner.cause': cause }, { projection: PASSED_ON, batchSize: 5_000 }).toArray(),
    page: (filter: { phoneIndex?: string }, { limit, after }: PageRequest) =>
      customers
        .find({ mergedInto: null, ...filter, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),

    /** The point of no return of a merge: only a provisional row that isn't merged yet. */
    async markMerged(id: string, into: string, now: Date, tell: DomainEvent): Promise<boolean> {
      const { matchedCount } = await customers.updateOne({ _id: id, mergedInto: null, provisional: true }, {
        $set: { mergedInto: into, mergeDone: false, updatedAt: now, announceAt: now },
        $push: { pending: tell },
      } as unknown as UpdateFilter<CustomerRow>)
      return matchedCount > 0
    },
    async mergeDone(id: string): Promise<void> {
      await customers.updateOne({ _id: id }, { $set: { mergeDone: true } })
    },
    unfinishedMerges: (limit: number) => customers.find({ mergeDone: false }).limit(limit).toArray(),
    async mergedFrom(ids: readonly string[]): Promise<{ _id: string; mergedInto: string | null }[]> {
      const found = []
      for (const some of chunks(ids))
        found.push(
          ...(await customers.find({ mergedInto: { $in: some } }, { projection: { _id: 1, mergedInto: 1 } }).toArray()),
        )
      return found
    },

    async identities(keys: readonly string[]): Promise<IdentityRow[]> {
      const found: IdentityRow[] = []
      for (const some of chunks(keys)) found.push(...(await identities.find({ _id: { $in: some } }).toArray()))
      return found
    },
    /** Takes identities that nobody has; others stay with their owner. */
    claim: (keys: readonly IdentityKey[], customerId: string) =>
      insertMissing(
        identities,
        keys.map((_id) => ({ _id, customerId, shared: false })),
      ),
    claimRows: (rows: readonly IdentityRow[]) => insertMissing(identities, rows),
    async moveIdentities(from: string, to: string): Promise<void> {
      await identities.updateMany({ customerId: from }, { $set: { customerId: to } })
    },
    async share(key: string): Promise<void> {
      await identities.updateOne({ _id: key }, { $set: { shared: true } })
    },
    async release(key: string, customerId: string): Promise<void> {
      await identities.deleteOne({ _id: key, customerId, shared: false })
    },

    insertConflicts: (rows: readonly ConflictRow[]) => insertMissing(conflicts, rows),
    conflictsPage: ({ limit, after }: PageRequest) =>
      conflicts
        .find(after === null ? {} : { _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
  }
}
