/** Abnormal cases (FHIR: AdverseEvent) as rows of a due-table: named queries, plain objects. */
import type { Connection } from 'mongoose'
import { claimDue, type DueRow, everDueAt, finishClaims, type RowResult } from '../../platform/claims.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../../platform/db.ts'
import type { Reason } from '../../platform/reasons.ts'
import type { FollowUp } from '../../tasks/index.ts'

/** An emergency rings until a person takes it. */
export interface Alarm {
  round: number
  since: Date
  /** How often it has been carried further. */
  calls: number
  takenAt: Date | null
  takenBy: string | null
}

export interface CaseRow extends DueRow {
  customerId: string
  storeId: string
  /** Null: the customer told of it outside any treatment. */
  treatmentId: string | null
  /** The step whose contact found it first. */
  stepId: string | null
  status: 'open' | 'resolved' | 'closed'
  /** Why it was closed without a solution. */
  reason: Reason | null
  /** Of the newest opening: what was resolved may come back. */
  openedAt: Date
  /** Contact records and signals in which it was found. */
  reports: { contactId: string; at: Date; byUserId: string | null; state: string }[]
  /** Rounds of contacts, over all openings: 0 is the doctor's first. */
  round: number
  /** The doctor's calls of this round that nobody took. */
  tries: number
  /** Doctor and customer service both call in this round. */
  joint: boolean
  /** Until when the doctor must have spoken with the customer in this round … */
  dueBy: Date
  /** … and when that happened. */
  contactedAt: Date | null
  /** How far a round that is overdue has gone up: 0 nobody, 1 supervisor, 2 director. */
  escalated: 0 | 1 | 2
  /** Days until the next round, as the doctor set them last. */
  everyDays: number | null
  /** Rounds that an emergency began, oldest first; left out while there was none. */
  alarms?: Alarm[]
  /** What the doctor's contacts came to, oldest first. */
  history: { round: number; at: Date; byUserId: string; followUp: FollowUp | null }[]
  resolvedAt: Date | null
  resolvedBy: string | null
  /** Grows with every change: of two at once one is decided again. */
  rev: number
}

export type CaseStore = ReturnType<typeof createCaseStore>

const IDS_PER_QUERY = 400

export function createCaseStore(db: Connection) {
  const cases = collectionOf<CaseRow>(db, 'abnormal_cases')
  return {
    insert: (row: CaseRow) => insertMissing(cases, [row]),
    get: (id: string) => cases.findOne({ _id: id }),
    /** Changes a case that nobody changed since it was read; whoever works on it in this moment writes nothing over it. */
    async change({ _id, rev }: CaseRow, set: Partial<CaseRow>): Promise<boolean> {
      const { matchedCount } = await cases.updateOne(
        { _id, rev },
        { $set: { ...set, 'claim.token': '' }, $inc: { rev: 1 } },
      )
      return matchedCount > 0
    },
    async openOf(customerIds: readonly string[]): Promise<CaseRow[]> {
      const found: CaseRow[] = []
      for (let i = 0; i < customerIds.length; i += IDS_PER_QUERY) {
        const some = customerIds.slice(i, i + IDS_PER_QUERY)
        found.push(...(await cases.find({ customerId: { $in: some }, status: 'open' }).toArray()))
      }
      return found
    },
    /** For all time: few are open. */
    nextDueAt: () => everDueAt(cases),
    claim: (request: Parameters<typeof claimDue>[1]) => claimDue(cases, request),
    finish: (results: readonly RowResult[]) => finishClaims(cases, results),
    page: (
      customerIds: readonly string[] | null,
      status: CaseRow['status'] | null,
      after: string | null,
      limit: number,
    ) =>
      cases
        .find({
          ...(customerIds === null ? {} : { customerId: { $in: [...customerIds] } }),
          ...(status === null ? {} : { status }),
          ...(after === null ? {} : { _id: { $gt: after } }),
        })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    ready: () =>
      ensureIndexes(cases, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { customerId: 1, _id: 1 }, serves: 'openOf, page of a customer' },
      ]),
  }
}
