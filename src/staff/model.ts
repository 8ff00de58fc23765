/** Stores and staff at rest. */
import type { Connection } from 'mongoose'
import { collectionOf, ensureIndexes, type IndexSpec, insertMissing } from '../platform/db.ts'
import type { PageRequest } from '../platform/views.ts'
import type { DirectoryEntry } from './rules.ts'
import type { Store } from './types.ts'

export interface StoreRow extends Omit<Store, 'id'> {
  _id: string
  updatedAt: Date
}

export interface StaffRow extends Omit<DirectoryEntry, 'userId'> {
  _id: string
  /** How often this person was deactivated; part of the event's id. */
  deactivations: number
  syncedAt: Date
}

interface SyncRow {
  _id: string
  /** Business time at which the last complete reading began. */
  startedAt: Date
}

const STAFF_INDEXES: IndexSpec[] = [
  { keys: { active: 1 }, serves: 'active(): candidates for work' },
  { keys: { unmapped: 1, _id: 1 }, serves: "pageOfStaff(): the administrator's list" },
]

export type StaffStore = ReturnType<typeof createStaffStore>

export function createStaffStore(db: Connection) {
  const stores = collectionOf<StoreRow>(db, 'stores')
  const staff = collectionOf<StaffRow>(db, 'staff')
  const syncs = collectionOf<SyncRow>(db, 'staff_syncs')

  return {
    ready: () => ensureIndexes(staff, STAFF_INDEXES),

    storesByIds: (ids: readonly string[]) => stores.find({ _id: { $in: [...ids] } }).toArray(),
    allStores: () => stores.find({}).sort({ _id: 1 }).toArray(),
    async putStore(row: StoreRow): Promise<void> {
      const { _id, ...fields } = row
      if ((await insertMissing(stores, [row])) === 0) await stores.updateOne({ _id }, { $set: fields })
    },
    pageOfStores: ({ limit, after }: PageRequest) =>
      stores
        .find(after === null ? {} : { _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),

    staffByIds: (ids: readonly string[]) => staff.find({ _id: { $in: [...ids] } }).toArray(),
    active: () => staff.find({ active: true }).toArray(),
    everybody: () => staff.find({}).toArray(),
    pageOfStaff: (filter: { unmapped?: boolean; active?: boolean; storeIds?: string }, { limit, after }: PageRequest) =>
      staff
        .find({ ...filter, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    insertStaff: (rows: readonly StaffRow[]) => insertMissing(staff, rows),
    async updateStaff(rows: readonly StaffRow[]): Promise<void> {
      if (rows.length === 0) return
      await staff.bulkWrite(
        rows.map(({ _id, ...fields }) => ({ updateOne: { filter: { _id }, update: { $set: fields } } })),
        { ordered: false },
      )
    },

    async lastSyncStart(): Promise<Date | null> {
      return (await syncs.findOne({ _id: 'directory' }))?.startedAt ?? null
    },
    async syncDone(startedAt: Date): Promise<void> {
      if ((await insertMissing(syncs, [{ _id: 'directory', startedAt }])) === 0)
        await syncs.updateOne({ _id: 'directory', startedAt: { $lt: startedAt } }, { $set: { startedAt } })
    },
  }
}
