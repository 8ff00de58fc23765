/**
 * From a treatment to its steps: pure. Same facts, same plan.
 *
 * Each step is a promise with a window. Steps of one owner role whose windows meet become one contact; guidance rides on a
 * contact of its day; contacts that need a person avoid closed days; every contact gets an instant inside the contact windows.
 * What doesn't happen stays in the plan with its reason.
 */
import type { Day, Interval } from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Role } from '../staff/index.ts'
import { anchorOf } from './anchors.ts'
import { combine, type Guest, guestOf, type Host, isPromotion, rideOf } from './combine.ts'
import {
  actionOf,
  type DayFacts,
  type Draft,
  flatten,
  isPassed,
  type PlanFacts,
  stepId,
  windowOf,
  withDays,
} from './drafts.ts'
import { matches, type Pathway, type PathwayStep } from './pathway.ts'
import { gathered, instants, isSpread, type Load, type Placed, place } from './placing.ts'
import type { Anchor, StepAction, StepKind } from './types.ts'
import { find, type HandPin } from './wanted.ts'

export type { Host } from './combine.ts'
export type { PlanFacts } from './drafts.ts'
export type { Load } from './placing.ts'

/** What is there already when a plan is made, or made anew. */
export interface Existing {
  hosts: readonly Host[]
  /** Steps that have happened, or are happening: they stay out of the new plan. */
  settled: ReadonlySet<string>
  /** Days that were told before: a window with a choice keeps to them. */
  days: ReadonlyMap<string, Day>
  /** What people have decided. */
  pins?: readonly HandPin[]
}
const NOTHING: Existing = { hosts: [], settled: new Set(), days: new Map() }

export interface PlannedStep {
  id: string
  pathway: string
  pathwayVersion: number
  step: PathwayStep
  kind: StepKind
  action: StepAction
  ownerRole: Role
  /** What it waits for, while it does. */
  anchor: Anchor
  /** The days that the rules or a person gave it, before it met others. */
  firstDay: Day | null
  lastDay: Day | null
  /** Null while the day is not known, as is `plannedOn`. */
  windowFrom: Date | null
  windowTo: Date | null
  plannedOn: Day | null
  /** The picked instant; null for everything that is not planned. */
  dueAt: Date | null
  status: 'planned' | 'merged' | 'missed_before_entry' | 'needs_anchor' | 'cancelled'
  reason: Reason | null
  /** Why its days are others than the pathway's. */
  shift: Reason | null
  mergedInto: string | null
}

export function plan(
  pathways: readonly Pathway[],
  planFacts: PlanFacts,
  load: Load = () => 0,
  existing: Existing = NOTHING,
): PlannedStep[] {
  const facts = withDays(planFacts)
  const { useful, idle } = sift(pathways, facts, existing)

  const contacts = combine(useful.filter(isContact))
  const guests: Guest[] = []
  let placed: Placed[] = []
  const spread: Draft[] = []
  for (const draft of contacts) {
    const guest = guestOf(draft, existing.hosts)
    if (guest) guests.push(guest)
    else if (isSpread(draft)) spread.push(draft)
    else placed.push(place(draft, facts, load, existing.days))
  }
  for (const draft of spread) {
    const others = [...placed.map(({ day }) => day), ...guests.map(({ host }) => host.plannedOn)]
    placed.push(place(draft, facts, load, existing.days, others))
  }
  placed = gathered(placed, facts)
  // Surveys and guidance ride on a contact of their day, whoever makes it.
  const days = [...placed, ...guests.map(({ draft, host }) => ({ draft, day: host.plannedOn }))]
  const along: Guest[] = []
  for (const draft of useful) {
    if (isContact(draft)) continue
    if (draft.step.kind === 'decision') {
      placed.push(place(draft, facts, load, existing.days))
      continue
    }
    const host = carrierOf(draft, days)
    if (host) {
      host.riders.push(draft)
      continue
    }
    const guest = rideOf(draft, existing.hosts)
    if (guest) along.push(guest)
    else placed.push(place(draft, facts, load, existing.days))
  }
  return [...settle(placed, facts), ...[...guests, ...along].flatMap((guest) => welcome(guest, facts)), ...idle].sort(
    (a, b) => (a.id < b.id ? -1 : 1),
  )
}

