/** Somebody has added a member as a contact: greeted at once by that member, in the store's name; then labelled. */
import type { ContactAdded, CustomersService } from '../customers/index.ts'
import type { MessagingService } from '../messaging/index.ts'
import type { Clock } from '../platform/clock.ts'
import type { Role, StaffMember, StaffService } from '../staff/index.ts'
import { LABELS, type RelationsStore } from './model.ts'

export interface GreetDeps {
  store: RelationsStore
  customers: Pick<CustomersService, 'get'>
  /** The store of a customer who has none. */
  setStore: (customerId: string, storeId: string) => Promise<void>
  messaging: Pick<MessagingService, 'welcomeContact'>
  staff: Pick<StaffService, 'member' | 'allStores'>
  clock: Clock
  nudge: (table: string) => void
}

/** As customers know them; others go by their name alone. */
const TITLES: Partial<Record<Role, string>> = {
  doctor: '医生',
  nurse: '护士',
  consultant: '咨询师',
  beautician: '美容师',
  customer_service: '客服',
}

export const senderOf = ({ name, roles }: Pick<StaffMember, 'name' | 'roles'>): string =>
  `${roles.map((role) => TITLES[role]).find(Boolean) ?? ''}${name}`

/** Safe to repeat: one welcome per code, one label per pair. */
export function createGreeter(deps: GreetDeps): (added: ContactAdded) => Promise<void> {
  const { store, customers, setStore, messaging, staff, clock, nudge } = deps
  return async ({ customerId, externalUserId, userId, state, welcomeCode, at }) => {
    const [way, member, stores, customer] = await Promise.all([
      state ? store.way(state) : null,
      staff.member(userId),
      staff.allStores(),
      customers.get(customerId),
    ])
    const known = new Set(stores.map(({ id }) => id))
    // Where the code hung; else where the customer is at home; else where the member works.
    const wished = [way?.storeId, customer?.storeIds[0], member?.storeIds[0], stores[0]?.id]
    const storeId = wished.find((id) => id !== undefined && known.has(id)) ?? ''
    if (welcomeCode) {
      const sender = member ? senderOf(member) : '护理团队'
      await messaging.welcomeContact({ customerId, storeId, code: welcomeCode, at, sender })
    }
    if (way && customer && customer.storeIds.length === 0) await setStore(customer.id, way.storeId)
    const row = { _id: `${externalUserId}|${userId}`, customerId, externalUserId, userId, storeId }
    await store.label.want(row, clock.now())
    nudge(LABELS)
  }
}
