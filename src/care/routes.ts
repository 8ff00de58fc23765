/** Plans, steps and contact records for clinic systems; and the claim of what became of every promise. */
import { z } from 'zod'
import type { CustomersService } from '../customers/index.ts'
import { instant } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import { route } from '../platform/http.ts'
import { DayString, Id, Instant, InstantString, listing, PageQuery, page } from '../platform/views.ts'
import { changeOf, type Diff } from './diff.ts'
import type { CareStore, ContactRow } from './model.ts'
import { ContactBody, type UnplannedContact } from './unplanned.ts'
import { ByHand, byHandOf, Change, changeViewOf, Foreseen, Step, stepOf, TreatmentId } from './views.ts'

const Contact = z.object({
  id: z.string(),
  stepIds: z.array(z.string()),
  treatmentId: z.string().nullable(),
  customerId: z.string(),
  storeId: z.string(),
  byUserId: z.string().nullable(),
  /** Who made a contact that an old system kept, in its words. */
  byName: z.string().nullable(),
  channel: z.string(),
  at: Instant,
  answeredAt: Instant.nullable(),
  reached: z.boolean().nullable(),
  state: z.string().nullable(),
  satisfaction: z.number().nullable(),
  effect: z.number().nullable(),
  nps: z.number().nullable(),
  /** What was covered, and what came out of it. */
  checklist: z.array(z.string()).nullable(),
  interest: z
    .object({ code: z.string(), strength: z.string(), taskId: z.string().nullable(), reason: z.string().nullable() })
    .nullable(),
  /** Of a problem with a product: what was done about it. */
  remedy: z.string().nullable(),
  /** The customer came to us first. */
  unplanned: z.boolean(),
})
const NOT_SAID = { byName: null, checklist: null, interest: null, remedy: null, unplanned: false }
const contactOf = (row: ContactRow) => ({ ...NOT_SAID, ...row, id: row._id })
const Counts = z.record(z.string(), z.number())
const BEGINNING = instant(0)
const END = instant('9999-01-01T00:00:00Z')
/** Facts that may turn out otherwise; what is left out stays as it is recorded. */
const Supposed = z.strictObject({
  endedAt: InstantString.optional(),
  sutureRemovalOn: z.union([DayString, z.literal('none')]).optional(),
  nextSessionOn: z.union([DayString, z.literal('none')]).optional(),
  inHospital: z.boolean().optional(),
  dischargedOn: DayString.optional(),
})
export type Supposed = z.output<typeof Supposed>

export interface CareRouteDeps {
  store: CareStore
  customers: CustomersService
  /** What would become of a treatment's plan; null where it has none. */
  suppose(treatmentId: string, facts: Supposed): Promise<Diff | null>
  recordUnplanned(contact: UnplannedContact): Promise<ContactRow>
}

