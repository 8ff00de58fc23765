/** What a click on a card means for its task. Pure: the same task and click always give the same change. */
import { addMs } from '../platform/clock.ts'
import { ANSWER, type Button, isAnswer, MOST_OPTIONS, STATES, SUBMITS, TRANSFER_REASONS } from './cards.ts'
import { choicesOf } from './choices.ts'
import type { Effect, Shown, TaskRow } from './model.ts'
import { complete, eventOf, handOver, type Transition, WORDS_MS, withdraw, withdrawHelper } from './rules.ts'
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

export interface ClickContext {
  now: Date
  ownerName: string
  /** Whom the task may be passed to, best first; all of them are taken, the first ten are offered. */
  colleagues: readonly { userId: string; name: string }[]
  /** Who is asked to help with a problem. */
  supervisorUserId: string | null
}

const one = (click: Click, question: string): string | null => click.selected[question]?.[0] ?? null
const score = (text: string | null, low: number, high: number): number | null => {
  const value = Number(text)
  return text !== null && Number.isInteger(value) && value >= low && value <= high ? value : null
}
const TOLD: Partial<Record<TaskRow['status'], string>> = {
  done: '任务已完成',
  cancelled: '任务已取消',
  summary: '已记录',
}

/** A click, by anybody, on any card of the task, however old. */
export function transition(task: TaskRow, click: Click, context: ClickContext): Transition {
  const show = (shown: Shown): Effect => ({
    kind: 'update',
    responseCode: click.responseCode,
    userId: click.userId,
    occurrence: click.occurrence,
    show: shown,
  })
  const only = (shown: Shown): Transition => ({ set: {}, effects: [show(shown)] })
  const told = TOLD[task.status]
  if (told) return only({ card: 'closed', said: told })
  if (task.ownerUserId === click.userId) return ownClick(task, click, context, show)
  if (task.helper?.userId !== click.userId) return only({ card: 'closed', said: `已由${context.ownerName}接手` })
  // Who was asked to help and acts has taken the task over; the former owner's card ends.
  const mine: Partial<TaskRow> = { ownerUserId: click.userId, occurrence: task.helper.occurrence, helper: null }
  const { set, effects } = ownClick({ ...task, ...mine, status: 'taken' }, click, context, show)
  return {
    set: { ...mine, status: 'taken', ...set },
    effects: [...effects, withdraw(task, `已由${click.userName}接手`)],
  }
}

type Show = (shown: Shown) => Effect
/** A further card is out, or on its way, while the work was done on an older one. */
const withdrawNewer = (task: TaskRow, click: Click, said: string): Effect[] =>
  click.occurrence === task.occurrence ? [] : [withdraw(task, said)]

function ownClick(task: TaskRow, click: Click, context: ClickContext, show: Show): Transition {
  const to = (status: TaskRow['status'], shown: Shown): Transition => ({ set: { status }, effects: [show(shown)] })
  const contact = task.form === 'contact' || task.form === 'contact_month'
  switch (click.key as Button | (typeof SUBMITS)[keyof typeof SUBMITS]) {
    case 'take':
      return to(task.status === 'open' ? 'taken' : task.status, {
        card: 'working',
        said: `已由${click.userName}接手`,
      })
    case 'done':
      if (task.form === 'decision') return to('form', { card: 'choice_form' })
      if (!contact) return done(task, click, context.now, show)
      // The answers of the first form are kept when it was a second tap.
      if (task.status === 'month_form') return { set: {}, effects: [show({ card: 'month_form' })] }
      return to('form', { card: 'contact_form' })
    case 'not_reached':
      return contact ? notReached(task, click, context.now, show) : current(task, click, show)
    case 'transfer':
      if (context.colleagues.length === 0)
        return { set: {}, effects: [show({ card: 'working', said: '暂无可转交的同事' })] }
      return to(task.status === 'month_form' ? task.status : 'transfer', {
        card: 'transfer_form',
        // The way back is the last choice: whoever tapped by mistake keeps the task.
        colleagues: [
          ...context.colleagues.slice(0, MOST_OPTIONS - 1).map(({ userId, name }) => ({ userId, name })),
          { userId: click.userId, name: '仍由我处理' },
        ],
      })
    case 'problem':
      return problem(task, click, context, show)
    case SUBMITS.choice:
      return chosen(task, click, context.now, show)
    case SUBMITS.transfer:
      return passOn(task, click, context, show)
    case SUBMITS.contact:
      return contact && task.status !== 'month_form'
        ? recorded(task, click, context.now, show)
        : current(task, click, show)
    case SUBMITS.month:
      return task.status === 'month_form' && task.outcome
        ? toSummary(task, click, context.now, show, {
            ...task.outcome,
            effect: score(one(click, 'effect'), 1, 5),
            nps: score(one(click, 'nps'), 0, 10),
          })
        : current(task, click, show)
    default:
      return current(task, click, show)
  }
}

/** Nothing changes: the card shows again where the task stands. */
function current(task: TaskRow, click: Click, show: Show): Transition {
  const form = task.form === 'decision' ? 'choice_form' : 'contact_form'
  const forms = { form, month_form: 'month_form' } as const
  const card = task.status === 'form' || task.status === 'month_form' ? forms[task.status] : null
  return { set: {}, effects: [show(card ? { card } : { card: 'working', said: `由${click.userName}处理中` })] }
}

