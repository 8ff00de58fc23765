/**
 * The life of an abnormal case (domain 6). Rounds of contacts until the doctor says that it is resolved: first the doctor
 * within a day, then doctor and customer service at the doctor's interval. A round that is late goes up: when it is due to
 * the supervisor, a day later to the director, each once. Pure.
 */
import type { WindowFacts } from '../../messaging/index.ts'
import { addDays, atTime, dayOf } from '../../platform/calendar.ts'
import { FREE_CLAIM } from '../../platform/claims.ts'
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../../platform/clock.ts'
import type { Reason } from '../../platform/reasons.ts'
import type { FollowUp } from '../../tasks/index.ts'
import { endOfContacts } from '../timing.ts'
import type { Alarm, CaseRow } from './model.ts'

/** The treating doctor contacts the customer within one day. */
export const FIRST_MS = DAY_MS
/** A round that the supervisor could not bring on goes to the director this much later. */
export const DIRECTOR_AFTER_MS = DAY_MS
/** A round that begins late in the day has until the same time of the next one. */
const ROOM_MS = 4 * HOUR_MS
/** The doctor speaks with the customer of an emergency within two hours … */
export const EMERGENCY_MS = 2 * HOUR_MS
/** … and a person has taken it within a quarter of an hour. */
export const TAKEN_WITHIN_MS = 15 * MINUTE_MS
/** Before that it goes up twice; afterwards it rings every quarter of an hour, until the doctor's two hours are over. */
const RINGS_MS = [5, 10, 15, 30, 45, 60, 75, 90, 105].map((minutes) => minutes * MINUTE_MS)
/** A doctor who hears of it late in the day looks at it before sleeping. */
const LATE_MS = 2 * HOUR_MS

export const STATES: Record<string, string> = { abnormal: '异常反应', needs_doctor: '需要医生' }
export const EMERGENCY = 'emergency'
export const isAbnormal = (state: string | null): state is string => state !== null && Object.hasOwn(STATES, state)

export interface Report {
  /** The record of the contact, or the signal, that found it. */
  contactId: string
  customerId: string
  storeId: string
  treatmentId: string | null
  stepId: string | null
  byUserId: string | null
  state: string
  at: Date
  /** Found in the joint follow-up, where an abnormal state is no news. */
  isJoint: boolean
  /** Until when the doctor must have spoken with the customer; left out: within a day. */
  dueBy?: Date
}

/** Told by the customer, and read by a machine: an emergency within two hours, anything else on the same day. */
export const dueByOf = (level: 'abnormal' | 'emergency', at: Date, window: WindowFacts): Date => {
  if (level === EMERGENCY) return addMs(at, EMERGENCY_MS)
  const [evening, late] = [endOfContacts(dayOf(at, window.timeZone), window), addMs(at, LATE_MS)]
  return evening > late ? evening : late
}

/** One case per treatment; what is told outside of any is the customer's. */
export const caseIdOf = ({ treatmentId, customerId }: Pick<Report, 'treatmentId' | 'customerId'>): string =>
  treatmentId ?? customerId

const roundBy = (dueBy: Date) => ({
  tries: 0,
  joint: false,
  contactedAt: null,
  escalated: 0 as const,
  dueBy,
  dueAt: dueBy,
})
const reportOf = ({ contactId, at, byUserId, state }: Report) => ({ contactId, at, byUserId, state })

/** What a report begins: a round, and with an emergency its alarm. */
function begun(report: Report, round: number, alarms: readonly Alarm[] = []) {
  const { at, state } = report
  const dueBy = report.dueBy ?? addMs(at, FIRST_MS)
  const base = { round, ...roundBy(dueBy) }
  if (state !== EMERGENCY) return base
  const alarm: Alarm = { round, since: at, calls: 0, takenAt: null, takenBy: null }
  return { ...base, alarms: [...alarms, alarm], dueAt: nextRing(alarm, dueBy) }
}
const nextRing = ({ since, calls }: Alarm, dueBy: Date): Date => {
  const next = RINGS_MS[calls]
  return next === undefined ? dueBy : addMs(since, next)
}

/** The alarm of the round that is running; null: it is no emergency's. */
export const alarmOf = ({ alarms = [], round }: Pick<CaseRow, 'alarms' | 'round'>): Alarm | null =>
  alarms.find((one) => one.round === round) ?? null
/** Nobody has taken it yet. */
export const rings = (row: Pick<CaseRow, 'alarms' | 'round' | 'contactedAt'>): boolean =>
  row.contactedAt === null && alarmOf(row)?.takenAt === null

