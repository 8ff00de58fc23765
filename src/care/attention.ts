/** The evening list of directors: who was unhappy today, and whose state a doctor should see. */
import type { CustomersService } from '../customers/index.ts'
import { addDays, atTime, DEFAULT_ZONE, dayOf, nextWallTime, type TimeOfDay, timeOfDay } from '../platform/calendar.ts'
import { earliest, HOUR_MS } from '../platform/clock.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { StaffNote, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { CareStore, ContactRow } from './model.ts'

export interface AttentionDeps {
  store: CareStore
  staff: Pick<StaffService, 'allStores' | 'members'>
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'getMany' | 'kind'>
  tasks: Pick<TasksService, 'tell'>
}

/** After the supervisors' list, before the quiet hours. */
const LIST_AT: TimeOfDay = '20:50'
const USEFUL_MS = 3 * HOUR_MS
const LINES = 15
const STATES: Record<string, string> = { abnormal: '异常反应', needs_doctor: '需要医生' }

export function attentionList(deps: AttentionDeps): Routine {
  const { store, staff, tasks } = deps
  return routine({
    name: 'care.attention-list',
    async nextAt(after) {
      const zones = new Set([DEFAULT_ZONE, ...(await staff.allStores()).map(({ timeZone }) => timeZone)])
      return earliest([...zones].map((zone) => nextWallTime(after, LIST_AT, zone))) as Date
    },
    async run(at) {
      const lists: StaffNote[] = []
      for (const place of await staff.allStores()) {
        const day = dayOf(at, place.timeZone)
        const to = atTime(day, LIST_AT, place.timeZone)
        if (at < to || Number(at) - Number(to) >= USEFUL_MS) continue
        const from = atTime(addDays(day, -1), LIST_AT, place.timeZone)
        const found = await store.needingAttention(place.id, from, to)
        if (found.length === 0) continue
        const said = { markdown: await render(deps, place, found) }
        lists.push({ key: `attention:${place.id}:${day}`, storeId: place.id, role: 'director', said, at })
      }
      await tasks.tell(lists)
      return { lists: lists.length }
    },
  })
}

async function render(
  { customers, treatments, staff }: AttentionDeps,
  { displayName, timeZone }: Store,
  found: readonly ContactRow[],
): Promise<string> {
  const [people, done, members] = await Promise.all([
    customers.contacts([...new Set(found.map(({ customerId }) => customerId))]),
    treatments.getMany([...new Set(found.flatMap(({ treatmentId }) => treatmentId ?? []))]),
    staff.members([...new Set(found.flatMap(({ byUserId }) => byUserId ?? []))]),
  ])
  const lines = found.slice(0, LINES).map((one) => {
    const marks = one.checklist ?? []
    const kind = treatments.kind(done.get(one.treatmentId ?? '')?.code ?? '')
    const said = [
      one.state && STATES[one.state],
      one.satisfaction !== null && `满意度 ${one.satisfaction}`,
      one.nps !== null && `NPS ${one.nps}`,
      marks.includes('objection') && '有异议',
      marks.includes('unhappy') && '员工标记不满意',
    ].filter(Boolean)
    const by = members.get(one.byUserId ?? '')?.name ?? one.byName ?? '微信问卷'
    const at = timeOfDay(one.answeredAt ?? one.at, timeZone)
    return `> ${at} ${people.get(one.customerId)?.salutation ?? '客户'}（${kind?.name ?? '治疗'}）：${said.join('，')}；${by}`
  })
  // A customer who was unhappy twice is one customer, with two lines.
  const more = found.length > LINES ? [`…还有 ${found.length - LINES} 条`] : []
  const count = new Set(found.map(({ customerId }) => customerId)).size
  return [`**${displayName}：今日不满意或异常 ${count} 位**`, ...lines, ...more].join('\n')
}
