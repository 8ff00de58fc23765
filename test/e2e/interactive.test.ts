/** The interactive demo as a newcomer runs it, through npm: its addresses answer, and whatever stops it, nothing is left. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { expect, onTestFinished, test } from 'vitest'
import { findOnPath } from '../../scripts/db/daemon.ts'
import { freePort } from '../../scripts/ports.ts'

interface Demo {
  npm: ChildProcess
  words(): string
  exit: Promise<number | null>
  dataDir: string
}

function demo(args: string[], env: NodeJS.ProcessEnv = process.env): Demo {
  const dataDir = join(mkdtempSync(join(tmpdir(), 'aftercare-interactive-')), 'data')
  // A process group of its own, as a terminal gives it.
  const npm = spawn('npm', ['run', 'demo', '--', '--days', '1', '--customers', '20', ...args], {
    env: { ...env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let words = ''
  for (const stream of [npm.stdout, npm.stderr]) stream.on('data', (chunk: Buffer) => (words += chunk.toString()))
  const exit = new Promise<number | null>((done) => npm.once('close', done))
  onTestFinished(() => {
    if (npm.pid && groupLives(npm.pid)) process.kill(-npm.pid, 'SIGKILL')
    rmSync(join(dataDir, '..'), { recursive: true, force: true })
  })
  return { npm, words: () => words, exit, dataDir }
}

function groupLives(pid: number): boolean {
  try {
    process.kill(-pid, 0)
    return true
  } catch {
    return false
  }
}

/** Three neighbours for the simulator. */
async function rowOfPorts(): Promise<number> {
  for (;;) {
    const port = await freePort()
    const next = await Promise.all([port + 1, port + 2].map((one) => freePort(one).catch(() => 0)))
    if (next[0] === port + 1 && next[1] === port + 2) return port
  }
}

async function databases(): Promise<string[]> {
  const client = await new MongoClient(process.env.MONGODB_URI ?? '').connect()
  const { databases: all } = await client.db().admin().listDatabases({ nameOnly: true })
  await client.close()
  return all.map(({ name }) => name).filter((name) => name.startsWith('demo_'))
}

const ctrlC = (pid: number) => process.kill(-pid, 'SIGINT')
const onlyNpm = (pid: number) => process.kill(pid, 'SIGTERM')
const { MONGODB_URI: _, ...ownDatabase } = process.env
const canStartOne = ['mongod', 'secantusd-rs', 'secantusd-py'].some((name) =>
  findOnPath(name, ['.cache/bin', '.cache/secantus/bin']),
)

/** The demo runs, every address that it prints answers; then it is stopped and nothing of it is left. */
async function playAndStop(env: NodeJS.ProcessEnv, stop: (pid: number) => void, running: (it: Demo) => Promise<void>) {
  const [port, simulatorPort] = [await freePort(), await rowOfPorts()]
  const it = demo(['--port', String(port), '--simulator-port', String(simulatorPort)], env)
  const pid = it.npm.pid ?? 0
  await expect.poll(it.words, { timeout: 120_000, interval: 200 }).toContain('Ctrl-C stops everything')
  const addresses = it.words().match(/http:\S+/g) ?? []
  expect(addresses.length).toBeGreaterThanOrEqual(6)
  for (const address of addresses) expect([address, (await fetch(address)).status]).toEqual([address, 200])
  await nothingOfThePast(addresses[0] ?? '')
  await running(it)

  stop(pid)
  await expect.poll(() => groupLives(pid), { timeout: 15_000 }).toBe(false)
  await it.exit
  expect(existsSync(it.dataDir)).toBe(false)
  for (const one of [port, simulatorPort, simulatorPort + 1, simulatorPort + 2]) expect(await freePort(one)).toBe(one)
}

/** A year was brought in, and what reached anybody is of treatments that are less than three months old, or of today's. */
async function nothingOfThePast(page: string) {
  const get = async (path: string) => (await fetch(`${page}_sim/${path}`)).json()
  const ledger = (await get('ledger')) as { at: string; kind: string; text: string }[]
  const reached = ledger.filter(({ kind }) => ['kf', 'sms', 'subscribe'].includes(kind))
  expect(reached.filter(({ at }) => at < '2026-03-02T03:00')).toEqual([])
  const { people } = (await get('state')) as { people: { personId: string; kind: string }[] }
  const persons = people.filter(({ kind }) => kind === 'customer').map(({ personId }) => personId)
  const plans = await Promise.all(
    persons.map(async (one) => {
      const { treatments } = (await get(`desk/treatments?person=${one}`)) as {
        treatments: { externalId: string; on: string; steps: { status: string; at: string | null }[] }[]
      }
      return treatments
    }),
  )
  const old = plans.flat().filter(({ externalId }) => externalId.startsWith('H-'))
  expect(old.length).toBeGreaterThan(20)
  expect(old.some(({ on }) => on < '2025-10-01')).toBe(true)
  const statuses = old.flatMap(({ steps }) => steps.map(({ status }) => status))
  expect(statuses.filter((status) => status === '录入时已过期').length).toBeGreaterThan(100)
  // What is done was due in the days that were played.
  const done = old.flatMap(({ steps }) => steps.filter(({ status }) => status === '已完成'))
  expect(done.filter(({ at }) => at !== null && at < '2026-03-02')).toEqual([])
}

test('in a database that was given: nothing stays in it, nothing runs on', async () => {
  const before = await databases()
  await playAndStop(process.env, onlyNpm, async () => expect((await databases()).length).toBe(before.length + 1))
  expect(await databases()).toEqual(before)
})

test.skipIf(!canStartOne || !existsSync('/proc/self'))(
  'with a database of its own: it ends, and its folder goes',
  async () => {
    let server = 0
    await playAndStop(ownDatabase, ctrlC, async ({ dataDir }) => {
      const [daemon] = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && commandOf(pid).includes(dataDir))
      server = Number(daemon)
      expect(server).toBeGreaterThan(0)
    })
    await expect.poll(() => commandOf(String(server)), { timeout: 5_000 }).toBe('')
  },
)

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

test('a port that is taken is said before anything starts', async () => {
  const taken = await freePort()
  const other = createServer()
  await new Promise<void>((done) => other.listen(taken, '127.0.0.1', done))
  onTestFinished(() => void other.close())
  const { exit, words, dataDir } = demo(['--port', String(taken), '--simulator-port', String(await rowOfPorts())])
  expect(await exit).toBe(1)
  expect(words()).toContain(`Port ${taken} is in use by another program`)
  expect(words()).toContain('npm run demo -- --port')
  expect(words()).not.toMatch(/^\s+at /m)
  expect(existsSync(dataDir)).toBe(false)
})
