/** What a department has decided about a product is told to the customer. */
import type { CustomersService } from '../customers/index.ts'
import type { MessagingService } from '../messaging/index.ts'
import type { StaffService } from '../staff/index.ts'
import type { Remedy, Task } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { remedyLetter, wantsNoMessages } from './after-sales.ts'

interface RemedyDeps {
  staff: Pick<StaffService, 'store' | 'members'>
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'getMany' | 'kind'>
  messaging: Pick<MessagingService, 'enqueueMany'>
}

/** Nothing goes to whoever wants no messages: a person says it on the phone. Safe to repeat. */
export async function tellRemedy(
  { staff, customers, treatments, messaging }: RemedyDeps,
  task: Task,
  { customerId, remedy, byUserId, at }: { customerId: string; remedy: Remedy; byUserId: string; at: Date },
): Promise<void> {
  const [place, contacts, done, members] = await Promise.all([
    staff.store(task.storeId),
    customers.contacts([customerId]),
    treatments.getMany(task.treatmentId === null ? [] : [task.treatmentId]),
    staff.members([byUserId]),
  ])
  const facts = {
    contact: contacts.get(customerId),
    treatment: done.get(task.treatmentId ?? ''),
    place: place ?? undefined,
    at,
    member: members.get(byUserId),
  }
  if (wantsNoMessages(facts)) return
  await messaging.enqueueMany([remedyLetter(treatments, task, customerId, remedy, facts)])
}