function notReached(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  const { occurrence } = click
  // One miss per card: a second tap isn't a second attempt.
  if (task.attempts.some((attempt) => attempt.occurrence === occurrence && attempt.result === 'not_reached'))
    return { set: {}, effects: [show({ card: 'working', said: '已记录未接通，下次时间见新卡片' })] }
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
  // Nobody plans a further attempt of other tasks: the recorded one is what the day asked for.
  const outcome: ContactOutcome = { ...NO_ANSWERS, reached: false }
  const { set, effects } = complete(task, click.userId, now, null)
  return {
    set: { ...set, attempts, outcome },
    effects: [
      show({ card: 'closed', said: '未接通，已记录' }),
      ...withdrawNewer(task, click, '已记录'),
      attempted,
      ...effects,
    ],
  }
}

const NO_ANSWERS: Omit<ContactOutcome, 'reached'> = {
  state: null,
  satisfaction: null,
  effect: null,
  nps: null,
  summary: null,
}

function recorded(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  if (one(click, 'reached') === 'no') return notReached(task, click, now, show)
  const state = one(click, 'state')
  const outcome: ContactOutcome = {
    ...NO_ANSWERS,
    reached: true,
    state: state !== null && Object.hasOwn(STATES, state) ? state : null,
    satisfaction: score(one(click, 'satisfaction'), 1, 5),
  }
  const { userId: byUserId, occurrence } = click
  const attempts: TaskRow['attempts'] = [...task.attempts, { at: now, byUserId, result: 'reached', occurrence }]
  if (task.form === 'contact_month')
    return { set: { status: 'month_form', outcome, attempts }, effects: [show({ card: 'month_form' })] }
  const { set, effects } = toSummary(task, click, now, show, outcome)
  return { set: { ...set, attempts }, effects }
}

const toSummary = (task: TaskRow, click: Click, now: Date, show: Show, outcome: ContactOutcome): Transition => ({
  set: { status: 'summary', outcome, summaryUntil: addMs(now, WORDS_MS), helper: null },
  effects: [
    show({ card: 'closed', said: '已记录，请回复小结' }),
    ...withdrawNewer(task, click, '已记录'),
    ...withdrawHelper(task, '已记录'),
  ],
})

function done(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  const answer = one(click, ANSWER)
  if (task.choice && !isAnswer(task, answer))
    return { set: {}, effects: [show({ card: 'working', said: '请先选择，再点“已完成”' })] }
  const { set, effects } = complete(task, click.userId, now, null)
  return {
    set: task.choice ? { ...set, answer } : set,
    effects: [show({ card: 'closed', said: '已完成' }), ...withdrawNewer(task, click, '已完成'), ...effects],
  }
}

/** Both answers of the list, or the form again. */
function chosen(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  const lists = choicesOf(task.kind)
  const [choice, reason] = [one(click, 'choice'), one(click, 'why')]
  if (!lists || !choice || !reason || !Object.hasOwn(lists.choices, choice) || !Object.hasOwn(lists.reasons, reason))
    return current(task, click, show)
  const { set, effects } = complete(task, click.userId, now, null)
  return {
    set: { ...set, decision: { choice, reason } },
    effects: [show({ card: 'closed', said: '已记录决定' }), ...withdrawNewer(task, click, '已记录决定'), ...effects],
  }
}

function passOn(task: TaskRow, click: Click, { colleagues, now }: ClickContext, show: Show): Transition {
  const chosen = one(click, 'to')
  const to = colleagues.find(({ userId }) => userId === chosen && userId !== task.ownerUserId)
  if (!to) {
    const said = chosen === click.userId ? `由${click.userName}处理中` : '该同事暂时不能接手，请重新选择'
    const status = task.status === 'transfer' ? 'taken' : task.status
    return { set: { status }, effects: [show({ card: 'working', said })] }
  }
  const reason = one(click, 'reason')
  const transfer = {
    at: now,
    fromUserId: click.userId,
    toUserId: to.userId,
    reason: reason !== null && Object.hasOwn(TRANSFER_REASONS, reason) ? reason : 'off_duty',
  }
  const next = handOver(task, to.userId, now)
  return {
    set: { ...next.set, transfers: [...task.transfers, transfer] },
    effects: [
      show({ card: 'closed', said: `已转交${to.name}` }),
      ...withdrawNewer(task, click, `已转交${to.name}`),
      ...next.effects,
    ],
  }
}

function problem(task: TaskRow, click: Click, { supervisorUserId, now }: ClickContext, show: Show): Transition {
  const told = (to: string | null): Effect =>
    show({ card: 'working', said: to ? '已通知主管，请直接回复说明' : '暂无可联系的主管，请当面说明' })
  const toUserId = task.helper?.userId ?? (supervisorUserId === click.userId ? null : supervisorUserId)
  if (toUserId === null) return { set: {}, effects: [told(null)] }
  const heard = { problem: { byUserId: click.userId, toUserId, until: addMs(now, WORDS_MS) } }
  const status = task.status === 'open' ? 'taken' : task.status
  if (task.helper) return { set: { ...heard, status }, effects: [told(toUserId)] }
  const occurrence = task.cards + 1
  return {
    set: { ...heard, status, cards: occurrence, helper: { userId: toUserId, occurrence } },
    effects: [
      told(toUserId),
      {
        kind: 'note',
        userId: toUserId,
        key: `problem:${task._id}:${occurrence}`,
        text: `【需要协助】${click.userName}反馈任务“${task.title}”有问题，请与其联系，或在卡片上接手处理。`,
      },
      { kind: 'card', userId: toUserId, occurrence, at: now },
    ],
  }
}