export const careRoutes = ({ store, customers, suppose, recordUnplanned }: CareRouteDeps) => [
  route({
    method: 'get',
    path: '/api/v1/care-plans/:treatmentId',
    summary: 'The care plan of a treatment: every step, its window, and why it did or did not happen',
    tag: 'care',
    auth: 'integration',
    params: z.strictObject({ treatmentId: TreatmentId }),
    response: z.object({
      treatmentId: z.string(),
      customerId: z.string(),
      status: z.string(),
      pathways: z.array(z.object({ id: z.string(), version: z.number() })),
      steps: z.array(Step),
      /** What corrections have changed, oldest first, by step ids. */
      changes: z.array(Change),
      /** What people have decided about single steps, by the changes that say so. */
      byHand: z.array(ByHand),
    }),
    errors: ['plan_not_found'],
    async handle({ params: { treatmentId } }) {
      const [plan] = await store.plansOf([treatmentId])
      if (!plan) throw notFound('plan_not_found', { treatmentId })
      const steps = (await store.stepsOf(treatmentId)).map(stepOf)
      return {
        ...plan,
        treatmentId,
        steps,
        changes: plan.changes.map(changeViewOf),
        byHand: (plan.pins ?? []).map(byHandOf),
      }
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/care-plans/:treatmentId/preview',
    summary: 'What a corrected treatment would change in its plan: nothing is changed by asking',
    tag: 'care',
    auth: 'integration',
    params: z.strictObject({ treatmentId: TreatmentId }),
    body: Supposed,
    response: Foreseen.extend({ kept: z.array(z.string()) }),
    errors: ['plan_not_found'],
    async handle({ params: { treatmentId }, body }) {
      const diff = await suppose(treatmentId, body)
      if (!diff) throw notFound('plan_not_found', { treatmentId })
      const kept = diff.keep.map(({ _id }) => _id)
      return { ...changeOf(diff, { id: 'preview', type: 'preview' }, BEGINNING), kept }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/care-plans',
    summary: "A customer's care plans",
    tag: 'care',
    auth: 'integration',
    query: z.strictObject({ customerId: Id }),
    response: z.object({
      items: z.array(z.object({ treatmentId: z.string(), code: z.string(), status: z.string(), createdAt: Instant })),
    }),
    async handle({ query: { customerId } }) {
      const plans = await store.plansOfCustomers(await customers.idsOf(customerId))
      return { items: plans.map((plan) => ({ ...plan, treatmentId: plan._id })) }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/promises',
    summary: 'What the server claims of every promise whose window ended in the interval',
    tag: 'care',
    auth: 'integration',
    query: PageQuery.extend({ from: InstantString.optional(), to: InstantString.optional() }),
    response: page(Step),
    handle: ({ query: { from, to, ...paging } }) =>
      listing(paging, ({ after, limit }) => store.ended(from ?? BEGINNING, to ?? END, after, limit), stepOf),
  }),
  route({
    method: 'post',
    path: '/api/v1/contacts',
    summary:
      'Record a contact that the customer began; a call that covered the checklist does the call that was due that day. The same number again is the same contact',
    tag: 'care',
    auth: 'integration',
    idempotent: true,
    body: ContactBody,
    response: Contact,
    errors: [
      'customer_not_found',
      'store_not_found',
      'staff_not_found',
      'treatment_not_found',
      'unknown_treatment_code',
      'past_contact_in_future',
      'contact_too_old',
      'external_id_conflict',
    ],
    handle: async ({ body }) => contactOf(await recordUnplanned(body)),
  }),
  route({
    method: 'get',
    path: '/api/v1/contacts',
    summary:
      'Contact records of a customer, or of everybody; `attention=true`: satisfaction up to 2, NPS up to 6, an objection, marked unhappy, or abnormal, recorded in the interval. Summaries stay inside',
    tag: 'care',
    auth: 'integration',
    query: PageQuery.extend({
      customerId: Id.optional(),
      attention: z.literal('true').optional(),
      from: InstantString.optional(),
      to: InstantString.optional(),
    }),
    response: page(Contact),
    async handle({ query: { customerId, attention, from, to, ...paging } }) {
      const ids = customerId === undefined ? null : await customers.idsOf(customerId)
      const interval = attention ? { from: from ?? BEGINNING, to: to ?? END } : null
      return listing(paging, ({ after, limit }) => store.contactsPage(ids, interval, after, limit), contactOf)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/stats/care',
    summary: 'Steps by status, pathway and stage, and the answers of month 1',
    tag: 'statistics',
    auth: 'integration',
    query: z.strictObject({ now: InstantString.optional() }),
    response: z.object({
      byStatus: Counts,
      byPathway: Counts,
      byStage: Counts,
      due: z.number(),
      nps: z.object({ answers: z.number(), promoters: z.number(), detractors: z.number() }),
    }),
    async handle({ query: { now } }) {
      const [byStatus, byPathway, byStage, due, nps] = await Promise.all([
        store.countBy('status'),
        store.countBy('pathway'),
        store.countBy('stage'),
        store.dueCount(now ?? END),
        store.nps(),
      ])
      return { byStatus, byPathway, byStage, due, nps }
    },
  }),
]
