/** Treatments, appointments, purchases and consultations as clinic systems write and read them. */
import { z } from 'zod'
import {
  DayString,
  ExternalId,
  Id,
  Instant,
  InstantString,
  NoteText,
  PageQuery,
  page,
  ShortText,
} from '../platform/views.ts'
import { ANAESTHESIA, type Anaesthesia, APPOINTMENT_ANSWERS, PRODUCT_TYPES } from './types.ts'

const Code = z.string().regex(/^[a-z][a-z0-9_]{1,39}$/, 'must be a treatment code')
const MAX_FEN = 1_000_000_000_00
const Fen = z.int().min(0).max(MAX_FEN)

const DayOrNone = z.union([DayString, z.literal('none')])
const customerRef = { customerId: Id.optional(), customerExternalId: ExternalId.optional() }
const oneCustomer = (ref: { customerId?: string | undefined; customerExternalId?: string | undefined }) =>
  (ref.customerId === undefined) !== (ref.customerExternalId === undefined)
const ONE_CUSTOMER = { path: ['customerId'], message: 'exactly one of customerId and customerExternalId is needed' }

const Anaesthetic = z.enum(Object.keys(ANAESTHESIA) as [Anaesthesia, ...Anaesthesia[]])
const treatmentFacts = {
  ...customerRef,
  storeId: Id,
  code: Code,
  technique: Code.nullable().optional(),
  doctorUserId: Id.nullable().optional(),
  consultantUserId: Id.nullable().optional(),
  assistantUserId: Id.nullable().optional(),
  anaesthesia: Anaesthetic.nullable().optional(),
  endedAt: InstantString,
  note: NoteText(4000).nullable().optional(),
  /** The doctor's date, or that there are no sutures; left out, the table of treatments decides. */
  sutureRemovalOn: DayOrNone.nullable().optional(),
  /** The doctor's date of the next session (after a course: of the next one), or that none is needed. */
  nextSessionOn: DayOrNone.nullable().optional(),
  /** The customer stays in hospital … */
  inHospital: z.boolean().optional(),
  /** … until that day. */
  dischargedOn: DayString.nullable().optional(),
  course: z
    .strictObject({ id: Id, session: z.int().min(1).max(200), of: z.int().min(1).max(200).nullable().optional() })
    .nullable()
    .optional(),
}
export const TreatmentBody = z
  .strictObject({ externalId: ExternalId, ...treatmentFacts })
  .refine(oneCustomer, ONE_CUSTOMER)
export const CorrectionBody = z.strictObject(treatmentFacts).refine(oneCustomer, ONE_CUSTOMER)
export const TreatmentParams = z.strictObject({ treatmentId: Id })
/** `externalId`: the one record of that number, as the clinic's system knows it. */
export const RecordQuery = PageQuery.extend({ ...customerRef, externalId: ExternalId.optional() }).refine(
  (ref) => ref.customerId === undefined || ref.customerExternalId === undefined,
  ONE_CUSTOMER,
)

export const TreatmentView = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  customerId: z.string(),
  storeId: z.string(),
  code: z.string(),
  technique: z.string().nullable(),
  doctorUserId: z.string().nullable(),
  consultantUserId: z.string().nullable(),
  assistantUserId: z.string().nullable().default(null),
  anaesthesia: Anaesthetic.nullable().default(null),
  endedAt: Instant,
  treatedOn: z.string(),
  enteredAt: Instant,
  status: z.enum(['completed', 'cancelled']),
  sutureRemovalOn: z.string().nullable(),
  nextSessionOn: z.string().nullable(),
  inHospital: z.boolean(),
  dischargedOn: z.string().nullable(),
  course: z.object({ id: z.string(), session: z.number(), of: z.number().nullable() }).nullable(),
})
export const TreatmentPage = page(TreatmentView.extend({ hasNote: z.boolean() }))

const Status = z.enum(['booked', 'moved', 'cancelled', 'arrived'])
export const AppointmentParams = z.strictObject({ externalId: ExternalId })
export const AppointmentBody = z
  .strictObject({
    ...customerRef,
    storeId: Id,
    code: Code,
    doctorUserId: Id.nullable().optional(),
    startsAt: InstantString,
    status: Status,
  })
  .refine(oneCustomer, ONE_CUSTOMER)
export const AppointmentView = z.object({
  id: z.string(),
  externalId: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  code: z.string(),
  doctorUserId: z.string().nullable(),
  startsAt: Instant,
  status: Status,
  movedFrom: Instant.nullable(),
  /** What the customer said to the time that stands: `confirmed`, or `move` for another one. */
  answer: z
    .object({ what: z.enum(APPOINTMENT_ANSWERS), at: Instant })
    .nullable()
    .default(null),
})
export const AppointmentPage = page(AppointmentView)

export const PurchaseBody = z
  .strictObject({
    ...customerRef,
    externalId: ExternalId,
    storeId: Id,
    paidAt: InstantString,
    amountFen: Fen,
    items: z
      .array(
        z.strictObject({
          name: ShortText(100),
          code: Code.nullable().optional(),
          /** A retail product's kind: when it is asked after. */
          type: z.enum(PRODUCT_TYPES).optional(),
          quantity: z.int().min(1).max(10_000),
          amountFen: Fen,
        }),
      )
      .min(1)
      .max(200),
  })
  .refine(oneCustomer, ONE_CUSTOMER)
export const PurchaseView = z.object({
  id: z.string(),
  externalId: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  paidAt: Instant,
  amountFen: z.int(),
  items: z.array(
    z.object({
      name: z.string(),
      code: z.string().nullable(),
      type: z.enum(PRODUCT_TYPES).optional(),
      quantity: z.int(),
      amountFen: z.int(),
    }),
  ),
})
export const PurchasePage = page(PurchaseView)

const Outcome = z.enum(['open', 'bought', 'closed'])
export const ConsultationBody = z
  .strictObject({
    ...customerRef,
    externalId: ExternalId,
    storeId: Id,
    consultantUserId: Id.nullable().optional(),
    consultedAt: InstantString,
    /** Treatments that it was about; the first one gives it its name. */
    topics: z.array(Code).min(1).max(10),
    outcome: Outcome,
  })
  .refine(oneCustomer, ONE_CUSTOMER)
export const ConsultationView = z.object({
  id: z.string(),
  externalId: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  consultantUserId: z.string().nullable(),
  consultedAt: Instant,
  topics: z.array(z.string()),
  outcome: Outcome,
  /** What the consultant decided about a customer who has not bought, oldest first. */
  decisions: z.array(z.object({ at: Instant, byUserId: z.string(), choice: z.string(), reason: z.string() })),
})
export const ConsultationPage = page(ConsultationView)
