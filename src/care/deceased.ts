/** A customer has died: nothing more is sent, nobody calls, and the people who knew the customer are told. */
import type { CustomersService } from '../customers/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { DomainEvent } from '../platform/events.ts'
import type { TasksService } from '../tasks/index.ts'
import { type TakeBackDeps, takeBack } from './take-back.ts'

export interface DeceasedDeps extends TakeBackDeps {
  tasks: TakeBackDeps['tasks'] & Pick<TasksService, 'tell'>
  customers: Pick<CustomersService, 'contacts' | 'idsOf'>
  clock: Clock
}

export async function onDeceased(deps: DeceasedDeps, { id, data }: DomainEvent): Promise<void> {
  const { store, customers, clock } = deps
  const customerId = String(data.customerId)
  const plans = (await store.plansOfCustomers(await customers.idsOf(customerId))).filter(
    ({ status }) => status === 'active',
  )
  const now = clock.now()
  for (const { _id } of plans) {
    await takeBack(deps, await store.stepsOf(_id), 'deceased', now)
    await store.cancelPlan(_id)
  }
  const contact = (await customers.contacts([customerId])).get(customerId)
  const storeIds = [...new Set([...(contact?.customer.storeIds ?? []), ...plans.map((plan) => plan.storeId)])]
  const owner = contact?.customer.ownerUserId
  const text = `${contact?.salutation ?? '客户'}已故，所有护理联系与任务已取消，请勿再以任何方式联系回访。`
  // The customer's own consultant, and who supervises the contacts of the store.
  await deps.tasks.tell(
    storeIds.map((storeId) => ({
      key: id,
      storeId,
      userIds: owner ? [owner] : [],
      role: 'cs_supervisor',
      said: { text },
      at: now,
    })),
  )
}
