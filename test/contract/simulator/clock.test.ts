/** Time moves in hops, and never while somebody has work. */
import { afterEach, describe, expect, test } from 'vitest'
import { createClock } from '../../../simulator/clock.ts'
import { callbackServer, type Json, START, simWorld } from './support.ts'

const MINUTE = 60_000
const { simulator, control } = await simWorld()
const at = (minutes: number) => new Date(START.getTime() + minutes * MINUTE).toISOString()
const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
  for (const { id } of (await control('GET', 'clock')).body.followers as Json[])
    await control('DELETE', 'clock/followers', { id })
})

interface Worker {
  /** Business times at which it found work. */
  worked: string[]
}

/** Follows as a server does: works off what is due, then reports, waiting for the next epoch. */
function follow(id: string, due: Date[], work: (when: Date) => Promise<void> = async () => {}): Worker {
  const worked: string[] = []
  let isStopped = false
  const loop = (async () => {
    let [epoch, now] = [-1, 0]
    while (!isStopped) {
      while (due[0] && due[0].getTime() <= now) {
        const next = due.shift() as Date
        await work(next)
        worked.push(new Date(now).toISOString())
      }
      const nextDueAt = due[0]?.toISOString() ?? null
      const { body } = await control('POST', 'clock/followers', { id, epoch, idle: epoch >= 0, nextDueAt, waitMs: 100 })
      epoch = Number(body.epoch)
      now = Date.parse(String(body.now))
    }
  })()
  stops.push(async () => {
    isStopped = true
    await loop
  })
  return { worked }
}
const followers = async (count: number) => {
  while (((await control('GET', 'clock')).body.followers as Json[]).length < count)
    await new Promise((done) => setTimeout(done, 10))
}
const move = (body: Json) => control('POST', 'clock', body)

describe('with followers', () => {
  test('each hop ends at the earliest work of anybody, rounded up to a minute', async () => {
    const now = simulator.clock.now().getTime()
    const inMs = (ms: number) => new Date(now + ms)
    const a = follow('a', [inMs(10 * MINUTE), inMs(30 * MINUTE)])
    const b = follow('b', [inMs(9.5 * MINUTE), inMs(20 * MINUTE)])
    await followers(2)
    const events: string[] = []
    simulator.schedule(inMs(15 * MINUTE + 500), 'event', () => {
      events.push(simulator.clock.now().toISOString())
    })
    const { status, body } = await move({ advance: 'PT1H' })
    expect(status).toBe(200)
    expect(body).toEqual({ now: inMs(60 * MINUTE).toISOString(), hops: 5 })
    expect(a.worked).toEqual([inMs(10 * MINUTE).toISOString(), inMs(30 * MINUTE).toISOString()])
    expect(b.worked).toEqual([inMs(10 * MINUTE).toISOString(), inMs(20 * MINUTE).toISOString()])
    expect(events).toEqual([inMs(15 * MINUTE + 500).toISOString()])
  })

  test('time stands while a follower works, and a 504 names it', async () => {
    const now = simulator.clock.now().getTime()
    let finish = () => {}
    const working = new Promise<void>((done) => {
      finish = done
    })
    follow('slow', [new Date(now + 5 * MINUTE)], () => working)
    follow('quick', [])
    await followers(2)
    const { status, body } = await move({ advance: 10 * MINUTE, timeoutMs: 400 })
    expect(status).toBe(504)
    expect(body.error).toMatchObject({ code: 'not_idle', notIdle: ['follower slow'] })
    expect(simulator.clock.now().getTime()).toBe(now + 5 * MINUTE)
    finish()
    expect((await move({ to: new Date(now + 10 * MINUTE).toISOString() })).status).toBe(200)
  })

  test('an old "idle" does not count: every move asks again', async () => {
    const epoch = Number((await control('GET', 'clock')).body.epoch)
    await control('POST', 'clock/followers', { id: 'stale', epoch, idle: true, nextDueAt: null })
    expect((await move({ advance: MINUTE, timeoutMs: 300 })).body.error).toMatchObject({ notIdle: ['follower stale'] })
  })

  test('a follower that is silent for three seconds holds nothing up', async () => {
    const epoch = Number((await control('GET', 'clock')).body.epoch)
    await control('POST', 'clock/followers', { id: 'dead', epoch, idle: false, nextDueAt: null })
    const startedAt = performance.now()
    expect((await move({ advance: MINUTE, timeoutMs: 10_000 })).status).toBe(200)
    expect(performance.now() - startedAt).toBeGreaterThan(2_500)
  })

  test('a callback that arrives makes every follower confirm again before time goes on', async () => {
    const { ready, world } = simulator
    const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
    await control('POST', 'callback-target', { wecomUrl: server.url })
    const [customer] = world.customers
    const reports: { epoch: number; seen: number }[] = []
    let isStopped = false
    const loop = (async () => {
      let epoch = -1
      while (!isStopped) {
        const seen = server.received.length
        const { body } = await control('POST', 'clock/followers', {
          id: 'watching',
          epoch,
          idle: epoch >= 0,
          nextDueAt: null,
          waitMs: 100,
        })
        reports.push({ epoch, seen })
        epoch = Number(body.epoch)
      }
    })()
    stops.push(async () => {
      isStopped = true
      await loop
      await control('POST', 'callback-target', { wecomUrl: '' })
    })
    await followers(1)
    simulator.schedule(new Date(simulator.clock.now().getTime() + MINUTE), 'says', () => {
      simulator.act({ as: 'customer', id: customer?.personId ?? '', do: 'say', text: '在吗' })
    })
    let epochAtHop = -1
    simulator.schedule(new Date(simulator.clock.now().getTime() + 2 * MINUTE), 'later', () => {
      epochAtHop = simulator.clock.epoch()
    })
    expect((await move({ advance: 3 * MINUTE })).status).toBe(200)
    // Before the clock left the minute of the callback, this follower had confirmed with the callback in its hands.
    expect(reports.some(({ epoch, seen }) => seen === 1 && epoch < epochAtHop)).toBe(true)
  })

  test('bad reports and bad times are refused', async () => {
    expect((await control('POST', 'clock/followers', { id: 'x' })).status).toBe(400)
    expect(
      (await control('POST', 'clock/followers', { id: 'x', epoch: 1, idle: true, nextDueAt: 'soon' })).status,
    ).toBe(400)
    expect((await move({ advance: 'P1M' })).status).toBe(400)
    expect((await move({ to: at(-1) })).status).toBe(409)
  })
})

