/** What a step does when its hour comes, and where a call goes that nobody took. Pure. */
import type { Customer } from '../customers/index.ts'
import { nextAllowed, type WindowFacts } from '../messaging/index.ts'
import { addDays, atTime, type Day, dayOf, nextOpenDay, type Opening, type Span } from '../platform/calendar.ts'
import { addMs, MINUTE_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import type { StepRow } from './model.ts'

export type Firing =
  | { do: 'message' }
  /** Message first; the card follows so that the customer has read it. */
  | { do: 'call'; openAt: Date; overdueAt: Date }
  | { do: 'wait'; at: Date; reason: Reason }
  | { do: 'end'; status: 'skipped' | 'missed' | 'done'; reason: Reason }

/** Between the announcing message and the call. */
export const CALL_AFTER_MS = 10 * MINUTE_MS

export function decide(step: StepRow, customer: Customer | undefined, window: WindowFacts, now: Date): Firing {
  if (step.status === 'calling') return checkCall(step, window, now)
  if (!customer) return { do: 'end', status: 'skipped', reason: 'superseded' }
  if (customer.deceased) return { do: 'end', status: 'skipped', reason: 'deceased' }
  if (customer.optOut.all) return { do: 'end', status: 'skipped', reason: 'opted_out' }
  // Too late to be useful: a burst after an outage helps nobody.
  if (now >= step.windowTo) return { do: 'end', status: 'missed', reason: 'late' }
  const { at, reason } = nextAllowed(now, step.contactClass, window)
  if (reason && at > now)
    return at < step.windowTo ? { do: 'wait', at, reason } : { do: 'end', status: 'missed', reason }
  if (step.action === 'message') return { do: 'message' }
  return {
    do: 'call',
    openAt: addMs(now, CALL_AFTER_MS),
    overdueAt: endOfContacts(dayOf(now, window.timeZone), window),
  }
}

/** The end of a day's last contact window. */
export function endOfContacts(day: Day, { contactWindows, quietHours, timeZone }: WindowFacts): Date {
  const last = contactWindows.at(-1)?.to ?? quietHours.from
  return atTime(day, last, timeZone)
}

/** The card was out all day and nothing came back: carried over inside its window, then missed. */
function checkCall(step: StepRow, window: WindowFacts, now: Date): Firing {
  if (step.calls.length > 0) return { do: 'end', status: 'done', reason: 'not_reached' }
  if (now >= step.windowTo) return { do: 'end', status: 'missed', reason: 'staff_overdue' }
  const tomorrow = endOfContacts(addDays(dayOf(now, window.timeZone), 1), window)
  return { do: 'wait', at: tomorrow < step.windowTo ? tomorrow : step.windowTo, reason: 'staff_overdue' }
}

/** Attempts of a call: two in different windows on the due day, one on each of the next two open days (domain 5, numbers ours). */
export const MAX_ATTEMPTS = 4

export type NextAttempt = { kind: 'again'; openAt: Date; overdueAt: Date } | { kind: 'unreachable' }

/** Where the call goes after `attempt` misses (1 = the first). */
export function nextAttempt(attempt: number, now: Date, window: WindowFacts, opening: Opening): NextAttempt {
  if (attempt >= MAX_ATTEMPTS) return { kind: 'unreachable' }
  const today = dayOf(now, window.timeZone)
  if (attempt === 1) {
    const later = window.contactWindows.find(({ from }) => atTime(today, from, window.timeZone) > now)
    if (later)
      return { kind: 'again', openAt: inside(today, later, window.timeZone), overdueAt: endOfContacts(today, window) }
  }
  const day = nextOpenDay(opening, addDays(today, 1))
  // The same hour tends to fail again: another window each time.
  const span = window.contactWindows[attempt % Math.max(1, window.contactWindows.length)] ?? {
    from: '14:30',
    to: '17:30',
  }
  return { kind: 'again', openAt: inside(day, span, window.timeZone), overdueAt: endOfContacts(day, window) }
}

const inside = (day: Day, span: Span, timeZone: string): Date => addMs(atTime(day, span.from, timeZone), CALL_AFTER_MS)
