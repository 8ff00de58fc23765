/** Customers as clinic systems write and read them. */
import { z } from 'zod'
import { maskPhone } from '../platform/crypto.ts'
import { maskEmail } from '../platform/email-address.ts'
import { ExternalId, Id, Instant, NoteText, PageQuery, page, ShortText, SpanView } from '../platform/views.ts'

/** Digits with the usual separators; what remains is checked again when it is stored. */
const Phone = z
  .string()
  .trim()
  .regex(/^\+?[\d][\d -]{4,24}$/, 'must be a phone number')
const VendorId = z.string().regex(/^[\w-]{1,128}$/, 'must be an id as WeChat gives it')

/** What remains is checked when it is stored, with a code of its own. */
const Email = ShortText(254)

const Wishes = {
  email: Email.nullable().optional(),
  preferredTime: SpanView.nullable().optional(),
  optOut: z.strictObject({ all: z.boolean().optional(), promotion: z.boolean().optional() }).optional(),
  /** The customer agrees to be told of offers; without it there is no promotion. */
  promotionConsent: z.boolean().optional(),
  deceased: z.boolean().optional(),
  ownerUserId: Id.nullable().optional(),
  skinType: ShortText(40).nullable().optional(),
  allergies: NoteText(1000).nullable().optional(),
  notes: NoteText(4000).nullable().optional(),
  tags: z.array(ShortText(30)).max(50).optional(),
}

export const CustomerBody = z.strictObject({
  externalId: ExternalId,
  name: ShortText(60),
  storeIds: z.array(Id).min(1).max(20),
  gender: z.enum(['female', 'male', 'unknown']).optional(),
  phone: Phone.nullable().optional(),
  identities: z
    .strictObject({
      externalUserId: VendorId.optional(),
      unionId: VendorId.optional(),
      openId: VendorId.optional(),
    })
    .optional(),
  ...Wishes,
})
export const CustomerPatchBody = z
  .strictObject(Wishes)
  .refine((patch) => Object.keys(patch).length > 0, 'must name at least one field')
export const CustomerParams = z.strictObject({ customerId: Id })
export const CustomerQuery = PageQuery.extend({ phone: Phone.optional(), externalId: ExternalId.optional() })

export const CustomerView = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  name: z.string(),
  gender: z.enum(['female', 'male', 'unknown']),
  /** `138****5678`. */
  phone: z.string().transform(maskPhone).nullable(),
  /** `l***@example.com`. */
  email: z.string().transform(maskEmail).nullable(),
  storeIds: z.array(z.string()),
  ownerUserId: z.string().nullable(),
  followUserIds: z.array(z.string()),
  preferredTime: z.object({ from: z.string(), to: z.string() }).nullable(),
  skinType: z.string().nullable(),
  tags: z.array(z.string()),
  hasAllergies: z.boolean(),
  hasNotes: z.boolean(),
  optOut: z.object({ all: z.boolean(), promotion: z.boolean() }),
  promotionConsentAt: Instant.nullable(),
  deceased: z.boolean(),
  provisional: z.boolean(),
})
export const CustomerPage = page(CustomerView)

export const ConflictPage = page(
  z.object({ id: z.string(), kind: z.string(), customerIds: z.array(z.string()), firstSeenAt: Instant }),
)

export const ContactSyncPage = page(
  z.object({
    id: z.string(),
    startedAt: Instant,
    finishedAt: Instant.nullable(),
    /** Members whose customers are read; null: the list isn't known yet. */
    members: z.number().nullable(),
    batches: z.array(
      z.object({ from: z.number(), to: z.number(), cursor: z.string(), isDone: z.boolean(), contacts: z.number() }),
    ),
    counts: z.object({
      pages: z.number(),
      contacts: z.number(),
      created: z.number(),
      changed: z.number(),
      unfollowed: z.number(),
      refused: z.number(),
    }),
    lastError: z.string().nullable(),
  }),
)

export const CodeBody = z.strictObject({ code: z.string().regex(/^[\x21-\x7e]{1,256}$/, 'must be a login code') })
export const SessionView = z.object({ token: z.string(), expiresAt: Instant, customerId: z.string().nullable() })
export const PhoneView = z.object({ customerId: z.string().nullable() })
