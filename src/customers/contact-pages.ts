/** A page of WeCom's external contacts into the records: what is known already costs no write, strangers come in by bulk. */
import type { Clock } from '../platform/clock.ts'
import { type FieldCrypto, normalizePhone } from '../platform/crypto.ts'
import { hashId } from '../platform/hash.ts'
import type { StaffService } from '../staff/index.ts'
import type { ExternalContact } from '../wecom/index.ts'
import { emptyCustomer, type IdentityGraph, NAME_FIELD } from './identities.ts'
import type { CustomerRow, CustomerStore } from './model.ts'
import { type IdentityKey, identityKey, isMobile, kindOf } from './rules.ts'

export interface ContactPageDeps {
  store: CustomerStore
  graph: IdentityGraph
  staff: Pick<StaffService, 'members'>
  crypto: FieldCrypto
  clock: Clock
}

export interface PageCounts {
  /** People who were unknown. */
  created: number
  /** People of whom something was new. */
  changed: number
}

export interface ContactPages {
  /** Writes what a page says that the records don't. Safe to repeat and to run twice at once; takes nothing away. */
  absorb(contacts: readonly ExternalContact[]): Promise<PageCounts>
  /** The same for one person; null: nobody known, and none was to be made. Followers are left to the caller. */
  join(contact: ExternalContact, create: boolean): Promise<CustomerRow | null>
  /** The first follower who is a consultant becomes the owner of somebody who has none. */
  nameOwner(row: CustomerRow, followers: readonly string[]): Promise<void>
}

/** In the order in which they became contacts. */
export const followersOf = ({ followers }: Pick<ExternalContact, 'followers'>): string[] => [
  ...new Set(
    [...followers].sort((a, b) => Number(a.createdAt) - Number(b.createdAt)).map(({ userId }) => userId.toLowerCase()),
  ),
]
const phonesOf = ({ followers }: ExternalContact): string[] =>
  [...new Set(followers.flatMap(({ remarkMobiles }) => remarkMobiles.map(normalizePhone)))].filter(isMobile)

/** The list has one entry for each follower: here everybody comes once. */
function merged(contacts: readonly ExternalContact[]): ExternalContact[] {
  const people = new Map<string, ExternalContact>()
  for (const one of contacts) {
    const before = people.get(one.externalUserId)
    people.set(one.externalUserId, before ? { ...one, followers: [...before.followers, ...one.followers] } : one)
  }
  return [...people.values()]
}

