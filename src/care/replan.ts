/** Facts that were put right after the planning: the plan follows, what has happened stays, and the difference is kept. */
import type { MessagingService } from '../messaging/index.ts'
import type { DomainEvent } from '../platform/events.ts'
import type { Reason } from '../platform/reasons.ts'
import type { TasksService } from '../tasks/index.ts'
import { hangingOn, lookAround, movesOthers } from './around.ts'
import { askForDays, daysWanted, dayTaskIds, timesLost } from './days-wanted.ts'
import { changeOf, type Diff, decided, diffOf, OPEN, openness } from './diff.ts'
import { type EnrolDeps, makePlan, refused } from './enrol.ts'
import type { PlanRow, StepRow } from './model.ts'
import type { Host } from './planner.ts'
import { windowFacts } from './rows.ts'
import { callTimes } from './rules.ts'
import type { Subject } from './subjects.ts'
import { cancelled, takeBack } from './take-back.ts'
import type { Anchor } from './types.ts'
import type { PathwayVersions, Pin } from './versions.ts'

export interface ReplanDeps extends EnrolDeps {
  messaging: Pick<MessagingService, 'cancel' | 'outboxId'>
  tasks: Pick<TasksService, 'open' | 'cancel' | 'reopen'>
  /** What plans are about, by id. */
  subjects(ids: readonly string[]): Promise<Map<string, Subject>>
  versions: Pick<PathwayVersions, 'of' | 'all'>
}

/** The event that brought the facts. */
export type Cause = Pick<DomainEvent, 'id' | 'type'>

/** The treatment as it is now decides the plan; safe to repeat. A treatment without a plan is left to its enrolment. */
export async function replan(deps: ReplanDeps, treatment: Subject, cause: Cause): Promise<void> {
  const { clock } = deps
  const seen = new Set<string>()
  for (let next: Subject[] = [treatment]; next.length > 0; ) {
    const orphans: string[] = []
    for (const one of next) {
      seen.add(one.id)
      orphans.push(...(await replanOne(deps, one, cause, clock.now())))
    }
    // Contacts that took others along have moved: what rode on them is planned again.
    const left = [...new Set(orphans)].filter((id) => !seen.has(id))
    next = [...(await deps.subjects(left)).values()].filter(({ status }) => status === 'completed')
  }
}

/** The open steps of a plan, and how to plan them anew: by the versions that the plan began with. */
async function reconsider(all: ReplanDeps, plan: PlanRow, treatment: Subject, now: Date, instead?: Pin) {
  const deps = { ...all, pathways: await all.versions.of(plan, instead) }
  const rows = await deps.store.stepsOf(treatment.id)
  const around = await lookAround(deps, [treatment])
  const foreign = rows.flatMap(({ mergedInto }) => mergedInto ?? [])
  const isOpen = openness(rows, await deps.store.steps(foreign))
  const open = rows.filter(isOpen)
  const settled = new Set(rows.filter((row) => !isOpen(row)).map(({ _id }) => _id))
  const days = new Map(
    open.flatMap(({ _id, status, plannedOn }) =>
      status === 'planned' && plannedOn ? [[_id, plannedOn] as const] : [],
    ),
  )
  const enteredAt = now > treatment.enteredAt ? now : treatment.enteredAt
  const make = (hosts: readonly Host[]) => makePlan(deps, around, treatment, { settled, days, hosts }, enteredAt, now)
  return { open, around, hosts: around.hostsOf(treatment, now), make }
}

/**
 * What would become of a plan if these were the facts; nothing is written. Null where there is no plan to change.
 */
export async function foresee(deps: ReplanDeps, treatment: Subject): Promise<Diff | null> {
  const [plan] = await deps.store.plansOf([treatment.id])
  if (plan?.status !== 'active' || treatment.status !== 'completed') return null
  const { open, hosts, make } = await reconsider(deps, plan, treatment, deps.clock.now())
  const made = make(hosts)
  return made && diffOf(open, made.rows)
}

