/** A batch costs a constant number of commands; and what clinic systems can ask about messages. */
import { randomBytes } from 'node:crypto'
import { createConnection } from 'mongoose'
import { afterAll, describe, expect, test } from 'vitest'
import { messagingWorld, STORE } from './support.ts'

const PEOPLE = 200
const db = await createConnection(process.env.MONGODB_URI ?? '', {
  dbName: `t_${randomBytes(6).toString('hex')}`,
  autoIndex: false,
  monitorCommands: true,
}).asPromise()
afterAll(async () => {
  await db.dropDatabase()
  await db.close()
})
const world = await messagingWorld({ customers: PEOPLE, db })
const { messaging, simulator, settled } = world

let commands: string[] = []
// Stores and permits are remembered for a second: whether one is asked for depends on the machine's speed.
db.getClient().on('commandStarted', ({ commandName, command }) => {
  if (command.find !== 'stores' && command.update !== 'rate_buckets') commands.push(commandName)
})

const people = simulator.world.customers
const ids = await world.customers.service.insertMany(
  people.map((person, i) => ({
    externalId: `B-${i}`,
    name: person.name,
    storeIds: [STORE],
    phone: person.phone,
    identities: { externalUserId: person.externalUserId },
  })),
)
// They all wrote a moment ago; the signals were lost, so the routine fetches it.
simulator.context.callbacks.targets.wecomUrl = null
for (const { personId } of people) simulator.act({ as: 'customer', id: personId, do: 'say', text: '您好' })
await messaging.routines[0]?.run(world.now())

const commandsFor = async (count: number): Promise<number> => {
  await messaging.service.enqueueMany(ids.slice(0, count).map((id) => world.contact(id)))
  settled.length = 0
  commands = []
  await world.drain()
  expect(settled).toHaveLength(count)
  expect(settled.every(({ outcome, channel }) => outcome === 'sent' && channel === 'kf')).toBe(true)
  return commands.length
}

test('two hundred contacts cost as many commands as twenty: under 0.1 each', async () => {
  await commandsFor(1) // tokens, template list
  const few = await commandsFor(20)
  const many = await commandsFor(PEOPLE)
  // A full batch asks once more whether there is another.
  expect(many).toEqual(few + 1)
  expect(many / PEOPLE).toBeLessThan(0.1)
})

describe('what clinic systems ask', () => {
  const ask = async (path: string, input: { query?: unknown; params?: unknown } = {}) => {
    const route = messaging.routes.find((one) => one.path === path)
    if (!route) throw new Error(`no route ${path}`)
    const actor = { kind: 'integration', id: 'k', roles: [], stores: 'all' } as const
    const query = route.query?.parse(input.query ?? {})
    const params = route.params?.parse(input.params ?? {})
    const answer = await route.handle({ query, params, body: undefined, actor, requestId: 'r' })
    // biome-ignore lint/suspicious/noExplicitAny: the tests say themselves what they expect of the answer
    return route.response.parse(answer) as any
  }
  const customerId = ids[0] ?? ''

  test("a customer's messages, page by page, newest first, without their words", async () => {
    await world.later(60_000)
    await messaging.service.enqueueMany([world.contact(customerId), world.contact(customerId)])
    await world.drain()
    const all = (await ask('/api/v1/messages', { query: { customerId } })).items
    expect(all).toHaveLength(5)
    const first = await ask('/api/v1/messages', { query: { customerId, limit: '2' } })
    const second = await ask('/api/v1/messages', { query: { customerId, limit: '2', cursor: first.nextCursor } })
    const third = await ask('/api/v1/messages', { query: { customerId, limit: '2', cursor: second.nextCursor } })
    expect([...first.items, ...second.items, ...third.items]).toEqual(all)
    expect(third.nextCursor).toBeNull()
    expect(all[0].createdAt >= all[4].createdAt).toBe(true)
    expect(all[0]).toMatchObject({
      status: 'sent',
      channel: 'kf',
      templateKey: 'full',
      templateVersion: 3,
      attempts: [{ channel: 'kf', result: 'sent' }],
    })
    expect(JSON.stringify(all)).not.toContain('请注意')
  })

  test('the sixth goes another way, and says why not by chat', async () => {
    await world.later(60_000)
    await messaging.service.enqueue(world.contact(customerId))
    await world.drain()
    const { items } = await ask('/api/v1/messages', { query: { customerId, limit: '1' } })
    expect(items[0]).toMatchObject({
      channel: 'sms',
      skips: [
        { channel: 'kf', reason: 'kf_five_used' },
        { channel: 'subscribe', reason: 'no_openid' },
      ],
    })
    expect((await ask('/api/v1/reach/:customerId', { params: { customerId } })).channels).toEqual([
      { channel: 'kf', ok: false, reason: 'kf_five_used' },
      { channel: 'subscribe', ok: false, reason: 'no_openid' },
      { channel: 'sms', ok: true, reason: null },
      { channel: 'email', ok: false, reason: 'channel_off' },
    ])
  })

  test('the numbers add up', async () => {
    const { items } = await ask('/api/v1/stats/messaging')
    expect(items).toEqual([
      { channel: 'kf', outcome: 'sent', reason: null, count: 1 + 20 + PEOPLE + 2 },
      { channel: 'sms', outcome: 'sent', reason: null, count: 1 },
    ])
  })
})
