/** What the triage has read from customers' words (FHIR: DetectedIssue): named queries, plain objects. */
import type { Connection } from 'mongoose'
import { collectionOf, ensureIndexes, insertMissing } from '../../platform/db.ts'
import type { Level } from '../../triage/index.ts'

/** Where it was said. */
export const SIGNAL_SOURCES = ['kf', 'survey', 'complaint', 'photo'] as const
export type SignalSource = (typeof SIGNAL_SOURCES)[number]

export interface SignalRow {
  /** `kf_<msgid>`, `survey_<invitation>` …: what is heard twice is one signal. */
  _id: string
  source: SignalSource
  /** Of the message, the submission, the complaint, the note beside photos: what was said stays there, sealed. */
  sourceId: string
  customerId: string
  storeId: string
  /** The treatment that it was judged by; null: none is known. */
  treatmentId: string | null
  /** Days since that treatment in the store's zone. */
  day: number | null
  at: Date
  /** As the machine read it; it only raises. */
  level: Level
  rule: string | null
  /** Sealed: which words were read, and why they have this level. */
  why: string
  /** The abnormal case that it opened or joined. */
  caseId: string | null
  /** The task that asks back. */
  taskId: string | null
  /** What a person made of it: only a person lowers a level. */
  judged: { level: Level; byUserId: string; at: Date; reason: string } | null
  /** Sorts by time. */
  order: string
}

export type SignalStore = ReturnType<typeof createSignalStore>

export function createSignalStore(db: Connection) {
  const signals = collectionOf<SignalRow>(db, 'signals')
  return {
    insert: (row: SignalRow) => insertMissing(signals, [row]),
    get: (id: string) => signals.findOne({ _id: id }),
    many: (ids: readonly string[]) => signals.find({ _id: { $in: [...ids] } }).toArray(),
    /** Of two people who judge at once the first has judged. */
    judge: async (id: string, judged: NonNullable<SignalRow['judged']>) =>
      (await signals.updateOne({ _id: id, judged: null }, { $set: { judged } })).matchedCount > 0,
    /** The newest first. */
    page: (customerIds: readonly string[] | null, after: string | null, limit: number) =>
      signals
        .find({
          ...(customerIds === null ? {} : { customerId: { $in: [...customerIds] } }),
          ...(after === null ? {} : { order: { $lt: after } }),
        })
        .sort({ order: -1 })
        .limit(limit + 1)
        .toArray(),
    ready: () =>
      ensureIndexes(signals, [
        { keys: { order: -1 }, serves: 'page' },
        { keys: { customerId: 1, order: -1 }, serves: 'page of a customer' },
      ]),
  }
}
