/** When a contact of a class may go out (domain 5). Pure; times of day are the store's. */
import { addDays, atTime, dayOf, type Span } from '../platform/calendar.ts'
import type { Reason } from '../platform/reasons.ts'
import type { ContactClass } from './types.ts'

export interface WindowFacts {
  timeZone: string
  contactWindows: readonly Span[]
  /** e.g. 21:00–09:00; runs over midnight. */
  quietHours: Span
  /** The customer's own hours replace the store's windows, outside the quiet hours. */
  preferredTime: Span | null
}

/** A greeting goes out at once until this hour. */
const GREETING_UNTIL = '23:00'
const LOOK_AHEAD_DAYS = 8

/** Spans of a day in which the class may go out; null = at any time. Never empty, unless the quiet hours are the whole day. */
export function allowedSpans(
  contactClass: ContactClass,
  { contactWindows, quietHours, preferredTime }: WindowFacts,
): readonly Span[] | null {
  if (contactClass === 'safety' || contactClass === 'reply') return null
  if (contactClass === 'greeting') return [{ from: quietHours.to, to: GREETING_UNTIL }]
  const awake = outside(quietHours)
  if (contactClass === 'case_update') return awake
  const clipped = (spans: readonly Span[]) =>
    awake.flatMap((part) => spans.map((span) => clip(span, part))).filter((span): span is Span => span !== null)
  const wished = clipped(preferredTime ? [preferredTime] : [])
  if (wished.length > 0) return wished
  const windows = clipped(contactWindows).sort((a, b) => (a.from < b.from ? -1 : 1))
  // Windows that all lie in the quiet hours are a mistake in the table; the quiet hours win over it.
  return windows.length > 0 ? windows : awake
}

/** The end of the hours in which people may hear of it now, windows apart; null inside the quiet hours. */
export function awakeUntil(now: Date, contactClass: ContactClass, facts: WindowFacts): Date | null {
  const { timeZone } = facts
  const today = dayOf(now, timeZone)
  const spans = allowedSpans(contactClass === 'greeting' ? 'greeting' : 'case_update', facts) ?? []
  const ends = spans
    .filter(({ from }) => atTime(today, from, timeZone) <= now)
    .map(({ to }) => atTime(today, to, timeZone))
  return ends.find((end) => end > now) ?? null
}

/** What quiet hours leave of a day: they usually run over midnight, but need not. */
const outside = ({ from, to }: Span): Span[] =>
  (from < to
    ? [
        { from: '00:00', to: from },
        { from: to, to: '24:00' },
      ]
    : [{ from: to, to: from }]
  ).filter((span) => span.from < span.to)

const clip = (span: Span, within: Span): Span | null => {
  const from = span.from > within.from ? span.from : within.from
  const to = span.to < within.to ? span.to : within.to
  return from < to ? { from, to } : null
}

/**
 * The first instant at or after `now` at which the class may go out, and why not now. A wish for a time that comes too
 * late for `until` gives way to the store's windows: better at another hour than not at all.
 */
export function nextAllowed(
  now: Date,
  contactClass: ContactClass,
  facts: WindowFacts,
  until: Date | null = null,
): { at: Date; reason: Reason | null } {
  const wished = firstAllowed(now, contactClass, facts)
  if (until === null || facts.preferredTime === null || wished.at < until) return wished
  return firstAllowed(now, contactClass, { ...facts, preferredTime: null })
}

function firstAllowed(now: Date, contactClass: ContactClass, facts: WindowFacts): { at: Date; reason: Reason | null } {
  const spans = allowedSpans(contactClass, facts)
  if (spans === null || spans.length === 0) return { at: now, reason: null }
  const today = dayOf(now, facts.timeZone)
  for (let i = 0; i < LOOK_AHEAD_DAYS; i++) {
    const day = addDays(today, i)
    for (const span of spans) {
      if (now >= atTime(day, span.to, facts.timeZone)) continue
      const from = atTime(day, span.from, facts.timeZone)
      if (now >= from) return { at: now, reason: null }
      return {
        at: from,
        reason: contactClass === 'greeting' || contactClass === 'case_update' ? 'quiet_hours' : 'outside_window',
      }
    }
  }
  return { at: now, reason: null }
}
