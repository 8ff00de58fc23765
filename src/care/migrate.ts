/**
 * Running plans follow another version of a pathway, because somebody asked for it: seen beforehand plan by plan, then done
 * in batches that may be interrupted anywhere and repeated. What has happened stays; a plan with nothing left to do is left alone.
 */
import { AppError, conflict, notFound } from '../platform/errors.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import type { PlanChange } from './changes.ts'
import type { Diff } from './diff.ts'
import {
  type MigrationCounts,
  type MigrationRow,
  type MigrationStore,
  migrationId,
  type StoreCounts,
} from './migrations-model.ts'
import type { PlanRow, StepRow } from './model.ts'
import { foresee } from './reconsider.ts'
import { type ReplanDeps, replan } from './replan.ts'
import { largeMoves, migrationNote } from './told.ts'
import type { PathwayVersions, Pin } from './versions.ts'

export interface MigrateDeps extends ReplanDeps {
  events: Pick<Events, 'publish'>
  versions: PathwayVersions
  nudge: (table: string) => void
}

export interface Wanted {
  pathway: string
  from: number
  to: number
}

/** What a migration means for one plan, by step ids; `null`: nothing is left to do in it, or `problem` says why it can't follow. */
export interface Foreseen {
  plan: PlanRow
  problem: string | null
  change: (Pick<PlanChange, 'moved' | 'dropped' | 'added' | 'moves' | 'asked'> & { kept: string[] }) | null
  /** How many of these are due within a day, or have their card out. */
  soon: number
}

/** Published together with the progress: the id names the batch, so a repeat is the same event. */
export const MIGRATION_EVENT = 'pathway.migration_wanted'
const BATCH = 50
const OPEN: readonly StepRow['status'][] = ['planned', 'needs_anchor', 'merged']

/** What a person would see of a step. */
const SHOWN = [
  'action',
  'ownerRole',
  'templateKey',
  'windowFrom',
  'windowTo',
  'plannedOn',
  'status',
  'mergedInto',
  'script',
  'asksMonth',
  'surveys',
  'guideDay',
  'safety',
  'dueAt',
] as const satisfies readonly (keyof StepRow)[]

/** Without what only carries another number. */
function summaryOf({ keep, move, drop, add, ask }: Diff) {
  const shown = (row: StepRow) => JSON.stringify(SHOWN.map((field) => row[field] ?? null))
  const isMoved = ({ before, after }: Diff['move'][number]) => shown(before) !== shown(after)
  const moved = move.filter(isMoved)
  return {
    kept: [...keep, ...move.filter((pair) => !isMoved(pair)).map(({ before }) => before)].map(({ _id }) => _id).sort(),
    moved: moved.map(({ before }) => before._id),
    dropped: drop.map(({ _id }) => _id),
    added: add.map(({ _id }) => _id),
    moves: moved.map(({ before, after }) => ({
      id: before._id,
      from: before.plannedOn,
      to: after.plannedOn,
      reason: after.shift ?? after.reason,
    })),
    asked: ask,
  }
}
interface Asker {
  by: string
  reason: string
}

const causeOf = (id: string, run: number): string => `migration:${id}:${run}`
/** What plans that it has moved have in their history. */
const causesOf = ({ _id, run }: MigrationRow): string[] => Array.from({ length: run }, (_, i) => causeOf(_id, i + 1))

const NOBODY: StoreCounts = { plans: 0, moved: 0, dropped: 0, added: 0, soon: 0 }
const withPlan = (counts = NOBODY, { change, soon }: Foreseen): StoreCounts => ({
  plans: counts.plans + 1,
  moved: counts.moved + (change?.moved.length ?? 0),
  dropped: counts.dropped + (change?.dropped.length ?? 0),
  added: counts.added + (change?.added.length ?? 0),
  soon: counts.soon + soon,
})

