/** Migrations of running plans at rest: what was wanted, how far it is. */
import type { Connection } from 'mongoose'
import { collectionOf, isDuplicate, ONE_PAGE } from '../platform/db.ts'
import type { PlanRow } from './model.ts'

export interface MigrationCounts {
  /** Plans that follow the new version now. */
  migrated: number
  /** Plans with nothing left to do: they stay as they are. */
  finished: number
  /** Plans that could not be planned: a further request tries them again. */
  failed: number
}

export interface MigrationRow extends MigrationCounts {
  /** `<pathway>:<from>:<to>`: one of each, run as often as it is asked for. */
  _id: string
  pathway: string
  from: number
  to: number
  run: number
  status: 'running' | 'done'
  /** The last plan that was looked at; null before the first. */
  cursor: string | null
  /** Plans on the old version when the run was asked for. */
  plans: number
  /** The first of those that failed. */
  failures: { planId: string; code: string }[]
  by: string
  reason: string
  requestedAt: Date
  finishedAt: Date | null
}

export const migrationId = (pathway: string, from: number, to: number): string => `${pathway}:${from}:${to}`
const KEPT_FAILURES = 100

export type MigrationStore = ReturnType<typeof createMigrationStore>

export function createMigrationStore(db: Connection) {
  const migrations = collectionOf<MigrationRow>(db, 'pathway_migrations')
  const plans = collectionOf<PlanRow>(db, 'care_plans')
  // Asked for by people a few times a year: an index would cost every plan that starts.
  const pinning = (id: string, version: number) => ({
    status: 'active' as const,
    pathways: { $elemMatch: { id, version } },
  })
  return {
    migration: (_id: string) => migrations.findOne({ _id }),
    /** False where there is one already. */
    insert: async (row: MigrationRow): Promise<boolean> => !(await isDuplicate(migrations.insertOne(row))),
    /** Runs it once more; only one of two that ask for the same run does. */
    again: async ({ _id, run }: Pick<MigrationRow, '_id' | 'run'>, set: Partial<MigrationRow>): Promise<void> => {
      await migrations.updateOne({ _id, run, status: 'done' }, { $set: { ...set, run: run + 1, status: 'running' } })
    },
    /** Writes a batch down, once: the cursor must still be where the batch began. */
    async advance(
      { _id, run, cursor }: Pick<MigrationRow, '_id' | 'run' | 'cursor'>,
      to: { cursor: string | null; finishedAt: Date | null; failures: MigrationRow['failures'] } & MigrationCounts,
    ): Promise<void> {
      const { migrated, finished, failed, failures, finishedAt } = to
      await migrations.updateOne(
        { _id, run, cursor, status: 'running' },
        {
          $set: { cursor: to.cursor, finishedAt, status: finishedAt ? ('done' as const) : ('running' as const) },
          $inc: { migrated, finished, failed },
          ...(failures.length > 0 ? { $push: { failures: { $each: failures, $slice: KEPT_FAILURES } } } : {}),
        },
      )
    },
    page: (pathway: string, after: string | null, limit: number) =>
      migrations
        .find({ pathway, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    /** Running plans on a version, by id. */
    pinningPage: (pathway: string, version: number, after: string | null, limit: number) =>
      plans
        .find({ ...(after === null ? {} : { _id: { $gt: after } }), ...pinning(pathway, version) }, ONE_PAGE)
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    countPinning: (pathway: string, version: number) => plans.countDocuments(pinning(pathway, version)),
  }
}
