/**
 * What should have happened to a treatment: the rows of the table that it is promised, and when. Its own arithmetic, apart
 * from the server's: days are counted here a second time.
 */
import { Temporal } from 'temporal-polyfill'
import { OWN, type Row, TABLE, usualSutures } from './table.ts'

export interface Treatment {
  /** The number under which the clinic's system entered it. */
  externalId: string
  person: string
  /** What it is, when it is no treatment. */
  record?: 'appointment' | 'purchase' | 'consultation'
  code: string
  technique?: string
  /** Kinds of products, of a purchase. */
  products?: string[]
  storeType: 'hospital' | 'clinic' | 'salon'
  storeId: string
  /** Of an appointment, when it begins. */
  endedAt: Date
  enteredAt: Date
  /** When the clinic's own system took it back, or put its facts right. */
  cancelledAt?: Date
  correctedAt?: Date
  /** Of an appointment: when it was cancelled, or the customer had come. */
  overAt?: Date
  /** What was put right, oldest first: these facts held until then. */
  earlier?: { until: Date; was: Partial<Treatment> }[]
  /** Days that the clinic has told, `YYYY-MM-DD`. */
  suturesOn?: string | 'none'
  nextSessionOn?: string | 'none'
  /** Stays in hospital after it … */
  inHospital?: boolean
  /** … until then; while nobody has said, she is still there. */
  dischargedOn?: string
  course?: { session: number; of: number }
  /** When the next session took place, and further operations: the judge finds them among the person's treatments. */
  nextDoneOn?: string | undefined
  /** When the next session was entered. */
  nextDoneAt?: Date | undefined
  operatedOn?: Operation[]
  /** When the next session's day became known by a booking. */
  nextToldAt?: Date
  /** What the clinic's people have moved or cancelled by hand, by the clinic's own record: each step that they named. */
  movedByHand?: readonly HandMove[]
  /** Of a consultation: when it was closed without a purchase; and when the person bought, which the judge finds. */
  closedAt?: Date
  boughtAt?: Date | undefined
}

/** A further operation: its day, and after how many days its stitches come out (0: none, or not said). */
export interface Operation {
  on: string
  suturesAfter: number
}

