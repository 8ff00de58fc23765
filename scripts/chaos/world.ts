/** Database, simulator, one web process and two workers: started, connected, and stopped together. */
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSimulator, type Simulator } from '../../simulator/index.ts'
import { installPeople } from '../../simulator/people/index.ts'
import { startDatabase } from '../db/ladder.ts'
import { type ClinicApi, createClinicApi } from '../demo/clinic-api.ts'
import { aimCallbacks, vendorSettings } from '../demo/vendor-settings.ts'
import { compileServer, type Mutation } from './compile.ts'
import { openGateway } from './gateway.ts'
import { createKiller, type Killer, type Slot } from './killer.ts'
import { createObserver, type Observer } from './observe.ts'
import { startProcess } from './processes.ts'
import type { Targets } from './targets.ts'
import { cutAt, killAtRequests } from './triggers.ts'

export interface WorldOptions {
  /** What runs may differ from the sources in one place. */
  mutation: Mutation | null
  seed: number
  customers: number
  start: Date
  targets: Targets
  concurrency: number
  leaseMs: number
  say: (line: string) => void
  onError: (message: string) => void
}

export interface ChaosWorld {
  simulator: Simulator
  api: ClinicApi
  observer: Observer
  killer: Killer
  database: string
  stop(): Promise<void>
}

const STAFF = 14
/** What the processes say stays for whoever looks into a failed run. */
const LOGS = join('test-output', 'chaos')

export async function startWorld(options: WorldOptions): Promise<ChaosWorld> {
  const { mutation, seed, customers, start, targets, concurrency, leaseMs, say, onError } = options
  const scratch = mkdtempSync(join(tmpdir(), 'aftercare-chaos-'))
  const logFile = join(LOGS, `${mutation ? 'mutant' : 'server'}-${process.pid}.jsonl`)
  mkdirSync(LOGS, { recursive: true })
  const stops: (() => unknown)[] = [() => rmSync(scratch, { recursive: true, force: true })]
  const stop = async () => {
    for (const one of stops.splice(0).reverse()) await Promise.resolve(one()).catch(() => undefined)
  }
  try {
    const server = compileServer(mutation)
    stops.push(() => server.remove())
    const database = await startDatabase({ dataDir: join(scratch, 'db'), fresh: true, durable: false, onProgress: say })
    stops.push(() => database.stop())
    const simulator = await createSimulator({
      seed,
      customers,
      staff: STAFF,
      clock: 'manual',
      start,
      people: installPeople,
    })
    stops.push(() => simulator.close())
    const { ready, clock } = simulator
    const uri = new URL(database.uri)
    uri.pathname = `/chaos_${randomBytes(4).toString('hex')}`
    const observer = await createObserver(uri.toString())
    stops.push(() => observer.drop().then(() => observer.close()))

    const key = randomBytes(16).toString('hex')
    const common = {
      PORT: '0',
      ...vendorSettings(ready),
      FIELD_KEYS: `chaos:${randomBytes(32).toString('base64')}`,
      SESSION_SECRET: randomBytes(32).toString('hex'),
      INTEGRATION_KEYS: key,
      CLOCK_URL: ready.wecomBase,
      LEASE_MS: String(leaseMs),
      SEND_CONCURRENCY: String(concurrency),
      KF_PULL_MINUTES: '240',
    }
    const run = (env: Record<string, string>) =>
      startProcess({ main: server.main, env: { ...common, ...env }, logFile, onError })
    const slots: Slot[] = []
    const killer = createKiller({
      targets,
      clock,
      observer,
      onKill: (place, slot) => say(`killed ${slot.name}: ${place}`),
    })
    for (const [name, hostname] of [
      ['one', '127.0.0.1'],
      ['two', 'localhost'],
    ] as const) {
      const named = (base: string) => Object.assign(new URL(base), { hostname }).origin
      const gateway = await openGateway(uri.toString(), (command) => cutAt(killer, observer, slot, command))
      stops.push(() => gateway.close())
      const env = {
        ROLE: 'worker',
        // What is proven here are promises; there is no process that talks.
        WECHATY_PUPPET: 'off',
        MONGODB_URI: gateway.uri,
        WECOM_API_BASE: named(ready.wecomBase),
        WECHAT_API_BASE: named(ready.wechatBase),
      }
      const slot: Slot = { name, host: hostname, process: null, start: () => run(env) }
      slots.push(slot)
    }
    killAtRequests(simulator, killer, slots)

    // The first to start makes the indexes; then all at once.
    const web = await run({ ROLE: 'web', MONGODB_URI: uri.toString() })
    stops.push(() => web.kill())
    stops.push(() => Promise.all(slots.map((slot) => slot.process?.kill())))
    await Promise.all(
      slots.map(async (slot) => {
        slot.process = await slot.start()
      }),
    )
    await aimCallbacks(ready.wecomBase, web.address)
    return { simulator, api: createClinicApi(web.address, key), observer, killer, database: database.kind, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
