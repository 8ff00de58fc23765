/** Steps on their way into a plan: the days they may take, and what they have taken along. Pure. */
import type { WindowFacts } from '../messaging/index.ts'
import {
  type Day,
  dayOf,
  daysInterval,
  type Interval,
  isOpenOn,
  nextOpenDay,
  type Opening,
} from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import { anchorDay, anchorOf, type KnownDays, spanOf } from './anchors.ts'
import type { MatchFacts, Pathway, PathwayStep } from './pathway.ts'
import { type ShiftFacts, shifted } from './shifts.ts'
import { greetingWindow, lastChance } from './timing.ts'
import type { StepAction } from './types.ts'

export interface PlanFacts extends MatchFacts, ShiftFacts, Omit<KnownDays, 'treatedOn'> {
  /** What the plan is about: a treatment, or a purchase or appointment of its own. */
  treatmentId: string
  opening: Opening
  window: WindowFacts
  /** When it ended; of an appointment, when it begins. */
  endedAt: Date
  enteredAt: Date
}

/** The facts, with the days that every step asks for. */
export interface DayFacts extends PlanFacts {
  treatedOn: Day
  enteredOn: Day
}
export const withDays = (facts: PlanFacts): DayFacts => ({
  ...facts,
  treatedOn: dayOf(facts.endedAt, facts.window.timeZone),
  enteredOn: dayOf(facts.enteredAt, facts.window.timeZone),
})

/** A step on its way into the plan: the days it may take, and what it has taken along. */
export interface Draft {
  id: string
  pathway: Pathway
  step: PathwayStep
  first: Day
  last: Day
  /** The same before it has met others. */
  own: { first: Day; last: Day }
  /** Set for the contacts within hours of the end. */
  interval: Interval | null
  /** Why its days are others than the pathway's. */
  reason: Reason | null
  riders: Draft[]
}

export const stepId = (treatmentId: string, pathway: Pathway, step: PathwayStep): string =>
  `${treatmentId}.${pathway.id}.${step.id}`

/** The step with its days; `none` where it has nothing to hang on, null where its day is not known yet. */
export function draftOf(pathway: Pathway, step: PathwayStep, facts: DayFacts): Draft | 'none' | null {
  const { treatmentId, endedAt, window, treatedOn } = facts
  const { when } = step
  const id = stepId(treatmentId, pathway, step)
  if ('withinHours' in when) {
    const interval = greetingWindow(endedAt, when.withinHours, window)
    // Nearly always the treatment's own day, which is known.
    const day = interval.from === endedAt ? treatedOn : dayOf(interval.from, window.timeZone)
    return {
      id,
      pathway,
      step,
      first: day,
      last: day,
      own: { first: day, last: day },
      interval,
      reason: null,
      riders: [],
    }
  }
  const anchor = anchorOf(step)
  if (anchor === 'treatment_date') {
    const { first, last, reason } = shifted(pathway, step, when, facts)
    return { id, pathway, step, first, last, own: { first, last }, interval: null, reason, riders: [] }
  }
  const day = anchorDay(anchor, pathway, facts)
  if (day === null || day === 'none') return day
  const { first, last } = spanOf(when, day)
  return { id, pathway, step, first, last, own: { first, last }, interval: null, reason: null, riders: [] }
}

export const windowOf = ({ interval, first, last }: Draft, { window }: PlanFacts) =>
  interval ?? daysInterval(first, last, window.timeZone)

/** Whether nothing useful can be done any more, although the day may not be over yet. */
export function isPassed(draft: Draft, facts: DayFacts): boolean {
  const { interval, first, last, step } = draft
  const { opening, window, enteredAt, enteredOn } = facts
  if (interval) return interval.to <= enteredAt
  if (last > enteredOn) return false
  const isCall = step.action !== 'message'
  if (!isCall || step.neverMoves || isOpenOn(opening, last))
    return lastChance(last, isCall, window, opening) <= enteredAt
  const open = nextOpenDay(opening, first)
  // A window that is closed as a whole moves; of any other the closed end is still its end.
  return (open > last ? lastChance(open, isCall, window, opening) : windowOf(draft, facts).to) <= enteredAt
}
export const actionOf = (draft: Draft): StepAction =>
  draft.step.action === 'task'
    ? 'task'
    : draft.step.action === 'call' && draft.step.kind !== 'guidance'
      ? 'call'
      : draft.riders.some(({ step }) => step.kind === 'contact' && step.action === 'call')
        ? 'call'
        : 'message'

/** Everything that a contact has taken along. */
export function flatten(riders: readonly Draft[], into: Draft[] = []): Draft[] {
  for (const rider of riders) {
    into.push(rider)
    flatten(rider.riders, into)
  }
  return into
}
