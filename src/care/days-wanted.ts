/** Days that only a doctor knows: a step that waits for one is asked for once, never silently absent. */
import type { CustomersService } from '../customers/index.ts'
import { nextAllowed } from '../messaging/index.ts'
import { addDays, addMonths, type Day, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { Choice, OpenTask, TaskCompleted, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { AnchorDay } from './anchors.ts'
import type { PlanChange } from './changes.ts'
import type { PlanRow, StepRow } from './model.ts'
import { windowFacts } from './rows.ts'
import type { Subject } from './subjects.ts'
import { endOfContacts } from './timing.ts'
import type { Anchor } from './types.ts'

export interface AskDayDeps {
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'kind'>
  tasks: Pick<TasksService, 'open'>
}

const WORDS: Partial<Record<Anchor, { title: string; script: string }>> = {
  next_session_date: {
    title: '请确定下次治疗日期',
    script:
      '请完成治疗记录，并选择下次治疗的时间；如无需再次治疗，请选“无需再次治疗”。到期提醒会自动安排，具体日期也可在诊疗系统中填写。',
  },
  suture_removal_date: {
    title: '请确定拆线日期',
    script: '请在诊疗系统中填写拆线日期；如无需拆线，请注明“无需”。填写后，拆线前后的护理联系会自动安排。',
  },
  discharge_date: {
    title: '请确定出院日期',
    script: '请在诊疗系统中填写出院日期。填写后，出院后的护理联系会自动安排。',
  },
}
/** What the doctor can answer on the card. The first three set no day: none is needed, or the list of the evening is explained. */
const NEXT: Choice = {
  title: '下次治疗',
  options: [
    { id: 'none', text: '无需再次治疗' },
    { id: 'booked', text: '已预约或已登记' },
    { id: 'undecided', text: '复诊时再定' },
    { id: 'd14', text: '2 周后' },
    { id: 'd28', text: '4 周后' },
    { id: 'd42', text: '6 周后' },
    { id: 'm2', text: '2 个月后' },
    { id: 'm3', text: '3 个月后' },
    { id: 'm6', text: '6 个月后' },
  ],
}
/** The day that an answer names, counted from the day on which it is given; null where it names none. Pure. */
export function nextSessionBy(answer: string | null, today: Day): Day | 'none' | null {
  if (answer === 'none') return 'none'
  const [, unit, count] = /^([dm])(\d+)$/.exec(answer ?? '') ?? []
  if (unit === undefined) return null
  return unit === 'd' ? addDays(today, Number(count)) : addMonths(today, Number(count))
}

const OTHER = { title: '请确定护理日期', script: '请在诊疗系统中补充相关日期。填写后，护理联系会自动安排。' }

/** `nth`: how often a day that was known has become unknown again; a card that was withdrawn can't come again. */
export const dayTaskId = (treatmentId: string, anchor: Anchor, nth = 0): string =>
  `day_${nth > 0 ? hashId(treatmentId, anchor, nth) : hashId(treatmentId, anchor)}`

/** How often a plan has lost a day, this change included; safe to ask again after a crash. */
export function timesLost(changes: readonly PlanChange[], anchor: Anchor, now: { id: string; ask: readonly Anchor[] }) {
  // Changes from before anchors have asked for nothing.
  const asked = changes.filter((change) => change.asked?.includes(anchor))
  return asked.length + (now.ask.includes(anchor) && !asked.some(({ id }) => id === now.id) ? 1 : 0)
}

/** Every card there can be for a day. */
export const dayTaskIds = (treatmentId: string, anchor: Anchor, times: number): string[] =>
  Array.from({ length: times + 1 }, (_, nth) => dayTaskId(treatmentId, anchor, nth))

/** The days that a plan waits for. */
export const daysWanted = (rows: readonly Pick<StepRow, 'status' | 'anchor'>[]): Anchor[] => [
  ...new Set(rows.flatMap(({ status, anchor }) => (status === 'needs_anchor' ? [anchor] : []))),
]

/**
 * "Treated, nothing set" (domain 3): on the day of a treatment somebody says what comes next, or that nothing does. Of an
 * operation the first year is set at once; what was entered later is history.
 */
export const asksNext = (treatment: Subject, next: AnchorDay, isOperation: boolean, timeZone: string): boolean =>
  treatment.record === 'treatment' &&
  next === null &&
  !isOperation &&
  treatment.treatedOn === dayOf(treatment.enteredAt, timeZone)

/** The days that are asked for: what steps wait for, and what comes next. */
export const daysAsked = (
  rows: readonly Pick<StepRow, 'status' | 'anchor'>[],
  plan: Pick<PlanRow, 'asksNext'> | undefined,
): Anchor[] => [...new Set([...daysWanted(rows), ...(plan?.asksNext ? (['next_session_date'] as const) : [])])]

/** A day that was said on its card: the treatment has it from now on, and the plan follows. Safe to repeat. */
export async function onDaySaid(
  {
    tasks,
    staff,
    treatments,
  }: {
    tasks: Pick<TasksService, 'get'>
    staff: Pick<StaffService, 'store'>
    treatments: Pick<TreatmentsService, 'getMany' | 'setNextSession'>
  },
  { taskId, kind, byUserId }: TaskCompleted,
  at: Date,
): Promise<void> {
  if (kind !== 'set_day') return
  const task = await tasks.get(taskId)
  const treatment = task?.treatmentId ? (await treatments.getMany([task.treatmentId])).get(task.treatmentId) : undefined
  if (!treatment) return
  const timeZone = (await staff.store(treatment.storeId))?.timeZone ?? DEFAULT_ZONE
  const on = nextSessionBy(task?.answer ?? null, dayOf(at, timeZone))
  if (on !== null) await treatments.setNextSession(treatment.id, { on, byUserId, at })
}

/** One card for each day that is missing. Safe to repeat. */
export async function askForDays(
  { customers, treatments, tasks }: AskDayDeps,
  stores: ReadonlyMap<string, Store>,
  plans: readonly {
    treatment: Subject
    rows: readonly StepRow[]
    plan: Pick<PlanRow, 'asksNext'>
    lost?: (anchor: Anchor) => number
  }[],
  now: Date,
): Promise<void> {
  const asking = plans.flatMap(({ treatment, rows, plan, lost }) =>
    daysAsked(rows, plan).map((anchor) => ({ treatment, anchor, nth: lost?.(anchor) ?? 0 })),
  )
  if (asking.length === 0) return
  const contacts = await customers.contacts([...new Set(asking.map(({ treatment }) => treatment.customerId))])
  await tasks.open(
    asking.flatMap(({ treatment, anchor, nth }): OpenTask[] => {
      const place = stores.get(treatment.storeId)
      if (!place) return []
      const { title, script } = WORDS[anchor] ?? OTHER
      const window = windowFacts(place)
      const { at: openAt } = nextAllowed(now, 'case_update', window)
      const today = dayOf(openAt, place.timeZone)
      const evening = endOfContacts(today, window)
      return [
        {
          id: dayTaskId(treatment.id, anchor, nth),
          kind: 'set_day',
          form: 'confirm',
          storeId: place.id,
          role: 'doctor',
          preferredUserIds: treatment.doctorUserId ? [treatment.doctorUserId] : [],
          customerId: treatment.customerId,
          treatmentId: treatment.id,
          stepIds: [],
          title: `${contacts.get(treatment.customerId)?.salutation ?? '客户'} · ${title}`,
          facts: [
            { name: '项目', value: treatments.kind(treatment.code)?.name ?? '治疗' },
            { name: '日期', value: treatment.treatedOn },
            { name: '编号', value: treatment.externalId ?? treatment.id },
          ],
          script,
          ...(anchor === 'next_session_date' ? { choice: NEXT } : {}),
          openAt,
          // On the day of the treatment: what is entered in the evening has until the next one.
          dueAt: evening > openAt ? evening : endOfContacts(addDays(today, 1), window),
        },
      ]
    }),
  )
}
