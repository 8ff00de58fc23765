/** What a step does when its hour comes, and where a call goes that nobody took. Pure. */
import type { Customer } from '../customers/index.ts'
import { allowedSpans, type ContactClass, nextAllowed, type WindowFacts } from '../messaging/index.ts'
import {
  addDays,
  atTime,
  type Day,
  dayInterval,
  dayOf,
  type Interval,
  isOpenOn,
  nextOpenDay,
  type Opening,
} from '../platform/calendar.ts'
import { addMs, DAY_MS, MINUTE_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Treatment } from '../treatments/index.ts'
import type { DueStep } from './model.ts'
import { CALL_ROOM_MS, endOfContacts, usefulUntil, whenOpen } from './timing.ts'

export type Firing =
  | { do: 'message' }
  /** Message first; the card follows so that the customer has read it. */
  | { do: 'call'; openAt: Date; overdueAt: Date }
  /** Somebody on our side decides. */
  | { do: 'ask'; overdueAt: Date }
  /** `window`: the promise moved along. */
  | { do: 'wait'; at: Date; reason: Reason; window?: Interval }
  | { do: 'end'; status: 'skipped' | 'missed' | 'done'; reason: Reason }

export interface FiringFacts {
  customer: Customer | undefined
  treatment:
    | (Pick<Treatment, 'status'> & Partial<Pick<Treatment, 'inHospital' | 'dischargedOn'>> & { overBy?: Reason })
    | undefined
  opening: Opening
  window: WindowFacts
  /** A case of the customer is open: nothing is offered. */
  isAbnormal?: boolean
}

/** Between the announcing message and the call. */
export const CALL_AFTER_MS = 10 * MINUTE_MS

export function decide(step: DueStep, facts: FiringFacts, now: Date): Firing {
  const { customer, treatment, opening, window, isAbnormal = false } = facts
  // Whoever reads the wish last wins: nobody is called either whose card is out already.
  const stopped = whyNot(customer, treatment, step.contactClass)
  const tomorrow = atTime(addDays(dayOf(now, window.timeZone), 1), '00:00', window.timeZone)
  // The ward has the customer today; what has further days is due on these.
  if (stopped === 'covered_in_hospital' && step.status === 'planned' && tomorrow < step.windowTo)
    return { do: 'wait', at: nextAllowed(tomorrow, step.contactClass, window, step.windowTo).at, reason: stopped }
  if (stopped) return { do: 'end', status: 'skipped', reason: stopped }
  if (step.status === 'calling') return checkCall(step, window, now)
  if (step.action === 'task') return decideTask(window, opening, now)
  const until = usefulUntil(step.windowTo, step.contactClass, window)
  // Too late to be useful: a burst after an outage helps nobody.
  if (now >= until) return { do: 'end', status: 'missed', reason: 'late' }
  if (isAbnormal && step.contactClass === 'promotion') {
    // Held day by day: whoever is well again in time may still hear of it.
    const at = addMs(now, DAY_MS)
    return at < until
      ? { do: 'wait', at, reason: 'abnormal_case' }
      : { do: 'end', status: 'skipped', reason: 'abnormal_case' }
  }
  const today = dayOf(now, window.timeZone)
  if (step.action === 'call' && !step.neverMoves && !isOpenOn(opening, today)) {
    const day = nextOpenDay(opening, addDays(today, 1))
    const moved = dayInterval(day, window.timeZone)
    const { at } = nextAllowed(moved.from, step.contactClass, whenOpen(window, opening, day), moved.to)
    return { do: 'wait', at, reason: 'store_closed', ...(at < step.windowTo ? {} : { window: moved }) }
  }
  const hours = step.action === 'call' ? whenOpen(window, opening, today) : window
  const { at, reason } = nextAllowed(now, step.contactClass, hours, until)
  if (reason && at > now) return at < until ? { do: 'wait', at, reason } : { do: 'end', status: 'missed', reason }
  if (step.action === 'message') return { do: 'message' }
  return { do: 'call', ...callTimes(now, hours) }
}

