/** Leave at the front desk: somebody is put on leave or comes back, and which work went to whom. */
import { z } from 'zod'
import type { Simulator } from '../../simulator/index.ts'
import { ABSENCE_KINDS } from '../../src/staff/index.ts'
import { chinaDay } from './calendar.ts'
import { type ClinicApi, fetchAll } from './clinic-api.ts'
import { checked, type Forms, ok, settled } from './front-desk-forms.ts'
import type { Names } from './front-desk-views.ts'
import type { ClinicStore } from './stores.ts'

interface AbsenceDeps {
  simulator: Simulator
  api: ClinicApi
  stores: readonly ClinicStore[]
  names: Names
}

const Id = z.string().min(1).max(64)
const Day = z.iso.date()
const Leave = z.object({
  userId: Id,
  from: Day,
  to: Day,
  reason: z.enum(ABSENCE_KINDS),
  delegateUserId: Id.nullable(),
})
const One = z.object({ userId: Id, absenceId: Id })

interface Person {
  userId: string
  name: string
  position: string
  storeIds: string[]
}
interface Absence {
  absenceId: string
  userId: string
  from: string
  to: string
  reason: (typeof ABSENCE_KINDS)[number]
  delegateUserId: string | null
}
interface Task {
  id: string
  kind: string
  customerId: string | null
  stepIds: string[]
  transfers: { at: string; fromUserId: string; toUserId: string; reason: string }[]
}
interface HandedView {
  /** Shown ones, the latest first; `total` counts them all. */
  tasks: { title: string; customer: string | null; to: string | null }[]
  total: number
}

