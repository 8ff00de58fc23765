/**
 * The roles as processes of their own, against the simulated WeCom: many customers write at once, the process that talks is
 * killed in the middle, and everybody gets each answer once, in the order of what they wrote.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { aimCallbacks, vendorSettings } from '../../../scripts/demo/vendor-settings.ts'
import { createSimulator } from '../../../simulator/index.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'

const CUSTOMERS = 200
const db = await testDb()
const simulator = await createSimulator({ seed: 9, customers: CUSTOMERS, staff: 4 })
const uri = new URL(process.env.MONGODB_URI ?? '')
uri.pathname = `/${db.name}`

interface Role {
  loaded: Set<string>
  address: string
  kill(): Promise<void>
}
const running = new Set<ChildProcess>()

async function start(role: 'web' | 'worker' | 'bot'): Promise<Role> {
  const { PATH = '', HOME = '' } = process.env
  const args = ['--import', 'tsx', '--import', './test/integration/bot/loaded.mjs', 'src/main.ts']
  const child = spawn(process.execPath, args, {
    env: {
      PATH,
      HOME,
      NODE_ENV: 'test',
      ROLE: role,
      PORT: '0',
      MONGODB_URI: uri.toString(),
      ...vendorSettings(simulator.ready),
      FIELD_KEYS: TEST_FIELD_KEYS,
      SESSION_SECRET: 'a session secret of tests, 32 characters',
      LEASE_MS: '4000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  const loaded = new Set<string>()
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const address = await new Promise<string>((serving, fail) => {
    void ended.then(() => fail(new Error(`${role} ended`)))
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (line.startsWith('LOADED ')) loaded.add(line.slice('LOADED '.length))
        if (!line.includes('"serving"')) return
        const { host, port } = JSON.parse(line) as { host: string; port: number }
        serving(`http://${host}:${port}`)
      })
  })
  return {
    loaded,
    address,
    async kill() {
      child.kill('SIGKILL')
      running.delete(child)
      await ended
    },
  }
}

let web: Role
let worker: Role
let bot: Role
beforeAll(async () => {
  web = await start('web')
  ;[worker, bot] = await Promise.all([start('worker'), start('bot')])
  await aimCallbacks(simulator.ready.wecomBase, web.address)
}, 120_000)
afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await simulator.close()
})

const people = simulator.world.customers.slice(0, CUSTOMERS)
const saidTo = (personId: string): string[] =>
  simulator.ledger
    .entries()
    .filter(({ person, kind }) => person === personId && kind === 'kf')
    .map(({ text }) => text)
/** When a table's tick last ran, in whichever process. */
async function lastTick(table: string): Promise<number> {
  const tick = await db.collection('agenda_ticks').findOne({ name: `drain:${table}` })
  return Number(tick?.lastRunAt)
}
const answers = () => people.reduce((sum, { personId }) => sum + saidTo(personId).length, 0)

describe('many at once, and a death in the middle', () => {
  test('everybody is answered once, in order', async () => {
    for (const { personId } of people) {
      // The second is an answer to what the first is asked: out of order it would mean nothing.
      simulator.act({ as: 'customer', id: personId, do: 'say', text: '退订' })
      simulator.act({ as: 'customer', id: personId, do: 'say', text: '2' })
    }
    await vi.waitFor(() => expect(answers()).toBeGreaterThan(CUSTOMERS / 4), { timeout: 90_000, interval: 20 })
    await bot.kill()
    expect(answers()).toBeLessThan(2 * CUSTOMERS)
    // A tick that another process takes is lost to the one that talks; its own lock is out by then.
    const [talks, outbox] = [await lastTick('bot_talks'), await lastTick('outbox')]
    await vi.waitFor(async () => expect(await lastTick('outbox')).toBeGreaterThan(outbox + 6_000), { timeout: 30_000 })
    expect(await lastTick('bot_talks')).toBe(talks)
    bot = await start('bot')
    await vi.waitFor(() => expect(answers()).toBeGreaterThanOrEqual(2 * CUSTOMERS), { timeout: 120_000, interval: 100 })
    // Whoever answers twice does it within the next ticks.
    await new Promise((done) => setTimeout(done, 3_000))
    for (const { personId } of people) {
      const [asked, done, ...more] = saidTo(personId)
      expect(asked).toContain('还要继续接收吗')
      expect(done).toContain('不再主动给您发送消息')
      expect(more).toEqual([])
    }
    const left = await db.collection('bot_talks').countDocuments({ dueAt: { $ne: null } })
    expect(left).toBe(0)
  }, 300_000)

  test('only the process that talks has loaded Wechaty', () => {
    expect([...web.loaded]).toEqual([])
    expect([...worker.loaded]).toEqual([])
    expect([...bot.loaded]).toContain('wechaty')
  })
})

test('neither request nor the protocol of the web WeChat is installed', () => {
  for (const name of ['request', 'wechat4u', 'leveldown', 'protobufjs', 'wechaty-grpc'])
    expect(existsSync(`node_modules/${name}`), name).toBe(false)
})
