/** Absences for the clinic's systems: entered in advance or as they happen, by the clinic's own number. */
import { z } from 'zod'
import { type Route, route } from '../platform/http.ts'
import { DayString, Id, Instant, InstantString, listing, PageQuery, page } from '../platform/views.ts'
import type { Absences } from './absences.ts'
import { ABSENCE_KINDS } from './types.ts'

const Body = z.strictObject({
  /** An instant, or a day from its beginning. */
  from: z.union([DayString, InstantString]),
  /** An instant, or a day to its end. */
  to: z.union([DayString, InstantString]),
  reason: z.enum(ABSENCE_KINDS),
  delegateUserId: Id.nullable().default(null),
})
const View = z.object({
  absenceId: z.string(),
  userId: z.string(),
  from: Instant,
  to: Instant,
  reason: z.string(),
  delegateUserId: z.string().nullable(),
})
const One = z.strictObject({ userId: Id, absenceId: Id })

export const absenceRoutes = (absences: Absences): Route[] => [
  route({
    method: 'put',
    path: '/api/v1/staff/:userId/absences/:absenceId',
    summary:
      'Enter or change an absence: from its beginning the person gets no work, and what falls due is handed over',
    tag: 'staff',
    auth: 'integration',
    params: One,
    body: Body,
    response: View,
    errors: ['staff_not_found', 'absence_overlaps'],
    handle: ({ params, body }) => absences.put(params.userId, params.absenceId, body),
  }),
  route({
    method: 'get',
    path: '/api/v1/staff/:userId/absences',
    summary: 'Absences of a member of staff, past and coming',
    tag: 'staff',
    auth: 'integration',
    params: z.strictObject({ userId: Id }),
    query: PageQuery,
    response: page(View),
    errors: ['staff_not_found'],
    handle: ({ params, query }) => listing(query, (request) => absences.page(params.userId, request)),
  }),
  route({
    method: 'delete',
    path: '/api/v1/staff/:userId/absences/:absenceId',
    summary: 'Take an absence back: from now on the person gets work again; what was handed over stays',
    tag: 'staff',
    auth: 'integration',
    params: One,
    response: View,
    errors: ['absence_not_found'],
    handle: ({ params }) => absences.remove(params.userId, params.absenceId),
  }),
]
