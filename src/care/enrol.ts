/** Enrolment: a completed treatment becomes a plan with its steps, in a constant number of commands per batch. */

import type { CustomersService } from '../customers/index.ts'
import { addDays, addMonths, type Day } from '../platform/calendar.ts'
import { FREE_CLAIM } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import type { Log } from '../platform/log.ts'
import type { Role, StaffService, Store } from '../staff/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { CareStore, PlanRow, StepRow } from './model.ts'
import { matches, type Pathway } from './pathway.ts'
import { type PlannedStep, plan } from './planner.ts'

export interface EnrolDeps {
  store: CareStore
  staff: Pick<StaffService, 'stores'>
  customers: Pick<CustomersService, 'getMany'>
  treatments: Pick<TreatmentsService, 'kind'>
  pathways: readonly Pathway[]
  clock: Clock
  log: Log
}

/** Plans every treatment that has no plan yet. A second call for the same treatments adds nothing. Returns the number of new steps. */
export async function enrol(
  { store, staff, customers, treatments, pathways, clock, log }: EnrolDeps,
  done: readonly Treatment[],
): Promise<number> {
  const known = new Set((await store.plansOf(done.map(({ id }) => id))).map(({ _id }) => _id))
  const fresh = done.filter(({ id, status }) => !known.has(id) && status === 'completed')
  if (fresh.length === 0) return 0
  const now = clock.now()
  const [stores, people] = await Promise.all([
    staff.stores([...new Set(fresh.map(({ storeId }) => storeId))]),
    customers.getMany([...new Set(fresh.map(({ customerId }) => customerId))]),
  ])
  const load = await loadOf(store, fresh)
  const plans: PlanRow[] = []
  const rows: StepRow[] = []
  for (const treatment of fresh) {
    const place = stores.get(treatment.storeId)
    const kind = treatments.kind(treatment.code)
    if (!place || !kind) {
      log.error({ treatmentId: treatment.id, code: treatment.code }, 'treatment cannot be planned')
      continue
    }
    const facts = {
      treatmentId: treatment.id,
      code: kind.code,
      category: kind.category,
      storeType: place.type,
      opening: place.opening,
      window: { ...windowFacts(place), preferredTime: people.get(treatment.customerId)?.preferredTime ?? null },
      endedAt: treatment.endedAt,
      enteredAt: treatment.enteredAt,
    }
    const planned = plan(pathways, facts, (role, day) => load.get(keyOf(place.id, role, day)) ?? 0)
    for (const one of planned)
      if (one.status === 'planned' && one.action === 'call')
        load.set(
          keyOf(place.id, one.ownerRole, one.plannedOn),
          (load.get(keyOf(place.id, one.ownerRole, one.plannedOn)) ?? 0) + 1,
        )
    rows.push(...planned.map((one) => rowOf(one, planned, treatment, place)))
    const used = pathways.filter((pathway) => matches(pathway, kind, place.type))
    plans.push({
      _id: treatment.id,
      customerId: treatment.customerId,
      storeId: place.id,
      code: kind.code,
      pathways: used.map(({ id, version }) => ({ id, version })),
      status: 'active',
      createdAt: now,
    })
  }
  // Steps before plans: a crash in between leaves no plan, and the next delivery of the event completes it.
  const added = await store.insertSteps(rows)
  await store.insertPlans(plans)
  return added
}

const keyOf = (storeId: string, role: Role, day: Day): string => `${storeId} ${role} ${day}`

/** Windows with a choice reach at most a month past the treatment. */
async function loadOf(store: CareStore, fresh: readonly Treatment[]): Promise<Map<string, number>> {
  const days = fresh.map(({ treatedOn }) => treatedOn).sort()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  return store.load([...new Set(fresh.map(({ storeId }) => storeId))], addDays(first, 1), addMonths(last, 2))
}

export const windowFacts = ({ timeZone, contactWindows, quietHours }: Store) => ({
  timeZone,
  contactWindows,
  quietHours,
  preferredTime: null,
})

function rowOf(
  one: PlannedStep,
  planned: readonly PlannedStep[],
  treatment: Treatment,
  { id: storeId }: Store,
): StepRow {
  const group = [one, ...planned.filter(({ mergedInto }) => mergedInto === one.id)]
  const guide = group.find(({ step }) => step.kind === 'guidance')
  const call = one.action === 'call' ? group.find(({ step }) => step.action === 'call') : undefined
  const guideDay = guide && 'day' in guide.step.when ? guide.step.when.day : one.step.class === 'greeting' ? 0 : null
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
    kind: one.kind,
    action: one.action,
    audience: 'customer',
    ownerRole: one.ownerRole,
    contactClass: one.step.class,
    // The most specific of the calls announces itself in its own words.
    templateKey: (call ?? one).step.template,
    windowFrom: one.windowFrom,
    windowTo: one.windowTo,
    plannedOn: one.plannedOn,
    status: one.status,
    reason: one.reason,
    mergedInto: one.mergedInto,
    title: one.step.title,
    script: call?.step.script ?? null,
    asksMonth: group.some(({ step }) => step.asks === 'month'),
    guideDay,
    neverMoves: one.step.neverMoves,
    channel: null,
    messageIds: [],
    calls: [],
    taskId: null,
    doneAt: null,
    dueAt: one.dueAt,
    claim: FREE_CLAIM,
    attempt: 0,
  }
}
