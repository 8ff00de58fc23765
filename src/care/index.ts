/** Follow-up care after a treatment: plans each pathway's steps, lets them fire when due, keeps what came of them. */
import type { CustomersService } from '../customers/index.ts'
import type { MessageReceived, MessagingService } from '../messaging/index.ts'
import { due } from '../platform/due.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffService } from '../staff/index.ts'
import type { TaskAttempted, TaskCompleted, TasksService } from '../tasks/index.ts'
import type { Treatment, TreatmentCompleted, TreatmentsService } from '../treatments/index.ts'
import { onAttempted, onCompleted, onMessage, onSettled, questionOf } from './answers.ts'
import { enrol } from './enrol.ts'
import { callTaskId, createFiring } from './fire.ts'
import type { GuideBook } from './guides.ts'
import { createCareStore } from './model.ts'
import type { Pathway } from './pathway.ts'
import { careRoutes } from './routes.ts'

export { buildGuides, type GuideBook, GuideFile } from './guides.ts'
export { checkPathways, type Pathway, PathwayFile } from './pathway.ts'
export * from './types.ts'

export interface CareService {
  /** Plans every completed treatment that has no plan yet; a second call adds nothing. Returns the number of new steps. */
  startPlans(treatments: readonly Treatment[]): Promise<number>
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

const OPEN = ['planned', 'needs_anchor', 'calling'] as const

export function createCare(deps: CareDeps): Feature<CareService> {
  const { db, clock, events, nudge, messaging, tasks, treatments, customers, staff } = deps
  const store = createCareStore(db)
  const shared = { ...deps, store }
  const drain = createFiring(shared)

  async function startPlans(done: readonly Treatment[]): Promise<number> {
    const added = await enrol(shared, done)
    if (added > 0) nudge('care_steps')
    return added
  }

  messaging.onSettled('care', async (batch) => {
    const asks = await onSettled(shared, batch)
    if (asks.length === 0) return
    await store.insertAsks(asks)
    const stores = await staff.stores([...new Set(asks.map(({ storeId }) => storeId))])
    await messaging.enqueueMany(
      asks.map((ask) => questionOf(ask, stores.get(ask.storeId)?.displayName ?? '', clock.now())),
    )
  })

  events.subscribe('care', {
    'treatment.completed': {
      async together(completed) {
        const ids = completed.map(({ data }) => (data as unknown as TreatmentCompleted).treatmentId)
        const known = await treatments.getMany(ids)
        await startPlans(ids.flatMap((id) => known.get(id) ?? []))
      },
    },
    async 'treatment.cancelled'({ data }) {
      const { treatmentId } = data as unknown as { treatmentId: string }
      const steps = await store.stepsOf(treatmentId)
      const now = clock.now()
      await tasks.cancel(
        steps.filter(({ status }) => status === 'calling').map(({ _id }) => callTaskId(_id)),
        'treatment_cancelled',
      )
      await messaging.cancel(
        steps.filter(({ status }) => status === 'enqueued').map(({ _id }) => messaging.outboxId(_id, 0, 'customer')),
        'treatment_cancelled',
      )
      await store.change(
        steps.map(({ _id }) => ({
          id: _id,
          from: OPEN,
          set: { status: 'cancelled', reason: 'treatment_cancelled', dueAt: null, doneAt: now },
        })),
      )
      await store.cancelPlan(treatmentId)
    },
    'task.attempted': ({ data, occurredAt }) => onAttempted(shared, data as unknown as TaskAttempted, occurredAt),
    'task.completed': ({ data, occurredAt }) => onCompleted(shared, data as unknown as TaskCompleted, occurredAt),
    'customer.message_received': ({ data }) => onMessage(shared, data as unknown as MessageReceived, clock.now()),
  })

  return {
    service: { startPlans },
    routes: careRoutes({ store, customers }),
    due: [due({ table: 'care_steps', nextDueAt: (now, until) => store.nextDueAt(now, until), drain })],
    routines: [],
    ready: () => store.ready(),
  }
}
