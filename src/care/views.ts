/** How clinic systems see plans: steps, and the changes that a plan has seen. */
import { z } from 'zod'
import { Instant } from '../platform/views.ts'
import { NOT_PUT_BACK, type PlanChange } from './changes.ts'
import type { StepRow } from './model.ts'
import type { HandPin } from './wanted.ts'

export const TreatmentId = z.string().min(1).max(128)
const Call = z.object({ byUserId: z.string(), at: Instant, reached: z.boolean() })
export const Step = z.object({
  id: z.string(),
  treatmentId: z.string(),
  treatmentExternalId: z.string().nullable(),
  customerId: z.string(),
  storeId: z.string(),
  pathway: z.string(),
  pathwayVersion: z.number(),
  step: z.string(),
  stage: z.string(),
  kind: z.string(),
  action: z.string(),
  audience: z.string(),
  ownerRole: z.string(),
  /** The promise's window; null while its day is not known. */
  from: Instant.nullable(),
  to: Instant.nullable(),
  plannedOn: z.string().nullable(),
  /** When it is done, or looked at again; null when nothing is left to do. */
  dueAt: Instant.nullable(),
  doneAt: Instant.nullable(),
  status: z.string(),
  reason: z.string().nullable(),
  /** Why its days are others than the pathway's. */
  shift: z.string().nullable(),
  /** What its days count from. */
  anchor: z.string(),
  mergedInto: z.string().nullable(),
  channel: z.string().nullable(),
  messageIds: z.array(z.string()),
  calls: z.array(Call),
  /** The task whose card a person has, or had. */
  taskId: z.string().nullable(),
  handed: z.object({ byUserId: z.string(), at: Instant }).nullable(),
  /** A colleague confirmed it in WeCom. */
  confirmed: z.object({ byUserId: z.string(), at: Instant }).optional(),
})
/** Rows from before anchors were kept count from the treatment. */
const BEFORE_ANCHORS = { anchor: 'treatment_date', shift: null }
export const stepOf = (row: StepRow) => ({
  ...BEFORE_ANCHORS,
  ...row,
  id: row._id,
  from: row.windowFrom,
  to: row.windowTo,
})
/** The person's own words stay inside, like those of contact records. */
export const changeViewOf = ({ hand, ...change }: PlanChange) => ({
  ...{ moves: [], asked: [] },
  ...change,
  byUserId: hand?.byUserId ?? null,
  undoes: hand?.undoes ?? null,
  left: hand?.left ?? [],
})
/** What a change does to a plan, by step ids. */
export const Foreseen = z.object({
  moved: z.array(z.string()),
  dropped: z.array(z.string()),
  added: z.array(z.string()),
  moves: z.array(
    z.object({ id: z.string(), from: z.string().nullable(), to: z.string().nullable(), reason: z.string().nullable() }),
  ),
  /** Days that a doctor was asked for. */
  asked: z.array(z.string()),
})
export const Change = Foreseen.extend({
  /** Of a migration: what the plan follows instead. */
  versions: z.array(z.object({ pathway: z.string(), from: z.number(), to: z.number() })).optional(),
  /** The event that brought the facts, or the number of a person's decision. */
  id: z.string(),
  at: Instant,
  cause: z.string(),
  /** Of a change that a person made: who, which change it takes back, and what stayed where it was and why. */
  byUserId: z.string().nullable(),
  undoes: z.string().nullable(),
  left: z.array(z.object({ id: z.string(), why: z.enum(NOT_PUT_BACK) })),
})

export const ByHand = z.object({
  stepId: z.string(),
  changeId: z.string(),
  /** True: the step was kept against a change of facts, until they say something else again. */
  untilOtherFacts: z.boolean(),
})
export const byHandOf = ({ stepId, changeId, insteadOf }: HandPin) => ({
  stepId,
  changeId,
  untilOtherFacts: insteadOf !== null,
})
