/** Tasks as rows of a due-table: `dueAt` is the next thing to do about a task, `deadlineAt` when it is overdue. */
import type { Filter, UpdateFilter } from 'mongodb'
import { type Claim, claimDue, type DueRow, GIVEN_BACK, nextDueAt, ownedBy, upcomingOf } from '../platform/claims.ts'
import { collectionOf, ensureIndexes, insertedRows, ONE_PAGE } from '../platform/db.ts'
import { createRecall } from '../platform/memory.ts'
import type { Ports } from '../platform/ports.ts'
import type { ContactOutcome, OpenTask, Task, TaskDecision, TaskStatus } from './types.ts'

/** What a card looks like after a click. */
export type Shown =
  | { card: 'working' | 'closed'; said: string }
  | { card: 'contact_form' | 'doctor_form' | 'month_form' | 'choice_form' }
  /** `said`: why it is shown again. */
  | { card: 'checklist_form'; said?: string }
  | { card: 'interest_form'; kinds: { code: string; name: string }[] }
  | { card: 'transfer_form'; colleagues: { userId: string; name: string }[] }

/** What must happen because of one change; kept with the change, so that a crash in between loses nothing. */
export type Effect =
  | ({ kind: 'update'; responseCode: string; userId: string; occurrence: number; show: Shown } & Replacing)
  | { kind: 'card'; userId: string; occurrence: number; at: Date }
  /** A card that nobody clicked must no longer be worked on: it isn't sent, or turns grey. */
  | ({ kind: 'withdraw'; userId: string; occurrence: number; said: string } & Replacing)
  | { kind: 'event'; type: string; id: string; data: Record<string, unknown> }
  /** `words` are sealed words of a colleague, shown after the text. */
  | { kind: 'note'; userId: string; key: string; text: string; words?: string }

/** The update of the same card before this one: if it hasn't left yet it must not come after it. */
export interface Replacing {
  replaces?: string
}

export interface PendingEffects {
  /** What caused them: a click's response code, a text's id, `due:…`, `reopen:…`. */
  code: string
  effects: Effect[]
}

export interface TaskRow extends DueRow, Omit<OpenTask, 'id' | 'dueAt'> {
  deadlineAt: Date
  status: TaskStatus
  /** Empty while nobody active could be found. */
  ownerUserId: string
  /** Number of the owner's newest card. */
  occurrence: number
  /** Number of the newest card of all. */
  cards: number
  /** Who was asked to help, and with which card: may act as the owner does, and thereby becomes the owner. */
  helper: { userId: string; occurrence: number } | null
  attempts: (Task['attempts'][number] & { occurrence: number })[]
  outcome: ContactOutcome | null
  /** Which option of the card's question was taken. */
  answer?: string | null
  /** Absent in rows from before there were decisions. */
  decision?: TaskDecision | null
  /** Sealed words of the staff member. */
  summary: string | null
  /** Until when the next text of the owner is the summary. */
  summaryUntil: Date | null
  /** Until when the next text of `byUserId` explains the problem to `toUserId`. */
  problem: { byUserId: string; toUserId: string; until: Date } | null
  transfers: { at: Date; fromUserId: string; toUserId: string; reason: string }[]
  /** Done or cancelled. */
  closedAt: Date | null
  completedAt: Date | null
  completedBy: string | null
  createdAt: Date
  remindedAt: Date | null
  breachedAt: Date | null
  /** Grows with every change: of two clicks on the same state one wins. */
  rev: number
  /** Causes already taken, newest last: a repeat changes nothing. */
  seen: string[]
  /** Effects that are not surely done. */
  pending: PendingEffects[]
  /** Response code of the last update of each card. */
  updates: { occurrence: number; code: string }[]
  /** Where the newest delivered card can still be changed without a click. */
  cardCode: { occurrence: number; code: string; at: Date } | null
}

export type Listening = Pick<TaskRow, '_id' | 'status' | 'summaryUntil' | 'problem'>

/** The write of one change: only onto the revision it was decided on. */
export interface Change {
  id: string
  rev: number
  set: Partial<TaskRow>
}

const MOST_OPEN = 20_000

type StorePorts = Pick<Ports, 'db' | 'crypto' | 'clock' | 'memory'>
export type TasksStore = ReturnType<typeof createTasksStore>
const CANCELLABLE: readonly TaskStatus[] = ['open', 'taken', 'form', 'month_form', 'checklist', 'interest', 'transfer']
const SCRIPT = 'tasks.script'

