/** What can be wrong with a step by itself: its window, its anchor, the channels of its text. Pure. */
import type { MessageTemplate } from '../messaging/index.ts'
import type { Pathway, PathwayStep } from './pathway.ts'

export const guidedDay = ({ kind, when }: PathwayStep) => (kind === 'guidance' && 'day' in when ? [when.day] : [])

/** Whether the guidance of a day may be on it: by its day, or because nobody knows which day that will be. */
export function mayCarry(
  { kind, action, when, anchor, class: contactClass }: PathwayStep,
  lastGuided: number,
): boolean {
  if (kind === 'guidance' || action === 'call') return true
  // Nothing rides on promotion, which may have to wait.
  if (kind !== 'contact' || contactClass === 'greeting' || contactClass === 'promotion') return false
  if (anchor !== undefined && anchor !== 'treatment_date') return true
  return 'fromDay' in when || ('day' in when ? when.day : 'days' in when ? when.days[0] : lastGuided + 1) <= lastGuided
}

/** The day of what is asked in writing, whoever speaks that day. */
export const askedDay = ({ survey, asks, when }: PathwayStep) =>
  survey !== undefined && asks === undefined && 'day' in when ? [when.day] : []

/** Whether a survey of such a day may ride on it. */
export function mayAsk({ kind, when, anchor, class: contactClass }: PathwayStep, days: ReadonlySet<number>): boolean {
  if (anchor !== undefined && anchor !== 'treatment_date') return false
  if (contactClass !== 'care' || (kind !== 'contact' && kind !== 'guidance')) return false
  const [first, last] = 'day' in when ? [when.day, when.day] : 'days' in when ? when.days : [1, 0]
  return [...days].some((day) => day >= first && day <= last)
}

type Problem = [field: string, message: string]

/** Windows in which the promise can't be kept. */
export function windowProblems({ when, kind, action, anchor, class: contactClass }: PathwayStep): Problem[] {
  const found: Problem[] = []
  // The shortest month decides: what counts from day 29 on would end before it begins in February.
  if (('days' in when && when.days[0] > when.days[1]) || ('fromDay' in when && when.fromDay > when.toMonth * SHORTEST))
    found.push(['when', 'the window ends before it begins'])
  if (contactClass === 'greeting' && !('withinHours' in when))
    found.push(['class', 'a greeting is said within hours of the end; on a day it would ignore the contact windows'])
  if ('withinHours' in when && contactClass !== 'greeting')
    found.push(['when', `within hours only a greeting is sent; ${contactClass} waits for the contact windows`])
  if (contactClass === 'greeting' && action === 'call')
    found.push(['class', 'nobody is called outside the contact windows'])
  const last = 'day' in when ? when.day : 'days' in when ? when.days[1] : 'month' in when ? when.month : 1
  if (kind === 'reminder' && AHEAD.includes(anchor ?? '') && last > 0)
    found.push(['when', 'a reminder comes before its day, not after'])
  return found
}
const SHORTEST = 28
const AHEAD = ['next_session_date', 'appointment_start', 'suture_removal_date']

/** What would leave a step without a day for ever, or on a day that means nothing. */
export function anchorProblems(
  { when, anchor, kind, movesWithSutures, sessions }: PathwayStep,
  { operation, matches: wanted }: Pathway,
): [code: string, field: string, message: string][] {
  const found: [string, string, string][] = []
  const fromTreatment = anchor === undefined || anchor === 'treatment_date' || anchor === 'treatment_end'
  const earliest = 'day' in when ? when.day : 'days' in when ? when.days[0] : 'month' in when ? when.month : 0
  if ('withinHours' in when && anchor !== undefined && anchor !== 'treatment_end')
    found.push(['impossible_window', 'anchor', 'hours count from the treatment’s end'])
  if (fromTreatment && earliest < 0)
    found.push(['impossible_window', 'when', 'nobody is contacted about what has not been done'])
  if (!fromTreatment && kind === 'guidance')
    found.push(['impossible_window', 'anchor', 'guidance counts from the treatment'])
  if (anchor === 'suture_removal_date' && !operation)
    found.push(['unreachable', 'anchor', 'only an operation has sutures'])
  if (movesWithSutures && !operation) found.push(['unreachable', 'movesWithSutures', 'only an operation has sutures'])
  for (const [record, what, isAbout] of [
    ['appointment', 'appointment_start', wanted.appointments],
    ['consultation', 'consultation_date', wanted.consultations],
  ] as const)
    if ((anchor === what) !== (isAbout ?? false))
      found.push(['unreachable', 'anchor', `steps of ${record}s, and only they, count from the ${record}`])
  if (sessions && !wanted.course) found.push(['unreachable', 'sessions', 'only a course has sessions'])
  return found
}

/** Sends that no channel would carry to a customer who is not in a chat just then. */
export function channelProblems({ class: contactClass, safety }: PathwayStep, template: MessageTemplate): string[] {
  const { key, sms, subscribe } = template
  const found: string[] = []
  if (sms === undefined && subscribe === undefined)
    found.push(`${key} has no form for SMS or a notice: outside a chat no channel carries it`)
  // A notice needs a grant that the customer may not have given.
  else if (safety && sms === undefined) found.push(`${key} has no form for SMS, and safety depends on the step`)
  if (contactClass === 'promotion' && subscribe !== undefined)
    found.push(`${key} is promotion, which WeChat allows in no notice: leave the subscribe form out`)
  return found
}