/** A person has begun with an emergency. Null: it doesn't ring. */
export function taken(row: CaseRow, { byUserId, at }: { byUserId: string; at: Date }): Partial<CaseRow> | null {
  if (row.status !== 'open' || !rings(row)) return null
  return { alarms: withAlarm(row, { takenAt: at, takenBy: byUserId }), dueAt: row.dueBy }
}
/** The alarms with that of the round that is running changed. */
const withAlarm = ({ alarms = [], round }: CaseRow, change: Partial<Alarm>): Alarm[] =>
  alarms.map((one) => (one.round === round ? { ...one, ...change } : one))

export function opened(report: Report): CaseRow {
  const { customerId, storeId, treatmentId, stepId, at } = report
  return {
    _id: caseIdOf(report),
    customerId,
    storeId,
    treatmentId,
    stepId,
    status: 'open',
    reason: null,
    openedAt: at,
    reports: [reportOf(report)],
    ...begun(report, 0),
    everyDays: null,
    history: [],
    resolvedAt: null,
    resolvedBy: null,
    rev: 0,
    claim: FREE_CLAIM,
    attempt: 0,
  }
}

/** A further report: opens again what was over, or brings the next round forward. Null: known already. */
export function reported(row: CaseRow, report: Report, now: Date): Partial<CaseRow> | null {
  if (row.reports.some(({ contactId }) => contactId === report.contactId)) return null
  const reports = [...row.reports, reportOf(report)]
  // Written down later than the doctor's word, seen before it: the doctor has seen to it since.
  if (row.resolvedAt !== null && report.at <= row.resolvedAt) return { reports }
  const anew = { reports, ...begun(report, row.round + 1, row.alarms) }
  if (row.status !== 'open')
    return {
      ...anew,
      status: 'open',
      reason: null,
      openedAt: report.at,
      everyDays: null,
      resolvedAt: null,
      resolvedBy: null,
    }
  // An emergency waits for no round; one that the doctor has still to answer has the same card.
  if (report.state === EMERGENCY) return alarmOf(row) && row.contactedAt === null ? { reports } : anew
  const isNews = !report.isJoint || report.state === 'needs_doctor'
  return row.contactedAt !== null && isNews && report.at <= now ? anew : { reports }
}

export interface Spoke {
  reached: boolean
  followUp: FollowUp | null
  byUserId: string
  at: Date
}

/** What the doctor's contact makes of its case. */
export function spoken(
  row: CaseRow,
  { reached, followUp, byUserId, at }: Spoke,
  window: WindowFacts,
): Partial<CaseRow> {
  // Who speaks with the customer, or tries to, has taken it.
  const took = taken(row, { byUserId, at })
  if (!reached) return { tries: row.tries + 1, ...took }
  const history = [...row.history, { round: row.round, at, byUserId, followUp }]
  if (followUp === 'resolved')
    return {
      ...took,
      history,
      contactedAt: at,
      status: 'resolved',
      resolvedAt: at,
      resolvedBy: byUserId,
      dueAt: null,
    }
  const everyDays = Number(followUp ?? 1)
  const day = addDays(dayOf(at, window.timeZone), everyDays)
  return {
    ...took,
    history,
    contactedAt: at,
    everyDays,
    dueAt: atTime(day, window.contactWindows[0]?.from ?? '11:00', window.timeZone),
  }
}

/** What time alone does: the next joint round begins, or a late one goes up. Null: nothing is left to do. */
export function passed(row: CaseRow, now: Date, window: WindowFacts): Partial<CaseRow> | null {
  if (row.status !== 'open') return null
  if (row.contactedAt !== null) {
    const evening = endOfContacts(dayOf(now, window.timeZone), window)
    const dueBy = Number(evening) - Number(now) >= ROOM_MS ? evening : addMs(now, DAY_MS)
    return { round: row.round + 1, ...roundBy(dueBy), joint: true }
  }
  const alarm = alarmOf(row)
  if (alarm && rings(row) && now < row.dueBy) {
    const calls = alarm.calls + 1
    return { alarms: withAlarm(row, { calls }), dueAt: nextRing({ ...alarm, calls }, row.dueBy) }
  }
  if (row.escalated === 0) return { escalated: 1, dueAt: addMs(row.dueBy, DIRECTOR_AFTER_MS) }
  return row.escalated === 1 ? { escalated: 2, dueAt: null } : null
}

export const closed = (reason: Reason): Partial<CaseRow> => ({ status: 'closed', reason, dueAt: null })
