/** Treatments, appointments, purchases and consultations at rest: facts of the clinic, keyed by its own numbers. */
import type { Collection, Filter, OptionalUnlessRequiredId, UpdateFilter } from 'mongodb'
import type { Connection } from 'mongoose'
import { ANNOUNCE_INDEX, type Announcing } from '../platform/announcements.ts'
import type { Day } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, type IndexSpec, insertMissing, ONE_PAGE } from '../platform/db.ts'
import type { DomainEvent } from '../platform/events.ts'
import { createRecall, type Memory } from '../platform/memory.ts'
import type { PageRequest } from '../platform/views.ts'
import type { Appointment, AppointmentAnswer, Consultation, ConsultationOutcome, Purchase, Treatment } from './types.ts'

export interface RecordRow extends Announcing {
  customerId: string
  /** Grows with every change; guards against lost updates and names the change's event. */
  revision: number
  updatedAt: Date
}

export interface TreatmentRow extends Omit<Treatment, 'id'>, RecordRow {
  /** The next session as it was said on a card, which counts while the clinic's system says nothing. */
  nextSaid?: { on: Day | 'none'; byUserId: string; at: Date } | null
  /** Sealed. */
  note: string | null
  /** Keyed digest of what is said now … */
  digest: string
  /** … and of what was entered first, so that the first entry can be repeated after a correction. */
  entryDigest: string
}
export interface AppointmentRow extends Omit<Appointment, 'id' | 'answer'>, RecordRow {
  /** `wish` is sealed; `againAt`: when a wish was said last, where it was said more than once. */
  answer?: (AppointmentAnswer & { wish: string | null; againAt?: Date }) | null
  /** Since when it has been known to stand at its time; left out in records that are older than this field. */
  standsSince?: Date
  /** The start from which each wish to move wanted away, oldest first: their numbers name the tasks. */
  moves?: Date[]
}
export interface PurchaseRow extends Omit<Purchase, 'id'>, RecordRow {
  digest: string
}

export interface ConsultationRow extends Omit<Consultation, 'id' | 'boughtAt'>, RecordRow {
  /** The outcome as the clinic's system said it last. */
  said: ConsultationOutcome
  digest: string
}

export interface RecordStore<T extends RecordRow> {
  /** For the announcer. */
  announcing: Collection<Announcing>
  ready(): Promise<void>
  /** Rows whose number exists are left as they are. Returns how many were new. */
  insert(rows: readonly T[]): Promise<number>
  byIds(ids: readonly string[]): Promise<T[]>
  ofCustomers(customerIds: readonly string[]): Promise<T[]>
  /** Of these customers, or of everybody; `id`: only this one. */
  page(customerIds: readonly string[] | null, id: string | null, request: PageRequest): Promise<T[]>
  /** Changes a row that nobody changed since it was read at `revision`, and keeps the events to tell. */
  change(
    id: string,
    revision: number,
    set: Partial<T>,
    tell: Pick<Announcing, 'pending' | 'announceAt'>,
  ): Promise<boolean>
}

const INDEXES: IndexSpec[] = [
  ANNOUNCE_INDEX,
  { keys: { customerId: 1, _id: 1 }, serves: 'ofCustomers(), page() of one customer' },
]

export function createRecordStore<T extends RecordRow>(
  db: Connection,
  name: 'treatments' | 'appointments' | 'purchases' | 'consultations',
): RecordStore<T> {
  const rows = collectionOf<T>(db, name)
  const find = (filter: object) => rows.find(filter as Filter<T>, ONE_PAGE)
  return {
    announcing: rows as unknown as Collection<Announcing>,
    ready: () => ensureIndexes(rows, INDEXES),
    insert: (fresh) => insertMissing(rows, fresh as readonly T[] & readonly OptionalUnlessRequiredId<T>[]),
    byIds: async (ids) => (await find({ _id: { $in: [...ids] } }).toArray()) as unknown as T[],
    ofCustomers: async (ids) => (await find({ customerId: { $in: [...ids] } }).toArray()) as unknown as T[],
    async page(customerIds, id, { limit, after }) {
      const filter = {
        ...(customerIds === null ? {} : { customerId: { $in: [...customerIds] } }),
        ...(after === null && id === null
          ? {}
          : { _id: { ...(id === null ? {} : { $eq: id }), ...(after === null ? {} : { $gt: after }) } }),
      }
      const found = await find(filter)
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray()
      return found as unknown as T[]
    },
    async change(id, revision, set, { pending, announceAt }) {
      const told: { pending: DomainEvent[]; announceAt: Date | null } = { pending, announceAt }
      const update = {
        $set: { ...set, ...(told.announceAt ? { announceAt: told.announceAt } : {}) },
        $inc: { revision: 1 },
        ...(told.pending.length > 0 ? { $push: { pending: { $each: told.pending } } } : {}),
      }
      const { matchedCount } = await rows.updateOne(
        { _id: id, revision } as unknown as Filter<T>,
        update as unknown as UpdateFilter<T>,
      )
      return matchedCount > 0
    },
  }
}

export interface Remembering {
  clock: Pick<Clock, 'wall'>
  memory?: Memory | undefined
}

/** Records by id, and that there is none: plans are about records of four kinds, and each kind is asked. */
export const rememberById = <T extends RecordRow, V>(
  name: string,
  store: Pick<RecordStore<T>, 'byIds'>,
  { clock, memory }: Remembering,
  viewOf: (row: T) => V,
) =>
  createRecall<V>({ clock, memory, collections: [name], rowsOf: (id) => [id] }, async (ids) =>
    (await store.byIds(ids)).map((row) => [row._id, viewOf(row)]),
  )

/** Each customer's records. Every change of one counts its revision up. */
export const rememberByCustomer = <T extends RecordRow>(
  name: string,
  store: Pick<RecordStore<T>, 'ofCustomers'>,
  { clock, memory }: Remembering,
) =>
  createRecall<T[]>({ clock, memory, collections: [name], field: 'revision' }, async (customerIds) => {
    const each = new Map<string, T[]>(customerIds.map((id) => [id, []]))
    for (const row of await store.ofCustomers(customerIds)) each.get(row.customerId)?.push(row)
    return each
  })

export type TreatmentRecords = ReturnType<typeof createTreatmentRecords>

export const createTreatmentRecords = (db: Connection) => ({
  treatments: createRecordStore<TreatmentRow>(db, 'treatments'),
  appointments: createRecordStore<AppointmentRow>(db, 'appointments'),
  purchases: createRecordStore<PurchaseRow>(db, 'purchases'),
  consultations: createRecordStore<ConsultationRow>(db, 'consultations'),
})
