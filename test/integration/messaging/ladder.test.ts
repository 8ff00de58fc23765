/** Which channel carries a contact, in the real protocol: kf, then a subscription notice, then SMS, then a person. */
import { beforeEach, describe, expect, test } from 'vitest'
import { messagingWorld } from './support.ts'

const world = await messagingWorld({ customers: 20 })
const { messaging, settled, needs, simulator } = world
const HOUR = 3_600_000
let n = 0
/** Every test has a person and days of its own; it begins at 11:30, inside a contact window. */
const day = (time: string, more = 0) =>
  new Date(new Date(`2026-03-02T${time}:00+08:00`).getTime() + (n * 4 + more) * 24 * HOUR)
beforeEach(async () => {
  n += 1
  await world.to(day('11:30'))
  settled.length = 0
  needs.length = 0
  simulator.ledger.clear()
  simulator.faults.clear()
})

const outcomes = () => settled.map(({ outcome, channel, reason }) => ({ outcome, channel, reason }))
const rowOf = async (id: string) => {
  const row = await world.db.collection<{ _id: string; [key: string]: unknown }>('outbox').findOne({ _id: id })
  if (!row) throw new Error('no such row')
  return row
}

async function grant(person: number, times = 1, accept = true) {
  const templateId = world.templateId('术后护理提醒')
  for (let i = 0; i < times; i++) {
    simulator.act({ as: 'customer', id: world.personOf(person).personId, do: 'mp-subscribe', templateId, accept })
    await world.callbacks()
  }
}

