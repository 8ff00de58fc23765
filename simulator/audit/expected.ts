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
}

export interface Calendar {
  /** Days on which the store is closed, `YYYY-MM-DD`. */
  closed: ReadonlySet<string>
}

export interface Expected {
  pathway: string
  step: string
  /** A person must make the contact: it avoids closed days. */
  needsPerson: boolean
  from: Date
  to: Date
}

type When =
  | { hours: number }
  | { day: number }
  | { days: [number, number] }
  | { month: number }
  | { from: number; toMonth: number }
interface Row {
  step: string
  when: When
  needsPerson?: boolean
  /** Duty staff make it whatever the day. */
  neverMoves?: boolean
  /** Planned with a later room: photos and recommendations. */
  later?: boolean
}

const BASE: Row[] = [
  { step: 'greeting', when: { hours: 2 } },
  ...[1, 2, 3, 5, 7].map((day) => ({ step: `guidance_day${day}`, when: { day } })),
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
  { step: 'day1', when: { day: 1 } },
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

const ZONE = 'Asia/Shanghai'
const zoned = (at: Date) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(ZONE)
const startOf = (day: Temporal.PlainDate, time = '00:00') =>
  new Date(day.toZonedDateTime({ timeZone: ZONE, plainTime: time }).epochMilliseconds)

export function expectedOf(treatment: Treatment, calendar: Calendar): Expected[] {
  const pathways = [
    'base',
    ...(treatment.storeType === 'hospital' ? ['treatment_call'] : []),
    ...(INJECTIONS.has(treatment.code) ? ['injection'] : []),
  ]
  return pathways.flatMap((pathway) =>
    (TABLE[pathway] ?? [])
      .filter(({ later }) => !later)
      .map((row) => ({
        pathway,
        step: row.step,
        needsPerson: row.needsPerson ?? false,
        ...windowOf(row, treatment, calendar),
      })),
  )
}

function windowOf(
  { when, needsPerson = false, neverMoves = false }: Row,
  { endedAt }: Treatment,
  { closed }: Calendar,
): { from: Date; to: Date } {
  const ended = zoned(endedAt)
  const day0 = ended.toPlainDate()
  if ('hours' in when) {
    if (ended.hour === 23 && (ended.minute > 0 || ended.second > 0))
      return { from: startOf(day0.add({ days: 1 }), '09:00'), to: startOf(day0.add({ days: 1 }), '11:00') }
    return { from: endedAt, to: new Date(endedAt.getTime() + when.hours * 3_600_000) }
  }
  const [first, last] =
    'day' in when
      ? [day0.add({ days: when.day }), day0.add({ days: when.day })]
      : 'days' in when
        ? [day0.add({ days: when.days[0] }), day0.add({ days: when.days[1] })]
        : 'month' in when
          ? [day0.add({ months: when.month }), day0.add({ months: when.month })]
          : [day0.add({ days: when.from }), day0.add({ months: when.toMonth })]
  if (needsPerson && !neverMoves) {
    let open = first
    while (closed.has(open.toString()) && Temporal.PlainDate.compare(open, last) <= 0) open = open.add({ days: 1 })
    // The whole window is closed: the contact and its window move to the next opening day.
    if (Temporal.PlainDate.compare(open, last) > 0) {
      while (closed.has(open.toString())) open = open.add({ days: 1 })
      return { from: startOf(open), to: startOf(open.add({ days: 1 })) }
    }
  }
  return { from: startOf(first), to: startOf(last.add({ days: 1 })) }
}
