/** Complaints and opinions at rest (FHIR has no noun for them; the clinic's own is 投诉). */
import type { Collection } from 'mongodb'
import type { Connection } from 'mongoose'
import { ANNOUNCE_INDEX, type Announcing } from '../platform/announcements.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { PageRequest } from '../platform/views.ts'
import {
  COMPLAINT_STATUSES,
  type ComplaintKind,
  type ComplaintStatus,
  type ComplaintType,
  type DraftStatus,
} from './rules.ts'

/** Something that happened to it, in the order in which it did. */
export interface ComplaintEvent<What = ComplaintStatus | 'rated'> {
  at: Date
  what: What
  by: 'customer' | 'clinic'
  /** Why, where nobody decided it. */
  reason?: string
  /** Who of the clinic, where it was one person; customers aren't told. */
  userId?: string
  /** Sealed; null: nothing was said. */
  words: string | null
}

export interface ComplaintRow extends Announcing {
  /** What the customer reads: TS20260302-0A3F7B. */
  number: string
  kind: ComplaintKind
  type: ComplaintType | null
  customerId: string
  storeId: string
  treatmentId: string | null
  /** Sealed. */
  words: string
  /** Sealed; what the customer asks for. */
  demand: string | null
  /** Photos. */
  evidence: string[]
  mayContact: boolean
  status: ComplaintStatus
  stars: number | null
  history: ComplaintEvent[]
  createdAt: Date
  /** Place in the order of time. */
  order: string
  /** Grows with every change; guards against lost updates. */
  revision: number
  /** Of one that answers of a survey suggested; absent where somebody complained. */
  survey?: FromSurvey
}

interface FromSurvey {
  invitationId: string
  answeredAt: Date
}

/**
 * What answers suggested, whatever has become of it. As long as it is a draft it has no number and no place among complaints:
 * those, and its time, are of the moment in which somebody registers it.
 */
interface SuggestedRow extends Omit<ComplaintRow, 'status' | 'history'> {
  status: ComplaintStatus | DraftStatus
  history: ComplaintEvent<ComplaintStatus | 'rated' | 'dismissed'>[]
  survey: FromSurvey
}

/** What the words of a complaint are sealed for. */
export const WORDS_FIELD = 'complaints.words'

export type ComplaintStore = ReturnType<typeof createComplaintStore>

export function createComplaintStore(db: Connection) {
  const rows = collectionOf<ComplaintRow>(db, 'complaints')
  const suggested = rows as unknown as Collection<SuggestedRow>
  /** To whoever asks for complaints a draft is none. */
  const isFiled = { status: { $in: [...COMPLAINT_STATUSES] } }
  return {
    announcing: rows as unknown as Collection<Announcing>,
    /** Whether it was new. */
    insert: async (row: ComplaintRow): Promise<boolean> => (await insertMissing(rows, [row])) === 1,
    get: (id: string) => rows.findOne({ _id: id, ...isFiled }),
    /** Once per id, whatever has become of it since. */
    insertDraft: (row: SuggestedRow) => insertMissing(suggested, [row]),
    suggested: (id: string) => suggested.findOne({ _id: id }),
    /** False: somebody has decided it. */
    async decideDraft(
      _id: string,
      set: Partial<SuggestedRow>,
      event: ComplaintEvent<'registered' | 'dismissed'>,
    ): Promise<boolean> {
      const { matchedCount } = await suggested.updateOne(
        { _id, status: 'draft' },
        { $set: set, $push: { history: event }, $inc: { revision: 1 } },
      )
      return matchedCount === 1
    },
    filedSince: (customerId: string, since: Date) =>
      rows.countDocuments({ customerId, order: { $gte: since.toISOString() }, ...isFiled }),
    /** The newest first. */
    page: (customerIds: readonly string[], { limit, after }: PageRequest): Promise<ComplaintRow[]> =>
      rows
        .find({
          customerId: { $in: [...customerIds] },
          ...isFiled,
          ...(after === null ? {} : { order: { $lt: after } }),
        })
        .sort({ order: -1 })
        .limit(limit + 1)
        .toArray(),
    /** Changes a row that nobody changed since it was read at `revision`. */
    async change(
      { _id, revision }: Pick<ComplaintRow, '_id' | 'revision'>,
      set: Partial<ComplaintRow>,
      event: ComplaintEvent,
    ): Promise<boolean> {
      const { matchedCount } = await rows.updateOne(
        { _id, revision },
        { $set: set, $push: { history: event }, $inc: { revision: 1 } },
      )
      return matchedCount === 1
    },
    ready: () =>
      ensureIndexes(rows, [ANNOUNCE_INDEX, { keys: { customerId: 1, order: -1 }, serves: 'page(), filedSince()' }]),
  }
}
