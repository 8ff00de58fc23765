/** Complaints and opinions of whoever is signed in to the mini-program. */
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { type Route, route } from '../platform/http.ts'
import { Id, Instant, listing, NoteText, PageQuery, page } from '../platform/views.ts'
import type { ComplaintRow } from './model.ts'
import { WORDS_FIELD } from './model.ts'
import { COMPLAINT_KINDS, COMPLAINT_STATUSES, COMPLAINT_TYPES, promisesOf } from './rules.ts'
import type { ComplaintsService } from './service.ts'

const Type = z.enum(Object.keys(COMPLAINT_TYPES) as [keyof typeof COMPLAINT_TYPES, ...(keyof typeof COMPLAINT_TYPES)[]])
const MOST_PHOTOS = 9

const ComplaintBody = z.strictObject({
  submissionId: Id,
  kind: z.enum(COMPLAINT_KINDS),
  type: Type.nullable(),
  words: NoteText(2_000),
  /** What would put it right. */
  demand: NoteText(500).nullable(),
  treatmentId: z.string().min(1).max(128).nullable(),
  evidence: z.array(Id).max(MOST_PHOTOS),
  mayContact: z.boolean(),
})
const Listed = z.object({
  id: z.string(),
  number: z.string(),
  kind: z.enum(COMPLAINT_KINDS),
  type: Type.nullable(),
  status: z.enum(COMPLAINT_STATUSES),
  createdAt: Instant,
})
const ComplaintView = Listed.extend({
  words: z.string(),
  demand: z.string().nullable(),
  treatmentId: z.string().nullable(),
  evidence: z.array(z.string()),
  mayContact: z.boolean(),
  stars: z.number().nullable(),
  /** What was promised when it was filed, and when it was kept. */
  promises: z.array(
    z.object({ what: z.enum(COMPLAINT_STATUSES), by: Instant, keptAt: Instant.nullable(), late: z.boolean() }),
  ),
  history: z.array(
    z.object({
      at: Instant,
      what: z.enum([...COMPLAINT_STATUSES, 'rated']),
      by: z.enum(['customer', 'clinic']),
      words: z.string().nullable(),
    }),
  ),
})

export function complaintRoutes({
  service,
  crypto,
  clock,
}: {
  service: ComplaintsService
  crypto: Pick<FieldCrypto, 'open'>
  clock: Pick<Clock, 'now'>
}): Route[] {
  const open = (sealed: string | null) => (sealed === null ? null : crypto.open(WORDS_FIELD, sealed))
  const viewOf = (row: ComplaintRow): z.input<typeof ComplaintView> => ({
    ...row,
    id: row._id,
    words: crypto.open(WORDS_FIELD, row.words),
    demand: open(row.demand),
    promises: promisesOf(row, clock.now()),
    history: row.history.map((event) => ({ ...event, words: open(event.words) })),
  })
  // Whoever agrees to nothing may still complain.
  const mp = { tag: 'mini-program', auth: 'customer', withoutConsent: true } as const
  const params = z.strictObject({ complaintId: Id })
  const errors = ['complaint_not_found', 'complaint_not_now', 'record_busy'] as const
  const Words = z.strictObject({ words: NoteText(1_000) })

  return [
    route({
      method: 'post',
      path: '/api/v1/complaints/:complaintId/reply',
      summary: 'Give the formal answer to a complaint or opinion: the customer is told, and accepts it or objects',
      tag: 'complaints',
      auth: 'integration',
      params,
      body: Words,
      response: ComplaintView,
      errors,
      handle: async ({ params: { complaintId }, body }) => viewOf(await service.reply(complaintId, body.words)),
    }),
    route({
      ...mp,
      method: 'post',
      path: '/api/mp/complaints',
      summary: 'Complain, or say what could be better: kept once, with a number at once',
      body: ComplaintBody,
      response: ComplaintView,
      errors: ['treatment_not_found', 'photo_not_found', 'store_not_found', 'too_many_today'],
      handle: async ({ actor, body }) => viewOf(await service.file(actor.id, body)),
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/complaints',
      summary: 'My complaints and opinions',
      query: PageQuery,
      response: page(Listed),
      handle: ({ actor, query }) =>
        listing(
          query,
          (request) => service.page(actor.id, request),
          (row) => ({ ...row, id: row._id }),
          ({ order }) => order,
        ),
    }),
    route({
      ...mp,
      method: 'get',
      path: '/api/mp/complaints/:complaintId',
      summary: 'One of them: what was promised, what was kept, and the answer',
      params,
      response: ComplaintView,
      errors: ['complaint_not_found'],
      handle: async ({ actor, params: { complaintId } }) => viewOf(await service.get(actor.id, complaintId)),
    }),
    route({
      ...mp,
      method: 'post',
      path: '/api/mp/complaints/:complaintId/accept',
      summary: 'Accept the answer',
      params,
      response: ComplaintView,
      errors,
      handle: async ({ actor, params: { complaintId } }) =>
        viewOf(await service.move(actor.id, complaintId, 'accepted', null)),
    }),
    route({
      ...mp,
      method: 'post',
      path: '/api/mp/complaints/:complaintId/object',
      summary: 'Object to the answer, and say why',
      params,
      body: Words,
      response: ComplaintView,
      errors,
      handle: async ({ actor, params: { complaintId }, body }) =>
        viewOf(await service.move(actor.id, complaintId, 'objected', body.words)),
    }),
    route({
      ...mp,
      method: 'post',
      path: '/api/mp/complaints/:complaintId/withdraw',
      summary: 'Take it back',
      params,
      response: ComplaintView,
      errors,
      handle: async ({ actor, params: { complaintId } }) =>
        viewOf(await service.move(actor.id, complaintId, 'withdrawn', null)),
    }),
    route({
      ...mp,
      method: 'post',
      path: '/api/mp/complaints/:complaintId/rate',
      summary: 'Rate how it was handled, once it is over',
      params,
      body: z.strictObject({ stars: z.int().min(1).max(5), words: NoteText(500).nullable() }),
      response: ComplaintView,
      errors,
      handle: async ({ actor, params: { complaintId }, body }) =>
        viewOf(await service.rate(actor.id, complaintId, body.stars, body.words)),
    }),
  ]
}
