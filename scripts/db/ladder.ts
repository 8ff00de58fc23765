/** The database ladder: the first way that works on this machine gives a real MongoDB server. Production names its own. */
import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { MongoClient } from 'mongodb'
import { type Daemon, findOnPath, freePort, startDaemon } from './daemon.ts'
import { startMemoryServer } from './memory-server.ts'
import { ensureSecantusVenv } from './secantus.ts'

export type DatabaseKind = 'uri' | 'mongod' | 'secantusd-rs' | 'memory-server' | 'secantusd-py'

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
  onProgress?: (line: string) => void
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

  const options = { folder, durable, onProgress }
  const tried: string[] = []
  const rungs: [DatabaseKind, () => Promise<Database | null>][] = [
    ['mongod', () => mongod(folder, onProgress)],
    ['secantusd-rs', () => secantus('secantusd-rs', findOnPath('secantusd-rs', [join('.cache', 'bin')]), options)],
    // Before the download: a Python rung that was installed earlier starts in a second.
    [
      'secantusd-py',
      () => secantus('secantusd-py', findOnPath('secantusd-py', [join('.cache', 'secantus', 'bin')]), options),
    ],
    ['memory-server', () => startMemoryServer(join(folder, 'mongod'), onProgress)],
    ['secantusd-py', async () => secantus('secantusd-py', await ensureSecantusVenv(onProgress), options)],
  ]
  for (const [kind, start] of rungs) {
    try {
      const database = await start()
      if (database) return database
    } catch (error) {
      tried.push(`${kind}: ${error instanceof Error ? error.message : String(error)}`)
      onProgress(`${kind} did not start, trying the next way`)
    }
  }
  throw new NoDatabaseError(
    `${WAYS_OUT}${tried.length > 0 ? `\nTried:\n${tried.map((line) => `  - ${line}`).join('\n')}` : ''}`,
  )
}

async function mongod(folder: string, onProgress: (line: string) => void): Promise<Database | null> {
  const binary = findOnPath('mongod')
  if (!binary) return null
  onProgress('starting mongod as a one-member replica set')
  const port = await freePort()
  const path = join(folder, 'mongod')
  mkdirSync(path, { recursive: true })
  const daemon = await startDaemon(binary, [
    '--bind_ip',
    '127.0.0.1',
    '--port',
    String(port),
    '--dbpath',
    path,
    '--replSet',
    'rs0',
  ])
  await answering(daemon, port)
  const client = await new MongoClient(`mongodb://127.0.0.1:${port}/?directConnection=true`).connect()
  try {
    await client
      .db('admin')
      .command({ replSetInitiate: { _id: 'rs0', members: [{ _id: 0, host: `127.0.0.1:${port}` }] } })
  } catch (error) {
    if ((error as { codeName?: string }).codeName !== 'AlreadyInitialized') throw error
  } finally {
    await client.close()
  }
  return { uri: `mongodb://127.0.0.1:${port}/aftercare?replicaSet=rs0`, kind: 'mongod', stop: () => daemon.stop() }
}

async function secantus(
  kind: 'secantusd-rs' | 'secantusd-py',
  binary: string | null,
  { folder, durable, onProgress }: { folder: string; durable: boolean; onProgress: (line: string) => void },
): Promise<Database | null> {
  if (!binary) return null
  onProgress(`starting ${kind}`)
  const port = await freePort()
  const path = join(folder, kind)
  mkdirSync(path, { recursive: true })
  // Without --sync-on-commit a killed daemon forgets acknowledged writes (measured).
  const daemon = await startDaemon(binary, [
    '--host',
    '127.0.0.1',
    '--port',
    String(port),
    '--storage-path',
    path,
    ...(durable ? ['--sync-on-commit'] : []),
    '--log-level',
    'WARNING',
  ])
  await answering(daemon, port)
  // It keeps every retryable write of the last half hour and walks them all at each write; our writes are safe to repeat.
  // A streamed heartbeat keeps one of its threads busy.
  const uri = `mongodb://127.0.0.1:${port}/aftercare?directConnection=true&retryWrites=false&serverMonitoringMode=poll`
  return { uri, kind, stop: () => daemon.stop() }
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
