/** What the forms say: the outcome of a contact, form by form, until only the words of the person are missing. Pure. */
import { addMs } from '../platform/clock.ts'
import { FOLLOW_UPS, type FollowUp, type Interest, itemsOf, STRENGTHS, type Strength } from './checklist.ts'
import { isUrgent, NOTHING, STATES } from './forms.ts'
import type { Effect, Shown, TaskRow } from './model.ts'
import { complete, eventOf, isAsked, type Transition, WORDS_MS, withdraw, withdrawHelper } from './rules.ts'
import type { ContactOutcome } from './types.ts'

export interface Click {
  userId: string
  userName: string
  key: string
  selected: Record<string, string[]>
  responseCode: string
  /** Which card of the task was clicked. */
  occurrence: number
}

export type Show = (shown: Shown) => Effect
export type Kinds = readonly { code: string; name: string }[]

export const one = (click: Click, question: string): string | null => click.selected[question]?.[0] ?? null
const score = (text: string | null, low: number, high: number): number | null => {
  const value = Number(text)
  return text !== null && Number.isInteger(value) && value >= low && value <= high ? value : null
}
const among = <T extends string>(known: Readonly<Record<T, string>>, text: string | null): T | null =>
  text !== null && Object.hasOwn(known, text) ? (text as T) : null

export const NO_ANSWERS: Omit<ContactOutcome, 'reached'> = {
  state: null,
  satisfaction: null,
  effect: null,
  nps: null,
  checklist: null,
  interest: null,
  followUp: null,
  summary: null,
}

/** The form that a task in this state shows; null where it shows its buttons. */
export function formOf({ status, form }: Pick<TaskRow, 'status' | 'form'>, kinds: Kinds): Shown | null {
  switch (status) {
    case 'form':
      if (form === 'decision') return { card: 'choice_form' }
      return { card: form === 'doctor' ? 'doctor_form' : 'contact_form' }
    case 'month_form':
      return { card: 'month_form' }
    case 'checklist':
      return { card: 'checklist_form' }
    case 'interest':
      return { card: 'interest_form', kinds: [...kinds] }
    default:
      return null
  }
}

/** A further card is out, or on its way, while the work was done on an older one. */
export const withdrawNewer = (task: TaskRow, click: Click, said: string): Effect[] =>
  click.occurrence === task.occurrence ? [] : [withdraw(task, said)]

const ask = (
  task: TaskRow,
  status: TaskRow['status'],
  outcome: ContactOutcome,
  kinds: Kinds,
  show: Show,
): Transition => {
  const shown = formOf({ ...task, status }, kinds)
  return { set: { status, outcome }, effects: shown ? [show(shown)] : [] }
}

/** The first form: of a contact, or of the doctor. */
export function recorded(task: TaskRow, click: Click, now: Date, kinds: Kinds, show: Show): Transition {
  if (one(click, 'reached') === 'no') return notReached(task, click, now, show)
  const outcome: ContactOutcome = {
    ...NO_ANSWERS,
    reached: true,
    state: among(STATES, one(click, 'state')),
    satisfaction: score(one(click, 'satisfaction'), 1, 5),
    followUp: task.form === 'doctor' ? among<FollowUp>(FOLLOW_UPS, one(click, 'followUp')) : null,
  }
  const { userId: byUserId, occurrence } = click
  const attempts: TaskRow['attempts'] = [...task.attempts, { at: now, byUserId, result: 'reached', occurrence }]
  const next =
    task.form === 'doctor'
      ? toSummary(task, now, show, outcome)
      : ask(task, task.form === 'contact_month' ? 'month_form' : 'checklist', outcome, kinds, show)
  // A doctor is to hear of it even if the rest of the form is forgotten.
  const summaryUntil = isUrgent(outcome.state) ? { summaryUntil: addMs(now, WORDS_MS) } : {}
  // Answered on an older card: nobody is to work on the newer one.
  return {
    set: { ...summaryUntil, ...next.set, attempts },
    effects: [...next.effects, ...withdrawNewer(task, click, '已记录')],
  }
}

