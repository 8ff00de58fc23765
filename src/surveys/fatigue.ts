/** Whether a person may be asked now, and why not. Pure. */
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Survey, SurveyRules } from './definition.ts'

export interface Person {
  deceased: boolean
  optOut: { all: boolean }
  /** What asks for silence: an abnormal case, a complaint. */
  hold: Reason | null
  /** What the person was asked before, in any order. */
  asked: readonly Asked[]
}
/** An invitation, of one survey or several. */
export interface Asked {
  surveyIds: readonly string[]
  always: boolean
  at: Date
  expiresAt: Date
  answered: boolean
}

export type Verdict = { ask: true } | { ask: false; reason: Reason }
const no = (reason: Reason): Verdict => ({ ask: false, reason })

/** Who is asked all the time answers nothing: what concerns the body, or is owed, is asked all the same, once. */
export function mayAsk(
  { deceased, optOut, hold, asked }: Person,
  { id, always }: Pick<Survey, 'id' | 'always'>,
  { minDays, max, inDays, sameSurveyDays }: SurveyRules['fatigue'],
  now: Date,
): Verdict {
  if (deceased) return no('deceased')
  if (optOut.all) return no('opted_out')
  const since = (days: number) => addMs(now, -days * DAY_MS)
  const same = asked.filter(({ surveyIds }) => surveyIds.includes(id))
  if (same.some(({ answered, expiresAt }) => !answered && expiresAt > now)) return no('survey_open')
  if (always) return { ask: true }
  if (hold !== null) return no(hold)
  if (same.some(({ at }) => at > since(sameSurveyDays))) return no('survey_asked')
  // What had to be asked tires nobody of us.
  const others = asked.filter((one) => !one.always)
  if (others.some(({ at }) => at > since(minDays))) return no('survey_fatigue')
  return others.filter(({ at }) => at > since(inDays)).length >= max ? no('survey_fatigue') : { ask: true }
}
