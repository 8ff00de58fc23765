/** What a step's days count from, and what is known of it. Pure. */
import { addDays, addMonths, type Day, daysBetween } from '../platform/calendar.ts'
import type { Pathway, PathwayStep, When } from './pathway.ts'
import type { Anchor } from './types.ts'

/** A day; `none`: there will be none, so nothing hangs on it; null: somebody has still to say. */
export type AnchorDay = Day | 'none' | null

/** Days after the operation, by the table of treatments. */
export type SutureDay = number | 'none'

/** What is known of the days that a plan hangs on. What is left out is not known. */
export interface KnownDays {
  treatedOn: Day
  dates?: Partial<Record<Anchor, AnchorDay>>
  /** By operation and technique; null where that depends on a technique which nobody entered. Left out: the pathway's own. */
  sutureDay?: SutureDay | null
}

export const anchorOf = ({ anchor, when }: PathwayStep): Anchor =>
  anchor ?? ('withinHours' in when ? 'treatment_end' : 'treatment_date')

export function anchorDay(anchor: Anchor, pathway: Pathway, known: KnownDays): AnchorDay {
  if (anchor === 'treatment_date' || anchor === 'treatment_end') return known.treatedOn
  return known.dates?.[anchor] ?? (anchor === 'suture_removal_date' ? usualSutureDay(pathway, known) : null)
}

/** A day that the record names wins over the table's. */
function usualSutureDay({ operation }: Pathway, { treatedOn, sutureDay }: KnownDays): AnchorDay {
  if (!operation) return 'none'
  const after = sutureDay === undefined ? operation.sutureDay : sutureDay
  return typeof after === 'number' ? addDays(treatedOn, after) : after
}

/** What sutures that come out on day 10 or later add to the day of the contact after them (domain 4). */
const USUAL_SUTURES = 7
const LATE_SUTURES = 10

export function lateSutureDays(pathway: Pathway, known: KnownDays): number {
  const on = anchorDay('suture_removal_date', pathway, known)
  if (on === null || on === 'none') return 0
  const after = daysBetween(known.treatedOn, on)
  return after >= LATE_SUTURES ? after - USUAL_SUTURES : 0
}

export type DayWhen = Exclude<When, { withinHours: number }>

/** First and last day of a step that hangs on `day`. */
export function spanOf(when: DayWhen, day: Day): { first: Day; last: Day } {
  if ('days' in when) return { first: addDays(day, when.days[0]), last: addDays(day, when.days[1]) }
  if ('fromDay' in when) return { first: addDays(day, when.fromDay), last: addMonths(day, when.toMonth) }
  if ('day' in when) return { first: addDays(day, when.day), last: addDays(day, when.day) }
  const on = addMonths(day, when.month)
  return { first: on, last: addDays(on, when.within ?? 0) }
}
