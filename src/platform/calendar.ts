/**
 * Days, months and opening hours in a store's own zone. Days are `YYYY-MM-DD` text, instants are UTC Dates.
 * Day arithmetic is Temporal's; nothing here reads a clock.
 */
import chineseDays from 'chinese-days/dist/chinese-days.json' with { type: 'json' }
import { Temporal } from 'temporal-polyfill'
import { instant } from './clock.ts'

/** A calendar day, `YYYY-MM-DD`, in the zone that the context names. */
export type Day = string
/** Wall time of a day, `HH:MM`; `24:00` is the end of the day. */
export type TimeOfDay = string
export interface Span {
  from: TimeOfDay
  to: TimeOfDay
}
export interface Interval {
  from: Date
  to: Date
}

export const DEFAULT_ZONE = 'Asia/Shanghai'
export const WEEKDAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** Per function: a few years of days in a few zones. */
const REMEMBERED = 20_000

/** The same days and times of day are asked for all the time, and Temporal takes its time: each question is answered once. */
function remembering<Of extends string | number, With extends string | number, A extends string | number>(
  answer: (of: Of, by: With) => A,
): (of: Of, by: With) => A {
  const known = new Map<With, Map<Of, A>>()
  let size = 0
  return (of, by) => {
    let some = known.get(by)
    const remembered = some?.get(of)
    if (remembered !== undefined) return remembered
    const fresh = answer(of, by)
    if (size >= REMEMBERED) {
      known.clear()
      size = 0
      some = undefined
    }
    if (!some) {
      some = new Map()
      known.set(by, some)
    }
    some.set(of, fresh)
    size += 1
    return fresh
  }
}

const zoned = (milliseconds: number, zone: string) =>
  Temporal.Instant.fromEpochMilliseconds(milliseconds).toZonedDateTimeISO(zone)
const dayAt = remembering(
  (milliseconds: number, zone: string): Day => zoned(milliseconds, zone).toPlainDate().toString(),
)

export const dayOf = (at: Date, zone: string): Day => dayAt(at.getTime(), zone)
export const timeOfDay = (at: Date, zone: string): TimeOfDay =>
  zoned(at.getTime(), zone).toPlainTime().toString({ smallestUnit: 'minute' })
export const addDays = remembering(
  (day: Day, days: number): Day => Temporal.PlainDate.from(day).add({ days }).toString(),
)
/** A calendar month later, clamped at the month's end: 31 January + 1 month = 28 or 29 February. */
export const addMonths = remembering(
  (day: Day, months: number): Day => Temporal.PlainDate.from(day).add({ months }, { overflow: 'constrain' }).toString(),
)
export const daysBetween = remembering(
  (from: Day, to: Day): number =>
    Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to), { largestUnit: 'days' }).days,
)
const weekdayAt = remembering(
  (day: Day, _: 'iso'): Weekday => WEEKDAYS[Temporal.PlainDate.from(day).dayOfWeek - 1] as Weekday,
)
export const weekdayOf = (day: Day): Weekday => weekdayAt(day, 'iso')

/** The instant of a wall time on a day. In a daylight-saving gap the later instant is taken, as Temporal's default does. */
export function atTime(day: Day, time: TimeOfDay, zone: string): Date {
  if (time === '24:00') return atTime(addDays(day, 1), '00:00', zone)
  return instant(millisecondsAt(day, time, zone))
}
/** One memory per zone: a day and a time of day then find their instant without a key being built. */
const zones = new Map<string, (day: Day, time: TimeOfDay) => number>()
function millisecondsAt(day: Day, time: TimeOfDay, zone: string): number {
  let here = zones.get(zone)
  if (!here) {
    here = remembering(
      (on: Day, plainTime: TimeOfDay): number =>
        Temporal.PlainDate.from(on).toZonedDateTime({ timeZone: zone, plainTime }).epochMilliseconds,
    )
    zones.set(zone, here)
  }
  return here(day, time)
}

/** The next time after `after` that the wall clock of a zone shows `time`. */
export function nextWallTime(after: Date, time: TimeOfDay, zone: string): Date {
  const today = dayOf(after, zone)
  const at = atTime(today, time, zone)
  return at > after ? at : atTime(addDays(today, 1), time, zone)
}