const isContact = ({ step: { kind } }: Draft): boolean => kind === 'contact' || kind === 'reminder'

/** What can still be done, and what can't: not known yet, taken away, or over. */
function sift(pathways: readonly Pathway[], facts: DayFacts, { settled, pins = [] }: Existing) {
  const useful: Draft[] = []
  const idle: PlannedStep[] = []
  const pinned = new Map(pins.map((pin) => [pin.stepId, pin]))
  for (const pathway of pathways) {
    const isIn = matches(pathway, facts)
    // A step that somebody has kept against a change may be of a pathway that doesn't match any more.
    if (!isIn && pinned.size === 0) continue
    for (const step of pathway.steps) {
      const id = stepId(facts.treatmentId, pathway, step)
      if (settled.has(id)) continue
      const { wanted, draft } = find(pathway, step, isIn, facts, pinned.get(id))
      if (wanted.is === 'none') continue
      if (draft === null) {
        const [status, reason] =
          wanted.is === 'waits' ? (['needs_anchor', 'needs_anchor'] as const) : (['cancelled', wanted.reason] as const)
        idle.push(stepOf({ id, pathway, step, own: null, reason: null }, status, reason, null, null))
      } else if (wanted.is === 'taken') idle.push(left(draft, 'cancelled', wanted.reason, facts))
      else if (isPassed(draft, facts)) idle.push(left(draft, 'missed_before_entry', 'missed_before_entry', facts))
      else useful.push(draft)
    }
  }
  return { useful, idle }
}

/** A survey rides with its owner, guidance rather on what is written; the first of the day otherwise. */
function carrierOf(draft: Draft, days: readonly { draft: Draft; day: Day }[]): Draft | null {
  let best: Draft | null = null
  let rank = 0
  for (const { draft: host, day } of days) {
    // A reminder has a matter of its own, as has a decision.
    if (
      host.interval ||
      host.step.kind === 'reminder' ||
      host.step.kind === 'decision' ||
      isPromotion(host.step) ||
      day < draft.first ||
      day > draft.last
    )
      continue
    const its =
      draft.step.kind === 'survey' && host.step.owner === draft.step.owner ? 3 : actionOf(host) === 'message' ? 2 : 1
    if (its <= rank) continue
    best = host
    rank = its
  }
  return best
}

function welcome({ draft, host }: Guest, facts: PlanFacts): PlannedStep[] {
  const window = windowOf(draft, facts)
  return [draft, ...flatten(draft.riders)].map((one) => riding(one, window, host.plannedOn, host.id))
}

function settle(all: readonly Placed[], facts: DayFacts): PlannedStep[] {
  const times = instants(all, facts)
  const steps: PlannedStep[] = []
  for (const [i, { draft, day, reason, window }] of all.entries()) {
    const host = stepOf(draft, 'planned', reason ?? times[i]?.reason ?? null, window, day)
    host.dueAt = times[i]?.at ?? null
    host.action = actionOf(draft)
    steps.push(host)
    for (const rider of flatten(draft.riders)) steps.push(riding(rider, window, day, draft.id))
  }
  return steps
}

function riding(draft: Draft, window: Interval, day: Day, hostId: string): PlannedStep {
  const step = stepOf(draft, 'merged', 'merged', window, day)
  step.mergedInto = hostId
  return step
}

const left = (draft: Draft, status: 'missed_before_entry' | 'cancelled', reason: Reason | null, facts: PlanFacts) =>
  stepOf(draft, status, reason, windowOf(draft, facts), draft.first)

const stepOf = (
  {
    id,
    pathway,
    step,
    reason: shift,
    own,
  }: Pick<Draft, 'id' | 'pathway' | 'step' | 'reason'> & {
    own: Draft['own'] | null
  },
  status: PlannedStep['status'],
  reason: Reason | null,
  window: Interval | null,
  plannedOn: Day | null,
): PlannedStep => ({
  id,
  pathway: pathway.id,
  pathwayVersion: pathway.version,
  step,
  kind: step.kind,
  action: step.action,
  ownerRole: step.owner,
  anchor: anchorOf(step),
  firstDay: own?.first ?? null,
  lastDay: own?.last ?? null,
  windowFrom: window?.from ?? null,
  windowTo: window?.to ?? null,
  plannedOn,
  dueAt: null,
  status,
  reason,
  shift,
  mergedInto: null,
})
