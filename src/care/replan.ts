/** Facts that were put right after the planning: the plan follows, what has happened stays, and the difference is kept. */
import type { MessagingService } from '../messaging/index.ts'
import type { Day } from '../platform/calendar.ts'
import { conflict } from '../platform/errors.ts'
import type { DomainEvent } from '../platform/events.ts'
import type { Reason } from '../platform/reasons.ts'
import type { TasksService } from '../tasks/index.ts'
import { hangingOn, movesOthers } from './around.ts'
import type { PlanChange } from './changes.ts'
import { askForDays, daysAsked, dayTaskIds, timesLost } from './days-wanted.ts'
import { changeOf, type Diff, diffOf, fieldsOf, isNothing, wantsOf } from './diff.ts'
import { type EnrolDeps, refused } from './enrol.ts'
import type { StepRow } from './model.ts'
import { cancelled, type Decided, NOT_FIRING, reconsider, withoutCard } from './reconsider.ts'
import { windowFacts } from './rows.ts'
import { callTimes } from './rules.ts'
import type { Subject } from './subjects.ts'
import { takeBack } from './take-back.ts'
import { tellOfMoves } from './told.ts'
import type { Anchor } from './types.ts'
import type { PathwayVersions, Pin } from './versions.ts'

export interface ReplanDeps extends EnrolDeps {
  messaging: Pick<MessagingService, 'cancel' | 'outboxId'>
  tasks: Pick<TasksService, 'open' | 'cancel' | 'reopen' | 'tell'>
  /** What plans are about, by id. */
  subjects(ids: readonly string[]): Promise<Map<string, Subject>>
  versions: Pick<PathwayVersions, 'of' | 'all'>
}

/** The event that brought the facts. */
export interface Cause extends Pick<DomainEvent, 'id' | 'type'> {
  /** Of a migration: the plan that follows another version from now on. */
  instead?: { planId: string; pin: Pin }
}

/** The treatment as it is now decides the plan; safe to repeat. A treatment without a plan is left to its enrolment. */
export async function replan(deps: ReplanDeps, treatment: Subject, cause: Cause, decision?: Decision): Promise<void> {
  const { clock } = deps
  const seen = new Set<string>()
  for (let next: Subject[] = [treatment]; next.length > 0; ) {
    const orphans: string[] = []
    for (const one of next) {
      seen.add(one.id)
      orphans.push(...(await replanOne(deps, one, cause, clock.now(), one === treatment ? decision : undefined)))
    }
    // Contacts that took others along have moved: what rode on them is planned again.
    const left = [...new Set(orphans)].filter((id) => !seen.has(id))
    next = [...(await deps.subjects(left)).values()].filter(({ status }) => status === 'completed')
  }
}

/** A person's decision about a plan: what stands from now on, and what the history says of it. */
export interface Decision extends Decided {
  /** How many decisions there were when it was made. */
  hands: number | undefined
  change: Pick<PlanChange, 'id' | 'cause' | 'hand'>
}

/** Those who change one plan at the same time are few; whoever is overtaken makes it anew from what there is now. */
const TRIES = 5

const daysOf = ({ hand }: PlanChange): ReadonlyMap<string, Day> =>
  new Map((hand?.days ?? []).map(({ id, day }) => [id, day]))

/** Returns the treatments whose steps rode on contacts that are no longer where they were. */
async function replanOne(
  deps: ReplanDeps,
  treatment: Subject,
  cause: Cause,
  now: Date,
  decision?: Decision,
): Promise<string[]> {
  const orphans: string[] = []
  let subject: Subject | undefined = treatment
  for (let attempt = 0; subject && attempt < TRIES; attempt++) {
    const done = await tryOne(deps, subject, cause, now, attempt === 0 ? decision : undefined)
    orphans.push(...done.orphans)
    if (done.isLast) return orphans
    // Whoever was quicker may have known more, or have ended it.
    subject = (await deps.subjects([treatment.id])).get(treatment.id)
    if (subject?.status === 'cancelled')
      await takeBack(deps, await deps.store.stepsOf(subject.id), subject.overBy ?? 'treatment_cancelled', now)
  }
  throw conflict('record_busy', { treatmentId: treatment.id })
}

