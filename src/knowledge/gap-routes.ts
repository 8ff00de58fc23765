/** What the knowledge lacks, for who can write it. */
import { z } from 'zod'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { type Route, route } from '../platform/http.ts'
import { Id, Instant, listing, PageQuery, page } from '../platform/views.ts'
import { ArticleId, KEEPERS } from './articles.ts'
import type { Gaps } from './gaps.ts'

const Gap = z.object({
  id: z.string(),
  month: z.string(),
  /** `case`: an abnormal case that no article is about, by treatment and sign. */
  kind: z.enum(['question', 'case']),
  count: z.number(),
  /** One way of asking it, without names and numbers; of a case the treatment and the sign. */
  sample: z.string(),
  /** Who keeps what is nearest to it. */
  owner: z.enum(KEEPERS),
  /** The nearest article; it was not near enough. */
  near: z.string().nullable(),
  treatment: z.string().nullable(),
  firstAt: Instant,
  lastAt: Instant,
  /** Who says that which article answers it now. */
  answered: z.object({ article: z.string(), by: z.string(), at: Instant }).nullable(),
})
const GapId = z.string().regex(/^20\d{2}-\d{2}:[0-9a-f]{32}$/, 'must be the id of a gap')

export const gapRoutes = ({ gaps, clock }: { gaps: Gaps; clock: Pick<Clock, 'now'> }): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/knowledge/gaps',
    summary:
      'Questions of a month that nobody could answer, and cases that no article is about, the most frequent first; this month where none is named',
    tag: 'knowledge',
    auth: 'integration',
    query: PageQuery.extend({
      month: z
        .string()
        .regex(/^20\d{2}-(0[1-9]|1[0-2])$/, 'must be YYYY-MM')
        .optional(),
      owner: z.enum(KEEPERS).optional(),
    }),
    response: page(Gap),
    async handle({ query: { month = dayOf(clock.now(), DEFAULT_ZONE).slice(0, 7), owner, ...paging } }) {
      const all = (await gaps.ofMonth(month)).filter((gap) => owner === undefined || gap.owner === owner)
      const rows = all.map((gap) => ({ ...gap, _id: gap.id }))
      return listing(paging, async ({ after }) => {
        const at = rows.findIndex(({ id }) => id === after)
        return after !== null && at < 0 ? [] : rows.slice(at + 1)
      })
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/knowledge/gaps/:gapId/answer',
    summary: 'An article answers it now: it leaves the list, and comes back when somebody asks in vain once more',
    tag: 'knowledge',
    auth: 'integration',
    params: z.strictObject({ gapId: GapId }),
    body: z.strictObject({ article: ArticleId, by: Id }),
    response: Gap,
    errors: ['gap_not_found', 'article_not_found', 'staff_not_found', 'role_required'],
    handle: ({ params: { gapId }, body }) => gaps.answer(gapId, body),
  }),
]
