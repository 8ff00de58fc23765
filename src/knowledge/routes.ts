/** Articles for whoever edits and reads them: what is said, the search, versions, and who approved them. */
import { z } from 'zod'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { invalid, notFound } from '../platform/errors.ts'
import { type Route, route } from '../platform/http.ts'
import { Id, Instant, listing, NoteText, PageQuery, type PageRequest, page, ShortText } from '../platform/views.ts'
import { ARTICLE_KINDS, type Article, ArticleDraft, ArticleId, AUDIENCES, isOverdue, KEEPERS } from './articles.ts'
import type { Library } from './library.ts'
import type { KnowledgeStore, VersionFacts } from './model.ts'
import { type Publishing, problemView, type Reviewed } from './publishing.ts'
import { ANSWERED_FROM } from './service.ts'
import type { ArticleVersions } from './versions.ts'

const VersionParam = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be a version')
  .transform(Number)
const Treatment = z.string().regex(/^[a-z][a-z0-9_]{1,39}$/, 'must be a code of a treatment')
const Day = z
  .string()
  .regex(/^\d{1,3}$/, 'must be a day after the treatment')
  .transform(Number)

const Head = z.object({
  id: z.string(),
  version: z.number(),
  kind: z.enum(ARTICLE_KINDS),
  title: z.string(),
  audience: z.enum(AUDIENCES),
  treatments: z.array(z.string()),
  owner: z.enum(KEEPERS),
  reviewOn: z.string(),
  /** The day of its review is over. */
  overdue: z.boolean(),
  /** `waits`: nothing of it is said until somebody approves it. */
  standing: z.enum(['said', 'waits']),
  /** A newer version of the configuration that waits for a doctor. */
  waitingVersion: z.number().nullable(),
  source: z.enum(['file', 'staff']),
})
const Whole = Head.extend({
  asks: z.array(z.string()),
  days: z.object({ first: z.number(), last: z.number() }).nullable(),
  answer: z.string(),
  more: z.string().nullable(),
  /** What the words rest on, as far as somebody has said so. */
  sources: z.array(z.string()),
})
const Hit = Whole.extend({
  confidence: z.number(),
  /** Near enough for an answer. */
  answers: z.boolean(),
})
const Decision = z.object({ at: Instant, by: z.string(), reason: z.string() }).nullable()
const Version = z.object({
  article: z.string(),
  version: z.number(),
  source: z.enum(['file', 'staff']),
  status: z.enum(['draft', 'approved', 'retired']),
  createdAt: Instant,
  createdBy: z.string().nullable(),
  approved: Decision,
  retired: Decision,
})
const OneVersion = Version.extend({
  body: z.record(z.string(), z.unknown()),
  /** What keeps it from being approved: all at once. */
  problems: z.array(z.object({ code: z.string(), path: z.string(), message: z.string() })),
})
const Said = z.strictObject({ by: Id, reason: NoteText(500) })

export interface KnowledgeRouteDeps {
  store: KnowledgeStore
  versions: ArticleVersions
  library: Library
  publishing: Publishing
  clock: Pick<Clock, 'now'>
}

