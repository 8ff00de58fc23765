/** What an answer leads to, at once: the rooms that are told, and a colleague's task where something is bad. Safe to repeat. */
import type { CustomerContact, CustomersService } from '../customers/index.ts'
import { nextAllowed } from '../messaging/index.ts'
import { backoffMs, type RowResult } from '../platform/claims.ts'
import { addMs, type Clock, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { type DueTable, due } from '../platform/due.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import { hashId } from '../platform/hash.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Role, StaffService, Store } from '../staff/index.ts'
import type { Choice, OpenTask, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { Answers, Question } from './definition.ts'
import { ANSWERS_FIELD } from './desk.ts'
import { asked, chosenOf, figureOf } from './evaluate.ts'
import { formOf } from './form.ts'
import { ANSWERS, type AnswerRow, type SurveyStore } from './model.ts'
import { type LowAnswer, lowAnswers } from './score.ts'
import type { SurveyAnswered, SurveyLowScore } from './types.ts'
import type { Surveys } from './versions.ts'

export interface AnsweredDeps {
  store: SurveyStore
  surveys: Surveys
  tasks: Pick<TasksService, 'open'>
  customers: Pick<CustomersService, 'contacts'>
  staff: Pick<StaffService, 'store'>
  treatments: Pick<TreatmentsService, 'getMany' | 'kind'>
  events: Pick<Events, 'publishMany'>
  /** What the card asks where answers suggest a complaint. */
  registerChoice: Choice
  crypto: FieldCrypto
  clock: Clock
  random: Random
  log: Log
  leaseMs: number
}

const BATCH = 50
/** Whoever may look at a body does so at any hour, and soon. */
const CLINICAL: readonly Role[] = ['nurse', 'doctor']
const CLINICAL_MS = 4 * HOUR_MS
const MOST_LINES = 3

/** One task for each role that has to hear of it. */
export const lowTaskId = (invitationId: string, role: Role): string => `survey_${hashId(invitationId, role)}`

/** The role that decides whether it is a complaint: the first that hears of an answer which suggests one. */
const deciderOf = (low: readonly LowAnswer[]): Role | null => low.find(({ opens }) => opens === 'complaint')?.to ?? null

export function createAnswered(deps: AnsweredDeps): DueTable {
  const { store, clock, random, log, leaseMs } = deps

  async function work(row: AnswerRow): Promise<RowResult> {
    const { _id, claim } = row
    try {
      await conclude(deps, row)
      return { _id, claim, set: { dueAt: null, attempt: 0 } }
    } catch (error) {
      const attempt = row.attempt + 1
      log.warn({ err: error, invitationId: _id, attempt }, 'what an answer leads to is not done yet')
      return { _id, claim, set: { attempt, dueAt: addMs(clock.now(), backoffMs(attempt)) } }
    }
  }

  return due({
    table: ANSWERS,
    nextDueAt: (now, until) => store.nextDueAt(now, until),
    // What failed waits for half an hour at most.
    whole: true,
    async drain(now) {
      let handled = 0
      for (;;) {
        const wall = clock.wall()
        const rows = await store.claim({ now, wall, limit: BATCH, leaseMs, token: random.id(), frozen: true })
        for (const row of rows) await store.finish([await work(row)])
        handled += rows.length
        if (rows.length < BATCH) return { handled }
      }
    },
  })
}

async function conclude(deps: AnsweredDeps, row: AnswerRow): Promise<void> {
  const { store, surveys, tasks, events, crypto } = deps
  const { _id, at, customerId, storeId, treatmentId, occasion, measures } = row
  await store.close(row)
  const answers = JSON.parse(crypto.open(ANSWERS_FIELD, row.sealed)) as Answers
  const invitation = await store.invitation(_id)
  const form = formOf(await surveys.of(row.surveys), invitation?.subject ?? null)
  const shown = asked(form.questions, answers)
  const low = lowAnswers(shown, answers)
  if (low.length > 0) await tasks.open(await tasksOf(deps, row, form.title, shown, answers, low))
  const surveyIds = row.surveys.map(({ id }) => id)
  const about = { invitationId: _id, occasion, surveyIds, customerId, storeId, treatmentId }
  const told = { ...about, measures } satisfies SurveyAnswered
  const decider = deciderOf(low)
  const bad = {
    ...about,
    decidedBy: decider && lowTaskId(_id, decider),
    low: low.map(({ question, measure, opens }) => ({ question, measure, opens })),
  }
  await events.publishMany([
    eventOf('survey.answered', _id, at, told),
    ...(low.length > 0 ? [eventOf('survey.low_score', _id, at, bad satisfies SurveyLowScore)] : []),
  ])
}

const eventOf = (type: string, id: string, occurredAt: Date, data: object): DomainEvent => ({
  id: `${type}:${id}`,
  type,
  occurredAt,
  data: data as Record<string, unknown>,
})

async function tasksOf(
  { customers, staff, treatments, registerChoice }: AnsweredDeps,
  row: AnswerRow,
  title: string,
  questions: readonly Question[],
  answers: Answers,
  low: readonly LowAnswer[],
): Promise<OpenTask[]> {
  const [contacts, place, done] = await Promise.all([
    customers.contacts([row.customerId]),
    staff.store(row.storeId),
    treatments.getMany(row.treatmentId === null ? [] : [row.treatmentId]),
  ])
  const contact = contacts.get(row.customerId)
  const treatment = done.get(row.treatmentId ?? '')
  const consultants = [treatment?.consultantUserId, contact?.customer.ownerUserId].filter((one) => one != null)
  const doctors = [treatment?.doctorUserId].filter((one) => one != null)
  return [...new Set(low.map(({ to }) => to))].map((role): OpenTask => {
    const own = new Set(low.filter(({ to }) => to === role).map(({ question }) => question))
    const lines = questions.filter(({ id }) => own.has(id)).map((one) => said(one, answers))
    return {
      id: lowTaskId(row._id, role),
      kind: 'survey_low',
      form: 'contact',
      storeId: row.storeId,
      role,
      preferredUserIds: role === 'consultant' ? consultants : role === 'doctor' ? doctors : [],
      customerId: row.customerId,
      treatmentId: row.treatmentId,
      stepIds: [],
      title: `${contact?.salutation ?? '客户'} · 问卷反馈需跟进`,
      facts: [
        { name: '问卷', value: title },
        { name: '项目', value: treatments.kind(row.code ?? '')?.name ?? '—' },
        ...lines.slice(0, MOST_LINES).map((value, i) => ({ name: `反馈${i + 1}`, value })),
      ],
      script: CLINICAL.includes(role)
        ? `客户在问卷中反映不适，请尽快联系，了解症状与经过，必要时安排当日复诊。${lines.join('；')}`
        : `客户在问卷中表示不满意。请先致歉并倾听，了解原因，说明接下来怎么处理、何时答复。${lines.join('；')}`,
      ...(role === deciderOf(low) ? { choice: registerChoice } : {}),
      ...timesOf(role, row.at, contact, place),
    }
  })
}

/** What was answered, as a card has room for it. */
function said(question: Question, answers: Answers): string {
  const answer = answers[question.id]
  const value = answer === undefined ? null : figureOf(question, answer)
  const chosen =
    'options' in question
      ? question.options.filter(({ id }) => chosenOf(answer).includes(id)).map(({ text }) => text)
      : []
  const words = value === null ? chosen.join('、') : question.kind === 'stars' ? `${value} 星` : `${value} 分`
  return [...`${question.title.replace(/[？?。]$/, '')}：${words}`].slice(-30).join('')
}

function timesOf(role: Role, at: Date, contact: CustomerContact | undefined, place: Store | null) {
  if (CLINICAL.includes(role) || !place) return { openAt: at, dueAt: addMs(at, CLINICAL_MS) }
  const { timeZone, contactWindows, quietHours } = place
  const preferredTime = contact?.customer.preferredTime ?? null
  // Nobody is called in the night about a queue at the counter.
  const openAt = nextAllowed(at, 'case_update', { timeZone, contactWindows, quietHours, preferredTime }).at
  return { openAt, dueAt: addMs(openAt, DAY_MS) }
}
