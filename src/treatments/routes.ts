/** Routes of treatments, appointments, purchases and consultations for clinic systems. */
import { notFound } from '../platform/errors.ts'
import { type Route, route } from '../platform/http.ts'
import { defined, listing } from '../platform/views.ts'
import type { AppointmentDesk } from './appointments.ts'
import type { ConsultationDesk } from './consultations.ts'
import type { PurchaseDesk } from './purchases.ts'
import type { ListFilter } from './references.ts'
import type { TreatmentDesk } from './service.ts'
import * as views from './views.ts'

export interface TreatmentRouteDeps {
  treatments: TreatmentDesk
  appointments: AppointmentDesk
  purchases: PurchaseDesk
  consultations: ConsultationDesk
}

interface ListQuery {
  limit?: number | undefined
  cursor?: string | undefined
  customerId?: string | undefined
  customerExternalId?: string | undefined
  externalId?: string | undefined
}

/** One page of a list, of one customer when the query names one; or the one record that a number names. */
async function listOf<T extends { _id: string; externalId: string | null }>(
  query: ListQuery,
  read: (wanted: ListFilter, request: { limit: number; after: string | null }) => Promise<T[]>,
) {
  const { customerId, customerExternalId, externalId } = query
  const customer = customerId || customerExternalId ? defined({ customerId, customerExternalId }) : null
  return listing(query, (request) => read({ customer, externalId: externalId ?? null }, request))
}

const REFERENCES = ['customer_not_found', 'store_not_found', 'unknown_treatment_code'] as const

const treatmentRoutesOf = (desk: TreatmentDesk): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/treatments',
    summary: 'Record a completed treatment; its follow-up care starts by itself',
    tag: 'treatments',
    auth: 'integration',
    idempotent: true,
    body: views.TreatmentBody,
    response: views.TreatmentView,
    errors: [...REFERENCES, 'external_id_conflict'],
    handle: ({ body }) => desk.complete(defined(body)),
  }),
  route({
    method: 'get',
    path: '/api/v1/treatments',
    summary: 'List treatments, of one customer or of one number if named',
    tag: 'treatments',
    auth: 'integration',
    query: views.RecordQuery,
    response: views.TreatmentPage,
    errors: ['customer_not_found'],
    handle: ({ query }) => listOf(query, desk.page),
  }),
  route({
    method: 'get',
    path: '/api/v1/treatments/:treatmentId',
    summary: 'Read a treatment',
    tag: 'treatments',
    auth: 'integration',
    params: views.TreatmentParams,
    response: views.TreatmentView,
    errors: ['treatment_not_found'],
    handle: async ({ params }) => {
      const treatment = await desk.get(params.treatmentId)
      if (!treatment) throw notFound('treatment_not_found', params)
      return treatment
    },
  }),
  route({
    method: 'put',
    path: '/api/v1/treatments/:treatmentId',
    summary: 'Correct the facts of a treatment; what hangs on them is planned anew',
    tag: 'treatments',
    auth: 'integration',
    params: views.TreatmentParams,
    body: views.CorrectionBody,
    response: views.TreatmentView,
    errors: [...REFERENCES, 'treatment_not_found', 'treatment_cancelled'],
    handle: ({ params, body }) => desk.correct(params.treatmentId, defined(body)),
  }),
  route({
    method: 'post',
    path: '/api/v1/treatments/:treatmentId/cancel',
    summary: 'Cancel a treatment that was entered by mistake or not done',
    tag: 'treatments',
    auth: 'integration',
    params: views.TreatmentParams,
    response: views.TreatmentView,
    errors: ['treatment_not_found'],
    handle: ({ params }) => desk.cancel(params.treatmentId),
  }),
]

const appointmentRoutesOf = (desk: AppointmentDesk): Route[] => [
  route({
    method: 'put',
    path: '/api/v1/appointments/:externalId',
    summary: 'Write an appointment as it stands: booked, moved, cancelled or arrived',
    tag: 'appointments',
    auth: 'integration',
    params: views.AppointmentParams,
    body: views.AppointmentBody,
    response: views.AppointmentView,
    errors: REFERENCES,
    handle: ({ params, body }) => desk.put({ ...defined(body), ...params }),
  }),
  route({
    method: 'get',
    path: '/api/v1/appointments',
    summary: 'List appointments, of one customer or of one number if named',
    tag: 'appointments',
    auth: 'integration',
    query: views.RecordQuery,
    response: views.AppointmentPage,
    errors: ['customer_not_found'],
    handle: ({ query }) => listOf(query, desk.page),
  }),
]

const purchaseRoutesOf = (desk: PurchaseDesk): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/purchases',
    summary: 'Record a purchase by its receipt number',
    tag: 'purchases',
    auth: 'integration',
    idempotent: true,
    body: views.PurchaseBody,
    response: views.PurchaseView,
    errors: [...REFERENCES, 'external_id_conflict'],
    handle: ({ body }) => desk.record({ ...defined(body), items: body.items.map((item) => defined(item)) }),
  }),
  route({
    method: 'get',
    path: '/api/v1/purchases',
    summary: 'List purchases, of one customer or of one number if named',
    tag: 'purchases',
    auth: 'integration',
    query: views.RecordQuery,
    response: views.PurchasePage,
    errors: ['customer_not_found'],
    handle: ({ query }) => listOf(query, desk.page),
  }),
]

const consultationRoutesOf = (desk: ConsultationDesk): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/consultations',
    summary:
      'Write a consultation as it stands: open, bought or closed; while it is open, the customer is kept in touch with',
    tag: 'consultations',
    auth: 'integration',
    idempotent: true,
    body: views.ConsultationBody,
    response: views.ConsultationView,
    errors: REFERENCES,
    handle: ({ body }) => desk.put(defined(body)),
  }),
  route({
    method: 'get',
    path: '/api/v1/consultations',
    summary: 'List consultations, of one customer or of one number if named',
    tag: 'consultations',
    auth: 'integration',
    query: views.RecordQuery,
    response: views.ConsultationPage,
    errors: ['customer_not_found'],
    handle: ({ query }) => listOf(query, desk.page),
  }),
]

export const treatmentRoutes = ({
  treatments,
  appointments,
  purchases,
  consultations,
}: TreatmentRouteDeps): Route[] => [
  ...treatmentRoutesOf(treatments),
  ...appointmentRoutesOf(appointments),
  ...purchaseRoutesOf(purchases),
  ...consultationRoutesOf(consultations),
]
