/** Stores and staff at rest. */
import type { Connection } from 'mongoose'
import { claimDue, type DueRow, everDueAt, finishClaims, type RowResult } from '../platform/claims.ts'
import { collectionOf, ensureIndexes, type IndexSpec, insertMissing } from '../platform/db.ts'
import type { PageRequest } from '../platform/views.ts'
import type { DirectoryEntry } from './rules.ts'
import type { Absence, Store, WeeklyHours } from './types.ts'

export interface StoreRow extends Omit<Store, 'id'> {
  _id: string
  updatedAt: Date
}

export interface StaffRow extends Omit<DirectoryEntry, 'userId'> {
  _id: string
  /** How often this person has left, or lost the last role; part of the event's id. */
  deactivations: number
  /** That it happened is not yet told. */
  untold?: boolean
  /** How often this person has left a store and stayed with the company; part of the event's id. */
  moves?: number
  /** Stores that were left and are not yet told. */
  leftStores?: string[]
  syncedAt: Date
  /** The clinic's, not the directory's: missing or null = at any hour. */
  hours?: WeeklyHours | null
}

/** `dueAt`: when it begins, then when it ends. */
export interface AbsenceRow extends DueRow, Absence {
  /** The clinic's own number. */
  absenceId: string
  isCancelled: boolean
  /** Grows with every change; part of the events' ids. */
  revision: number
  updatedAt: Date
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
const ABSENCE_INDEXES: IndexSpec[] = [
  { keys: { dueAt: 1 }, serves: 'claimAbsences, nextAbsenceDueAt' },
  { keys: { to: 1 }, serves: 'absencesFrom(): who is away' },
  { keys: { userId: 1, _id: 1 }, serves: 'pageOfAbsences(), absencesWithin()' },
]

export type StaffStore = ReturnType<typeof createStaffStore>

export function createStaffStore(db: Connection) {
  const stores = collectionOf<StoreRow>(db, 'stores')
  const staff = collectionOf<StaffRow>(db, 'staff')
  const absences = collectionOf<AbsenceRow>(db, 'staff_absences')
  const syncs = collectionOf<SyncRow>(db, 'staff_syncs')

  return {
    async ready(): Promise<void> {
      await ensureIndexes(staff, STAFF_INDEXES)
      await ensureIndexes(absences, ABSENCE_INDEXES)
    },

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
        // Working hours may be written while the directory is read.
        rows.map(({ _id, hours: _, ...fields }) => ({ updateOne: { filter: { _id }, update: { $set: fields } } })),
        { ordered: false },
      )
    },
    /** Nobody has to be told of them any more, unless it happened once more. */
    async told(rows: readonly Pick<StaffRow, '_id' | 'deactivations'>[]): Promise<void> {
      if (rows.length === 0) return
      await staff.bulkWrite(
        rows.map(({ _id, deactivations }) => ({
          updateOne: { filter: { _id, deactivations }, update: { $set: { untold: false } } },
        })),
        { ordered: false },
      )
    },
    async toldMoves(rows: readonly Pick<StaffRow, '_id' | 'moves'>[]): Promise<void> {
      if (rows.length === 0) return
      await staff.bulkWrite(
        rows.map(({ _id, moves = 0 }) => ({
          updateOne: { filter: { _id, moves }, update: { $set: { leftStores: [] } } },
        })),
        { ordered: false },
      )
    },
    async setHours(_id: string, hours: WeeklyHours | null): Promise<boolean> {
      return (await staff.updateOne({ _id }, { $set: { hours } })).matchedCount > 0
    },

    insertAbsences: (rows: readonly AbsenceRow[]) => insertMissing(absences, rows),
    absence: (_id: string) => absences.findOne({ _id }),
    /** Whether nobody else changed it since `before` was read. */
    async changeAbsence({ _id, revision }: AbsenceRow, after: AbsenceRow): Promise<boolean> {
      const { _id: _, claim, ...fields } = after
      const free = { 'claim.token': claim.token, 'claim.until': claim.until }
      return (await absences.updateOne({ _id, revision }, { $set: { ...fields, ...free } })).matchedCount > 0
    },
    /** All that are not over yet, of everybody. */
    absencesFrom: (at: Date) => absences.find({ to: { $gt: at }, isCancelled: false }).toArray(),
    absencesWithin: (userId: string, from: Date, to: Date) =>
      absences.find({ userId, from: { $lt: to }, to: { $gt: from }, isCancelled: false }).toArray(),
    pageOfAbsences: (userId: string, { limit, after }: PageRequest) =>
      absences
        .find({ userId, ...(after === null ? {} : { _id: { $gt: after } }), isCancelled: false })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    claimAbsences: (request: Parameters<typeof claimDue>[1]) => claimDue(absences, request),
    finishAbsences: (results: readonly RowResult[]) => finishClaims(absences, results),
    /** For all time: there are few that lie ahead. */
    nextAbsenceDueAt: () => everDueAt(absences),

    async lastSyncStart(): Promise<Date | null> {
      return (await syncs.findOne({ _id: 'directory' }))?.startedAt ?? null
    },
    async syncDone(startedAt: Date): Promise<void> {
      if ((await insertMissing(syncs, [{ _id: 'directory', startedAt }])) === 0)
        await syncs.updateOne({ _id: 'directory', startedAt: { $lt: startedAt } }, { $set: { startedAt } })
    },
  }
}
