/** Steps that a person sets, moves or cancels by hand, with a reason; and changes that a person takes back. */
import { addMonths, type Day, dayOf } from '../platform/calendar.ts'
import { addMs, MINUTE_MS } from '../platform/clock.ts'
import { AppError, conflict, invalid, notFound } from '../platform/errors.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import type { StaffService } from '../staff/index.ts'
import type { HandMade, PlanChange } from './changes.ts'
import { mayDecide, mayUndo } from './deciders.ts'
import type { Made } from './enrol.ts'
import type { StepRow } from './model.ts'
import { movedTo, takenBy, undoOf, withPins } from './pins.ts'
import { type Reconsidered, reconsider } from './reconsider.ts'
import { type ReplanDeps, replan } from './replan.ts'
import { HAND_WORDS, type TellOfHandDeps, tellOfHand } from './told.ts'
import type { PathwayVersions } from './versions.ts'
import { type HandPin, wantedOf } from './wanted.ts'

export interface HandDeps extends ReplanDeps, TellOfHandDeps {
  staff: ReplanDeps['staff'] & TellOfHandDeps['staff'] & Pick<StaffService, 'member' | 'roster'>
  customers: ReplanDeps['customers']
  treatments: ReplanDeps['treatments']
  tasks: ReplanDeps['tasks']
  versions: ReplanDeps['versions'] & Pick<PathwayVersions, 'refresh'>
  events: Pick<Events, 'publish'>
  nudge: (table: string) => void
}

export interface Asked {
  treatmentId: string
  byUserId: string
  /** Why, in the person's words. */
  reason: string
  /** The clinic's number of this decision: a repeat is not a second one. */
  requestId: string
}

export interface Answer {
  change: PlanChange
  steps: StepRow[]
}

/** A day further ahead is a typing error. */
const MOST_MONTHS = 24
const CAUSES = { move: 'moved_by_hand', cancel: 'cancelled_by_hand', undo: 'undone' } as const

/** What every decision begins with: the plan, what it is about, and whether this very decision was taken before. */
async function begin(deps: HandDeps, asked: Asked, cause: PlanChange['cause'], about: readonly string[]) {
  const { store, subjects, crypto, clock } = deps
  const { treatmentId, byUserId, reason, requestId } = asked
  await deps.versions.refresh()
  const [plan] = await store.plansOf([treatmentId])
  const subject = plan && (await subjects([treatmentId])).get(treatmentId)
  if (!plan || !subject) throw notFound('plan_not_found', { treatmentId })
  const digest = crypto.blindIndex(HAND_WORDS, JSON.stringify([cause, byUserId, reason, ...about]))
  const known = plan.changes.find(({ id }) => id === requestId)
  if (known && known.hand?.digest !== digest) throw conflict('idempotency_key_reused', { treatmentId, requestId })
  if (!known && (plan.status !== 'active' || subject.status !== 'completed'))
    throw conflict('care_plan_over', { treatmentId })
  const words = crypto.seal(HAND_WORDS, reason)
  return { plan, subject, known, hand: { byUserId, words, digest, undoes: null, left: [] }, now: clock.now() }
}
type Begun = Awaited<ReturnType<typeof begin>>

/** Heard a little later: of whoever died between a decision and what follows from it, another process does the rest. */
export const DECISION_EVENT = 'care.decided'
const LOOK_AFTER_MS = MINUTE_MS

/** The rest of a decision, where there is one: what was refused in the end, or is done, stays as it is. Safe to repeat. */
export async function onDecided(deps: HandDeps, { data }: DomainEvent): Promise<void> {
  const { treatmentId, changeId } = data as { treatmentId: string; changeId: string }
  const [plan] = await deps.store.plansOf([treatmentId])
  const known = plan?.changes.find(({ id, hand }) => id === changeId && hand)
  const subject = known && (await deps.subjects([treatmentId])).get(treatmentId)
  if (!plan || !known || !subject) return
  await finish(deps, { plan, subject, known, now: deps.clock.now() }, known)
}

/** Does what was decided, or the rest of it, and tells the supervisor. */
async function finish(
  deps: HandDeps,
  { plan, subject, known, now }: Omit<Begun, 'hand'>,
  change: Pick<PlanChange, 'id' | 'cause'>,
  decision?: { pins: readonly HandPin[]; days?: ReadonlyMap<string, Day>; hand: HandMade },
): Promise<Answer> {
  const cause = { id: change.id, type: change.cause }
  if (known) await replan(deps, subject, cause)
  else if (decision) {
    const { pins, days = new Map(), hand } = decision
    await deps.events.publish({
      // Each time anew: the look after an attempt that was refused may be over.
      id: `${DECISION_EVENT}:${plan._id}:${change.id}:${plan.revision ?? 0}`,
      type: DECISION_EVENT,
      occurredAt: now,
      data: { treatmentId: plan._id, changeId: change.id },
      notBefore: addMs(now, LOOK_AFTER_MS),
    })
    await replan(deps, subject, cause, { pins, days, hands: plan.hands, change: { ...change, hand } })
  }
  const [after] = await deps.store.plansOf([subject.id])
  const made = after?.changes.find(({ id }) => id === change.id)
  if (!made) throw conflict('record_busy', { treatmentId: subject.id })
  const steps = await deps.store.stepsOf(subject.id)
  await tellOfHand(deps, subject, made, steps, now)
  deps.nudge('care_steps')
  return { change: made, steps }
}

