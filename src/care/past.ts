/** Contacts of former years, as an old system kept them: they become records, and nothing else happens. */
import { z } from 'zod'
import type { CustomersService } from '../customers/index.ts'
import { answerOf, type BulkAnswer, type BulkOptions } from '../platform/bulk.ts'
import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { invalid, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import { ExternalId, Id, InstantString, NoteText, ShortText } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import { type TreatmentsService, treatmentIdOf } from '../treatments/index.ts'
import type { CareStore, ContactRow } from './model.ts'

/** `visit`: in the store; `other`: the old system doesn't say. */
export const PAST_CHANNELS = ['call', 'kf', 'wechat', 'sms', 'app', 'visit', 'other'] as const
export const CONTACT_STATES = ['recovering_well', 'mild_reaction', 'abnormal', 'needs_doctor'] as const
const Score = (least: number, most: number) => z.int().min(least).max(most).nullable().default(null)

export const PastContactBody = z.strictObject({
  /** The old system's number; without one, the same words to the same customer at the same time are the same contact. */
  externalId: ExternalId.nullable().default(null),
  customerExternalId: ExternalId,
  treatmentExternalId: ExternalId.nullable().default(null),
  storeId: Id,
  at: InstantString,
  channel: z.enum(PAST_CHANNELS).default('other'),
  /** Who made it, as the old system wrote it: the person may be gone, or never have had an account here. */
  byName: ShortText(40).nullable().default(null),
  byUserId: Id.nullable().default(null),
  reached: z.boolean().nullable().default(null),
  state: z.enum(CONTACT_STATES).nullable().default(null),
  satisfaction: Score(1, 5),
  effect: Score(1, 5),
  nps: Score(0, 10),
  summary: NoteText(4000).nullable().default(null),
})
export type PastContact = z.output<typeof PastContactBody>

export interface PastDeps {
  store: CareStore
  staff: Pick<StaffService, 'stores'>
  customers: Pick<CustomersService, 'findByIdentities' | 'idsOf'>
  treatments: Pick<TreatmentsService, 'getMany'>
  crypto: FieldCrypto
  clock: Clock
}

// Clocks of two systems differ a little; a contact of tomorrow is a plan, not a record.
const MAX_AHEAD_MS = 10 * MINUTE_MS

/** The number says which contact is meant; where there is none, what makes it one. */
const idOf = (one: PastContact, crypto: FieldCrypto): string =>
  one.externalId !== null
    ? `past_${hashId('past', one.externalId)}`
    : `past_${crypto.blindIndex('contacts.past', JSON.stringify([one.customerExternalId, one.at, one.byName, one.summary]))}`

/**
 * Keeps past contacts, each with its own answer; a correction replaces the record. No event, no task and no message comes
 * of it, and lists of what needs attention today leave it out.
 */
export async function recordPast(
  { store, staff, customers, treatments, crypto, clock }: PastDeps,
  contacts: readonly PastContact[],
  { dryRun = false }: BulkOptions = {},
): Promise<BulkAnswer[]> {
  const now = clock.now()
  const treatmentIds = contacts.flatMap(({ treatmentExternalId: id }) => (id === null ? [] : treatmentIdOf(id)))
  const [people, stores, done, known] = await Promise.all([
    customers.findByIdentities('external_id', [...new Set(contacts.map((one) => one.customerExternalId))]),
    staff.stores(contacts.map(({ storeId }) => storeId)),
    treatments.getMany(treatmentIds),
    store.contacts(contacts.map((one) => idOf(one, crypto))),
  ])
  const before = new Map(known.map((row) => [row._id, row]))

  async function treatmentOf(one: PastContact, customerId: string): Promise<string | null> {
    if (one.treatmentExternalId === null) return null
    const treatment = done.get(treatmentIdOf(one.treatmentExternalId))
    const isTheirs =
      treatment &&
      (treatment.customerId === customerId || (await customers.idsOf(customerId)).includes(treatment.customerId))
    if (!isTheirs) throw notFound('treatment_not_found', { treatmentExternalId: one.treatmentExternalId })
    return treatment.id
  }
  async function rowOf(one: PastContact): Promise<ContactRow> {
    const { storeId, at, channel, byName, byUserId, reached, state, satisfaction, effect, nps, summary } = one
    if (at > addMs(now, MAX_AHEAD_MS)) throw invalid('past_contact_in_future')
    if (!stores.has(storeId)) throw notFound('store_not_found', { storeId })
    const customer = people.get(one.customerExternalId)
    if (!customer) throw notFound('customer_not_found', { customerExternalId: one.customerExternalId })
    const treatmentId = await treatmentOf(one, customer.id)
    const said = { storeId, at, channel, byName, byUserId, reached, state, satisfaction, effect, nps }
    return {
      _id: idOf(one, crypto),
      stepIds: [],
      customerId: customer.id,
      treatmentId,
      ...said,
      answeredAt: reached === false ? null : at,
      summary: summary === null ? null : crypto.seal('contacts.summary', summary),
      past: {
        digest: crypto.blindIndex(
          'contacts.digest',
          JSON.stringify([said, one.customerExternalId, one.treatmentExternalId, summary]),
        ),
      },
    }
  }

  const fresh: ContactRow[] = []
  const changed: ContactRow[] = []
  const answers: BulkAnswer[] = []
  for (const one of contacts)
    answers.push(
      await answerOf(async () => {
        const row = await rowOf(one)
        const old = before.get(row._id)
        if (old?.past?.digest === row.past?.digest) return 'same'
        ;(old ? changed : fresh).push(row)
        return old ? 'changed' : 'new'
      }),
    )
  if (dryRun) return answers
  await store.insertContacts(fresh)
  for (const { _id, ...set } of changed) await store.changeContact(_id, set)
  return answers
}
