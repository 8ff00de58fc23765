/** What words, the clock and other rooms change in a task. Pure: the same task and cause always give the same change. */
import { addMs, earliest, HOUR_MS, MINUTE_MS } from '../platform/clock.ts'
import { REASONS, type Reason } from '../platform/reasons.ts'
import { MOST_FACTS } from './cards.ts'
import type { Effect, TaskRow } from './model.ts'
import type { TaskCompleted, TaskLapsed, TaskUnanswered } from './types.ts'

export interface Transition {
  /** Empty: the cause changes nothing, but its card must say so. */
  set: Partial<TaskRow>
  effects: Effect[]
}

/** The next text of the person within this time is the summary, or explains the problem. */
export const WORDS_MS = 10 * MINUTE_MS
/** A reminder comes this long before the deadline. */
export const REMIND_BEFORE_MS = 30 * MINUTE_MS
/** How long the process that changed a task has for the effects, before another one does them. */
export const GRACE_MS = MINUTE_MS
/** A task without an owner looks for one so often. */
const ASSIGN_AGAIN_MS = HOUR_MS

/** The answers of the first form are in: the contact was made, whatever is tapped on an older card. */
export const isAnswered = ({ status }: Pick<TaskRow, 'status'>): boolean =>
  status === 'month_form' || status === 'checklist' || status === 'interest'
/** The question on its card has no answer yet. */
export const isAsked = ({ choice, answer }: Pick<TaskRow, 'choice' | 'answer'>): boolean => Boolean(choice) && !answer
/** Only words, or the rest of the form, are awaited, and not for long: then it is done with what is known. */
const endsByItself = (task: Pick<TaskRow, 'status' | 'summaryUntil'>): boolean =>
  task.status === 'summary' || (isAnswered(task) && task.summaryUntil !== null)

type Watched = Pick<
  TaskRow,
  'status' | 'ownerUserId' | 'summaryUntil' | 'deadlineAt' | 'remindedAt' | 'breachedAt' | 'openAt'
>

/** When the task must be looked at again by itself: end of the summary's time, reminder, breach. */
export function nextActionAt(task: Watched): Date | null {
  if (endsByItself(task)) return task.summaryUntil
  if (task.status === 'done' || task.status === 'cancelled') return null
  const remindAt = addMs(task.deadlineAt, -REMIND_BEFORE_MS)
  if (task.remindedAt === null && remindAt > task.openAt) return remindAt
  return task.breachedAt === null ? task.deadlineAt : null
}

/** As `nextActionAt`, but not later than the second look at effects, or at a task that nobody owns. */
export function nextLookAt(task: Watched & Pick<TaskRow, 'pending'>, now: Date): Date | null {
  const unowned = task.ownerUserId === '' && !['summary', 'done', 'cancelled'].includes(task.status)
  return earliest([
    nextActionAt(task),
    task.pending.length > 0 ? addMs(now, GRACE_MS) : null,
    unowned ? addMs(now, ASSIGN_AGAIN_MS) : null,
  ])
}

export const eventOf = (type: string, id: string, data: object): Effect => ({
  kind: 'event',
  type,
  id,
  data: { ...data },
})

export const withdraw = ({ ownerUserId, occurrence }: TaskRow, said: string): Effect => ({
  kind: 'withdraw',
  userId: ownerUserId,
  occurrence,
  said,
})
export const withdrawHelper = ({ helper }: TaskRow, said: string): Effect[] =>
  helper ? [{ kind: 'withdraw', ...helper, said }] : []

/** Whose a task was, by name, and why it is not any more. */
export interface Former {
  name: string
  why: string
}
const FROM = '转自'

/** Whoever gets it sees whose it was just now: the customer may have been told that name. Null: nobody's. */
export function factsFrom(facts: TaskRow['facts'], former: Former | null): TaskRow['facts'] {
  const others = facts.filter(({ name }) => name !== FROM)
  return former && others.length < MOST_FACTS
    ? [...others, { name: FROM, value: `${former.name}（${former.why}）` }]
    : others
}

