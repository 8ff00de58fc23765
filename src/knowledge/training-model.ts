/** What staff have read and answered, quarter by quarter: only added to. */
import type { Connection } from 'mongoose'
import { collectionOf, ensureIndexes, insertMissing, ONE_PAGE } from '../platform/db.ts'

interface ReadRow {
  /** `<quarter>:<userId>`. */
  _id: string
  userId: string
  quarter: string
  /** `<article>@<version>`. */
  versions: string[]
  at: Date
}

export interface AttemptRow {
  /** Of the one who attempts it: the same id again is the same attempt. */
  _id: string
  userId: string
  quarter: string
  exercise: string
  kind: 'quiz' | 'scenario'
  /** What was chosen, by question. */
  chosen: Record<string, number[]>
  /** 0–100. */
  score: number
  passed: boolean
  at: Date
}

/** Attempts of one person in one quarter that anybody looks at. */
const LISTED = 500

export type TrainingStore = ReturnType<typeof createTrainingStore>

export function createTrainingStore(db: Connection) {
  const reads = collectionOf<ReadRow>(db, 'training_reads')
  const attempts = collectionOf<AttemptRow>(db, 'training_attempts')
  return {
    /** Everything that these people have ever read. */
    async readBy(userIds: readonly string[]): Promise<Map<string, Set<string>>> {
      const rows = await reads.find({ userId: { $in: [...userIds] } }, ONE_PAGE).toArray()
      const byUser = new Map<string, Set<string>>()
      for (const { userId, versions } of rows) {
        const known = byUser.get(userId) ?? new Set()
        for (const one of versions) known.add(one)
        byUser.set(userId, known)
      }
      return byUser
    },
    /** Safe to repeat. */
    async acknowledge(userId: string, quarter: string, versions: readonly string[], at: Date): Promise<void> {
      const _id = `${quarter}:${userId}`
      await insertMissing(reads, [{ _id, userId, quarter, versions: [], at }])
      await reads.updateOne({ _id }, { $addToSet: { versions: { $each: [...versions] } }, $set: { at } })
    },
    /** False where it was there. */
    attempt: async (row: AttemptRow): Promise<boolean> => (await insertMissing(attempts, [row])) === 1,
    one: (_id: string): Promise<AttemptRow | null> => attempts.findOne({ _id }),
    attemptsOf: (userIds: readonly string[], quarter: string): Promise<AttemptRow[]> =>
      attempts
        .find({ userId: { $in: [...userIds] }, quarter }, ONE_PAGE)
        .sort({ at: 1 })
        .limit(LISTED * Math.max(1, userIds.length))
        .toArray(),
    async ready(): Promise<void> {
      await ensureIndexes(reads, [{ keys: { userId: 1 }, serves: 'readBy()' }])
      await ensureIndexes(attempts, [{ keys: { userId: 1, quarter: 1, at: 1 }, serves: 'attemptsOf()' }])
    },
  }
}
