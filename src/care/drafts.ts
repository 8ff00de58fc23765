/** Steps on their way into a plan: the days they may take, and what they have taken along. Pure. */
import type { WindowFacts } from '../messaging/index.ts'
import {
  addDays,
  addMonths,
  type Day,
  dayOf,
  daysInterval,
  type Interval,
  isOpenOn,
  nextOpenDay,
  type Opening,
} from '../platform/calendar.ts'
import type { StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import type { Pathway, PathwayStep } from './pathway.ts'
import { greetingWindow, lastChance } from './timing.ts'
import type { StepAction } from './types.ts'

export interface PlanFacts {
  treatmentId: string
  code: string
  category: TreatmentKind['category']
  storeType: StoreType
  opening: Opening
  window: WindowFacts
  endedAt: Date
  enteredAt: Date
}

/** A step on its way into the plan: the days it may take, and what it has taken along. */
export interface Draft {
  id: string
  pathway: Pathway
  step: PathwayStep
  first: Day
  last: Day
  /** Set for the contacts within hours of the end. */
  interval: Interval | null
  riders: Draft[]
}

export function draftOf(pathway: Pathway, step: PathwayStep, { treatmentId, endedAt, window }: PlanFacts): Draft {
  const { timeZone } = window
  const day0 = dayOf(endedAt, timeZone)
  const { when } = step
  const base = { id: `${treatmentId}.${pathway.id}.${step.id}`, pathway, step, interval: null, riders: [] }
  if ('withinHours' in when) {
    const interval = greetingWindow(endedAt, when.withinHours, window)
    const day = dayOf(interval.from, timeZone)
    return { ...base, interval, first: day, last: day }
  }
  if ('day' in when) return { ...base, first: addDays(day0, when.day), last: addDays(day0, when.day) }
  if ('days' in when) return { ...base, first: addDays(day0, when.days[0]), last: addDays(day0, when.days[1]) }
  if ('month' in when) return { ...base, first: addMonths(day0, when.month), last: addMonths(day0, when.month) }
  return { ...base, first: addDays(day0, when.fromDay), last: addMonths(day0, when.toMonth) }
}

export const windowOf = ({ interval, first, last }: Draft, { window }: PlanFacts) =>
  interval ?? daysInterval(first, last, window.timeZone)
/** From then on nothing useful can be done, although the day may not be over yet. */
export function chanceOf(draft: Draft, facts: PlanFacts): Date {
  const { interval, first, last, step } = draft
  const { opening, window } = facts
  if (interval) return interval.to
  const isCall = step.action === 'call'
  if (!isCall || step.neverMoves || isOpenOn(opening, last)) return lastChance(last, isCall, window, opening)
  const open = nextOpenDay(opening, first)
  // A window that is closed as a whole moves; of any other the closed end is still its end.
  return open > last ? lastChance(open, isCall, window, opening) : windowOf(draft, facts).to
}
export const actionOf = (draft: Draft): StepAction =>
  [draft, ...draft.riders].some(({ step }) => step.kind === 'contact' && step.action === 'call') ? 'call' : 'message'

/** Everything that a contact has taken along. */
export const flatten = (riders: readonly Draft[]): Draft[] =>
  riders.flatMap((rider) => [rider, ...flatten(rider.riders)])
