/** What other rooms may know of care: plans and steps (FHIR: CarePlan and its activities). */

import type { ContactClass } from '../messaging/index.ts'
import type { Day } from '../platform/calendar.ts'
import type { Role } from '../staff/index.ts'

export const STAGES = [
  'immediate_care',
  'recovery_guidance',
  'effect_tracking',
  'issue_handling',
  'periodic_follow_up',
  'satisfaction_survey',
  'secondary_development',
] as const
export type Stage = (typeof STAGES)[number]
/** What a step's days count from. */
export const ANCHORS = [
  'treatment_end',
  'treatment_date',
  'next_session_date',
  'appointment_start',
  'course_end',
  'discharge_date',
  'suture_removal_date',
  'purchase_date',
  'consultation_date',
] as const
export type Anchor = (typeof ANCHORS)[number]
/** The place of a session in its course. */
export interface CoursePlace {
  isFirst: boolean
  isLast: boolean
}
/** `decision`: one of our people decides something, and the customer hears nothing. */
export type StepKind = 'contact' | 'guidance' | 'survey' | 'photo' | 'reminder' | 'recommendation' | 'decision'
export type StepAction = 'message' | 'call' | 'task'

/**
 * planned → enqueued (message in the outbox) | calling (task open) → done | delegated | unreachable | missed | skipped
 * planned → merged (rides on `mergedInto`) | missed_before_entry | needs_anchor | cancelled
 */
export type StepStatus =
  | 'planned'
  | 'enqueued'
  | 'calling'
  | 'done'
  | 'delegated'
  | 'unreachable'
  | 'missed'
  | 'skipped'
  | 'merged'
  | 'missed_before_entry'
  | 'needs_anchor'
  | 'cancelled'

/** `inPerson`: whoever calls asks it instead, and so does the conversation. */
export interface StepSurvey {
  id: string
  inPerson: boolean
}

export interface CareStep {
  /** `<treatmentId>.<pathway>.<stepId>` */
  id: string
  treatmentId: string
  customerId: string
  storeId: string
  pathway: string
  pathwayVersion: number
  step: string
  stage: Stage
  kind: StepKind
  action: StepAction
  audience: 'customer' | 'staff'
  ownerRole: Role
  contactClass: ContactClass
  templateKey: string
  /** The promise: the contact reaches the person inside [windowFrom, windowTo). Null while its day is not known. */
  windowFrom: Date | null
  windowTo: Date | null
  /** The picked day in the store's zone. */
  plannedOn: Day | null
  status: StepStatus
  /** A code of docs/reasons.md; null when nothing needs explaining. */
  reason: string | null
  mergedInto: string | null
  /** What it asks in writing. */
  surveys?: StepSurvey[] | null
}
