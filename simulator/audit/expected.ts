/**
 * What should have happened: the business's own table (domain, section 3), written by hand. It never looks at the clinic's
 * configuration or at the server's code, so that a step which is missing there is missed here.
 */
import { Temporal } from 'temporal-polyfill'

export interface Treatment {
  /** The number under which the clinic's system entered it. */
  externalId: string
  person: string
  code: string
  storeType: 'hospital' | 'clinic' | 'salon'
  storeId: string
  endedAt: Date
  enteredAt: Date
  /** When the clinic's own system took it back, or put its facts right. */
  cancelledAt?: Date
  correctedAt?: Date
}

export interface Calendar {
  /** Days on which the store is closed, `YYYY-MM-DD`. */
  closed: ReadonlySet<string>
  timeZone?: string
}

export interface Expected {
  pathway: string
  step: string
  row: Row
}

type When =
  | { hours: number }
  | { day: number }
  | { days: [number, number] }
  | { month: number }
  | { from: number; toMonth: number }
export interface Row {
  step: string
  when: When
  /** A person must make the contact: it avoids closed days. */
  needsPerson?: boolean
  /** Goes by itself on its day, whoever works. */
  guidance?: boolean
  /** Duty staff make it whatever the day. */
  neverMoves?: boolean
  /** Planned with a later room: photos and recommendations. */
  later?: boolean
}

const BASE: Row[] = [
  { step: 'greeting', when: { hours: 2 } },
  ...[1, 2, 3, 5, 7].map((day) => ({ step: `guidance_day${day}`, when: { day }, guidance: true })),
  { step: 'effect_day7', when: { day: 7 } },
  { step: 'effect_month1', when: { month: 1 } },
  { step: 'periodic_week1', when: { day: 7 } },
  { step: 'periodic_month1', when: { month: 1 } },
  { step: 'periodic_month3', when: { month: 3 } },
  { step: 'survey_month1', when: { month: 1 } },
  { step: 'photos_day7', when: { day: 7 }, later: true },
  { step: 'photos_month1', when: { month: 1 }, later: true },
  { step: 'recommendation', when: { from: 30, toMonth: 3 }, later: true },
]
const TREATMENT_CALL: Row[] = [
  { step: 'cs_2h', when: { hours: 2 } },
  { step: 'cs_day3', when: { day: 3 }, needsPerson: true },
  { step: 'cs_day7', when: { day: 7 }, needsPerson: true },
  { step: 'consultant_day1', when: { day: 1 }, needsPerson: true, neverMoves: true },
  { step: 'consultant_month', when: { from: 2, toMonth: 1 }, needsPerson: true },
]
const INJECTION: Row[] = [
  { step: 'day1', when: { day: 1 }, neverMoves: true },
  { step: 'days7_10', when: { days: [7, 10] }, needsPerson: true },
  { step: 'month1', when: { month: 1 }, needsPerson: true },
  { step: 'month3', when: { month: 3 } },
  { step: 'month6', when: { month: 6 } },
]
const INJECTIONS = new Set(['botulinum', 'hyaluronic_filler', 'skin_booster'])

/** Everything the table has, `later` rows included: the report shows them as such. */
export const TABLE: Record<string, readonly Row[]> = {
  base: BASE,
  treatment_call: TREATMENT_CALL,
  injection: INJECTION,
}

const SHANGHAI = 'Asia/Shanghai'
const HOUR_MS = 3_600_000
/** Domain, section 5: the last contact window of a day ends then; a call needs half an hour before it. */
const LAST_CONTACT = '20:30'
const LAST_CALL = '20:00'

const zoneOf = ({ timeZone = SHANGHAI }: Calendar): string => timeZone
const local = (at: Date, zone: string) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone)
const instant = (day: Temporal.PlainDate, time: string, timeZone: string): Date =>
  new Date(day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds)

/** The rows of the table that a treatment is promised. */
export function expectedOf({ storeType, code }: Treatment): Expected[] {
  const pathways = [
    'base',
    ...(storeType === 'hospital' ? ['treatment_call'] : []),
    ...(INJECTIONS.has(code) ? ['injection'] : []),
  ]
  return pathways.flatMap((pathway) =>
    (TABLE[pathway] ?? []).filter(({ later }) => !later).map((row) => ({ pathway, step: row.step, row })),
  )
}

export const rowOf = (pathway: string, step: string): Row | null =>
  TABLE[pathway]?.find((row) => row.step === step && !row.later) ?? null

export interface Window {
  from: Date
  to: Date
  /** Nobody who enters the treatment after this can be expected to keep the promise. */
  lastChance: Date
}

/** The promise's own window. `carriedBy`: the row of the contact that it is merged into, which may need a person. */
export function windowOf(row: Row, { endedAt }: Treatment, calendar: Calendar, carriedBy: Row | null = null): Window {
  const zone = zoneOf(calendar)
  const ended = local(endedAt, zone)
  const day0 = ended.toPlainDate()
  const { when } = row
  if ('hours' in when) {
    const window = greetingWindow(endedAt, ended, when.hours, zone)
    return { ...window, lastChance: window.to }
  }
  const [first, last] =
    'day' in when
      ? [day0.add({ days: when.day }), day0.add({ days: when.day })]
      : 'days' in when
        ? [day0.add({ days: when.days[0] }), day0.add({ days: when.days[1] })]
        : 'month' in when
          ? [day0.add({ months: when.month }), day0.add({ months: when.month })]
          : [day0.add({ days: when.from }), day0.add({ months: when.toMonth })]
  const days = (from: Temporal.PlainDate, to: Temporal.PlainDate): Window => ({
    from: instant(from, '00:00', zone),
    to: instant(to.add({ days: 1 }), '00:00', zone),
    lastChance: instant(to, row.needsPerson ? LAST_CALL : LAST_CONTACT, zone),
  })
  const needsPerson = !row.guidance && (row.needsPerson || carriedBy?.needsPerson)
  if (!needsPerson || row.neverMoves || carriedBy?.neverMoves) return days(first, last)
  let open = first
  while (calendar.closed.has(open.toString())) open = open.add({ days: 1 })
  // The whole window is closed: the contact and its window move to the next opening day.
  return Temporal.PlainDate.compare(open, last) > 0 ? days(open, open) : days(first, last)
}

/** Two hours; ended after 23:00, or in the night so that two hours end before nine, from nine to eleven in the morning. */
function greetingWindow(endedAt: Date, ended: Temporal.ZonedDateTime, hours: number, zone: string) {
  const minutes = ended.hour * 60 + ended.minute + ended.second / 60
  const morning = (day: Temporal.PlainDate) => ({ from: instant(day, '09:00', zone), to: instant(day, '11:00', zone) })
  if (minutes > 23 * 60) return morning(ended.toPlainDate().add({ days: 1 }))
  if (minutes <= (9 - hours) * 60) return morning(ended.toPlainDate())
  return { from: endedAt, to: new Date(endedAt.getTime() + hours * HOUR_MS) }
}

/** Between nine in the evening and nine in the morning nobody is written to; greetings may go until eleven. */
export function isAtNight(at: Date, row: Row, calendar: Calendar): boolean {
  const { hour } = local(at, zoneOf(calendar))
  return hour < 9 || hour >= ('hours' in row.when ? 23 : 21)
}
