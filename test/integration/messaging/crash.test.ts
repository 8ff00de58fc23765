/** A process that dies, an answer that is lost, a vendor that is down: each contact reaches its person once, or a person is asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeEach, describe, expect, test } from 'vitest'
import type { WechatClient } from '../../../src/wechat/index.ts'
import { CONCURRENCY, messagingWorld } from './support.ts'

const LEASE_MS = 1_000
const world = await messagingWorld({ customers: 30, leaseMs: LEASE_MS })
const { messaging, settled, needs, simulator, vendor } = world
const HOUR = 3_600_000
let n = 0
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

/** What a killed process never does: go on. */
const death = () => new Promise<never>(() => undefined)
const leaseOver = () => new Promise((done) => setTimeout(done, LEASE_MS + 50))
/** Drains with a process that dies at `point`, then with a living one after the lease. */
async function dieAndRecover(dying: Parameters<typeof world.process>[0], until: () => boolean): Promise<void> {
  void world.process(dying).due[0]?.drain(world.now())
  const deadline = performance.now() + 5_000
  while (!until() && performance.now() < deadline) await new Promise((done) => setTimeout(done, 5))
  // The lease still holds: nobody else touches the row.
  await world.drain()
  await leaseOver()
  await world.drain()
  await world.events()
}
const statusOf = async (id: string) =>
  (await world.db.collection<{ _id: string; status: string }>('outbox').findOne({ _id: id }))?.status

async function talking(): Promise<string> {
  const customer = await world.customer(n, { kf: true })
  await world.says(n)
  return customer
}
async function granted(who = n): Promise<string> {
  const customer = await world.customer(who, { openId: true })
  const templateId = world.templateId('术后护理提醒')
  simulator.act({ as: 'customer', id: world.personOf(who).personId, do: 'mp-subscribe', templateId })
  await world.callbacks()
  return customer
}

describe('killed while sending', () => {
  test('kf, before the request: sent once by whoever takes over', async () => {
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    let reached = false
    const kfSendMsg = () => {
      reached = true
      return death()
    }
    await dieAndRecover({ wecom: { kfSendMsg } }, () => reached)
    expect(world.ledger()).toHaveLength(1)
    expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'kf' }])
  })

  test('kf, after the message arrived: the repeat is recognised and nothing goes twice', async () => {
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    let reached = false
    await dieAndRecover(
      {
        wecom: {
          async kfSendMsg(body) {
            await vendor.wecom.kfSendMsg(body)
            reached = true
            return death()
          },
        },
      },
      () => reached,
    )
    expect(world.ledger()).toHaveLength(1)
    expect(settled).toMatchObject([{ id, outcome: 'sent', messageId: world.ledger()[0]?.messageId }])
    expect(simulator.context.kf.conversation(world.personOf(n)).sentSinceInbound).toBe(1)
    const session = await world.db.collection('kf_sessions').findOne({ lastInboundAt: day('11:30') })
    expect(session?.places).toHaveLength(1)
  })

  test('a card to staff, after it arrived: WeCom swallows the same bytes', async () => {
    const { id } = await messaging.service.enqueue(world.staffCard('staff01', `card-${n}`))
    let reached = false
    await dieAndRecover(
      {
        wecom: {
          async sendMessage(body) {
            await vendor.wecom.sendMessage(body)
            reached = true
            return death()
          },
        },
      },
      () => reached,
    )
    expect(world.ledger('app')).toHaveLength(1)
    expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'app' }])
  })

  test.each(['text', 'markdown'])('two %s messages to one member that read the same both arrive', async (msgtype) => {
    const content = { kind: 'staff' as const, message: { msgtype, [msgtype]: { content: '客户回复：好的，谢谢' } } }
    await messaging.service.enqueueMany(
      [1, 2].map((i) => world.staffCard('staff01', `same-${msgtype}-${n}-${i}`, { content })),
    )
    await world.drain()
    expect(world.ledger('app')).toHaveLength(2)
    expect(new Set(settled.map(({ messageId }) => messageId)).size).toBe(2)
  })

  test.each(['before', 'after'] as const)('a notice, %s it arrived: never again, a person looks', async (when) => {
    const contact = world.contact(await granted())
    const { id } = await messaging.service.enqueue(contact)
    let reached = false
    await dieAndRecover(
      {
        wechat: {
          async sendSubscribe(body) {
            if (when === 'after') await vendor.wechat.sendSubscribe(body)
            reached = true
            return death()
          },
        },
      },
      () => reached,
    )
    expect(world.ledger()).toHaveLength(when === 'after' ? 1 : 0)
    expect(settled).toMatchObject([{ id, outcome: 'unknown', channel: 'subscribe', reason: 'send_unknown' }])
    expect(needs).toMatchObject([{ outboxId: id, unknown: true }])
  })

  test('in the middle of many notices: those on their way are unknown, the others are sent once', async () => {
    const crowd = Array.from({ length: 10 }, (_, i) => 20 + i)
    for (const one of crowd) await messaging.service.enqueue(world.contact(await granted(one)))
    let calls = 0
    const sendSubscribe: WechatClient['sendSubscribe'] = (body, options) => {
      calls += 1
      return calls > 5 ? death() : vendor.wechat.sendSubscribe(body, options)
    }
    await dieAndRecover({ wechat: { sendSubscribe } }, () => calls === 5 + CONCURRENCY)
    const outcomes = settled.map(({ outcome }) => outcome).sort()
    expect(outcomes).toEqual([...Array(6).fill('sent'), ...Array(CONCURRENCY).fill('unknown')])
    expect(world.ledger('subscribe')).toHaveLength(6)
    expect(needs).toHaveLength(CONCURRENCY)
    const rows = await world.db.collection('outbox').find({ status: 'sent' }).toArray()
    expect(rows.filter(({ attempts }) => attempts.length !== 1)).toEqual([])
  })

  test('a safety notice that may be lost is said again by SMS', async () => {
    await messaging.service.enqueue(world.contact(await granted(), { contactClass: 'safety' }))
    let reached = false
    const sendSubscribe = () => {
      reached = true
      return death()
    }
    await dieAndRecover({ wechat: { sendSubscribe } }, () => reached)
    expect(world.ledger().map(({ kind }) => kind)).toEqual(['sms'])
    expect(settled).toMatchObject([{ outcome: 'sent', channel: 'sms' }])
  })

  test('after the outcome was written: the owner is told again and the row is closed, nothing is sent', async () => {
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    let reached = false
    const listen = () => {
      reached = true
      return death()
    }
    await dieAndRecover({ listen }, () => reached)
    expect(world.ledger()).toHaveLength(1)
    expect(settled).toMatchObject([{ id, outcome: 'sent' }])
    expect(await statusOf(id)).toBe('sent')
  })

  test('a row that its worker lost is left alone by it', async () => {
    // The first worker hangs in its request beyond its lease and then wakes up.
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    const gate: { open?: () => void } = {}
    const woken = new Promise<void>((done) => {
      gate.open = done
    })
    let reached = false
    const slow = world.process({
      wecom: {
        async kfSendMsg(body) {
          reached = true
          await woken
          return vendor.wecom.kfSendMsg(body)
        },
      },
    })
    const late = slow.due[0]?.drain(world.now())
    while (!reached) await new Promise((done) => setTimeout(done, 5))
    await leaseOver()
    await world.drain()
    expect(await statusOf(id)).toBe('sent')
    gate.open?.()
    await late
    expect(world.ledger()).toHaveLength(1)
    const row = await world.db
      .collection<{ _id: string; attempts: unknown[]; status: string }>('outbox')
      .findOne({ _id: id })
    expect(row).toMatchObject({ status: 'sent', attempts: [{ result: 'sent' }] })
  })
})