export function monthRecorded(
  task: TaskRow,
  outcome: ContactOutcome,
  click: Click,
  kinds: Kinds,
  show: Show,
): Transition {
  const effect = score(one(click, 'effect'), 1, 5)
  return ask(task, 'checklist', { ...outcome, effect, nps: score(one(click, 'nps'), 0, 10) }, kinds, show)
}

/** Nothing ticked is no record: the boxes come again. */
export function checklistRecorded(
  task: TaskRow,
  outcome: ContactOutcome,
  click: Click,
  now: Date,
  kinds: Kinds,
  show: Show,
): Transition {
  const ticked = new Set(click.selected.checklist ?? [])
  const checklist = itemsOf(task.asksProduct ?? false).filter((item) => ticked.has(item))
  if (checklist.length === 0)
    return { set: {}, effects: [show({ card: 'checklist_form', said: '请至少勾选一项，再提交。' })] }
  const said = { ...outcome, checklist }
  return checklist.includes('interest') && kinds.length > 0
    ? ask(task, 'interest', said, kinds, show)
    : toSummary(task, now, show, said)
}

export function interestRecorded(
  task: TaskRow,
  outcome: ContactOutcome,
  click: Click,
  now: Date,
  kinds: Kinds,
  show: Show,
): Transition {
  const chosen = [one(click, 'interest'), one(click, 'interest_more')].find((code) => code !== null && code !== NOTHING)
  const kind = kinds.find(({ code }) => code === chosen)
  const strength = among<Strength>(STRENGTHS, one(click, 'strength')) ?? 'some'
  const interest: Interest | null = kind ? { code: kind.code, strength } : null
  return toSummary(task, now, show, { ...outcome, interest })
}

export const toSummary = (task: TaskRow, now: Date, show: Show, outcome: ContactOutcome): Transition => ({
  set: { status: 'summary', outcome, summaryUntil: addMs(now, WORDS_MS), helper: null },
  effects: [show({ card: 'closed', said: '已记录，请回复小结' }), ...withdrawHelper(task, '已记录')],
})

export function notReached(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  const { occurrence } = click
  // One miss per card: a second tap isn't a second attempt.
  if (task.attempts.some((attempt) => attempt.occurrence === occurrence && attempt.result === 'not_reached')) {
    // The question was all that it still waited for.
    if (task.kind !== 'contact_call' && !isAsked(task)) return endsUnreached(task, click, now, show)
    return {
      set: {},
      effects: [show({ card: 'working', said: isAsked(task) ? '已记录未接通' : '已记录未接通，下次时间见新卡片' })],
    }
  }
  const attempt = task.attempts.length + 1
  const attempts: TaskRow['attempts'] = [
    ...task.attempts,
    { at: now, byUserId: click.userId, result: 'not_reached', occurrence },
  ]
  const { _id: taskId, kind, stepIds, customerId } = task
  const attempted = eventOf('task.attempted', `task.attempted:${taskId}:${attempt}`, {
    taskId,
    kind,
    stepIds,
    customerId,
    byUserId: click.userId,
    result: 'not_reached',
    attempt,
  })
  if (kind === 'contact_call')
    return {
      set: { status: 'taken', attempts },
      effects: [show({ card: 'working', said: `第${attempt}次未接通，已记录，下次时间见新卡片` }), attempted],
    }
  // Nobody plans a further attempt, but what the card asks is still to be answered.
  if (isAsked(task))
    return {
      set: { status: 'taken', attempts },
      effects: [show({ card: 'working', said: '未接通，已记录。可稍后再联系，或选择后结束任务' }), attempted],
    }
  // Nobody plans a further attempt of other tasks: the recorded one is what the day asked for.
  return endsUnreached({ ...task, attempts }, click, now, show, [attempted])
}

function endsUnreached(task: TaskRow, click: Click, now: Date, show: Show, missed: Effect[] = []): Transition {
  const outcome: ContactOutcome = { ...NO_ANSWERS, reached: false }
  const { set, effects } = complete(task, click.userId, now, null)
  return {
    set: { ...set, attempts: task.attempts, outcome },
    effects: [
      show({ card: 'closed', said: '未接通，已记录' }),
      ...withdrawNewer(task, click, '已记录'),
      ...missed,
      ...effects,
    ],
  }
}
