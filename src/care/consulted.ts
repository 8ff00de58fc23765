/** People who asked and have not bought: the consultant decides whether anybody goes on. */
import type { CustomersService } from '../customers/index.ts'
import { addMonths, atTime, dayOf, nextOpenDay } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { StaffService } from '../staff/index.ts'
import type { OpenTask, Task, TasksService } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { CareStore, StepRow } from './model.ts'
import { windowFacts } from './rows.ts'
import { endOfContacts } from './timing.ts'
import { type StepFacts, treatmentName } from './wording.ts'

/** The `n`th time that the consultant is asked, from 1. A step that was taken back asks anew. */
export const consultationTaskId = ({ _id, occurrence }: Pick<StepRow, '_id' | 'occurrence'>, n: number): string =>
  `consult${n}_${hashId(_id, occurrence)}`

/** `consultants`: of the consultation, and the customer's own; the first who is there. */
export function consultationTaskOf(
  { treatments }: { treatments: Pick<TreatmentsService, 'kind'> },
  step: StepRow,
  facts: StepFacts,
  consultants: readonly string[],
  { n, openAt, dueAt }: { n: number; openAt: Date; dueAt: Date },
): OpenTask {
  const { contact, treatment, place } = facts
  const zone = place ? windowFacts(place).timeZone : null
  return {
    id: consultationTaskId(step, n),
    kind: 'decide_consultation',
    form: 'decision',
    storeId: step.storeId,
    role: step.ownerRole,
    preferredUserIds: [...consultants],
    customerId: step.customerId,
    treatmentId: step.treatmentId,
    stepIds: [step._id],
    title: `${contact?.salutation ?? '客户'} · 请决定是否继续跟进`,
    facts: [
      { name: '咨询', value: treatmentName(facts, treatments) },
      ...(treatment && zone ? [{ name: '日期', value: dayOf(treatment.endedAt, zone) }] : []),
      { name: '次数', value: `第${n}次决定` },
    ],
    script:
      '客户咨询后尚未成交，客服的每月联系已完成。请根据您对客户的了解决定：继续由您跟进，或结束跟进；请选择原因。不要勉强客户。',
    openAt,
    dueAt,
  }
}

export interface DecidedDeps {
  store: CareStore
  tasks: Pick<TasksService, 'open'>
  staff: Pick<StaffService, 'stores'>
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'kind' | 'getMany' | 'decideConsultation'>
}

/**
 * The decision is kept with the consultation. Who goes on is asked again a month later; who doesn't has ended it, and with it
 * everything that is still planned. Safe to repeat.
 */
export async function onDecided(
  deps: DecidedDeps,
  step: StepRow,
  { id, decision: chosen }: Pick<Task, 'id' | 'decision'>,
  byUserId: string,
  at: Date,
): Promise<void> {
  const { store, treatments, staff, customers, tasks } = deps
  if (!chosen) return
  const choice = chosen.choice === 'close' ? 'close' : 'continue'
  // Done before it is closed: what is over is not taken back.
  if (choice === 'close')
    await store.change([{ id: step._id, from: ['calling'], set: { status: 'done', reason: null, doneAt: at } }])
  const decision = { id, at, byUserId, choice, reason: chosen.reason } as const
  const { outcome, decisions } = await treatments.decideConsultation(step.treatmentId, decision)
  const place = (await staff.stores([step.storeId])).get(step.storeId)
  // Bought in the same moment, the plan is over although the consultation is still said to be open.
  if (choice === 'close' || outcome !== 'open' || step.status !== 'calling' || !place) return
  const window = windowFacts(place)
  const day = nextOpenDay(place.opening, addMonths(dayOf(at, window.timeZone), 1))
  const n = decisions.findIndex((one) => one.id === id) + 2
  const [contacts, subjects] = await Promise.all([
    customers.contacts([step.customerId]),
    treatments.getMany([step.treatmentId]),
  ])
  const facts = {
    contact: contacts.get(step.customerId),
    treatment: subjects.get(step.treatmentId),
    place,
    at,
  }
  const next = consultationTaskOf(deps, step, facts, [byUserId], {
    n,
    openAt: atTime(day, window.contactWindows[0]?.from ?? '11:00', window.timeZone),
    dueAt: endOfContacts(day, window),
  })
  await tasks.open([next])
  await store.change([{ id: step._id, from: ['calling'], set: { taskId: next.id } }])
}
