/** Enrolment: a completed treatment becomes a plan with its steps, in a constant number of commands per batch. */

import type { CustomersService } from '../customers/index.ts'
import type { Day } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { TasksService } from '../tasks/index.ts'
import { type Around, type AroundDeps, lookAround } from './around.ts'
import { askForDays, asksNext } from './days-wanted.ts'
import { isOperation } from './facts.ts'
import { guideMomentOf } from './guides.ts'
import { fullness, loadKey, weigh } from './load.ts'
import type { CareStore, Guest, PlanRow, StepRow } from './model.ts'
import { matches } from './pathway.ts'
import { type Existing, type Load, plan } from './planner.ts'
import { asksMonth, rowOf } from './rows.ts'
import type { Subject } from './subjects.ts'
import { type HandPin, standing } from './wanted.ts'

export interface EnrolDeps extends AroundDeps {
  customers: AroundDeps['customers'] & Pick<CustomersService, 'contacts'>
  tasks: Pick<TasksService, 'open'>
  clock: Clock
  log: Log
  /** Hears on which days something is planned. */
  seeDays(days: Iterable<Day | null>): void
}

/** Plans every treatment that has no plan yet. A second call for the same treatments adds nothing. Returns the number of new steps. */
export async function enrol(deps: EnrolDeps, done: readonly Subject[]): Promise<number> {
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
  deps.seeDays(made.flatMap(({ rows }) => rows.map(({ plannedOn }) => plannedOn)))
  // Plans last: a crash before leaves none, and the next delivery of the event completes steps and cards.
  const added = await store.insertSteps(made.flatMap(({ rows }) => rows))
  await askForDays(deps, around.stores, made, now)
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
  treatment: Subject
  plan: PlanRow
  rows: StepRow[]
  guests: Guest[]
  /** Decisions of people that stand with these facts. */
  pins: HandPin[]
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

/** One treatment's plan; null when its store or code is unknown. */
export function makePlan(
  { pathways }: Pick<EnrolDeps, 'pathways'>,
  around: Pick<Around, 'stores' | 'load' | 'roster' | 'factsOf'>,
  treatment: Subject,
  existing: Existing,
  enteredAt: Date,
  now: Date,
): Made | null {
  const { stores, load, roster } = around
  const facts = around.factsOf(treatment, enteredAt)
  const place = stores.get(treatment.storeId)
  if (!facts || !place) return null
  const weight: Load = (role, day) =>
    fullness(load.get(loadKey(place.id, role, day)) ?? 0, roster.staffing(place.id, role, day))
  const planned = plan(pathways, facts, weight, existing)
  const rows = planned.map((one) => rowOf(one, planned, treatment, place))
  weigh(load, rows)
  const own = new Set(rows.map(({ _id }) => _id))
  const foreign = planned.filter(({ mergedInto }) => mergedInto !== null && !own.has(mergedInto))
  return {
    treatment,
    rows,
    pins: standing(pathways, facts, existing.pins ?? []),
    plan: {
      _id: treatment.id,
      record: treatment.record,
      customerId: treatment.customerId,
      storeId: place.id,
      code: treatment.code,
      treatedOn: treatment.treatedOn,
      pathways: pathways.filter((one) => matches(one, facts)).map(({ id, version }) => ({ id, version })),
      status: 'active',
      asksNext: asksNext(
        treatment,
        facts.dates?.next_session_date ?? null,
        isOperation(pathways, facts),
        place.timeZone,
      ),
      createdAt: now,
      changes: [],
    },
    guests: [...new Set(foreign.map(({ mergedInto }) => mergedInto as string))].map((hostId) => {
      const group = foreign.filter(({ mergedInto }) => mergedInto === hostId)
      return { hostId, treatmentId: treatment.id, guideDay: guideMomentOf(group, planned), asksMonth: asksMonth(group) }
    }),
  }
}
