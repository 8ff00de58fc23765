/** Plans and steps: named queries, plain objects; with the contact records and chat questions, one store for the room. */
import type { AnyBulkWriteOperation } from 'mongodb'
import type { Connection } from 'mongoose'
import type { Day } from '../platform/calendar.ts'
import { claimDue, type DueRow, finishClaims, nextDueAt, type RowResult, upcomingOf } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import { collectionOf, ensureIndexes, insertFresh, insertMissing, ONE_PAGE } from '../platform/db.ts'
import type { PlanChange } from './changes.ts'
import { createContactStore } from './contacts-model.ts'
import type { Moment } from './guides.ts'
import { createLoad } from './load.ts'
import type { Subject } from './subjects.ts'
import type { Anchor, CareStep } from './types.ts'
import type { HandPin } from './wanted.ts'

export type { AskRow, ContactRow, KnownInterest } from './contacts-model.ts'

export interface StepRow extends DueRow, Omit<CareStep, 'id'> {
  treatmentExternalId: string | null
  /** What its days count from. */
  anchor: Anchor
  /** Why its days are others than the pathway's: a code of docs/reasons.md. */
  shift: string | null
  /** The days that the rules or a person gave it, before it met other contacts and closed days; null while it waits. */
  firstDay: Day | null
  lastDay: Day | null
  title: string
  script: string | null
  asksMonth: boolean
  /** Guidance that rides on this contact, by its day or milestone. */
  guideDay: Moment | null
  /** Treatments of the same visit that this contact speaks of, too. */
  carries: Carried[]
  /** How often the step was taken back after its message or card was out. */
  occurrence: number
  /** Where no message may go, a nurse or doctor decides. */
  safety: boolean
  /** Duty staff make it on a closed day, too. */
  neverMoves: boolean
  channel: string | null
  messageIds: string[]
  calls: { byUserId: string; at: Date; reached: boolean }[]
  /** The card that a person has, or had: of the call, or of a message to pass on. */
  taskId: string | null
  /** Who passed the message on by hand. */
  handed: { byUserId: string; at: Date } | null
  /** Who tapped to send it in WeCom, where no channel carried it. */
  confirmed?: { byUserId: string; at: Date }
  doneAt: Date | null
}

/** What falls due has a day. */
export interface DueStep extends StepRow {
  windowFrom: Date
  windowTo: Date
}

export interface Carried {
  treatmentId: string
  guideDay: Moment | null
}
/** A contact of another treatment's plan that takes along what this one would have said. */
export interface Guest extends Carried {
  hostId: string
  asksMonth: boolean
}

export interface PlanRow {
  /** The treatment's id: one plan per treatment, purchase or appointment. */
  _id: string
  record: Subject['record']
  customerId: string
  storeId: string
  code: string
  treatedOn: Day
  pathways: { id: string; version: number }[]
  status: 'active' | 'cancelled'
  /** Nobody has said what comes next; the doctor has a card for it. */
  asksNext?: boolean
  createdAt: Date
  changes: PlanChange[]
  /** What people have decided about single steps. */
  pins?: HandPin[]
  /** How many decisions of people there have been: of two that were made on the same grounds the second is refused. */
  hands?: number | undefined
  /** How often it was decided, made or cancelled: whoever made it from an older one makes it anew. */
  revision?: number | undefined
}

/** What has never been counted isn't there. */
const countedAs = (count: number | undefined) => (count ?? null) as number

/** Changes that a plan keeps, the last ones: a record that a clinic's system writes over and over must not grow for ever. */
const KEPT_CHANGES = 200
const push = (change: PlanChange) => ({ changes: { $each: [change], $slice: -KEPT_CHANGES } })

export type PlanBeside = Pick<PlanRow, '_id' | 'customerId' | 'storeId' | 'status' | 'record' | 'treatedOn'>

export type CareStore = ReturnType<typeof createCareStore>