/** Returns the treatments whose steps rode on contacts that are no longer where they were. */
async function replanOne(deps: ReplanDeps, treatment: Subject, cause: Cause, now: Date): Promise<string[]> {
  const { store } = deps
  const [plan] = await store.plansOf([treatment.id])
  if (plan?.status !== 'active' || treatment.status !== 'completed') return []
  // Somebody else's messages must not go on; what has reached the wrong person stays on record.
  if (plan.customerId !== treatment.customerId)
    await takeBack(deps, await store.stepsOf(treatment.id), 'superseded', now)
  const { open, around, make, ...before } = await reconsider(deps, plan, treatment, now)
  let { hosts } = before
  let made = make(hosts)
  for (let full = await refused(store, made ? [made] : [], now); full.size > 0; ) {
    hosts = hosts.filter(({ id }) => !full.has(id))
    made = make(hosts)
    full = await refused(store, made ? [made] : [], now)
  }
  if (!made) return []
  const diff = diffOf(open, made.rows)
  const change = changeOf(diff, cause, now)
  // Kept before it is done: a repeat after a crash finds only the rest of the difference.
  if (change) await store.recordChange(treatment.id, change)
  await store.change([
    ...diff.move.map(({ before, after }) => ({
      id: before._id,
      from: [...OPEN, 'cancelled' as const],
      set: { ...decided(after), reason: after.reason, doneAt: null, carries: [], ...(taskAfter(before, after) ?? {}) },
    })),
    ...diff.drop.map(({ _id }) => ({
      id: _id,
      from: [...OPEN, 'cancelled' as const],
      set: { ...cancelled('superseded', now), carries: [] },
    })),
  ])
  await store.insertSteps(diff.add)
  await moveTasks(deps, diff, around.stores.get(treatment.storeId))
  const lost = (anchor: Anchor) => timesLost(plan.changes, anchor, { id: cause.id, ask: diff.ask })
  await askForDays(deps, around.stores, [{ ...made, lost }], now)
  const wanted = daysWanted(made.rows)
  const said = daysWanted(open).filter((anchor) => !wanted.includes(anchor))
  if (said.length > 0)
    await deps.tasks.cancel(
      said.flatMap((anchor) => dayTaskIds(treatment.id, anchor, lost(anchor))),
      'superseded',
    )
  const { _id, createdAt, changes, ...facts } = made.plan
  await store.changePlan(treatment.id, facts)
  return [...diff.move.map(({ before }) => before), ...diff.drop].flatMap(({ carries }) =>
    carries.map(({ treatmentId }) => treatmentId),
  )
}

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

/** Everything of it that has not happened yet doesn't happen; safe to repeat. */
export async function cancelPlan(
  deps: ReplanDeps,
  subjectId: string,
  reason: Reason,
  cause: Cause,
  now: Date,
): Promise<void> {
  const { store, subjects, tasks } = deps
  const rows = await store.stepsOf(subjectId)
  const [plan] = await store.plansOf([subjectId])
  await takeBack(deps, rows, reason, now)
  const asked = daysWanted(rows).flatMap((anchor) =>
    dayTaskIds(subjectId, anchor, timesLost(plan?.changes ?? [], anchor, { id: cause.id, ask: [] })),
  )
  if (asked.length > 0) await tasks.cancel(asked, reason)
  await store.cancelPlan(subjectId)
  const orphans = new Set(rows.flatMap(({ carries }) => carries.map((one) => one.treatmentId)))
  for (const one of (await subjects([...orphans])).values()) await replan(deps, one, cause)
}

/** Plans that hang on these: the next session has come, an operation follows another, a visit was booked or moved. */
export async function followUp(
  deps: ReplanDeps,
  changed: readonly { subject: Subject; cause: Cause }[],
  which: 'next' | 'all',
): Promise<void> {
  // Earlier plans may follow versions that hang on more than today's.
  const ever = { ...deps, pathways: deps.versions.all() }
  const moving = changed.filter(({ subject }) => movesOthers(ever, subject))
  if (moving.length === 0) return
  const others = await hangingOn(
    ever,
    moving.map(({ subject }) => subject),
    which,
  )
  for (const { subject, cause } of moving) {
    const ids = (others.get(subject) ?? []).map(({ id }) => id)
    for (const one of (await deps.subjects(ids)).values()) await replan(deps, one, cause)
  }
}