/** The whole day as a half-open interval [00:00, 24:00). */
export const dayInterval = (day: Day, zone: string): Interval => ({
  from: atTime(day, '00:00', zone),
  to: atTime(day, '24:00', zone),
})
export const daysInterval = (first: Day, last: Day, zone: string): Interval => ({
  from: atTime(first, '00:00', zone),
  to: atTime(last, '24:00', zone),
})
export const intersect = (a: Interval, b: Interval): Interval | null => {
  const from = a.from > b.from ? a.from : b.from
  const to = a.to < b.to ? a.to : b.to
  return from < to ? { from, to } : null
}

/** Parses `09:00-21:00` or `11:00-12:30,14:30-17:30`; the caller has validated the text. */
export const parseSpans = (text: string): Span[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [from = '', to = ''] = part.split('-').map((side) => side.trim())
      return { from, to }
    })

export const isTimeOfDay = (text: string): boolean => /^([01]\d|2[0-3]):[0-5]\d$|^24:00$/.test(text)

/** When a store is open: weekly spans with dated exceptions (an empty list = closed that day). Default: daily 09:00–21:00. */
export interface Opening {
  weekly: Record<Weekday, Span[]>
  exceptions: { on: Day; spans: Span[]; reason: string }[]
}

export const dailyOpening = (spans: Span[] = [{ from: '09:00', to: '21:00' }]): Opening => ({
  weekly: Object.fromEntries(WEEKDAYS.map((day) => [day, spans])) as Record<Weekday, Span[]>,
  exceptions: [],
})

export const spansOn = (opening: Opening, day: Day): Span[] =>
  opening.exceptions.find((exception) => exception.on === day)?.spans ?? opening.weekly[weekdayOf(day)]
/** An opening day is what a pathway calls a working day; a public holiday closes nothing by itself. */
export const isOpenOn = (opening: Opening, day: Day): boolean => spansOn(opening, day).length > 0

// Nobody closes for longer; a wrong calendar must not loop for ever.
const MAX_CLOSED_DAYS = 400
/** The first open day on or after `day`; `day` itself when nothing is open for over a year (a calendar mistake). */
export function nextOpenDay(opening: Opening, day: Day): Day {
  let candidate = day
  for (let i = 0; i < MAX_CLOSED_DAYS; i++) {
    if (isOpenOn(opening, candidate)) return candidate
    candidate = addDays(candidate, 1)
  }
  return day
}

/** When a store opens again; null: it is open now. */
export function opensAgain(opening: Opening, now: Date, zone: string): Date | null {
  const today = dayOf(now, zone)
  const spans = spansOn(opening, today).map(({ from, to }) => ({
    from: atTime(today, from, zone),
    to: atTime(today, to, zone),
  }))
  if (spans.some(({ from, to }) => from <= now && now < to)) return null
  const later = spans.find(({ from }) => from > now)
  if (later) return later.from
  const next = nextOpenDay(opening, addDays(today, 1))
  return atTime(next, spansOn(opening, next)[0]?.from ?? '09:00', zone)
}

// The library's data, not its functions: those read `YYYY-MM-DD` as UTC and then ask for the machine's weekday.
const lawful = chineseDays as { holidays: Record<Day, string>; workdays: Record<Day, string> }
const nameIn = (entry: string | undefined): string | null => entry?.split(',')[1] ?? null

/** Whether a day counts for legal clocks: Monday–Friday, minus public holidays, plus 调休 working weekends. */
export const isOfficeDay = (day: Day): boolean =>
  lawful.workdays[day] !== undefined || (lawful.holidays[day] === undefined && !['sat', 'sun'].includes(weekdayOf(day)))
const knownYears = new Set(Object.keys(lawful.holidays).map((day) => day.slice(0, 4)))
/** Whether the public holidays of that day's year are known; they are published late in the year before. */
export const knowsHolidays = (day: Day): boolean => knownYears.has(day.slice(0, 4))
/** The Chinese public holiday's name on that day, or null. */
export const holidayName = (day: Day): string | null => nameIn(lawful.holidays[day])
