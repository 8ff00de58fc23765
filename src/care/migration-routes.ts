/** Migrations of running plans for whoever edits pathways: what would change, plan by plan; doing it; how far it is. */
import { z } from 'zod'
import { notFound } from '../platform/errors.ts'
import { route } from '../platform/http.ts'
import { Id, Instant, listing, NoteText, PageQuery, page, pageOf, pageRequest, ShortText } from '../platform/views.ts'
import type { Migrations } from './migrate.ts'
import type { MigrationRow, MigrationStore } from './migrations-model.ts'
import { PathwayId } from './version-routes.ts'
import { Foreseen } from './views.ts'

const VersionNumber = z.int().min(1).max(99_999)
const Wanted = z.strictObject({ from: VersionNumber, to: VersionNumber })
/** Each plan of a page is planned anew to say what would become of it. */
const MOST = 50

const PlanDiff = z.object({
  treatmentId: z.string(),
  customerId: z.string(),
  storeId: z.string(),
  code: z.string(),
  treatedOn: z.string(),
  /** Nothing is left to do in it: it stays on the old version. */
  finished: z.boolean(),
  /** Why it can't be planned: it would be a failure of the migration, and stay on the old version. */
  problem: z.string().nullable(),
  /** Step ids: as they are, though under the new version's number. */
  kept: z.array(z.string()),
  /** `moved`: in other words, by somebody else, or on another day. */
  ...Foreseen.shape,
})
const Counts = z.object({
  finished: z.number(),
  kept: z.number(),
  moved: z.number(),
  dropped: z.number(),
  added: z.number(),
  asked: z.number(),
})
const Migration = z.object({
  id: z.string(),
  pathway: z.string(),
  from: z.number(),
  to: z.number(),
  status: z.enum(['running', 'done']),
  /** How often it was asked for. */
  run: z.number(),
  /** The migration that it takes back: only plans that were moved by that. */
  undoes: z.string().nullable(),
  /** Plans on the old version when it was asked for last. */
  plans: z.number(),
  migrated: z.number(),
  /** Looked at and left alone, because nothing is left to do. */
  finished: z.number(),
  failed: z.number(),
  /** The first hundred. */
  failures: z.array(z.object({ planId: z.string(), code: z.string() })),
  by: z.string(),
  reason: z.string(),
  requestedAt: Instant,
  finishedAt: Instant.nullable(),
})
const viewOf = (row: MigrationRow) => ({ ...row, undoes: row.undoes ?? null, id: row._id })
const NOTHING = { kept: [], moved: [], dropped: [], added: [], moves: [], asked: [] }

export interface MigrationRouteDeps {
  store: MigrationStore
  migrations: Migrations
}

export const migrationRoutes = ({ store, migrations }: MigrationRouteDeps) => [
  route({
    method: 'post',
    path: '/api/v1/pathways/:pathwayId/migrations/preview',
    summary: 'What running plans would become on another version, plan by plan: nothing is changed by asking',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId }),
    query: PageQuery,
    body: Wanted,
    response: page(PlanDiff).extend({
      /** Plans on the old version, of all pages. */
      plans: z.number(),
      /** Sums of this page. */
      counts: Counts,
    }),
    errors: ['pathway_version_not_found', 'pathway_same_version'],
    async handle({ params: { pathwayId }, query, body }) {
      const { limit, after } = pageRequest(query)
      const most = Math.min(limit, MOST)
      const { plans, rows } = await migrations.preview({ pathway: pathwayId, ...body }, after, most)
      const { items: found, nextCursor } = pageOf(rows, most)
      const items = found.map(({ plan, change, problem }) => ({
        ...plan,
        treatmentId: plan._id,
        finished: change === null && problem === null,
        problem,
        ...(change ?? NOTHING),
      }))
      const sum = (field: 'kept' | 'moved' | 'dropped' | 'added' | 'asked') =>
        items.reduce((count, one) => count + one[field].length, 0)
      const counts = {
        finished: items.filter(({ finished }) => finished).length,
        kept: sum('kept'),
        moved: sum('moved'),
        dropped: sum('dropped'),
        added: sum('added'),
        asked: sum('asked'),
      }
      return { plans, counts, items, nextCursor }
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/pathways/:pathwayId/migrations',
    summary: 'Let running plans follow another version, in the background; again after its end, it tries what is left',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId }),
    body: Wanted.extend({ by: ShortText(64), reason: NoteText(500) }),
    response: Migration,
    status: 202,
    errors: ['pathway_version_not_found', 'pathway_same_version', 'record_busy'],
    async handle({ params: { pathwayId }, body: { from, to, ...decision } }) {
      const row = await migrations.begin({ pathway: pathwayId, from, to }, decision)
      return viewOf(row)
    },
  }),
  route({
    method: 'post',
    path: '/api/v1/pathways/:pathwayId/migrations/:migrationId/undo',
    summary:
      'Take a migration back as one, in the background: the plans that it has moved, and no others, follow the earlier version again',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId, migrationId: Id }),
    body: z.strictObject({ by: ShortText(64), reason: NoteText(500) }),
    response: Migration,
    status: 202,
    errors: ['migration_not_found', 'pathway_version_not_found', 'record_busy'],
    async handle({ params: { pathwayId, migrationId }, body }) {
      const row = await migrations.undo(migrationId, pathwayId, body)
      return viewOf(row)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/pathways/:pathwayId/migrations',
    summary: 'Migrations of a pathway, and how far each is',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId }),
    query: PageQuery,
    response: page(Migration),
    errors: ['pathway_not_found'],
    async handle({ params: { pathwayId }, query }) {
      await migrations.needPathway(pathwayId)
      return listing(query, ({ after, limit }) => store.page(pathwayId, after, limit), viewOf)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/pathways/:pathwayId/migrations/:migrationId',
    summary: 'How far a migration is, and which plans could not follow',
    tag: 'pathways',
    auth: 'integration',
    params: z.strictObject({ pathwayId: PathwayId, migrationId: Id }),
    response: Migration,
    errors: ['migration_not_found'],
    async handle({ params: { pathwayId, migrationId } }) {
      const row = await store.migration(migrationId)
      if (row?.pathway !== pathwayId) throw notFound('migration_not_found', { migrationId })
      return viewOf(row)
    },
  }),
]
