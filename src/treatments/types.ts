/** What other rooms may know of treatments (FHIR: Procedure), appointments, purchases and consultations. */
import type { Day } from '../platform/calendar.ts'

/** How it was made painless, with the words for staff. */
export const ANAESTHESIA = {
  none: '未麻醉',
  topical: '表面麻醉',
  local: '局部麻醉',
  sedation: '静脉镇静',
  general: '全身麻醉',
} as const
export type Anaesthesia = keyof typeof ANAESTHESIA

export interface Treatment {
  id: string
  /** Number in the clinic's own system: the key of idempotent entry. */
  externalId: string | null
  customerId: string
  storeId: string
  /** A code of config/treatments.yaml. */
  code: string
  technique: string | null
  doctorUserId: string | null
  consultantUserId: string | null
  /** Who assisted; left out where nobody has said. */
  assistantUserId?: string | null
  anaesthesia?: Anaesthesia | null
  endedAt: Date
  /** Day 0 in the store's zone. */
  treatedOn: Day
  enteredAt: Date
  status: 'completed' | 'cancelled'
  /** The doctor's date; null: not said yet, by the table of treatments then. */
  sutureRemovalOn: Day | 'none' | null
  /** The doctor's date of the next session; after the last one of a course, of the next course. `none`: none is needed. */
  nextSessionOn: Day | 'none' | null
  /** The customer stayed in hospital after it … */
  inHospital: boolean
  /** … until that day; null while they do. */
  dischargedOn: Day | null
  /** The series of sessions that it belongs to. */
  course: { id: string; session: number; of: number | null } | null
}

export interface TreatmentKind {
  code: string
  /** Chinese name that customers and staff read, e.g. 水光针. */
  name: string
  category:
    | 'skin'
    | 'injection'
    | 'laser'
    | 'hair_removal'
    | 'energy'
    | 'surgery'
    | 'hair_transplant'
    | 'salon'
    | 'product'
  /** Other names that people use for it. */
  synonyms?: string[]
  /** When not empty, the only techniques an entry may name. */
  techniques?: string[]
  /** Of an operation: days until its sutures come out, or none; by technique where that decides. Left out: as its pathway says. */
  sutureDay?: number | 'none' | Record<string, number | 'none'> | undefined
}

/** Kinds of retail products, which are asked after at their own time. */
export const PRODUCT_TYPES = ['skin_care', 'make_up', 'fragrance', 'medical', 'device'] as const
export type ProductType = (typeof PRODUCT_TYPES)[number]

export type AppointmentStatus = 'booked' | 'moved' | 'cancelled' | 'arrived'

/** What the customer says to a notice: comes at that time, or asks for another one. */
export const APPOINTMENT_ANSWERS = ['confirmed', 'move'] as const
export interface AppointmentAnswer {
  what: (typeof APPOINTMENT_ANSWERS)[number]
  /** The start that it was given for. */
  startsAt: Date
  at: Date
  /** Of a move: the call that it asked for has been made. */
  isHeard?: boolean
}

export interface Appointment {
  id: string
  /** Number in the clinic's own system: the key of idempotent entry. */
  externalId: string
  customerId: string
  storeId: string
  /** A code of config/treatments.yaml. */
  code: string
  doctorUserId: string | null
  startsAt: Date
  status: AppointmentStatus
  /** Where it stood before it was moved last; null when it never was. */
  movedFrom: Date | null
  /** Goes when it is moved or booked again; left out where nobody has said. */
  answer?: AppointmentAnswer | null
}

export interface AnswerInput {
  what: AppointmentAnswer['what']
  /** Of a move: when the customer would rather come, in the customer's words. */
  wish: string | null
  /** The start that the customer was shown. */
  startsAt: Date
  /** Of what is read later than it was written: when that was. */
  saidAt?: Date
}

/** What a customer has asked of an appointment, and whether it still stands. */
export interface MoveWishes {
  /** How often a move was asked for; each time has its number, from one. */
  asked: number
  /** The last one, where nothing has answered it. */
  standing: { appointment: Appointment; answeredAt: Date; wish: string | null } | null
  /** What has, otherwise. */
  endedBy: 'comes_after_all' | 'appointment_over' | 'superseded'
}

export interface Purchase {
  id: string
  externalId: string
  customerId: string
  storeId: string
  paidAt: Date
  /** Money paid, in fen. */
  amountFen: number
  items: { name: string; code: string | null; type?: ProductType; quantity: number; amountFen: number }[]
}

export type ConsultationOutcome = 'open' | 'bought' | 'closed'