/** `isLast`: nobody has changed the plan meanwhile by what this didn't know. */
async function tryOne(
  deps: ReplanDeps,
  treatment: Subject,
  cause: Cause,
  now: Date,
  decision: Decision | undefined,
): Promise<{ orphans: string[]; isLast: boolean }> {
  const { store } = deps
  const [plan] = await store.plansOf([treatment.id])
  if (plan?.status !== 'active' || treatment.status !== 'completed') return { orphans: [], isLast: true }
  const isOurs = plan.customerId === treatment.customerId
  // Somebody else's messages must not go on; what has reached the wrong person stays on record.
  if (!isOurs) await takeBack(deps, await store.stepsOf(treatment.id), 'superseded', now)
  const instead = cause.instead?.planId === plan._id ? cause.instead.pin : undefined
  const { open, around, make, ...before } = await reconsider(deps, plan, treatment, now, instead)
  let { hosts } = before
  // Of a decision that is completed: the days that it brings back, unless something else has happened since.
  const last = plan.changes.at(-1)
  const days = decision?.days ?? (last?.id === cause.id ? daysOf(last) : undefined)
  const decided = { pins: decision?.pins ?? plan.pins ?? [], ...(days ? { days } : {}) }
  let made = make(hosts, decided)
  for (let full = await refused(store, made ? [made] : [], now); full.size > 0; ) {
    hosts = hosts.filter(({ id }) => !full.has(id))
    made = make(hosts, decided)
    full = await refused(store, made ? [made] : [], now)
  }
  if (!made) return { orphans: [], isLast: true }
  // What comes next was not asked yet when plans from before it were made: nobody has a card for old treatments.
  if (plan.asksNext === undefined) delete made.plan.asksNext
  const asked = daysAsked(open, plan)
  const wanted = daysAsked(made.rows, made.plan)
  const diff: Diff = { ...diffOf(open, made.rows), ask: wanted.filter((anchor) => !asked.includes(anchor)) }
  // Kept before it is done: a repeat after a crash finds only the rest of the difference.
  if (decision) {
    const change = { ...changeOf(diff, cause, now), ...decision.change }
    if (!(await store.decide({ _id: plan._id, hands: decision.hands }, made.pins, change)))
      throw conflict('record_busy', { treatmentId: treatment.id })
  } else if (!isNothing(diff) || diff.ask.length > 0) {
    const change = changeOf(diff, cause, now)
    // Whose it is, is no matter of days: nothing to put back.
    await store.recordChange(treatment.id, { ...change, wants: isOurs ? wantsOf(diff) : [] })
    const isKnown = plan.changes.some(({ id, hand }) => id === cause.id && hand)
    // Whoever asked for a migration has seen what it moves.
    if (!isKnown && !cause.instead) await tellOfMoves(deps, treatment, { cause, diff }, now)
  }
  const done = await writeSteps(store, diff, now)
  deps.seeDays([...diff.move.map(({ after }) => after.plannedOn), ...diff.add.map(({ plannedOn }) => plannedOn)])
  await store.insertSteps(diff.add)
  await moveTasks(deps, done, around.stores.get(treatment.storeId))
  const lost = (anchor: Anchor) => timesLost(plan.changes, anchor, { id: cause.id, ask: diff.ask })
  await askForDays(deps, around.stores, [{ ...made, lost }], now)
  const said = asked.filter((anchor) => !wanted.includes(anchor))
  if (said.length > 0)
    await deps.tasks.cancel(
      said.flatMap((anchor) => dayTaskIds(treatment.id, anchor, lost(anchor))),
      'superseded',
    )
  const { _id, createdAt, changes, ...facts } = made.plan
  const revision = decision ? (plan.revision ?? 0) + 1 : plan.revision
  const isFollowed = await store.follow({ _id, revision }, { ...facts, ...(plan.pins ? { pins: made.pins } : {}) })
  const left = [...diff.move.map(({ before }) => before), ...diff.drop]
  return {
    orphans: left.flatMap(({ carries }) => carries.map(({ treatmentId }) => treatmentId)),
    isLast: isFollowed && done === diff,
  }
}

/**
 * Each step is written as long as it is what the difference was made from. Returns the difference as far as it was written: the
 * same one, unless steps have fired or got their card since they were read.
 */
async function writeSteps(store: ReplanDeps['store'], diff: Diff, now: Date): Promise<Diff> {
  const move = diff.move.map(({ before, after }) => ({
    ...asRead(before),
    set: { ...fieldsOf(after), reason: after.reason, doneAt: null, ...LEFT, ...(taskAfter(before, after) ?? {}) },
  }))
  const drop = diff.drop.map((row) => ({
    ...asRead(row),
    set: { ...cancelled('superseded', now), ...LEFT, ...(row.taskId === null ? {} : withoutCard(row)) },
  }))
  const writes = [...move, ...drop]
  if ((await store.change(writes)) === writes.length) return diff
  const rows = new Map((await store.steps(writes.map(({ id }) => id))).map((row) => [row._id, row]))
  const isWritten = ({ id, set, where }: Pick<(typeof writes)[number], 'id' | 'where'> & { set: Partial<StepRow> }) => {
    const row = rows.get(id)
    const isAt = Number(row?.dueAt ?? 0) === Number(set.dueAt ?? 0)
    return isAt && row?.status === set.status && row?.taskId === { ...where, ...set }.taskId
  }
  return {
    ...diff,
    move: diff.move.filter((_, i) => isWritten(move[i] as (typeof move)[number])),
    drop: diff.drop.filter((_, i) => isWritten(drop[i] as (typeof drop)[number] & { set: Partial<StepRow> })),
  }
}

/** Nothing rides on a step that has moved, and nobody fires it. */
const LEFT = { carries: [], ...NOT_FIRING }
/** A step as it was when its change was decided. */
const asRead = ({ _id: id, status, taskId }: StepRow) => ({ id, from: [status], where: { taskId: taskId ?? null } })

const taskAfter = (before: StepRow, after: StepRow) =>
  before.taskId !== null && !(after.status === 'planned' && after.action === 'call') ? withoutCard(before) : null

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
  const asked = daysAsked(rows, plan).flatMap((anchor) =>
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
