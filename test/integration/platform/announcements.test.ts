import { beforeEach, expect, test } from 'vitest'
import { type Announcing, createAnnouncer } from '../../../src/platform/announcements.ts'
import { collectionOf } from '../../../src/platform/db.ts'
import type { DomainEvent } from '../../../src/platform/events.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const db = await testDb()
const rows = collectionOf<Announcing>(db, 'things')
beforeEach(async () => {
  for (const name of ['things', 'event_deliveries']) await db.collection(name).deleteMany({})
})

async function world() {
  const ports = await testPorts(db)
  const announcer = createAnnouncer('things', { things: rows }, ports)
  const told: string[] = []
  ports.events.subscribe('test', { happened: async ({ id }) => void told.push(id) })
  const now = ports.clock.now()
  const event = (id: string): DomainEvent => ({ id, type: 'happened', occurredAt: now, data: {} })
  const insert = async (_id: string, ...ids: string[]) => {
    const row = { _id, ...announcer.fields(ids.map(event), now) }
    await rows.insertOne(row)
    return row
  }
  const heard = async () => {
    await ports.events.due.drain(ports.clock.now())
    return [...told].sort()
  }
  return { ...ports, announcer, event, insert, heard, now }
}

test('a row without news is never due', async () => {
  const { announcer, insert, now } = await world()
  await insert('a')
  expect(await announcer.due.nextDueAt(now)).toBeNull()
})

test('what was announced is not due any more', async () => {
  const { announcer, insert, heard, now } = await world()
  await announcer.announce('things', [await insert('a', 'e1'), await insert('b', 'e2')])
  await announcer.announce('things', [await insert('c', 'e3', 'e4'), await insert('d', 'e5')])
  expect(await heard()).toEqual(['e1', 'e2', 'e3', 'e4', 'e5'])
  expect(await announcer.due.nextDueAt(now)).toBeNull()
  expect(await rows.countDocuments({ pending: { $size: 0 } })).toBe(4)
})

test('an event that came while another was published is not lost', async () => {
  const { announcer, event, insert, heard, clock } = await world()
  for (const [id, ...ids] of [
    ['a', 'e1'],
    ['b', 'e2', 'e3'],
  ] as const) {
    const before = await insert(id, ...ids)
    await rows.updateOne({ _id: id }, { $push: { pending: event(`late-${id}`) } })
    await announcer.announce('things', [before])
  }
  clock.advance(60_000)
  expect(await announcer.due.nextDueAt(clock.now())).toEqual(clock.now())
  await announcer.due.drain(clock.now())
  expect(await heard()).toEqual(['e1', 'e2', 'e3', 'late-a', 'late-b'])
  expect(await announcer.due.nextDueAt(clock.now())).toBeNull()
})

test('rows that nobody announced are announced by the drain after their grace, in batches', async () => {
  const { announcer, insert, heard, clock } = await world()
  for (let i = 0; i < 205; i++) await insert(`r${i}`, `e${i}`)
  expect(await announcer.due.drain(clock.now())).toEqual({ announced: 0 })
  clock.advance(60_000)
  expect(await announcer.due.drain(clock.now())).toEqual({ announced: 205 })
  expect(new Set(await heard()).size).toBe(205)
  expect(await announcer.due.nextDueAt(clock.now())).toBeNull()
})
