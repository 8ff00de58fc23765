/** The shift rules (domain 4): what moves a step to other days, and what takes it away. Pure. */
import {
  addDays,
  addMonths,
  type Day,
  type Interval,
  isOpenOn,
  nextOpenDay,
  type Opening,
} from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import { anchorOf, type DayWhen, type KnownDays, lateSutureDays, spanOf } from './anchors.ts'
import type { Pathway, PathwayStep } from './pathway.ts'
import type { CoursePlace } from './types.ts'

/** What other records say. Everything may be left out: what nobody has said isn't guessed. */
export interface ShiftFacts {
  /** Days of the customer's further operations, oldest first. */
  operations?: readonly Day[]
  /** In hospital until that day. */
  stayUntil?: Day | null
  /** Of a session in a course. */
  course?: CoursePlace | null
  /** When the next session, or the next treatment of the kind, took place. */
  nextDoneOn?: Day | null
}

const WITHIN_MONTHS = 12

/** The days of a step that counts from the treatment, and why they are others than the pathway's. */
export function shifted(
  pathway: Pathway,
  step: PathwayStep,
  when: DayWhen,
  facts: ShiftFacts & KnownDays,
): { first: Day; last: Day; reason: Reason | null } {
  const own = spanOf(when, facts.treatedOn)
  const late = step.movesWithSutures ? lateSutureDays(pathway, facts) : 0
  const days = late > 0 ? { first: addDays(own.first, late), last: addDays(own.last, late) } : own
  const from = lastOperation(when, days.first, facts)
  if (from) return { ...spanOf(when, from), reason: 'further_operation' }
  return { ...days, reason: late > 0 ? 'late_sutures' : null }
}

/** The operation that what is still to come follows now: the last one that took place before the step's day. */
function lastOperation(when: DayWhen, own: Day, { operations = [], treatedOn }: ShiftFacts & KnownDays): Day | null {
  let from: Day | null = null
  let first = own
  for (const on of operations) {
    if (on <= treatedOn || on > addMonths(from ?? treatedOn, WITHIN_MONTHS) || first <= on) continue
    from = on
    first = spanOf(when, on).first
  }
  return from
}

interface Dated {
  step: PathwayStep
  first: Day
  last: Day
  /** Of the greeting. */
  interval: Interval | null
}

/** Why a step doesn't happen although its day is known; null when it does. */
export function takenAway({ step, first, last }: Dated, facts: ShiftFacts): Reason | null {
  const { stayUntil, course, nextDoneOn } = facts
  // Relation first: within a course the consultant comes at its beginning and its end.
  if (course && !course.isFirst && !course.isLast && step.owner === 'consultant' && step.kind !== 'guidance')
    return 'course_between'
  if (nextDoneOn && (anchorOf(step) === 'next_session_date' || (endsWithNext(step, facts) && first > nextDoneOn)))
    return 'superseded_by_session'
  if (stayUntil && isDuringStay(step) && last < stayUntil) return 'covered_in_hospital'
  return null
}

/**
 * What remains of the days of a step: a window ends with the next session, and begins with the discharge. What closed days
 * would move behind that session ends with the last day that is open before; `superseded_by_session` where there is none.
 */
export function narrow(draft: Dated, facts: ShiftFacts & { opening: Opening }): Reason | null {
  const { step } = draft
  const { stayUntil, nextDoneOn, opening } = facts
  let { first, last } = draft
  if (stayUntil && isDuringStay(step) && !draft.interval && first < stayUntil) first = stayUntil
  if (nextDoneOn && endsWithNext(step, facts)) {
    if (last > nextDoneOn) last = nextDoneOn
    if (step.action !== 'message' && !step.neverMoves && nextOpenDay(opening, last) > nextDoneOn)
      while (last >= first && !isOpenOn(opening, last)) last = addDays(last, -1)
    if (last < first) return 'superseded_by_session'
  }
  draft.first = first
  draft.last = last
  return null
}

const endsWithNext = ({ untilNext }: PathwayStep, { course }: ShiftFacts): boolean => untilNext || Boolean(course)
const isDuringStay = (step: PathwayStep): boolean => anchorOf(step) !== 'discharge_date'
