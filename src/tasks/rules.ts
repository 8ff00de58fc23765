/** What a click on a card means for its task. Pure: the same task and click always give the same change. */
import { addMs, MINUTE_MS } from '../platform/clock.ts'
import { closedCard, contactForm, monthForm, STATES, SUBMITS, takenCard, transferForm } from './cards.ts'
import type { Effect, TaskRow } from './model.ts'
import type { ContactOutcome, TaskCompleted } from './types.ts'

export interface Click {
  userId: string
  userName: string
  key: string
  selected: Record<string, string[]>
  responseCode: string
  /** Which card of the task was clicked. */
  occurrence: number
}

export interface ClickContext {
  now: Date
  ownerName: string
  /** Whom the task may be passed to: same role, same store, active. */
  colleagues: readonly { userId: string; name: string }[]
  /** Who is told of a problem. */
  supervisorUserId: string | null
}

export interface Transition {
  /** Empty: the click changes nothing, but its card must say so. */
  set: Partial<TaskRow>
  effects: Effect[]
}

/** The next text of the person within this time is the summary. */
export const SUMMARY_MS = 10 * MINUTE_MS
/** A reminder comes this long before the deadline. */
export const REMIND_BEFORE_MS = 30 * MINUTE_MS

const FINISHED = new Set(['done', 'cancelled', 'summary'])

/** When the task must be looked at again by itself: end of the summary's time, reminder, breach. */
export function nextActionAt(
  task: Pick<TaskRow, 'status' | 'summaryUntil' | 'deadlineAt' | 'remindedAt' | 'breachedAt' | 'openAt'>,
): Date | null {
  if (task.status === 'summary') return task.summaryUntil
  if (task.status === 'done' || task.status === 'cancelled') return null
  const remindAt = addMs(task.deadlineAt, -REMIND_BEFORE_MS)
  if (task.remindedAt === null && remindAt > task.openAt) return remindAt
  return task.breachedAt === null ? task.deadlineAt : null
}

export function transition(task: TaskRow, click: Click, context: ClickContext): Transition {
  const say = (update: Record<string, unknown>): Effect => ({
    kind: 'update',
    responseCode: click.responseCode,
    userId: click.userId,
    update,
  })
  const only = (text: string): Transition => ({ set: {}, effects: [say(closedCard(task, text))] })
  if (FINISHED.has(task.status)) return only('任务已完成')
  if (task.ownerUserId !== click.userId) return only(`已由${context.ownerName}负责`)
  if (click.occurrence !== task.occurrence) return only('已更新为新的任务卡片')
  switch (click.key) {
    case 'take':
      return { set: { status: 'taken' }, effects: [say(takenCard(task, click.userName))] }
    case 'done':
      return task.form === 'confirm'
        ? complete(task, click, context.now, null, say(closedCard(task, '已完成')))
        : { set: { status: 'form' }, effects: [say(contactForm(task))] }
    case 'not_reached':
      return notReached(task, click, context.now, say)
    case 'transfer':
      if (context.colleagues.length === 0)
        return { set: {}, effects: [say(takenCard(task, `${click.userName}（暂无可转交的同事）`))] }
      return { set: { status: 'transfer' }, effects: [say(transferForm(task, context.colleagues))] }
    case 'problem':
      return problem(task, click, context, say)
    case SUBMITS.transfer:
      return passOn(task, click, context, say)
    case SUBMITS.contact:
      return recorded(task, click, context.now, say)
    case SUBMITS.month:
      return recordedMonth(task, click, context.now, say)
    default:
      return only('无法识别的操作')
  }
}

type Say = (update: Record<string, unknown>) => Effect
const one = (click: Click, question: string): string | null => click.selected[question]?.[0] ?? null
const score = (text: string | null, low: number, high: number): number | null => {
  const value = Number(text)
  return text !== null && Number.isInteger(value) && value >= low && value <= high ? value : null
}

