/** Promotion against the simulated vendors: what really reached people, in one process and in several at once. */
import { beforeEach, describe, expect, test } from 'vitest'
import { createCaps } from '../../../src/messaging/caps.ts'
import { messagingWorld } from './support.ts'

const PEOPLE = 24
const world = await messagingWorld({ customers: PEOPLE })
const { messaging, settled, needs } = world
const DAY = 24 * 3_600_000
let held = new Map<string, { reason: 'complaint_open'; cancels: boolean }>()
messaging.service.holdPromotions('test', async (ids) => new Map([...held].filter(([id]) => ids.includes(id))))

let n = 0
const start = new Date('2026-03-02T11:30:00+08:00').getTime()
let today = new Date(start)
beforeEach(async () => {
  n += 1
  // Every test has a person of its own, and begins inside a contact window.
  today = new Date(start + Math.ceil((world.now().getTime() - start) / DAY) * DAY)
  await world.to(today)
  settled.length = 0
  needs.length = 0
  held = new Map()
  world.simulator.ledger.clear()
  world.simulator.faults.clear()
})
const later = (days: number) => new Date(today.getTime() + days * DAY)
const outcomes = () => settled.map(({ outcome, channel, reason }) => [outcome, channel ?? reason])
const offer = (customer: string, days = 30) =>
  world.contact(customer, { contactClass: 'promotion', notAfter: later(days) })
/** Time passes from one due instant to the next. */
async function until(end: Date) {
  for (let hop = 0; hop < 500 && world.now() < end; hop++) {
    await world.drain()
    const next = await world.nextDueAt()
    await world.to(next && next < end && next > world.now() ? next : end)
  }
  await world.drain()
}
const arrivals = () =>
  world
    .ledger('sms')
    .map(({ at }) => Date.parse(at))
    .sort((a, b) => a - b)

test('without consent nothing goes; with it, it does; and the consent is dated', async () => {
  const customer = await world.customer(n)
  await messaging.service.enqueue(offer(customer))
  await world.drain()
  expect(outcomes()).toEqual([['cancelled', 'no_consent']])
  const card = await world.customers.service.patch(customer, { promotionConsent: true })
  expect(card.promotionConsentAt).toEqual(world.now())
  await messaging.service.enqueue(offer(customer))
  await world.drain()
  expect(outcomes().at(-1)).toEqual(['sent', 'sms'])
  await world.customers.service.patch(customer, { promotionConsent: false })
  expect((await world.customers.service.get(customer))?.promotionConsentAt).toBeNull()
})

test('of five offers the caps let three through in 90 days, two weeks apart; the rest end with their reason', async () => {
  const customer = await world.customer(n, { promotionConsent: true })
  for (let i = 0; i < 5; i++) await messaging.service.enqueue(offer(customer, 80))
  await until(later(81))
  const got = arrivals()
  expect(got).toHaveLength(3)
  expect(got.map((at) => Math.round((at - (got[0] ?? 0)) / DAY))).toEqual([0, 14, 28])
  expect(outcomes().filter(([outcome]) => outcome === 'expired')).toEqual([
    ['expired', 'frequency_cap'],
    ['expired', 'frequency_cap'],
  ])
  // Care is not counted, and doesn't wait.
  await messaging.service.enqueue(world.contact(customer))
  await world.drain()
  expect(outcomes().at(-1)).toEqual(['sent', 'sms'])
})

test('held while a complaint is open, and sent when it is closed', async () => {
  const customer = await world.customer(n, { promotionConsent: true })
  held.set(customer, { reason: 'complaint_open', cancels: false })
  await messaging.service.enqueue(offer(customer, 10))
  await until(later(3))
  expect(world.ledger('sms')).toEqual([])
  held.clear()
  await until(later(5))
  expect(outcomes()).toEqual([['sent', 'sms']])
  const [at = 0] = arrivals()
  expect(new Date(at + 8 * 3_600_000).getUTCHours()).toBeGreaterThanOrEqual(11)
})

