/** What a click on a card means for its task. Pure: the same task and click always give the same change. */
import { addMs } from '../platform/clock.ts'
import { ANSWER, type Button, isAnswer } from './cards.ts'
import { choicesOf, NOT_REACHED } from './choices.ts'
import { MOST_OPTIONS, SUBMITS, TRANSFER_REASONS } from './forms.ts'
import type { Effect, Shown, TaskRow } from './model.ts'
import {
  type Click,
  checklistRecorded,
  formOf,
  interestRecorded,
  type Kinds,
  monthRecorded,
  NO_ANSWERS,
  notReached,
  one,
  recorded,
  type Show,
  toSummary,
  withdrawNewer,
} from './outcome.ts'
import { complete, eventOf, handOver, isAnswered, isAsked, type Transition, WORDS_MS, withdraw } from './rules.ts'
import type { TaskAnswered, TaskTaken } from './types.ts'

export type { Click } from './outcome.ts'

export interface ClickContext {
  now: Date
  ownerName: string
  /** Whom the task may be passed to, best first; all of them are taken, the first ten are offered. */
  colleagues: readonly { userId: string; name: string }[]
  /** Who is asked to help with a problem. */
  supervisorUserId: string | null
  /** What a customer may be interested in. */
  kinds: Kinds
}

const TOLD: Partial<Record<TaskRow['status'], string>> = {
  done: '任务已完成',
  cancelled: '任务已取消',
  summary: '已记录',
}

/** A click, by anybody, on any card of the task, however old. */
export function transition(task: TaskRow, click: Click, context: ClickContext): Transition {
  const { set, effects } = decided(task, click, context)
  // Whoever passes it on has not begun.
  const begins = task.urgent && task.status === 'open' && set.status !== undefined && set.status !== 'transfer'
  return begins ? { set, effects: [...effects, taken(task, click.userId)] } : { set, effects }
}

function taken({ _id: taskId, kind, customerId }: TaskRow, byUserId: string): Effect {
  const data: TaskTaken = { taskId, kind, customerId, byUserId }
  return eventOf('task.taken', `task.taken:${taskId}`, data)
}

function decided(task: TaskRow, click: Click, context: ClickContext): Transition {
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
  // What has been answered is gone on with, not asked again.
  const status = isAnswered(task) ? task.status : 'taken'
  const { set, effects } = ownClick({ ...task, ...mine, status }, click, context, show)
  return {
    set: { ...mine, status, ...set },
    effects: [...effects, withdraw(task, `已由${click.userName}接手`)],
  }
}

