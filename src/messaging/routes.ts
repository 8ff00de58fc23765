/** What clinic systems may ask about messages: what went, what didn't, and why. Texts stay inside. */
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { route } from '../platform/http.ts'
import type { MessagingStore, OutboxRow } from './model.ts'
import type { MessagingService } from './types.ts'

const At = z
  .date()
  .transform((at) => at.toISOString())
  .pipe(z.iso.datetime())
const Attempt = z.object({
  channel: z.string(),
  at: At,
  result: z.string(),
  errcode: z.number().nullable(),
  reason: z.string().nullable(),
  messageId: z.string().nullable(),
})
const Message = z.object({
  id: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  contactClass: z.string(),
  templateKey: z.string().nullable(),
  templateVersion: z.number().nullable(),
  status: z.string(),
  outcome: z.string().nullable(),
  reason: z.string().nullable(),
  channel: z.string().nullable(),
  messageId: z.string().nullable(),
  createdAt: At,
  settledAt: At.nullable(),
  skips: z.array(z.object({ channel: z.string(), reason: z.string() })),
  attempts: z.array(Attempt),
})

const viewOf = (row: OutboxRow) => ({
  ...row,
  id: row._id,
  customerId: 'customerId' in row.to ? row.to.customerId : '',
  templateKey: row.content.kind === 'customer' ? row.content.templateKey : null,
  templateVersion: row.content.kind === 'customer' ? row.content.templateVersion : null,
})

const Id = z.string().min(1).max(128)

export const messagingRoutes = ({
  store,
  service,
  clock,
}: {
  store: MessagingStore
  service: MessagingService
  clock: Clock
}) => [
  route({
    method: 'get',
    path: '/api/v1/messages',
    summary: "A customer's messages, newest first, with every attempt and the reason of every channel not taken",
    tag: 'messages',
    auth: 'integration',
    query: z.strictObject({ customerId: Id, limit: z.coerce.number().int().min(1).max(200).default(50) }),
    response: z.object({ items: z.array(Message) }),
    handle: async ({ query }) => ({
      items: (await store.outboxOf({ 'to.customerId': query.customerId }, query.limit)).map(viewOf),
    }),
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
    handle: async ({ params }) => ({ channels: await service.reach(params.customerId, clock.now()) }),
  }),
  route({
    method: 'get',
    path: '/api/v1/stats/messaging',
    summary: 'Messages by channel and outcome',
    tag: 'statistics',
    auth: 'integration',
    response: z.object({
      items: z.array(z.object({ channel: z.string().nullable(), outcome: z.string().nullable(), count: z.number() })),
    }),
    handle: async () => ({ items: await store.countBy() }),
  }),
]
