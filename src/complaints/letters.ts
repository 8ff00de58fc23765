/** What customers hear of their complaints by chat, SMS or mail. Each letter is one, however often it is sent. */
import type { CustomersService } from '../customers/index.ts'
import type { EnqueueContact, MessagingService } from '../messaging/index.ts'
import { addMs } from '../platform/clock.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { ComplaintRow } from './model.ts'

/** Keys of `config/templates` that this room sends. */
export const COMPLAINT_TEMPLATES = [
  'system.complaint_filed',
  'system.complaint_registered',
  'system.opinion_filed',
  'system.complaint_replied',
] as const

export interface LetterDeps {
  customers: Pick<CustomersService, 'contacts'>
  treatments: Pick<TreatmentsService, 'get' | 'kind'>
  staff: Pick<StaffService, 'store'>
  messaging: Pick<MessagingService, 'enqueue'>
}

export interface Letter {
  key: (typeof COMPLAINT_TEMPLATES)[number]
  /** Of this complaint's letters; the same number is the same letter. */
  n: number
  at: Date
  /** An answer goes at any hour; of what the customer hasn't asked for nobody hears in the night, or against a wish. */
  contactClass: Extract<EnqueueContact['contactClass'], 'reply' | 'case_update'>
  /** Of no use to anybody later. */
  lastsMs: number
}

export function createLetters({ customers, treatments, staff, messaging }: LetterDeps) {
  /** What a mail's subject names. */
  async function topicOf({ treatmentId }: ComplaintRow): Promise<string> {
    const treatment = treatmentId === null ? null : await treatments.get(treatmentId)
    return (treatment && treatments.kind(treatment.code)?.name) ?? '到院服务'
  }

  /** Answers how the customer is addressed. */
  return async (row: ComplaintRow, { key, n, at, contactClass, lastsMs }: Letter): Promise<string> => {
    const [contacts, place] = await Promise.all([customers.contacts([row.customerId]), staff.store(row.storeId)])
    const salutation = contacts.get(row.customerId)?.salutation ?? '您'
    await messaging.enqueue({
      stepId: `complaint:${row._id}`,
      occurrence: n,
      audience: 'customer',
      to: { customerId: row.customerId },
      storeId: row.storeId,
      contactClass,
      content: {
        kind: 'template',
        templateKey: key,
        vars: {
          salutation,
          treatment: await topicOf(row),
          store: place?.displayName ?? '术后关怀',
          phone: place?.callbackPhone ?? '',
          number: row.number,
        },
      },
      notBefore: at,
      notAfter: addMs(at, lastsMs),
      handOver: false,
      refs: { owner: 'complaints' },
    })
    return salutation
  }
}
