/** What a contact asks in writing, and what comes back into its record. Who may be asked, and how, is decided elsewhere. */
import type { DomainEvent } from '../platform/events.ts'
import type { Reason } from '../platform/reasons.ts'
import { NO_ANSWERS, recordId } from './answers.ts'
import type { Cases } from './cases/cases.ts'
import type { AskRow, CareStore, ContactRow, StepRow } from './model.ts'
import type { PlannedStep } from './planner.ts'
import type { Firing } from './rules.ts'
import type { StepSurvey } from './types.ts'

/** Filled by the room of surveys. */
export interface SurveyPort {
  /** Once per occasion; the answer lacks who is not asked. */
  invite(
    invites: readonly {
      occasion: string
      surveyIds: readonly string[]
      customerId: string
      storeId: string
      treatmentId: string | null
      code: string | null
      hold?: Reason | null
    }[],
  ): Promise<ReadonlyMap<string, SurveyInvited>>
  withdraw(occasions: readonly { occasion: string; surveyIds: readonly string[] }[], reason: Reason): Promise<void>
}
export interface SurveyInvited {
  title: string
  /** Of the mini-program. */
  page: string
  /** Null where customers can't reach this server. */
  link: string | null
}

/** Every survey of the steps that are one contact; null where there is none. Pure. */
export function surveysOf(group: readonly PlannedStep[]): StepSurvey[] | null {
  const found = new Map(
    group.flatMap(({ step: { survey, asks } }) =>
      survey === undefined ? [] : [[survey, { id: survey, inPerson: asks === 'month' }] as const],
    ),
  )
  return found.size === 0 ? null : [...found.values()]
}

/** What is asked in writing: one question is asked once, so not what whoever calls asks. Pure. */
export const inWriting = ({ surveys }: Pick<StepRow, 'surveys'>, does: Firing['do']): string[] =>
  does === 'message' || does === 'call'
    ? (surveys ?? []).filter(({ inPerson }) => does === 'message' || !inPerson).map(({ id }) => id)
    : []

export interface SurveyDeps {
  surveys: SurveyPort
  cases: Pick<Cases, 'openAmong'>
}

/** Invites for what fires now; by step. Safe to repeat. */
export async function invitesOf(
  { surveys, cases }: SurveyDeps,
  fired: readonly { step: StepRow; firing: Firing; facts: { treatment: { code: string } | undefined } }[],
): Promise<ReadonlyMap<string, SurveyInvited>> {
  const asking = fired
    .map(({ step, firing, facts }) => ({ step, facts, surveyIds: inWriting(step, firing.do) }))
    .filter(({ surveyIds }) => surveyIds.length > 0)
  if (asking.length === 0) return new Map()
  const abnormal = await cases.openAmong([...new Set(asking.map(({ step }) => step.customerId))])
  const invited = await surveys.invite(
    asking.map(({ step, facts: { treatment }, surveyIds }) => ({
      occasion: recordId(step),
      surveyIds,
      customerId: step.customerId,
      storeId: step.storeId,
      treatmentId: step.treatmentId,
      code: treatment?.code ?? null,
      hold: abnormal.has(step.customerId) ? 'abnormal_open' : null,
    })),
  )
  return new Map(
    asking.flatMap(({ step }) => {
      const one = invited.get(recordId(step))
      return one ? [[step._id, one] as const] : []
    }),
  )
}

/** The conversation asks it now: it isn't asked in writing, too. */
export async function askedInChat(
  { store, surveys }: { store: Pick<CareStore, 'steps'>; surveys: SurveyPort },
  asks: readonly AskRow[],
): Promise<void> {
  if (asks.length === 0) return
  const steps = await store.steps(asks.map(({ _id }) => _id))
  const occasions = steps.flatMap((step) => {
    const surveyIds = (step.surveys ?? []).filter(({ inPerson }) => inPerson).map(({ id }) => id)
    return surveyIds.length > 0 ? [{ occasion: recordId(step), surveyIds }] : []
  })
  if (occasions.length > 0) await surveys.withdraw(occasions, 'asked_in_person')
}

/** Event `survey.answered`: what care reads of it. */
interface Answered {
  occasion: string
  measures: { satisfaction?: number; effect?: number; nps?: number; pain?: number; discomfort?: number }
}
/** From here on somebody looks at it, as at an abnormal state. */
const STRONG_PAIN = 7

/** Into the record of the contact that asked, as answers in chat are; of a call, into one of its own. Safe to repeat. */
export async function onSurveyAnswered(
  store: Pick<CareStore, 'step' | 'changeContact' | 'insertContacts'>,
  { data, occurredAt }: DomainEvent,
): Promise<void> {
  const { occasion, measures } = data as unknown as Answered
  // Of a clinic's own invitation there is no step.
  const step = await store.step(occasion.replace(/@\d+$/, ''))
  if (!step) return
  const { satisfaction, effect, nps, pain = 0, discomfort = 0 } = measures
  const said: Partial<ContactRow> = {
    reached: true,
    answeredAt: occurredAt,
    recordedAt: occurredAt,
    ...(satisfaction === undefined ? {} : { satisfaction }),
    ...(effect === undefined ? {} : { effect }),
    ...(nps === undefined ? {} : { nps }),
    ...(discomfort > 0 || pain >= STRONG_PAIN ? { state: 'needs_doctor' } : {}),
  }
  const id = `${step._id}#message`
  if ((await store.changeContact(id, said)).matchedCount > 0) return
  await store.insertContacts([
    {
      _id: `${recordId(step)}#survey`,
      stepIds: [step._id],
      treatmentId: step.treatmentId,
      customerId: step.customerId,
      storeId: step.storeId,
      byUserId: null,
      channel: 'survey',
      at: occurredAt,
      ...NO_ANSWERS,
      ...said,
    },
  ])
}
