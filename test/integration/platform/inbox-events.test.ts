import { beforeEach, describe, expect, test } from 'vitest'
import { AppError } from '../../../src/platform/errors.ts'
import type { DomainEvent } from '../../../src/platform/events.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
beforeEach(async () => {
  for (const name of ['inbox', 'event_deliveries']) await db.collection(name).deleteMany({})
})
const message = (key: string, type = 'text') => ({ key, source: 'wecom' as const, type, payload: { MsgId: key } })

describe('inbox', () => {
  test('a message is stored once and handled once, however often the vendor repeats it', async () => {
    const { inbox, clock } = await testPorts(db)
    const handled: string[] = []
    inbox.on('wecom', 'text', async ({ key }) => void handled.push(key))
    expect(await inbox.insertOnce(message('m1'))).toEqual({ fresh: true, status: 'pending' })
    expect(await inbox.insertOnce(message('m1'))).toEqual({ fresh: false, status: 'pending' })
    await inbox.due.drain(clock.now())
    await inbox.insertOnce(message('m1'))
    await inbox.due.drain(clock.now())
    expect(handled).toEqual(['m1'])
  })

  test('a handler is told when somebody may have begun with the message before', async () => {
    const { inbox, clock } = await testPorts(db)
    const told: [string, boolean][] = []
    inbox.on('wecom', 'text', async ({ key, again }) => {
      told.push([key, again])
      if (told.length === 1) throw new AppError('upstream', 'upstream', {}, { retryable: true })
    })
    await inbox.insertOnce(message('m1'))
    await inbox.due.drain(clock.now())
    clock.advance(60_000)
    await inbox.due.drain(clock.now())
    await inbox.insertOnce(message('m2'))
    await inbox.due.drain(clock.now())
    await inbox.replay('m2')
    await inbox.due.drain(clock.now())
    // Claimed by a process that died.
    await inbox.insertOnce(message('m3'))
    await db
      .collection('inbox')
      .updateOne(
        { _id: 'm3' as never },
        { $set: { 'claim.fence': 1, 'claim.token': 'dead', 'claim.until': new Date(0) } },
      )
    await inbox.due.drain(clock.now())
    expect(told).toEqual([
      ['m1', false],
      ['m1', true],
      ['m2', false],
      ['m2', true],
      ['m3', true],
    ])
  })

  test('an unknown type is kept as ignored and never due', async () => {
    const { inbox, clock } = await testPorts(db)
    expect(await inbox.insertOnce(message('x', 'unheard_of'))).toEqual({ fresh: true, status: 'ignored' })
    expect(await inbox.due.nextDueAt(clock.now())).toBeNull()
    expect(await inbox.counts()).toMatchObject({ ignored: 1, pending: 0 })
  })

  test('a failing message backs off, is parked after its last try, and a replay runs it again', async () => {
    const { inbox, clock } = await testPorts(db)
    let fails = true
    let tries = 0
    inbox.on('wecom', 'text', async () => {
      tries += 1
      if (fails) throw new AppError('upstream', 'upstream', {}, { retryable: true })
    })
    await inbox.insertOnce(message('m1'))
    for (let i = 0; i < 20; i++) {
      await inbox.due.drain(clock.now())
      clock.advance(31 * 60_000)
    }
    expect(tries).toBe(8)
    expect(await inbox.parked(10)).toEqual([{ id: 'm1', type: 'text', lastError: 'upstream' }])
    fails = false
    expect(await inbox.replay('m1')).toBe(true)
    await inbox.due.drain(clock.now())
    expect(tries).toBe(9)
    expect(await inbox.counts()).toMatchObject({ done: 1, parked: 0 })
    expect(await inbox.replay('nobody')).toBe(false)
  })

  test('only parked rows are in the index of parked rows', async () => {
    await testPorts(db)
    for (const name of ['inbox', 'event_deliveries']) {
      const index = (await db.collection(name).indexes()).find(({ key }) => 'status' in key)
      expect(index?.partialFilterExpression).toEqual({ status: 'parked' })
    }
  })

  test('what can never succeed is parked at once', async () => {
    const { inbox, clock } = await testPorts(db)
    inbox.on('wecom', 'text', async () => {
      throw new AppError('invalid', 'bad_callback')
    })
    await inbox.insertOnce(message('m1'))
    await inbox.due.drain(clock.now())
    expect(await inbox.parked(10)).toHaveLength(1)
  })
})

