/** Notes beside photos at rest: sealed words, found by any photo of their set. */
import type { Collection } from 'mongodb'
import type { Connection } from 'mongoose'
import { ANNOUNCE_INDEX, type Announcing } from '../platform/announcements.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'

export interface NoteRow extends Announcing {
  customerId: string
  treatmentId: string | null
  /** Of the set. A note doesn't wait for them: some may still be on their way, or never come. */
  photoIds: string[]
  /** Sealed. */
  words: string
  at: Date
  /** Sorts by time. */
  order: string
  keepUntil: Date
}

export type NoteStore = ReturnType<typeof createNoteStore>

export function createNoteStore(db: Connection) {
  const notes = collectionOf<NoteRow>(db, 'photo_notes')
  return {
    announcing: notes as unknown as Collection<Announcing>,
    /** Whether it was new. */
    insert: async (row: NoteRow): Promise<boolean> => (await insertMissing(notes, [row])) === 1,
    get: (id: string) => notes.findOne({ _id: id }),
    writtenSince: (customerId: string, since: Date) =>
      notes.countDocuments({ customerId, order: { $gte: since.toISOString() } }),
    /** The newest first. */
    of: (customerIds: readonly string[], limit: number) =>
      notes
        .find({ customerId: { $in: [...customerIds] } })
        .sort({ order: -1 })
        .limit(limit)
        .toArray(),
    about: (photoIds: readonly string[]) =>
      notes
        .find({ photoIds: { $in: [...photoIds] } })
        .sort({ order: -1 })
        .toArray(),
    erase: (ids: readonly string[]) => notes.deleteMany({ _id: { $in: [...ids] } }),
    expire: async (by: Date): Promise<number> => (await notes.deleteMany({ keepUntil: { $lt: by } })).deletedCount,
    ready: () =>
      ensureIndexes(notes, [
        ANNOUNCE_INDEX,
        { keys: { customerId: 1, order: -1 }, serves: 'of(), writtenSince()' },
        { keys: { photoIds: 1 }, serves: 'about()' },
        { keys: { keepUntil: 1 }, serves: 'expire()' },
      ]),
  }
}
