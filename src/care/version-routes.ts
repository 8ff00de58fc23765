/** Pathways by version for whoever edits them: which one runs, drafts with what is wrong, and how one comes into force. */
import { z } from 'zod'
import { EPOCH } from '../platform/clock.ts'
import { invalid } from '../platform/errors.ts'
import { route } from '../platform/http.ts'
import { Instant, listing, NoteText, PageQuery, type PageRequest, page, ShortText } from '../platform/views.ts'
import { PathwayFile } from './pathway.ts'
import { type Publishing, problemView, type Reviewed } from './publishing.ts'
import type { PathwayVersions } from './versions.ts'
import type { VersionFacts, VersionStore } from './versions-model.ts'

export const PathwayId = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, 'must be a name of a pathway')
const VersionParam = z
  .string()
  .regex(/^[1-9]\d{0,4}$/, 'must be a version')
  .transform(Number)

const Version = z.object({
  pathway: z.string(),
  version: z.number(),
  status: z.enum(['draft', 'published']),
  /** `file`: it came with the configuration. */
  source: z.enum(['file', 'draft']),
  createdAt: Instant,
  createdBy: z.string().nullable(),
  /** Since when it is, or was, in force; null of a draft, and of what was there before versions were kept. */
  publishedAt: Instant.nullable(),
  publishedBy: z.string().nullable(),
  reason: z.string().nullable(),
})
const Problem = z.object({ code: z.string(), pathway: z.string(), path: z.string(), message: z.string() })
const Body = PathwayFile.omit({ version: true })
const OneVersion = Version.extend({
  body: z.record(z.string(), z.unknown()),
  /** What keeps a draft from being published: all at once. */
  problems: z.array(Problem),
})
const Running = z.object({
  id: z.string(),
  name: z.string(),
  /** New plans begin with it. */
  version: z.number(),
  source: z.enum(['file', 'draft']),
  publishedAt: Instant.nullable(),
  publishedBy: z.string().nullable(),
  /** The number that the file has; null without a file. A lower one doesn't run. */
  fileVersion: z.number().nullable(),
})

const since = (at: Date | null): Date | null => (at && at > EPOCH ? at : null)
const viewOf = <T extends VersionFacts>(row: T) => ({ ...row, publishedAt: since(row.publishedAt) })
const reviewedOf = ({ row, problems }: Reviewed) => ({ ...viewOf(row), problems: problems.map(problemView) })

export interface VersionRouteDeps {
  store: VersionStore
  versions: PathwayVersions
  publishing: Publishing
}

export const versionRoutes = ({ store, versions, publishing }: VersionRouteDeps) => [
  route({
    method: 'get',
    path: '/api/v1/pathways',
    summary: 'The pathways with which new plans begin, and where each comes from',
    tag: 'pathways',
    auth: 'integration',
    query: PageQuery,
    response: page(Running),
    async handle({ query }) {
      await versions.refresh()
      const rows = versions.current().map(({ id, name, version }) => {
        const { source = 'file' as const, publishedAt = null, publishedBy = null } = versions.facts(id, version) ?? {}
        const fileVersion = versions.fileVersion(id)
        return { _id: id, id, name, version, source, publishedAt: since(publishedAt), publishedBy, fileVersion }
      })
      return listing(query, async ({ after }) => rows.filter(({ id }) => after === null || id > after))
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/pathways/:pathwayId/versions',
    summary: 'Every version of a pathway, drafts among them, newest first',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId }),
    query: PageQuery.extend({ status: z.enum(['draft', 'published']).optional() }),
    response: page(Version),
    errors: ['pathway_not_found'],
    async handle({ params: { pathwayId }, query: { status, ...paging } }) {
      await publishing.need(pathwayId)
      const read = ({ after, limit }: PageRequest) => {
        const before = after === null ? null : Number(after)
        if (before !== null && !Number.isSafeInteger(before)) throw invalid('invalid_request', { reason: 'cursor' })
        return store.page(pathwayId, status ?? null, before, limit)
      }
      return listing(paging, read, viewOf, ({ version }) => String(version))
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/pathways/:pathwayId/versions/:version',
    summary: 'One version of a pathway as it is written, and what the checks say of it today',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId, version: VersionParam }),
    response: OneVersion,
    errors: ['pathway_version_not_found'],
    handle: async ({ params: { pathwayId, version } }) => reviewedOf(await publishing.one(pathwayId, version)),
  }),
  route({
    method: 'post',
    path: '/api/v1/pathways/:pathwayId/drafts',
    summary:
      'Keep a draft under the next version number; the answer names everything that keeps it from being published',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId }),
    body: z.strictObject({ by: ShortText(64), pathway: Body }),
    response: OneVersion,
    status: 201,
    errors: ['pathway_not_found', 'record_busy'],
    handle: async ({ params: { pathwayId }, body: { by, pathway } }) =>
      reviewedOf(await publishing.draft(pathwayId, pathway, by)),
  }),
  route({
    method: 'post',
    path: '/api/v1/pathways',
    summary: 'Keep the first draft of a new pathway',
    tag: 'pathways',
    auth: 'integration',
    body: z.strictObject({ id: PathwayId, by: ShortText(64), pathway: Body }),
    response: OneVersion,
    status: 201,
    errors: ['pathway_exists', 'record_busy'],
    handle: async ({ body: { id, by, pathway } }) => reviewedOf(await publishing.begin(id, pathway, by)),
  }),
  route({
    method: 'post',
    path: '/api/v1/pathways/:pathwayId/drafts/:version/publish',
    summary: 'From now on new plans begin with this draft; running plans keep the version they began with',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId, version: VersionParam }),
    body: z.strictObject({ by: ShortText(64), reason: NoteText(500) }),
    response: Version,
    errors: ['pathway_version_not_found', 'pathway_version_outdated', 'pathway_has_problems'],
    handle: async ({ params: { pathwayId, version }, body }) =>
      viewOf(await publishing.publish(pathwayId, version, body)),
  }),
]
