/** Enrolment: a completed treatment becomes a plan with its steps, in a constant number of commands per batch. */

import type { Customer, CustomersService } from '../customers/index.ts'
import { addDays, addMonths, type Day } from '../platform/calendar.ts'
import { FREE_CLAIM } from '../platform/claims.ts'
import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { Role, StaffService, Store } from '../staff/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import { guideMomentOf } from './guides.ts'
import type { CareStore, Guest, PlanRow, StepRow } from './model.ts'
import { matches, type Pathway } from './pathway.ts'
import { type Existing, type Host, type PlannedStep, plan } from './planner.ts'

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
export async function enrol(deps: EnrolDeps, done: readonly Treatment[]): Promise<number> {
  const { store, clock, log } = deps
  const known = new Set((await store.plansOf(done.map(({ id }) => id))).map(({ _id }) => _id))
  const fresh = done.filter(({ id, status }) => !known.has(id) && status === 'completed')
  if (fresh.length === 0) return 0
  const now = clock.now()
  const around = await lookAround(deps, fresh)
  const made = fresh.flatMap((treatment) => {
    const hosts = around.hostsOf(treatment, now)
    return makePlan(deps, around, treatment, { ...NEW, hosts }, treatment.enteredAt, now) ?? []
  })
  const full = new Set<string>()
  for (let one = await refused(store, made, now); one.size > 0; one = await refused(store, made, now)) {
    // A host has gone out meanwhile: who wanted to ride on it is planned again without it.
    for (const id of one) full.add(id)
    for (const [i, { guests, treatment }] of made.entries()) {
      if (!guests.some(({ hostId }) => one.has(hostId))) continue
      const hosts = around.hostsOf(treatment, now).filter(({ id }) => !full.has(id))
      made[i] = makePlan(deps, around, treatment, { ...NEW, hosts }, treatment.enteredAt, now) as Made
    }
  }
  // Steps before plans: a crash in between leaves no plan, and the next delivery of the event completes it.
  const added = await store.insertSteps(made.flatMap(({ rows }) => rows))
  await store.insertPlans(made.map((one) => one.plan))
  if (made.length < fresh.length) {
    const left = fresh.filter(({ id }) => !made.some(({ treatment }) => treatment.id === id))
    log.error({ treatmentIds: left.map(({ id }) => id) }, 'treatments cannot be planned')
    // Told to whoever delivers: the event is tried again and then parked, where a person sees it.
    throw new AppError('internal', 'internal', { reason: 'store or treatment code unknown' })
  }
  return added
}

const NEW = { settled: new Set<string>(), days: new Map<string, Day>() }

export interface Made {
  treatment: Treatment
  plan: PlanRow
  rows: StepRow[]
  guests: Guest[]
}

/** The hosts that could not take their guests any more. */
export async function refused(
  store: CareStore,
  made: readonly Pick<Made, 'guests'>[],
  now: Date,
): Promise<Set<string>> {
  const guests = made.flatMap((one) => one.guests)
  const took = await store.carry(guests, now)
  return new Set(guests.map(({ hostId }) => hostId).filter((id) => !took.has(id)))
}

export interface Around {
  stores: ReadonlyMap<string, Store>
  people: ReadonlyMap<string, Customer>
  load: Map<string, number>
  /** What the other treatments of the same visit have planned. */
  hostsOf(treatment: Treatment, now: Date): Host[]
}

/** A contact that is nearly due is left alone. */
const HOST_AHEAD_MS = 5 * MINUTE_MS