export function createMigrations(deps: MigrateDeps, migrations: MigrationStore) {
  const { store, versions, subjects, clock, events, log, nudge } = deps
  const pinOf = ({ pathway, to }: Wanted): Pin => ({ id: pathway, version: to })

  /** @throws AppError not_found/pathway_version_not_found, conflict/pathway_same_version */
  async function need({ pathway, from, to }: Wanted): Promise<void> {
    await versions.refresh({ now: true })
    if (versions.facts(pathway, to) === null) throw notFound('pathway_version_not_found', { pathway, to })
    if (from === to) throw conflict('pathway_same_version', { pathway, from })
  }

  /** Whether anything in it is still to come. */
  async function isRunning({ _id }: PlanRow): Promise<boolean> {
    const now = clock.now()
    const rows = await store.stepsOf(_id)
    return rows.some(
      ({ status, windowTo }) => OPEN.includes(status) && (status === 'planned' || windowTo === null || windowTo > now),
    )
  }

  async function foreseeOne(plan: PlanRow, wanted: Wanted): Promise<Foreseen> {
    if (!(await isRunning(plan))) return { plan, change: null, problem: null, soon: 0 }
    const subject = (await subjects([plan._id])).get(plan._id)
    const diff = subject ? await foresee(deps, subject, pinOf(wanted)) : null
    // Its store, code or record is unknown: no plan can be made of it.
    if (!diff) throw new AppError('internal', 'internal', { planId: plan._id })
    return { plan, change: summaryOf(diff), problem: null, soon: largeMoves(diff, clock.now()).length }
  }

  /** Null where nothing is left to do. */
  async function migrateOne(plan: PlanRow, wanted: Wanted, run: number): Promise<Foreseen | null> {
    const foreseen = await foreseeOne(plan, wanted)
    const { change } = foreseen
    const subject = (await subjects([plan._id])).get(plan._id)
    if (!change || !subject) return null
    const cause = { id: causeOf(migrationId(wanted.pathway, wanted.from, wanted.to), run), type: 'migrated' }
    const { kept: _, ...facts } = change
    // Kept before it is done, and with its number: a repeat after a crash finds only the rest of the difference.
    await store.recordChange(plan._id, {
      ...facts,
      id: cause.id,
      cause: cause.type,
      at: clock.now(),
      versions: [{ pathway: wanted.pathway, from: wanted.from, to: wanted.to }],
    })
    await replan(deps, subject, { ...cause, instead: { planId: plan._id, pin: pinOf(wanted) } })
    return foreseen
  }

  /** One note for each store: nobody reads one per plan. */
  async function tell(row: MigrationRow, stores: Record<string, StoreCounts>, now: Date): Promise<void> {
    const name = versions.all().find(({ id }) => id === row.pathway)?.name ?? row.pathway
    await deps.tasks.tell(
      Object.entries(stores)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([storeId, counts]) => ({
          key: `migration:${row._id}:${row.run}:${storeId}`,
          storeId,
          role: 'cs_supervisor' as const,
          said: { text: migrationNote(name, row, counts) },
          at: now,
        })),
    )
  }

  const batchOf = ({ _id: id, run, cursor: after }: Pick<MigrationRow, '_id' | 'run' | 'cursor'>): DomainEvent => ({
    id: `${MIGRATION_EVENT}:${id}:${run}:${after ?? ''}`,
    type: MIGRATION_EVENT,
    occurredAt: clock.now(),
    data: { id, run, after },
  })

  return {
    /** @throws AppError not_found/pathway_not_found */
    async needPathway(id: string): Promise<void> {
      await versions.refresh()
      if (!versions.all().some((one) => one.id === id)) throw notFound('pathway_not_found', { pathway: id })
    },

    /** A page of plans and what would become of each; nothing is changed by asking. */
    async preview(wanted: Wanted, after: string | null, limit: number) {
      await need(wanted)
      const [plans, found] = await Promise.all([
        migrations.countPinning(wanted.pathway, wanted.from),
        migrations.pinningPage(wanted.pathway, wanted.from, after, limit + 1),
      ])
      const rows: (Foreseen & { _id: string })[] = []
      for (const plan of found.slice(0, limit)) {
        // One that can't be planned must not hide what becomes of the others.
        const one = await foreseeOne(plan, wanted).catch((error): Foreseen => {
          if (error instanceof AppError) return { plan, change: null, problem: error.code, soon: 0 }
          throw error
        })
        rows.push({ ...one, _id: plan._id })
      }
      // One more tells only that there is more.
      const more = found.slice(limit).map((plan) => ({ plan, change: null, problem: null, soon: 0, _id: plan._id }))
      return { plans, rows: [...rows, ...more] }
    },

    /** Begins it, or begins it once more where it has ended; while it runs this changes nothing. */
    async begin(wanted: Wanted, { by, reason }: Asker, undoes: MigrationRow | null = null): Promise<MigrationRow> {
      await need(wanted)
      const { pathway, from, to } = wanted
      const _id = migrationId(pathway, from, to)
      const plans = await migrations.countPinning(pathway, from, undoes && causesOf(undoes))
      const begun = { requestedAt: clock.now(), finishedAt: null, cursor: null, failures: [], stores: {} }
      const fresh = { by, reason, plans, ...begun, undoes: undoes?._id ?? null }
      const none = { migrated: 0, finished: 0, failed: 0 }
      const inserted = await migrations.insert({ _id, ...wanted, ...fresh, ...none, run: 1, status: 'running' })
      const known = inserted ? null : await migrations.migration(_id)
      if (known?.status === 'done') await migrations.again(known, { ...fresh, ...none })
      const row = await migrations.migration(_id)
      if (!row) throw new AppError('internal', 'internal', { migration: _id })
      if (row.status === 'running' && (row.undoes ?? null) !== fresh.undoes)
        throw conflict('record_busy', { migration: _id })
      // Also where it runs: whoever died between the row and its event is helped by the next one who asks.
      if (row.status === 'running') await events.publish(batchOf(row))
      return row
    },

    /**
     * Takes a migration back as one: the plans that it has moved, and no others, follow the earlier version again. What has
     * happened meanwhile stays. @throws AppError not_found/migration_not_found, conflict/record_busy
     */
    async undo(id: string, pathway: string, asker: Asker): Promise<MigrationRow> {
      const done = await migrations.migration(id)
      if (done?.pathway !== pathway) throw notFound('migration_not_found', { migrationId: id })
      if (done.status === 'running') throw conflict('record_busy', { migration: id })
      return this.begin({ pathway, from: done.to, to: done.from }, asker, done)
    },

    /** One batch, then the event of the next. Safe to repeat. */
    async onWanted({ data }: DomainEvent): Promise<void> {
      const { id, run, after } = data as { id: string; run: number; after: string | null }
      const row = await migrations.migration(id)
      if (!row || row.run !== run || row.status === 'done') return
      if (row.cursor !== after) {
        await events.publish(batchOf(row))
        return
      }
      await versions.refresh({ now: versions.facts(row.pathway, row.to) === null })
      const undone = row.undoes ? await migrations.migration(row.undoes) : null
      const plans = await migrations.pinningPage(row.pathway, row.from, after, BATCH, undone && causesOf(undone))
      const counts: MigrationCounts = { migrated: 0, finished: 0, failed: 0 }
      const failures: MigrationRow['failures'] = []
      const stores = { ...row.stores }
      for (const plan of plans) {
        try {
          const done = await migrateOne(plan, row, run)
          counts[done ? 'migrated' : 'finished'] += 1
          if (done) stores[plan.storeId] = withPlan(stores[plan.storeId], done)
        } catch (error) {
          // One that can't be planned must not keep the others; it stays on its version, and the answer names it.
          log.warn({ err: error, planId: plan._id, migration: id }, 'plan not migrated')
          counts.failed += 1
          failures.push({ planId: plan._id, code: error instanceof AppError ? error.code : 'internal' })
        }
      }
      const cursor = plans.at(-1)?._id ?? after
      const isLast = plans.length < BATCH
      // Told before it is done: a repeat after a crash tells nobody twice.
      if (isLast) await tell(row, stores, clock.now())
      await migrations.advance(row, { ...counts, failures, stores, cursor, finishedAt: isLast ? clock.now() : null })
      nudge('care_steps')
      if (!isLast) await events.publish(batchOf({ ...row, cursor }))
    },
  }
}
export type Migrations = ReturnType<typeof createMigrations>
