/**
 * From a treatment to its steps: pure. Same facts, same plan.
 *
 * Each step is a promise with a window. Steps of one owner role whose windows meet become one contact; guidance rides on a
 * contact of its day; contacts that need a person avoid closed days; every contact gets an instant inside the contact windows.
 */

import { allowedSpans, nextAllowed, type WindowFacts } from '../messaging/index.ts'
import {
  addDays,
  addMonths,
  atTime,
  type Day,
  dayOf,
  daysInterval,
  isOpenOn,
  nextOpenDay,
  type Opening,
  type Span,
} from '../platform/calendar.ts'
import { addMs, HOUR_MS, MINUTE_MS } from '../platform/clock.ts'
import { hashUnit } from '../platform/hash.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Role, StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { matches, type Pathway, type PathwayStep } from './pathway.ts'
import type { StepAction, StepKind } from './types.ts'

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

/** Planned contacts per owner role and day, for windows that leave a choice. */
export type Load = (role: Role, day: Day) => number

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

/** A step on its way into the plan: the days it may take, and what it has taken along. */
interface Draft {
  id: string
  pathway: Pathway
  step: PathwayStep
  first: Day
  last: Day
  /** Set for the contacts within hours of the end. */
  interval: { from: Date; to: Date } | null
  riders: Draft[]
}

const GREETING_LATEST = '23:00'
const MORNING = { from: '09:00', to: '11:00' } as const

export function plan(pathways: readonly Pathway[], facts: PlanFacts, load: Load = () => 0): PlannedStep[] {
  const drafts = pathways
    .filter((pathway) => matches(pathway, facts, facts.storeType))
    .flatMap((pathway) => pathway.steps.map((step) => draftOf(pathway, step, facts)))
  const passed = drafts.filter((draft) => windowOf(draft, facts).to <= facts.enteredAt)
  const useful = drafts.filter((draft) => !passed.includes(draft))

  const contacts = combine(useful.filter(({ step }) => step.kind === 'contact'))
  const placed = contacts.map((draft) => place(draft, facts, load))
  // Surveys and guidance ride on a contact of their day, whoever makes it; guidance rather on one that is written.
  const alone: Draft[] = []
  for (const draft of useful.filter(({ step }) => step.kind !== 'contact')) {
    const sameDay = placed.filter(
      ({ day, draft: host }) => host.interval === null && day >= draft.first && day <= draft.last,
    )
    const host =
      sameDay.find(({ draft: one }) => one.step.owner === draft.step.owner && draft.step.kind === 'survey') ??
      sameDay.find(({ draft: one }) => actionOf(one) === 'message') ??
      sameDay[0]
    if (host) host.draft.riders.push(draft)
    else alone.push(draft)
  }
  const all = [...placed, ...alone.map((draft) => place(draft, facts, load))]
  return [...settle(all, facts), ...passed.map((draft) => missed(draft, facts))].sort((a, b) => (a.id < b.id ? -1 : 1))
}

function draftOf(pathway: Pathway, step: PathwayStep, { treatmentId, endedAt, window }: PlanFacts): Draft {
  const { timeZone } = window
  const day0 = dayOf(endedAt, timeZone)
  const { when } = step
  const base = { id: `${treatmentId}.${pathway.id}.${step.id}`, pathway, step, interval: null, riders: [] }
  if ('withinHours' in when) {
    // Ended after the last hour of greetings: the promise is the next morning's.
    const tooLate = endedAt > atTime(day0, GREETING_LATEST, timeZone)
    const morning = addDays(day0, 1)
    const interval = tooLate
      ? { from: atTime(morning, MORNING.from, timeZone), to: atTime(morning, MORNING.to, timeZone) }
      : { from: endedAt, to: addMs(endedAt, when.withinHours * HOUR_MS) }
    const day = dayOf(interval.from, timeZone)
    return { ...base, interval, first: day, last: day }
  }
  if ('day' in when) return { ...base, first: addDays(day0, when.day), last: addDays(day0, when.day) }
  if ('days' in when) return { ...base, first: addDays(day0, when.days[0]), last: addDays(day0, when.days[1]) }
  if ('month' in when) return { ...base, first: addMonths(day0, when.month), last: addMonths(day0, when.month) }
  return { ...base, first: addDays(day0, when.fromDay), last: addMonths(day0, when.toMonth) }
}

const windowOf = ({ interval, first, last }: Draft, { window }: PlanFacts) =>
  interval ?? daysInterval(first, last, window.timeZone)
const actionOf = (draft: Draft): StepAction =>
  [draft, ...draft.riders].some(({ step }) => step.kind === 'contact' && step.action === 'call') ? 'call' : 'message'

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
function place(draft: Draft, facts: PlanFacts, load: Load): Placed {
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
  const today = dayOf(facts.enteredAt, window.timeZone)
  const days: Day[] = []
  for (let day = draft.first > today ? draft.first : today; day <= draft.last; day = addDays(day, 1))
    if (!needsPerson || isOpenOn(opening, day)) days.push(day)
  const [best] = [...days].sort((a, b) => load(draft.step.owner, a) - load(draft.step.owner, b) || (a < b ? -1 : 1))
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
    const lane = (rolesOf.get(day) ?? []).indexOf(laneOf(draft))
    const picked = draft.interval
      ? greetingAt(draft, facts)
      : { at: pick(draft, day, Math.max(0, lane), facts), reason: null }
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
const flatten = (riders: readonly Draft[]): Draft[] => riders.flatMap((rider) => [rider, ...flatten(rider.riders)])

function greetingAt({ step }: Draft, { endedAt, enteredAt, window }: PlanFacts): { at: Date; reason: Reason | null } {
  return nextAllowed(enteredAt > endedAt ? enteredAt : endedAt, step.class, window)
}

const MARK_MS = 5 * MINUTE_MS
/** A call starts with a message, so it needs room behind it in its window. */
const CALL_ROOM_MS = 30 * MINUTE_MS

/** A five-minute mark inside the lane's window, spread by the step's id and off the full and half hours, which everybody uses. */
function pick(draft: Draft, day: Day, lane: number, { window, enteredAt }: PlanFacts): Date {
  const spans = allowedSpans(draft.step.class, window) ?? []
  const span: Span = spans[lane % Math.max(1, spans.length)] ?? { from: '11:00', to: '12:30' }
  const from = atTime(day, span.from, window.timeZone)
  const room =
    Number(atTime(day, span.to, window.timeZone)) - Number(from) - (actionOf(draft) === 'call' ? CALL_ROOM_MS : 0)
  const marks = Array.from({ length: Math.max(1, Math.floor(room / MARK_MS)) }, (_, i) => addMs(from, i * MARK_MS))
  const quiet = marks.filter((at) => at.getTime() % CALL_ROOM_MS !== 0)
  const choices = quiet.length > 0 ? quiet : marks
  const at = choices[Math.floor(hashUnit(draft.id, 'time') * choices.length)] ?? from
  return at > enteredAt ? at : enteredAt
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
