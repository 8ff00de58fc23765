/**
 * From a treatment to its steps: pure. Same facts, same plan.
 *
 * Each step is a promise with a window. Steps of one owner role whose windows meet become one contact; guidance rides on a
 * contact of its day; contacts that need a person avoid closed days; every contact gets an instant inside the contact windows.
 */

import { nextAllowed } from '../messaging/index.ts'
import { addDays, type Day, dayOf, daysInterval, isOpenOn, nextOpenDay } from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Role } from '../staff/index.ts'
import { actionOf, chanceOf, type Draft, draftOf, flatten, type PlanFacts, windowOf } from './drafts.ts'
import { matches, type Pathway, type PathwayStep } from './pathway.ts'
import { type Lane, lastChance, pick, whenOpen } from './timing.ts'
import type { StepAction, StepKind } from './types.ts'

export type { PlanFacts } from './drafts.ts'

/** Planned contacts per owner role and day, for windows that leave a choice. */
export type Load = (role: Role, day: Day) => number

/** A contact of the same visit's other treatment that is planned already. */
export interface Host {
  id: string
  ownerRole: Role
  kind: StepKind
  action: StepAction
  plannedOn: Day
}

/** What is there already when a plan is made, or made anew. */
export interface Existing {
  hosts: readonly Host[]
  /** Steps that have happened, or are happening: they stay out of the new plan. */
  settled: ReadonlySet<string>
  /** Days that were told before: a window with a choice keeps to them. */
  days: ReadonlyMap<string, Day>
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
  windowFrom: Date
  windowTo: Date
  plannedOn: Day
  /** The picked instant; null for merged steps and those missed before entry. */
  dueAt: Date | null
  status: 'planned' | 'merged' | 'missed_before_entry'
  reason: Reason | null
  mergedInto: string | null
}

export function plan(
  pathways: readonly Pathway[],
  facts: PlanFacts,
  load: Load = () => 0,
  existing: Existing = NOTHING,
): PlannedStep[] {
  const drafts = pathways
    .filter((pathway) => matches(pathway, facts, facts.storeType))
    .flatMap((pathway) => pathway.steps.map((step) => draftOf(pathway, step, facts)))
    .filter(({ id }) => !existing.settled.has(id))
  const passed = drafts.filter((draft) => chanceOf(draft, facts) <= facts.enteredAt)
  const useful = drafts.filter((draft) => !passed.includes(draft))

  const contacts = combine(useful.filter(({ step }) => step.kind === 'contact'))
  const guests = contacts.flatMap((draft) => guestOf(draft, existing.hosts) ?? [])
  const placed = contacts
    .filter((draft) => !guests.some((guest) => guest.draft === draft))
    .map((draft) => place(draft, facts, load, existing.days))
  // Surveys and guidance ride on a contact of their day, whoever makes it; guidance rather on one that is written.
  const alone: Draft[] = []
  for (const draft of useful.filter(({ step }) => step.kind !== 'contact')) {
    const sameDay = [...placed, ...guests.map(({ draft: one, host }) => ({ draft: one, day: host.plannedOn }))].filter(
      ({ day, draft: host }) => host.interval === null && day >= draft.first && day <= draft.last,
    )
    const host =
      sameDay.find(({ draft: one }) => one.step.owner === draft.step.owner && draft.step.kind === 'survey') ??
      sameDay.find(({ draft: one }) => actionOf(one) === 'message') ??
      sameDay[0]
    if (host) host.draft.riders.push(draft)
    else alone.push(draft)
  }
  const along = alone.flatMap((draft) => rideOf(draft, existing.hosts) ?? [])
  const lonely = alone.filter((draft) => !along.some((guest) => guest.draft === draft))
  const all = [...placed, ...lonely.map((draft) => place(draft, facts, load, existing.days))]
  return [
    ...settle(all, facts),
    ...[...guests, ...along].flatMap((guest) => welcome(guest, facts)),
    ...passed.map((draft) => missed(draft, facts)),
  ].sort((a, b) => (a.id < b.id ? -1 : 1))
}

