/** What other rooms may know of treatments (FHIR: Procedure), appointments and purchases. */
import type { Day } from '../platform/calendar.ts'

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
  endedAt: Date
  /** Day 0 in the store's zone. */
  treatedOn: Day
  enteredAt: Date
  status: 'completed' | 'cancelled'
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
}

export interface TreatmentsService {
  get(treatmentId: string): Promise<Treatment | null>
  getMany(treatmentIds: readonly string[]): Promise<Map<string, Treatment>>
  ofCustomer(customerId: string): Promise<Treatment[]>
  kind(code: string): TreatmentKind | null
}

/** Published once per completed treatment: id `treatment.completed:<treatmentId>`. */
export interface TreatmentCompleted {
  treatmentId: string
  customerId: string
  storeId: string
  code: string
}
