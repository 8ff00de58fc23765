/** One running process: connections, clock, features by role, HTTP, metronome; and the way back in order. */
import { type App, type AppConfig, buildApp } from './app.ts'
import { TALKS } from './bot/index.ts'
import { createActivity } from './platform/activity.ts'
import { createAddressOf } from './platform/address.ts'
import { type Clock, EPOCH, type ManualClock, manualClock, systemClock } from './platform/clock.ts'
import { createFieldCrypto, parseFieldKeys } from './platform/crypto.ts'
import { connectDb } from './platform/db.ts'
import { createDueEngine, type DueEngine } from './platform/due.ts'
import { createFollower, type Follower } from './platform/follower.ts'
import { createHttpServer, mountRoutes } from './platform/http-server.ts'
import { createIdempotency } from './platform/idempotency.ts'
import type { Log } from './platform/log.ts'
import { createMetrics } from './platform/metrics.ts'
import { createAgendaMetronome, createDrainer, type Drainer } from './platform/metronome.ts'
import { mountPages } from './platform/pages.ts'
import { type Random, systemRandom } from './platform/random.ts'
import {
  ALLOWANCES,
  type Allowance,
  type AllowanceName,
  createRateLimiter,
  unthrottled,
} from './platform/rate-limit.ts'
import type { Settings } from './platform/settings.ts'
import { type StopStep, stopInOrder } from './platform/shutdown.ts'
import { mountSystemRoutes } from './platform/system-routes.ts'
import { UNSEEN, watchWrites } from './platform/writes.ts'

export interface ServerOptions {
  settings: Settings
  config: AppConfig
  log: Log
  random?: Random
  /**
   * `agenda` (default): ticks and nudges. `step`: only the clock follower drains, in a fixed order, so that a seeded run
   * repeats; needs CLOCK_URL.
   */
  metronome?: 'agenda' | 'step'
  /** How often one may ask. */
  allowances?: Record<AllowanceName, Allowance>
}

export interface RunningServer {
  address: string
  /** For whoever runs it: the same door as `npm run import`, at the server's own time. */
  imports: App['imports']
  /** Stops accepting, finishes what is in flight, gives everything back. */
  stop(): Promise<void>
}

const HTTP_GRACE_MS = 8_000
const STEP_WAIT_MS = 1_000
/** Other processes write too. */
const LOOK_STANDS_MS = 150
/** In steps this process is the only one. */
const LONE_STANDS_MS = 600_000

export async function startServer({
  settings,
  config,
  log,
  random = systemRandom,
  metronome = 'agenda',
  allowances = ALLOWANCES,
}: ServerOptions): Promise<RunningServer> {
  const followed: ManualClock | null = settings.CLOCK_URL ? manualClock(EPOCH) : null
  const clock: Clock = followed ?? systemClock
  const works = settings.ROLE === 'worker' || settings.ROLE === 'all'
  // It talks: its own table is drained here, all others by workers.
  const talks = settings.ROLE === 'bot'
  const serves = settings.ROLE === 'web' || settings.ROLE === 'all'
  // Who neither drains nor follows a clock has no looks to remember, and what it writes need not be counted.
  const remembers = works || talks || followed !== null
  const db = await connectDb(settings.MONGODB_URI, { monitored: remembers })
  const activity = createActivity()
  const metrics = createMetrics()
  const crypto = createFieldCrypto(parseFieldKeys(settings.FIELD_KEYS))

  // Rooms are built before the drainer that runs them: the nudge reaches it through this slot.
  const slot: { engine: DueEngine | null; drainer: Drainer | null; follower: Follower | null } = {
    engine: null,
    drainer: null,
    follower: null,
  }
  const nudge = (table: string) => {
    slot.engine?.hint(table)
    slot.drainer?.nudge(table)
    // In steps the simulator says when to look: then what happens at one instant happens in one order.
    if (metronome === 'agenda') slot.follower?.wake()
  }
  const { LEASE_MS: leaseMs } = settings
  const writes = remembers ? watchWrites(db) : UNSEEN
  // Of several processes each must see at once what an event of another one is about.
  const memory = { writes, standsMs: metronome === 'step' ? LONE_STANDS_MS : 0 }
  const app = buildApp({ db, clock, random, log, crypto, nudge, leaseMs, works, memory, settings, config, metrics })
  const standsMs = !remembers ? 0 : metronome === 'step' ? LONE_STANDS_MS : LOOK_STANDS_MS
  // Of a process that only talks it is the talk; every other one may do everything.
  const worked = talks ? app.due.filter(({ table }) => table === TALKS) : app.due
  const engine = createDueEngine(worked, { log, metrics, clock, writes, standsMs })
  const drainer = createDrainer({ engine, clock, activity, nudges: (works || talks) && metronome === 'agenda' })
  slot.engine = engine
  slot.drainer = drainer

  const steps: StopStep[] = []
  const addressOf = createAddressOf(settings.TRUSTED_PROXIES)
  // Months of simulated requests come within minutes, and CLOCK_URL is refused in production.
  const throttle = followed ? unthrottled(addressOf) : { ...createRateLimiter({ clock, allowances }), addressOf }
  const http = createHttpServer({ log, random, metrics, activity, throttle })
  try {
    if (followed && settings.CLOCK_URL) {
      const id = `${settings.ROLE}-${process.pid}-${random.id().slice(0, 6)}`
      const drainAll = works || talks ? () => drainer.drainAll() : () => engine.nextDueAt(clock.now())
      slot.follower = createFollower({
        clockUrl: settings.CLOCK_URL,
        id,
        clock: followed,
        activity,
        drainAll,
        log,
        ...(metronome === 'step' ? { waitAtMostMs: STEP_WAIT_MS } : {}),
      })
      await slot.follower.sync()
    }
    await app.ready()
    const measure = async () => {
      await engine.measureLag(clock.now())
      for (const [table, count] of Object.entries(await app.parked())) metrics.parked.set({ table }, count)
    }
    const routes = serves ? app.routes : []
    mountSystemRoutes(http.router, { db, metrics, routes, integration: app.integration, throttle, measure })
    if (serves) {
      for (const mount of app.callbacks) mount(http.router)
      mountPages(http.router, app.pages, log)
      mountRoutes(http.router, app.routes, {
        log,
        random,
        metrics,
        activity,
        throttle,
        authenticate: app.authenticate,
        idempotency: createIdempotency({ db, clock, crypto }),
      })
    }
    const { port, host } = await http.listen(settings.PORT, settings.HOST)
    if (works || talks) {
      if (metronome === 'agenda') {
        const agenda = createAgendaMetronome({
          db,
          // A tick goes to one process only: it must be one that works it off.
          tables: worked.filter(({ watched }) => !watched).map(({ table }) => table),
          drainer,
          log,
          lockLifetimeMs: settings.LEASE_MS,
        })
        await agenda.start()
        steps.push({ name: 'agenda', stop: () => agenda.stop() })
      }
      if (works) await app.startWork()
    }
    slot.follower?.start()
    log.info({ port, host, role: settings.ROLE, metronome }, 'serving')
    return {
      address: `http://${host}:${port}`,
      imports: app.imports,
      stop: () =>
        stopInOrder(
          [
            { name: 'http', stop: () => http.stop(HTTP_GRACE_MS) },
            ...steps,
            { name: 'drains', stop: () => drainer.stop() },
            { name: 'assistant', stop: () => app.stop() },
            { name: 'clock', stop: () => slot.follower?.stop() },
            { name: 'database', stop: () => db.close() },
          ],
          log,
        ),
    }
  } catch (error) {
    await db.close().catch(() => undefined)
    throw error
  }
}
