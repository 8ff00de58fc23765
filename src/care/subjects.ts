/**
 * What plans are about: treatments, and purchases, appointments and consultations as if they were some. So one planner, one drain and one
 * set of cards serve them all.
 */
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { EPOCH } from '../platform/clock.ts'
import type { Reason } from '../platform/reasons.ts'
import { defined } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import type {
  Appointment,
  Consultation,
  ProductType,
  Purchase,
  Treatment,
  TreatmentsService,
} from '../treatments/index.ts'

export interface Subject extends Treatment {
  record: 'treatment' | 'purchase' | 'appointment' | 'consultation'
  /** Kinds of products in a purchase. */
  products?: readonly ProductType[]
  /** Treatments that a consultation was about. */
  topics?: readonly string[]
  /** Why it is over, where that is another thing than being taken back. */
  overBy?: Reason
}

/** A code of config/treatments.yaml. */
const PRODUCT = 'product'
/** [ours] What nobody has sorted is asked after like skin care. */
const USUAL: ProductType = 'skin_care'

const NOTHING = {
  technique: null,
  consultantUserId: null,
  sutureRemovalOn: null,
  nextSessionOn: null,
  inHospital: false,
  dischargedOn: null,
  course: null,
} as const

export const subjectOf = (treatment: Treatment): Subject => ({ ...treatment, record: 'treatment' })

/** Null when nothing in it is a retail product. */
export function ofPurchase(
  { id, externalId, customerId, storeId, paidAt, items }: Purchase,
  isProduct: (code: string) => boolean,
  timeZone: string,
): Subject | null {
  const bought = items.filter(({ code, type }) => type !== undefined || (code !== null && isProduct(code)))
  const products = [...new Set(bought.map(({ type }) => type ?? USUAL))]
  const [first] = products
  if (!first) return null
  return {
    ...NOTHING,
    // Words for one kind of product don't fit a mixed basket.
    technique: products.length === 1 ? first : null,
    record: 'purchase',
    id,
    externalId,
    customerId,
    storeId,
    code: PRODUCT,
    doctorUserId: null,
    endedAt: paidAt,
    treatedOn: dayOf(paidAt, timeZone),
    enteredAt: paidAt,
    status: 'completed',
    products,
  }
}

export function ofAppointment(
  { id, externalId, customerId, storeId, code, doctorUserId, startsAt, status }: Appointment,
  timeZone: string,
): Subject {
  return {
    ...NOTHING,
    record: 'appointment',
    id,
    externalId,
    customerId,
    storeId,
    code,
    doctorUserId,
    endedAt: startsAt,
    treatedOn: dayOf(startsAt, timeZone),
    // When it became known is when it is planned.
    enteredAt: EPOCH,
    // Once the customer is there, nobody reminds.
    status: status === 'booked' || status === 'moved' ? 'completed' : 'cancelled',
    overBy: 'appointment_over',
  }
}

/** Over once it is closed, or something was bought or done since. */
export function ofConsultation(
  { id, externalId, customerId, storeId, consultantUserId, consultedAt, topics, outcome, boughtAt }: Consultation,
  timeZone: string,
): Subject {
  return {
    ...NOTHING,
    record: 'consultation',
    id,
    externalId,
    customerId,
    storeId,
    code: topics[0] ?? '',
    topics,
    doctorUserId: null,
    consultantUserId,
    endedAt: consultedAt,
    treatedOn: dayOf(consultedAt, timeZone),
    enteredAt: EPOCH,
    status: outcome === 'open' && boughtAt === null ? 'completed' : 'cancelled',
    overBy: outcome === 'closed' ? 'consultation_closed' : 'bought',
  }
}

type Records = Pick<TreatmentsService, 'getMany' | 'appointments' | 'purchases' | 'consultations' | 'kind'>

/** Everything that a plan can be about, by its id. Records beside treatments are looked for only where some are left. */
export function createSubjects(records: Records, staff: Pick<StaffService, 'stores'>) {
  const isProduct = (code: string) => records.kind(code)?.category === 'product'
  return async (ids: readonly string[]): Promise<Map<string, Subject>> => {
    if (ids.length === 0) return new Map()
    const done = await records.getMany(ids)
    const found = new Map([...done].map(([id, treatment]) => [id, subjectOf(treatment)]))
    const left = ids.filter((id) => !found.has(id))
    if (left.length === 0) return found
    const [booked, bought, asked] = await Promise.all([
      records.appointments(left),
      records.purchases(left),
      records.consultations(left),
    ])
    const all = [...booked.values(), ...bought.values(), ...asked.values()]
    const stores = await staff.stores([...new Set(all.map(({ storeId }) => storeId))])
    const zoneOf = ({ storeId }: { storeId: string }) => stores.get(storeId)?.timeZone
    for (const one of booked.values()) {
      const zone = zoneOf(one)
      if (zone) found.set(one.id, ofAppointment(one, zone))
    }
    for (const one of bought.values()) {
      const zone = zoneOf(one)
      const subject = zone ? ofPurchase(one, isProduct, zone) : null
      if (subject) found.set(one.id, subject)
    }
    for (const one of asked.values()) {
      const zone = zoneOf(one)
      if (zone) found.set(one.id, ofConsultation(one, zone))
    }
    return found
  }
}

/** The subject as it would be with other facts. */
export async function supposed(
  subject: Subject,
  facts: { [K in keyof Subject]?: Subject[K] | undefined },
  staff: Pick<StaffService, 'stores'>,
): Promise<Subject> {
  const other = { ...subject, ...(defined(facts) as Partial<Subject>) }
  const place = (await staff.stores([other.storeId])).get(other.storeId)
  return { ...other, treatedOn: dayOf(other.endedAt, place?.timeZone ?? DEFAULT_ZONE) }
}
