/** Database, simulator and server of the demo, started and stopped together. */
import { randomBytes } from 'node:crypto'
import { rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { createSimulator, type Simulator } from '../../simulator/index.ts'
import { installPeople, refuseSms } from '../../simulator/people/index.ts'
import { type AppConfig, loadConfig } from '../../src/config.ts'
import { createLog } from '../../src/platform/log.ts'
import { seededRandom } from '../../src/platform/random.ts'
import { readSettings } from '../../src/platform/settings.ts'
import { type RunningServer, startServer } from '../../src/server.ts'
import { type Database, startDatabase } from '../db/ladder.ts'
import { type ClinicApi, createClinicApi } from './clinic-api.ts'
import { ORGANISATION, STAFF } from './stores.ts'
import { aimCallbacks, vendorSettings } from './vendor-settings.ts'

export interface DemoOptions {
  seed: number
  customers: number
  start: Date
  port: number
  simulatorPort: number
  onProgress: (line: string) => void
}

export interface DemoParts {
  database: Database
  simulator: Simulator
  server: RunningServer
  api: ClinicApi
  config: AppConfig
  /** What is written there goes with the demo. */
  dataDir: string
  stop(): Promise<void>
}

const INTEGRATION_KEY = `demo-${randomBytes(16).toString('hex')}`

export async function startParts({
  seed,
  customers,
  start,
  port,
  simulatorPort,
  onProgress,
}: DemoOptions): Promise<DemoParts> {
  const dataRoot = process.env.DATA_DIR ?? '.data'
  const dataDir = join(dataRoot, `demo-${process.pid}`)
  const removeData = () => {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 })
    try {
      rmdirSync(dataRoot)
    } catch {
      // others keep something there
    }
  }
  // However it ends, and after the database.
  process.once('exit', removeData)
  const database = await startDatabase({ dataDir, fresh: true, durable: false, onProgress })
  onProgress(`数据库 database: ${database.kind}`)
  const stops: (() => Promise<void>)[] = [() => database.stop()]
  const stop = async () => {
    for (const one of [...stops].reverse()) await one().catch(() => undefined)
  }
  // The order of the list: the last started stops first.
  try {
    const simulator = await createSimulator({
      port: simulatorPort,
      seed,
      customers,
      staff: STAFF,
      organisation: ORGANISATION,
      clock: 'manual',
      start,
      people(all) {
        installPeople(all)
        refuseSms(all)
      },
    })
    stops.push(() => simulator.close())
    const { ready } = simulator
    const uri = inDatabase(database.uri, `demo_${randomBytes(4).toString('hex')}`)
    // A database that was given stays; what is put there does not.
    if (database.kind === 'uri') stops.push(() => dropDatabase(uri))
    const { settings, problems } = readSettings({
      MONGODB_URI: uri,
      PORT: String(port),
      // A port that is only known later is in no message, so that a seeded run repeats.
      ...(port > 0 ? { PUBLIC_URL: `http://127.0.0.1:${port}` } : {}),
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      ...(process.env.CONFIG_DIR ? { CONFIG_DIR: process.env.CONFIG_DIR } : {}),
      ...vendorSettings(ready),
      FIELD_KEYS: `demo:${randomBytes(32).toString('base64')}`,
      SESSION_SECRET: randomBytes(32).toString('hex'),
      INTEGRATION_KEYS: INTEGRATION_KEY,
      CLOCK_URL: ready.wecomBase,
      SEND_CONCURRENCY: '1',
      KF_PULL_MINUTES: '720',
    })
    if (!settings) throw new Error(problems.map(({ setting, message }) => `${setting} ${message}`).join('\n'))
    const config = loadConfig(settings.CONFIG_DIR)
    const server = await startServer({
      settings,
      config,
      log: createLog({ level: settings.LOG_LEVEL }),
      random: seededRandom(seed),
      metronome: 'step',
    })
    stops.push(() => server.stop())
    await aimCallbacks(ready.wecomBase, server.address)
    return { database, simulator, server, api: createClinicApi(server.address, INTEGRATION_KEY), config, dataDir, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** The same server with another database; an address may name several hosts, which URL can't read. */
const inDatabase = (uri: string, name: string): string =>
  uri.replace(/^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?/, `$1/${name}`)

async function dropDatabase(uri: string): Promise<void> {
  const client = await new MongoClient(uri, { serverSelectionTimeoutMS: 5_000 }).connect()
  await client.db().dropDatabase()
  await client.close()
}

export async function moveClock(
  wecomBase: string,
  to: Date,
  timeoutMs: number,
): Promise<{ now: string; hops: number }> {
  const response = await fetch(`${wecomBase}/_sim/clock`, {
    method: 'POST',
    body: JSON.stringify({ to: to.toISOString(), timeoutMs }),
  })
  const answer = (await response.json()) as { now: string; hops: number; error?: { message: string } }
  if (!response.ok) throw new Error(`the clock does not move: ${answer.error?.message}`)
  return answer
}
