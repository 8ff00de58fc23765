/** When in a day a contact happens: greetings, the contact windows, one window per owner role. Pure. */
import { allowedSpans, type ContactClass, nextAllowed, type WindowFacts } from '../messaging/index.ts'
import {
  atTime,
  type Day,
  dayOf,
  type Interval,
  type Opening,
  type Span,
  spansOn,
  type TimeOfDay,
} from '../platform/calendar.ts'
import { addMs, HOUR_MS, instant, MINUTE_MS } from '../platform/clock.ts'
import { hashUnit } from '../platform/hash.ts'

const MARK_MS = 10 * MINUTE_MS
/** A call starts with a message, so it needs room behind it in its window. */
export const CALL_ROOM_MS = 30 * MINUTE_MS
/** What could not go out in the evening goes out at nine and is promised for two hours. */
const MORNING: TimeOfDay = '09:00'
const MORNING_MS = 2 * HOUR_MS

/** The hours after the treatment's end; a greeting that can't leave inside them is promised for the morning. */
export function greetingWindow(endedAt: Date, hours: number, window: WindowFacts): Interval {
  const to = addMs(endedAt, hours * HOUR_MS)
  const { at } = nextAllowed(endedAt, 'greeting', window)
  return at < to ? { from: endedAt, to } : morningOf(at, window)
}

function morningOf(at: Date, { timeZone, quietHours }: WindowFacts): Interval {
  const from = atTime(dayOf(at, timeZone), quietHours.to > MORNING ? quietHours.to : MORNING, timeZone)
  return { from, to: addMs(from, MORNING_MS) }
}

/**
 * Until when a step is still worth making: the end of its window. A greeting whose two hours run into the quiet hours is
 * still welcome in the morning.
 */
export function usefulUntil(windowTo: Date, contactClass: ContactClass, window: WindowFacts): Date {
  if (contactClass !== 'greeting') return windowTo
  const { at } = nextAllowed(windowTo, contactClass, window)
  return at > windowTo ? morningOf(at, window).to : windowTo
}

/** A call needs somebody at work: the windows of that day inside the opening hours, as far as the two meet. */
export function whenOpen(window: WindowFacts, opening: Opening, day: Day): WindowFacts {
  const open = spansOn(opening, day)
  const inside = (spans: readonly Span[]) =>
    open.flatMap((hours) => spans.map((span) => meet(span, hours)).filter((span): span is Span => span !== null))
  const windows = inside(window.contactWindows)
  const [wished] = window.preferredTime ? inside([window.preferredTime]) : []
  return { ...window, ...(windows.length > 0 ? { contactWindows: windows } : {}), preferredTime: wished ?? null }
}

function meet(a: Span, b: Span): Span | null {
  const span = { from: a.from > b.from ? a.from : b.from, to: a.to < b.to ? a.to : b.to }
  return span.from < span.to ? span : null
}

/** The end of a day's last contact window. */
export function endOfContacts(day: Day, window: WindowFacts): Date {
  const last = allowedSpans('care', window)?.at(-1)?.to ?? window.quietHours.from
  return atTime(day, last, window.timeZone)
}

/** The last instant of a day at which a contact can begin, by the store's windows: a wish is no reason to leave a day out. */
export function lastChance(day: Day, isCall: boolean, window: WindowFacts, opening: Opening): Date {
  const facts = { ...window, preferredTime: null }
  return isCall ? addMs(endOfContacts(day, whenOpen(facts, opening, day)), -CALL_ROOM_MS) : endOfContacts(day, facts)
}

/** What is left after `from` of a day's windows with room for the contact; the customer's own time first. */
function intervalsLeft(
  contactClass: ContactClass,
  day: Day,
  isCall: boolean,
  from: Date,
  window: WindowFacts,
): Interval[] {
  const left = (facts: WindowFacts): Interval[] =>
    (allowedSpans(contactClass, facts) ?? []).flatMap((span) => {
      const begin = atTime(day, span.from, window.timeZone)
      const interval = { from: begin > from ? begin : from, to: atTime(day, span.to, window.timeZone) }
      return interval.from < interval.to ? [interval] : []
    })
  const room = ({ from: begin, to }: Interval) => !isCall || Number(to) - Number(begin) >= CALL_ROOM_MS
  for (const facts of [window, { ...window, preferredTime: null }]) {
    const all = left(facts)
    const roomy = all.filter(room)
    if (roomy.length > 0) return roomy
    if (all.length > 0 && facts.preferredTime) return all
  }
  return left({ ...window, preferredTime: null })
}

/** Which of the roles that write to or call the customer that day: each has a window, or a part of one, of its own. */
export interface Lane {
  index: number
  of: number
}

/**
 * A ten-minute mark inside the lane's window, spread by the step's id and off the full and half hours, which everybody
 * uses. `from` when nothing of the day is left.
 */
export function pick(
  id: string,
  { contactClass, isCall }: { contactClass: ContactClass; isCall: boolean },
  day: Day,
  { index, of }: Lane,
  from: Date,
  window: WindowFacts,
): Date {
  const left = intervalsLeft(contactClass, day, isCall, from, window)
  if (left.length === 0) return from
  // With more lanes than intervals each interval is cut into as many equal parts.
  const cuts = Math.ceil(of / left.length)
  const lane = index % (left.length * cuts)
  const { from: opens, to: closes } = left[Math.floor(lane / cuts)] as Interval
  const length = (Number(closes) - Number(opens)) / cuts
  const begin = Number(opens) + (lane % cuts) * length
  const end = Number(opens) + ((lane % cuts) + 1) * length - (isCall ? CALL_ROOM_MS : 0)
  const first = Math.ceil(begin / MARK_MS) * MARK_MS
  const marks: number[] = []
  const quiet: number[] = []
  for (let at = first; at < end; at += MARK_MS) {
    marks.push(at)
    if (at % CALL_ROOM_MS !== 0) quiet.push(at)
  }
  const choices = quiet.length > 0 ? quiet : marks
  return instant(choices[Math.floor(hashUnit(id, 'time') * choices.length)] ?? begin)
}
