/** How a quarter's revision stands, keeper by keeper. */
import { z } from 'zod'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { type Route, route } from '../platform/http.ts'
import { Instant } from '../platform/views.ts'
import { KEEPERS } from './articles.ts'
import { leftOf } from './revision.ts'
import type { RevisionStore } from './revision-model.ts'
import { quarterOf } from './training-service.ts'
import type { ArticleVersions } from './versions.ts'

const Revision = z.object({
  quarter: z.string(),
  owner: z.enum(KEEPERS),
  openedOn: z.string(),
  dueOn: z.string(),
  /** When the director heard of what was left. */
  escalatedAt: Instant.nullable(),
  articles: z.array(
    z.object({
      id: z.string(),
      version: z.number(),
      title: z.string(),
      reviewOn: z.string(),
      /** Another version is said since, or none. */
      revised: z.boolean(),
    }),
  ),
})

export const revisionRoutes = ({
  store,
  versions,
  clock,
}: {
  store: RevisionStore
  versions: Pick<ArticleVersions, 'refresh' | 'standing'>
  clock: Pick<Clock, 'now'>
}): Route[] => [
  route({
    method: 'get',
    path: '/api/v1/knowledge/revisions',
    summary: 'Which articles are looked at again in a quarter, by who keeps them; this quarter where none is named',
    tag: 'knowledge',
    auth: 'integration',
    query: z.strictObject({
      quarter: z
        .string()
        .regex(/^20\d{2}-Q[1-4]$/, 'must be YYYY-Q1 … Q4')
        .optional(),
    }),
    response: z.object({ items: z.array(Revision) }),
    async handle({ query: { quarter = quarterOf(dayOf(clock.now(), DEFAULT_ZONE)) } }) {
      await versions.refresh()
      const said = versions.standing().effective
      const items = (await store.of(quarter)).map((row) => {
        const left = new Set(leftOf(row, said).map(({ id }) => id))
        return { ...row, articles: row.articles.map((one) => ({ ...one, revised: !left.has(one.id) })) }
      })
      return { items }
    },
  }),
]