export function createCareStore(db: Connection, clock: Pick<Clock, 'wall'>) {
  const steps = collectionOf<StepRow>(db, 'care_steps')
  const plans = collectionOf<PlanRow>(db, 'care_plans')
  const records = createContactStore(db)
  // Whatever moves a planned call, or ends it, goes through here.
  const load = createLoad(steps, clock)
  return {
    insertSteps: (rows: readonly StepRow[]) => load.inserting(rows, () => insertFresh(steps, rows)),
    insertPlans: (rows: readonly PlanRow[]) => insertMissing(plans, rows),
    plansOf: (ids: readonly string[]) => plans.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    plansOfCustomers: (customerIds: readonly string[]) =>
      plans.find({ customerId: { $in: [...customerIds] } }).toArray(),
    /** The same as far as it says what others can hang on; their history is long. */
    plansBeside: (customerIds: readonly string[]) =>
      plans
        .find({ customerId: { $in: [...customerIds] } })
        .project<PlanBeside>({ customerId: 1, storeId: 1, status: 1, record: 1, treatedOn: 1 })
        .toArray(),
    /** Of customers who asked and may buy. */
    consultationsOf: (customerIds: readonly string[]) =>
      plans.find({ customerId: { $in: [...customerIds] }, record: 'consultation' }).toArray(),
    cancelPlan: (treatmentId: string) =>
      plans.updateOne({ _id: treatmentId }, { $set: { status: 'cancelled' }, $inc: { revision: 1 } }),
    changePlan: (_id: string, set: Partial<PlanRow>) => plans.updateOne({ _id }, { $set: set }),
    recordChange: (_id: string, change: PlanChange) =>
      plans.updateOne({ _id, 'changes.id': { $ne: change.id } }, { $push: push(change) }),
    /** A decision of a person, if nobody decided meanwhile. Whether it was taken. */
    async decide(
      { _id, hands }: Pick<PlanRow, '_id' | 'hands'>,
      pins: HandPin[],
      change: PlanChange,
    ): Promise<boolean> {
      const { matchedCount } = await plans.updateOne(
        { _id, hands: countedAs(hands), 'changes.id': { $ne: change.id } },
        { $set: { pins }, $inc: { hands: 1, revision: 1 }, $push: push(change) },
      )
      return matchedCount === 1
    },
    /** What a plan is made from, if nobody has made, decided or cancelled it meanwhile. Whether nobody did. */
    async follow({ _id, revision }: Pick<PlanRow, '_id' | 'revision'>, set: Partial<PlanRow>): Promise<boolean> {
      const { matchedCount } = await plans.updateOne(
        { _id, revision: countedAs(revision) },
        { $set: set, $inc: { revision: 1 } },
      )
      return matchedCount === 1
    },
    nextDueAt: (now: Date, until?: Date) => nextDueAt(steps, now, until),
    upcoming: (until: Date, limit: number) => upcomingOf(steps, until, limit),
    claim: async (request: Parameters<typeof claimDue>[1]) => (await claimDue(steps, request)) as DueStep[],
    finish: (results: readonly RowResult[]) => load.changing(results, () => finishClaims(steps, results)),
    plannedOf: (treatmentIds: readonly string[]) =>
      steps
        .find({ treatmentId: { $in: [...treatmentIds] }, status: 'planned' })
        .sort({ _id: 1 })
        .toArray(),
    /** Contacts of these plans that are planned before `until`, or on their way; at most a page of them. */
    comingOf: (treatmentIds: readonly string[], until: Date) =>
      treatmentIds.length === 0
        ? Promise.resolve([])
        : steps
            .find({ treatmentId: { $in: [...treatmentIds] }, status: { $in: ['planned', 'enqueued'] } }, ONE_PAGE)
            .toArray()
            .then((rows) =>
              rows
                .filter(({ audience, dueAt }) => audience === 'customer' && (dueAt === null || dueAt < until))
                .sort((a, b) => (a._id < b._id ? -1 : 1)),
            ),
    /** Puts guests on contacts that are still planned after `now`. Returns the hosts that took theirs. */
    async carry(guests: readonly Guest[], now: Date): Promise<Set<string>> {
      if (guests.length === 0) return new Set()
      const open = { status: 'planned' as const, dueAt: { $gt: now } }
      await steps.bulkWrite(
        guests.map(({ hostId, asksMonth, ...carried }) => ({
          updateOne: {
            filter: { _id: hostId, ...open },
            update: { $addToSet: { carries: carried }, ...(asksMonth ? { $set: { asksMonth } } : {}) },
          },
        })),
        { ordered: false },
      )
      const ids = [...new Set(guests.map(({ hostId }) => hostId))]
      const found = await steps.find({ _id: { $in: ids }, ...open }, { projection: { carries: 1 } }).toArray()
      const carrying = new Map(found.map(({ _id, carries }) => [_id, carries.map(({ treatmentId }) => treatmentId)]))
      return new Set(
        guests
          .filter(({ hostId, treatmentId }) => carrying.get(hostId)?.includes(treatmentId))
          .map(({ hostId }) => hostId),
      )
    },
    /** Planned steps that fall due in (from, to). */
    plannedBetween: (from: Date, to: Date) =>
      steps
        .find({ dueAt: { $gt: from, $lt: to }, status: 'planned' })
        .sort({ dueAt: 1, _id: 1 })
        .toArray(),
    step: (id: string) => steps.findOne({ _id: id }),
    steps: (ids: readonly string[]) =>
      ids.length === 0 ? Promise.resolve([]) : steps.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    /** Of the treatments of one person: some hundreds at most. */
    stepsOfAll: (treatmentIds: readonly string[]) =>
      treatmentIds.length === 0
        ? Promise.resolve([])
        : steps.find({ treatmentId: { $in: [...treatmentIds] } }, ONE_PAGE).toArray(),
    stepsOf: (treatmentId: string) => steps.find({ treatmentId }).sort({ _id: 1 }).toArray(),
    /**
     * Changes outside a claim, each guarded by the states in which it makes sense, and by `where`: what it was decided from.
     * Returns how many were made.
     */
    async change(
      changes: readonly {
        id: string
        from: readonly CareStep['status'][]
        where?: Partial<Pick<StepRow, 'taskId' | 'dueAt'>>
        set?: Record<string, unknown>
        push?: Record<string, unknown>
        addToSet?: Record<string, unknown>
      }[],
    ): Promise<number> {
      if (changes.length === 0) return 0
      const operations = changes.map(({ id, from, where, set, push, addToSet }) => ({
        updateOne: {
          filter: { _id: id, status: from.length === 1 ? from[0] : { $in: [...from] }, ...where },
          update: {
            ...(set ? { $set: set } : {}),
            ...(push ? { $push: push } : {}),
            ...(addToSet ? { $addToSet: addToSet } : {}),
          },
        },
      }))
      const write = () => steps.bulkWrite(operations as unknown as AnyBulkWriteOperation<StepRow>[], { ordered: false })
      return load.changing(
        changes.map(({ id, set }) => ({ _id: id, set })),
        async () => (await write()).matchedCount,
      )
    },
    /** Calls already planned per role and day, without those of some plans. */
    load: load.of,
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

    ...records,
    async ready(): Promise<void> {
      await ensureIndexes(steps, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { treatmentId: 1 }, serves: 'stepsOf: one plan with its steps' },
        {
          keys: { storeId: 1, action: 1, status: 1, plannedOn: 1, ownerRole: 1 },
          serves: 'load, from the index alone',
        },
      ])
      await ensureIndexes(plans, [{ keys: { customerId: 1 }, serves: 'plansOfCustomers, plansBeside' }])
      await records.contactsReady()
    },
  }
}
