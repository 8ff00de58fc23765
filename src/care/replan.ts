/** Facts that were put right after the planning: the plan follows, what has happened stays, and the difference is kept. */
import type { MessagingService } from '../messaging/index.ts'
import type { DomainEvent } from '../platform/events.ts'
import type { Reason } from '../platform/reasons.ts'
import { passOnTaskId, type TasksService } from '../tasks/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import { type EnrolDeps, lookAround, makePlan, refused, windowFacts } from './enrol.ts'
import { callTaskId, followTaskId } from './fire.ts'
import type { CareStore, PlanChange, StepRow } from './model.ts'
import { callTimes } from './rules.ts'

export interface ReplanDeps extends EnrolDeps {
  messaging: Pick<MessagingService, 'cancel' | 'outboxId'>
  tasks: Pick<TasksService, 'cancel' | 'reopen'>
  treatments: Pick<TreatmentsService, 'kind' | 'getMany'>
}

/** The event that brought the facts. */
type Cause = Pick<DomainEvent, 'id' | 'type'>

const OPEN: readonly StepRow['status'][] = ['planned', 'merged', 'missed_before_entry', 'needs_anchor']

/** What a plan decides of a step; everything else is what has happened to it. */
const PLANNED = [
  'customerId',
  'storeId',
  'pathwayVersion',
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
  'guideDay',
  'neverMoves',
  'dueAt',
] as const satisfies readonly (keyof StepRow)[]

const decided = (row: StepRow) => Object.fromEntries(PLANNED.map((field) => [field, row[field]]))
const sameAs = (a: StepRow, b: StepRow) => JSON.stringify(decided(a)) === JSON.stringify(decided(b))

export interface Diff {
  keep: StepRow[]
  /** As they are, and as they will be. */
  move: { before: StepRow; after: StepRow }[]
  drop: StepRow[]
  add: StepRow[]
}

/** What a new plan means for the steps that are open. Pure. */
export function diffOf(open: readonly StepRow[], fresh: readonly StepRow[]): Diff {
  const before = new Map(open.map((row) => [row._id, row]))
  const after = new Set(fresh.map(({ _id }) => _id))
  const known = fresh.flatMap((row) => {
    const one = before.get(row._id)
    return one ? [{ before: one, after: row }] : []
  })
  return {
    keep: known.filter((pair) => sameAs(pair.before, pair.after)).map((pair) => pair.before),
    move: known.filter((pair) => !sameAs(pair.before, pair.after)),
    drop: open.filter(({ _id, status }) => !after.has(_id) && status !== 'cancelled'),
    add: fresh.filter(({ _id }) => !before.has(_id)),
  }
}

/** The treatment as it is now decides the plan; safe to repeat. A treatment without a plan is left to its enrolment. */
export async function replan(deps: ReplanDeps, treatment: Treatment, cause: Cause): Promise<void> {
  const { clock } = deps
  const seen = new Set<string>()
  for (let next: Treatment[] = [treatment]; next.length > 0; ) {
    const orphans: string[] = []
    for (const one of next) {
      seen.add(one.id)
      orphans.push(...(await replanOne(deps, one, cause, clock.now())))
    }
    // Contacts that took others along have moved: what rode on them is planned again.
    const left = [...new Set(orphans)].filter((id) => !seen.has(id))
    next = [...(await deps.treatments.getMany(left)).values()].filter(({ status }) => status === 'completed')
  }
}

/** Returns the treatments whose steps rode on contacts that are no longer where they were. */
async function replanOne(deps: ReplanDeps, treatment: Treatment, cause: Cause, now: Date): Promise<string[]> {
  const { store } = deps
  const [plan] = await store.plansOf([treatment.id])
  if (plan?.status !== 'active' || treatment.status !== 'completed') return []
  // Somebody else's messages must not go on; what has reached the wrong person stays on record.
  if (plan.customerId !== treatment.customerId)
    await takeBack(deps, await store.stepsOf(treatment.id), 'superseded', now)
  const rows = await store.stepsOf(treatment.id)
  const around = await lookAround(deps, [treatment])
  let hosts = around.hostsOf(treatment, now)
  const isOpen = await openness(store, rows)
  const open = rows.filter(isOpen)
  const existing = {
    settled: new Set(rows.filter((row) => !isOpen(row)).map(({ _id }) => _id)),
    days: new Map(open.filter(({ status }) => status === 'planned').map(({ _id, plannedOn }) => [_id, plannedOn])),
  }
  const enteredAt = now > treatment.enteredAt ? now : treatment.enteredAt
  const make = () => makePlan(deps, around, treatment, { ...existing, hosts }, enteredAt, now)
  let made = make()
  for (let full = await refused(store, made ? [made] : [], now); full.size > 0; ) {
    hosts = hosts.filter(({ id }) => !full.has(id))
    made = make()
    full = await refused(store, made ? [made] : [], now)
  }
  if (!made) return []
  const diff = diffOf(open, made.rows)
  const change: PlanChange = {
    id: cause.id,
    at: now,
    cause: cause.type,
    moved: diff.move.map(({ before }) => before._id),
    dropped: diff.drop.map(({ _id }) => _id),
    added: diff.add.map(({ _id }) => _id),
  }
  // Kept before it is done: a repeat after a crash finds only the rest of the difference.
  if (change.moved.length + change.dropped.length + change.added.length > 0)
    await store.recordChange(treatment.id, change)
  await store.change([
    ...diff.move.map(({ before, after }) => ({
      id: before._id,
      from: [...OPEN, 'cancelled' as const],
      set: { ...decided(after), reason: after.reason, doneAt: null, carries: [], ...(taskAfter(before, after) ?? {}) },
    })),
    ...diff.drop.map(({ _id }) => ({ id: _id, from: OPEN, set: { ...cancelled('superseded', now), carries: [] } })),
  ])
  await store.insertSteps(diff.add)
  await moveTasks(deps, diff, around.stores.get(treatment.storeId))
  const { _id, createdAt, changes, ...facts } = made.plan
  await store.changePlan(treatment.id, facts)
  return [...diff.move.map(({ before }) => before), ...diff.drop].flatMap(({ carries }) =>
    carries.map(({ treatmentId }) => treatmentId),
  )
}

