/** Planned steps as rows at rest. Pure. */
import { FREE_CLAIM } from '../platform/claims.ts'
import type { Store } from '../staff/index.ts'
import { guideMomentOf } from './guides.ts'
import type { StepRow } from './model.ts'
import type { PlannedStep } from './planner.ts'
import type { Subject } from './subjects.ts'
import { surveysOf } from './surveys.ts'

export const asksMonth = (group: readonly PlannedStep[]): boolean => group.some(({ step }) => step.asks === 'month')

export const windowFacts = ({ timeZone, contactWindows, quietHours }: Store) => ({
  timeZone,
  contactWindows,
  quietHours,
  preferredTime: null,
})

/** Of a store that is not known any more. */
export const FALLBACK_WINDOW = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [{ from: '11:00', to: '12:30' }],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}

export function rowOf(
  one: PlannedStep,
  planned: readonly PlannedStep[],
  treatment: Subject,
  { id: storeId }: Store,
): StepRow {
  const group = [one, ...planned.filter(({ mergedInto }) => mergedInto === one.id)]
  const surveys = surveysOf(group)
  const call = one.action === 'call' ? group.find(({ step }) => step.action === 'call') : undefined
  return {
    _id: one.id,
    treatmentId: treatment.id,
    treatmentExternalId: treatment.externalId,
    customerId: treatment.customerId,
    storeId,
    pathway: one.pathway,
    pathwayVersion: one.pathwayVersion,
    step: one.step.id,
    stage: one.step.stage,
    anchor: one.anchor,
    kind: one.kind,
    action: one.action,
    audience: one.kind === 'decision' ? 'staff' : 'customer',
    ownerRole: one.ownerRole,
    contactClass: one.step.class,
    // Whoever of the group calls announces it in its own words.
    templateKey: (call ?? one).step.template ?? '',
    firstDay: one.firstDay,
    lastDay: one.lastDay,
    windowFrom: one.windowFrom,
    windowTo: one.windowTo,
    plannedOn: one.plannedOn,
    status: one.status,
    reason: one.reason,
    shift: one.shift,
    mergedInto: one.mergedInto,
    title: one.step.title,
    script: call?.step.script ?? null,
    asksMonth: asksMonth(group),
    ...(surveys ? { surveys } : {}),
    guideDay: guideMomentOf(group, planned),
    carries: [],
    occurrence: 0,
    safety: group.some(({ step }) => step.safety),
    neverMoves: group.some(({ step }) => step.neverMoves),
    channel: null,
    messageIds: [],
    calls: [],
    taskId: null,
    handed: null,
    doneAt: null,
    dueAt: one.dueAt,
    claim: FREE_CLAIM,
    attempt: 0,
  }
}
