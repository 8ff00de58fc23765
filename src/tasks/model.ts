/** Tasks as rows of a due-table: `dueAt` is the next thing to do about a task, `deadlineAt` when it is overdue. */
import type { Connection } from 'mongoose'
import { claimDue, type DueRow, finishClaims, nextDueAt, type RowResult } from '../platform/claims.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { ContactOutcome, OpenTask, Task, TaskStatus } from './types.ts'

/** What must happen because of one click; kept with the change that caused it, so that a crash in between loses nothing. */
export type Effect =
  | { kind: 'update'; responseCode: string; userId: string; update: Record<string, unknown> }
  | { kind: 'card'; userId: string; occurrence: number }
  | { kind: 'event'; type: string; id: string; data: Record<string, unknown> }
  | { kind: 'note'; userId: string; key: string; text: string }

export interface TaskRow extends DueRow, Omit<OpenTask, 'id' | 'dueAt'> {
  deadlineAt: Date
  status: TaskStatus
  ownerUserId: string
  occurrence: number
  attempts: Task['attempts']
  outcome: ContactOutcome | null
  /** Sealed words of the staff member. */
  summary: string | null
  /** Until when the next text of the owner is the summary. */
  summaryUntil: Date | null
  completedAt: Date | null
  completedBy: string | null
  createdAt: Date
  remindedAt: Date | null
  breachedAt: Date | null
  /** Grows with every change: of two clicks on the same state one wins. */
  rev: number
  /** The last click that changed the task, with its effects. */
  last: { code: string; effects: Effect[] } | null
}

export type TasksStore = ReturnType<typeof createTasksStore>
const OPEN: readonly TaskStatus[] = ['open', 'taken', 'form', 'month_form', 'transfer']

export function createTasksStore(db: Connection) {
  const tasks = collectionOf<TaskRow>(db, 'tasks')
  return {
    insert: (rows: readonly TaskRow[]) => insertMissing(tasks, rows),
    get: (id: string) => tasks.findOne({ _id: id }),
    many: (ids: readonly string[]) => tasks.find({ _id: { $in: [...ids] } }).toArray(),
    nextDueAt: (now: Date, until?: Date) => nextDueAt(tasks, now, until),
    claim: (request: Parameters<typeof claimDue>[1]) => claimDue(tasks, request),
    finish: (results: readonly RowResult[]) => finishClaims(tasks, results),
    /** Changes a task only if nobody else did since it was read. */
    async change(id: string, rev: number, set: Record<string, unknown>): Promise<boolean> {
      const { modifiedCount } = await tasks.updateOne({ _id: id, rev }, { $set: set, $inc: { rev: 1 } })
      return modifiedCount === 1
    },
    async cancel(ids: readonly string[], now: Date): Promise<void> {
      await tasks.updateMany(
        { _id: { $in: [...ids] }, status: { $in: [...OPEN] } },
        { $set: { status: 'cancelled', dueAt: null, completedAt: now }, $inc: { rev: 1 } },
      )
    },
    /** Open tasks per owner: who has least gets the next one. */
    async load(userIds: readonly string[]): Promise<Map<string, number>> {
      const found = await tasks
        .aggregate<{ _id: string; count: number }>([
          { $match: { ownerUserId: { $in: [...userIds] }, completedAt: null } },
          { $group: { _id: '$ownerUserId', count: { $sum: 1 } } },
        ])
        .toArray()
      return new Map(found.map(({ _id, count }) => [_id, count]))
    },
    waitingForSummary: (userId: string, now: Date) =>
      tasks.find({ ownerUserId: userId, completedAt: null, status: 'summary', summaryUntil: { $gte: now } }).toArray(),
    openOf: (userId: string, until: Date) =>
      tasks.find({ ownerUserId: userId, completedAt: null, openAt: { $lte: until } }).toArray(),
    openUntil: (until: Date) => tasks.find({ completedAt: null, openAt: { $lte: until } }).toArray(),
    list: (filter: Record<string, unknown>, after: string | null, limit: number) =>
      tasks
        .find({ ...filter, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    async stats(now: Date) {
      const [created, done, overdue] = await Promise.all([
        tasks.countDocuments({}),
        tasks.countDocuments({ status: 'done' }),
        tasks.countDocuments({ completedAt: null, deadlineAt: { $lt: now } }),
      ])
      const byKind = await tasks
        .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$kind', count: { $sum: 1 } } }])
        .toArray()
      return { created, done, overdue, byKind: Object.fromEntries(byKind.map(({ _id, count }) => [_id, count])) }
    },
    ready: () =>
      ensureIndexes(tasks, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { ownerUserId: 1, completedAt: 1 }, serves: 'load, waitingForSummary, openOf' },
        { keys: { completedAt: 1, openAt: 1 }, serves: 'openUntil: the lists of the day' },
        { keys: { storeId: 1, _id: 1 }, serves: 'list of a store' },
      ]),
  }
}
