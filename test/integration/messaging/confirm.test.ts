/** What no channel carries is confirmed by a member in WeCom with one tap; unconfirmed it is taken back there, and handed on. */
import { beforeEach, describe, expect, test } from 'vitest'
import type { OutboxRow } from '../../../src/messaging/model.ts'
import type { EnqueueContact } from '../../../src/messaging/types.ts'
import { messagingWorld } from './support.ts'

const LEASE_MS = 1_000
/** Nobody can be reached by SMS here. */
const world = await messagingWorld({ customers: 60, leaseMs: LEASE_MS, sms: false })
const { messaging, settled, needs, simulator, vendor } = world
await world.staff.service.syncDirectory()
const MINUTE = 60_000
const members = simulator.world.staff.filter(({ position }) => position.includes('咨询'))
type Member = (typeof members)[number]
const [first, second] = members
if (!first || !second) throw new Error('too few consultants')
const idOf = ({ userId }: { userId: string }) => userId.toLowerCase()
let n = 0
let person = -1

beforeEach(async () => {
  n += 1
  await world.to(new Date(new Date('2026-03-02T03:30:00Z').getTime() + n * 24 * 60 * MINUTE))
  for (const list of [settled, needs]) list.length = 0
  simulator.ledger.clear()
  simulator.faults.clear()
  simulator.context.mass.tasks.clear()
  simulator.world.settings.massQuota = 'month'
})

/** Somebody without a phone number, who has these members as contacts. */
async function contactOf(...of: Member[]): Promise<{ id: string; n: number; personId: string }> {
  person += 1
  const { personId } = world.personOf(person)
  const id = await world.customer(person, { phone: false, kf: true })
  for (const { userId } of of) simulator.act({ as: 'customer', id: personId, do: 'add-contact', userId })
  await world.callbacks()
  return { id, n: person, personId }
}
const words = (text: string): Partial<EnqueueContact> => ({
  content: { kind: 'template', templateKey: 'full', vars: { store: '华颜整形医院', treatment: '水光针', text } },
})
const rowOf = async (id: string): Promise<OutboxRow> => {
  const row = await world.db.collection<{ _id: string }>('outbox').findOne({ _id: id })
  return row as unknown as OutboxRow
}
const tasks = () => [...simulator.context.mass.tasks.values()]
const last = () => {
  const task = tasks().at(-1)
  if (!task) throw new Error('no mass message at WeCom')
  return task
}
const tap = (member: Member, msgId = last().msgId) =>
  simulator.act({ as: 'staff', id: member.personId, do: 'confirm-mass', msgId })
const got = (personId: string) => world.ledger('mass').filter((entry) => entry.person === personId)
async function look(minutes: number): Promise<void> {
  await world.later(minutes * MINUTE)
  await world.drain()
  await world.events()
}
const outcomes = () => settled.map(({ outcome, channel, reason }) => ({ outcome, channel, reason }))

