/** What the supervisor of a store is told about plans that have changed: large changes of facts, and what people decide. */
import type { CustomersService } from '../customers/index.ts'
import type { Day } from '../platform/calendar.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { REASONS, type Reason } from '../platform/reasons.ts'
import type { StaffService } from '../staff/index.ts'
import type { TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { NotPutBack, PlanChange } from './changes.ts'
import type { Diff } from './diff.ts'
import type { StepRow } from './model.ts'
import type { Subject } from './subjects.ts'

export interface TellDeps {
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'kind'>
  tasks: Pick<TasksService, 'tell'>
}
export interface TellOfHandDeps extends TellDeps {
  staff: Pick<StaffService, 'members'>
  crypto: FieldCrypto
}

/** The field that reasons of people are sealed for, at rest in a plan. */
export const HAND_WORDS = 'care_plans.hand'
const LINES = 12
/** WeCom cuts a text off after 2048 bytes: what is at its end, why and how to take it back, must not be what is lost. */
const BYTES = 2_000
/** Whoever works today should hear of it. */
const SOON_MS = DAY_MS

interface Moved {
  title: string
  from: Day | null
  to: Pick<StepRow, 'status' | 'plannedOn' | 'reason'> | null
}

const CAUSES: Record<string, string> = {
  'treatment.completed': '录入了新的治疗',
  'treatment.corrected': '治疗信息更正',
  'treatment.cancelled': '治疗取消',
  'appointment.booked': '新的预约',
  'appointment.moved': '预约改期',
  'appointment.cancelled': '预约取消',
  'appointment.arrived': '客户已到院',
  moved_by_hand: '医生手动调整',
  cancelled_by_hand: '医生手动取消',
  undone: '撤销变动',
}
const LEFT: Record<NotPutBack, string> = {
  happened: '已经完成或结束',
  under_way: '正在进行',
  day_over: '原定日期已过',
  changed_since: '之后又有新的变动',
  goes_by_the_hour: '按治疗结束时间安排',
}

const monthDay = (day: Day | null): string => {
  if (day === null) return '未定'
  const [, month, date] = day.split('-').map(Number)
  return `${month}月${date}日`
}
const reasonOf = (reason: string | null): string => (reason && reason in REASONS ? REASONS[reason as Reason].zh : '')

function fateOf(to: Moved['to']): string {
  if (to === null) return '取消'
  const why = reasonOf(to.reason)
  switch (to.status) {
    case 'planned':
    case 'merged':
      return `${monthDay(to.plannedOn)}${to.status === 'planned' && why ? `（${why}）` : ''}`
    case 'needs_anchor':
      return '待医生确定日期'
    case 'missed_before_entry':
      return '已过时间，不再进行'
    // It began or ended in the very moment of the decision.
    case 'enqueued':
    case 'calling':
      return '已在进行，未作调整'
    case 'done':
    case 'delegated':
    case 'missed':
    case 'skipped':
    case 'unreachable':
      return '已经结束，未作调整'
    default:
      return `取消${why ? `（${why}）` : ''}`
  }
}

const lineOf = ({ title, from, to }: Moved): string => `· ${title}：${monthDay(from)} → ${fateOf(to)}`

/** As many lines as there is room for. Pure. */
export function textOf(head: string, lines: readonly string[], tail: readonly string[]): string {
  const kept: string[] = []
  for (const line of lines.slice(0, LINES)) {
    if (Buffer.byteLength([head, ...kept, line, '…还有 999 项', ...tail].join('\n')) > BYTES) break
    kept.push(line)
  }
  const left = lines.length - kept.length
  return [head, ...kept, ...(left > 0 ? [`…还有 ${left} 项`] : []), ...tail].join('\n')
}

async function whoAndWhat({ customers, treatments }: TellDeps, subject: Subject): Promise<string> {
  const contact = (await customers.contacts([subject.customerId])).get(subject.customerId)
  const what = treatments.kind(subject.code)?.name ?? '治疗'
  return `${contact?.salutation ?? '客户'}（${what}，编号 ${subject.externalId ?? subject.id}）`
}

/** Whose day or card somebody already works with. */
const isSoon = ({ status, dueAt, taskId }: StepRow, now: Date): boolean =>
  status === 'planned' && (taskId !== null || (dueAt !== null && dueAt <= addMs(now, SOON_MS)))
const isElsewhere = (from: Day | null, to: NonNullable<Moved['to']>): boolean =>
  to.plannedOn !== from || (to.status !== 'planned' && to.status !== 'merged')

/** What other facts take or move within a day, or after its card is out. Pure. */
export const largeMoves = ({ move, drop }: Diff, now: Date): Moved[] => [
  ...move
    .filter(({ before, after }) => isSoon(before, now) && isElsewhere(before.plannedOn, after))
    .map(({ before, after }) => ({ title: before.title, from: before.plannedOn, to: after })),
  ...drop.filter((row) => isSoon(row, now)).map(({ title, plannedOn }) => ({ title, from: plannedOn, to: null })),
]

/** It is done all the same: nobody is left with days that no longer hold. Once per change. */
export async function tellOfMoves(
  deps: TellDeps,
  subject: Subject,
  { cause, diff }: { cause: { id: string; type: string }; diff: Diff },
  now: Date,
): Promise<void> {
  const moved = largeMoves(diff, now)
  if (moved.length === 0) return
  const text = textOf(
    `【护理安排变动】${await whoAndWhat(deps, subject)}：${CAUSES[cause.type] ?? '信息变动'}，24 小时内的安排有变：`,
    moved.map(lineOf),
    [`如需恢复，请在诊疗系统的护理计划中撤销变动 ${cause.id}。`],
  )
  const { id, storeId } = subject
  await deps.tasks.tell([{ key: `moves:${id}:${cause.id}`, storeId, role: 'cs_supervisor', said: { text }, at: now }])
}

/** What a person has decided, to the supervisor. `rows`: the steps of the plan as they are now. Once per change. */
export async function tellOfHand(
  deps: TellOfHandDeps,
  subject: Subject,
  change: PlanChange,
  rows: readonly StepRow[],
  now: Date,
): Promise<void> {
  const { hand } = change
  if (!hand) return
  const { staff, crypto, tasks } = deps
  const byId = new Map(rows.map((row) => [row._id, row]))
  const decided = new Set(hand.pins.map(({ stepId }) => stepId))
  const moved = [...change.moves, ...change.added.map((id) => ({ id, from: null }))].flatMap(
    ({ id, from }): Moved[] => {
      const row = byId.get(id)
      if (!row || (!decided.has(id) && !isElsewhere(from, row))) return []
      return [{ title: row.title, from, to: row }]
    },
  )
  const dropped = change.dropped.flatMap((id) => {
    const row = byId.get(id)
    return row ? [{ title: row.title, from: row.plannedOn, to: null }] : []
  })
  const left = hand.left.map(({ id, why }) => `· ${byId.get(id)?.title ?? ''}：未恢复（${LEFT[why]}）`)
  const name = (await staff.members([hand.byUserId])).get(hand.byUserId)?.name ?? hand.byUserId
  const text = textOf(
    `【护理安排调整】${await whoAndWhat(deps, subject)}：${CAUSES[change.cause] ?? ''}，由${name}操作。`,
    [...[...moved, ...dropped].map(lineOf), ...left],
    [`原因：${crypto.open(HAND_WORDS, hand.words)}`, `如需恢复，请在诊疗系统的护理计划中撤销变动 ${change.id}。`],
  )
  const { id, storeId } = subject
  await tasks.tell([
    {
      key: `hand:${id}:${change.id}`,
      storeId,
      role: 'cs_supervisor',
      except: hand.byUserId,
      said: { text },
      at: now,
    },
  ])
}

const REASON_CHARS = 200
const short = (reason: string) => (reason.length > REASON_CHARS ? `${reason.slice(0, REASON_CHARS)}…` : reason)

/** What a migration has done to a store's plans, to its supervisor. Pure. */
export function migrationNote(
  pathway: string,
  { from, to, by, reason, undoes }: { from: number; to: number; by: string; reason: string; undoes?: string | null },
  {
    plans,
    moved,
    dropped,
    added,
    soon,
  }: { plans: number; moved: number; dropped: number; added: number; soon: number },
): string {
  const what = [
    moved > 0 && `调整 ${moved} 项`,
    dropped > 0 && `取消 ${dropped} 项`,
    added > 0 && `新增 ${added} 项`,
  ].filter(Boolean)
  const isBack = Boolean(undoes)
  return [
    `【护理路径${isBack ? '恢复' : '更新'}】“${pathway}”已由第 ${from} 版${isBack ? '恢复为' : '改为'}第 ${to} 版，由${by}操作。`,
    `本店 ${plans} 份护理计划随之变动：${what.length > 0 ? what.join('，') : '安排不变'}${soon > 0 ? `，其中 24 小时内的安排 ${soon} 项` : ''}。`,
    `原因：${short(reason)}`,
    `逐份变动可在诊疗系统的护理计划中查看；如需恢复，请在诊疗系统中整体撤销此次更新。`,
  ].join('\n')
}