/** What plans of these treatments depend on, in a constant number of commands. */
export async function lookAround(
  { store, staff, customers }: Pick<EnrolDeps, 'store' | 'staff' | 'customers'>,
  treatments: readonly Treatment[],
): Promise<Around> {
  const customerIds = [...new Set(treatments.map(({ customerId }) => customerId))]
  const days = treatments.map(({ treatedOn }) => treatedOn).sort()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  const storeIds = [...new Set(treatments.map(({ storeId }) => storeId))]
  const ids = treatments.map(({ id }) => id)
  const [stores, people, load, plans] = await Promise.all([
    staff.stores(storeIds),
    customers.getMany(customerIds),
    // Windows with a choice reach at most a month past the treatment.
    store.load(storeIds, addDays(first, 1), addMonths(last, 2), ids),
    store.plansOfCustomers(customerIds),
  ])
  const isVisit = (plan: PlanRow, { id, storeId, treatedOn, customerId }: Treatment) =>
    plan._id !== id &&
    plan.status === 'active' &&
    plan.storeId === storeId &&
    plan.treatedOn === treatedOn &&
    plan.customerId === customerId
  const others = plans.filter((plan) => treatments.some((treatment) => isVisit(plan, treatment)))
  const planned = others.length > 0 ? await store.plannedOf(others.map(({ _id }) => _id)) : []
  return {
    stores,
    people,
    load,
    hostsOf(treatment, now) {
      const visit = new Set(others.filter((plan) => isVisit(plan, treatment)).map(({ _id }) => _id))
      return planned
        .filter(
          ({ treatmentId, contactClass, dueAt }) =>
            visit.has(treatmentId) &&
            contactClass !== 'greeting' &&
            dueAt !== null &&
            dueAt > addMs(now, HOST_AHEAD_MS),
        )
        .map(({ _id: id, ownerRole, kind, action, plannedOn }) => ({ id, ownerRole, kind, action, plannedOn }))
    },
  }
}

const keyOf = (storeId: string, role: Role, day: Day): string => `${storeId} ${role} ${day}`

/** One treatment's plan; null when its store or code is unknown. */
export function makePlan(
  { treatments, pathways }: Pick<EnrolDeps, 'treatments' | 'pathways'>,
  { stores, people, load }: Around,
  treatment: Treatment,
  existing: Existing,
  enteredAt: Date,
  now: Date,
): Made | null {
  const place = stores.get(treatment.storeId)
  const kind = treatments.kind(treatment.code)
  if (!place || !kind) return null
  const facts = {
    treatmentId: treatment.id,
    code: kind.code,
    category: kind.category,
    storeType: place.type,
    opening: place.opening,
    window: { ...windowFacts(place), preferredTime: people.get(treatment.customerId)?.preferredTime ?? null },
    endedAt: treatment.endedAt,
    enteredAt,
  }
  const planned = plan(pathways, facts, (role, day) => load.get(keyOf(place.id, role, day)) ?? 0, existing)
  for (const { status, action, ownerRole, plannedOn } of planned) {
    if (status !== 'planned' || action !== 'call') continue
    const key = keyOf(place.id, ownerRole, plannedOn)
    load.set(key, (load.get(key) ?? 0) + 1)
  }
  const rows = planned.map((one) => rowOf(one, planned, treatment, place))
  const own = new Set(rows.map(({ _id }) => _id))
  const foreign = planned.filter(({ mergedInto }) => mergedInto !== null && !own.has(mergedInto))
  return {
    treatment,
    rows,
    plan: {
      _id: treatment.id,
      customerId: treatment.customerId,
      storeId: place.id,
      code: kind.code,
      treatedOn: treatment.treatedOn,
      pathways: pathways.filter((one) => matches(one, kind, place.type)).map(({ id, version }) => ({ id, version })),
      status: 'active',
      createdAt: now,
      changes: [],
    },
    guests: [...new Set(foreign.map(({ mergedInto }) => mergedInto as string))].map((hostId) => {
      const group = foreign.filter(({ mergedInto }) => mergedInto === hostId)
      return { hostId, treatmentId: treatment.id, guideDay: guideMomentOf(group, planned), asksMonth: asksMonth(group) }
    }),
  }
}

const asksMonth = (group: readonly PlannedStep[]): boolean => group.some(({ step }) => step.asks === 'month')

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
    kind: one.kind,
    action: one.action,
    audience: 'customer',
    ownerRole: one.ownerRole,
    contactClass: one.step.class,
    // Whoever of the group calls announces it in its own words.
    templateKey: (call ?? one).step.template,
    windowFrom: one.windowFrom,
    windowTo: one.windowTo,
    plannedOn: one.plannedOn,
    status: one.status,
    reason: one.reason,
    mergedInto: one.mergedInto,
    title: one.step.title,
    script: call?.step.script ?? null,
    asksMonth: asksMonth(group),
    guideDay: guideMomentOf(group, planned),
    carries: [],
    occurrence: 0,
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