export function createContactPages({ store, graph, staff, crypto, clock }: ContactPageDeps): ContactPages {
  /** Strongest first, as the identity graph names a new person. */
  const keysOf = (contact: ExternalContact): IdentityKey[] => [
    ...(contact.unionId ? [identityKey('unionid', contact.unionId)] : []),
    identityKey('external_userid', contact.externalUserId),
    ...phonesOf(contact).map(graph.keyOfPhone),
  ]
  const isConsultant = async (userIds: readonly string[]) => {
    const people = await staff.members([...new Set(userIds)])
    return (id: string) => (people.get(id)?.active && people.get(id)?.roles.includes('consultant')) ?? false
  }

  async function nameOwner(row: CustomerRow, followers: readonly string[]): Promise<void> {
    if (row.ownerUserId !== null || followers.length === 0) return
    const owner = followers.find(await isConsultant(followers))
    if (owner) await store.fill(row._id, 'ownerUserId', owner)
  }

  async function join(contact: ExternalContact, create: boolean): Promise<CustomerRow | null> {
    const { externalUserId, unionId, name } = contact
    const [phone, ...morePhones] = phonesOf(contact)
    let row = await graph.join({
      externalUserId,
      ...(unionId ? { unionId } : {}),
      ...(phone ? { phone } : {}),
      ...(name ? { displayName: name } : {}),
      create,
    })
    if (!row) return null
    // A further number may show that the person is somebody we know.
    for (const other of morePhones) row = (await graph.join({ externalUserId, phone: other })) ?? row
    return row
  }

  /** One by one: whoever shares an identity with somebody, or has a new one. */
  async function carefully(contact: ExternalContact): Promise<void> {
    const row = await join(contact, true)
    if (!row) return
    const followers = followersOf(contact)
    await store.addFacts(row._id, { followUserIds: followers })
    await nameOwner(row, followers)
  }

  const newRow = (contact: ExternalContact, ownerUserId: string | null): CustomerRow => {
    const now = clock.now()
    const [first] = keysOf(contact)
    const [phone] = phonesOf(contact)
    return {
      ...emptyCustomer(hashId('customer', first as IdentityKey, 0), now),
      externalUserIds: [contact.externalUserId],
      unionId: contact.unionId,
      name: contact.name ? crypto.seal(NAME_FIELD, contact.name) : null,
      followUserIds: followersOf(contact),
      ownerUserId,
      ...(phone ? graph.sealedPhone(phone) : {}),
    }
  }

  /** Returns those who need a careful look after all, because somebody else was there in the same moment. */
  async function insert(strangers: readonly ExternalContact[]): Promise<readonly ExternalContact[]> {
    if (strangers.length === 0) return []
    const consults = await isConsultant(strangers.flatMap(followersOf))
    const rows = strangers.map((one) => newRow(one, followersOf(one).find(consults) ?? null))
    const identities = strangers.flatMap((one, i) =>
      keysOf(one).map((_id) => ({ _id, customerId: rows[i]?._id ?? '', shared: false })),
    )
    // Identities before records: after a death in between, whoever meets an identity makes the person that it names.
    if ((await store.claimRows(identities)) < identities.length) return strangers
    return (await store.insert(rows)) < rows.length ? strangers : []
  }

  return {
    join,
    nameOwner,
    async absorb(page) {
      const contacts = merged(page)
      const keys = contacts.flatMap(keysOf)
      const find = async (wanted: readonly IdentityKey[]) =>
        (await store.identities(wanted)).map((row) => [row._id, row] as const)
      // Whoever is known by card and numbers is known: the unionids of the others only.
      const identities = new Map(await find(keys.filter((key) => kindOf(key) !== 'unionid')))
      const unknown = contacts.filter((one) => !identities.has(identityKey('external_userid', one.externalUserId)))
      for (const [key, row] of await find(
        unknown.flatMap(({ unionId }) => (unionId ? [identityKey('unionid', unionId)] : [])),
      ))
        identities.set(key, row)
      const people = await store.canonical([...identities.values()].map(({ customerId }) => customerId))
      const personOf = (key: string) => people.get(identities.get(key)?.customerId ?? '')
      const timesHere = new Map<string, number>()
      for (const key of keys) timesHere.set(key, (timesHere.get(key) ?? 0) + 1)

      const strangers: ExternalContact[] = []
      const careful: ExternalContact[] = []
      const followed: { row: CustomerRow; followers: string[] }[] = []
      for (const contact of contacts) {
        const row = personOf(identityKey('external_userid', contact.externalUserId))
        const isWhole =
          row?.externalUserIds.includes(contact.externalUserId) &&
          (contact.unionId === null || row.unionId === contact.unionId) &&
          phonesOf(contact).every((phone) => personOf(graph.keyOfPhone(phone)))
        const mine = keysOf(contact)
        if (row && isWhole) {
          const followers = followersOf(contact)
          if (!followers.every((id) => row.followUserIds.includes(id))) followed.push({ row, followers })
        } else if (mine.every((key) => !identities.has(key) && timesHere.get(key) === 1)) strangers.push(contact)
        else careful.push(contact)
      }
      const doubtful = await insert(strangers)
      for (const contact of [...doubtful, ...careful]) await carefully(contact)
      if (followed.length > 0) {
        const consults = await isConsultant(followed.flatMap(({ followers }) => followers))
        await store.addFollowers(
          followed.map(({ row, followers }) => ({
            _id: row._id,
            followers,
            owner: row.ownerUserId === null ? (followers.find(consults) ?? null) : null,
          })),
        )
      }
      return { created: strangers.length, changed: careful.length + followed.length }
    },
  }
}
