/** Who has whom as a contact: kept at the customer, and for each member in the order in which they became contacts. */
import type { Customer, World } from './state.ts'

export interface Contact {
  /** Grows with every new contact of the corp: where a page of a member's customers goes on from. */
  readonly seq: number
  createdAt: Date
  state: string | null
  remark: string
  remarkMobiles: string[]
  description?: string
  company?: string
  tagIds?: Set<string>
  /** As WeCom numbers it; 1 = by QR code. */
  addWay: number
  /** Who added: the customer's external_userid, or a member's userid. */
  operUserId: string
  /** The customer has added the member, who hasn't confirmed yet. */
  isHalf?: boolean
  /** When the member last wrote. */
  chattedAt?: Date
}

export type NewContact = Pick<Contact, 'createdAt' | 'state' | 'remark' | 'remarkMobiles'> &
  Partial<Omit<Contact, 'seq'>>

export function befriend(world: World, customer: Customer, userId: string, given: NewContact): Contact {
  world.contactCount += 1
  const contact = { addWay: 1, operUserId: customer.externalUserId, ...given, seq: world.contactCount }
  unfriend(world, customer, userId)
  customer.contacts.set(userId, contact)
  const friends = world.friends.get(userId)
  if (friends) friends.push(customer)
  else world.friends.set(userId, [customer])
  return contact
}

/** False when they were no contacts. */
export function unfriend(world: World, customer: Customer, userId: string): boolean {
  const contact = customer.contacts.get(userId)
  if (!contact) return false
  const friends = world.friends.get(userId) ?? []
  friends.splice(placeAfter(friends, userId, contact.seq - 1), 1)
  return customer.contacts.delete(userId)
}

/** A member's customers, in the order in which they became contacts; those after `seq` only. */
export function friendsOf(world: World, userId: string, after = 0, limit = Number.POSITIVE_INFINITY): Customer[] {
  const friends = world.friends.get(userId) ?? []
  const start = placeAfter(friends, userId, after)
  return friends.slice(start, start + limit)
}

/** Index of the first one that came after `seq`. */
function placeAfter(friends: readonly Customer[], userId: string, seq: number): number {
  let low = 0
  let high = friends.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((friends[middle]?.contacts.get(userId)?.seq ?? 0) <= seq) low = middle + 1
    else high = middle
  }
  return low
}
