/** The image, where no Docker runs: the steps of the Dockerfile are played in plain folders, and what comes out is started as nobody. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { vendorSettings } from '../../scripts/demo/vendor-settings.ts'
import { freePort } from '../../scripts/ports.ts'
import { createSimulator } from '../../simulator/index.ts'
import { commandOf, ignores, parseDockerfile, play, type Stage, stepsOf } from '../support/dockerfile.ts'

const stages = parseDockerfile(readFileSync('Dockerfile', 'utf8'))
const final = stages.at(-1) as Stage
const dockerignore = readFileSync('.dockerignore', 'utf8')
const root = mkdtempSync(join(tmpdir(), 'aftercare-image-'))
const isRoot = process.getuid?.() === 0
const NOBODY = 65_534
/** Orchestrators kill after 30 s; the process gives up before. */
const GRACE_MS = 25_000

const database = new URL(process.env.MONGODB_URI ?? '')
database.pathname = `/image_${randomBytes(4).toString('hex')}`
// Vendors of this machine: nothing is sent to the real ones.
const simulator = await createSimulator({ seed: 5, staff: 4 })
const { ready } = simulator
const secrets = {
  FIELD_KEYS: `k1:${randomBytes(32).toString('base64')}`,
  SESSION_SECRET: randomBytes(32).toString('hex'),
  INTEGRATION_KEYS: randomBytes(16).toString('hex'),
}
const settings = { MONGODB_URI: database.href, ...vendorSettings(ready), ...secrets }
/** No line of a log or an error may hold one of these. */
const hidden = [
  ...Object.values(secrets),
  secrets.FIELD_KEYS.slice('k1:'.length),
  ready.agentSecret,
  ready.callbackToken,
  ready.callbackAesKey,
  ready.miniProgram.secret,
  ready.miniProgram.token,
  ready.miniProgram.aesKey,
  ready.smsApiKey,
]

let image: { folder: string; env: Record<string, string> }

/** What is in npm's cache already need not be fetched again; the steps may empty their copy. */
function cacheOf(): string {
  const cache = join(root, 'npm-cache')
  const own = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim()
  mkdirSync(join(cache, '_cacache'), { recursive: true })
  for (const [part, how] of [
    ['index-v5', '-r'],
    ['content-v2', '-al'],
  ] as const)
    spawnSync('cp', [how, join(own, '_cacache', part), join(cache, '_cacache')])
  return cache
}

beforeAll(() => {
  // Whoever runs it must get there.
  chmodSync(root, 0o755)
  const { NODE_ENV: _, ...env } = process.env
  const npm = { npm_config_cache: cacheOf(), npm_config_prefer_offline: 'true' }
  image = play(stages, '.', root, { ...env, HOME: root, ...npm })
}, 600_000)

afterAll(async () => {
  await simulator.close()
  rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  const client = await new MongoClient(database.href).connect()
  await client.db().dropDatabase()
  await client.close()
})

interface Run {
  child: ChildProcess
  out(): string
  errors(): string
  exit: Promise<number | null>
}

/** Starts what CMD says, with nothing in its environment but the image's and these settings. */
function start(environment: Record<string, string>): Run {
  const [command, ...args] = commandOf(stepsOf(final, 'CMD')[0] ?? { op: 'CMD', args: '[]' })
  expect(command).toBe('node')
  const child = spawn(process.execPath, args, {
    cwd: image.folder,
    env: { PATH: process.env.PATH, ...image.env, ...environment },
    ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const said = { out: '', errors: '' }
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()))
  child.stderr.on('data', (chunk: Buffer) => (said.errors += chunk.toString()))
  const exit = new Promise<number | null>((done) => child.once('close', done))
  return { child, out: () => said.out, errors: () => said.errors, exit }
}

describe('the Dockerfile', () => {
  test('builds in one stage, runs in another, as no administrator, and says how it is', () => {
    expect(stages).toHaveLength(2)
    const [user] = stepsOf(final, 'USER')
    expect(user?.args).toMatch(/^(?!root$|0$)\S+$/)
    expect(stepsOf(final, 'HEALTHCHECK')).toHaveLength(1)
    expect(stepsOf(final, 'CMD')).toHaveLength(1)
    // Nothing is installed or copied in after the rights were given up.
    const after = final.steps.slice(final.steps.findIndex(({ op }) => op === 'USER')).map(({ op }) => op)
    expect(after).not.toContain('RUN')
    expect(after).not.toContain('COPY')
  })

  test('has a font with Chinese signs, and the drawing of names asks for that one', () => {
    const installed = stepsOf(final, 'RUN').find(({ args }) => args.startsWith('apt-get '))
    expect(installed?.args).toContain('fonts-wqy-microhei')
    expect(readFileSync('src/photos/drawing.ts', 'utf8')).toContain('WenQuanYi Micro Hei')
  })

  test('copies what exists, and holds nothing that should not leave this machine', () => {
    const copied = stages.flatMap((stage) => stepsOf(stage, 'COPY')).filter(({ args }) => !args.startsWith('--from'))
    for (const path of copied.flatMap(({ args }) => args.split(/\s+/).slice(0, -1))) {
      expect(existsSync(path), path).toBe(true)
      expect(ignores(dockerignore, path), path).toBe(false)
    }
    for (const path of [
      '.env',
      '.git',
      '.git/config',
      '.data/dev-keys.json',
      'node_modules/koa/package.json',
      'README.md',
    ])
      expect(ignores(dockerignore, path), path).toBe(true)
    for (const path of ['src/.env', 'config/.env', 'config/.env.production', 'src/.git/config'])
      expect(ignores(dockerignore, path), path).toBe(true)
    for (const { args } of stages.flatMap((stage) => [...stepsOf(stage, 'ENV'), ...stepsOf(stage, 'ARG')]))
      expect(args).not.toMatch(/SECRET|KEY|TOKEN|PASSWORD|MONGODB_URI/i)
  })
})

