/** A customer has died: nothing more is sent, nobody calls, and the people who knew the customer are told. */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { addMs, type Clock, DAY_MS } from '../platform/clock.ts'
import type { DomainEvent } from '../platform/events.ts'
import type { StaffService } from '../staff/index.ts'
import { type TakeBackDeps, takeBack } from './take-back.ts'

export interface DeceasedDeps extends TakeBackDeps {
  messaging: TakeBackDeps['messaging'] & Pick<MessagingService, 'enqueueMany'>
  customers: Pick<CustomersService, 'contacts' | 'idsOf'>
  staff: Pick<StaffService, 'candidates'>
  clock: Clock
}

export async function onDeceased(deps: DeceasedDeps, { id, data }: DomainEvent): Promise<void> {
  const { store, customers, messaging, clock } = deps
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
  const told = new Map<string, string>()
  for (const storeId of storeIds)
    for (const userId of await readersIn(deps, storeId, contact?.customer.ownerUserId ?? null))
      if (!told.has(userId)) told.set(userId, storeId)
  const content = `${contact?.salutation ?? '客户'}已故，所有护理联系与任务已取消，请勿再以任何方式联系回访。`
  await messaging.enqueueMany([...told].map(([userId, storeId]) => noteTo(userId, storeId, id, content, now)))
}

/** The customer's own consultant, and who supervises the contacts of the store. */
async function readersIn({ staff }: DeceasedDeps, storeId: string, owner: string | null): Promise<string[]> {
  const [first] = await staff.candidates(storeId, 'cs_supervisor')
  return [...new Set([...(owner ? [owner] : []), ...(first ?? []).slice(0, 1).map(({ userId }) => userId)])]
}

const noteTo = (userId: string, storeId: string, eventId: string, content: string, at: Date): EnqueueContact => ({
  stepId: eventId,
  occurrence: 0,
  audience: `staff:${userId}`,
  to: { staffUserId: userId },
  storeId,
  contactClass: 'reply',
  content: { kind: 'staff', message: { msgtype: 'text', text: { content } } },
  notBefore: at,
  notAfter: addMs(at, DAY_MS),
  refs: { owner: 'nobody' },
})