/** A new owner with a new card, who starts from the beginning. */
export function handOver(task: TaskRow, userId: string, former: Former | null, now: Date): Transition {
  const occurrence = task.cards + 1
  const helper = task.helper?.userId === userId ? null : task.helper
  const facts = factsFrom(task.facts, former)
  return {
    set: { status: 'open', ownerUserId: userId, occurrence, cards: occurrence, helper, facts },
    effects: [
      { kind: 'card', userId, occurrence, at: task.openAt > now ? task.openAt : now },
      ...(helper === task.helper ? [] : withdrawHelper(task, '已更新为新的任务卡片')),
    ],
  }
}

/** Whom a task goes to, and why; null: nobody is there, so it waits without an owner. */
export interface Successor {
  userId: string | null
  name: string
  /** Who had it. */
  fromName: string
  reason: Reason
}

/** Who is away or has left can't work on it: a new card to the next, the old one turns grey. A contact that was made is kept. */
export function reassign(task: TaskRow, { userId, name, fromName, reason }: Successor, now: Date): Transition {
  if (task.status === 'summary' || task.closedAt !== null || task.ownerUserId === (userId ?? ''))
    return { set: {}, effects: [] }
  if (isAnswered(task)) return asItStands(task, now)
  const transfers = [...task.transfers, { at: now, fromUserId: task.ownerUserId, toUserId: userId ?? '', reason }]
  const isOwned = task.ownerUserId !== ''
  const effects = isOwned ? [withdraw(task, userId === null ? '已收回，待同事接手' : `已转交${name}`)] : []
  if (userId === null) return { set: { ownerUserId: '', transfers }, effects }
  const next = handOver(task, userId, isOwned ? { name: fromName, why: shortOf(reason) } : null, now)
  return { set: { ...next.set, transfers }, effects: [...effects, ...next.effects] }
}
const SHORT: Partial<Record<Reason, string>> = { owner_absent: '休假', owner_left: '已离职或调岗', off_duty: '不在班' }
/** A reason as a card has room for it. */
export const shortOf = (reason: Reason): string => SHORT[reason] ?? REASONS[reason].zh

/** Who was asked to help is away or has left: somebody else is asked, with the same words. */
export function askAnother(task: TaskRow, helperUserId: string, userId: string | null, now: Date): Transition {
  const { helper, problem } = task
  if (helper?.userId !== helperUserId || task.closedAt !== null || userId === helperUserId)
    return { set: {}, effects: [] }
  const effects = withdrawHelper(task, '已转交其他同事')
  if (userId === null) return { set: { helper: null, problem: null }, effects }
  const occurrence = task.cards + 1
  const text = `【需要协助】任务“${task.title}”有问题，原协助同事不在岗，请与负责人联系，或在卡片上接手处理。`
  return {
    set: {
      cards: occurrence,
      helper: { userId, occurrence },
      problem: problem && { ...problem, toUserId: userId },
    },
    effects: [
      ...effects,
      { kind: 'note', userId, key: `problem:${task._id}:${occurrence}`, text },
      { kind: 'card', userId, occurrence, at: now },
    ],
  }
}

/** Words of a person for whom the task was waiting; `words` are sealed. */
export function heardWords(
  task: TaskRow,
  said: { userId: string; userName: string; words: string; id: string },
  now: Date,
): Transition {
  if (task.status === 'summary' && task.ownerUserId === said.userId) return complete(task, said.userId, now, said.words)
  if (task.problem?.byUserId !== said.userId) return { set: {}, effects: [] }
  const { toUserId } = task.problem
  return {
    set: { problem: null },
    effects: [
      {
        kind: 'note',
        userId: toUserId,
        key: `explained:${task._id}:${said.id}`,
        text: `【问题说明】${said.userName}（“${task.title}”）：`,
        words: said.words,
      },
    ],
  }
}

/** Ends a task; once, because nothing leads out of `done`. */
export function complete(task: TaskRow, byUserId: string, now: Date, summary: string | null): Transition {
  const { _id: taskId, kind, stepIds, customerId } = task
  const data: TaskCompleted = { taskId, kind, stepIds, customerId, byUserId }
  return {
    set: {
      status: 'done',
      closedAt: now,
      completedAt: now,
      completedBy: byUserId,
      summary,
      problem: null,
      helper: null,
    },
    effects: [eventOf('task.completed', `task.completed:${taskId}`, data), ...withdrawHelper(task, '任务已完成')],
  }
}