describe('alone', () => {
  test('events of one instant run in the order of their keys, what they schedule in its turn', async () => {
    const clock = createClock({ mode: 'manual', start: START })
    const ran: string[] = []
    const when = new Date(START.getTime() + MINUTE)
    for (const key of ['c', 'a', 'b'])
      clock.schedule(when, key, () => {
        ran.push(key)
        if (key === 'a') clock.schedule(when, 'ab', () => void ran.push('ab'))
      })
    expect(await clock.moveTo(when, 1_000)).toEqual({ now: when, hops: 1 })
    expect(ran).toEqual(['a', 'ab', 'b', 'c'])
  })

  test('a failing event is reported and the others run', async () => {
    const clock = createClock({ mode: 'manual', start: START })
    const ran: string[] = []
    const when = new Date(START.getTime() + MINUTE)
    clock.schedule(when, 'a', () => {
      throw new Error('planted failure')
    })
    clock.schedule(when, 'b', () => void ran.push('b'))
    await clock.moveTo(when, 1_000)
    expect(ran).toEqual(['b'])
  })

  test('time waits for work that is on its way', async () => {
    const clock = createClock({ mode: 'manual', start: START })
    let arrive = () => {}
    void clock.during('a parcel', () => new Promise<void>((done) => (arrive = done)))
    await expect(clock.moveTo(new Date(START.getTime() + 1), 50)).rejects.toMatchObject({ notIdle: ['a parcel'] })
    const moved = clock.moveTo(new Date(START.getTime() + 1), 1_000)
    arrive()
    await expect(moved).resolves.toMatchObject({ hops: 1 })
  })

  test('a burst costs one new epoch, at the end of what is on its way', async () => {
    const clock = createClock({ mode: 'manual', start: START })
    const before = clock.epoch()
    let arrive = () => {}
    const parcel = clock.during('a parcel', () => new Promise<void>((done) => (arrive = done)))
    clock.touch()
    clock.touch()
    expect(clock.epoch()).toBe(before)
    arrive()
    await parcel
    expect(clock.epoch()).toBe(before + 1)
    await clock.during('a request', async () => {}, { quiet: true })
    expect(clock.epoch()).toBe(before + 1)
  })

  test('the real clock flows and jumps ahead; events come by themselves', async () => {
    const clock = createClock({ mode: 'real', start: START })
    const happened = new Promise<void>((done) => clock.schedule(new Date(START.getTime() + 30), 'soon', done))
    await happened
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(START.getTime() + 30)
    const { now } = await clock.moveTo(new Date(START.getTime() + 3_600_000), 1_000)
    expect(now.getTime()).toBeGreaterThanOrEqual(START.getTime() + 3_600_000)
    clock.close()
  })
})
