/** Quarterly revisions at rest: which articles whose keeper was asked to look at, and how that went on. */
import type { Connection } from 'mongoose'
import type { Day } from '../platform/calendar.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { Article } from './articles.ts'

export interface RevisionRow {
  /** `2026-Q1:doctor`: one of each keeper in a quarter. */
  _id: string
  quarter: string
  owner: Article['owner']
  taskId: string
  openedOn: Day
  /** Until when the keeper looks at them. */
  dueOn: Day
  /** As they were then. */
  articles: Pick<Article, 'id' | 'version' | 'title' | 'reviewOn'>[]
  /** When the director heard of it; null: it was no need. */
  escalatedAt: Date | null
  /** When none of them was left; null while some are. */
  doneAt: Date | null
}

export type RevisionStore = ReturnType<typeof createRevisionStore>

/** Of more than twenty years. */
const LISTED = 500

export function createRevisionStore(db: Connection) {
  const rows = collectionOf<RevisionRow>(db, 'knowledge_revisions')
  return {
    /** Once per quarter and keeper. */
    insert: (row: RevisionRow) => insertMissing(rows, [row]),
    running: (): Promise<RevisionRow[]> => rows.find({ doneAt: null }).sort({ _id: 1 }).limit(LISTED).toArray(),
    of: (quarter: string): Promise<RevisionRow[]> => rows.find({ quarter }).sort({ _id: 1 }).toArray(),
    set: (_id: string, set: Partial<Pick<RevisionRow, 'escalatedAt' | 'doneAt'>>) =>
      rows.updateOne({ _id }, { $set: set }),
    ready: () =>
      ensureIndexes(rows, [
        { keys: { doneAt: 1, _id: 1 }, serves: 'running()' },
        { keys: { quarter: 1, _id: 1 }, serves: 'of()' },
      ]),
  }
}