describe('events', () => {
  const event = (id: string): DomainEvent => ({
    id,
    type: 'treatment.completed',
    occurredAt: new Date('2026-03-02T02:00:00Z'),
    data: {},
  })

  test('each subscriber gets an event once, and one that fails does not hold up the other', async () => {
    const { events, clock } = await testPorts(db)
    const seen: string[] = []
    let broken = true
    events.subscribe('care', {
      'treatment.completed': async ({ id }) => {
        if (broken) throw new Error('not now')
        seen.push(`care:${id}`)
      },
    })
    events.subscribe('stats', { 'treatment.completed': async ({ id }) => void seen.push(`stats:${id}`) })
    await events.publish(event('e1'))
    await events.publish(event('e1'))
    await events.due.drain(clock.now())
    expect(seen).toEqual(['stats:e1'])
    broken = false
    clock.advance(10_000)
    await events.due.drain(clock.now())
    await events.publish(event('e1'))
    await events.due.drain(clock.now())
    expect(seen).toEqual(['stats:e1', 'care:e1'])
  })

  test('a subscriber that hears events together gets those that wait, and after a failure each alone', async () => {
    const { events, clock } = await testPorts(db)
    const heard: string[][] = []
    let bad = ''
    events.subscribe('care', {
      'treatment.completed': {
        async together(list) {
          heard.push(list.map(({ id }) => id))
          if (list.some(({ id }) => id === bad)) throw new Error('one of them cannot be done')
        },
      },
    })
    await events.publishMany(['e1', 'e2', 'e3'].map(event))
    await events.due.drain(clock.now())
    expect(heard).toEqual([['e1', 'e2', 'e3']])

    bad = 'e5'
    await events.publishMany(['e4', 'e5', 'e6'].map(event))
    heard.length = 0
    expect(await events.due.drain(clock.now())).toEqual({ delivered: 2, failed: 1 })
    expect(heard).toEqual([['e4', 'e5', 'e6'], ['e4'], ['e5'], ['e6']])
    bad = ''
    clock.advance(10_000)
    expect(await events.due.drain(clock.now())).toEqual({ delivered: 1, failed: 0 })
    expect(heard.at(-1)).toEqual(['e5'])
  })

  test('only neighbours of one type are told together: what came first is told first', async () => {
    const { events, clock } = await testPorts(db)
    const heard: string[] = []
    events.subscribe('care', {
      done: { together: async (list) => void heard.push(list.map(({ id }) => id).join('+')) },
      undone: async ({ id }) => void heard.push(id),
    })
    for (const [id, type] of [
      ['a', 'done'],
      ['b', 'done'],
      ['c', 'undone'],
      ['d', 'done'],
    ] as const) {
      await events.publish({ ...event(id), type })
      clock.advance(1)
    }
    await events.due.drain(clock.now())
    expect(heard).toEqual(['a+b', 'c', 'd'])
  })

  test('an event that nobody wants costs nothing', async () => {
    const { events, clock } = await testPorts(db)
    await events.publish(event('e1'))
    expect(await events.due.nextDueAt(clock.now())).toBeNull()
  })

  test('two handlers of one name are a mistake that shows at start', async () => {
    const { events } = await testPorts(db)
    events.subscribe('care', { a: async () => undefined })
    expect(() => events.subscribe('care', { a: async () => undefined })).toThrow('two handlers')
  })
})
