/** Plans, steps, contact records and chat questions: named queries, plain objects. */
import type { AnyBulkWriteOperation } from 'mongodb'
import type { Connection } from 'mongoose'
import type { Day } from '../platform/calendar.ts'
import { claimDue, type DueRow, finishClaims, nextDueAt, type RowResult } from '../platform/claims.ts'
import { collectionOf, ensureIndexes, insertMissing, ONE_PAGE } from '../platform/db.ts'
import type { CareStep } from './types.ts'

export interface StepRow extends DueRow, Omit<CareStep, 'id'> {
  treatmentExternalId: string | null
  title: string
  script: string | null
  asksMonth: boolean
  /** Guidance that rides on this contact, by its day. */
  guideDay: number | null
  /** Days after the treatment, for wording. */
  dayNumber: number
  channel: string | null
  messageIds: string[]
  calls: { byUserId: string; at: Date; reached: boolean }[]
  taskId: string | null
  doneAt: Date | null
}

export interface PlanRow {
  /** The treatment's id: one plan per treatment. */
  _id: string
  customerId: string
  storeId: string
  code: string
  pathways: { id: string; version: number }[]
  status: 'active' | 'cancelled'
  createdAt: Date
}

export interface ContactRow {
  /** Deterministic: the step and how it was made. */
  _id: string
  stepIds: string[]
  treatmentId: string | null
  customerId: string
  byUserId: string | null
  channel: string
  at: Date
  reached: boolean | null
  state: string | null
  satisfaction: number | null
  effect: number | null
  nps: number | null
  /** Sealed: treatment, doctor and what was said, in professional wording. */
  summary: string | null
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
}

export type CareStore = ReturnType<typeof createCareStore>

export function createCareStore(db: Connection) {
  const steps = collectionOf<StepRow>(db, 'care_steps')
  const plans = collectionOf<PlanRow>(db, 'care_plans')
  const contacts = collectionOf<ContactRow>(db, 'contacts')
  const asks = collectionOf<AskRow>(db, 'care_asks')
  return {
    insertSteps: (rows: readonly StepRow[]) => insertMissing(steps, rows),
    insertPlans: (rows: readonly PlanRow[]) => insertMissing(plans, rows),
    plansOf: (ids: readonly string[]) => plans.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    plansOfCustomers: (customerIds: readonly string[]) =>
      plans.find({ customerId: { $in: [...customerIds] } }).toArray(),
    cancelPlan: (treatmentId: string) => plans.updateOne({ _id: treatmentId }, { $set: { status: 'cancelled' } }),
    nextDueAt: (now: Date, until?: Date) => nextDueAt(steps, now, until),
    claim: (request: Parameters<typeof claimDue>[1]) => claimDue(steps, request),
    finish: (results: readonly RowResult[]) => finishClaims(steps, results),
    step: (id: string) => steps.findOne({ _id: id }),
    steps: (ids: readonly string[]) => steps.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    stepsOf: (treatmentId: string) => steps.find({ treatmentId }).sort({ _id: 1 }).toArray(),
    /** Changes outside a claim, each guarded by the states in which it makes sense. */
    async change(
      changes: readonly {
        id: string
        from: readonly CareStep['status'][]
        set?: Record<string, unknown>
        push?: Record<string, unknown>
        addToSet?: Record<string, unknown>
      }[],
    ): Promise<void> {
      if (changes.length === 0) return
      const operations = changes.map(({ id, from, set, push, addToSet }) => ({
        updateOne: {
          filter: { _id: id, status: { $in: [...from] } },
          update: {
            ...(set ? { $set: set } : {}),
            ...(push ? { $push: push } : {}),
            ...(addToSet ? { $addToSet: addToSet } : {}),
          },
        },
      }))
      await steps.bulkWrite(operations as unknown as AnyBulkWriteOperation<StepRow>[], { ordered: false })
    },
    /** Contacts already planned per role and day: what a window's choice is balanced against. */
    async load(storeIds: readonly string[], first: Day, last: Day): Promise<Map<string, number>> {
      // One query per store, equal on every key before the range: with a list SecantusDB walks all steps of the stores.
      const found = await Promise.all(
        storeIds.map((storeId) =>
          steps
            .aggregate<{ _id: { role: string; day: Day }; count: number }>([
              { $match: { storeId, action: 'call', status: 'planned', plannedOn: { $gte: first, $lte: last } } },
              { $group: { _id: { role: '$ownerRole', day: '$plannedOn' }, count: { $sum: 1 } } },
            ])
            .toArray()
            .then((rows) => rows.map(({ _id, count }) => [`${storeId} ${_id.role} ${_id.day}`, count] as const)),
        ),
      )
      return new Map(found.flat())
    },
    /** Steps whose promise ended in the interval, by id. */
    ended: (from: Date, to: Date, after: string | null, limit: number) =>
      steps
        .find({ windowTo: { $gt: from, $lte: to }, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    async countBy(field: 'status' | 'pathway' | 'stage'): Promise<Record<string, number>> {
      const found = await steps
        .aggregate<{ _id: string; count: number }>([{ $group: { _id: `$${field}`, count: { $sum: 1 } } }])
        .toArray()
      return Object.fromEntries(found.map(({ _id, count }) => [_id, count]))
    },
    dueCount: (now: Date) => steps.countDocuments({ windowTo: { $lte: now } }),

    insertContacts: (rows: readonly ContactRow[]) => insertMissing(contacts, rows),
    changeContact: (_id: string, set: Partial<ContactRow>) => contacts.updateOne({ _id }, { $set: set }),
    contactsOf: (customerIds: readonly string[], after: string | null, limit: number) =>
      contacts
        .find({ customerId: { $in: [...customerIds] }, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    async nps(): Promise<{ answers: number; promoters: number; detractors: number }> {
      const [answers, promoters, detractors] = await Promise.all([
        contacts.countDocuments({ nps: { $gte: 0 } }),
        contacts.countDocuments({ nps: { $gte: 9 } }),
        contacts.countDocuments({ nps: { $gte: 0, $lte: 6 } }),
      ])
      return { answers, promoters, detractors }
    },

    insertAsks: (rows: readonly AskRow[]) => insertMissing(asks, rows),
    ask: (id: string) => asks.findOne({ _id: id }),
    openAsks: (customerIds: readonly string[]) =>
      asks.find({ customerId: { $in: [...customerIds] }, question: { $ne: 'done' } }).toArray(),
    changeAsk: async (id: string, question: AskRow['question'], set: Partial<AskRow>) =>
      (await asks.updateOne({ _id: id, question }, { $set: set })).modifiedCount === 1,

    async ready(): Promise<void> {
      await ensureIndexes(steps, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { treatmentId: 1 }, serves: 'stepsOf: one plan with its steps' },
        {
          keys: { storeId: 1, action: 1, status: 1, plannedOn: 1, ownerRole: 1 },
          serves: 'load, from the index alone',
        },
      ])
      await ensureIndexes(plans, [{ keys: { customerId: 1 }, serves: 'plansOfCustomers' }])
      await ensureIndexes(contacts, [{ keys: { customerId: 1, _id: 1 }, serves: 'contactsOf' }])
      await ensureIndexes(asks, [{ keys: { customerId: 1, question: 1 }, serves: 'openAsks' }])
    },
  }
}