export function knowledgeRoutes({ store, versions, library, publishing, clock }: KnowledgeRouteDeps): Route[] {
  const api = { tag: 'knowledge', auth: 'integration' } as const
  const params = z.strictObject({ articleId: ArticleId })
  const versionParams = params.extend({ version: VersionParam })

  /** Everything that is said or waits, by id. */
  function known(): { article: Article; isSaid: boolean; waiting: Article | null }[] {
    const { effective, waiting } = versions.standing()
    const waits = new Map(waiting.map((one) => [one.id, one]))
    return [...new Set([...effective.keys(), ...waits.keys()])].sort().flatMap((id) => {
      const [said, later] = [effective.get(id), waits.get(id) ?? null]
      const article = said ?? later
      return article ? [{ article, isSaid: said !== undefined, waiting: later }] : []
    })
  }
  const wholeOf = ({ article, isSaid, waiting }: ReturnType<typeof known>[number]) => ({
    ...article,
    days: article.days ? { first: article.days[0], last: article.days[1] } : null,
    more: article.more ?? null,
    sources: article.sources ?? [],
    overdue: isOverdue(article, dayOf(clock.now(), DEFAULT_ZONE)),
    standing: isSaid ? ('said' as const) : ('waits' as const),
    waitingVersion: isSaid ? (waiting?.version ?? null) : null,
    source: versions.facts(article.id, article.version)?.source ?? ('file' as const),
  })
  const viewOf = ({ row, problems }: Reviewed) => ({ ...row, problems: problems.map(problemView) })

  return [
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/articles',
      summary: 'What is said to customers and staff, and what waits for somebody to approve it',
      query: PageQuery.extend({
        audience: z.enum(AUDIENCES).optional(),
        kind: z.enum(ARTICLE_KINDS).optional(),
        treatment: Treatment.optional(),
        standing: z.enum(['said', 'waits']).optional(),
        overdue: z.enum(['true', 'false']).optional(),
      }),
      response: page(Head),
      async handle({ query: { audience, kind, treatment, standing, overdue, ...paging } }) {
        await versions.refresh()
        const rows = known()
          .map(wholeOf)
          .filter(
            (one) =>
              (audience === undefined || one.audience === audience) &&
              (kind === undefined || one.kind === kind) &&
              (treatment === undefined || one.treatments.includes(treatment)) &&
              (standing === undefined || one.standing === standing) &&
              (overdue === undefined || one.overdue === (overdue === 'true')),
          )
          .map((one) => ({ _id: one.id, ...one }))
        return listing(paging, async ({ after }) => rows.filter(({ id }) => after === null || id > after))
      },
    }),
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/articles/:articleId',
      summary: 'An article as it is said now, word for word',
      params,
      response: Whole,
      errors: ['article_not_found'],
      async handle({ params: { articleId } }) {
        await versions.refresh()
        const one = known().find(({ article }) => article.id === articleId)
        if (!one) throw notFound('article_not_found', { article: articleId })
        return wholeOf(one)
      },
    }),
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/search',
      summary: 'The articles that are about a question, the nearest first, and how near they are',
      query: z.strictObject({
        q: ShortText(200),
        audience: z.enum(AUDIENCES).optional(),
        treatment: Treatment.optional(),
        day: Day.optional(),
      }),
      response: z.object({ items: z.array(Hit) }),
      async handle({ query: { q, audience = 'staff', treatment, day } }) {
        await versions.refresh()
        const hits = library.find(q, audience, { treatments: treatment === undefined ? [] : [treatment], day })
        return {
          items: hits.map(({ item: { article }, confidence }) => ({
            ...wholeOf({ article, isSaid: true, waiting: null }),
            confidence: Math.round(confidence * 100) / 100,
            answers: confidence >= ANSWERED_FROM,
          })),
        }
      },
    }),
    route({
      ...api,
      method: 'post',
      path: '/api/v1/knowledge/articles',
      summary: 'Write a new article; it is said once somebody has approved it',
      body: z.strictObject({ id: ArticleId, by: ShortText(64), article: ArticleDraft }),
      response: OneVersion,
      status: 201,
      errors: ['article_exists', 'record_busy'],
      handle: async ({ body: { id, by, article } }) => viewOf(await publishing.begin(id, article, by)),
    }),
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/articles/:articleId/versions',
      summary: 'What staff wrote and decided of an article, newest first',
      params,
      query: PageQuery,
      response: page(Version),
      errors: ['article_not_found'],
      async handle({ params: { articleId }, query }) {
        await publishing.need(articleId)
        const read = ({ after, limit }: PageRequest) => {
          const before = after === null ? null : Number(after)
          if (before !== null && !Number.isSafeInteger(before)) throw invalid('invalid_request', { reason: 'cursor' })
          return store.page(articleId, before, limit)
        }
        return listing(
          query,
          read,
          (row: VersionFacts) => row,
          ({ version }) => String(version),
        )
      },
    }),
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/articles/:articleId/versions/:version',
      summary: 'One version as it was written, also of an earlier release, and what the checks say of it today',
      params: versionParams,
      response: OneVersion,
      errors: ['article_version_not_found'],
      handle: async ({ params: { articleId, version } }) => viewOf(await publishing.one(articleId, version)),
    }),
    route({
      ...api,
      method: 'post',
      path: '/api/v1/knowledge/articles/:articleId/versions',
      summary: 'Write a further version; the answer names everything that keeps it from being approved',
      params,
      body: z.strictObject({ by: ShortText(64), article: ArticleDraft }),
      response: OneVersion,
      status: 201,
      errors: ['article_not_found', 'record_busy'],
      handle: async ({ params: { articleId }, body: { by, article } }) =>
        viewOf(await publishing.draft(articleId, article, by)),
    }),
    route({
      ...api,
      method: 'post',
      path: '/api/v1/knowledge/articles/:articleId/versions/:version/approve',
      summary: 'From now on this version is said; medical words are approved by a doctor, others by whoever keeps them',
      params: versionParams,
      body: Said,
      response: Version,
      errors: [
        'article_version_not_found',
        'staff_not_found',
        'role_required',
        'article_version_outdated',
        'article_has_problems',
      ],
      handle: ({ params: { articleId, version }, body }) => publishing.approve(articleId, version, body),
    }),
    route({
      ...api,
      method: 'post',
      path: '/api/v1/knowledge/articles/:articleId/retire',
      summary: 'The article is said no more, until a higher version is approved',
      params,
      body: Said,
      response: Version,
      errors: ['article_not_found', 'staff_not_found', 'role_required'],
      handle: ({ params: { articleId }, body }) => publishing.retire(articleId, body),
    }),
  ]
}
