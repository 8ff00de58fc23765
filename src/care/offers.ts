/** What is no care is taken back from the hands of people, too: a card out there is as good as a message on its way. */
import type { CustomersService } from '../customers/index.ts'
import type { MessagingService } from '../messaging/index.ts'
import type { Reason } from '../platform/reasons.ts'
import { passOnTaskId, type TasksService } from '../tasks/index.ts'
import type { CareStore, StepRow } from './model.ts'
import { type TakeBackDeps, takeBack } from './take-back.ts'

export interface OfferDeps extends TakeBackDeps {
  store: CareStore
  tasks: TakeBackDeps['tasks'] & Pick<TasksService, 'get'>
  messaging: TakeBackDeps['messaging'] & Pick<MessagingService, 'unsaid'>
  customers: Pick<CustomersService, 'idsOf'>
}

const isHanded = ({ contactClass, status }: StepRow) => contactClass === 'promotion' && status === 'delegated'
const isOnItsWay = ({ contactClass, status }: StepRow) => contactClass === 'promotion' && status === 'enqueued'
/** Whether anybody goes on with whoever asked and did not buy. */
const isAsked = ({ action, status }: StepRow) => action === 'task' && status === 'calling'

/** What a person should pass on is not passed on. Safe to repeat. */
export const stopHanded = (deps: OfferDeps, customerIds: readonly string[], reason: Reason, now: Date) =>
  stop(deps, customerIds, isHanded, reason, now)

/** What is only planned is looked at when its day comes. */
async function stop(
  deps: OfferDeps,
  customerIds: readonly string[],
  isMeant: (row: StepRow) => boolean,
  reason: Reason,
  now: Date,
): Promise<void> {
  const { store, messaging, tasks } = deps
  const plans = (await store.plansOfCustomers(customerIds)).filter(({ status }) => status === 'active')
  for (const { _id } of plans) {
    const rows = (await store.stepsOf(_id)).filter(isMeant)
    if (rows.length === 0) continue
    await takeBack(deps, rows, reason, now)
    for (const { _id: id, occurrence } of rows.filter(isHanded)) {
      const outboxId = messaging.outboxId(id, occurrence, 'customer')
      // Passed on in this very moment, it was said.
      if ((await tasks.get(passOnTaskId(outboxId)))?.status === 'done') continue
      await messaging.unsaid(outboxId)
      await store.change([{ id, from: ['delegated'], set: { status: 'skipped', reason, doneAt: now } }])
    }
  }
}

/** Whoever wants no offers is neither sent one by hand nor called about an interest. Safe to repeat. */
export async function onOptedOut(
  deps: OfferDeps,
  { customerId, all }: { customerId: string; all: boolean },
  now: Date,
): Promise<void> {
  const ids = await deps.customers.idsOf(customerId)
  const reason = all ? 'opted_out' : 'promotion_opted_out'
  await stop(deps, ids, (row) => isHanded(row) || isOnItsWay(row) || (all && isAsked(row)), reason, now)
  await deps.tasks.cancel(await deps.store.interestTasks(ids), reason)
}