interface Guest {
  draft: Draft
  host: Host
}

/** Two treatments of one visit don't call or write twice: a contact of the same role that lies in the window carries both. */
function guestOf(draft: Draft, hosts: readonly Host[]): Guest | null {
  if (draft.interval) return null
  const host = hosts.find(
    ({ kind, ownerRole, action, plannedOn }) =>
      kind === 'contact' &&
      ownerRole === draft.step.owner &&
      plannedOn >= draft.first &&
      plannedOn <= draft.last &&
      (action === 'call' || actionOf(draft) === 'message'),
  )
  return host ? { draft, host } : null
}

/** What goes alone otherwise rides on anything that the other treatment plans that day. */
function rideOf(draft: Draft, hosts: readonly Host[]): Guest | null {
  const host = hosts.find(({ plannedOn }) => plannedOn >= draft.first && plannedOn <= draft.last)
  return host ? { draft, host } : null
}

const welcome = ({ draft, host }: Guest, facts: PlanFacts): PlannedStep[] => {
  const { from, to } = windowOf(draft, facts)
  return flatten([draft]).map((one) =>
    stepOf(one, {
      windowFrom: from,
      windowTo: to,
      plannedOn: host.plannedOn,
      dueAt: null,
      status: 'merged',
      reason: 'merged',
      mergedInto: host.id,
      action: one.step.action,
    }),
  )
}

/** Contacts of one owner role whose windows meet become one: the intersection, in the words of the most specific pathway. */
function combine(contacts: readonly Draft[]): Draft[] {
  const width = ({ first, last }: Draft) => `${last < first ? 0 : first === last ? 0 : 1}`
  const order = [...contacts].sort((a, b) =>
    width(a) + a.first + a.last < width(b) + b.first + b.last
      ? -1
      : width(a) + a.first + a.last > width(b) + b.first + b.last
        ? 1
        : b.pathway.specificity - a.pathway.specificity || (a.id < b.id ? -1 : 1),
  )
  const groups: Draft[][] = []
  for (const draft of order) {
    const group = groups.find(([host]) => host && meets(host, draft))
    if (!group) {
      groups.push([draft])
      continue
    }
    const [host] = group as [Draft, ...Draft[]]
    const first = draft.first > host.first ? draft.first : host.first
    const last = draft.last < host.last ? draft.last : host.last
    // The intersection is kept on the group's first member, which the next candidates are compared with.
    group.push(draft)
    group[0] = { ...host, first, last }
  }
  return groups.map((group) => {
    const [narrowed] = group as [Draft, ...Draft[]]
    const target = [...group].sort(
      (a, b) => b.pathway.specificity - a.pathway.specificity || (a.id < b.id ? -1 : 1),
    )[0] as Draft
    return { ...target, first: narrowed.first, last: narrowed.last, riders: group.filter(({ id }) => id !== target.id) }
  })
}

function meets(a: Draft, b: Draft): boolean {
  // The contacts within two hours are one greeting, whoever owns them.
  if (a.interval || b.interval) return a.interval !== null && b.interval !== null
  return a.step.owner === b.step.owner && a.first <= b.last && b.first <= a.last
}

interface Placed {
  draft: Draft
  day: Day
  reason: Reason | null
  window: { from: Date; to: Date }
}

