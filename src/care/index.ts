/** Follow-up care after a treatment: plans each pathway's steps, lets them fire when due, keeps what came of them. */
import type { CustomersService } from '../customers/index.ts'
import type { MessageReceived, MessagingService } from '../messaging/index.ts'
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import { due } from '../platform/due.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffService } from '../staff/index.ts'
import type { TaskAttempted, TaskCompleted, TasksService } from '../tasks/index.ts'
import type {
  Treatment,
  TreatmentCancelled,
  TreatmentCompleted,
  TreatmentCorrected,
  TreatmentsService,
} from '../treatments/index.ts'
import { onSettled } from './answers.ts'
import { onMessage, openAsks } from './asks.ts'
import { attentionList } from './attention.ts'
import { onAttempted, onCompleted } from './calls.ts'
import { layOutDay } from './day.ts'
import { enrol } from './enrol.ts'
import { createFiring } from './fire.ts'
import type { GuideBook } from './guides.ts'
import { createCareStore } from './model.ts'
import { type PastContact, recordPast } from './past.ts'
import type { Pathway } from './pathway.ts'
import { cancelPlan, replan } from './replan.ts'
import { careRoutes } from './routes.ts'

export { captionOf, lintDrawing } from './drawings.ts'
export { buildGuides, checkGuides, type GuideBook, GuideFile } from './guides.ts'
export { CONTACT_STATES, PAST_CHANNELS, type PastContact, PastContactBody } from './past.ts'
export { CARE_TEMPLATES, checkPathways, type Pathway, PathwayFile } from './pathway.ts'
export * from './types.ts'

export interface CareService {
  /** Plans every completed treatment that has no plan yet; a second call adds nothing. Returns the number of new steps. */
  startPlans(treatments: readonly Treatment[]): Promise<number>
  /** Keeps contacts that an old system recorded, each with its own answer; their numbers differ. Nothing is sent for them. */
  recordPast(contacts: readonly PastContact[], options?: BulkOptions): Promise<BulkAnswer[]>
}

export interface CareDeps extends Ports {
  messaging: MessagingService
  tasks: TasksService
  staff: StaffService
  customers: CustomersService
  treatments: TreatmentsService
  pathways: readonly Pathway[]
  guides: GuideBook
}

export function createCare(deps: CareDeps): Feature<CareService> {
  const { db, clock, events, nudge, messaging, treatments, customers } = deps
  const store = createCareStore(db)
  const shared = { ...deps, store }
  const drain = createFiring(shared)

  async function startPlans(done: readonly Treatment[]): Promise<number> {
    const added = await enrol(shared, done)
    if (added > 0) nudge('care_steps')
    return added
  }

  messaging.onSettled('care', async (batch) => {
    await openAsks(shared, await onSettled(shared, batch), clock.now())
  })

  events.subscribe('care', {
    'treatment.completed': {
      async together(completed) {
        const ids = completed.map(({ data }) => (data as unknown as TreatmentCompleted).treatmentId)
        const known = await treatments.getMany(ids)
        await startPlans(ids.flatMap((id) => known.get(id) ?? []))
      },
    },
    async 'treatment.corrected'(event) {
      const treatment = await treatments.get((event.data as unknown as TreatmentCorrected).treatmentId)
      if (!treatment) return
      await replan(shared, treatment, event)
      nudge('care_steps')
    },
    async 'treatment.cancelled'(event) {
      await cancelPlan(shared, (event.data as unknown as TreatmentCancelled).treatmentId, event, clock.now())
    },
    'task.attempted': ({ data, occurredAt }) => onAttempted(shared, data as unknown as TaskAttempted, occurredAt),
    'task.completed': ({ data, occurredAt }) => onCompleted(shared, data as unknown as TaskCompleted, occurredAt),
    'customer.message_received': ({ data }) => onMessage(shared, data as unknown as MessageReceived, clock.now()),
  })

  return {
    service: { startPlans, recordPast: (contacts, options) => recordPast(shared, contacts, options) },
    routes: careRoutes({ store, customers }),
    due: [due({ table: 'care_steps', nextDueAt: (now, until) => store.nextDueAt(now, until), drain })],
    routines: [layOutDay(shared), attentionList(shared)],
    ready: () => store.ready(),
  }
}
