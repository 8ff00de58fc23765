import { beforeEach, describe, expect, test } from 'vitest'
import type { DomainEvent } from '../../../src/platform/events.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
beforeEach(async () => {
  for (const name of ['inbox', 'event_deliveries']) await db.collection(name).deleteMany({})
})
const LEASE_MS = 400
const message = (key: string) => ({
  key,
  source: 'wecom' as const,
  type: 'text',
  payload: { MsgId: key, Empty: undefined },
})
const event = (id: string): DomainEvent => ({
  id,
  type: 'treatment.completed',
  occurredAt: new Date('2026-03-02T02:00:00Z'),
  data: { treatmentId: id, at: new Date('2026-03-02T01:00:00Z'), nothing: undefined },
})

/** A process on the shared database; `works` drains, else it only receives. */
async function processOf({ works = true, seed = 1, leaseMs = LEASE_MS } = {}) {
  const { inbox, events, clock } = await testPorts(db, undefined, seed, { works, leaseMs })
  const handled: string[] = []
  const heard: DomainEvent[] = []
  inbox.on('wecom', 'text', async ({ key, payload }) => void handled.push(`${key} ${JSON.stringify(payload)}`))
  events.subscribe('care', { 'treatment.completed': async (one) => void heard.push(one) })
  const drain = async () => {
    await inbox.due.drain(clock.now())
    await events.due.drain(clock.now())
  }
  return { inbox, events, clock, handled, heard, drain }
}

describe('rows that a process works on at once', () => {
  test('are claimed when they are inserted, worked on once, and given back', async () => {
    const one = await processOf()
    await one.inbox.insertOnce(message('m1'))
    await one.inbox.insertOnce(message('m1'))
    await one.events.publishMany([event('e1'), event('e2')])
    await one.events.publishMany([event('e2'), event('e3')])
    const claims = await db.collection('inbox').distinct('claim.token')
    expect(claims).toHaveLength(1)
    expect(claims[0]).not.toBe('')
    await one.drain()
    await one.drain()
    expect(one.handled).toHaveLength(1)
    expect(one.heard.map(({ id }) => id)).toEqual(['e1', 'e2', 'e3'])
    for (const table of ['inbox', 'event_deliveries'])
      expect(await db.collection(table).distinct('claim.token', { status: 'done', dueAt: null })).toEqual([''])
  })

  test('are read as the database would answer them', async () => {
    const [here, elsewhere] = [await processOf(), await processOf({ works: false, seed: 2 })]
    await here.inbox.insertOnce(message('m1'))
    await here.events.publish(event('e1'))
    await here.drain()
    await db.collection('inbox').deleteMany({})
    await db.collection('event_deliveries').deleteMany({})
    await elsewhere.inbox.insertOnce(message('m1'))
    await elsewhere.events.publish(event('e1'))
    await elsewhere.drain()
    expect(here.handled).toEqual(elsewhere.handled)
    expect(here.heard).toStrictEqual(elsewhere.heard)
  })

  test('are left to others when the process dies before it has worked on them', async () => {
    const [dead, other] = [await processOf(), await processOf({ seed: 2 })]
    await dead.inbox.insertOnce(message('m1'))
    await dead.events.publish(event('e1'))
    await other.drain()
    expect([other.handled.length, other.heard.length]).toEqual([0, 0])
    await new Promise((done) => setTimeout(done, LEASE_MS + 50))
    await other.drain()
    expect([other.handled.length, other.heard.length]).toEqual([1, 1])
    // Who was only slow finds that its lease is over, and leaves them alone.
    await dead.drain()
    expect([dead.handled.length, dead.heard.length]).toEqual([0, 0])
  })

  test('never keep a process from what others have received, however many come', async () => {
    const [web, worker] = [await processOf({ works: false }), await processOf({ seed: 2 })]
    await web.inbox.insertOnce(message('theirs'))
    for (let i = 0; i < 40; i++) {
      await worker.inbox.insertOnce(message(`own${i}`))
      await worker.drain()
    }
    expect(worker.handled.some((one) => one.startsWith('theirs'))).toBe(true)
    expect(worker.handled).toHaveLength(41)
  })

  test('are no more than a process can keep up with: the rest is for everybody', async () => {
    const [flooded, other] = [await processOf({ leaseMs: 60_000 }), await processOf({ seed: 2 })]
    const ids = Array.from({ length: 600 }, (_, i) => `e${i}`)
    for (let i = 0; i < ids.length; i += 100) await flooded.events.publishMany(ids.slice(i, i + 100).map(event))
    await other.drain()
    expect(other.heard).toHaveLength(100)
    await flooded.drain()
    expect(flooded.heard).toHaveLength(500)
  })
})