function ownClick(task: TaskRow, click: Click, context: ClickContext, show: Show): Transition {
  const to = (status: TaskRow['status'], shown: Shown): Transition => ({ set: { status }, effects: [show(shown)] })
  const contact = ['contact', 'contact_month', 'doctor'].includes(task.form)
  switch (click.key as Button | typeof SUBMITS.transfer | typeof SUBMITS.choice) {
    case 'take':
      return to(task.status === 'open' ? 'taken' : task.status, {
        card: 'working',
        said: `已由${click.userName}接手`,
      })
    case 'done': {
      if (task.form === 'decision') return to('form', { card: 'choice_form' })
      if (!contact) return done(task, click, context.now, show)
      // The answers of the first form are kept when it was a second tap.
      if (isAnswered(task)) return current(task, click, context.kinds, show)
      const shown = formOf({ ...task, status: 'form' }, context.kinds)
      if (!shown) return current(task, click, context.kinds, show)
      if (isAsked(task) && !isAnswer(task, one(click, ANSWER)))
        return { set: {}, effects: [show({ card: 'working', said: `请先选择“${task.choice?.title}”` })] }
      return withAnswer(task, click, () => to('form', shown))
    }
    case 'not_reached':
      return contact && !isAnswered(task)
        ? withAnswer(task, click, (asked) => notReached(asked, click, context.now, show))
        : current(task, click, context.kinds, show)
    case 'transfer':
      // Nobody asks the customer a second time.
      if (isAnswered(task)) return current(task, click, context.kinds, show)
      if (context.colleagues.length === 0)
        return { set: {}, effects: [show({ card: 'working', said: '暂无可转交的同事' })] }
      return to('transfer', {
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
    default:
      return contact ? formClick(task, click, context, show) : current(task, click, context.kinds, show)
  }
}

/** A form that was submitted: counts in the state that shows it, and the first one as long as nothing is answered. */
function formClick(task: TaskRow, click: Click, { now, kinds }: ClickContext, show: Show): Transition {
  const { status, outcome } = task
  const first = task.form === 'doctor' ? SUBMITS.doctor : SUBMITS.contact
  if (click.key === first && !isAnswered(task)) return recorded(task, click, now, kinds, show)
  if (outcome === null) return current(task, click, kinds, show)
  if (click.key === SUBMITS.month && status === 'month_form') return monthRecorded(task, outcome, click, kinds, show)
  if (click.key === SUBMITS.checklist && status === 'checklist')
    return checklistRecorded(task, outcome, click, now, kinds, show)
  if (click.key === SUBMITS.interest && status === 'interest')
    return interestRecorded(task, outcome, click, now, kinds, show)
  return current(task, click, kinds, show)
}

/** Nothing changes: the card shows again where the task stands. */
function current(task: TaskRow, click: Click, kinds: Kinds, show: Show): Transition {
  return { set: {}, effects: [show(formOf(task, kinds) ?? { card: 'working', said: `由${click.userName}处理中` })] }
}

/** A click on a contact's card takes the answer to its question along. The first one stands, and is told now: the form may be forgotten. */
function withAnswer(task: TaskRow, click: Click, go: (task: TaskRow) => Transition): Transition {
  const answer = one(click, ANSWER)
  if (!isAsked(task) || !isAnswer(task, answer)) return go(task)
  const { set, effects } = go({ ...task, answer })
  const { _id: taskId, kind, customerId } = task
  const data: TaskAnswered = { taskId, kind, customerId, byUserId: click.userId }
  return { set: { ...set, answer }, effects: [...effects, eventOf('task.answered', `task.answered:${taskId}`, data)] }
}

function done(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  const answer = one(click, ANSWER)
  if (task.choice && !isAnswer(task, answer))
    return { set: {}, effects: [show({ card: 'working', said: '请先选择，再点“已完成”' })] }
  const { set, effects } = complete(task, click.userId, now, null)
  const said = task.kind === 'red_flag' ? `已由${click.userName}接手` : '已完成'
  return {
    set: task.choice ? { ...set, answer } : set,
    effects: [show({ card: 'closed', said }), ...withdrawNewer(task, click, said), ...effects],
  }
}

/** Both answers of the list, or the form again. */
function chosen(task: TaskRow, click: Click, now: Date, show: Show): Transition {
  const lists = choicesOf(task.kind)
  const [choice, reason] = [one(click, 'choice'), one(click, 'why')]
  if (!lists || !choice || !reason || !Object.hasOwn(lists.choices, choice) || !Object.hasOwn(lists.reasons, reason))
    return current(task, click, [], show)
  const decision = { choice, reason }
  if (lists.isTold) {
    const next = toSummary(task, now, show, { ...NO_ANSWERS, reached: reason !== NOT_REACHED })
    return {
      set: { ...next.set, decision },
      effects: [...next.effects, ...withdrawNewer(task, click, '已记录')],
    }
  }
  const { set, effects } = complete(task, click.userId, now, null)
  return {
    set: { ...set, decision },
    effects: [show({ card: 'closed', said: '已记录决定' }), ...withdrawNewer(task, click, '已记录决定'), ...effects],
  }
}

function passOn(task: TaskRow, click: Click, { colleagues, kinds, now }: ClickContext, show: Show): Transition {
  if (isAnswered(task)) return current(task, click, kinds, show)
  const chosen = one(click, 'to')
  const to = colleagues.find(({ userId }) => userId === chosen && userId !== task.ownerUserId)
  if (!to) {
    const said = chosen === click.userId ? `由${click.userName}处理中` : '该同事暂时不能接手，请重新选择'
    const status = task.status === 'transfer' ? 'taken' : task.status
    return { set: { status }, effects: [show({ card: 'working', said })] }
  }
  const reason = transferReason(one(click, 'reason'))
  const transfer = { at: now, fromUserId: click.userId, toUserId: to.userId, reason }
  const next = handOver(task, to.userId, { name: click.userName, why: TRANSFER_REASONS[reason] }, now)
  return {
    set: { ...next.set, transfers: [...task.transfers, transfer] },
    effects: [
      show({ card: 'closed', said: `已转交${to.name}` }),
      ...withdrawNewer(task, click, `已转交${to.name}`),
      ...next.effects,
    ],
  }
}

const transferReason = (code: string | null): keyof typeof TRANSFER_REASONS =>
  code !== null && Object.hasOwn(TRANSFER_REASONS, code) ? (code as keyof typeof TRANSFER_REASONS) : 'off_duty'

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
