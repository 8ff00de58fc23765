/** What becomes of customers who are handed from one member to another in WeCom. Pure. */
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../platform/clock.ts'
import type { TransferOutcome, TransferStart } from '../wecom/index.ts'

/** Why a customer did not go over. */
export const NOT_HANDED_OVER = {
  refused: '客户谢绝',
  taker_full: '接手人好友数已满',
  too_often: '90天内已交接两次',
  not_contact: '已不是原员工的好友',
  member: '接手人暂不能添加客户',
  no_answer: '三天内没有结果',
  other: '企业微信未受理',
} as const
export type NotHandedOver = keyof typeof NOT_HANDED_OVER
export type HandoverState = 'to_ask' | 'waiting' | 'done' | NotHandedOver
export const HANDOVER_STATES = [
  'to_ask',
  'waiting',
  'done',
  ...(Object.keys(NOT_HANDED_OVER) as NotHandedOver[]),
] as const

export interface HandedOver {
  customerId: string
  externalUserId: string
  state: HandoverState
  /** When the state was learnt. */
  at: Date | null
}

/** A customer may refuse for a day; a little later it is done. */
const FIRST_LOOK_MS = DAY_MS + 10 * MINUTE_MS
const NEXT_LOOK_MS = HOUR_MS
const GIVEN_UP_MS = 3 * DAY_MS

const STATE_OF_START: Record<TransferStart, HandoverState> = {
  started: 'waiting',
  under_way: 'waiting',
  // The taker has this customer already.
  same_member: 'done',
  taker_full: 'taker_full',
  too_often: 'too_often',
  not_contact: 'not_contact',
  member: 'member',
  other: 'other',
}

/** After WeCom took the request: who isn't in its answer is asked for again. */
export function afterStart(
  customers: readonly HandedOver[],
  answers: readonly { externalUserId: string; start: TransferStart }[],
  now: Date,
): HandedOver[] {
  const starts = new Map(answers.map(({ externalUserId, start }) => [externalUserId, start]))
  return customers.map((one) => {
    const start = one.state === 'to_ask' ? starts.get(one.externalUserId) : undefined
    return start ? { ...one, state: STATE_OF_START[start], at: now } : one
  })
}

export function afterResults(
  customers: readonly HandedOver[],
  results: readonly { externalUserId: string; outcome: TransferOutcome | 'member' }[],
  startedAt: Date,
  now: Date,
): HandedOver[] {
  const outcomes = new Map(results.map(({ externalUserId, outcome }) => [externalUserId, outcome]))
  const isOver = addMs(startedAt, GIVEN_UP_MS) <= now
  return customers.map((one) => {
    if (one.state !== 'waiting') return one
    const outcome = outcomes.get(one.externalUserId) ?? 'waiting'
    if (outcome !== 'waiting') return { ...one, state: outcome, at: now }
    return isOver ? { ...one, state: 'no_answer', at: now } : one
  })
}

export const isOpen = ({ state }: HandedOver): boolean => state === 'to_ask' || state === 'waiting'

/** When the outcome is asked for next. */
export function nextLook(startedAt: Date, now: Date): Date {
  const first = addMs(startedAt, FIRST_LOOK_MS)
  return first > now ? first : addMs(now, NEXT_LOOK_MS)
}

/** What the store manager hears when all of it is over. */
export function handoverNote(
  customers: readonly { state: HandoverState; toUserId: string }[],
  from: string,
  nameOf: (userId: string) => string,
): string {
  const done = customers.filter(({ state }) => state === 'done')
  const takers = [...new Set(done.map(({ toUserId }) => toUserId))].sort()
  const taken = takers.map((id) => `${nameOf(id)} ${done.filter(({ toUserId }) => toUserId === id).length} 位`)
  const missed = (Object.keys(NOT_HANDED_OVER) as NotHandedOver[]).flatMap((reason) => {
    const count = customers.filter(({ state }) => state === reason).length
    return count > 0 ? [`${NOT_HANDED_OVER[reason]} ${count} 位`] : []
  })
  return [
    `【微信交接】${from}的客户好友已交接 ${done.length} 位，共 ${customers.length} 位。`,
    taken.length > 0 && `接手：${taken.join('、')}。`,
    missed.length > 0 && `未能交接：${missed.join('、')}。请您安排接手人与这些客户另行联系。`,
  ]
    .filter(Boolean)
    .join('')
}
