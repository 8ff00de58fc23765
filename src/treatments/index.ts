/** What was done, what is booked, what was paid: the facts from which all care starts. */
import type { CustomersService } from '../customers/index.ts'
import { createAnnouncer } from '../platform/announcements.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffService } from '../staff/index.ts'
import { type AppointmentDesk, createAppointmentDesk } from './appointments.ts'
import { type ConsultationDesk, createConsultationDesk } from './consultations.ts'
import { createTreatmentRecords } from './model.ts'
import { createPurchaseDesk, type PurchaseDesk } from './purchases.ts'
import { createReferences } from './references.ts'
import { treatmentRoutes } from './routes.ts'
import { createTreatmentDesk, type TreatmentDesk } from './service.ts'
import type { TreatmentKind, TreatmentsService } from './types.ts'

export { coming } from './answers.ts'
export type { AppointmentDesk, AppointmentInput } from './appointments.ts'
export { type TreatmentsConfig, TreatmentsSchema } from './config.ts'
export type { ConsultationDesk, ConsultationInput } from './consultations.ts'
export type { PurchaseDesk, PurchaseInput } from './purchases.ts'
export { type TreatmentDesk, type TreatmentFacts, type TreatmentInput, treatmentIdOf } from './service.ts'
export * from './types.ts'
export { AppointmentBody, PurchaseBody, TreatmentBody } from './views.ts'

export interface TreatmentsDeps extends Ports {
  customers: Pick<CustomersService, 'getMany' | 'findByIdentities' | 'idsOf'>
  staff: Pick<StaffService, 'stores'>
  kinds: readonly TreatmentKind[]
}

export interface TreatmentsFeature extends Feature<TreatmentsService & TreatmentDesk> {
  appointments: AppointmentDesk
  purchases: PurchaseDesk
  consultations: ConsultationDesk
}

export function createTreatments(deps: TreatmentsDeps): TreatmentsFeature {
  const records = createTreatmentRecords(deps.db)
  const { treatments, appointments, purchases, consultations } = records
  const announcer = createAnnouncer(
    'treatments',
    {
      treatments: treatments.announcing,
      appointments: appointments.announcing,
      purchases: purchases.announcing,
      consultations: consultations.announcing,
    },
    deps,
  )
  const references = createReferences(deps)
  const shared = { ...deps, references, announcer }
  const desk = createTreatmentDesk({ ...shared, store: treatments })
  const appointmentDesk = createAppointmentDesk({ ...shared, store: appointments })
  const purchaseDesk = createPurchaseDesk({ ...shared, store: purchases })
  const consultationDesk = createConsultationDesk({ ...shared, store: consultations, treatments, purchases })
  return {
    service: {
      ...desk,
      kind: references.kind,
      appointmentsOf: appointmentDesk.ofCustomer,
      async historyOf(customerIds) {
        const [done, booked] = await Promise.all([
          desk.ofCustomers(customerIds),
          appointmentDesk.ofCustomers(customerIds),
        ])
        return { treatments: done, appointments: booked }
      },
      appointments: appointmentDesk.getMany,
      answerAppointment: appointmentDesk.answer,
      moveWishes: appointmentDesk.moveWishes,
      hearMove: appointmentDesk.hearMove,
      wishesOf: appointmentDesk.wishesOf,
      purchases: purchaseDesk.getMany,
      consultations: consultationDesk.getMany,
      decideConsultation: consultationDesk.decide,
    },
    appointments: appointmentDesk,
    purchases: purchaseDesk,
    consultations: consultationDesk,
    routes: treatmentRoutes({
      treatments: desk,
      appointments: appointmentDesk,
      purchases: purchaseDesk,
      consultations: consultationDesk,
    }),
    due: [announcer.due],
    routines: [],
    async ready() {
      for (const store of Object.values(records)) await store.ready()
    },
  }
}
