/** Plans and their changes in words, for the page. */
import type { AppConfig } from '../../src/config.ts'
import { REASONS } from '../../src/platform/reasons.ts'
import type { TreatmentKind } from '../../src/treatments/index.ts'

export interface StepView {
  title: string
  pathway: string
  on: string | null
  /** When it is to happen, or has. */
  at: string | null
  status: string
  reason: string | null
}
export interface PlanView {
  id: string
  externalId: string | null
  name: string
  on: string
  steps: StepView[]
}
export interface ChangeView {
  moved: { title: string; from: string | null; to: string | null; reason: string | null }[]
  dropped: { title: string; reason: string | null }[]
  added: { title: string; on: string | null; reason: string | null }[]
  /** Days that the doctor was asked for. */
  asked: string[]
  /** Moved as well, but over already: nobody makes up for them. */
  over: number
}

type Json = Record<string, unknown>
export type Names = ReadonlyMap<string, { title: string; pathway: string }>

/** By pathway and step. */
export const stepNames = (pathways: AppConfig['pathways']): Names =>
  new Map(
    pathways.flatMap(({ id, name, steps }) =>
      steps.map((step) => [`${id}.${step.id}`, { title: step.title, pathway: name }] as const),
    ),
  )

const STATUS: Record<string, string> = {
  planned: '已排定',
  merged: '与其他联系合并',
  calling: '正在致电',
  done: '已完成',
  delegated: '已转人工',
  missed: '未完成',
  unreachable: '未联系上',
  skipped: '已取消',
  cancelled: '已取消',
  missed_before_entry: '录入时已过期',
  needs_anchor: '等待医生确定日期',
}
const ASKED: Record<string, string> = {
  next_session_date: '下次治疗日期',
  suture_removal_date: '拆线日期',
  discharge_date: '出院日期',
}
/** Null: no code that is known. */
export const reasonIn = (code: unknown): string | null =>
  typeof code === 'string' && code in REASONS ? REASONS[code as keyof typeof REASONS].zh : null
const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)

export function planIn(treated: Json, kind: TreatmentKind | undefined, plan: Json | null, names: Names): PlanView {
  const steps = ((plan?.steps ?? []) as Json[]).map((step): StepView & { order: string } => {
    const name = names.get(`${step.pathway}.${step.step}`)
    const status = String(step.status)
    return {
      title: name?.title ?? String(step.step),
      pathway: name?.pathway ?? String(step.pathway),
      on: text(step.plannedOn),
      at: text(step.dueAt) ?? text(step.doneAt),
      status: STATUS[status] ?? status,
      reason: status === 'merged' ? null : reasonIn(step.shift ?? step.reason),
      order: `${step.plannedOn ?? '9'} ${step.dueAt ?? step.doneAt ?? '9'}`,
    }
  })
  return {
    id: String(treated.id),
    externalId: text(treated.externalId),
    name: kind?.name ?? String(treated.code),
    on: String(treated.treatedOn),
    steps: steps.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ order: _, ...step }) => step),
  }
}

const AWAY: ReadonlySet<string> = new Set([
  'cancelled_by_hand',
  'covered_in_hospital',
  'superseded_by_session',
  'course_between',
])

/** What a step is called, by its id: treatment, pathway, step. */
export function nameOfStep(id: string, names: Names): string {
  const [pathway = '', step = ''] = id.split('.').slice(-2)
  return names.get(`${pathway}.${step}`)?.title ?? step
}

/** A change as a plan keeps it, or as it is foreseen; `plan` says what became of the steps. */
export function changeIn(change: Json, plan: Json, names: Names): ChangeView {
  const steps = new Map(((plan.steps ?? []) as Json[]).map((step) => [String(step.id), step]))
  const titleOf = (id: string) => nameOfStep(id, names)
  const list = (name: string) => (change[name] ?? []) as string[]
  const moves = (change.moves ?? []) as { id: string; from: string | null; to: string | null; reason: string | null }[]
  const alive = moves.filter(({ reason }) => reason !== 'missed_before_entry')
  // A step that is taken away is kept with its reason, so a change names it among the moves.
  const isAway = ({ id, reason }: (typeof moves)[number]) =>
    AWAY.has(reason ?? '') || (change.cause === 'cancelled_by_hand' && steps.get(id)?.status === 'cancelled')
  const away = alive.filter(isAway)
  return {
    over: moves.length - alive.length,
    moved: alive
      .filter((one) => !isAway(one))
      .map(({ id, from, to, reason }) => ({ title: titleOf(id), from, to, reason: reasonIn(reason) }))
      .sort((a, b) => ((a.to ?? '9') < (b.to ?? '9') ? -1 : 1)),
    dropped: [
      ...away.map(({ id, reason }) => ({ title: titleOf(id), reason: reasonIn(reason) })),
      ...list('dropped').map((id) => ({ title: titleOf(id), reason: reasonIn(steps.get(id)?.reason) })),
    ],
    added: list('added').map((id) => {
      const step = steps.get(id)
      return { title: titleOf(id), on: text(step?.plannedOn), reason: reasonIn(step?.reason) }
    }),
    asked: list('asked').map((anchor) => ASKED[anchor] ?? '护理日期'),
  }
}
