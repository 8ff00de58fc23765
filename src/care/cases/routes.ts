/** Abnormal cases for clinic systems: states and times; what was said stays in the records. */
import { z } from 'zod'
import type { CustomersService } from '../../customers/index.ts'
import { notFound } from '../../platform/errors.ts'
import { route } from '../../platform/http.ts'
import { Id, Instant, listing, PageQuery, page } from '../../platform/views.ts'
import type { CaseRow, CaseStore } from './model.ts'

const Status = z.enum(['open', 'resolved', 'closed'])
const View = z.object({
  id: z.string(),
  customerId: z.string(),
  treatmentId: z.string().nullable(),
  storeId: z.string(),
  status: Status,
  reason: z.string().nullable(),
  openedAt: Instant,
  /** Contact records in which it was found. */
  reports: z.array(z.object({ contactId: z.string(), at: Instant, state: z.string() })),
  round: z.number(),
  /** Until when the doctor must have spoken with the customer in this round, and when that happened. */
  dueBy: Instant,
  contactedAt: Instant.nullable(),
  /** 0 nobody, 1 supervisor, 2 director. */
  escalated: z.number(),
  everyDays: z.number().nullable(),
  /** Rounds that an emergency began: since when it rang, and who took it when. */
  alarms: z.array(
    z.object({
      round: z.number(),
      since: Instant,
      calls: z.number(),
      takenAt: Instant.nullable(),
      takenBy: z.string().nullable(),
    }),
  ),
  history: z.array(z.object({ round: z.number(), at: Instant, byUserId: z.string(), followUp: z.string().nullable() })),
  resolvedAt: Instant.nullable(),
  resolvedBy: z.string().nullable(),
})
const viewOf = (row: CaseRow) => ({ alarms: [], ...row, id: row._id })

export const caseRoutes = (cases: CaseStore, customers: Pick<CustomersService, 'idsOf'>) => [
  route({
    method: 'get',
    path: '/api/v1/abnormal-cases',
    summary: 'Abnormal cases, of one customer or in one state if named',
    tag: 'care',
    auth: 'integration',
    query: PageQuery.extend({ customerId: Id.optional(), status: Status.optional() }),
    response: page(View),
    async handle({ query: { customerId, status, ...paging } }) {
      const ids = customerId === undefined ? null : await customers.idsOf(customerId)
      return listing(paging, ({ after, limit }) => cases.page(ids, status ?? null, after, limit), viewOf)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/abnormal-cases/:caseId',
    summary: 'One abnormal case: by its treatment, or by the customer where it belongs to none',
    tag: 'care',
    auth: 'integration',
    params: z.strictObject({ caseId: Id }),
    response: View,
    errors: ['case_not_found'],
    async handle({ params: { caseId } }) {
      const row = await cases.get(caseId)
      if (!row) throw notFound('case_not_found', { caseId })
      return viewOf(row)
    },
  }),
]