describe('the rung before the card', () => {
  test('a member confirms: sent in that moment, by that member, once', async () => {
    const customer = await contactOf(first)
    const { id } = await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    expect(await rowOf(id)).toMatchObject({ status: 'awaiting_confirmation', reason: 'awaiting_confirmation' })
    expect(settled).toEqual([])
    await world.later(3 * MINUTE)
    const at = world.now()
    tap(first)
    await look(2)
    await look(30)
    expect(settled).toMatchObject([
      { id, outcome: 'sent', channel: 'mass', at, byUserId: idOf(first), messageId: last().msgId },
    ])
    expect(got(customer.personId)).toHaveLength(1)
    expect(needs).toEqual([])
    expect(await rowOf(id)).toMatchObject({ dueAt: null, attempts: [{ channel: 'mass', result: 'sent' }] })
  })

  test('customers of one member share a message if it reads the same; one of them twice does not', async () => {
    const [a, b] = [await contactOf(first), await contactOf(first)]
    const both = [a, b, a].map(({ id }) => world.contact(id, words('今天请避免高温环境')))
    await messaging.service.enqueueMany([...both, world.contact(b.id, words('今天请多喝水'))])
    await world.drain()
    expect(
      tasks()
        .map(({ senders }) => [...senders.values()].flatMap(({ sends }) => sends).length)
        .sort(),
    ).toEqual([1, 1, 2])
    for (const { msgId } of tasks()) tap(first, msgId)
    await look(5)
    expect(settled.map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'sent', 'sent'])
    expect([got(a.personId).length, got(b.personId).length]).toEqual([2, 2])
  })

  test('nobody confirms: reminded, taken back, the next member, then a person with the reason', async () => {
    const customer = await contactOf(first, second)
    await messaging.service.enqueue(world.contact(customer.id, { contactClass: 'case_update' }))
    await world.drain()
    const asked = last()
    for (let i = 0; i < 11; i++) await look(5)
    expect(asked.reminders).toHaveLength(2)
    expect(asked.isCancelled).toBe(false)
    await look(5)
    expect(asked.isCancelled).toBe(true)
    const next = last()
    expect([...asked.senders.keys(), ...next.senders.keys()].sort()).toEqual([first.userId, second.userId].sort())
    for (let i = 0; i < 12; i++) await look(5)
    expect(next.isCancelled).toBe(true)
    expect(outcomes()).toEqual([{ outcome: 'delegated', channel: null, reason: 'not_confirmed' }])
    expect(needs).toMatchObject([{ unknown: false, reason: 'not_confirmed' }])
    for (const { msgId } of [asked, next]) expect(() => [tap(first, msgId), tap(second, msgId)]).toThrow()
    expect(got(customer.personId)).toEqual([])
    expect(tasks()).toHaveLength(2)
  })

  test('outside the hours in which it may go by itself it goes to a person, and not to the next member', async () => {
    const customer = await contactOf(first, second)
    await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    for (let i = 0; i < 13; i++) await look(5)
    expect(outcomes()).toEqual([{ outcome: 'delegated', channel: null, reason: 'not_confirmed' }])
    expect(tasks()).toHaveLength(1)
  })

  test('a tap between the look and the taking back counts: it is not handed on as well', async () => {
    const customer = await contactOf(first)
    await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    await world.later(61 * MINUTE)
    const stop = simulator.tap(({ stage, path }) => {
      if (stage === 'received' && path.endsWith('/cancel_groupmsg_send')) tap(first)
    })
    await world.drain()
    stop()
    await world.events()
    expect(outcomes()).toEqual([{ outcome: 'sent', channel: 'mass', reason: null }])
    expect(needs).toEqual([])
    expect(got(customer.personId)).toHaveLength(1)
  })

  test('whom the member leaves out is given time, then goes to a person', async () => {
    const customer = await contactOf(first)
    await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    await world.later(58 * MINUTE)
    simulator.act({ as: 'staff', id: first.personId, do: 'confirm-mass', msgId: last().msgId, customers: [] })
    await look(3)
    expect(settled).toEqual([])
    for (let i = 0; i < 4; i++) await look(5)
    expect(outcomes()).toEqual([{ outcome: 'delegated', channel: null, reason: 'not_confirmed' }])
  })

  test.each([
    ['safety', {}],
    ['an answer', { contactClass: 'reply' }],
    ['what is worth nobody’s time', { handOver: false }],
  ] as const)('%s asks no member', async (name, more) => {
    const customer = await contactOf(first)
    const contactClass = name === 'safety' ? { contactClass: 'safety' as const } : {}
    await messaging.service.enqueue(world.contact(customer.id, { ...more, ...contactClass }))
    await world.drain()
    expect(tasks()).toEqual([])
    expect(settled).toMatchObject([{ reason: 'no_channel_left' }])
  })
})

