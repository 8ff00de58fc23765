/**
 * What becomes of a step by itself, before it meets other contacts and closed days: what the rules want of it, or what a person
 * has decided instead. Pure.
 */

import type { Day } from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import { anchorOf } from './anchors.ts'
import { type DayFacts, type Draft, draftOf, type PlanFacts, stepId, withDays } from './drafts.ts'
import { applies, matches, type Pathway, type PathwayStep } from './pathway.ts'
import { narrow, takenAway } from './shifts.ts'

export interface Wanted {
  /** `due` on these days; `taken` away; `waits` for a day that nobody has said; `none`: not in the plan. */
  is: 'due' | 'taken' | 'waits' | 'none'
  first: Day | null
  last: Day | null
  /** Why its days are others than the pathway's. */
  shift: Reason | null
  /** Why it is taken away. */
  reason: Reason | null
}

/** A person's decision about one step. */
export interface HandPin {
  stepId: string
  /** What stands … */
  is: Wanted
  /**
   * … instead of just this: whoever refuses a change refuses what the facts want now, and other facts are other news. Null,
   * by whoever moves or cancels a step: whatever the facts want.
   */
  insteadOf: Wanted | null
  /** The change that set it. */
  changeId: string
}

export const NONE: Wanted = { is: 'none', first: null, last: null, shift: null, reason: null }
const WAITS: Wanted = { ...NONE, is: 'waits' }

/** Reasons by which rules or people take a step away; a step cancelled for any other is not in the plan. */
const TAKEN: ReadonlySet<string> = new Set([
  'covered_in_hospital',
  'superseded_by_session',
  'course_between',
  'cancelled_by_hand',
])

/** What was wanted of a step that is planned, at rest or not. */
export function wantedOf(step: {
  status: string
  reason: string | null
  shift: string | null
  plannedOn: Day | null
  firstDay: Day | null
  lastDay: Day | null
}): Wanted {
  const { status, plannedOn } = step
  // Rows from before these days were kept have the picked one.
  const { firstDay: first = plannedOn, lastDay: last = plannedOn } = step
  if (status === 'needs_anchor') return WAITS
  const shift = step.shift as Reason | null
  if (status !== 'cancelled') return { is: 'due', first, last, shift, reason: null }
  return TAKEN.has(step.reason ?? '') ? { is: 'taken', first, last, shift, reason: step.reason as Reason } : NONE
}

export const sameWanted = (a: Wanted, b: Wanted): boolean =>
  a.is === b.is && a.first === b.first && a.last === b.last && a.shift === b.shift && a.reason === b.reason

/** A reminder of a session that has taken place, or that will not, has lost its matter: no hand brings it back. */
function stands({ insteadOf }: HandPin, natural: Wanted, step: PathwayStep): boolean {
  if (insteadOf !== null) return sameWanted(insteadOf, natural)
  const isOver = natural.reason === 'superseded_by_session' && anchorOf(step) === 'next_session_date'
  return natural.is !== 'none' && !(natural.is === 'taken' && isOver)
}

export interface Found {
  wanted: Wanted
  /** With the days that it may take; null where they are not known. */
  draft: Draft | null
}

/** By the rules alone. `isIn`: whether its pathway matches. */
function natural(pathway: Pathway, step: PathwayStep, isIn: boolean, facts: DayFacts): Found {
  const draft = isIn && applies(step, facts) ? draftOf(pathway, step, facts) : 'none'
  if (draft === 'none') return { wanted: NONE, draft: null }
  if (draft === null) return { wanted: WAITS, draft: null }
  const reason = takenAway(draft, facts) ?? narrow(draft, facts)
  const { first, last } = draft
  draft.own = { first, last }
  return { wanted: { is: reason ? 'taken' : 'due', first, last, shift: draft.reason, reason }, draft }
}

/** By the rules, unless a person's decision stands. */
export function find(
  pathway: Pathway,
  step: PathwayStep,
  isIn: boolean,
  facts: DayFacts,
  pin: HandPin | undefined,
): Found {
  const found = natural(pathway, step, isIn, facts)
  if (!pin || !stands(pin, found.wanted, step)) return found
  const { is, first, last, shift } = pin.is
  if (first === null || last === null) return { wanted: pin.is, draft: null }
  const draft: Draft = {
    id: pin.stepId,
    pathway,
    step,
    first,
    last,
    own: { first, last },
    // A greeting that somebody has cancelled still had its hours.
    interval: (is === 'taken' && found.draft?.interval) || null,
    reason: shift,
    riders: [],
  }
  return { wanted: pin.is, draft }
}

/** The decisions that these facts leave in force: a refusal of what nobody wants any more is over. */
export function standing(pathways: readonly Pathway[], planFacts: PlanFacts, pins: readonly HandPin[]): HandPin[] {
  if (pins.every(({ insteadOf }) => insteadOf === null)) return [...pins]
  const facts = withDays(planFacts)
  const refused = new Map(pins.map((pin) => [pin.stepId, pin]))
  const over = new Set<string>()
  for (const pathway of pathways)
    for (const step of pathway.steps) {
      const pin = refused.get(stepId(facts.treatmentId, pathway, step))
      if (pin?.insteadOf && !stands(pin, natural(pathway, step, matches(pathway, facts), facts).wanted, step))
        over.add(pin.stepId)
    }
  return pins.filter((pin) => !over.has(pin.stepId))
}