/** The least loaded working day of the window, the earliest of equals; a closed window moves to the next opening day. */
function place(draft: Draft, facts: PlanFacts, load: Load, told: Existing['days']): Placed {
  const { opening, window } = facts
  const own = windowOf(draft, facts)
  const needsPerson = actionOf(draft) === 'call'
  const neverMoves = [draft, ...draft.riders].some(({ step }) => step.neverMoves)
  if (draft.interval || draft.first === draft.last) {
    if (!needsPerson || neverMoves || isOpenOn(opening, draft.first))
      return { draft, day: draft.first, reason: null, window: own }
    const day = nextOpenDay(opening, draft.first)
    return { draft, day, reason: 'store_closed', window: daysInterval(day, day, window.timeZone) }
  }
  // Days that are over at entry are no choice any more.
  const entered = dayOf(facts.enteredAt, window.timeZone)
  const isOver = lastChance(entered, needsPerson, window, opening) <= facts.enteredAt
  const today = isOver ? addDays(entered, 1) : entered
  const days: Day[] = []
  for (let day = draft.first > today ? draft.first : today; day <= draft.last; day = addDays(day, 1))
    if (!needsPerson || isOpenOn(opening, day)) days.push(day)
  const before = told.get(draft.id)
  const [best] = [...days].sort(
    (a, b) =>
      Number(b === before) - Number(a === before) ||
      load(draft.step.owner, a) - load(draft.step.owner, b) ||
      (a < b ? -1 : 1),
  )
  if (best) return { draft, day: best, reason: null, window: own }
  const day = nextOpenDay(opening, draft.last)
  return { draft, day, reason: 'store_closed', window: daysInterval(day, day, window.timeZone) }
}

/** Instants: each owner role of a day has a contact window of its own. */
function settle(all: readonly Placed[], facts: PlanFacts): PlannedStep[] {
  const rolesOf = new Map<Day, string[]>()
  for (const { day, draft } of all)
    if (!draft.interval) rolesOf.set(day, [...new Set([...(rolesOf.get(day) ?? []), laneOf(draft)])].sort())
  return all.flatMap(({ draft, day, reason, window }): PlannedStep[] => {
    const lanes = rolesOf.get(day) ?? []
    const lane = { index: lanes.indexOf(laneOf(draft)), of: lanes.length }
    const picked = draft.interval ? greetingAt(draft, facts) : { at: contactAt(draft, day, lane, facts), reason: null }
    const host = stepOf(draft, {
      windowFrom: window.from,
      windowTo: window.to,
      plannedOn: day,
      dueAt: picked.at,
      status: 'planned',
      reason: reason ?? picked.reason,
      mergedInto: null,
      action: actionOf(draft),
    })
    const riders = flatten(draft.riders).map((rider) =>
      stepOf(rider, {
        windowFrom: window.from,
        windowTo: window.to,
        plannedOn: day,
        dueAt: null,
        status: 'merged',
        reason: 'merged',
        mergedInto: draft.id,
        action: rider.step.action,
      }),
    )
    return [host, ...riders]
  })
}

const laneOf = ({ step }: Draft): string => (step.kind === 'guidance' ? 'guidance' : step.owner)

function greetingAt({ step }: Draft, { endedAt, enteredAt, window }: PlanFacts): { at: Date; reason: Reason | null } {
  return nextAllowed(enteredAt > endedAt ? enteredAt : endedAt, step.class, window)
}

function contactAt(draft: Draft, day: Day, lane: Lane, { enteredAt, window, opening }: PlanFacts): Date {
  const isCall = actionOf(draft) === 'call'
  const facts = isCall ? whenOpen(window, opening, day) : window
  return pick(draft.id, { contactClass: draft.step.class, isCall }, day, lane, enteredAt, facts)
}

function missed(draft: Draft, facts: PlanFacts): PlannedStep {
  const { from, to } = windowOf(draft, facts)
  return stepOf(draft, {
    windowFrom: from,
    windowTo: to,
    plannedOn: draft.first,
    dueAt: null,
    status: 'missed_before_entry',
    reason: 'missed_before_entry',
    mergedInto: null,
    action: draft.step.action,
  })
}

const stepOf = (
  { id, pathway, step }: Draft,
  rest: Omit<PlannedStep, 'id' | 'pathway' | 'pathwayVersion' | 'step' | 'kind' | 'ownerRole'>,
): PlannedStep => ({
  id,
  pathway: pathway.id,
  pathwayVersion: pathway.version,
  step,
  kind: step.kind,
  ownerRole: step.owner,
  ...rest,
})