export function absenceForms({ simulator, api, stores, names }: AbsenceDeps): Forms {
  // Several at one instant: the clock stands still.
  let entered = 0
  const storeNames = new Map(stores.map(({ id, displayName }) => [id, displayName]))
  const pathOf = ({ userId, absenceId }: z.output<typeof One>) =>
    `/api/v1/staff/${encodeURIComponent(userId)}/absences/${encodeURIComponent(absenceId)}`
  const staff = () => fetchAll<Person>(api, '/api/v1/staff?active=true')
  const nameOf = async (customerId: string): Promise<[string, string]> => {
    const { name } = await api.call('GET', `/api/v1/customers/${encodeURIComponent(customerId)}`)
    return [customerId, String(name)]
  }

  async function overview() {
    const [people, now] = [await staff(), simulator.clock.now()]
    const lists = await Promise.all(
      people.map(({ userId }) => fetchAll<Absence>(api, `/api/v1/staff/${encodeURIComponent(userId)}/absences`)),
    )
    const byId = new Map(people.map((person) => [person.userId, person]))
    const absences = lists
      .flat()
      .filter(({ to }) => Date.parse(to) > now.getTime())
      .sort((a, b) => (a.from < b.from ? -1 : 1))
      .map((one) => viewOf(one, byId, now))
    return {
      today: chinaDay(now),
      reasons: ABSENCE_KINDS.map((code) => ({ code, name: KINDS_OF_LEAVE[code] })),
      staff: people.map((person) => ({ userId: person.userId, name: labelOf(person) })),
      absences,
    }
  }

  const labelOf = ({ name, position, storeIds }: Person) =>
    [name, position, storeIds.map((id) => storeNames.get(id) ?? id).join('、') || '集团'].join(' · ')

  function viewOf(absence: Absence, people: ReadonlyMap<string, Person>, now: Date) {
    const { absenceId, userId, from, to, reason, delegateUserId } = absence
    const person = people.get(userId)
    return {
      absenceId,
      userId,
      name: person?.name ?? userId,
      label: person ? labelOf(person) : userId,
      from: chinaDay(new Date(from)),
      to: chinaDay(new Date(Date.parse(to) - 1)),
      reason: KINDS_OF_LEAVE[reason],
      delegate: delegateUserId === null ? null : (people.get(delegateUserId)?.name ?? delegateUserId),
      hasBegun: new Date(from) <= now,
    }
  }

  /** What the person's work became in [since, until), also where it is done by now. */
  async function handed({ userId, delegateUserId }: Absence, since: Date, until: Date): Promise<HandedView> {
    const [tasks, people] = await Promise.all([fetchAll<Task>(api, '/api/v1/tasks'), staff()])
    const byId = new Map(people.map((person) => [person.userId, person]))
    const moves = tasks
      .flatMap((task) => task.transfers.map((one) => ({ ...task, ...one, at: new Date(one.at) })))
      .filter((one) => one.fromUserId === userId && one.reason === 'owner_absent' && one.at >= since && one.at < until)
      .sort((a, b) => Number(b.at) - Number(a.at))
    const shown = moves.slice(0, SHOWN)
    const customers = new Map(
      await Promise.all([...new Set(shown.flatMap(({ customerId }) => customerId ?? []))].map(nameOf)),
    )
    return {
      total: moves.length,
      tasks: shown.map(({ kind, customerId, stepIds, toUserId }) => {
        const to = byId.get(toUserId)
        const how = howOf(toUserId === delegateUserId, to?.position === byId.get(userId)?.position)
        const [pathway = '', step = ''] = (stepIds[0] ?? '').split('.').slice(-2)
        return {
          title: names.get(`${pathway}.${step}`)?.title ?? KINDS_OF_TASK[kind] ?? '任务',
          customer: customers.get(customerId ?? '') ?? null,
          to: to ? `${to.name}（${to.position} · ${how}）` : toUserId || null,
        }
      }),
    }
  }

  async function enter({ userId, ...facts }: z.output<typeof Leave>) {
    const now = simulator.clock.now()
    const absenceId = `D-${now.getTime()}-${++entered}`
    const absence = (await api.call('PUT', pathOf({ userId, absenceId }), facts)) as unknown as Absence
    await settled(simulator)
    const byId = new Map((await staff()).map((person) => [person.userId, person]))
    return ok({
      absence: viewOf(absence, byId, now),
      handed: await handed(absence, now, new Date(absence.to)),
    })
  }

  return {
    'GET absences': async () => ok(await overview()),
    'POST absences': (_, json) => checked(Leave, json, enter),
    'GET absences/handed': (query) =>
      checked(One, Object.fromEntries(query), async ({ userId, absenceId }) => {
        const list = await fetchAll<Absence>(api, `/api/v1/staff/${encodeURIComponent(userId)}/absences`)
        const absence = list.find((one) => one.absenceId === absenceId)
        return ok(
          absence ? await handed(absence, new Date(absence.from), new Date(absence.to)) : { tasks: [], total: 0 },
        )
      }),
    'DELETE absences': (query) =>
      checked(One, Object.fromEntries(query), async (one) => {
        await api.call('DELETE', pathOf(one))
        await settled(simulator)
        return ok({})
      }),
  }
}

/** Handed-over tasks that the page shows. */
const SHOWN = 30

const KINDS_OF_LEAVE: Record<(typeof ABSENCE_KINDS)[number], string> = {
  annual: '年假',
  sick: '病假',
  personal: '事假',
  maternity: '产假',
  training: '培训',
  other: '其他',
}
/** Of tasks that are no step of a pathway. */
const KINDS_OF_TASK: Record<string, string> = {
  contact_call: '电话回访',
  consultant_follow: '咨询师跟进',
  doctor_contact: '医生随访',
  case_follow: '异常随访',
  call_back: '回电',
  case_escalation: '督促异常处理',
  send_message: '代发消息',
  check_message: '核实消息',
  set_day: '确定护理日期',
  decide_contact: '决定联系方式',
  decide_consultation: '决定是否继续跟进',
  after_sales: '产品售后处理',
}
function howOf(isDelegate: boolean, isSameRole: boolean): string {
  if (isDelegate) return '代班'
  return isSameRole ? '同岗位' : '岗位替补'
}
