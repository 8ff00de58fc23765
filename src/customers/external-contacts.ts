/** One of WeCom's external contacts as it is now: what an event that names somebody is answered with. */
import { type ExternalContact, isNoContact, type WecomClient } from '../wecom/index.ts'
import { type ContactPages, followersOf } from './contact-pages.ts'
import type { CustomerRow, CustomerStore } from './model.ts'
import { identityKey } from './rules.ts'

export interface ExternalContactDeps {
  store: CustomerStore
  pages: ContactPages
  wecom: Pick<WecomClient, 'externalContact'>
}

export interface ExternalContacts {
  /** Asks WeCom for one contact and writes what it says now; somebody without followers keeps the record. */
  refresh(externalUserId: string, options: { create: boolean }): Promise<void>
}

/** The answer, or null where the vendor says that there is nothing (any more). */
export async function unlessGone<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (isNoContact(error)) return null
    throw error
  }
}

export function createExternalContacts({ store, pages, wecom }: ExternalContactDeps): ExternalContacts {
  const read = (externalUserId: string): Promise<ExternalContact | null> =>
    unlessGone(wecom.externalContact(externalUserId))

  /** Who follows the person now, by all contact cards; `known` has been asked for already. */
  async function setFollowers(row: CustomerRow, known: string, contact: ExternalContact | null): Promise<string[]> {
    const cards = [contact]
    for (const other of row.externalUserIds) if (other !== known) cards.push(await read(other))
    const followers = followersOf({ followers: cards.flatMap((card) => card?.followers ?? []) })
    await store.setFollowers(row._id, followers)
    return followers
  }

  return {
    async refresh(externalUserId, { create }) {
      const contact = await read(externalUserId)
      if (contact) {
        const row = await pages.join(contact, create)
        if (row) await pages.nameOwner(row, await setFollowers(row, externalUserId, contact))
        return
      }
      const [identity] = await store.identities([identityKey('external_userid', externalUserId)])
      const row = identity ? (await store.canonical([identity.customerId])).get(identity.customerId) : undefined
      if (row) await setFollowers(row, externalUserId, null)
    },
  }
}