describe('the ladder', () => {
  test('whoever wrote within 48 hours gets a customer-service message', async () => {
    const customer = await world.customer(n, { kf: true, openId: true })
    await world.says(n)
    const { id } = await messaging.service.enqueue(world.contact(customer))
    expect(await world.drain()).toEqual({ sent: 1 })
    expect(world.ledger()).toMatchObject([{ kind: 'kf', person: world.personOf(n).personId }])
    expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'kf', messageId: world.ledger()[0]?.messageId }])
    expect(await rowOf(id)).toMatchObject({
      status: 'sent',
      dueAt: null,
      attempts: [{ channel: 'kf', result: 'sent' }],
    })
  })

  test('48 hours later a granted notice is next, and each grant is spent once', async () => {
    const customer = await world.customer(n, { kf: true, openId: true })
    await world.says(n)
    await world.later(48 * HOUR)
    await grant(n)
    const contacts = [world.contact(customer), world.contact(customer)]
    await messaging.service.enqueueMany(contacts)
    await world.drain()
    expect(outcomes()).toEqual([
      { outcome: 'sent', channel: 'subscribe', reason: null },
      { outcome: 'sent', channel: 'sms', reason: null },
    ])
    expect(world.ledger().map(({ kind }) => kind)).toEqual(['subscribe', 'sms'])
  })

  test.each(['json', 'xml'] as const)(
    'a refused popup leaves no grant, an accepted one does, in %s',
    async (format) => {
      simulator.context.callbacks.targets.wechatFormat = format
      const customer = await world.customer(n, { openId: true })
      await grant(n, 1, false)
      expect(await messaging.service.reach(customer, world.now())).toContainEqual({
        channel: 'subscribe',
        ok: false,
        reason: 'no_grant',
      })
      await grant(n, 2)
      expect(await messaging.service.reach(customer, world.now())).toContainEqual({
        channel: 'subscribe',
        ok: true,
        reason: null,
      })
    },
  )

  test('a grant that WeChat no longer knows is forgotten, and the contact goes on by SMS', async () => {
    const customer = await world.customer(n, { openId: true })
    await grant(n)
    simulator.faults.add({ path: '/cgi-bin/message/subscribe/send', errcode: 43101 })
    const { id } = await messaging.service.enqueue(world.contact(customer))
    await world.drain()
    expect(outcomes()).toEqual([{ outcome: 'sent', channel: 'sms', reason: null }])
    const { attempts } = await rowOf(id)
    expect(attempts).toMatchObject([
      { channel: 'subscribe', result: 'refused', errcode: 43101, at: day('11:30') },
      { channel: 'sms', result: 'sent', at: day('11:30') },
    ])
    // A part of an SMS is charged; what was refused, and WeChat's own notices, are not.
    expect((attempts as { costFen?: number }[]).map(({ costFen }) => costFen)).toEqual([undefined, 4.5])
    expect(
      (await messaging.service.reach(customer, world.now())).find(({ channel }) => channel === 'subscribe')?.ok,
    ).toBe(false)
    simulator.context.callbacks.targets.wechatFormat = 'json'
  })

  test('who has nothing but a name is left to a person, with every reason kept', async () => {
    const customer = await world.customer(n, { phone: false })
    const contact = world.contact(customer)
    const { id } = await messaging.service.enqueue(contact)
    await world.drain()
    await world.events()
    expect(outcomes()).toEqual([{ outcome: 'delegated', channel: null, reason: 'no_channel_left' }])
    expect((await rowOf(id)).skips).toEqual([
      { channel: 'kf', reason: 'no_kf_session' },
      { channel: 'subscribe', reason: 'no_openid' },
      { channel: 'sms', reason: 'no_phone' },
      { channel: 'email', reason: 'channel_off' },
      { channel: 'mass', reason: 'no_contact_member' },
    ])
    expect(needs).toMatchObject([{ outboxId: id, unknown: false, refs: { stepId: contact.stepId } }])
    expect((await messaging.service.text(id))?.chat).toContain('华颜整形医院提醒您')
  })

  test('a text without a short form never becomes an SMS', async () => {
    const customer = await world.customer(n)
    const content = { kind: 'template', templateKey: 'chat_only', vars: { store: '华颜', text: '一' } } as const
    await messaging.service.enqueue(world.contact(customer, { content }))
    await world.drain()
    expect(outcomes()).toEqual([{ outcome: 'delegated', channel: null, reason: 'no_channel_left' }])
    expect(world.ledger()).toEqual([])
  })

  test('five messages per conversation, also when two processes count at once; the sixth goes another way', async () => {
    const customer = await world.customer(n, { kf: true })
    await world.says(n)
    let asked = 0
    const stop = simulator.tap(({ stage, path }) => {
      if (stage === 'received' && path === '/cgi-bin/kf/send_msg') asked += 1
    })
    // One process has read that all five are free, and is slow; meanwhile another one sends four.
    const gate: { open?: () => void } = {}
    const opened = new Promise<void>((done) => {
      gate.open = done
    })
    let waiting = false
    const slow = world.process({
      rates: {
        async reserve(...asking) {
          waiting = true
          await opened
          return world.vendor.rates.reserve(...asking)
        },
      },
    })
    await messaging.service.enqueueMany(Array.from({ length: 3 }, () => world.contact(customer)))
    const late = slow.due[0]?.drain(world.now())
    while (!waiting) await new Promise((done) => setTimeout(done, 5))
    await messaging.service.enqueueMany(Array.from({ length: 4 }, () => world.contact(customer)))
    await world.drain()
    gate.open?.()
    await late
    stop()
    expect(world.ledger('kf')).toHaveLength(5)
    expect(world.ledger('sms')).toHaveLength(2)
    // Not WeCom's refusal keeps the limit but we: a sixth was never tried.
    expect(asked).toBe(5)
    // A new word from the customer opens a new window.
    await world.says(n, '收到')
    await messaging.service.enqueue(world.contact(customer))
    await world.drain()
    expect(world.ledger('kf')).toHaveLength(6)
  })

  test('a message that WeChat takes and then cannot deliver goes on by SMS, and blocks that channel', async () => {
    const customer = await world.customer(n, { kf: true })
    await world.says(n)
    simulator.act({ as: 'customer', id: world.personOf(n).personId, do: 'block-kf' })
    const { id } = await messaging.service.enqueue(world.contact(customer))
    await world.drain()
    await world.callbacks()
    await world.drain()
    expect(world.ledger().map(({ kind }) => kind)).toEqual(['sms'])
    expect(outcomes()).toMatchObject([
      { outcome: 'sent', channel: 'kf' },
      { outcome: 'sent', channel: 'sms' },
    ])
    expect((await rowOf(id)).status).toBe('sent')
    expect((await messaging.service.reach(customer, world.now()))[0]).toEqual({
      channel: 'kf',
      ok: false,
      reason: 'blocked',
    })
  })
})

