/** Signals for clinic systems: levels, rules and times; what was said stays where it was said. */
import { z } from 'zod'
import type { CustomersService } from '../../customers/index.ts'
import type { Clock } from '../../platform/clock.ts'
import { notFound } from '../../platform/errors.ts'
import { route } from '../../platform/http.ts'
import { Id, Instant, listing, NoteText, PageQuery, page } from '../../platform/views.ts'
import type { StaffService } from '../../staff/index.ts'
import { LEVELS } from '../../triage/index.ts'
import { mayJudge } from '../deciders.ts'
import { SIGNAL_SOURCES, type SignalRow, type SignalStore } from './model.ts'
import type { Signals } from './signals.ts'

const LevelName = z.enum(LEVELS)
const View = z.object({
  id: z.string(),
  source: z.enum(SIGNAL_SOURCES),
  /** Of the message, the submission, the complaint or the note beside photos. */
  sourceId: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  treatmentId: z.string().nullable(),
  day: z.number().nullable(),
  at: Instant,
  /** As the machine read it … */
  level: LevelName,
  rule: z.string().nullable(),
  /** … and what it opened. */
  caseId: z.string().nullable(),
  taskId: z.string().nullable(),
  /** What a person made of it. */
  judged: z.object({ level: LevelName, byUserId: z.string(), at: Instant, reason: z.string() }).nullable(),
})
const viewOf = (row: SignalRow) => ({ ...row, id: row._id })
const REASON_CHARS = 200

export const signalRoutes = ({
  signals,
  store,
  customers,
  staff,
  clock,
}: {
  signals: Pick<Signals, 'judge'>
  store: SignalStore
  customers: Pick<CustomersService, 'idsOf'>
  staff: Pick<StaffService, 'member' | 'roster'>
  clock: Clock
}) => [
  route({
    method: 'get',
    path: '/api/v1/signals',
    summary: 'What the triage has read from customers’ words, the newest first',
    tag: 'care',
    auth: 'integration',
    query: PageQuery.extend({ customerId: Id.optional() }),
    response: page(View),
    async handle({ query: { customerId, ...paging } }) {
      const ids = customerId === undefined ? null : await customers.idsOf(customerId)
      return listing(
        paging,
        ({ after, limit }) => store.page(ids, after, limit),
        viewOf,
        ({ order }) => order,
      )
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/signals/:signalId/judgement',
    summary:
      'A person has looked at it; judged to be nothing, it ends what only it has asked for, judged to be more, people are called',
    tag: 'care',
    auth: 'integration',
    params: z.strictObject({ signalId: Id }),
    body: z.strictObject({ level: LevelName, byUserId: Id, reason: NoteText(REASON_CHARS) }),
    response: View,
    errors: ['signal_not_found', 'signal_judged', 'staff_not_found', 'role_required'],
    async handle({ params: { signalId }, body }) {
      const signal = await store.get(signalId)
      if (!signal) throw notFound('signal_not_found', { signalId })
      await mayJudge(staff, signal, { userId: body.byUserId, level: body.level }, clock.now())
      return viewOf(await signals.judge(signalId, body))
    },
  }),
]