function notReached(task: TaskRow, click: Click, now: Date, say: Say): Transition {
  const attempt = task.attempts.length + 1
  const set: Partial<TaskRow> = {
    status: 'taken',
    attempts: [...task.attempts, { at: now, byUserId: click.userId, result: 'not_reached' }],
  }
  return {
    set,
    effects: [
      say(closedCard(task, `第${attempt}次未接通，已记录`)),
      {
        kind: 'event',
        type: 'task.attempted',
        id: `task.attempted:${task._id}:${attempt}`,
        data: {
          taskId: task._id,
          kind: task.kind,
          stepIds: task.stepIds,
          customerId: task.customerId,
          byUserId: click.userId,
          result: 'not_reached',
          attempt,
        },
      },
    ],
  }
}

function recorded(task: TaskRow, click: Click, now: Date, say: Say): Transition {
  if (task.status !== 'form') return { set: {}, effects: [say(contactForm(task))] }
  if (one(click, 'reached') === 'no') return notReached(task, click, now, say)
  const state = one(click, 'state')
  const outcome: ContactOutcome = {
    reached: true,
    state: state !== null && state in STATES ? state : null,
    satisfaction: score(one(click, 'satisfaction'), 1, 5),
    effect: null,
    nps: null,
    summary: null,
  }
  const attempts: TaskRow['attempts'] = [...task.attempts, { at: now, byUserId: click.userId, result: 'reached' }]
  if (task.form === 'contact_month')
    return { set: { status: 'month_form', outcome, attempts }, effects: [say(monthForm(task))] }
  return {
    set: { status: 'summary', outcome, attempts, summaryUntil: addMs(now, SUMMARY_MS) },
    effects: [say(closedCard(task, '已记录，请回复一条小结'))],
  }
}

function recordedMonth(task: TaskRow, click: Click, now: Date, say: Say): Transition {
  if (task.status !== 'month_form' || task.outcome === null) return { set: {}, effects: [say(monthForm(task))] }
  const outcome = { ...task.outcome, effect: score(one(click, 'effect'), 1, 5), nps: score(one(click, 'nps'), 0, 10) }
  return {
    set: { status: 'summary', outcome, summaryUntil: addMs(now, SUMMARY_MS) },
    effects: [say(closedCard(task, '已记录，请回复一条小结'))],
  }
}

function passOn(task: TaskRow, click: Click, { colleagues }: ClickContext, say: Say): Transition {
  const to = colleagues.find(({ userId }) => userId === one(click, 'to'))
  if (task.status !== 'transfer' || !to)
    return { set: { status: 'taken' }, effects: [say(takenCard(task, click.userName))] }
  const occurrence = task.occurrence + 1
  return {
    set: { status: 'open', ownerUserId: to.userId, occurrence },
    effects: [say(closedCard(task, `已转交${to.name}`)), { kind: 'card', userId: to.userId, occurrence }],
  }
}

function problem(task: TaskRow, click: Click, { supervisorUserId }: ClickContext, say: Say): Transition {
  const note: Effect[] = supervisorUserId
    ? [
        {
          kind: 'note',
          userId: supervisorUserId,
          key: `problem:${task._id}:${task.occurrence}`,
          text: `【需要协助】${click.userName}反馈任务“${task.title}”有问题，请与其联系处理。`,
        },
      ]
    : []
  return { set: { status: 'taken' }, effects: [say(takenCard(task, `${click.userName}，已通知主管`)), ...note] }
}

/** Ends a task. `effect` is what the clicked card shall show, if a click ended it. */
export function complete(
  task: TaskRow,
  by: { userId: string },
  now: Date,
  summary: string | null,
  effect: Effect | null,
): Transition {
  const data: TaskCompleted = {
    taskId: task._id,
    kind: task.kind,
    stepIds: task.stepIds,
    customerId: task.customerId,
    byUserId: by.userId,
  }
  return {
    set: { status: 'done', completedAt: now, completedBy: by.userId, summary },
    effects: [
      ...(effect ? [effect] : []),
      { kind: 'event', type: 'task.completed', id: `task.completed:${task._id}`, data: { ...data } },
    ],
  }
}