/** Which steps have not happened: a merged one shares what becomes of its host, unless that is taken away. */
async function openness(store: CareStore, rows: readonly StepRow[]): Promise<(row: StepRow) => boolean> {
  const own = new Set(rows.map(({ _id }) => _id))
  const foreign = rows.flatMap(({ mergedInto }) => (mergedInto && !own.has(mergedInto) ? [mergedInto] : []))
  const hosts = new Map([...rows, ...(await store.steps(foreign))].map(({ _id, status }) => [_id, status]))
  return ({ status, reason, mergedInto }) => {
    if (status !== 'merged') return OPEN.includes(status) || (status === 'cancelled' && reason === 'superseded')
    const host = hosts.get(mergedInto ?? '')
    return host === undefined || host === 'planned' || host === 'cancelled'
  }
}

const cancelled = (reason: Reason, now: Date) => ({ status: 'cancelled', reason, dueAt: null, doneAt: now })

/** A card of the morning that is withdrawn can't come again under its number. */
const taskAfter = (before: StepRow, after: StepRow) =>
  before.taskId !== null && !(after.status === 'planned' && after.action === 'call')
    ? { taskId: null, occurrence: before.occurrence + 1 }
    : null

/** Cards that were laid out this morning follow the new hour, or are withdrawn. */
async function moveTasks(
  { tasks }: ReplanDeps,
  { move, drop }: Diff,
  place: Parameters<typeof windowFacts>[0] | undefined,
) {
  const ended = drop.flatMap(({ taskId }) => taskId ?? [])
  for (const { before, after } of move) {
    if (before.taskId === null) continue
    if (taskAfter(before, after) || !place || !after.dueAt) ended.push(before.taskId)
    else {
      const { openAt, overdueAt } = callTimes(after.dueAt, windowFacts(place))
      await tasks.reopen(before.taskId, { openAt, dueAt: overdueAt })
    }
  }
  if (ended.length > 0) await tasks.cancel(ended, 'superseded')
}

/** Everything of the treatment that has not happened yet doesn't happen; safe to repeat. */
export async function cancelPlan(deps: ReplanDeps, treatmentId: string, cause: Cause, now: Date): Promise<void> {
  const { store, treatments } = deps
  const rows = await store.stepsOf(treatmentId)
  await takeBack(deps, rows, 'treatment_cancelled', now)
  await store.cancelPlan(treatmentId)
  const orphans = new Set(rows.flatMap(({ carries }) => carries.map((one) => one.treatmentId)))
  for (const treatment of (await treatments.getMany([...orphans])).values()) await replan(deps, treatment, cause)
}

/** Cancels what is planned, waits in the outbox, or lies as a card with staff. What has been sent stays as it is. */
async function takeBack(deps: ReplanDeps, rows: readonly StepRow[], reason: Reason, now: Date): Promise<void> {
  const { store, messaging, tasks } = deps
  const outboxId = ({ _id, occurrence }: StepRow, audience: string) => messaging.outboxId(_id, occurrence, audience)
  const waiting = rows.filter(({ status }) => status === 'enqueued')
  const calling = rows.filter(({ status }) => status === 'calling')
  const unsent = new Set(
    await messaging.cancel(
      [
        ...waiting.map((row) => outboxId(row, 'customer')),
        ...rows.flatMap((row) =>
          row.action === 'call' ? [outboxId(row, 'customer:prelude'), outboxId(row, 'customer:missed')] : [],
        ),
      ],
      reason,
    ),
  )
  await tasks.cancel(
    rows.flatMap((row) => [
      ...(row.taskId !== null || row.status === 'calling' ? [callTaskId(row._id, row.occurrence)] : []),
      ...(row.status === 'unreachable' ? [followTaskId(row._id, 1), followTaskId(row._id, 2)] : []),
      // "Please pass this on": no longer.
      ...(row.status === 'delegated' ? [passOnTaskId(outboxId(row, 'customer'))] : []),
    ]),
    reason,
  )
  const back = [
    ...rows.filter(({ status }) => OPEN.includes(status)),
    ...waiting.filter((row) => unsent.has(outboxId(row, 'customer'))),
    ...calling,
  ]
  await store.change(
    back.map((row) => ({
      id: row._id,
      from: [row.status],
      set: {
        ...cancelled(reason, now),
        ...(row.taskId !== null || !OPEN.includes(row.status) ? { taskId: null, occurrence: row.occurrence + 1 } : {}),
        // Whoever is firing it in this moment writes nothing over this.
        'claim.token': '',
      },
    })),
  )
}