export function createTasksStore({ db, crypto, clock, memory }: StorePorts) {
  const tasks = collectionOf<TaskRow>(db, 'tasks')
  // The script can hold the message to a customer word by word.
  const sealed = (row: TaskRow): TaskRow => ({ ...row, script: row.script && crypto.seal(SCRIPT, row.script) })
  const opened = (row: TaskRow): TaskRow => ({ ...row, script: row.script && crypto.open(SCRIPT, row.script) })
  const found = async (rows: Promise<TaskRow[]>) => (await rows).map(opened)
  // Between the steps of a form a task changes here only.
  const recall = createRecall<TaskRow>({ clock, memory, collections: ['tasks'], rowsOf: (id) => [id] }, async (ids) =>
    (await tasks.find({ _id: { $in: [...ids] } }).toArray()).map((row) => [row._id, row]),
  )
  const rowsById = (row: TaskRow | null) => new Map(row ? [[row._id, row]] : [])
  type Write = { filter: Filter<TaskRow> & { _id: string }; update: UpdateFilter<TaskRow> }
  /** Changes tasks as far as each still is as the filter says; one command. Returns how many were. */
  async function write(writes: readonly Write[]): Promise<number> {
    const [first] = writes
    if (!first) return 0
    if (writes.length === 1) {
      const after = { returnDocument: 'after' } as const
      const written = async () => rowsById(await tasks.findOneAndUpdate(first.filter, first.update, after))
      return (await recall.through([first.filter._id], written)).size
    }
    const { matchedCount } = await tasks.bulkWrite(
      writes.map((one) => ({ updateOne: one })),
      { ordered: false },
    )
    return matchedCount
  }
  return {
    async insert(rows: readonly TaskRow[]): Promise<number> {
      const ids = rows.map(({ _id }) => _id)
      return (await recall.through(ids, () => insertedRows(tasks, rows.map(sealed)))).size
    },
    async get(id: string): Promise<TaskRow | null> {
      const row = (await recall.many([id])).get(id)
      return row ? opened(row) : null
    },
    many: (ids: readonly string[]) => found(tasks.find({ _id: { $in: [...ids] } }).toArray()),
    nextDueAt: (now: Date, until?: Date) => nextDueAt(tasks, now, until),
    upcoming: (until: Date, limit: number) => upcomingOf(tasks, until, limit),
    claim: (request: Parameters<typeof claimDue>[1]) => found(claimDue(tasks, request)),
    /** Changes tasks that nobody else changed since they were read; one command. Who lost finds another `rev`. */
    change: (changes: readonly Change[]): Promise<number> =>
      write(changes.map(({ id, rev, set }) => ({ filter: { _id: id, rev }, update: { $set: set, $inc: { rev: 1 } } }))),
    /** Drops effects that are done and sets the next due time, unless the task has changed again meanwhile. */
    async settle(rows: readonly Pick<TaskRow, '_id' | 'rev' | 'pending' | 'dueAt'>[]): Promise<void> {
      await write(
        rows.map(({ _id, rev, pending, dueAt }) => ({ filter: { _id, rev }, update: { $set: { pending, dueAt } } })),
      )
    },
    /** Gives claims back, whatever became of the rows. */
    async release(claims: readonly { _id: string; claim: Claim }[]): Promise<void> {
      if (claims.length === 0) return
      await tasks.bulkWrite(
        claims.map((row) => ({ updateOne: { filter: ownedBy(row), update: { $set: GIVEN_BACK } } })),
        { ordered: false },
      )
    },
    /** Remembers how delivered cards can be changed. No new revision: a click that is being decided on stays valid. */
    async setCardCodes(codes: readonly { id: string; occurrence: number; code: string; at: Date }[]): Promise<void> {
      await write(
        codes.map(({ id: _id, ...cardCode }) => ({
          filter: { _id, occurrence: cardCode.occurrence },
          update: { $set: { cardCode } },
        })),
      )
    },
    /** Those of the ids that can still be cancelled. */
    cancellable: (ids: readonly string[]) =>
      found(tasks.find({ _id: { $in: [...ids] }, status: { $in: [...CANCELLABLE] } }).toArray()),
    openOfCustomers: (customerIds: readonly string[]) =>
      tasks
        .find({ customerId: { $in: [...customerIds] }, closedAt: null }, { projection: { _id: 1, kind: 1, choice: 1 } })
        .toArray(),
    /** Calls that are to be made, or made again, the next first. */
    callsOf: (customerIds: readonly string[]) =>
      tasks
        .find({
          customerId: { $in: [...customerIds] },
          closedAt: null,
          form: { $in: ['contact', 'contact_month'] },
          ownerUserId: { $ne: '' },
        })
        .sort({ openAt: 1 })
        .limit(1)
        .toArray(),
    /** Open tasks per owner: who has least gets the next one. */
    async load(): Promise<Map<string, number>> {
      // One command, in which only open tasks are read. A count per person costs as many commands as there are people.
      const open = await tasks
        .find({ closedAt: null }, { projection: { _id: 0, ownerUserId: 1 }, batchSize: 5_000 })
        .toArray()
      const load = new Map<string, number>()
      for (const { ownerUserId } of open) load.set(ownerUserId, (load.get(ownerUserId) ?? 0) + 1)
      return load
    },
    /** Open tasks of somebody, a page by id; of '': those that nobody owns. */
    openOf: (ownerUserId: string, after: string, limit: number) =>
      found(
        tasks
          .find({ ownerUserId, closedAt: null, _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      ),
    /** Open tasks with which somebody was asked to help, a page by id. */
    helpedBy: (userId: string, after: string, limit: number) =>
      found(
        tasks
          .find({ closedAt: null, 'helper.userId': userId, _id: { $gt: after } })
          .sort({ _id: 1 })
          .limit(limit)
          .toArray(),
      ),
    /**
     * Tasks that wait for words of this person, said at `at`: of those that are hers; else of those where she asked for help
     * and the helper has taken over since. One read of an index each, the rest is looked at here.
     */
    listening: async (userId: string, at: Date): Promise<Listening[]> => {
      const projection = { status: 1, summaryUntil: 1, problem: 1 }
      const waits = ({ status, summaryUntil, problem }: Listening) =>
        (status === 'summary' && summaryUntil !== null && summaryUntil >= at) ||
        (problem?.byUserId === userId && problem.until >= at)
      const own = await tasks.find({ ownerUserId: userId, closedAt: null }, { projection, ...ONE_PAGE }).toArray()
      const waiting = own.filter(waits)
      if (waiting.length > 0) return waiting
      return tasks
        .find({ closedAt: null, 'problem.byUserId': userId, 'problem.until': { $gte: at } }, { projection })
        .toArray()
    },
    /** Whether a text was taken already, among the tasks that this person could have meant by it. */
    took: async (userId: string, code: string, since: Date): Promise<TaskRow | null> => {
      const seen = { seen: code }
      const [closed, open] = await Promise.all([
        tasks.findOne({ ownerUserId: userId, closedAt: { $gte: since }, ...seen }),
        tasks.findOne({ ownerUserId: userId, closedAt: null, ...seen }),
      ])
      const row = closed ?? open
      return row && opened(row)
    },
    /** Open tasks that begin until then, without scripts; a list of more than so many is read by nobody. */
    openUntil: (until: Date) =>
      tasks
        .find({ closedAt: null, openAt: { $lte: until } }, { projection: { script: 0, pending: 0 } })
        .limit(MOST_OPEN)
        .toArray(),
    /** How many tasks of each store were done in [from, to]. */
    async doneBetween(from: Date, to: Date): Promise<Map<string, number>> {
      const counts = await tasks
        .aggregate<{ _id: string; count: number }>([
          { $match: { closedAt: { $gte: from, $lte: to }, status: 'done' } },
          { $group: { _id: '$storeId', count: { $sum: 1 } } },
        ])
        .toArray()
      return new Map(counts.map(({ _id, count }) => [_id, count]))
    },
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
        tasks.countDocuments({ closedAt: null, deadlineAt: { $lt: now } }),
      ])
      const byKind = await tasks
        .aggregate<{ _id: string; count: number }>([{ $group: { _id: '$kind', count: { $sum: 1 } } }])
        .toArray()
      return { created, done, overdue, byKind: Object.fromEntries(byKind.map(({ _id, count }) => [_id, count])) }
    },
    ready: () =>
      ensureIndexes(tasks, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { ownerUserId: 1, closedAt: 1 }, serves: 'listening (summary), took, openOf' },
        {
          keys: { closedAt: 1, openAt: 1 },
          serves: 'openUntil, doneBetween: the lists of the day; load, listening (problem), helpedBy',
        },
        { keys: { customerId: 1, closedAt: 1 }, serves: 'openOfCustomers, callsOf' },
        { keys: { storeId: 1, _id: 1 }, serves: 'list of a store' },
      ]),
  }
}
