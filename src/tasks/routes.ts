/** Tasks for clinic systems: ids, owners and states; names of customers stay inside. */
import { z } from 'zod'
import type { Clock } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import { route } from '../platform/http.ts'
import { Id, Instant, listing, PageQuery, page } from '../platform/views.ts'
import type { TaskRow, TasksStore } from './model.ts'
import { TASK_STATUSES } from './types.ts'

const View = z.object({
  id: z.string(),
  kind: z.string(),
  status: z.string(),
  storeId: z.string(),
  role: z.string(),
  ownerUserId: z.string(),
  customerId: z.string().nullable(),
  treatmentId: z.string().nullable(),
  stepIds: z.array(z.string()),
  openAt: Instant,
  dueAt: Instant,
  completedAt: Instant.nullable(),
  /** Why it waits; null while somebody owns it. */
  reason: z.literal('no_owner').nullable(),
  /** How it came to its owner: passed on by hand, or handed over because the one before was away or has left. */
  transfers: z.array(z.object({ at: Instant, fromUserId: z.string(), toUserId: z.string(), reason: z.string() })),
  /** Of a question on its card. */
  answer: z.string().nullish(),
  attempts: z.array(z.object({ at: Instant, byUserId: z.string(), result: z.string() })),
  outcome: z
    .object({
      reached: z.boolean(),
      state: z.string().nullable(),
      satisfaction: z.number().nullable(),
      effect: z.number().nullable(),
      nps: z.number().nullable(),
      checklist: z.array(z.string()).nullable(),
      interest: z.object({ code: z.string(), strength: z.string() }).nullable(),
      followUp: z.string().nullable(),
    })
    .nullable(),
  /** Of a task that ends in a decision: what was decided, and why. */
  decision: z.object({ choice: z.string(), reason: z.string() }).nullable(),
})
/** Outcomes from before there was a checklist have none. */
const NOT_ASKED = { checklist: null, interest: null, followUp: null }
const viewOf = (row: TaskRow) => ({
  decision: null,
  ...row,
  id: row._id,
  dueAt: row.deadlineAt,
  reason: row.ownerUserId === '' && row.closedAt === null ? ('no_owner' as const) : null,
  outcome: row.outcome && { ...NOT_ASKED, ...row.outcome },
})
const TaskId = z.string().min(1).max(128)

export const taskRoutes = ({ store, clock }: { store: TasksStore; clock: Clock }) => [
  route({
    method: 'get',
    path: '/api/v1/tasks',
    summary: 'Tasks of staff, filtered by store, owner or state',
    tag: 'tasks',
    auth: 'integration',
    query: PageQuery.extend({
      storeId: Id.optional(),
      ownerUserId: Id.optional(),
      /** Only those that wait for somebody to be there. */
      unowned: z.literal('true').optional(),
      status: z.enum(TASK_STATUSES).optional(),
    }),
    response: page(View),
    async handle({ query: { storeId, ownerUserId, unowned, status, ...paging } }) {
      const filter = {
        ...(storeId ? { storeId } : {}),
        ...(ownerUserId ? { ownerUserId: ownerUserId.toLowerCase() } : {}),
        ...(unowned ? { ownerUserId: '', closedAt: null } : {}),
        ...(status ? { status } : {}),
      }
      return listing(paging, ({ after, limit }) => store.list(filter, after, limit), viewOf)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/tasks/:taskId',
    summary: 'One task',
    tag: 'tasks',
    auth: 'integration',
    params: z.strictObject({ taskId: TaskId }),
    response: View,
    errors: ['task_not_found'],
    async handle({ params }) {
      const row = await store.get(params.taskId)
      if (!row) throw notFound('task_not_found', { taskId: params.taskId })
      return viewOf(row)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/stats/tasks',
    summary: 'Tasks created, done and overdue',
    tag: 'statistics',
    auth: 'integration',
    response: z.object({
      created: z.number(),
      done: z.number(),
      overdue: z.number(),
      byKind: z.record(z.string(), z.number()),
    }),
    handle: () => store.stats(clock.now()),
  }),
]
