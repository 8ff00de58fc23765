/** What a new plan means for the steps that are there: keep, move, drop, add, ask. Pure. */
import type { DomainEvent } from '../platform/events.ts'
import type { PlanChange } from './changes.ts'
import { daysWanted } from './days-wanted.ts'
import type { StepRow } from './model.ts'
import type { Anchor } from './types.ts'
import { NONE, sameWanted, wantedOf } from './wanted.ts'

export const OPEN: readonly StepRow['status'][] = ['planned', 'merged', 'missed_before_entry', 'needs_anchor']

/** Reasons by which a plan takes a step away, and by which it comes back when the facts change again. */
const BY_PLAN: ReadonlySet<string> = new Set([
  'superseded',
  'covered_in_hospital',
  'superseded_by_session',
  'course_between',
  'cancelled_by_hand',
  // Cancelled, and booked again; bought, and taken back.
  'appointment_over',
  'bought',
  'consultation_closed',
])

/** What a plan decides of a step; everything else is what has happened to it. */
const PLANNED = [
  'customerId',
  'storeId',
  'pathwayVersion',
  'action',
  'ownerRole',
  'templateKey',
  'firstDay',
  'lastDay',
  'windowFrom',
  'windowTo',
  'plannedOn',
  'status',
  'mergedInto',
  'script',
  'asksMonth',
  'surveys',
  'guideDay',
  'neverMoves',
  'safety',
  'shift',
  'dueAt',
] as const satisfies readonly (keyof StepRow)[]

export const fieldsOf = (row: StepRow) => Object.fromEntries(PLANNED.map((field) => [field, row[field] ?? null]))
/** Reasons that a plan gives; what is planned collects others on its way. */
const GIVEN_BY_PLAN: ReadonlySet<string> = new Set([
  ...BY_PLAN,
  'store_closed',
  'late_sutures',
  'further_operation',
  'set_by_hand',
])
const toldOf = (row: StepRow) =>
  JSON.stringify([fieldsOf(row), GIVEN_BY_PLAN.has(row.reason ?? '') ? row.reason : null])
const sameAs = (before: StepRow, after: StepRow) => toldOf({ ...before, ...ownDays(before, after) }) === toldOf(after)
/** Rows from before these days were kept have just those of today. */
const ownDays = ({ firstDay, lastDay }: StepRow, after: StepRow) => ({
  firstDay: firstDay === undefined ? after.firstDay : firstDay,
  lastDay: lastDay === undefined ? after.lastDay : lastDay,
})

export interface Diff {
  keep: StepRow[]
  /** As they are, and as they will be. */
  move: { before: StepRow; after: StepRow }[]
  drop: StepRow[]
  add: StepRow[]
  /** Days that a doctor has to say before it can go on. */
  ask: Anchor[]
}

/** What a new plan means for the steps that are open. Pure. */
export function diffOf(open: readonly StepRow[], fresh: readonly StepRow[]): Diff {
  const before = new Map(open.map((row) => [row._id, row]))
  const after = new Set(fresh.map(({ _id }) => _id))
  const known = fresh.flatMap((row) => {
    const one = before.get(row._id)
    return one ? [{ before: one, after: row }] : []
  })
  return {
    keep: known.filter((pair) => sameAs(pair.before, pair.after)).map((pair) => pair.before),
    move: known.filter((pair) => !sameAs(pair.before, pair.after)),
    drop: open.filter(
      ({ _id, status, reason }) => !after.has(_id) && !(status === 'cancelled' && reason === 'superseded'),
    ),
    add: fresh.filter(({ _id }) => !before.has(_id)),
    ask: daysWanted(fresh).filter((anchor) => !daysWanted(open).includes(anchor)),
  }
}

export const isNothing = ({ move, drop, add }: Diff): boolean => move.length + drop.length + add.length === 0

/** The difference as a plan keeps it. */
export function changeOf(diff: Diff, cause: Pick<DomainEvent, 'id' | 'type'>, at: Date): PlanChange {
  return {
    id: cause.id,
    at,
    cause: cause.type,
    moved: diff.move.map(({ before }) => before._id),
    dropped: diff.drop.map(({ _id }) => _id),
    added: diff.add.map(({ _id }) => _id),
    moves: diff.move.map(({ before, after }) => ({
      id: before._id,
      from: before.plannedOn,
      to: after.plannedOn,
      reason: after.shift ?? after.reason,
    })),
    asked: diff.ask,
  }
}

/** What was wanted of each step, where something else is wanted now. */
export const wantsOf = ({ move, drop, add }: Diff): NonNullable<PlanChange['wants']> =>
  [
    ...move.map(({ before, after }) => ({ id: before._id, before: wantedOf(before), after: wantedOf(after) })),
    ...drop.map((row) => ({ id: row._id, before: wantedOf(row), after: NONE })),
    ...add.map((row) => ({ id: row._id, before: NONE, after: wantedOf(row) })),
  ].filter(({ before, after }) => !sameWanted(before, after))

/**
 * Which steps have not happened: a merged one shares what becomes of its host, unless that is taken away, or is itself part of
 * another contact now and carries nobody any more.
 */
export function openness(rows: readonly StepRow[], foreign: readonly StepRow[]): (row: StepRow) => boolean {
  const hosts = new Map(foreign.map(({ _id, status }) => [_id, status]))
  const own = new Map(rows.map((row) => [row._id, row]))
  return function isOpen({ status, reason, mergedInto }) {
    if (status !== 'merged') return OPEN.includes(status) || (status === 'cancelled' && BY_PLAN.has(reason ?? ''))
    const mine = own.get(mergedInto ?? '')
    if (mine?.status === 'merged') return isOpen(mine)
    const host = mine?.status ?? hosts.get(mergedInto ?? '')
    return host === undefined || host === 'planned' || host === 'cancelled' || host === 'merged'
  }
}
