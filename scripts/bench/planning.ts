/** Planning alone, without a database: plans a second on one core, and what it costs to plan a year anew, against what is asked of both. */
import { diffOf, openness } from '../../src/care/diff.ts'
import { type Made, makePlan } from '../../src/care/enrol.ts'
import { hangingFacts, matchFacts } from '../../src/care/facts.ts'
import { type Calls, fullness, loadKey, weigh } from '../../src/care/load.ts'
import type { StepRow } from '../../src/care/model.ts'
import { type Existing, plan } from '../../src/care/planner.ts'
import { windowFacts } from '../../src/care/rows.ts'
import { type Subject, subjectOf } from '../../src/care/subjects.ts'
import { loadConfig } from '../../src/config.ts'
import { addDays, dailyOpening, daysBetween } from '../../src/platform/calendar.ts'
import { addMs, DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/platform/clock.ts'
import type { Store } from '../../src/staff/index.ts'
import { STORE_DEFAULTS } from '../../src/staff/service.ts'
import type { TreatmentKind } from '../../src/treatments/index.ts'
import { HOSPITAL, SALON, treatmentOf } from './clinic.ts'
import type { Bench, BenchContext } from './context.ts'
import { figure, interleave, type Measures, percentile } from './rounds.ts'

/** What is asked of one core: plans a second, and milliseconds for planning a year anew. */
const WANTED = { plans: 2_000, anew: 5 }
const START = '2026-03-02T02:00:00Z'
/** Treatments are spread over so many days, and over the hours in which a clinic treats. */
const DAYS = 300
const MINUTES = 600
/** A plan that reaches so far is a year's: its last contact is that of month 12. */
const YEAR_DAYS = 330
/** Who shares a role's calls: of four people three work on any day. */
const TEAM = { all: 4, present: 3 }
const FRESH: Existing = { hosts: [], settled: new Set(), days: new Map() }

export const planning: Bench = {
  name: 'planning',
  async run({ sizes, say }: BenchContext) {
    const { pathways, treatments: kinds } = loadConfig('config')
    const planner = createPlanner(pathways, kinds)
    const subjects = Array.from({ length: sizes.plans }, (_, i) => subjectFor(i, kinds))
    const years = yearsOf(planner, kinds)
    const counts = { plans: 0, steps: 0, moved: 0 }
    const rounds = await interleave(
      sizes.rounds,
      {
        ours: async () => {
          const calls: Calls = new Map()
          const made = core(() => subjects.map((one) => planner.count(one, calls)))
          counts.plans = made.done.length
          counts.steps = made.done.reduce((sum, steps) => sum + steps, 0)
          const times: number[] = []
          const anew = core(() => {
            let moved = 0
            for (let i = 0; i < sizes.replans; i++) {
              const startedAt = performance.now()
              moved += replan(planner, years[i % years.length] as Made)
              times.push(performance.now() - startedAt)
            }
            return moved
          })
          counts.moved = anew.done
          return {
            plans: counts.plans / (made.ms / 1_000),
            anew: anew.ms / sizes.replans,
            p95: percentile(times, 0.95),
          }
        },
        peer: async (): Promise<Measures> => ({ ...WANTED, p95: WANTED.anew }),
      },
      say,
    )
    return {
      name: 'planning',
      ours: 'facts, then steps by the shipped pathways, joined, and levelled over the days by the calls already planned; anew: also their rows, and the difference',
      peer: 'what is asked of one core: 2,000 plans a second, and five milliseconds for a year',
      figures: [
        figure(rounds, 'plans', { name: 'plans on one core', unit: 'plans/s', target: { atLeast: 1 } }),
        figure(rounds, 'anew', { name: 'a year planned anew', unit: 'ms', target: { atMost: 1 } }),
        // Of the wall's clock: whatever else the machine does is in it.
        figure(rounds, 'p95', { name: 'a year planned anew, p95', unit: 'ms' }),
      ],
      facts: { ...counts, kinds: kinds.length, years: years.map(({ plan }) => plan.code) },
    }
  },
}

/** Milliseconds of one core, whatever else the machine does: nothing here waits. */
function core<T>(work: () => T): { ms: number; done: T } {
  const before = process.cpuUsage()
  const done = work()
  const { user, system } = process.cpuUsage(before)
  return { ms: (user + system) / 1_000, done }
}

interface Planner {
  /** How many steps a new plan has; its calls weigh from then on. @throws when there are none: a fast answer without steps is none */
  count(subject: Subject, calls: Calls): number
  /** As the rows of an enrolment. @throws when there are none */
  make(subject: Subject, calls: Calls, existing?: Existing): Made
}

function createPlanner(pathways: ReturnType<typeof loadConfig>['pathways'], kinds: readonly TreatmentKind[]): Planner {
  const stores = new Map([storeOf(HOSPITAL, 'hospital'), storeOf(SALON, 'salon')].map((store) => [store.id, store]))
  const byCode = new Map(kinds.map((kind) => [kind.code, kind]))
  const history = { treatments: [], appointments: [] }
  function factsOf(subject: Subject, enteredAt: Date) {
    const [kind, store] = [byCode.get(subject.code), stores.get(subject.storeId)]
    if (!kind || !store) return null
    return {
      ...matchFacts(subject, kind, store),
      ...hangingFacts(subject, kind, history, store.timeZone, []),
      treatmentId: subject.id,
      opening: store.opening,
      window: windowFacts(store),
      endedAt: subject.endedAt,
      enteredAt,
    }
  }
  return {
    count(subject, calls) {
      const { storeId, code, enteredAt } = subject
      const facts = factsOf(subject, enteredAt)
      const steps =
        facts && plan(pathways, facts, (role, day) => fullness(calls.get(loadKey(storeId, role, day)) ?? 0, TEAM))
      if (!steps?.length) throw new Error(`nothing is planned for ${code}`)
      weigh(
        calls,
        steps.map((step) => ({ ...step, storeId })),
      )
      return steps.length
    },
    make(subject, calls, existing = FRESH) {
      const around = { stores, load: calls, roster: { staffing: () => TEAM }, factsOf }
      const made = makePlan({ pathways }, around, subject, existing, subject.enteredAt, subject.enteredAt)
      if (!made || made.rows.length === 0) throw new Error(`nothing is planned for ${subject.code}`)
      return made
    },
  }
}

const storeOf = (id: string, type: Store['type']): Store => ({
  ...STORE_DEFAULTS,
  opening: dailyOpening(),
  id,
  type,
  displayName: id,
  callbackPhone: '',
  emergencyPhone: '',
  address: '',
})

/** Every kind with each of its techniques in turn, entered at its end. */
function subjectFor(i: number, kinds: readonly TreatmentKind[]): Subject {
  const { code, category, techniques = [] } = kinds[i % kinds.length] as TreatmentKind
  const round = Math.floor(i / kinds.length)
  const endedAt = addMs(new Date(START), (round % DAYS) * DAY_MS + ((i * 7) % MINUTES) * MINUTE_MS)
  const storeId = category === 'salon' ? SALON : HOSPITAL
  const treatment = treatmentOf(`${i}`, { customerId: `c-${i}`, storeId, code, endedAt })
  return subjectOf({ ...treatment, technique: techniques[round % Math.max(1, techniques.length)] ?? null })
}

/** One plan of each kind that reaches a year. */
function yearsOf(planner: Planner, kinds: readonly TreatmentKind[]): Made[] {
  const made = kinds.map((_, i) => planner.make(subjectFor(i, kinds), new Map()))
  const years = made.filter(({ rows, treatment: { treatedOn } }) =>
    rows.some(({ lastDay }) => lastDay && daysBetween(treatedOn, lastDay) >= YEAR_DAYS),
  )
  if (years.length === 0) throw new Error('no shipped pathway reaches a year')
  return years
}

/** The treatment was a day later after all: everything open follows, as `replan` has it. Returns how many steps move. */
function replan(planner: Planner, { treatment, rows }: Made): number {
  const isOpen = openness(rows, [])
  const open = rows.filter(isOpen)
  const days = new Map(open.flatMap(({ _id, plannedOn }: StepRow) => (plannedOn ? [[_id, plannedOn] as const] : [])))
  const { endedAt, treatedOn } = treatment
  const later = { ...treatment, endedAt: addMs(endedAt, DAY_MS), treatedOn: addDays(treatedOn, 1) }
  const made = planner.make({ ...later, enteredAt: addMs(later.endedAt, HOUR_MS) }, new Map(), {
    hosts: [],
    settled: new Set(),
    days,
  })
  const moved = diffOf(open, made.rows).move.length
  if (moved === 0) throw new Error(`${treatment.code} is a day later, and nothing moves`)
  return moved
}