describe('limits and refusals', () => {
  test('who has had all of the period’s is left to a person, by our count and by WeCom’s', async () => {
    const config = { version: 1, quota: 'day' as const, remindAfterMinutes: [], giveUpAfterMinutes: 60, members: 2 }
    const customer = await contactOf(first)
    const daily = world.process({ confirming: config })
    const drain = () => daily.due[0]?.drain(world.now())
    const [one, two] = [world.contact(customer.id), world.contact(customer.id)]
    await messaging.service.enqueueMany([one, two])
    await drain()
    expect(tasks()).toHaveLength(1)
    expect(settled).toMatchObject([{ outcome: 'delegated', reason: 'no_channel_left' }])
    expect((await rowOf(settled[0]?.id ?? '')).skips).toContainEqual({ channel: 'mass', reason: 'mass_quota' })
    // Somebody else's software has used it up.
    simulator.context.mass.take(world.personOf(customer.n), 'month', world.now())
    simulator.world.settings.massQuota = 'day'
    tap(first)
    await look(5)
    expect(outcomes()[1]).toMatchObject({ outcome: 'delegated' })
    expect(got(customer.personId)).toEqual([])
  })

  test('no contact any more, or refused outright: the card', async () => {
    const [gone, other] = [await contactOf(first), await contactOf(first)]
    await messaging.service.enqueue(world.contact(gone.id))
    await world.drain()
    simulator.act({ as: 'customer', id: gone.personId, do: 'delete-contact', userId: first.userId })
    tap(first)
    await look(5)
    simulator.faults.add({ path: '/cgi-bin/externalcontact/add_msg_template', errcode: 48002 })
    await messaging.service.enqueue(world.contact(other.id))
    await world.drain()
    expect(settled.map(({ outcome }) => outcome)).toEqual(['delegated', 'delegated'])
    expect(world.ledger('mass').filter(({ payload }) => payload.by)).toEqual([])
  })
})

describe('taken back', () => {
  test('it is off at WeCom when the answer says so; who shared it is asked for anew', async () => {
    const [a, b] = [await contactOf(first), await contactOf(first)]
    const [mine, theirs] = [a, b].map(({ id }) => world.contact(id, words('今天可以正常洗脸')))
    if (!mine || !theirs) throw new Error('two contacts')
    await messaging.service.enqueueMany([mine, theirs])
    await world.drain()
    const shared = last()
    const id = messaging.service.outboxId(mine.stepId, 0, 'customer')
    expect(await messaging.service.cancel([id], 'treatment_cancelled')).toEqual([id])
    expect(await messaging.service.cancel([id], 'treatment_cancelled')).toEqual([id])
    expect(shared.isCancelled).toBe(true)
    // Whoever asked has the answer: nobody is told again.
    expect(settled).toEqual([])
    await world.drain()
    tap(first)
    await look(5)
    expect(settled).toMatchObject([{ outcome: 'sent', byUserId: idOf(first) }])
    expect([got(a.personId).length, got(b.personId).length]).toEqual([0, 1])
    expect(await rowOf(id)).toMatchObject({ status: 'cancelled', reason: 'treatment_cancelled', dueAt: null })
  })

  test('what the member has sent can’t be taken back', async () => {
    const customer = await contactOf(first)
    const { id } = await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    tap(first)
    expect(await messaging.service.cancel([id], 'treatment_cancelled')).toEqual([])
    expect(outcomes()).toEqual([{ outcome: 'sent', channel: 'mass', reason: null }])
  })

  test('while WeCom can’t be asked nothing is said to be off; later it is', async () => {
    const customer = await contactOf(first)
    const { id } = await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    simulator.faults.add({ path: '/cgi-bin/externalcontact/cancel_groupmsg_send', errcode: -1, times: 1 })
    expect(await messaging.service.cancel([id], 'treatment_cancelled')).toEqual([])
    await look(1)
    expect(last().isCancelled).toBe(true)
    expect(outcomes()).toMatchObject([{ outcome: 'cancelled', reason: 'treatment_cancelled' }])
  })

  test('a customer who wants no more contact gets nothing', async () => {
    const customer = await contactOf(first)
    await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    await world.db
      .collection<{ _id: string }>('customers')
      .updateOne({ _id: customer.id }, { $set: { 'optOut.all': true } })
    await look(5)
    expect(outcomes()).toMatchObject([{ outcome: 'cancelled', reason: 'opted_out' }])
    expect(last().isCancelled).toBe(true)
  })
})