test('what was not sent does not count: taken back, or passed over for good, it leaves its place to the next', async () => {
  const customer = await world.customer(n, { promotionConsent: true })
  const first = offer(customer)
  // The gateway takes nothing: the place is taken, and the message waits.
  world.simulator.faults.add({ path: '/_sim/sms', errcode: 503, times: 2 } as never)
  const { id } = await messaging.service.enqueue(first)
  await world.drain()
  expect(world.ledger('sms')).toEqual([])
  expect(await messaging.service.cancel([id], 'superseded')).toEqual([id])
  world.simulator.faults.clear()
  await messaging.service.enqueue(offer(customer))
  await world.drain()
  expect(outcomes().at(-1)).toEqual(['sent', 'sms'])
})

test('what a person passes on by hand counts, too', async () => {
  const customer = await world.customer(n, { promotionConsent: true, phone: false })
  await messaging.service.enqueue(offer(customer))
  await world.drain()
  expect(outcomes()).toEqual([['delegated', 'no_channel_left']])
  await world.customers.service.patch(customer, { tags: ['x'] })
  await messaging.service.enqueue(offer(customer, 5))
  await world.drain()
  expect(outcomes().at(-1)).toEqual(['expired', 'frequency_cap'])
})

test('what was handed to a person who did not pass it on does not count', async () => {
  const customer = await world.customer(n, { promotionConsent: true, phone: false })
  const { id } = await messaging.service.enqueue(offer(customer))
  await world.drain()
  for (const _ of [1, 2]) await messaging.service.unsaid(id)
  await messaging.service.enqueue(offer(customer, 5))
  await world.drain()
  expect(outcomes()).toEqual([
    ['delegated', 'no_channel_left'],
    ['delegated', 'no_channel_left'],
  ])
})

describe('two processes at once', () => {
  test('never exceed a cap, whoever is quicker', async () => {
    const first = 12
    const people = await Promise.all(
      Array.from({ length: PEOPLE - first }, (_, i) => world.customer(first + i, { promotionConsent: true })),
    )
    // Four offers each, spread over four processes that drain at the same time.
    await messaging.service.enqueueMany(people.flatMap((id) => [1, 2, 3, 4].map(() => offer(id, 2))))
    const others = [world.process(), world.process(), world.process()]
    await Promise.all([messaging, ...others].map(({ due }) => due[0]?.drain(world.now())))
    await until(later(3))
    const byPerson = new Map<string, number>()
    for (const { person } of world.ledger('sms')) byPerson.set(person, (byPerson.get(person) ?? 0) + 1)
    expect([...byPerson.values()]).toEqual(people.map(() => 1))
  })

  test('that ask for the same place at the same instant get it once', async () => {
    const caps = [
      { max: 1, days: 14 },
      { max: 3, days: 90 },
    ]
    const one = createCaps(world.db, caps)
    const racers = [one, ...Array.from({ length: 5 }, () => createCaps(world.db, caps))]
    const now = world.now()
    const won = await Promise.all(
      racers.map((racer, i) => racer.take([{ customerId: 'racer', key: `k${i}`, at: now }])),
    )
    expect(won.flatMap((keys) => [...keys])).toHaveLength(1)
    const [winner] = won.flatMap((keys) => [...keys])
    // Again it is the same place, and it counts from now on.
    const again = await one.take([{ customerId: 'racer', key: winner ?? '', at: later(1) }])
    expect([...again]).toEqual([winner])
    expect((await one.spentBy(['racer'])).get('racer')).toEqual([{ key: winner, at: later(1) }])
    // Given back it is free.
    await one.release([{ customerId: 'racer', key: winner ?? '' }])
    expect([...(await one.take([{ customerId: 'racer', key: 'other', at: later(2) }]))]).toEqual(['other'])
  })
})
