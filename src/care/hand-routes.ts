/** Decisions of people about a plan: a step is set, moved or cancelled by hand, a change is taken back. */
import { z } from 'zod'
import { route } from '../platform/http.ts'
import { DayString, Id, NoteText } from '../platform/views.ts'
import { type Answer, cancelByHand, type HandDeps, moveByHand, undoChange } from './hand.ts'
import { Change, changeViewOf, Step, stepOf, TreatmentId } from './views.ts'

const REASON_CHARS = 200
const Decision = z.strictObject({
  /** Who decides, by WeCom userid: the store's doctor, or whoever stands in for one; a nurse about her own contacts. */
  byUserId: Id.transform((userId) => userId.toLowerCase()),
  /** Why; kept sealed, told to the supervisor. */
  reason: NoteText(REASON_CHARS),
  /** The clinic's number of this decision: a repeat is not a second one. */
  requestId: Id,
})
const StepId = z.string().min(1).max(256)
const ofStep = z.strictObject({ treatmentId: TreatmentId, stepId: StepId })

const Decided = z.object({
  change: Change,
  /** The steps that it concerns, as they are now. */
  steps: z.array(Step),
})
const decidedOf = ({ change, steps }: Answer) => {
  const ids = new Set([...change.moved, ...change.dropped, ...change.added])
  return { change: changeViewOf(change), steps: steps.filter(({ _id }) => ids.has(_id)).map(stepOf) }
}

const ERRORS = [
  'plan_not_found',
  'care_plan_over',
  'staff_not_found',
  'role_required',
  'idempotency_key_reused',
  'record_busy',
] as const
const OF_STEP = [
  ...ERRORS,
  'care_step_not_found',
  'care_step_merged',
  'care_step_under_way',
  'care_step_happened',
] as const

export const handRoutes = (deps: HandDeps) => [
  route({
    method: 'post',
    path: '/api/v1/care-plans/:treatmentId/steps/:stepId/move',
    summary:
      'Set or move a step by hand, with what its contact has taken along: it keeps that day whatever the facts say later, and the supervisor is told',
    tag: 'care',
    auth: 'integration',
    params: ofStep,
    body: Decision.extend({ day: DayString }),
    response: Decided,
    errors: [...OF_STEP, 'care_step_goes_by_the_hour', 'care_day_over', 'care_day_too_far', 'care_store_closed'],
    idempotent: true,
    handle: async ({ params, body }) => decidedOf(await moveByHand(deps, { ...params, ...body })),
  }),
  route({
    method: 'post',
    path: '/api/v1/care-plans/:treatmentId/steps/:stepId/cancel',
    summary: 'Cancel a step by hand, with what its contact has taken along; the supervisor is told',
    tag: 'care',
    auth: 'integration',
    params: ofStep,
    body: Decision,
    response: Decided,
    errors: OF_STEP,
    idempotent: true,
    handle: async ({ params, body }) => decidedOf(await cancelByHand(deps, { ...params, ...body })),
  }),
  route({
    method: 'post',
    path: '/api/v1/care-plans/:treatmentId/changes/:changeId/undo',
    summary:
      'Take a change back: what it moved, dropped or added is put back where that can still be done; `left` says of the rest why not. Facts that say the same again do not move it again',
    tag: 'care',
    auth: 'integration',
    params: z.strictObject({ treatmentId: TreatmentId, changeId: z.string().min(1).max(256) }),
    body: Decision,
    response: Decided,
    errors: [...ERRORS, 'care_change_not_found', 'nothing_to_undo'],
    idempotent: true,
    handle: async ({ params, body }) => decidedOf(await undoChange(deps, { ...params, ...body })),
  }),
]