/** What a consultant decided about somebody who has not bought. */
export interface ConsultationDecision {
  /** Of the task that asked. */
  id: string
  at: Date
  byUserId: string
  choice: 'continue' | 'close'
  /** A code of the task's own list. */
  reason: string
}

export interface Consultation {
  id: string
  /** Number in the clinic's own system: the key of idempotent entry. */
  externalId: string
  customerId: string
  storeId: string
  consultantUserId: string | null
  consultedAt: Date
  /** Codes of config/treatments.yaml; the first one gives it its name. */
  topics: string[]
  outcome: ConsultationOutcome
  /** Oldest first. */
  decisions: ConsultationDecision[]
  /** The first treatment or purchase of the customer since; null while there is none, and in answers to entries and lists. */
  boughtAt: Date | null
}

export interface TreatmentsService {
  get(treatmentId: string): Promise<Treatment | null>
  getMany(treatmentIds: readonly string[]): Promise<Map<string, Treatment>>
  /** Oldest first; of the customer and of everybody merged into them. */
  ofCustomer(customerId: string): Promise<Treatment[]>
  kind(code: string): TreatmentKind | null
  /**
   * The day of the next session, or that none is needed, as a doctor said it; `treatment.corrected` follows. It counts while
   * the clinic's own system says nothing. Safe to repeat. @throws AppError not_found/treatment_not_found
   */
  setNextSession(treatmentId: string, said: { on: Day | 'none'; byUserId: string; at: Date }): Promise<void>
  /** Newest first; of the customer and of everybody merged into them. */
  appointmentsOf(customerId: string): Promise<Appointment[]>
  /** Treatments and appointments under these customer ids, in two commands. */
  historyOf(customerIds: readonly string[]): Promise<{ treatments: Treatment[]; appointments: Appointment[] }>
  appointments(ids: readonly string[]): Promise<Map<string, Appointment>>
  /**
   * Keeps the customer's answer to a coming appointment; the same again changes nothing, unless it is a wish whose call has been
   * made already. `appointment.answered` follows.
   *
   * @throws AppError not_found/appointment_not_found: also somebody else's; conflict/appointment_over: past, cancelled or come;
   *   conflict/appointment_moved: it stands at another time than `startsAt`; conflict/appointment_asked_often;
   *   conflict/appointment_answered_since: answered, or given its time, later than `saidAt`
   */
  answerAppointment(customerId: string, appointmentId: string, said: AnswerInput): Promise<Appointment>
  /** As they are in the database now; null: no such appointment. */
  moveWishes(appointmentId: string): Promise<MoveWishes | null>
  /**
   * The call for wish number `n` was made at `at`: said again it is a further wish, also where that was between the call and
   * this. Safe to repeat.
   */
  hearMove(appointmentId: string, n: number, at: Date): Promise<void>
  /** The words of those that have some, by appointment. */
  wishesOf(appointmentIds: readonly string[]): Promise<Map<string, string>>
  purchases(ids: readonly string[]): Promise<Map<string, Purchase>>
  /** With what was bought since. */
  consultations(ids: readonly string[]): Promise<Map<string, Consultation>>
  /**
   * Keeps what the consultant decided; once per `decision.id`. `close` ends the consultation.
   *
   * @throws AppError not_found/consultation_not_found
   */
  decideConsultation(id: string, decision: ConsultationDecision): Promise<Consultation>
}

/** Published once per completed treatment: id `treatment.completed:<treatmentId>`. */
export interface TreatmentCompleted {
  treatmentId: string
  customerId: string
  storeId: string
  code: string
}

/** A completed treatment's facts were put right: id `treatment.corrected:<treatmentId>:<revision>`. Read the record. */
export type TreatmentCorrected = TreatmentCompleted

/** Entered by mistake or not done after all: id `treatment.cancelled:<treatmentId>`. */
export type TreatmentCancelled = TreatmentCompleted

/** `appointment.booked`, `appointment.moved`, `appointment.cancelled`, `appointment.arrived`, `appointment.answered`. Read the record. */
export interface AppointmentChanged {
  appointmentId: string
  customerId: string
  storeId: string
  code: string
}

/** `purchase.recorded`: id `purchase.recorded:<purchaseId>`. */
export interface PurchaseRecorded {
  purchaseId: string
  customerId: string
  storeId: string
}

/**
 * `consultation.recorded`: it is open, new or with other facts; `consultation.closed`: it is not open any more. Ids end in
 * the revision. Read the record.
 */
export interface ConsultationChanged {
  consultationId: string
  customerId: string
  storeId: string
}
