/** What customers asked in vain, for who can write the answer. */
import { z } from 'zod'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { type Route, route } from '../platform/http.ts'
import { Instant, listing, PageQuery, page } from '../platform/views.ts'
import { KEEPERS } from './articles.ts'
import type { Gaps } from './gaps.ts'

const Gap = z.object({
  id: z.string(),
  month: z.string(),
  count: z.number(),
  /** One way of asking it, without names and numbers. */
  sample: z.string(),
  /** Who keeps what is nearest to it. */
  owner: z.enum(KEEPERS),
  /** The nearest article; it was not near enough. */
  near: z.string().nullable(),
  treatment: z.string().nullable(),
  firstAt: Instant,
  lastAt: Instant,
})

export const gapRoutes = ({ gaps, clock }: { gaps: Gaps; clock: Pick<Clock, 'now'> }): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/knowledge/gaps',
    summary: 'Questions of a month that nobody could answer, the most frequent first; this month where none is named',
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
]
