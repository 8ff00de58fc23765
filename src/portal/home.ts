/** The first page: where I stand today, what helps, what comes next, and who is there for me. */
import type { MyCare, MyGuide, MyStep } from '../care/index.ts'
import type { CustomersService } from '../customers/index.ts'
import { addDays, type Day, DEFAULT_ZONE, dayOf, daysBetween } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import type { StaffService, Store } from '../staff/index.ts'
import {
  type Appointment,
  type AppointmentAnswer,
  coming,
  type Treatment,
  type TreatmentKind,
  type TreatmentsService,
} from '../treatments/index.ts'

export interface PortalDeps {
  care: Pick<MyCare, 'stepsOf' | 'guide' | 'moments'>
  customers: Pick<CustomersService, 'get' | 'contacts' | 'idsOf'>
  treatments: Pick<TreatmentsService, 'ofCustomer' | 'kind' | 'appointmentsOf' | 'answerAppointment' | 'get'>
  staff: Pick<StaffService, 'stores' | 'members' | 'allStores'>
  /** What the customer is asked just now. */
  questions: (customerId: string) => Promise<Question[]>
  clock: Pick<Clock, 'now'>
}

export interface Question {
  title: string
  /** Page of the mini-program. */
  page: string
}

export interface TodayOf {
  treatmentId: string
  name: string
  technique: string | null
  storeId: string
  treatedOn: Day
  /** Days since; 0 is the day itself. */
  day: number
  /** The latest guide up to today. */
  guide: MyGuide | null
  /** What is due today. */
  steps: MyStep[]
}

export interface ComingVisit {
  id: string
  startsAt: Date
  name: string
  storeName: string
  /** What I said to it. */
  answer: AppointmentAnswer['what'] | null
}

export interface Home {
  salutation: string
  store: Pick<Store, 'id' | 'displayName' | 'callbackPhone' | 'emergencyPhone' | 'address'> | null
  today: TodayOf[]
  /** The next contact on a later day. */
  coming: MyStep | null
  appointment: ComingVisit | null
  questions: Question[]
  team: { consultant: string | null; doctor: string | null }
}

/** Care reaches a year; whoever is further on looks into the calendar. */
const TODAY_DAYS = 366
const MOST_TREATMENTS = 3
/** Of whoever belongs to no store yet. */

export interface Known {
  treatment: Treatment
  kind: TreatmentKind
  store: Store
}

/** The customer's own treatments whose kind and store are known, the newest first. */
export async function knownTreatments(
  { treatments, staff }: Pick<PortalDeps, 'treatments' | 'staff'>,
  customerId: string,
): Promise<Known[]> {
  const done = (await treatments.ofCustomer(customerId)).filter(({ status }) => status === 'completed')
  const stores = await staff.stores([...new Set(done.map(({ storeId }) => storeId))])
  return done
    .flatMap((treatment) => {
      const kind = treatments.kind(treatment.code)
      const store = stores.get(treatment.storeId)
      return kind && store ? [{ treatment, kind, store }] : []
    })
    .reverse()
}

export async function homeOf(deps: PortalDeps, customerId: string): Promise<Home> {
  const { care, customers, staff, clock } = deps
  const now = clock.now()
  const known = await knownTreatments(deps, customerId)
  const [customer, contact, steps, appointment, questions] = await Promise.all([
    customers.get(customerId),
    customers.contacts([customerId]).then((all) => all.get(customerId)),
    care.stepsOf(known.map(({ treatment }) => treatment.id)),
    nextAppointment(deps, customerId, now),
    deps.questions(customerId),
  ])
  const newest = known[0]
  const [firstStore] = customer?.storeIds ?? []
  const store = newest?.store ?? (firstStore ? (await staff.stores([firstStore])).get(firstStore) : undefined) ?? null
  const today = dayOf(now, store?.timeZone ?? DEFAULT_ZONE)
  const people = await staff.members(
    [customer?.ownerUserId ?? newest?.treatment.consultantUserId, newest?.treatment.doctorUserId].flatMap(
      (id) => id ?? [],
    ),
  )
  const nameOf = (id: string | null | undefined) => (id ? (people.get(id)?.name ?? null) : null)
  return {
    salutation: contact?.salutation ?? '您',
    store,
    today: known
      .filter(({ treatment }) => treatment.treatedOn >= addDays(today, -TODAY_DAYS))
      .slice(0, MOST_TREATMENTS)
      .map((one) => todayOf(care, one, today, steps)),
    coming: steps.find(({ status, day }) => status === 'coming' && day !== null && day > today) ?? null,
    appointment,
    questions,
    team: {
      consultant: nameOf(customer?.ownerUserId ?? newest?.treatment.consultantUserId),
      doctor: nameOf(newest?.treatment.doctorUserId),
    },
  }
}

function todayOf(care: PortalDeps['care'], { treatment, kind }: Known, today: Day, steps: readonly MyStep[]): TodayOf {
  const { id: treatmentId, technique, storeId, treatedOn } = treatment
  const day = Math.max(0, daysBetween(treatedOn, today))
  const days = care.moments(kind, technique).filter((moment) => typeof moment === 'number')
  const latest = days.filter((moment) => moment <= day).at(-1)
  return {
    treatmentId,
    name: kind.name,
    technique,
    storeId,
    treatedOn,
    day,
    guide: latest === undefined ? null : care.guide(kind, technique, latest),
    steps: steps.filter((step) => step.treatmentId === treatmentId && step.day === today),
  }
}

async function nextAppointment(deps: PortalDeps, customerId: string, now: Date): Promise<ComingVisit | null> {
  const [next] = coming(await deps.treatments.appointmentsOf(customerId), now)
  return next ? visitOf(deps, next) : null
}

export async function visitOf(
  { treatments, staff }: Pick<PortalDeps, 'treatments' | 'staff'>,
  { id, startsAt, code, storeId, answer }: Appointment,
): Promise<ComingVisit> {
  const store = (await staff.stores([storeId])).get(storeId)
  return {
    id,
    startsAt,
    name: treatments.kind(code)?.name ?? '到院',
    storeName: store?.displayName ?? '',
    // A wish that was heard promises no call any more; what was agreed, the clinic's calendar will say.
    answer: answer && !answer.isHeard ? answer.what : null,
  }
}