describe('when', () => {
  test('care waits for the next window, with the reason; safety and replies do not', async () => {
    await world.to(day('22:30'))
    const customer = await world.customer(n)
    const notAfter = day('23:59', 1)
    const { id } = await messaging.service.enqueue(world.contact(customer, { notAfter }))
    await messaging.service.enqueue(world.contact(customer, { contactClass: 'safety' }))
    await messaging.service.enqueue(world.contact(customer, { contactClass: 'reply' }))
    await world.drain()
    expect(world.ledger('sms')).toHaveLength(2)
    expect(await rowOf(id)).toMatchObject({
      status: 'ready',
      reason: 'outside_window',
      dueAt: day('11:00', 1),
    })
    await world.to(day('11:00', 1))
    await world.drain()
    expect(world.ledger('sms')).toHaveLength(3)
  })

  test('what comes too late is never sent', async () => {
    const customer = await world.customer(n)
    const { id } = await messaging.service.enqueue(
      world.contact(customer, { notAfter: new Date(world.now().getTime() + HOUR) }),
    )
    await world.later(2 * HOUR)
    await world.drain()
    expect(outcomes()).toEqual([{ outcome: 'expired', channel: null, reason: 'late' }])
    expect(await rowOf(id)).toMatchObject({ status: 'expired', dueAt: null })
    expect(world.ledger()).toEqual([])
  })

  test('wishes are read when the message is due, not when it was planned', async () => {
    const customer = await world.customer(n)
    await messaging.service.enqueueMany([
      world.contact(customer),
      world.contact(customer, { contactClass: 'safety' }),
      world.contact(customer, { contactClass: 'reply' }),
    ])
    await world.customers.service.patch(customer, { optOut: { all: true } })
    await world.drain()
    expect(outcomes().sort((a, b) => (a.outcome < b.outcome ? -1 : 1))).toEqual([
      { outcome: 'cancelled', channel: null, reason: 'opted_out' },
      { outcome: 'delegated', channel: null, reason: 'opted_out' },
      { outcome: 'sent', channel: 'sms', reason: null },
    ])
  })

  test('enqueuing twice is enqueuing once; cancelling recalls what has not left', async () => {
    const customer = await world.customer(n)
    const later = { notBefore: new Date(world.now().getTime() + 1_000) }
    const [kept, dropped] = [world.contact(customer), world.contact(customer, later)]
    await messaging.service.enqueueMany([kept, dropped])
    await messaging.service.enqueueMany([kept, dropped])
    const idOf = ({ stepId }: { stepId: string }) => messaging.service.outboxId(stepId, 0, 'customer')
    expect(await messaging.service.cancel([idOf(dropped)], 'superseded')).toEqual([idOf(dropped)])
    await world.drain()
    await world.later(5_000)
    await world.drain()
    expect(world.ledger('sms')).toHaveLength(1)
    expect(await messaging.service.cancel([idOf(kept), idOf(dropped)], 'superseded')).toEqual([idOf(dropped)])
    expect(await rowOf(idOf(dropped))).toMatchObject({ status: 'cancelled', reason: 'superseded', dueAt: null })
  })
})

describe('a process that works on what it enqueues', () => {
  test('can still cancel it, until it is being sent', async () => {
    const other = await messagingWorld({ works: true })
    const customer = await other.customer(0)
    const [kept, dropped] = [other.contact(customer), other.contact(customer)]
    const idOf = ({ stepId }: { stepId: string }) => other.messaging.service.outboxId(stepId, 0, 'customer')
    await other.messaging.service.enqueueMany([kept, dropped])
    expect(await other.messaging.service.cancel([idOf(dropped)], 'superseded')).toEqual([idOf(dropped)])
    await other.drain()
    expect(other.ledger('sms')).toHaveLength(1)
    expect(await other.messaging.service.cancel([idOf(kept)], 'superseded')).toEqual([])
    const rows = await other.db.collection('outbox').find({}).toArray()
    expect(rows.map(({ status, claim }) => [status, claim.token]).sort()).toEqual([
      ['cancelled', ''],
      ['sent', ''],
    ])
  })
})

describe('at rest', () => {
  test('neither a text nor a number nor an address is readable in the database', async () => {
    await world.to(day('22:30'))
    const customer = await world.customer(n)
    await messaging.service.enqueue(world.contact(customer))
    const stored = JSON.stringify(await world.db.collection('outbox').find({}).toArray())
    expect(stored).not.toContain('请注意保湿')
    expect(stored).not.toContain(world.personOf(n).phone)
    expect(stored).toContain('templateKey')
  })
})
