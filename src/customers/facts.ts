/** Between what a clinic says, what is stored (sealed where it must be) and what others may know. */

import type { Clock } from '../platform/clock.ts'
import { type FieldCrypto, normalizePhone } from '../platform/crypto.ts'
import { isEmail } from '../platform/email-address.ts'
import { invalid } from '../platform/errors.ts'
import { NAME_FIELD, PHONE_FIELD } from './identities.ts'
import type { CustomerRow } from './model.ts'
import { type Gender, salutationOf } from './names.ts'
import type { Customer, CustomerContact } from './types.ts'

/** What a clinic system says of a customer. What is left out stays as it is; null empties. */
export interface CustomerInput {
  externalId: string
  name: string
  storeIds: string[]
  gender?: Gender
  phone?: string | null
  email?: string | null
  ownerUserId?: string | null
  preferredTime?: Customer['preferredTime']
  skinType?: string | null
  allergies?: string | null
  notes?: string | null
  tags?: string[]
  identities?: { externalUserId?: string; unionId?: string; openId?: string }
  optOut?: { all?: boolean; promotion?: boolean }
  /** Agrees to be told of offers; false: no longer does. */
  promotionConsent?: boolean
  deceased?: boolean
}

export type CustomerPatch = Pick<
  CustomerInput,
  | 'email'
  | 'preferredTime'
  | 'optOut'
  | 'promotionConsent'
  | 'deceased'
  | 'ownerUserId'
  | 'skinType'
  | 'allergies'
  | 'notes'
  | 'tags'
>

/** A customer as clinic systems see one: name open, phone and email masked by the view. */
export interface CustomerCard extends Customer {
  _id: string
  name: string
  phone: string | null
  email: string | null
  gender: Gender
  skinType: string | null
  tags: string[]
  hasAllergies: boolean
  hasNotes: boolean
}

const EMAIL_FIELD = 'customers.email'
const ALLERGIES_FIELD = 'customers.allergies'
const NOTES_FIELD = 'customers.notes'

export const customerOf = (row: CustomerRow): Customer => ({
  id: row._id,
  externalId: row.externalId,
  storeIds: row.storeIds,
  ownerUserId: row.ownerUserId,
  followUserIds: row.followUserIds,
  externalUserIds: row.externalUserIds,
  openIds: row.openIds,
  unionId: row.unionId,
  hasPhone: row.phone !== null,
  preferredTime: row.preferredTime,
  deceased: row.deceased,
  optOut: row.optOut,
  // Rows from before consents were kept.
  promotionConsentAt: row.promotionConsentAt ?? null,
  provisional: row.provisional,
})

export interface CustomerFacts {
  /** The stored fields that an input says something about. @throws AppError invalid/phone_malformed, invalid/email_malformed */
  factsOf(input: Partial<CustomerInput>, before: CustomerRow): Partial<CustomerRow>
  cardOf(row: CustomerRow): CustomerCard
  contactOf(row: CustomerRow): CustomerContact
}

export function createCustomerFacts(crypto: FieldCrypto, clock: Pick<Clock, 'now'>): CustomerFacts {
  const openName = (row: CustomerRow): string => (row.name === null ? '' : crypto.open(NAME_FIELD, row.name))
  const openPhone = (row: CustomerRow): string | null =>
    row.phone === null ? null : crypto.open(PHONE_FIELD, row.phone)
  const openEmail = ({ email }: CustomerRow): string | null => (email ? crypto.open(EMAIL_FIELD, email) : null)
  /** What is stored already when it says the same: sealed anew it would look like a change. */
  function sealOr(field: string, plain: string | null, before: string | null): string | null {
    if (plain === null) return null
    return before !== null && crypto.open(field, before) === plain ? before : crypto.seal(field, plain)
  }

  const cardOf = (row: CustomerRow): CustomerCard => ({
    ...customerOf(row),
    _id: row._id,
    name: openName(row),
    phone: openPhone(row),
    email: openEmail(row),
    gender: row.gender,
    skinType: row.skinType,
    tags: row.tags,
    hasAllergies: row.allergies !== null,
    hasNotes: row.notes !== null,
  })
  const contactOf = (row: CustomerRow): CustomerContact => {
    const name = openName(row)
    return {
      customer: customerOf(row),
      name,
      salutation: salutationOf(name, row.gender),
      phone: openPhone(row),
      email: openEmail(row),
      hasAllergies: row.allergies !== null,
      hasNotes: row.notes !== null,
    }
  }
  function factsOf(input: Partial<CustomerInput>, before: CustomerRow): Partial<CustomerRow> {
    const { externalId, name, storeIds, gender, ownerUserId, preferredTime, skinType, tags, deceased } = input
    return {
      ...(externalId === undefined ? {} : { externalId }),
      ...(name === undefined ? {} : { name: sealOr(NAME_FIELD, name, before.name) }),
      ...(storeIds === undefined ? {} : { storeIds: [...new Set(storeIds)] }),
      ...(gender === undefined ? {} : { gender }),
      ...(input.phone === undefined ? {} : phoneFacts(input.phone, before.phone)),
      ...(input.email === undefined ? {} : { email: emailFact(input.email, before.email ?? null) }),
      ...(ownerUserId === undefined ? {} : { ownerUserId: ownerUserId?.toLowerCase() ?? null }),
      ...(preferredTime === undefined ? {} : { preferredTime }),
      ...(skinType === undefined ? {} : { skinType }),
      ...(input.allergies === undefined
        ? {}
        : { allergies: sealOr(ALLERGIES_FIELD, input.allergies, before.allergies) }),
      ...(input.notes === undefined ? {} : { notes: sealOr(NOTES_FIELD, input.notes, before.notes) }),
      ...(tags === undefined ? {} : { tags: [...new Set(tags)] }),
      ...(deceased === undefined ? {} : { deceased }),
      ...(input.promotionConsent === undefined
        ? {}
        : // Said again it is the same consent.
          { promotionConsentAt: input.promotionConsent ? (before.promotionConsentAt ?? clock.now()) : null }),
      ...(input.optOut === undefined ? {} : { optOut: { ...before.optOut, ...input.optOut } }),
    }
  }
  function emailFact(email: string | null, before: string | null): string | null {
    if (email !== null && !isEmail(email)) throw invalid('email_malformed')
    return sealOr(EMAIL_FIELD, email, before)
  }
  function phoneFacts(phone: string | null, before: string | null): Pick<CustomerRow, 'phone' | 'phoneIndex'> {
    if (phone === null) return { phone: null, phoneIndex: null }
    const plain = normalizePhone(phone)
    if (plain.length < 5 || plain.length > 20) throw invalid('phone_malformed')
    return { phone: sealOr(PHONE_FIELD, plain, before), phoneIndex: crypto.blindIndex(PHONE_FIELD, plain) }
  }

  return { factsOf, cardOf, contactOf }
}