/** The step, if it is still to come and speaks for itself. */
function stepToCome({ rows, isOpen }: Reconsidered, stepId: string): StepRow {
  const row = rows.find(({ _id }) => _id === stepId)
  if (!row || wantedOf(row).is === 'none') throw notFound('care_step_not_found', { stepId })
  if (row.status === 'merged' && row.mergedInto !== null)
    throw new AppError('conflict', 'care_step_merged', { stepId }, { publicDetails: { mergedInto: row.mergedInto } })
  if (row.status === 'enqueued' || row.status === 'calling') throw conflict('care_step_under_way', { stepId })
  if (!isOpen(row)) throw conflict('care_step_happened', { stepId })
  return row
}

/**
 * Sets or moves a step, with what its contact has taken along, to a day; it keeps that day whatever the facts say later.
 * Safe to repeat.
 */
export async function moveByHand(deps: HandDeps, asked: Asked & { stepId: string; day: Day }): Promise<Answer> {
  const { stepId, day, requestId: id } = asked
  const begun = await begin(deps, asked, CAUSES.move, [stepId, day])
  const change = { id, cause: CAUSES.move }
  if (begun.known) return finish(deps, begun, change)
  const { plan, subject, hand, now } = begun
  const seen = await reconsider(deps, plan, subject, now)
  const row = stepToCome(seen, stepId)
  await mayDecide(deps.staff, row, asked.byUserId, now)
  if (row.contactClass === 'greeting') throw conflict('care_step_goes_by_the_hour', { stepId })
  const timeZone = seen.around.stores.get(subject.storeId)?.timeZone
  if (timeZone === undefined) throw notFound('store_not_found', { storeId: subject.storeId })
  const today = dayOf(now, timeZone)
  if (day < today) throw conflict('care_day_over', { stepId })
  if (day > addMonths(today, MOST_MONTHS)) throw invalid('care_day_too_far', { stepId })
  const { pins, kept } = withPins(plan.pins ?? [], movedTo(row, seen.rows, day, id))
  check(seen.make(seen.hosts, { pins }), stepId, day)
  return finish(deps, begun, change, { pins, hand: { ...hand, pins: kept } })
}

/** Whether the step can be made on that day at all, by its class and the store's hours. */
function check(made: Made | null, stepId: string, day: Day): void {
  const row = made?.rows.find(({ _id }) => _id === stepId)
  if (!row || row.status === 'cancelled') throw notFound('care_step_not_found', { stepId })
  if (row.status === 'missed_before_entry') throw conflict('care_day_over', { stepId })
  if (row.plannedOn !== day)
    throw new AppError('conflict', 'care_store_closed', { stepId }, { publicDetails: { nextOpenDay: row.plannedOn } })
}

/** Cancels a step with what its contact has taken along. Safe to repeat. */
export async function cancelByHand(deps: HandDeps, asked: Asked & { stepId: string }): Promise<Answer> {
  const { stepId, requestId: id } = asked
  const begun = await begin(deps, asked, CAUSES.cancel, [stepId])
  const change = { id, cause: CAUSES.cancel }
  if (begun.known) return finish(deps, begun, change)
  const { plan, subject, hand, now } = begun
  const seen = await reconsider(deps, plan, subject, now)
  const row = stepToCome(seen, stepId)
  await mayDecide(deps.staff, row, asked.byUserId, now)
  const { pins, kept } = withPins(plan.pins ?? [], takenBy(row, seen.rows, id))
  return finish(deps, begun, change, { pins, hand: { ...hand, pins: kept } })
}

/**
 * Puts back what a change has moved, dropped or added, where that can still be done; says of every other step why not. What
 * facts have moved stays put back until the facts want something else again. Safe to repeat.
 */
export async function undoChange(deps: HandDeps, asked: Asked & { changeId: string }): Promise<Answer> {
  const { changeId, requestId: id } = asked
  const begun = await begin(deps, asked, CAUSES.undo, [changeId])
  const change = { id, cause: CAUSES.undo }
  if (begun.known) return finish(deps, begun, change)
  const { plan, subject, hand, now } = begun
  const target = plan.changes.find((one) => one.id === changeId)
  if (!target) throw notFound('care_change_not_found', { treatmentId: plan._id, changeId })
  await mayUndo(deps.staff, plan.storeId, asked.byUserId, target, now)
  const seen = await reconsider(deps, plan, subject, now)
  const decided = plan.pins ?? []
  const planned = (pins: readonly HandPin[]) => seen.make(seen.hosts, { pins })?.rows ?? []
  const { left, days, ...found } = undoOf(target, decided, seen, planned, id)
  if (found.decided.length === 0)
    throw new AppError('conflict', 'nothing_to_undo', { changeId }, { publicDetails: { left } })
  const { pins, kept } = withPins(decided, found.decided)
  const back = [...days].map(([id, day]) => ({ id, day }))
  return finish(deps, begun, change, { pins, days, hand: { ...hand, pins: kept, days: back, undoes: changeId, left } })
}
