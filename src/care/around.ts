/** What plans depend on beside the treatments themselves: stores, people, load, other plans, other records. */
import type { Customer, CustomersService } from '../customers/index.ts'
import { addDays, addMonths } from '../platform/calendar.ts'
import { addMs, MINUTE_MS } from '../platform/clock.ts'
import type { Roster, StaffService, Store } from '../staff/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { PlanFacts } from './drafts.ts'
import { furtherOperations, type History, hangingFacts, hangs, isOperation, matchFacts, movedBy } from './facts.ts'
import type { Calls } from './load.ts'
import type { CareStore, PlanBeside, StepRow } from './model.ts'
import type { Pathway } from './pathway.ts'
import type { Host } from './planner.ts'
import { windowFacts } from './rows.ts'
import { type Subject, subjectOf } from './subjects.ts'

export interface AroundDeps {
  store: CareStore
  staff: Pick<StaffService, 'stores' | 'roster'>
  customers: Pick<CustomersService, 'getMany'>
  treatments: Pick<TreatmentsService, 'kind' | 'historyOf'>
  pathways: readonly Pathway[]
}

export interface Around {
  stores: ReadonlyMap<string, Store>
  load: Calls
  /** Who works when, as far as is known: what calls are shared by. */
  roster: Pick<Roster, 'staffing'>
  /** What a plan of it is made from; null when its store or code is unknown. */
  factsOf(subject: Subject, enteredAt: Date): PlanFacts | null
  /** Contacts of the customer's other plans that may carry its steps. */
  hostsOf(subject: Subject, now: Date): Host[]
}

/** A contact that is nearly due is left alone. */
const HOST_AHEAD_MS = 5 * MINUTE_MS
const NO_HISTORY: History = { treatments: [], appointments: [] }
/** Windows with a choice reach at most that far past the treatment, further operations apart. */
const CHOICE_MONTHS = 2

/** Whether plans of other treatments can hang on it at all, in whichever store. */
export function movesOthers({ treatments, pathways }: Pick<AroundDeps, 'treatments' | 'pathways'>, subject: Subject) {
  const kind = treatments.kind(subject.code)
  const asTreatment: Subject = { ...subject, record: subject.record === 'appointment' ? 'treatment' : subject.record }
  if (subject.record === 'consultation') return false
  return kind !== null && STORE_TYPES.some((type) => hangs(pathways, matchFacts(asTreatment, kind, { type })))
}
const STORE_TYPES = ['hospital', 'clinic', 'salon'] as const