export interface HandMove {
  pathway: string
  step: string
  /** Its day, or the first and last one of its days; null: cancelled. */
  to: string | readonly [string, string] | null
  at: Date
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

const SHANGHAI = 'Asia/Shanghai'
const HOUR_MS = 3_600_000
/** Domain, section 5: the last contact window of a day ends then; a call needs half an hour before it. */
const LAST_CONTACT = '20:30'
const LAST_CALL = '20:00'

const zoneOf = ({ timeZone = SHANGHAI }: Calendar): string => timeZone
const local = (at: Date, zone: string) => Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(zone)
const instant = (day: Temporal.PlainDate, time: string, timeZone: string): Date =>
  new Date(day.toZonedDateTime({ timeZone, plainTime: time }).epochMilliseconds)

const pathwaysOf = ({ record, storeType, code, course }: Treatment): string[] => {
  if (record === 'appointment') return ['appointment']
  if (record === 'consultation') return ['consulted']
  const own = OWN[code]
  if (record === 'purchase' || own === 'product') return ['product']
  return [
    'base',
    ...(storeType === 'hospital' ? ['treatment_call'] : []),
    ...(own ? [String(own)] : []),
    ...(course ? ['course'] : []),
  ]
}

/** Every row that the treatment may have, whether or not its day was ever said. */
export const possibleOf = (treatment: Treatment): Expected[] =>
  pathwaysOf(treatment).flatMap((pathway) =>
    (TABLE[pathway] ?? []).filter(({ later }) => !later).map((row) => ({ pathway, step: row.step, row })),
  )

/** The rows of the table that a treatment is promised. */
export const expectedOf = (treatment: Treatment): Expected[] =>
  possibleOf(treatment).filter(
    ({ pathway, row }) =>
      !row.staff &&
      (row.of === undefined || dayOf(row, treatment) !== null || isSetByHand(pathway, row, treatment)) &&
      isOfCourse(row, treatment) &&
      isOfProduct(row, treatment),
  )

/** Nobody has said the day that it hangs on, and somebody has set its own. */
const isSetByHand = (
  pathway: string,
  { step, of }: Row,
  { movedByHand, nextSessionOn, suturesOn }: Treatment,
): boolean =>
  (of === 'next session' ? nextSessionOn : suturesOn) !== 'none' &&
  (movedByHand ?? []).some((one) => one.pathway === pathway && one.step === step)

const isLast = ({ course }: Treatment) => course !== undefined && course.session === course.of
const isOfCourse = ({ session }: Row, treatment: Treatment) => !session || (session === 'last') === isLast(treatment)
const isOfProduct = ({ product }: Row, { products, technique }: Treatment) =>
  product === undefined || (products ?? [technique ?? 'skin_care']).includes(product)

const dateOf = (text: string) => Temporal.PlainDate.from(text)

/** The day that a row counts from; null where nobody has said it, or where there is none. */
function dayOf({ of }: Row, treatment: Treatment, zone = SHANGHAI): Temporal.PlainDate | null {
  const own = local(treatment.endedAt, zone).toPlainDate()
  if (of === undefined || of === 'appointment' || of === 'consultation') return own
  if (of === 'next session') {
    const { nextSessionOn } = treatment
    return nextSessionOn === undefined || nextSessionOn === 'none' ? null : dateOf(nextSessionOn)
  }
  return suturesOf(treatment, own)
}

function suturesOf({ suturesOn, code, technique }: Treatment, own: Temporal.PlainDate): Temporal.PlainDate | null {
  if (suturesOn !== undefined) return suturesOn === 'none' ? null : dateOf(suturesOn)
  const usual = usualSutures(code, technique)
  return typeof usual === 'number' ? own.add({ days: usual }) : null
}

type Days = [Temporal.PlainDate, Temporal.PlainDate]
const isAfter = (a: Temporal.PlainDate, b: Temporal.PlainDate) => Temporal.PlainDate.compare(a, b) > 0

function spanOf({ when }: Row, day: Temporal.PlainDate): Days {
  if ('days' in when) return [day.add({ days: when.days[0] }), day.add({ days: when.days[1] })]
  if ('from' in when) return [day.add({ days: when.from }), day.add({ months: when.toMonth })]
  if ('month' in when) {
    const on = day.add({ months: when.month })
    return [on, on.add({ days: when.within ?? 0 })]
  }
  const on = 'day' in when ? day.add({ days: when.day }) : day
  return [on, on]
}

/** First and last day, after everything that domain 4 says of late sutures and further operations. */
function daysOf(row: Row, treatment: Treatment, zone: string): Days {
  const day = dayOf(row, treatment, zone) ?? local(treatment.endedAt, zone).toPlainDate()
  const own = spanOf(row, day)
  if (row.of !== undefined) return own
  const behind = (span: Days, after: number): Days =>
    row.afterSutures && after >= LATE_SUTURES
      ? [span[0].add({ days: after - 7 }), span[1].add({ days: after - 7 })]
      : span
  let days = behind(own, suturesAfter(treatment, day))
  // What was still to come on the day of a further operation counts from it, and is one with that operation's own.
  for (const further of treatment.operatedOn ?? []) {
    const operated = dateOf(further.on)
    if (isAfter(days[0], operated)) days = behind(spanOf(row, operated), further.suturesAfter)
  }
  return days
}

/** Domain, section 4: from then on the contact of day 10 waits for the stitches. */
const LATE_SUTURES = 10
export function suturesAfter(treatment: Treatment, day: Temporal.PlainDate): number {
  const sutures = suturesOf(treatment, day)
  return sutures ? day.until(sutures, { largestUnit: 'days' }).days : 0
}

function openFrom(first: Temporal.PlainDate, { closed }: Calendar): Temporal.PlainDate {
  let open = first
  while (closed.has(open.toString())) open = open.add({ days: 1 })
  return open
}
const laterOf = (day: Temporal.PlainDate, other: string | undefined) =>
  other !== undefined && isAfter(dateOf(other), day) ? dateOf(other) : day

/** Why a row is not due although its day is known: the world's own reasons, by the server's names for them. */
export function takenBy(row: Row, treatment: Treatment, calendar: Calendar): string | null {
  const zone = zoneOf(calendar)
  const { course, nextDoneOn, inHospital, dischargedOn } = treatment
  if (row.consultant && course && course.session !== 1 && !isLast(treatment)) return 'course_between'
  const [first, last] =
    'hours' in row.when ? spanOf(row, local(treatment.endedAt, zone).toPlainDate()) : daysOf(row, treatment, zone)
  if (nextDoneOn) {
    const next = dateOf(nextDoneOn)
    // Whoever came as arranged was to be reminded before that.
    if (row.of === 'next session' ? !isAfter(next, last) : (row.untilNext || course) && isAfter(first, next))
      return 'superseded_by_session'
  }
  if (inHospital && !dischargedOn) return 'covered_in_hospital'
  if (dischargedOn && isAfter(dateOf(dischargedOn), last)) return 'covered_in_hospital'
  // A closure moves a call to a day after the session: there it falls, too.
  const endsWithNext = row.of === undefined && (row.untilNext || course) && row.needsPerson && !row.neverMoves
  return nextDoneOn && endsWithNext && isAfter(openFrom(laterOf(first, dischargedOn), calendar), dateOf(nextDoneOn))
    ? 'superseded_by_session'
    : null
}

/** The treatment as it was recorded before each correction, and until when. */
export function formerly(treatment: Treatment): { until: Date; treatment: Treatment }[] {
  let facts = treatment
  return [...(treatment.earlier ?? [])].reverse().map(({ until, was }) => {
    facts = { ...facts, ...was }
    return { until, treatment: facts }
  })
}

/** When everything was known that the row's days hang on: a window that the next session has cut ended when that was entered. */
export function knownAt(row: Row, treatment: Treatment, calendar: Calendar): Date {
  const { enteredAt, correctedAt, nextToldAt, nextDoneOn, nextDoneAt, course } = treatment
  const isCut =
    nextDoneOn !== undefined &&
    !('hours' in row.when) &&
    (row.untilNext || course !== undefined) &&
    isAfter(daysOf(row, treatment, zoneOf(calendar))[1], dateOf(nextDoneOn))
  const told = [
    enteredAt,
    correctedAt,
    row.of === 'next session' ? nextToldAt : undefined,
    isCut ? nextDoneAt : undefined,
  ]
  return new Date(Math.max(...told.map((at) => at?.getTime() ?? 0)))
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
export function windowOf(row: Row, treatment: Treatment, calendar: Calendar, carriedBy: Row | null = null): Window {
  const zone = zoneOf(calendar)
  const { endedAt } = treatment
  const ended = local(endedAt, zone)
  const { when } = row
  if ('hours' in when) {
    const window = greetingWindow(endedAt, ended, when.hours, zone)
    return { ...window, lastChance: window.to }
  }
  let [first, last] = daysOf(row, treatment, zone)
  const { dischargedOn, nextDoneOn, course } = treatment
  // What is taken away as a whole keeps its days: it was promised for them.
  const isLeft = takenBy(row, treatment, calendar) === null
  if (isLeft) first = laterOf(first, dischargedOn)
  if (isLeft && nextDoneOn && (row.untilNext || course) && isAfter(last, dateOf(nextDoneOn))) last = dateOf(nextDoneOn)
  return spread([first, last], row, calendar, carriedBy)
}

/** Days as a window: a contact that needs a person moves to the next opening day when all of them are closed. */
export function spread(
  [first, last]: readonly [Temporal.PlainDate, Temporal.PlainDate],
  row: Row,
  calendar: Calendar,
  carriedBy: Row | null,
): Window {
  const zone = zoneOf(calendar)
  const days = (from: Temporal.PlainDate, to: Temporal.PlainDate): Window => ({
    from: instant(from, '00:00', zone),
    to: instant(to.add({ days: 1 }), '00:00', zone),
    lastChance: instant(lastWorked(from, to), row.needsPerson ? LAST_CALL : LAST_CONTACT, zone),
  })
  // Nobody makes a call on a closed day at the end.
  const lastWorked = (from: Temporal.PlainDate, to: Temporal.PlainDate) => {
    let day = to
    while (moves && calendar.closed.has(day.toString()) && isAfter(day, from)) day = day.subtract({ days: 1 })
    return day
  }
  const needsPerson = !row.guidance && (row.needsPerson || carriedBy?.needsPerson)
  const moves = needsPerson && !row.neverMoves && !carriedBy?.neverMoves
  if (!moves) return days(first, last)
  const open = openFrom(first, calendar)
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