/** A decision is asked for on a day that somebody works, however late. */
function decideTask(window: WindowFacts, opening: Opening, now: Date): Firing {
  const today = dayOf(now, window.timeZone)
  const end = endOfContacts(today, whenOpen(window, opening, today))
  if (isOpenOn(opening, today) && now < end) return { do: 'ask', overdueAt: end }
  const day = nextOpenDay(opening, addDays(today, 1))
  const { at } = nextAllowed(dayInterval(day, window.timeZone).from, 'care', whenOpen(window, opening, day))
  return { do: 'wait', at, reason: isOpenOn(opening, today) ? 'outside_window' : 'store_closed' }
}

/** Why a customer is not contacted at all about this treatment. */
export function whyNot(
  customer: Customer | undefined,
  treatment: FiringFacts['treatment'],
  contactClass: ContactClass = 'care',
): Reason | null {
  if (treatment?.status === 'cancelled') return treatment.overBy ?? 'treatment_cancelled'
  if (!customer) return 'superseded'
  if (customer.deceased) return 'deceased'
  if (customer.optOut.all) return 'opted_out'
  if (customer.optOut.promotion && contactClass === 'promotion') return 'promotion_opted_out'
  // Nobody has said yet until when: whoever is there is cared for by the ward.
  return treatment?.inHospital && treatment.dischargedOn === null ? 'covered_in_hospital' : null
}

/** When the card of a call comes that is announced at `at`, and until when the call should be made. */
export function callTimes(at: Date, window: WindowFacts): { openAt: Date; overdueAt: Date } {
  const openAt = addMs(at, CALL_AFTER_MS)
  const end = endOfContacts(dayOf(at, window.timeZone), window)
  const soonest = addMs(at, CALL_ROOM_MS)
  return { openAt, overdueAt: end > soonest ? end : soonest }
}

/** The card was out all day and nothing came back: carried over inside its window, then missed. */
function checkCall(step: DueStep, window: WindowFacts, now: Date): Firing {
  if (step.calls.length > 0) return { do: 'end', status: 'done', reason: 'not_reached' }
  if (now >= step.windowTo) return { do: 'end', status: 'missed', reason: 'staff_overdue' }
  const tomorrow = endOfContacts(addDays(dayOf(now, window.timeZone), 1), window)
  const at = tomorrow < step.windowTo ? tomorrow : step.windowTo
  // A step of one day has only the rest of that day.
  return { do: 'wait', at, reason: at === tomorrow ? 'carried_over' : 'staff_overdue' }
}

/** After the due day the call is tried on so many open days more (domain 5, numbers ours). */
const FURTHER_DAYS = 2
/** Calls on the due day, in different windows. */
const ON_DUE_DAY = 2

export type NextAttempt = { kind: 'again'; openAt: Date; overdueAt: Date } | { kind: 'unreachable' }

/** Where the call goes after misses at `missedAt`, oldest first; the last one is now. */
export function nextAttempt(missedAt: readonly Date[], now: Date, window: WindowFacts, opening: Opening): NextAttempt {
  const { timeZone } = window
  const days = missedAt.map((at) => dayOf(at, timeZone))
  const today = dayOf(now, timeZone)
  const spansOf = (day: Day) => allowedSpans('care', whenOpen(window, opening, day)) ?? []
  const again = (day: Day, from: string): NextAttempt => {
    const openAt = addMs(atTime(day, from, timeZone), CALL_AFTER_MS)
    return { kind: 'again', openAt, overdueAt: endOfContacts(day, whenOpen(window, opening, day)) }
  }
  if (days.every((day) => day === today) && days.length < ON_DUE_DAY) {
    const later = spansOf(today).find(({ from }) => atTime(today, from, timeZone) > now)
    if (later) return again(today, later.from)
  }
  const further = new Set(days.filter((day) => day !== days[0])).size
  if (further >= FURTHER_DAYS) return { kind: 'unreachable' }
  const day = nextOpenDay(opening, addDays(today, 1))
  const spans = spansOf(day)
  // The same hour tends to fail again: a window that was not tried, else another one than last time.
  const tried = missedAt.map((at) =>
    spans.findLastIndex(({ from }) => atTime(dayOf(at, timeZone), from, timeZone) <= at),
  )
  const untried = spans.findIndex((_, i) => !tried.includes(i))
  const next = untried >= 0 ? untried : ((tried.at(-1) ?? 0) + 1) % Math.max(1, spans.length)
  return again(day, spans[next]?.from ?? '14:30')
}
