/** One contact of a plan set, moved or cancelled by hand at the front desk, and changes of a plan taken back. */
import { z } from 'zod'
import type { Simulator } from '../../simulator/index.ts'
import { type ClinicApi, fetchAll } from './clinic-api.ts'
import { type Answer, checked, type Forms, ok, refuse, settled } from './front-desk-forms.ts'
import { changeIn, type Names, nameOfStep, reasonIn } from './front-desk-views.ts'

interface HandDeps {
  simulator: Simulator
  api: ClinicApi
  names: Names
}

const Decision = z.object({
  treatmentId: z.string().min(1).max(128),
  byUserId: z.string().min(1).max(64),
  reason: z.string().trim().min(1).max(200),
})
const StepId = z.string().min(1).max(256)
const Moved = Decision.extend({ stepId: StepId, day: z.iso.date() })
const Cancelled = Decision.extend({ stepId: StepId })
const Undone = Decision.extend({ changeId: z.string().min(1).max(256) })

type Json = Record<string, unknown>
interface Person {
  userId: string
  name: string
  position: string
  roles: string[]
  storeIds: string[]
}
interface Step {
  id: string
  plannedOn: string | null
  status: string
  ownerRole: string
  shift: string | null
  reason: string | null
}
interface Change {
  id: string
  at: string
  cause: string
  byUserId: string | null
  undoes: string | null
  left: { id: string; why: string }[]
}

export function handForms({ simulator, api, names }: HandDeps): Forms {
  // Several at one instant: the clock stands still.
  let decided = 0
  const pathOf = (treatmentId: string, ...rest: string[]) =>
    ['/api/v1/care-plans', ...[treatmentId, ...rest].map(encodeURIComponent)].join('/')
  const people = () => fetchAll<Person>(api, '/api/v1/staff?active=true')

  async function overview(treatmentId: string): Promise<Answer> {
    const plan = await api.call('GET', pathOf(treatmentId))
    const [steps, changes] = [plan.steps as Step[], plan.changes as Change[]]
    const staff = await people()
    const { storeId } = (plan.steps as { storeId: string }[])[0] ?? {}
    const nameOf = new Map(staff.map(({ userId, name }) => [userId, name]))
    const undone = new Set(changes.map(({ undoes }) => undoes))
    return ok({
      people: decidersOf(staff, storeId ?? '').map(({ userId, name, position }) => ({
        userId,
        name: `${name} · ${position}`,
      })),
      steps: steps
        .filter(({ status }) => status === 'planned' || status === 'needs_anchor')
        .sort((a, b) => ((a.plannedOn ?? '9') < (b.plannedOn ?? '9') ? -1 : 1))
        .map(({ id, plannedOn, ownerRole, shift, reason }) => ({
          id,
          title: nameOfStep(id, names),
          on: plannedOn,
          owner: OWNERS[ownerRole] ?? '',
          reason: reasonIn(shift ?? reason),
        })),
      changes: changes
        .slice(-CHANGES_SHOWN)
        .reverse()
        .map((change) => ({
          id: change.id,
          at: change.at,
          title: CAUSES[change.cause] ?? '随诊疗信息变化',
          by: change.byUserId === null ? null : (nameOf.get(change.byUserId) ?? '已离职员工'),
          isUndone: undone.has(change.id),
          ...changeIn(change as unknown as Json, plan, names),
        })),
    })
  }

  async function decide({ treatmentId, ...decision }: z.output<typeof Decision>, ...path: string[]): Promise<Answer> {
    const requestId = `D-${simulator.clock.now().getTime()}-${++decided}`
    const { change } = await api.call('POST', pathOf(treatmentId, ...path), { ...decision, requestId })
    await settled(simulator)
    const { left } = change as Change
    return ok({
      ...changeIn(change as Json, await api.call('GET', pathOf(treatmentId)), names),
      left: left.map(({ id, why }) => ({ title: nameOfStep(id, names), why: LEFT[why] ?? '' })),
    })
  }

  return {
    'GET hands': async (query) => {
      const treatmentId = query.get('treatmentId') ?? ''
      return treatmentId === '' ? refuse(400, 'invalid_request', '请先选择一次治疗。') : overview(treatmentId)
    },
    'POST hands/move': (_, json) => checked(Moved, json, ({ stepId, ...one }) => decide(one, 'steps', stepId, 'move')),
    'POST hands/cancel': (_, json) =>
      checked(Cancelled, json, ({ stepId, ...one }) => decide(one, 'steps', stepId, 'cancel')),
    'POST hands/undo': (_, json) =>
      checked(Undone, json, ({ changeId, ...one }) => decide(one, 'changes', changeId, 'undo')),
  }
}

/** Whom the page offers: doctors of the store and nurses; where there is no doctor, whoever stands in for one. */
function decidersOf(staff: readonly Person[], storeId: string): Person[] {
  const here = staff.filter(({ storeIds }) => storeIds.includes(storeId))
  const having = (role: string) => here.filter(({ roles }) => roles.includes(role))
  const doctors = ['doctor', 'beautician', 'store_manager'].map(having).find((some) => some.length > 0) ?? []
  return [...new Set([...doctors, ...having('nurse')])]
}

/** Changes that the page shows of one plan, the latest first. */
const CHANGES_SHOWN = 6
const OWNERS: Record<string, string> = {
  front_desk: '前台',
  customer_service: '客服',
  consultant: '咨询师',
  beautician: '美容师',
  nurse: '护士',
  doctor: '医生',
  operations: '运营',
}
const CAUSES: Record<string, string> = {
  moved_by_hand: '手动改期',
  cancelled_by_hand: '手动取消',
  undone: '撤销变更',
  migrated: '改用新版护理路径',
}
/** Why a step stays where it is although the change is taken back. */
const LEFT: Record<string, string> = {
  happened: '已经完成',
  under_way: '正在进行',
  day_over: '原来的日期已过',
  changed_since: '之后又有变更',
  goes_by_the_hour: '按小时安排，不能按天恢复',
}
