/** What a plan hangs on beside its own record: later sessions, booked visits, further operations, the ward. Pure. */
import { type Day, dayOf } from '../platform/calendar.ts'
import type { Store } from '../staff/index.ts'
import type { Appointment, Treatment, TreatmentKind } from '../treatments/index.ts'
import type { AnchorDay, SutureDay } from './anchors.ts'
import type { PlanFacts } from './drafts.ts'
import { type MatchFacts, matches, type Pathway } from './pathway.ts'
import { type Subject, subjectOf } from './subjects.ts'
import type { Anchor } from './types.ts'

/** Of one customer. */
export interface History {
  treatments: readonly Treatment[]
  appointments: readonly Appointment[]
}

export const matchFacts = (subject: Subject, kind: TreatmentKind, { type }: Pick<Store, 'type'>): MatchFacts => ({
  code: kind.code,
  category: kind.category,
  storeType: type,
  techniques: techniquesOf(subject, kind),
  course: placeOf(subject),
  isAppointment: subject.record === 'appointment',
  isConsultation: subject.record === 'consultation',
})

const techniquesOf = ({ technique, products }: Subject, { category }: TreatmentKind): readonly string[] =>
  products ?? (technique === null ? (category === 'product' ? ['skin_care'] : []) : [technique])

const placeOf = ({ course }: Pick<Treatment, 'course'>) =>
  course && { isFirst: course.session === 1, isLast: course.of !== null && course.session >= course.of }

/** Whether other records can move anything of it: only then are they read. */
export const hangs = (pathways: readonly Pathway[], facts: MatchFacts): boolean =>
  Boolean(facts.course) ||
  pathways.some(
    (one) =>
      matches(one, facts) &&
      (one.operation !== undefined ||
        one.steps.some(({ anchor, untilNext }) => untilNext || anchor === 'next_session_date')),
  )

export const isOperation = (pathways: readonly Pathway[], facts: MatchFacts): boolean =>
  pathways.some((one) => one.operation !== undefined && matches(one, facts))

const isDone = ({ status }: Treatment) => status === 'completed'
const sortOf = (a: Treatment, b: Treatment) => Number(a.endedAt) - Number(b.endedAt) || (a.id < b.id ? -1 : 1)

/** The series that a session continues: its course, else treatments of the same kind. */
export const isSameSeries = (a: Treatment, b: Treatment): boolean =>
  a.course || b.course ? a.course?.id === b.course?.id : a.code === b.code

/** Treatments of the same series on later days, the next one first. */
const laterSessions = (subject: Subject, { treatments }: History): Treatment[] =>
  treatments
    .filter(
      (one) => one.id !== subject.id && isDone(one) && one.treatedOn > subject.treatedOn && isSameSeries(one, subject),
    )
    .sort(sortOf)

function nextSession(subject: Subject, history: History, timeZone: string): { day: AnchorDay; done: Day | null } {
  const [done] = laterSessions(subject, history)
  if (done) return { day: done.treatedOn, done: done.treatedOn }
  const daysOf = (...wanted: Appointment['status'][]) =>
    history.appointments
      .flatMap(({ code, status, startsAt }) =>
        code === subject.code && wanted.includes(status) ? [dayOf(startsAt, timeZone)] : [],
      )
      // That of the day itself was this session's own.
      .filter((day) => day > subject.treatedOn)
      .sort()
  // Whoever has arrived is being treated: until that is entered, nobody is asked for the day again.
  return {
    day: daysOf('booked', 'moved')[0] ?? subject.nextSessionOn ?? daysOf('arrived').at(-1) ?? null,
    done: null,
  }
}

/** By operation and technique; null where that depends on a technique which nobody entered, undefined where the pathway says. */
export function sutureDayOf({ sutureDay }: TreatmentKind, technique: string | null): SutureDay | null | undefined {
  if (typeof sutureDay !== 'object') return sutureDay
  return technique === null ? null : (sutureDay[technique] ?? null)
}

/** The customer's further operations after this one: their days hang here, and their contacts carry what is alike. */
export const furtherOperations = (
  subject: Subject,
  { treatments }: History,
  isOne: (treatment: Treatment) => boolean,
): Treatment[] =>
  isOne(subject)
    ? treatments.filter((one) => isDone(one) && one.treatedOn > subject.treatedOn && isOne(one)).sort(sortOf)
    : []

/**
 * The customer's other treatments whose plans this one moves: of a session that was entered, those of which it is the next
 * one now; of a visit, those that wait for one; and earlier operations. `all`: wherever it may have been until now.
 */
export function movedBy(
  subject: Subject,
  history: History,
  isOne: (treatment: Treatment) => boolean,
  which: 'next' | 'all',
): Treatment[] {
  const isOperated = subject.record === 'treatment' && isOne(subject)
  const isBefore = ({ treatedOn }: Treatment) => which === 'all' || treatedOn < subject.treatedOn
  return history.treatments.filter((one) => {
    if (one.id === subject.id || !isDone(one)) return false
    if (isOperated && isOne(one) && isBefore(one)) return true
    if (subject.record === 'appointment')
      return one.code === subject.code && laterSessions(subjectOf(one), history).length === 0
    if (!isSameSeries(one, subject)) return false
    return which === 'all' || laterSessions(subjectOf(one), history)[0]?.treatedOn === subject.treatedOn
  })
}

export function hangingFacts(
  subject: Subject,
  kind: TreatmentKind,
  history: History,
  timeZone: string,
  operations: readonly Treatment[],
): Pick<PlanFacts, 'dates' | 'stayUntil' | 'nextDoneOn' | 'operations'> & Pick<PlanFacts, 'sutureDay'> {
  const { treatedOn, record, course, inHospital, dischargedOn, sutureRemovalOn } = subject
  const isTreatment = record === 'treatment'
  const next = isTreatment ? nextSession(subject, history, timeZone) : { day: 'none' as const, done: null }
  const dates: Partial<Record<Anchor, AnchorDay>> = {
    next_session_date: next.day,
    appointment_start: record === 'appointment' ? treatedOn : 'none',
    course_end: placeOf({ course })?.isLast ? treatedOn : 'none',
    discharge_date: inHospital ? dischargedOn : 'none',
    purchase_date: kind.category === 'product' ? treatedOn : 'none',
    consultation_date: record === 'consultation' ? treatedOn : 'none',
    ...(sutureRemovalOn === null ? {} : { suture_removal_date: sutureRemovalOn }),
  }
  const sutureDay = sutureDayOf(kind, subject.technique)
  return {
    dates,
    stayUntil: inHospital ? dischargedOn : null,
    nextDoneOn: next.done,
    operations: operations.map((one) => one.treatedOn),
    ...(sutureDay === undefined ? {} : { sutureDay }),
  }
}
