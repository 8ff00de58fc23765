/** What an operator's alarms are built on. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { apiWorld, KEY } from './support.ts'

const world = await apiWorld()
const value = async (name: string, table: string): Promise<number> => {
  const { text } = await world.ask({ method: 'GET', path: '/metrics', headers: { authorization: `Bearer ${KEY}` } })
  const line = text.split('\n').find((one) => one.startsWith(`${name}{table="${table}"}`))
  return Number(line?.split(' ').at(-1) ?? Number.NaN)
}
const { db } = world

test('how late each table is, although nobody drains it, and how much was given up', async () => {
  expect(await value('aftercare_due_lag_seconds', 'inbox')).toBe(0)
  expect(await value('aftercare_parked_rows', 'inbox')).toBe(0)
  const row = { source: 'wecom', type: 'event', payload: {}, claim: { token: null, until: new Date(0), fence: 0 } }
  const before = new Date(Date.now() - 90_000)
  const rows = [
    { ...row, _id: 'late', status: 'pending', dueAt: before },
    { ...row, _id: 'given-up', status: 'parked', dueAt: null },
  ]
  await db.collection<(typeof rows)[number]>('inbox').insertMany(rows)
  const late = await value('aftercare_due_lag_seconds', 'inbox')
  expect(late).toBeGreaterThanOrEqual(90)
  expect(late).toBeLessThan(150)
  expect(await value('aftercare_parked_rows', 'inbox')).toBe(1)
  expect(await value('aftercare_parked_rows', 'event_deliveries')).toBe(0)
  for (const table of ['care_steps', 'outbox', 'tasks', 'routines'])
    expect([table, await value('aftercare_due_lag_seconds', table)]).toEqual([table, 0])
})

test('without its database a process says so soon, still shows its metrics, and is well again with it', async () => {
  const database = new URL(process.env.MONGODB_URI ?? '')
  const line = await cuttable(Number(database.port || 27_017), database.hostname)
  const address = `mongodb://${database.username ? `${database.username}:${database.password}@` : ''}127.0.0.1:${line.port}`
  const cut = await apiWorld({ MONGODB_URI: `${address}/cut?directConnection=true&retryWrites=false` })
  const status = async (path: string) => {
    const from = performance.now()
    const headers = { authorization: `Bearer ${KEY}` }
    return { status: (await cut.ask({ method: 'GET', path, headers })).status, soon: performance.now() - from < 5_000 }
  }
  expect(await status('/readyz')).toEqual({ status: 200, soon: true })
  line.cut()
  expect(await status('/readyz')).toEqual({ status: 503, soon: true })
  expect(await status('/metrics')).toEqual({ status: 200, soon: true })
  expect(await status('/healthz')).toEqual({ status: 200, soon: true })
  line.mend()
  await expect.poll(async () => (await status('/readyz')).status, { timeout: 15_000 }).toBe(200)
})

/** A line to a server that can be cut, and mended. */
async function cuttable(port: number, host: string): Promise<{ port: number; cut(): void; mend(): void }> {
  const sockets = new Set<Socket>()
  let whole = true
  const server = createServer((near) => {
    const far = connect(port, host)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('error', () => to.destroy())
      from.on('close', () => to.destroy())
      from.pipe(to)
    }
    if (!whole) near.destroy()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const cut = () => {
    whole = false
    for (const socket of sockets) socket.destroy()
    sockets.clear()
  }
  onTestFinished(() => void server.close())
  const mend = () => {
    whole = true
  }
  return { port: (server.address() as AddressInfo).port, cut, mend }
}
