/** The database ladder: the first way that works on this machine gives a real MongoDB server. Production names its own. */
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MongoClient } from 'mongodb'
import { freePort } from '../ports.ts'
import { type Daemon, findOnPath, startDaemon } from './daemon.ts'
import { downloadedMongod } from './download.ts'
import type { Tell } from './progress.ts'
import { ensureSecantusVenv, launcherOf } from './secantus.ts'

export type DatabaseKind = 'uri' | 'mongod' | 'secantusd-rs' | 'secantusd-py'

export interface Database {
  uri: string
  kind: DatabaseKind
  /** Stops what was started; a database that was given stays. */
  stop(): Promise<void>
}

export interface LadderOptions {
  /** Where data lives, e.g. `.data/db`. */
  dataDir: string
  /** Empty the folder first. */
  fresh?: boolean
  /** False for data that is deleted at the end: nothing waits for the disk. Default true. */
  durable?: boolean
  /** One line per thing that happens, for a person who waits. */
  onProgress?: Tell
  env?: NodeJS.ProcessEnv
}

export class NoDatabaseError extends Error {}

const WAYS_OUT = `No database could be started. Any one of these helps:
  - set MONGODB_URI to a MongoDB you have;
  - install mongod (https://www.mongodb.com/docs/manual/installation/) so that it is on the PATH;
  - install Python 3.10 or newer with venv and pip (Debian: apt-get install python3-venv), then run this again;
  - with Rust installed: npm run db:native`

/** Starts (or finds) a database. @throws NoDatabaseError with every way out when no rung holds. */
export async function startDatabase({
  dataDir,
  fresh = false,
  durable = true,
  onProgress = () => undefined,
  env = process.env,
}: LadderOptions): Promise<Database> {
  if (env.MONGODB_URI) return { uri: env.MONGODB_URI, kind: 'uri', stop: async () => undefined }
  if (env.NODE_ENV === 'production')
    throw new NoDatabaseError('MONGODB_URI is missing: production does not look for a database by itself.')
  const folder = resolve(dataDir)
  if (fresh) rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })

  const start = { folder, durable, tell: onProgress }
  const tried: string[] = []
  const rungs: [name: string, () => Promise<Database | null>][] = [
    ['mongod', () => mongod(findOnPath('mongod'), start)],
    ['secantusd-rs', () => secantus('secantusd-rs', findOnPath('secantusd-rs', [join('.cache', 'bin')]), start)],
    // Before the download: an environment that was installed earlier starts in a second.
    [
      'secantusd-py',
      () => secantus('secantusd-py', findOnPath('secantusd-py', [join('.cache', 'secantus', 'bin')]), start),
    ],
    ['downloaded mongod', async () => mongod(await downloadedMongod(onProgress), start)],
    ['installed secantusd-py', async () => secantus('secantusd-py', await ensureSecantusVenv(onProgress), start)],
  ]
  for (const [name, climb] of rungs) {
    try {
      const database = await climb()
      if (database) return database
    } catch (error) {
      tried.push(`${name}: ${error instanceof Error ? error.message : String(error)}`)
      onProgress(`${name} did not start, trying the next way`)
    }
  }
  throw new NoDatabaseError(
    `${WAYS_OUT}${tried.length > 0 ? `\nTried:\n${tried.map((line) => `  - ${line}`).join('\n')}` : ''}`,
  )
}

interface Start {
  folder: string
  durable: boolean
  tell: Tell
}

async function mongod(binary: string | null, { folder, durable, tell }: Start): Promise<Database | null> {
  if (!binary) return null
  tell('starting mongod as a one-member replica set')
  const path = join(folder, 'mongod')
  const { daemon, port } = await serve(binary, path, durable, (port) => [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--dbpath',
    path,
    '--replSet',
    'rs0',
  ])
  const host = `127.0.0.1:${port}`
  const client = new MongoClient(`mongodb://${host}/?directConnection=true`)
  try {
    await client.connect()
    await initiate(client, host)
  } catch (error) {
    await daemon.stop()
    throw error
  } finally {
    await client.close()
  }
  return { uri: `mongodb://${host}/aftercare?replicaSet=rs0`, kind: 'mongod', stop: () => daemon.stop() }
}

/** Makes the server the only member of its set; data of an earlier start knows it by the port of that day. */
async function initiate(client: MongoClient, host: string): Promise<void> {
  const admin = client.db('admin')
  try {
    await admin.command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host }] } })
  } catch (error) {
    if ((error as { codeName?: string }).codeName !== 'AlreadyInitialized') throw error
    const { config } = await admin.command({ replSetGetConfig: 1 })
    const moved = { ...config, version: config.version + 1, members: [{ ...config.members[0], host }] }
    await admin.command({ replSetReconfig: moved, force: true })
  }
}

async function secantus(
  kind: 'secantusd-rs' | 'secantusd-py',
  binary: string | null,
  { folder, durable, tell }: Start,
): Promise<Database | null> {
  if (!binary) return null
  tell(`starting ${kind}`)
  const path = join(folder, kind)
  // Without --sync-on-commit a killed daemon forgets acknowledged writes (measured). Data that is deleted at the end needs no
  // replication log either, and each update then costs about half.
  const { program, before } = kind === 'secantusd-py' ? launcherOf(binary) : { program: binary, before: [] }
  const { daemon, port } = await serve(program, path, durable, (port) => [
    ...before,
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--storage-path',
    path,
    ...(durable ? ['--sync-on-commit'] : ['--standalone']),
    '--log-level',
    'WARNING',
  ])
  // It keeps every retryable write of the last half hour and walks them all at each write; our writes are safe to repeat.
  // A streamed heartbeat keeps one of its threads busy.
  const uri = `mongodb://127.0.0.1:${port}/aftercare?directConnection=true&retryWrites=false&serverMonitoringMode=poll`
  return { uri, kind, stop: () => daemon.stop() }
}

async function serve(
  binary: string,
  path: string,
  durable: boolean,
  argsFor: (port: number) => string[],
): Promise<{ daemon: Daemon; port: number }> {
  const port = await freePort()
  mkdirSync(path, { recursive: true })
  const daemon = await startDaemon(binary, argsFor(port), { throwaway: !durable })
  await answering(daemon, port)
  return { daemon, port }
}

const START_LIMIT_MS = 30_000

/** Waits until the server answers a ping; fails early when the process ends, and stops it when it never answers. */
async function answering(daemon: Daemon, port: number): Promise<void> {
  const deadline = Date.now() + START_LIMIT_MS
  for (;;) {
    const exit = daemon.exited()
    if (exit) throw new Error(`ended at start: ${exit}`)
    const client = new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`, {
      serverSelectionTimeoutMS: 500,
    })
    try {
      await client.connect()
      await client.db('admin').command({ ping: 1 })
      return
    } catch (error) {
      if (Date.now() > deadline) {
        await daemon.stop()
        throw error
      }
      await new Promise((done) => setTimeout(done, 100))
    } finally {
      await client.close()
    }
  }
}
