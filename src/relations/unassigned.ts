/**
 * Contacts that somebody who has left still has, although they were other consultants' customers, or nobody's: read from WeCom's
 * own list each night, and handed over like the rest. What was handed over once, whatever came of it, is left alone, unless the
 * taker has left before it was done.
 */
import type { CustomersFeature, CustomersService } from '../customers/index.ts'
import { DEFAULT_ZONE, nextWallTime, type TimeOfDay } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { Log } from '../platform/log.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Roster, StaffService } from '../staff/index.ts'
import { isNoContact, isVendorError, type Rates, type WecomClient, withinRates } from '../wecom/index.ts'
import type { Handovers, Order } from './handovers.ts'
import type { RelationsStore } from './model.ts'

export interface UnassignedDeps {
  store: RelationsStore
  wecom: Pick<WecomClient, 'unassignedCustomers'>
  rates: Pick<Rates, 'reserve' | 'block'>
  customers: Pick<CustomersService, 'findByIdentities'>
  contacts: Pick<CustomersFeature['externalContacts'], 'refresh'>
  staff: Pick<StaffService, 'roster' | 'members' | 'allStores'>
  handovers: Pick<Handovers, 'begin'>
  log: Log
}

// After the contacts have been read, so that few are strangers.
const AT: TimeOfDay = '04:30'
const BUCKET = 'externalcontact/get_unassigned_list'
/** Of a thousand contacts each. */
const PAGES = 1_000

interface Left {
  fromUserId: string
  externalUserId: string
}

export function unassignedRoutine(deps: UnassignedDeps): Routine {
  const { store, wecom, rates, customers, contacts, staff, handovers, log } = deps

  /** Not handed over before, and of somebody who, as far as we know, is gone. */
  async function fresh(page: readonly Left[], roster: Roster): Promise<Left[]> {
    const gone = page.filter(({ fromUserId }) => !roster.isActive(fromUserId))
    const leavers = [...new Set(gone.map(({ fromUserId }) => fromUserId))]
    const known = await store.handover.handed(leavers, (userId) => !roster.isActive(userId))
    return gone.filter(({ fromUserId, externalUserId }) => !known.get(fromUserId)?.has(externalUserId))
  }

  async function people(page: readonly Left[]) {
    const ids = [...new Set(page.map(({ externalUserId }) => externalUserId))]
    const found = await customers.findByIdentities('external_userid', ids)
    const strangers = ids.filter((id) => !found.has(id))
    if (strangers.length === 0) return found
    for (const id of strangers)
      await withinRates(rates, 'externalcontact/get', () => contacts.refresh(id, { create: true })).catch((error) => {
        // One whom WeCom doesn't tell about keeps nobody else.
        if (!isVendorError(error) || (error.retryable && !isNoContact(error))) throw error
        log.warn({ err: error }, 'a contact of somebody who left could not be read')
      })
    return customers.findByIdentities('external_userid', ids)
  }

  /** One order per member who left, store and taker. */
  async function ordersOf(page: readonly Left[], roster: Roster): Promise<Order[]> {
    const [known, members, stores] = await Promise.all([
      people(page),
      staff.members([...new Set(page.map(({ fromUserId }) => fromUserId))]),
      staff.allStores(),
    ])
    const orders = new Map<string, Order & { customers: { customerId: string; externalUserId: string }[] }>()
    for (const { fromUserId, externalUserId } of page) {
      const customer = known.get(externalUserId)
      const homes = [customer?.storeIds[0], members.get(fromUserId)?.storeIds[0], stores[0]?.id]
      const storeId = homes.find((id) => id !== undefined && stores.some((one) => one.id === id))
      if (!customer || storeId === undefined) continue
      const toUserId = takerOf(customer, storeId, roster, externalUserId)
      if (toUserId === null) continue
      const key = `${fromUserId} ${storeId} ${toUserId}`
      const order = orders.get(key) ?? { storeId, fromUserId, toUserId, hasLeft: true, customers: [] }
      order.customers.push({ customerId: customer.id, externalUserId })
      orders.set(key, order)
    }
    return [...orders.values()]
  }

  async function run(): Promise<Record<string, number>> {
    const roster = await staff.roster()
    const counts = { seen: 0, begun: 0 }
    let cursor: string | null = null
    for (let i = 0; i < PAGES; i++) {
      const page: Awaited<ReturnType<WecomClient['unassignedCustomers']>> = await withinRates(rates, BUCKET, () =>
        wecom.unassignedCustomers(cursor),
      )
      counts.seen += page.customers.length
      const left = await fresh(page.customers, roster)
      for (const order of left.length > 0 ? await ordersOf(left, roster) : []) {
        // Named by who goes over to whom: a run that died goes on with those it had not begun.
        const people = order.customers.map(({ externalUserId }) => externalUserId)
        const cause = `unassigned:${hashId(order.fromUserId, order.toUserId, ...people)}`
        counts.begun += await handovers.begin(cause, order)
      }
      cursor = page.nextCursor
      if (!cursor) break
    }
    return counts
  }

  return routine({
    name: 'relations.hand-over-unassigned',
    nextAt: (after) => nextWallTime(after, AT, DEFAULT_ZONE),
    run,
  })
}

/**
 * The customer's own consultant, else a consultant of the store, always the same one. Null: whoever it is has the customer
 * already, or nobody is there.
 */
export function takerOf(
  { ownerUserId, followUserIds }: { ownerUserId: string | null; followUserIds: readonly string[] },
  storeId: string,
  roster: Pick<Roster, 'isActive' | 'having'>,
  spreadKey: string,
): string | null {
  const mine = ownerUserId !== null && roster.isActive(ownerUserId) ? ownerUserId : null
  if (mine !== null) return followUserIds.includes(mine) ? null : mine
  const consultants = roster
    .having(storeId, 'consultant')
    .map(({ userId }) => userId)
    .sort()
  // Nobody's customer, and somebody who stays knows her: that is enough.
  if (consultants.some((userId) => followUserIds.includes(userId))) return null
  return consultants[Number.parseInt(hashId(spreadKey).slice(0, 8), 16) % consultants.length] ?? null
}