describe('the image', () => {
  test('holds the built server, its configuration and what it needs, no sources and no tools', () => {
    const names = ['config', 'dist', 'node_modules', 'package-lock.json', 'package.json', 'stubs']
    expect(readdirSync(image.folder).sort()).toEqual(names)
    for (const tool of ['typescript', 'vitest', 'tsx', '@biomejs']) {
      expect(existsSync(join(root, 'stage-0/app/node_modules', tool)), tool).toBe(true)
      expect(existsSync(join(image.folder, 'node_modules', tool)), tool).toBe(false)
    }
  })

  test('serves, is healthy and ready, logs JSON without a secret, writes nothing beside itself, and ends on SIGTERM', async () => {
    const port = await freePort()
    const { child, out, errors, exit } = start({ ...settings, PORT: String(port) })
    const address = `http://127.0.0.1:${port}`
    await expect
      .poll(
        () =>
          fetch(`${address}/readyz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { timeout: 60_000 },
      )
      .toBe(true)
    expect(await (await fetch(`${address}/healthz`)).json()).toEqual({ status: 'ok' })
    expect(await (await fetch(`${address}/readyz`)).json()).toEqual({ status: 'ready' })
    expect((await fetch(`${address}/api/v1/customers`, { method: 'POST' })).status).toBe(401)
    if (isRoot) expect(readFileSync(`/proc/${child.pid}/status`, 'utf8')).toMatch(new RegExp(`Uid:\\s+${NOBODY}\\s`))
    expect(healthcheck(port)).toBe(0)

    const askedAt = Date.now()
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
    expect(Date.now() - askedAt).toBeLessThan(GRACE_MS)
    expect(healthcheck(port)).toBe(1)
    expect(errors()).toBe('')
    const lines = out()
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; level: number; time: number })
    expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['serving', 'request refused', 'stopping']))
    expect(lines.every(({ level, time }) => level < 50 && time > 0)).toBe(true)
    for (const secret of hidden) expect(out()).not.toContain(secret)
    expect(readdirSync(image.folder)).not.toContain('.data')
  })

  test('ends in order also while it still starts', async () => {
    // It reads the staff directory before it is up.
    simulator.faults.add({ path: '*', latencyMs: 3_000, times: 1 })
    onTestFinished(() => simulator.faults.clear())
    const asked = new Promise<void>((done) => {
      const untap = simulator.tap(() => {
        untap()
        done()
      })
    })
    const { child, out, exit } = start({ ...settings, PORT: '0' })
    await asked
    expect(out()).not.toContain('"serving"')
    child.kill('SIGTERM')
    expect(await exit).toBe(0)
  })

  test('what is missing or wrong stops it, all of it listed at once, and no value is shown', async () => {
    const wrong = { SESSION_SECRET: 'hunter2', WECOM_CALLBACK_AES_KEY: 'tooShortAesKey', CONFIG_DIR: 'nowhere' }
    const { out, errors, exit } = start({ ...settings, MONGODB_URI: '', WECOM_CORP_ID: '', ...wrong })
    expect(await exit).toBe(1)
    for (const line of [
      'MONGODB_URI is missing',
      'WECOM_CORP_ID is missing',
      'WECOM_CALLBACK_AES_KEY must be exactly 43 characters long',
      'SESSION_SECRET must have at least 32 characters',
      'nowhere/treatments.yaml:1 the file is missing or unreadable',
    ])
      expect(errors()).toContain(line)
    for (const value of [...hidden, 'hunter2', 'tooShortAesKey']) expect(`${out()}${errors()}`).not.toContain(value)
  })

  test('time that can be moved is refused', async () => {
    const { errors, exit } = start({ ...settings, CLOCK_URL: 'http://127.0.0.1:4100' })
    expect(await exit).toBe(1)
    expect(errors()).toContain('CLOCK_URL is refused in production')
  })

  test('a database that does not answer, and a port that is taken, are said in one line', async () => {
    const gone = start({
      ...settings,
      PORT: '0',
      MONGODB_URI: 'mongodb://user:hunter2@127.0.0.1:9/x?serverSelectionTimeoutMS=500',
    })
    expect(await gone.exit).toBe(1)
    expect(gone.errors()).toBe('Aftercare cannot start: the database of MONGODB_URI does not answer\n')
    expect(gone.out()).not.toContain('hunter2')

    const port = await freePort()
    const first = start({ ...settings, PORT: String(port) })
    await expect.poll(() => healthcheck(port), { timeout: 60_000 }).toBe(0)
    const second = start({ ...settings, PORT: String(port) })
    expect(await second.exit).toBe(1)
    expect(second.errors()).toBe(`Aftercare cannot start: port ${port} is in use by another program\n`)
    first.child.kill('SIGTERM')
    expect(await first.exit).toBe(0)
  })
})

function healthcheck(port: number): number | null {
  const [step] = stepsOf(final, 'HEALTHCHECK')
  const [command, ...args] = step ? commandOf(step) : []
  expect(command).toBe('node')
  return spawnSync(process.execPath, args, { env: { PORT: String(port) } }).status
}