describe('lost answers that the live process sees', () => {
  test('kf: the same bytes at once, one message', async () => {
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    simulator.faults.add({ path: '/cgi-bin/kf/send_msg', drop: 'after' })
    await world.drain()
    expect(world.ledger()).toHaveLength(1)
    expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'kf' }])
  })

  test('an SMS gateway that delivers and goes silent for a while gets the same id again later', async () => {
    const delivered = new Set<string>()
    let requests = 0
    const gateway = createServer(async (request, response) => {
      requests += 1
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      delivered.add((JSON.parse(Buffer.concat(chunks).toString()) as { id: string }).id)
      if (requests <= 4) request.socket.destroy()
      else response.end('{}')
    })
    await new Promise<void>((done) => gateway.listen(0, '127.0.0.1', done))
    const { port } = gateway.address() as AddressInfo
    const { due } = world.process({ sms: { base: `http://127.0.0.1:${port}/sms`, key: 'k', partFen: 5 } })
    const { id } = await messaging.service.enqueue(world.contact(await world.customer(n)))
    await due[0]?.drain(world.now())
    expect([requests, await statusOf(id)]).toEqual([3, 'sending'])
    await world.later(20_000)
    await due[0]?.drain(world.now())
    expect(requests).toBe(5)
    expect(delivered.size).toBe(1)
    expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'sms', messageId: [...delivered][0] }])
    gateway.closeAllConnections()
    gateway.close()
  })

  test('a notice: unknown at once, and no other channel says it as well', async () => {
    await messaging.service.enqueue(world.contact(await granted()))
    simulator.faults.add({ path: '/cgi-bin/message/subscribe/send', drop: 'after' })
    await world.drain()
    expect(world.ledger().map(({ kind }) => kind)).toEqual(['subscribe'])
    expect(settled).toMatchObject([{ outcome: 'unknown' }])
  })

  test('a refusal after a lost answer proves nothing: no second channel', async () => {
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    simulator.faults.add({ path: '/cgi-bin/kf/send_msg', drop: 'after' })
    const stop = simulator.tap(({ stage, path }) => {
      if (stage === 'acted' && path === '/cgi-bin/kf/send_msg')
        simulator.faults.add({ path: '/cgi-bin/kf/send_msg', errcode: 95018 })
    })
    await world.drain()
    stop()
    expect(world.ledger()).toHaveLength(1)
    expect(settled).toMatchObject([{ id, outcome: 'unknown', channel: 'kf' }])
  })

  test('a vendor that stays silent past the last useful instant leaves it to a person', async () => {
    await messaging.service.enqueue(world.contact(await talking(), { notAfter: day('12:00') }))
    simulator.faults.add({ path: '/cgi-bin/kf/send_msg', drop: 'before', times: 1_000 })
    for (const time of ['11:31', '11:35', '11:59', '12:10']) {
      await world.drain()
      await world.to(day(time))
    }
    await world.drain()
    expect(world.ledger()).toEqual([])
    expect(settled).toMatchObject([{ outcome: 'unknown' }])
  })
})

