/** Whose customers somebody leaves behind when leaving: their consultant from now on. */
import type { Clock } from '../platform/clock.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import { pickOwner, type Roster, type StaffChanged, type StaffService } from '../staff/index.ts'
import type { CustomerRow, CustomerStore } from './model.ts'
import type { CustomersPassedOn } from './types.ts'

export interface SuccessionDeps {
  store: CustomerStore
  staff: Pick<StaffService, 'roster'>
  events: Pick<Events, 'publish'>
  clock: Clock
}

type Owned = Pick<CustomerRow, '_id' | 'storeIds' | 'followUserIds'>

/**
 * Every customer of who has left gets another consultant of the store: one who is a contact of the customer in WeCom
 * already, else whoever got fewest. Safe to repeat: what a crash left is done by the event's next delivery, and counted with
 * the rest.
 */
export async function passOnCustomers(
  { store, staff, events, clock }: SuccessionDeps,
  event: DomainEvent,
): Promise<void> {
  const { userId } = event.data as unknown as StaffChanged
  const now = clock.now()
  const roster = await staff.roster()
  // Heard again after the return: whose customers they are is hers to keep. What was passed on stays, and is told.
  const owned = roster.isActive(userId) ? [] : await store.ownedBy(userId)
  const got = new Map<string, number>()
  await store.passOn(
    owned.map((customer) => {
      const to = successorOf(customer, userId, roster, got, now)
      if (to !== null) got.set(to, (got.get(to) ?? 0) + 1)
      return { _id: customer._id, to }
    }),
    { userId, at: now, cause: event.id },
  )
  const passed = await store.passedOn(event.id)
  if (passed.length === 0) return
  const stores = [...new Set(passed.map(({ storeIds }) => storeIds[0] ?? ''))].sort().map((storeId) => {
    const here = passed.filter(({ storeIds }) => (storeIds[0] ?? '') === storeId)
    const owners = here.flatMap(({ ownerUserId }) => ownerUserId ?? [])
    const to = [...new Set(owners)]
      .sort()
      .map((one) => ({ userId: one, count: owners.filter((o) => o === one).length }))
    return { storeId, to, left: here.length - owners.length }
  })
  const data: CustomersPassedOn = { userId, stores }
  await events.publish({
    id: `customers.passed_on:${event.id}`,
    type: 'customers.passed_on',
    occurredAt: now,
    data: { ...data },
  })
}

/** Consultants of the customer's stores, who is on leave today after the others; then sales, who shares the relation. Pure. */
function successorOf(
  { _id, storeIds, followUserIds }: Owned,
  leaving: string,
  roster: Roster,
  load: ReadonlyMap<string, number>,
  now: Date,
): string | null {
  const tiers = (['consultant', 'sales'] as const).flatMap((role) => {
    const people = storeIds.flatMap((id) => roster.having(id, role)).filter(({ userId }) => userId !== leaving)
    const here = people.filter(({ userId }) => roster.isHere(userId, now))
    return [here, people.filter((one) => !here.includes(one))]
  })
  return pickOwner({ tiers, preferred: followUserIds, load, spreadKey: _id })
}
