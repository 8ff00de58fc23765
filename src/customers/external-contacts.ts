/** WeCom's external contacts: who follows whom, and which phones staff wrote beside a name. */
import { type FieldCrypto, normalizePhone } from '../platform/crypto.ts'
import type { Log } from '../platform/log.ts'
import type { StaffService } from '../staff/index.ts'
import { type ExternalContact, isVendorError, type WecomClient } from '../wecom/index.ts'
import type { IdentityGraph } from './identities.ts'
import type { CustomerRow, CustomerStore } from './model.ts'
import { identityKey, isMobile } from './rules.ts'

export interface ExternalContactDeps {
  store: CustomerStore
  graph: IdentityGraph
  staff: Pick<StaffService, 'members'>
  wecom: Pick<WecomClient, 'externalContact' | 'followUsers' | 'externalContactsByUsers'>
  crypto: FieldCrypto
  log: Log
}

export interface ExternalContactSync {
  /** Asks WeCom for one contact and writes what it says now; somebody without followers keeps the record. */
  refresh(externalUserId: string, options: { create: boolean }): Promise<void>
  /** Reads everybody whom staff follow, page by page. Safe to repeat; unchanged people cost no writes. */
  syncAll(): Promise<{ pages: number; contacts: number; joined: number }>
}

type Page = Awaited<ReturnType<WecomClient['externalContactsByUsers']>>

const USERS_PER_CALL = 100
// A thousand pages of fifty: beyond that the next night goes on with what events did not tell.
const MAX_PAGES = 1_000
/** WeCom's words for "not your contact (any more)". */
const GONE = new Set([84061, 40096])

/** The answer, or null where the vendor says that there is nothing (any more). */
async function unlessGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (isVendorError(error) && error.errcode !== null && GONE.has(error.errcode)) return null
    throw error
  }
}

export function createExternalContactSync(deps: ExternalContactDeps): ExternalContactSync {
  const { store, graph, staff, wecom, log } = deps

  const phonesOf = ({ followers }: ExternalContact): string[] =>
    [...new Set(followers.flatMap(({ remarkMobiles }) => remarkMobiles.map(normalizePhone)))].filter(isMobile)
  const followersOf = ({ followers }: ExternalContact): string[] =>
    [...followers].sort((a, b) => Number(a.createdAt) - Number(b.createdAt)).map(({ userId }) => userId.toLowerCase())

  /** The first follower who is a consultant becomes the owner of somebody who has none. */
  async function nameOwner(row: CustomerRow, followers: readonly string[]): Promise<void> {
    if (row.ownerUserId !== null || followers.length === 0) return
    const people = await staff.members(followers)
    const owner = followers.find((id) => people.get(id)?.active && people.get(id)?.roles.includes('consultant'))
    if (owner) await store.fill(row._id, 'ownerUserId', owner)
  }

  async function absorb(contact: ExternalContact, create: boolean): Promise<CustomerRow | null> {
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

  return {
    async refresh(externalUserId, { create }) {
      const contact = await unlessGone(wecom.externalContact(externalUserId))
      if (!contact) {
        const [identity] = await store.identities([identityKey('external_userid', externalUserId)])
        const row = identity ? (await store.canonical([identity.customerId])).get(identity.customerId) : undefined
        if (row && row.externalUserIds.length <= 1) await store.setFollowers(row._id, [])
        return
      }
      const row = await absorb(contact, create)
      if (!row) return
      const followers = followersOf(contact)
      // A person with several contact cards keeps the followers of the others.
      if (row.externalUserIds.length <= 1) await store.setFollowers(row._id, followers)
      else await store.addFacts(row._id, { followUserIds: followers })
      await nameOwner(row, followers)
    },

    async syncAll() {
      const counts = { pages: 0, contacts: 0, joined: 0 }
      const users = await wecom.followUsers()
      for (let i = 0; i < users.length; i += USERS_PER_CALL) {
        let cursor: string | null = null
        do {
          const userIds = users.slice(i, i + USERS_PER_CALL)
          const page: Page | null = await unlessGone(wecom.externalContactsByUsers(userIds, cursor ?? undefined))
          if (!page) break // staff without a single customer
          counts.pages += 1
          counts.contacts += page.contacts.length
          for (const contact of await news(page.contacts)) {
            const row = await absorb(contact, true)
            if (!row) continue
            counts.joined += 1
            const followers = followersOf(contact)
            await store.addFacts(row._id, { followUserIds: followers })
            await nameOwner(row, followers)
          }
          cursor = page.nextCursor
          if (counts.pages >= MAX_PAGES) {
            log.warn(counts, 'contact reading stopped at its limit')
            return counts
          }
        } while (cursor)
      }
      return counts
    },
  }

  /** Those of a page of whom the record doesn't say everything yet: two commands for the whole page. */
  async function news(contacts: readonly ExternalContact[]): Promise<ExternalContact[]> {
    const keys = contacts.flatMap((contact) => [
      identityKey('external_userid', contact.externalUserId),
      ...phonesOf(contact).map(graph.keyOfPhone),
    ])
    const rows = new Map((await store.identities(keys)).map((row) => [row._id, row]))
    const people = await store.canonical([...rows.values()].map(({ customerId }) => customerId))
    const personOf = (key: string) => people.get(rows.get(key)?.customerId ?? '')
    return contacts.filter((contact) => {
      const row = personOf(identityKey('external_userid', contact.externalUserId))
      return !(
        row?.externalUserIds.includes(contact.externalUserId) &&
        (contact.unionId === null || row.unionId === contact.unionId) &&
        followersOf(contact).every((userId) => row.followUserIds.includes(userId)) &&
        phonesOf(contact).every((phone) => personOf(graph.keyOfPhone(phone)))
      )
    })
  }
}