describe('a vendor that is busy', () => {
  test('45009: nobody calls until the block is over, then everything goes on the same channel', async () => {
    const customer = await talking()
    await messaging.service.enqueueMany([world.contact(customer), world.contact(customer)])
    simulator.faults.add({ path: '/cgi-bin/kf/send_msg', errcode: 45009, times: 2 })
    let calls = 0
    const stop = simulator.tap(({ stage, path }) => {
      if (stage === 'received' && path === '/cgi-bin/kf/send_msg') calls += 1
    })
    await world.drain()
    const before = calls
    await world.later(11_000)
    await world.drain()
    expect(calls).toBe(before)
    for (let i = 0; i < 6; i++) {
      await world.later(60_000)
      await world.drain()
    }
    stop()
    expect(world.ledger('kf')).toHaveLength(2)
    expect(settled.every(({ outcome, channel }) => outcome === 'sent' && channel === 'kf')).toBe(true)
  })

  test('-1 four times: the next channel takes it', async () => {
    const { id } = await messaging.service.enqueue(world.contact(await talking()))
    simulator.faults.add({ path: '/cgi-bin/kf/send_msg', errcode: -1, times: 100 })
    for (let i = 0; i < 5; i++) {
      await world.drain()
      await world.later(60_000)
    }
    expect(world.ledger().map(({ kind }) => kind)).toEqual(['sms'])
    expect(settled).toMatchObject([{ id, outcome: 'sent', channel: 'sms' }])
  })

  test('a listener that fails is asked again; the rows of others are closed meanwhile', async () => {
    let failures = 2
    const heard: string[] = []
    const other = world.process({
      listen: async (batch) => {
        if (failures-- > 0) throw new Error('not now')
        heard.push(...batch.map(({ id }) => id))
      },
    })
    const customer = await world.customer(n)
    const mine = world.contact(customer)
    const theirs = world.contact(customer, { refs: { owner: 'nobody' } })
    await messaging.service.enqueueMany([mine, theirs])
    const id = messaging.service.outboxId(mine.stepId, 0, 'customer')
    for (let i = 0; i < 4; i++) {
      await other.due[0]?.drain(world.now())
      if (i === 0) expect(await statusOf(messaging.service.outboxId(theirs.stepId, 0, 'customer'))).toBe('sent')
      await world.later(60_000)
    }
    expect(heard).toEqual([id])
    expect(await statusOf(id)).toBe('sent')
    expect(world.ledger('sms')).toHaveLength(2)
  })

  test('sixty messages to one member arrive all, over minutes: WeCom drops the surplus silently', async () => {
    await messaging.service.enqueueMany(Array.from({ length: 60 }, (_, i) => world.staffCard('staff02', `crowd-${i}`)))
    for (let i = 0; i < 12; i++) {
      await world.drain()
      await world.later(60_000)
    }
    expect(world.ledger('app')).toHaveLength(60)
    expect(settled).toHaveLength(60)
  })
})

describe('several processes', () => {
  test('forty contacts, three processes at once: each person once', async () => {
    const customers: string[] = []
    for (let i = 0; i < 10; i++) customers.push(await world.customer(i))
    await messaging.service.enqueueMany(
      Array.from({ length: 40 }, (_, i) => world.contact(customers[i % 10] ?? '', { stepId: `many-${i}` })),
    )
    const others = [world.process(), world.process()]
    await Promise.all([world.drain(), ...others.map((one) => one.due[0]?.drain(world.now()))])
    // On a busy machine a lease of a second ends before its batch is sent; what is left is given back.
    for (let i = 0; i < 20 && world.ledger('sms').length < 40; i++) {
      await leaseOver()
      await world.drain()
    }
    await world.drain()
    expect(world.ledger('sms')).toHaveLength(40)
    expect(new Set(settled.map(({ id }) => id)).size).toBe(40)
  })
})
