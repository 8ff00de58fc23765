/** What a person's decision makes of a plan's pins; which steps of a change can be put back. Pure. */
import type { Day } from '../platform/calendar.ts'
import type { HandMade, NotPutBack, PlanChange } from './changes.ts'
import type { StepRow } from './model.ts'
import { type HandPin, NONE, sameWanted, type Wanted, wantedOf } from './wanted.ts'

/** What is decided of a step from now on; null: nothing. */
interface Decided {
  stepId: string
  after: HandPin | null
}

/** Whatever one contact says shares its fate; guidance belongs to its day. */
const groupOf = (row: StepRow, rows: readonly StepRow[]): StepRow[] => [
  row,
  ...rows.filter(
    ({ mergedInto, status, kind }) => mergedInto === row._id && status === 'merged' && kind !== 'guidance',
  ),
]

/** A contact on another day, with what it has taken along, whatever the facts say later. */
export const movedTo = (row: StepRow, rows: readonly StepRow[], day: Day, changeId: string): Decided[] =>
  groupOf(row, rows).map(({ _id: stepId }) => ({
    stepId,
    after: {
      stepId,
      is: { is: 'due', first: day, last: day, shift: 'set_by_hand', reason: null },
      insteadOf: null,
      changeId,
    },
  }))

/** A contact taken away with what it has taken along. */
export const takenBy = (row: StepRow, rows: readonly StepRow[], changeId: string): Decided[] =>
  groupOf(row, rows).map((one) => ({
    stepId: one._id,
    after: { stepId: one._id, is: away(wantedOf(one)), insteadOf: null, changeId },
  }))

const away = (wanted: Wanted): Wanted => ({ ...wanted, is: 'taken', reason: 'cancelled_by_hand' })

/** The pins with these in place of what was decided of the same steps, and what the history keeps. */
export function withPins(
  pins: readonly HandPin[],
  decided: readonly Decided[],
): { pins: HandPin[]; kept: HandMade['pins'] } {
  const before = new Map(pins.map((pin) => [pin.stepId, pin]))
  const ids = new Set(decided.map(({ stepId }) => stepId))
  return {
    pins: [...pins.filter(({ stepId }) => !ids.has(stepId)), ...decided.flatMap(({ after }) => after ?? [])],
    kept: decided.map(({ stepId, after }) => ({ stepId, before: before.get(stepId) ?? null, after })),
  }
}

const samePin = (a: HandPin | null, b: HandPin | null): boolean =>
  a === null || b === null ? a === b : a.changeId === b.changeId && sameWanted(a.is, b.is)

interface Seen {
  rows: readonly StepRow[]
  isOpen: (row: StepRow) => boolean
}

/**
 * Of a change that facts made: what had been wanted stands against just what is wanted now. Of a change that a person made:
 * what had been decided before it. What was not there is cancelled, with its reason, rather than gone.
 */
function candidates(target: PlanChange, pins: readonly HandPin[], { rows, isOpen }: Seen, changeId: string) {
  const byId = new Map(rows.map((row) => [row._id, row]))
  const decided = new Map(pins.map((pin) => [pin.stepId, pin]))
  const back: Decided[] = []
  const left: HandMade['left'] = []
  const consider = (stepId: string, isSame: boolean, after: HandPin | null) => {
    const why = whyNot(byId.get(stepId), isSame, after)
    if (why) left.push({ id: stepId, why })
    else back.push({ stepId, after })
  }
  const whyNot = (row: StepRow | undefined, isSame: boolean, after: HandPin | null): NotPutBack | null => {
    if (row?.status === 'enqueued' || row?.status === 'calling') return 'under_way'
    if (row && !isOpen(row)) return 'happened'
    if (!row || !isSame) return 'changed_since'
    return row.contactClass === 'greeting' && after?.is.is === 'due' ? 'goes_by_the_hour' : null
  }
  if (target.hand)
    for (const { stepId, before, after } of target.hand.pins)
      consider(stepId, samePin(decided.get(stepId) ?? null, after), before)
  else
    for (const { id, before, after } of target.wants ?? []) {
      const row = byId.get(id)
      const isSame = !decided.has(id) && sameWanted(row ? wantedOf(row) : NONE, after)
      const is = before.is === 'none' ? away(after) : before
      consider(id, isSame, { stepId: id, is, insteadOf: after, changeId })
    }
  return { back, left }
}

/**
 * What taking a change back decides, and of which steps it is too late. `plan`: the rows that other pins would give.
 * `days`: what had been picked inside windows.
 */
export function undoOf(
  target: PlanChange,
  pins: readonly HandPin[],
  seen: Seen,
  plan: (pins: readonly HandPin[]) => readonly StepRow[],
  changeId: string,
): { decided: Decided[]; left: HandMade['left']; days: Map<string, Day> } {
  const { back, left } = candidates(target, pins, seen, changeId)
  let decided = back
  // What would be over at once is not put back.
  for (let late = decided; late.length > 0; decided = decided.filter((one) => !late.includes(one))) {
    const over = new Set(
      plan(withPins(pins, decided).pins).flatMap(({ _id, status }) => (status === 'missed_before_entry' ? [_id] : [])),
    )
    late = decided.filter(({ stepId }) => over.has(stepId))
    left.push(...late.map(({ stepId }) => ({ id: stepId, why: 'day_over' as const })))
  }
  const ids = new Set(decided.map(({ stepId }) => stepId))
  const days = target.moves.flatMap(({ id, from }) => (ids.has(id) && from ? [[id, from] as const] : []))
  return { decided, left, days: new Map(days) }
}
