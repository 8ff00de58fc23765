/**
 * One fault run: a web process and two workers of the server on one database, a simulated WeCom, a clinic with busy mornings,
 * and workers that are killed at the very instant that is asked for, while the other one and a fresh one go on.
 */
import { judge } from '../../simulator/audit/judge.ts'
import { type Chart, createChart } from '../demo/chart.ts'
import { fetchClaims } from '../demo/clinic-api.ts'
import { scheduleEntries } from '../demo/desk.ts'
import { enterStores, storesOf } from '../demo/stores.ts'
import { type PerNight, planNights, scheduleHabits } from './clinic.ts'
import type { Mutation } from './compile.ts'
import { count, doubles, type Evidence, type Finding, type Judgement, judgeRun, unknownPerKill } from './judge.ts'
import { createTargets } from './targets.ts'
import { type ChaosWorld, startWorld } from './world.ts'

export interface RunOptions {
  /** The server differs from its sources in this place. */
  mutation?: Mutation
  seed: number
  /** Place → kills. */
  wanted: Readonly<Record<string, number>>
  perNight: PerNight
  /** The run ends with the day on which everything wanted has happened; at this one it ends anyway. */
  mostDays: number
  /** Ends at once when somebody gets something twice. */
  stopAtFirst?: boolean
  say: (line: string) => void
}

export interface RunReport extends Judgement {
  database: string
  kills: Record<string, number>
  /** Of these, kills that caught a message on its way. */
  caught: Record<string, number>
  killsTotal: number
  killsByWorker: Record<string, number>
  /** Places that had fewer kills than wanted. */
  missing: string[]
  /** Most messages that all these kills may have left unknown on one channel. */
  unknownAllowed: number
  /** What the server logged as errors, by sentence. */
  errors: Record<string, number>
  days: number
  seconds: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR
const LEASE_MS = 2_000
/** People written to at the same time by one worker. */
const CONCURRENCY = 2
const MOVE_LIMIT_MS = 600_000
/** Shanghai midnight. */
const START = new Date('2026-03-02T00:00:00+08:00')
/** Where a day is looked at. */
const LOOKS = [9, 11, 12.5, 17.5, 20.5, 24]
/** Of a hundred simulated customers so many are of a kind that a run needs. */
const SHARE = { chatty: 0.42, mini: 0.33 }

export async function runChaos({
  mutation,
  seed,
  wanted,
  perNight,
  mostDays,
  stopAtFirst = false,
  say,
}: RunOptions): Promise<RunReport> {
  const startedAt = performance.now()
  const targets = createTargets(wanted)
  const errors: Record<string, number> = {}
  const customers = Math.ceil(
    Math.max(perNight.chatty / SHARE.chatty, perNight.mini / SHARE.mini) * mostDays * 1.3 + 10,
  )
  const world = await startWorld({
    mutation: mutation ?? null,
    seed,
    customers,
    start: new Date(START.getTime() + 22 * HOUR),
    targets,
    concurrency: CONCURRENCY,
    leaseMs: LEASE_MS,
    say,
    onError: (message) => {
      errors[message] = (errors[message] ?? 0) + 1
    },
  })
  try {
    const { simulator, api, killer } = world
    const stores = storesOf(START, 10 * mostDays)
    await enterStores(api, stores)
    const [hospital, salon] = [
      stores.find(({ type }) => type === 'hospital'),
      stores.find(({ type }) => type === 'salon'),
    ]
    if (!hospital || !salon) throw new Error('the demo has a hospital and a salon')
    const chart = createChart()
    const visits = planNights(simulator, [hospital, salon], { start: START, nights: mostDays, perNight })
    scheduleEntries({ simulator, api, chart }, visits)
    scheduleHabits(simulator, visits, { start: START, days: mostDays })

    const moveTo = (at: Date) => Promise.race([simulator.clock.moveTo(at, MOVE_LIMIT_MS), killer.failed])
    const evidence = () => gather(world, stores, chart)
    await moveTo(new Date(START.getTime() + DAY))
    let days = 0
    let early: Finding[] = []
    while (days < mostDays && (days === 0 || targets.open().length > 0) && early.length === 0) {
      days += 1
      for (const hour of LOOKS) {
        await moveTo(new Date(START.getTime() + days * DAY + hour * HOUR))
        if (stopAtFirst) early = violations(await evidence())
        if (early.length > 0) break
      }
      say(
        `day ${days}: ${Object.values(targets.counts()).reduce((sum, n) => sum + n, 0)} kills, ${targets.open().length} places to go`,
      )
    }
    const judgement = judgeRun(await evidence())
    return {
      ...judgement,
      database: world.database,
      kills: targets.counts(),
      caught: count(
        killer.kills.filter(({ inFlight }) => inFlight.length > 0),
        ({ place }) => place,
      ),
      killsTotal: killer.kills.length,
      killsByWorker: count(killer.kills, ({ worker }) => worker),
      missing: targets.open(),
      unknownAllowed: killer.kills.length * CONCURRENCY,
      errors,
      days,
      seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    }
  } finally {
    await world.stop()
  }
}

/** What is wrong already, whatever comes. */
const violations = (evidence: Evidence): Finding[] => [...doubles(evidence), ...unknownPerKill(evidence)]

async function gather(
  { simulator, api, observer, killer }: ChaosWorld,
  stores: ReturnType<typeof storesOf>,
  chart: Chart,
): Promise<Evidence> {
  const now = simulator.clock.now()
  const ledger = simulator.ledger.entries()
  const claims = await fetchClaims(api)
  const personOf = new Map<string, string>()
  let cursor: unknown = null
  do {
    const page = await api.call('GET', `/api/v1/customers?limit=200${cursor ? `&cursor=${cursor}` : ''}`)
    for (const { id, externalId } of page.items as { id: string; externalId: string | null }[])
      if (externalId) personOf.set(id, externalId.replace(/^C-/, ''))
    cursor = page.nextCursor
  } while (cursor)
  return {
    verdict: judge({
      treatments: chart.treatments(),
      calendars: new Map(stores.map(({ id, closed }) => [id, { closed: new Set(closed) }])),
      ledger,
      claims,
      end: now,
    }),
    claims,
    ledger,
    contacts: await observer.contacts(now, personOf),
    tasks: await observer.tasks(),
    kills: killer.kills,
    concurrency: CONCURRENCY,
    leases: await observer.leases(),
  }
}
