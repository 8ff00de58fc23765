/** What clinic systems may ask about messages: what went, what didn't, and why. Texts stay inside. */
import { z } from 'zod'
import type { CustomersService } from '../customers/index.ts'
import type { Clock } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import { route } from '../platform/http.ts'
import { Id, Instant, listing, PageQuery, page } from '../platform/views.ts'
import type { OutboxStore, OutboxSummary } from './model.ts'
import type { MessagingService } from './types.ts'

const Attempt = z.object({
  channel: z.string(),
  at: Instant,
  result: z.string(),
  errcode: z.number().nullable(),
  reason: z.string().nullable(),
  messageId: z.string().nullable(),
  /** What it was charged, in fen; 0 for what carriers take for nothing. */
  costFen: z.number(),
})
const Message = z.object({
  id: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  /** The step of the care plan that it belongs to, and which part of it: main, prelude, missed, ask. */
  stepId: z.string().nullable(),
  part: z.string().nullable(),
  contactClass: z.string(),
  templateKey: z.string().nullable(),
  templateVersion: z.number().nullable(),
  status: z.string(),
  outcome: z.string().nullable(),
  reason: z.string().nullable(),
  channel: z.string().nullable(),
  messageId: z.string().nullable(),
  createdAt: Instant,
  settledAt: Instant.nullable(),
  skips: z.array(z.object({ channel: z.string(), reason: z.string() })),
  attempts: z.array(Attempt),
})

const viewOf = (row: OutboxSummary) => ({
  ...row,
  id: row._id,
  customerId: 'customerId' in row.to ? row.to.customerId : '',
  stepId: row.refs.stepId ?? null,
  part: row.refs.part ?? null,
  templateKey: row.content.templateKey,
  templateVersion: row.content.templateVersion,
  attempts: row.attempts.map((one) => ({ ...one, costFen: one.costFen ?? 0 })),
})

export const messagingRoutes = ({
  store,
  service,
  customers,
  clock,
}: {
  store: OutboxStore
  service: MessagingService
  customers: CustomersService
  clock: Clock
}) => [
  route({
    method: 'get',
    path: '/api/v1/messages',
    summary: "A customer's messages, newest first, with every attempt and the reason of every channel not taken",
    tag: 'messages',
    auth: 'integration',
    query: PageQuery.extend({ customerId: Id }),
    response: page(Message),
    async handle({ query }) {
      const ids = await customers.idsOf(query.customerId)
      return listing(query, ({ after, limit }) => store.ofCustomers(ids, after, limit + 1), viewOf)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/reach/:customerId',
    summary: 'By which channels the customer could be reached now, and why not by the others',
    tag: 'messages',
    auth: 'integration',
    params: z.strictObject({ customerId: Id }),
    response: z.object({
      channels: z.array(z.object({ channel: z.string(), ok: z.boolean(), reason: z.string().nullable() })),
    }),
    errors: ['customer_not_found'],
    async handle({ params: { customerId } }) {
      if (!(await customers.get(customerId))) throw notFound('customer_not_found', { customerId })
      return { channels: await service.reach(customerId, clock.now()) }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/stats/messaging',
    summary: 'Messages by channel, outcome and reason',
    tag: 'statistics',
    auth: 'integration',
    response: z.object({
      items: z.array(
        z.object({
          channel: z.string().nullable(),
          outcome: z.string().nullable(),
          reason: z.string().nullable(),
          count: z.number(),
        }),
      ),
    }),
    handle: async () => ({ items: await store.countBy() }),
  }),
]
