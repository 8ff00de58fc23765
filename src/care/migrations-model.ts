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

/** What became of the plans of one store. */
export interface StoreCounts {
  plans: number
  moved: number
  dropped: number
  added: number
  /** Of these, what was due within a day, or had its card out. */
  soon: number
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
  /** By store: what the supervisors are told at the end. */
  stores?: Record<string, StoreCounts>
  /** Only plans that this migration has moved: it is taken back. */
  undoes?: string | null
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
  const pinning = (id: string, version: number, causes: readonly string[] | null) => ({
    status: 'active' as const,
    pathways: { $elemMatch: { id, version } },
    ...(causes === null ? {} : { 'changes.id': { $in: [...causes] } }),
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
      to: Pick<MigrationRow, 'cursor' | 'finishedAt' | 'failures' | 'stores'> & MigrationCounts,
    ): Promise<void> {
      const { migrated, finished, failed, failures, finishedAt, stores = {} } = to
      await migrations.updateOne(
        { _id, run, cursor, status: 'running' },
        {
          $set: {
            cursor: to.cursor,
            stores,
            finishedAt,
            status: finishedAt ? ('done' as const) : ('running' as const),
          },
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
    /** Running plans on a version, by id; `causes`: only those with one of these in their history. */
    pinningPage: (
      pathway: string,
      version: number,
      after: string | null,
      limit: number,
      causes: readonly string[] | null = null,
    ) =>
      plans
        .find({ ...(after === null ? {} : { _id: { $gt: after } }), ...pinning(pathway, version, causes) }, ONE_PAGE)
        .sort({ _id: 1 })
        .limit(limit)
        .toArray(),
    countPinning: (pathway: string, version: number, causes: readonly string[] | null = null) =>
      plans.countDocuments(pinning(pathway, version, causes)),
  }
}
