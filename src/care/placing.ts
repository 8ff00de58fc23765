/** The day and the instant of a contact: the least loaded working day of its window, a window of the day for each owner role. Pure. */
import { nextAllowed } from '../messaging/index.ts'
import {
  addDays,
  type Day,
  daysBetween,
  daysInterval,
  type Interval,
  isOpenOn,
  nextOpenDay,
} from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Role } from '../staff/index.ts'
import { before, isPromotion } from './combine.ts'
import { actionOf, type DayFacts, type Draft, windowOf } from './drafts.ts'
import { lastChance, pick, whenOpen } from './timing.ts'

/** How full a day is for an owner role, for windows that leave a choice; 0 = empty, never less. */
export type Load = (role: Role, day: Day) => number

export interface Placed {
  draft: Draft
  day: Day
  reason: Reason | null
  window: Interval
}

/** A window of weeks keeps away from the plan's other contacts; one of a few days hangs on what heals in them. */
export const isSpread = ({ step, interval, first, last }: Draft): boolean =>
  'fromDay' in step.when && interval === null && first < last

/**
 * The least loaded working day of the window; of equals the earliest, or the farthest from all `others` and from the
 * window's end, so that a missed one can be carried over. A closed window moves to the next opening day.
 */
export function place(
  draft: Draft,
  facts: DayFacts,
  load: Load,
  told: ReadonlyMap<string, Day>,
  others: readonly Day[] | null = null,
): Placed {
  const { opening, window } = facts
  const { first, last, step, reason } = draft
  const needsPerson = actionOf(draft) !== 'message'
  if (draft.interval || first === last) {
    const stays = !needsPerson || step.neverMoves || draft.riders.some((rider) => rider.step.neverMoves)
    if (stays || isOpenOn(opening, first)) return { draft, day: first, reason, window: windowOf(draft, facts) }
    return moved(draft, first, facts)
  }
  const before = told.get(draft.id)
  // Counted from the window's first day: comparing numbers is all that each day then costs.
  const places = others && [...others, last].map((day) => daysBetween(first, day))
  let best: Day | null = null
  let least = 0
  let farthest = 0
  for (let day = firstUseful(first, needsPerson, facts); day <= last; day = addDays(day, 1)) {
    if (needsPerson && !isOpenOn(opening, day)) continue
    // Keep to what was told before.
    const weight = day === before ? -1 : load(step.owner, day)
    const away = places ? nearest(places, daysBetween(first, day)) : 0
    if (best !== null && (weight > least || (weight === least && away <= farthest))) continue
    best = day
    least = weight
    farthest = away
    // Nothing later can be better.
    if (weight < 0) break
    if (weight === 0 && !places && (before === undefined || before <= day || before > last)) break
  }
  if (best) return { draft, day: best, reason, window: daysInterval(first, last, window.timeZone) }
  return moved(draft, last, facts)
}

function nearest(places: readonly number[], on: number): number {
  let away = Number.POSITIVE_INFINITY
  for (const place of places) away = Math.min(away, Math.abs(on - place))
  return away
}

/** Days that are over at entry are no choice any more. */
function firstUseful(first: Day, needsPerson: boolean, { enteredAt, enteredOn, window, opening }: DayFacts): Day {
  if (first > enteredOn) return first
  return lastChance(enteredOn, needsPerson, window, opening) <= enteredAt ? addDays(enteredOn, 1) : enteredOn
}

function moved(draft: Draft, from: Day, { opening, window }: DayFacts): Placed {
  const day = nextOpenDay(opening, from)
  return { draft, day, reason: 'store_closed', window: daysInterval(day, day, window.timeZone) }
}

/**
 * Closed days bring contacts of one owner role together on the next opening day: they become one, in the words of the most
 * specific pathway, and that day is its window. Nobody is called twice on it by the same people.
 */
export function gathered(placed: Placed[], { window }: DayFacts): Placed[] {
  const keyOf = ({ draft, day }: Placed) => `${day} ${draft.step.owner}`
  const joins = ({ draft }: Placed) =>
    draft.interval === null &&
    draft.step.kind === 'contact' &&
    actionOf(draft) !== 'message' &&
    !isPromotion(draft.step)
  const closed = new Set(placed.filter((one) => one.reason === 'store_closed' && joins(one)).map(keyOf))
  if (closed.size === 0) return placed
  const alone: Placed[] = []
  const groups = new Map<string, Placed[]>()
  for (const one of placed) {
    const key = keyOf(one)
    if (closed.has(key) && joins(one)) groups.set(key, [...(groups.get(key) ?? []), one])
    else alone.push(one)
  }
  return [...alone, ...[...groups.values()].map((group) => oneOf(group, window.timeZone))]
}

function oneOf(group: readonly Placed[], timeZone: string): Placed {
  const speaks = group.reduce((best, one) => (before(one.draft, best.draft) < 0 ? one : best))
  if (group.length === 1) return speaks
  for (const one of group) if (one !== speaks) speaks.draft.riders.push(one.draft)
  return { ...speaks, reason: 'store_closed', window: daysInterval(speaks.day, speaks.day, timeZone) }
}

/** Each role that writes to or calls the customer on one day has a lane of its own. */
const laneOf = ({ step }: Draft): string =>
  step.kind === 'guidance' || step.kind === 'reminder' || step.kind === 'decision' ? step.kind : step.owner

/** The instants, in the order of `all`: each owner role of a day has a contact window of its own. */
export function instants(all: readonly Placed[], facts: DayFacts): { at: Date; reason: Reason | null }[] {
  const lanesOf = new Map<Day, string[]>()
  for (const { day, draft } of all) {
    if (draft.interval) continue
    const lanes = lanesOf.get(day)
    const lane = laneOf(draft)
    if (!lanes) lanesOf.set(day, [lane])
    else if (!lanes.includes(lane)) lanes.push(lane)
  }
  for (const lanes of lanesOf.values()) if (lanes.length > 1) lanes.sort()
  const { endedAt, enteredAt, window, opening } = facts
  return all.map(({ draft, day }) => {
    const { step, id } = draft
    if (draft.interval) return nextAllowed(enteredAt > endedAt ? enteredAt : endedAt, step.class, window)
    const lanes = lanesOf.get(day) as string[]
    const isCall = actionOf(draft) === 'call'
    const lane = { index: lanes.indexOf(laneOf(draft)), of: lanes.length }
    const hours = isCall ? whenOpen(window, opening, day) : window
    return { at: pick(id, { contactClass: step.class, isCall }, day, lane, enteredAt, hours), reason: null }
  })
}