/** A contact that was made is its record also where its form is never finished. */
function asItStands(task: TaskRow, now: Date): Transition {
  const { set, effects } = complete(task, task.attempts.at(-1)?.byUserId ?? task.ownerUserId, now, null)
  return { set, effects: [withdraw(task, '已记录'), ...effects] }
}

/** Nothing is to be done any more, for a reason; a contact that was made meanwhile is kept. */
export function cancelled(task: TaskRow, now: Date, reason: string, said = '任务已取消'): Transition {
  if (isAnswered(task)) return asItStands(task, now)
  const { _id: taskId, kind, form, ownerUserId } = task
  const data: TaskUnanswered = { taskId, kind, reason }
  return {
    set: { status: 'cancelled', closedAt: now, problem: null, helper: null },
    effects: [
      ...(ownerUserId ? [withdraw(task, said)] : []),
      ...withdrawHelper(task, said),
      // What a contact's card asked is somebody's to settle without an answer.
      ...(form !== 'confirm' && isAsked(task) ? [eventOf('task.unanswered', `task.unanswered:${taskId}`, data)] : []),
    ],
  }
}

function lapsed(task: TaskRow, now: Date): Transition {
  const { set, effects } = cancelled(task, now, 'late', '已过时，无需再做')
  const data: TaskLapsed = { taskId: task._id, kind: task.kind, stepIds: task.stepIds }
  return { set, effects: [...effects, eventOf('task.lapsed', `task.lapsed:${task._id}`, data)] }
}

/** The cause of a new owner: once per card. */
export const givenCode = (task: TaskRow, { userId }: Successor): string =>
  `due:${userId === null ? 'no-owner' : 'owner'}:${task.cards + 1}`

/** What the clock alone asks for: the summary's time is over, a reminder, a breach, an owner. Empty = nothing any more. */
export function timely(
  task: TaskRow,
  now: Date,
  { supervisorUserId, successor }: { supervisorUserId: string | null; successor?: Successor | undefined },
): Transition & { code: string } {
  const { _id, occurrence } = task
  if (task.closedAt !== null) return { code: '', set: {}, effects: [] }
  if (endsByItself(task)) {
    const over = task.summaryUntil !== null && task.summaryUntil <= now
    if (!over) return { code: '', set: {}, effects: [] }
    return {
      code: 'due:summary',
      ...(isAnswered(task) ? asItStands(task, now) : complete(task, task.ownerUserId, now, null)),
    }
  }
  if (successor) return { code: givenCode(task, successor), ...reassign(task, successor, now) }
  const at = nextActionAt(task)
  if (at === null || at > now) return { code: '', set: {}, effects: [] }
  const breach = task.deadlineAt <= now
  if (breach && task.lapses) return { code: 'due:lapsed', ...lapsed(task, now) }
  const step = `${breach ? 'breach' : 'remind'}:${task.deadlineAt.toISOString()}`
  const note = (userId: string, text: string): Effect => ({
    kind: 'note',
    userId,
    key: `${step}:${_id}:${userId}`,
    text,
  })
  const own = breach
    ? `【已超时】“${task.title}”还没有完成，请尽快处理。`
    : `【提醒】“${task.title}”将在 30 分钟内到期，请及时处理。`
  const notes = task.ownerUserId ? [note(task.ownerUserId, own)] : []
  // What a doctor has still to set is on a list of its own each evening.
  const isListed = task.kind === 'set_day'
  if (breach && !isListed && supervisorUserId !== null && supervisorUserId !== task.ownerUserId)
    notes.push(note(supervisorUserId, `【超时提醒】任务“${task.title}”已超时，请协助跟进。`))
  return {
    code: `due:${step}:${occurrence}`,
    set: breach ? { remindedAt: task.remindedAt ?? now, breachedAt: now } : { remindedAt: now },
    effects: notes,
  }
}
