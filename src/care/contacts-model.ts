/** Contact records and chat questions: named queries, plain objects. */
import type { Connection } from 'mongoose'
import { collectionOf, ensureIndexes, insertMissing, ONE_PAGE } from '../platform/db.ts'
import type { Reason } from '../platform/reasons.ts'
import type { ChecklistItem, Interest, Remedy } from '../tasks/index.ts'

export interface ContactRow {
  /** Deterministic: the step and how it was made. */
  _id: string
  stepIds: string[]
  treatmentId: string | null
  customerId: string
  byUserId: string | null
  storeId: string
  channel: string
  at: Date
  /** When the customer said what is in here; null while nothing is. */
  answeredAt: Date | null
  reached: boolean | null
  state: string | null
  satisfaction: number | null
  effect: number | null
  nps: number | null
  /** What was covered and what came out of it. */
  checklist?: ChecklistItem[] | null
  interest?: KnownInterest | null
  /** Of a problem with a product: what was done about it, as the customer was told. */
  remedy?: Remedy
  /** The customer came to us, without a step that asked for it. */
  unplanned?: boolean
  /** Of an unplanned contact that a clinic system entered: keyed digest of what was said first. */
  digest?: string
  /** When we learned what is in here: a form is filled minutes after the call. Null while nothing is said. */
  recordedAt?: Date | null
  /** Sealed: treatment, doctor and what was said, in professional wording. */
  summary: string | null
  /** Who made it, by name: people leave, and old systems shared accounts; `byUserId` only where that is a member of staff. */
  byName?: string | null
  /** Of a contact that an old system kept: keyed digest of what it said. */
  past?: { digest: string }
}

export interface KnownInterest extends Interest {
  /** The consultant's task; null where none was opened … */
  taskId: string | null
  /** … for this reason. */
  reason: Reason | null
}

export interface AskRow {
  /** The step that asks. */
  _id: string
  customerId: string
  storeId: string
  treatmentId: string
  question: 'effect' | 'satisfaction' | 'nps' | 'done'
  answers: { effect: number | null; satisfaction: number | null; nps: number | null }
  openedAt: Date
  /** When the question that is open was asked; missing: when it was opened. */
  askedAt?: Date
}

/** What an old system recorded is no answer to us. */
const OURS = { past: { $exists: false } }
/** Unhappy (domain 6): scores, a mark of staff, an objection; or a state that a doctor should see. */
const MARKS: readonly ChecklistItem[] = ['objection', 'unhappy']
const ATTENTION = [
  { satisfaction: { $gte: 1, $lte: 2 } },
  { nps: { $gte: 0, $lte: 6 } },
  { state: { $in: ['abnormal', 'needs_doctor'] } },
  { checklist: { $in: [...MARKS] } },
]

export function createContactStore(db: Connection) {
  const contacts = collectionOf<ContactRow>(db, 'contacts')
  const asks = collectionOf<AskRow>(db, 'care_asks')
  return {
    insertContacts: (rows: readonly ContactRow[]) => insertMissing(contacts, rows),
    contacts: (ids: readonly string[]) => contacts.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    changeContact: (_id: string, set: Partial<ContactRow>) => contacts.updateOne({ _id }, { $set: set }),
    /** Contacts of customers, or of everybody; `attention`: unhappy or abnormal ones, recorded in (from, to]. */
    contactsPage: (
      customerIds: readonly string[] | null,
      attention: { from: Date; to: Date } | null,
      after: string | null,
      limit: number,
    ) =>
      contacts
        .find({
          ...(customerIds === null ? {} : { customerId: { $in: [...customerIds] } }),
          ...(attention === null ? {} : { recordedAt: { $gt: attention.from, $lte: attention.to }, $or: ATTENTION }),
          ...(after === null ? {} : { _id: { $gt: after } }),
        })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    /** Every unhappy or abnormal contact of a store that became known in (from, to], the first one first. */
    needingAttention: (storeId: string, from: Date, to: Date) =>
      contacts
        .find({ recordedAt: { $gt: from, $lte: to }, storeId, $or: ATTENTION })
        .sort({ recordedAt: 1, _id: 1 })
        .limit(1_000)
        .toArray(),
    /** The newest answered contact of a customer. */
    async lastContact(customerIds: readonly string[]): Promise<ContactRow | null> {
      const [last] = await contacts
        .find({ customerId: { $in: [...customerIds] }, reached: true })
        .sort({ at: -1, _id: 1 })
        .limit(1)
        .toArray()
      return last ?? null
    },
    /** Whether we contacted a customer since then; what the customer began counts as none. */
    contactedSince: async (customerIds: readonly string[], since: Date): Promise<boolean> =>
      (await contacts.findOne(
        { customerId: { $in: [...customerIds] }, at: { $gte: since }, unplanned: { $exists: false } },
        { projection: { _id: 1 } },
      )) !== null,
    /** The consultant's task about this interest that was opened last since then. */
    async interestTask(customerIds: readonly string[], code: string, since: Date): Promise<string | null> {
      const found = await contacts
        .find({ customerId: { $in: [...customerIds] }, 'interest.code': code, at: { $gte: since } })
        .sort({ at: -1, _id: 1 })
        .toArray()
      return found.map(({ interest }) => interest?.taskId ?? null).find((taskId) => taskId !== null) ?? null
    },
    /** Every consultant's task about an interest of theirs. */
    async interestTasks(customerIds: readonly string[]): Promise<string[]> {
      const found = await contacts
        .find(
          { customerId: { $in: [...customerIds] }, 'interest.taskId': { $gt: '' } },
          { projection: { interest: 1 } },
        )
        .toArray()
      return [...new Set(found.flatMap(({ interest }) => interest?.taskId ?? []))]
    },
    async nps(): Promise<{ answers: number; promoters: number; detractors: number }> {
      const [answers, promoters, detractors] = await Promise.all([
        contacts.countDocuments({ nps: { $gte: 0 }, ...OURS }),
        contacts.countDocuments({ nps: { $gte: 9 }, ...OURS }),
        contacts.countDocuments({ nps: { $gte: 0, $lte: 6 }, ...OURS }),
      ])
      return { answers, promoters, detractors }
    },

    insertAsks: (rows: readonly AskRow[]) => insertMissing(asks, rows),
    openAsks: (customerIds: readonly string[]) =>
      asks.find({ customerId: { $in: [...customerIds] }, question: { $ne: 'done' } }).toArray(),
    changeAsk: (id: string, set: Record<string, unknown>) => asks.updateOne({ _id: id }, { $set: set }),

    async contactsReady(): Promise<void> {
      await ensureIndexes(contacts, [
        {
          keys: { customerId: 1, _id: 1 },
          serves: 'contactsPage of a customer; lastContact, interestTask, interestTasks',
        },
        { keys: { recordedAt: 1 }, serves: 'needingAttention, contactsPage of what needs attention' },
      ])
      await ensureIndexes(asks, [{ keys: { customerId: 1, question: 1 }, serves: 'openAsks' }])
    },
  }
}