describe('lost answers and dead processes', () => {
  const death = () => new Promise<never>(() => undefined)
  async function until(isSo: () => boolean): Promise<void> {
    for (let i = 0; i < 1_000 && !isSo(); i++) await new Promise((done) => setTimeout(done, 5))
    expect(isSo()).toBe(true)
  }
  const leaseOver = () => new Promise((done) => setTimeout(done, LEASE_MS + 50))

  test.each([
    ['before', 1],
    ['after', 1],
  ] as const)('an answer lost %s it was made: one message at WeCom, one tap, one arrival', async (drop, made) => {
    const customer = await contactOf(first)
    const { id } = await messaging.service.enqueue(world.contact(customer.id))
    simulator.faults.add({ path: '/cgi-bin/externalcontact/add_msg_template', drop })
    await world.drain()
    expect((await rowOf(id)).status).toBe('sending')
    await look(3)
    await look(0)
    expect(tasks()).toHaveLength(made)
    tap(first)
    await look(5)
    expect(outcomes()).toEqual([{ outcome: 'sent', channel: 'mass', reason: null }])
    expect(got(customer.personId)).toHaveLength(1)
  })

  test.each(['before', 'after'] as const)(
    'killed %s WeCom had it: whoever takes over looks it up, and finds each its own',
    async (when) => {
      const [a, b] = [await contactOf(first), await contactOf(first)]
      await messaging.service.enqueueMany([a, b].map(({ id }) => world.contact(id, words(`请按时复诊 ${when}`))))
      let reached = false
      const dying = world.process({
        wecom: {
          async addMassMessage(body) {
            if (when === 'after') await vendor.wecom.addMassMessage(body)
            reached = true
            return death()
          },
        },
      })
      void dying.due[0]?.drain(world.now())
      await until(() => reached)
      await leaseOver()
      await look(3)
      await look(0)
      expect(tasks()).toHaveLength(1)
      tap(first)
      await look(5)
      expect(settled.map(({ outcome }) => outcome)).toEqual(['sent', 'sent'])
      expect([got(a.personId).length, got(b.personId).length]).toEqual([1, 1])
    },
  )

  test('the same words to the same customer twice: each row finds its own message', async () => {
    const customer = await contactOf(first)
    const [one, two] = [1, 2].map(() => world.contact(customer.id, words('今天请不要化妆')))
    if (!one || !two) throw new Error('two contacts')
    await messaging.service.enqueue(one)
    await world.drain()
    await messaging.service.enqueue(two)
    simulator.faults.add({ path: '/cgi-bin/externalcontact/add_msg_template', drop: 'before' })
    await world.drain()
    await look(3)
    await look(0)
    expect(tasks()).toHaveLength(2)
    for (const { msgId } of tasks()) tap(first, msgId)
    await look(5)
    expect(new Set(settled.map(({ messageId }) => messageId)).size).toBe(2)
  })

  test('killed while it hands on: taken back at WeCom once, and one card', async () => {
    const customer = await contactOf(first)
    await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    await world.later(61 * MINUTE)
    let reached = false
    const dying = world.process({
      wecom: {
        async cancelMassMessage(msgid) {
          await vendor.wecom.cancelMassMessage(msgid)
          reached = true
          return death()
        },
      },
    })
    void dying.due[0]?.drain(world.now())
    await until(() => reached)
    await leaseOver()
    await look(0)
    await look(10)
    expect(outcomes()).toEqual([{ outcome: 'delegated', channel: null, reason: 'not_confirmed' }])
    expect(needs).toHaveLength(1)
    expect(() => tap(first)).toThrow()
  })

  test('three processes at once: one message each, one arrival each', async () => {
    const people = [await contactOf(first), await contactOf(second), await contactOf(first)]
    await messaging.service.enqueueMany(people.map(({ id }) => world.contact(id)))
    const others = [world.process(), world.process()]
    await Promise.all([world.drain(), ...others.map((one) => one.due[0]?.drain(world.now()))])
    expect(tasks()).toHaveLength(3)
    for (const task of tasks()) tap([...task.senders.keys()][0] === first.userId ? first : second, task.msgId)
    await world.later(5 * MINUTE)
    await Promise.all([world.drain(), ...others.map((one) => one.due[0]?.drain(world.now()))])
    expect(settled.map(({ outcome }) => outcome)).toEqual(['sent', 'sent', 'sent'])
    for (const { personId } of people) expect(got(personId)).toHaveLength(1)
  })

  test('a message that WeCom knows nothing of any more is checked by a person', async () => {
    const customer = await contactOf(first)
    await messaging.service.enqueue(world.contact(customer.id))
    await world.drain()
    simulator.context.mass.tasks.clear()
    await look(5)
    expect(outcomes()).toEqual([{ outcome: 'unknown', channel: 'mass', reason: 'send_unknown' }])
    expect(needs).toMatchObject([{ unknown: true }])
  })
})
