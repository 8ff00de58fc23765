/** Work for people: tasks as cards in WeCom, their forms, reminders and lists of the day. */
import type { CustomersPassedOn, CustomersService } from '../customers/index.ts'
import type { MessageNeedsPerson, MessagingService } from '../messaging/index.ts'
import { due } from '../platform/due.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffChanged, StaffMoved, StaffService } from '../staff/index.ts'
import { readCardEvent, readText } from '../wecom/index.ts'
import { createChanges } from './changes.ts'
import { tasksRoutines } from './days.ts'
import { createDesk } from './desk.ts'
import { createTasksStore } from './model.ts'
import { passOnTask } from './needs-person.ts'
import { passedOnNote } from './notes.ts'
import { createOwners } from './owners.ts'
import { taskRoutes } from './routes.ts'
import { createTasksService } from './service.ts'
import { outlivesOptOut } from './stopped.ts'
import type { OpenTask, TasksService } from './types.ts'

export * from './checklist.ts'
export { passOnTaskId } from './needs-person.ts'
export * from './types.ts'

export interface TasksDeps extends Ports {
  messaging: MessagingService
  staff: StaffService
  customers: CustomersService
  /** What a customer may be interested in: names and codes of treatments. */
  interests: readonly { code: string; name: string }[]
}

export function createTasks(deps: TasksDeps): Feature<TasksService> {
  const { messaging, staff, customers, clock, crypto, events, inbox, log } = deps
  const store = createTasksStore(deps)
  const owners = createOwners({ staff, store, clock })
  const changes = createChanges({ store, messaging, events, clock, crypto })
  const desk = createDesk({ ...deps, store, owners, changes })
  const service = createTasksService({ ...deps, store, owners, changes })

  messaging.onSettled('tasks', (batch) => desk.onSettled(batch))
  inbox.on('wecom', 'template_card_event', ({ payload }) => desk.onCard(readCardEvent(payload)))
  inbox.on('wecom', 'text', ({ payload, receivedAt, again }) =>
    desk.onText({ ...readText(payload), receivedAt, again }),
  )

  /** Nobody calls a customer who has died or wants no contact. */
  async function stopFor(
    reason: string,
    customerId: unknown,
    isKept = (_task: Pick<OpenTask, 'kind' | 'choice'>) => false,
  ): Promise<void> {
    const open = await store.openOfCustomers(await customers.idsOf(String(customerId)))
    await service.cancel(
      open.filter((task) => !isKept(task)).map(({ _id }) => _id),
      reason,
    )
  }

  events.subscribe('tasks', {
    async 'message.needs_person'({ data }) {
      const need = data as unknown as MessageNeedsPerson
      const [customer, text, place] = await Promise.all([
        customers.get(need.customerId),
        messaging.text(need.outboxId),
        staff.store(need.storeId),
      ])
      if (!customer) {
        log.error({ outboxId: need.outboxId, customerId: need.customerId }, 'customer of a message not found')
        return
      }
      await service.open([passOnTask(need, customer, text?.chat ?? null, place, clock.now())])
    },
    'staff.deactivated': async ({ id, data }) => desk.onDeactivated((data as unknown as StaffChanged).userId, id),
    'staff.absent': async ({ id, data }) => desk.onAbsent((data as unknown as StaffChanged).userId, id),
    'staff.moved': async ({ id, data }) => {
      const { userId, storeIds } = data as unknown as StaffMoved
      await desk.onMoved(userId, storeIds, id)
    },
    // Whoever has come, one look gives out what waits.
    'staff.available': { together: () => desk.onAvailable() },
    'customers.passed_on': async ({ id, data }) => {
      const { userId, stores } = data as unknown as CustomersPassedOn
      const everybody = stores.flatMap(({ to }) => to.map((one) => one.userId))
      const people = await staff.members([userId, ...new Set(everybody)])
      await service.tell(
        stores.map((one) => passedOnNote(id, one, (who) => people.get(who)?.name ?? '同事', userId, clock.now())),
      )
    },
    'customer.deceased': async ({ data }) => stopFor('deceased', data.customerId),
    'customer.opted_out': async ({ data }) => {
      if (data.all === true) await stopFor('opted_out', data.customerId, outlivesOptOut)
    },
  })

  return {
    service,
    routes: taskRoutes({ store, clock }),
    due: [
      due({ table: 'tasks', nextDueAt: store.nextDueAt, upcoming: store.upcoming, drain: (now) => desk.drain(now) }),
    ],
    routines: tasksRoutines({ store, messaging, staff, clock }),
    ready: () => store.ready(),
  }
}
