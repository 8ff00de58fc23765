/** What customers say: pulled once, stored sealed, told to others once; entries are welcomed within their twenty seconds. */
import { beforeEach, describe, expect, test } from 'vitest'
import { messagingWorld } from './support.ts'

const world = await messagingWorld({ customers: 12 })
const { messaging, simulator, heard, vendor } = world
let n = 0
const DAY = 24 * 3_600_000
beforeEach(async () => {
  n += 1
  await world.later(3 * DAY)
  heard.length = 0
  simulator.ledger.clear()
  simulator.faults.clear()
})
const person = () => world.personOf(n)
const pull = () => messaging.routines[0]?.run(world.now())

describe('a word of a customer', () => {
  test('is stored once, sealed, and told once, however often the signal comes', async () => {
    const customer = await world.customer(n, { kf: true })
    simulator.faults.add({ path: 'callback', duplicate: true })
    await world.says(n, '今天有点红肿')
    await pull()
    await world.events()
    expect(heard).toEqual([{ messageId: expect.any(String), customerId: customer, menuId: null }])
    const { messageId } = heard[0] as { messageId: string }
    expect(await messaging.service.inbound(messageId)).toMatchObject({
      customerId: customer,
      externalUserId: person().externalUserId,
      type: 'text',
      text: '今天有点红肿',
      menuId: null,
    })
    const stored = JSON.stringify(await world.db.collection('kf_messages').find({}).toArray())
    expect(stored).not.toContain('红肿')
    expect(await messaging.service.inbound('unknown')).toBeNull()
  })

  test('a stranger becomes a person of ours, found again by the unionid', async () => {
    await world.says(n, '请问多少钱')
    await world.events()
    const stranger = await world.customers.service.findByIdentity('external_userid', person().externalUserId)
    expect(stranger).toMatchObject({ provisional: true, unionId: person().unionId })
    expect(heard).toMatchObject([{ customerId: stranger?.id }])
    const known = await world.customer(n)
    expect((await world.customers.service.findByIdentity('external_userid', person().externalUserId))?.id).toBe(known)
    expect((await messaging.service.reach(known, world.now()))[0]).toMatchObject({ channel: 'kf', ok: true })
  })

  test('a lost signal is made up for by the routine', async () => {
    await world.customer(n, { kf: true })
    simulator.context.callbacks.targets.wecomUrl = null
    simulator.act({ as: 'customer', id: person().personId, do: 'say', text: '在吗' })
    await pull()
    await world.events()
    expect(heard).toHaveLength(1)
    simulator.context.callbacks.targets.wecomUrl = world.callbackUrl
  })

  test('a pull that fails half-way goes on from its last whole page, and nothing is told twice', async () => {
    await world.customer(n, { kf: true })
    simulator.context.callbacks.targets.wecomUrl = null
    for (const text of ['一', '二', '三']) simulator.act({ as: 'customer', id: person().personId, do: 'say', text })
    const asked: (string | null)[] = []
    const failing = world.process({
      wecom: {
        async kfSyncMsg(input) {
          asked.push(input.cursor)
          if (asked.length > 1) throw new Error('no second page today')
          return { ...(await vendor.wecom.kfSyncMsg({ ...input, limit: 2 })), hasMore: true }
        },
      },
    })
    await expect(failing.routines[0]?.run(world.now())).rejects.toThrow('no second page')
    await pull()
    await pull()
    await world.events()
    expect(heard.length).toBe(3)
    expect(asked[1]).not.toBe(asked[0])
    simulator.context.callbacks.targets.wecomUrl = world.callbackUrl
  })
})

describe('the log of an account is read', () => {
  test('from its beginning when the vendor knows our place in it no more, and nothing is told twice', async () => {
    await world.customer(n, { kf: true })
    await world.says(n, '第一句')
    await world.events()
    expect(heard).toHaveLength(1)
    await world.db.collection('kf_cursors').updateOne({}, { $set: { cursor: '99999999' } })
    simulator.context.callbacks.targets.wecomUrl = null
    simulator.act({ as: 'customer', id: person().personId, do: 'say', text: '第二句' })
    await pull()
    await world.events()
    expect(heard).toHaveLength(2)
    simulator.context.callbacks.targets.wecomUrl = world.callbackUrl
  })

  test('also after a signal whose token is over', async () => {
    await world.customer(n, { kf: true })
    await world.says(n, '在吗')
    const { openKfId } = simulator.ready
    const { messages } = await vendor.wecom.kfSyncMsg({ openKfId, cursor: null, token: 'ENCover' })
    expect(messages.at(-1)).toMatchObject({ text: '在吗', externalUserId: person().externalUserId })
  })
})

describe('entering the conversation', () => {
  test('is welcomed at once by the store, once, and costs none of the five messages', async () => {
    const customer = await world.customer(n, { kf: true })
    simulator.faults.add({ path: 'callback', duplicate: true })
    simulator.act({ as: 'customer', id: person().personId, do: 'enter-kf' })
    await world.callbacks()
    expect(world.ledger()).toMatchObject([
      { kind: 'welcome', person: person().personId, text: '您好，这里是华颜整形医院。' },
    ])
    await pull()
    await world.drain()
    expect(world.ledger()).toHaveLength(1)
    expect((await messaging.service.reach(customer, world.now()))[0]).toMatchObject({
      ok: false,
      reason: 'no_kf_session',
    })
  })

  test('the welcome does not wait behind a crowd of other messages', async () => {
    const customer = await world.customer(n)
    await messaging.service.enqueueMany(
      Array.from({ length: 30 }, () => world.contact(customer, { contactClass: 'safety' })),
    )
    simulator.act({ as: 'customer', id: person().personId, do: 'enter-kf' })
    await world.callbacks()
    expect(world.ledger().map(({ kind }) => kind)).toEqual(['welcome'])
    await world.drain()
    expect(world.ledger('sms')).toHaveLength(30)
  })

  test('a signal that comes a minute late finds no welcome to give, and troubles nobody', async () => {
    await world.customer(n, { kf: true })
    simulator.context.callbacks.targets.wecomUrl = null
    simulator.act({ as: 'customer', id: person().personId, do: 'enter-kf' })
    await world.later(60_000)
    await pull()
    await world.events()
    expect(world.ledger()).toEqual([])
    expect(world.needs).toEqual([])
    simulator.context.callbacks.targets.wecomUrl = world.callbackUrl
  })
})

test('a member who takes over a conversation is not talked into; the end of it waits for the next word', async () => {
  const customer = await world.customer(n, { kf: true })
  await world.says(n)
  simulator.act({ as: 'staff', id: 's01', do: 'end-session', customer: person().personId })
  await world.callbacks()
  expect((await messaging.service.reach(customer, world.now()))[0]).toMatchObject({ reason: 'kf_staff_session' })
  await world.later(1_000)
  await world.says(n, '还在吗')
  expect((await messaging.service.reach(customer, world.now()))[0]).toMatchObject({ ok: true })
})
