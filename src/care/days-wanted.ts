/** Days that only a doctor knows: a step that waits for one is asked for once, never silently absent. */
import type { CustomersService } from '../customers/index.ts'
import { nextAllowed } from '../messaging/index.ts'
import { addDays, dayOf } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { Store } from '../staff/index.ts'
import type { OpenTask, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { PlanChange } from './changes.ts'
import type { StepRow } from './model.ts'
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
    script: '请在诊疗系统中填写下次治疗日期；如无需再次治疗，请注明“无需”。填写后，到期提醒会自动安排。',
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

/** One card for each day that is missing. Safe to repeat. */
export async function askForDays(
  { customers, treatments, tasks }: AskDayDeps,
  stores: ReadonlyMap<string, Store>,
  plans: readonly { treatment: Subject; rows: readonly StepRow[]; lost?: (anchor: Anchor) => number }[],
  now: Date,
): Promise<void> {
  const asking = plans.flatMap(({ treatment, rows, lost }) =>
    daysWanted(rows).map((anchor) => ({ treatment, anchor, nth: lost?.(anchor) ?? 0 })),
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
          openAt,
          // On the day of the treatment: what is entered in the evening has until the next one.
          dueAt: evening > openAt ? evening : endOfContacts(addDays(today, 1), window),
        },
      ]
    }),
  )
}
