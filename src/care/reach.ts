/** The coming contacts of a customer: what is kept for them, and how each would arrive. */
import type { CustomersService } from '../customers/index.ts'
import type { ComingMessages, ContactReach, MessagingService, PlannedContact, ReachPlan } from '../messaging/index.ts'
import { addMs, DAY_MS } from '../platform/clock.ts'
import type { CareStore, StepRow } from './model.ts'

export interface ReachDeps {
  store: Pick<CareStore, 'plansOfCustomers' | 'comingOf'>
  customers: Pick<CustomersService, 'idsOf' | 'get'>
  messaging: Pick<MessagingService, 'reachPlan'>
}

/** What is on its way already is due now. */
const atOf = ({ dueAt }: StepRow, now: Date): Date => dueAt ?? now

async function stepsOf({ store, customers }: Pick<ReachDeps, 'store' | 'customers'>, customerId: string, until: Date) {
  const plans = await store.plansOfCustomers(await customers.idsOf(customerId))
  return store.comingOf(
    plans.filter(({ status }) => status === 'active').map(({ _id }) => _id),
    until,
  )
}

/** Medical messages of the customers that are still to come: promotion leaves them their places. */
export const comingMessages =
  (deps: Pick<ReachDeps, 'store' | 'customers'>, now: () => Date): ComingMessages =>
  async (customerIds, until) => {
    const found = new Map<string, { at: Date; templateKey: string }[]>()
    for (const id of customerIds) {
      const steps = (await stepsOf(deps, id, until)).filter(({ contactClass }) => contactClass !== 'promotion')
      found.set(
        id,
        steps.map((step) => ({ at: atOf(step, now()), templateKey: step.templateKey })),
      )
    }
    return found
  }

export interface ReachOutlook {
  steps: (ContactReach & { step: StepRow })[]
  grants: ReachPlan['grants']
}

/** Grants are kept for a month: what is planned after the last day shown may still keep one from promotion before it. */
const AHEAD_MS = 30 * DAY_MS

/** How the contacts of so many days would arrive; null for unknown customers. */
export async function outlook(
  deps: ReachDeps,
  customerId: string,
  days: number,
  now: Date,
): Promise<ReachOutlook | null> {
  const until = addMs(now, days * DAY_MS)
  const rows = await stepsOf(deps, customerId, addMs(until, AHEAD_MS))
  const shown = new Map(rows.filter((row) => atOf(row, now) < until).map((row) => [row._id, row]))
  const contacts = rows.map(
    (row): PlannedContact => ({
      id: row._id,
      storeId: row.storeId,
      at: atOf(row, now),
      until: row.windowTo ?? atOf(row, now),
      contactClass: row.contactClass,
      templateKey: row.templateKey,
      // Where nothing carries what announces a call, the call itself is the contact.
      handOver: row.action !== 'call',
    }),
  )
  const found = await deps.messaging.reachPlan(customerId, contacts, now)
  if (!found) return null
  const grants = found.grants.flatMap(({ kind, ids }) => {
    const own = ids.filter((id) => shown.has(id))
    return own.length > 0 ? [{ kind, count: own.length, ids: own }] : []
  })
  const steps = found.contacts.flatMap((one) => {
    const step = shown.get(one.id)
    return step ? [{ ...one, step }] : []
  })
  return { steps, grants }
}