/** In a constant number of commands. */
export async function lookAround(
  { store, staff, customers, treatments, pathways }: AroundDeps,
  subjects: readonly Subject[],
): Promise<Around> {
  const customerIds = [...new Set(subjects.map(({ customerId }) => customerId))]
  const days = subjects.map(({ treatedOn }) => treatedOn).sort()
  const [first = '', last = ''] = [days[0], days.at(-1)]
  const storeIds = [...new Set(subjects.map(({ storeId }) => storeId))]
  const ids = subjects.map(({ id }) => id)
  const [stores, people, load, plans, roster] = await Promise.all([
    staff.stores(storeIds),
    customers.getMany(customerIds),
    store.load(storeIds, addDays(first, 1), addMonths(last, CHOICE_MONTHS), ids),
    store.plansBeside(customerIds),
    staff.roster(),
  ])
  const matchOf = (subject: Subject) => {
    const kind = treatments.kind(subject.code)
    const place = stores.get(subject.storeId)
    return kind && place ? { kind, place, match: matchFacts(subject, kind, place) } : null
  }
  const curious = subjects.filter((one) => {
    const found = matchOf(one)
    return found !== null && (one.record === 'appointment' || hangs(pathways, found.match))
  })
  const histories = await historiesOf(treatments, people, curious)
  const historyOf = ({ customerId }: Subject) => histories.get(customerId) ?? NO_HISTORY
  const isOne = operationIn(treatments, pathways)
  const operationsAfter = (subject: Subject) => furtherOperations(subject, historyOf(subject), isOne)

  const roleOf = (plan: PlanBeside, subject: Subject, followed: ReadonlySet<string>): 'visit' | 'followed' | null => {
    if (plan._id === subject.id || plan.status !== 'active' || plan.customerId !== subject.customerId) return null
    if (followed.has(plan._id)) return 'followed'
    if (plan.storeId !== subject.storeId) return null
    // What is said to somebody who has not bought is no care.
    if (plan.record === 'consultation' || subject.record === 'consultation') return null
    // Whoever reminds of a visit reminds of the session, too.
    if (plan.record === 'appointment') return subject.record === 'treatment' ? 'visit' : null
    return plan.treatedOn === subject.treatedOn && subject.record !== 'appointment' ? 'visit' : null
  }
  const others = new Map<string, Map<string, 'visit' | 'followed'>>()
  for (const subject of subjects) {
    const followed = new Set(operationsAfter(subject).map(({ id }) => id))
    const roles = plans.flatMap((plan) => {
      const role = roleOf(plan, subject, followed)
      return role ? [[plan._id, role] as const] : []
    })
    others.set(subject.id, new Map(roles))
  }
  const wanted = [...new Set([...others.values()].flatMap((roles) => [...roles.keys()]))]
  const planned = wanted.length > 0 ? await store.plannedOf(wanted) : []

  return {
    stores,
    load,
    roster,
    factsOf(subject, enteredAt) {
      const found = matchOf(subject)
      if (!found) return null
      const { kind, place, match } = found
      return {
        ...match,
        ...hangingFacts(subject, kind, historyOf(subject), place.timeZone, operationsAfter(subject)),
        treatmentId: subject.id,
        opening: place.opening,
        window: { ...windowFacts(place), preferredTime: people.get(subject.customerId)?.preferredTime ?? null },
        endedAt: subject.endedAt,
        enteredAt,
      }
    },
    hostsOf(subject, now) {
      const roles = others.get(subject.id)
      return planned.flatMap((row) => {
        const role = roles?.get(row.treatmentId)
        return role ? hostOf(row, role === 'followed', addMs(now, HOST_AHEAD_MS)) : []
      })
    },
  }
}

/** Whose plans these move, in a constant number of commands. */
export async function hangingOn(
  { customers, treatments, pathways }: AroundDeps,
  subjects: readonly Subject[],
  which: 'next' | 'all',
): Promise<Map<Subject, Treatment[]>> {
  const people = await customers.getMany([...new Set(subjects.map(({ customerId }) => customerId))])
  const histories = await historiesOf(treatments, people, subjects)
  const isOne = operationIn(treatments, pathways)
  return new Map(
    subjects.map((subject) => [
      subject,
      movedBy(subject, histories.get(subject.customerId) ?? NO_HISTORY, isOne, which),
    ]),
  )
}

/** What counts as an operation is the same in every store. */
const operationIn =
  (treatments: AroundDeps['treatments'], pathways: readonly Pathway[]) =>
  (treatment: Treatment): boolean => {
    const kind = treatments.kind(treatment.code)
    return kind !== null && isOperation(pathways, matchFacts(subjectOf(treatment), kind, { type: 'hospital' }))
  }

function hostOf(row: StepRow, isFollowed: boolean, from: Date): Host[] {
  const { _id: id, step, ownerRole, kind, action, plannedOn, contactClass, dueAt } = row
  if (contactClass === 'greeting' || dueAt === null || dueAt <= from || plannedOn === null) return []
  const sells = contactClass === 'promotion' ? { isPromotion: true } : {}
  return [{ id, step, ownerRole, kind, action, plannedOn, ...sells, ...(isFollowed ? { isFollowed } : {}) }]
}

/** Records may stand under the customer's id, or under the one it was merged into. */
async function historiesOf(
  treatments: AroundDeps['treatments'],
  people: ReadonlyMap<string, Customer>,
  subjects: readonly Subject[],
): Promise<Map<string, History>> {
  if (subjects.length === 0) return new Map()
  const namesOf = (customerId: string) => [...new Set([customerId, people.get(customerId)?.id ?? customerId])]
  const ids = [...new Set(subjects.map(({ customerId }) => customerId))]
  const { treatments: done, appointments } = await treatments.historyOf([...new Set(ids.flatMap(namesOf))])
  return new Map(
    ids.map((id) => {
      const names = namesOf(id)
      const its = ({ customerId }: { customerId: string }) => names.includes(customerId)
      return [id, { treatments: done.filter(its), appointments: appointments.filter(its) }]
    }),
  )
}
