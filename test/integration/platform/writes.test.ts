import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { addMs, earliest, MINUTE_MS } from '../../../src/platform/clock.ts'
import { collectionOf, connectDb } from '../../../src/platform/db.ts'
import { watchWrites } from '../../../src/platform/writes.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
const uri = new URL(process.env.MONGODB_URI ?? '')
uri.pathname = `/${db.name}`
const monitored = await connectDb(uri.toString(), { monitored: true })
const plain = await connectDb(uri.toString())
afterAll(async () => {
  await monitored.close()
  await plain.close()
})
const START = new Date('2026-03-02T02:00:00Z')
const at = (minutes: number) => addMs(START, minutes * MINUTE_MS)
interface Row {
  _id: string
  dueAt: Date | null
  n?: number
}

test('writes are counted at their start and at their end, by collection; reads are not', async () => {
  const writesOf = watchWrites(monitored).count
  const rows = collectionOf<{ _id: string; n?: number }>(monitored, 'rows')
  await rows.insertOne({ _id: 'a' })
  expect(writesOf('rows')).toBe(2)
  await rows.findOne({ _id: 'a' })
  await rows.updateOne({ _id: 'a' }, { $set: { n: 1 } })
  expect([writesOf('rows'), writesOf('others')]).toEqual([4, 0])
  // Only this process's own.
  await collectionOf<{ _id: string }>(plain, 'rows').insertOne({ _id: 'b' })
  expect(writesOf('rows')).toBe(4)
})

test('a connection that is not monitored would count nothing: it is refused', () => {
  expect(() => watchWrites(plain)).toThrow('not monitored')
})

test('what a row was last written to hold is followed, by its id; a write of something else changes nothing', async () => {
  const writes = watchWrites(monitored)
  const rows = collectionOf<Row>(monitored, 'followed')
  const since = () => writes.since('followed', 'dueAt')
  expect(since()).toBe('unknown')
  writes.follow('followed', 'dueAt')
  expect(since()).toBeNull()
  await rows.insertMany([
    { _id: 'a', dueAt: at(10) },
    { _id: 'b', dueAt: at(5) },
    { _id: 'c', dueAt: null },
  ])
  expect(since()).toEqual(at(5))
  await rows.updateOne({ _id: 'b', n: { $exists: false } }, { $set: { dueAt: at(20), n: 1 } })
  expect(since()).toEqual(at(10))
  await rows.updateOne({ _id: 'a' }, { $set: { n: 2 } })
  expect(since()).toEqual(at(10))
  await rows.updateMany({ _id: { $in: ['a', 'b'] } }, { $set: { dueAt: null } })
  expect(since()).toBeNull()
  await rows.updateOne({ _id: 'c' }, { $min: { dueAt: at(1) } })
  expect(since()).toBe('unknown')
  writes.follow('followed', 'dueAt')
  await rows.updateMany({ n: 2 }, { $set: { dueAt: null } })
  expect(since()).toBeNull()
  await rows.updateMany({ n: 2 }, { $set: { dueAt: at(3) } })
  expect(since()).toBe('unknown')
})

test('a write that missed its row leaves the earlier instant standing', async () => {
  const writes = watchWrites(monitored)
  const rows = collectionOf<Row>(monitored, 'missed')
  writes.follow('missed', 'dueAt')
  await rows.insertOne({ _id: 'a', dueAt: at(5), n: 1 })
  await rows.updateOne({ _id: 'a', n: 7 }, { $set: { dueAt: at(9) } })
  expect(writes.since('missed', 'dueAt')).toEqual(at(5))
  await rows.updateOne({ _id: 'a', n: 7 }, { $set: { dueAt: null } })
  expect(writes.since('missed', 'dueAt')).toEqual(at(5))
  await rows.bulkWrite([
    { updateOne: { filter: { _id: 'a', n: 1 }, update: { $set: { dueAt: null } } } },
    { updateOne: { filter: { _id: 'b' }, update: { $set: { dueAt: null } } } },
  ])
  expect(writes.since('missed', 'dueAt')).toEqual(at(5))
})

test('rows that were read are followed, too: what comes after the first is known when the first is done', async () => {
  const writes = watchWrites(monitored)
  const rows = collectionOf<Row>(monitored, 'seeded')
  const since = () => writes.since('seeded', 'dueAt')
  await rows.insertMany([
    { _id: 'a', dueAt: at(5) },
    { _id: 'b', dueAt: at(10) },
    { _id: 'c', dueAt: at(15) },
  ])
  writes.follow('seeded', 'dueAt')
  await rows.updateOne({ _id: 'c' }, { $set: { dueAt: at(20) } })
  await rows.updateOne({ _id: 'b', n: 7 }, { $set: { dueAt: at(30) } })
  writes.seed('seeded', 'dueAt', [
    ['a', at(5)],
    ['b', at(10)],
    ['c', at(15)],
  ])
  expect(since()).toEqual(at(5))
  await rows.updateOne({ _id: 'a' }, { $set: { dueAt: at(40) } })
  expect(since()).toEqual(at(10))
  await rows.updateOne({ _id: 'b' }, { $set: { dueAt: null } })
  expect(since()).toEqual(at(20))
})

const write = fc.record({
  id: fc.constantFrom('a', 'b', 'c'),
  rev: fc.integer({ min: 0, max: 2 }),
  minutes: fc.option(fc.integer({ min: 1, max: 60 })),
  how: fc.constantFrom('insert', 'update', 'guarded', 'delete', 'taken'),
})

test('whatever is written at once, nothing is due earlier than what was seen and followed', async () => {
  const writes = watchWrites(monitored)
  let run = 0
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(write, { maxLength: 4 }), { maxLength: 6 }),
      fc.nat(6),
      fc.boolean(),
      async (rounds, lookAt, byRow) => {
        const name = `property_${run++}`
        const rows = collectionOf<Row>(monitored, name)
        const truth = collectionOf<Row>(plain, name)
        const dues = async () =>
          earliest((await truth.find({ dueAt: { $ne: null } }).toArray()).map(({ dueAt }) => dueAt))
        writes.follow(name, 'dueAt')
        let seen: Date | null = null
        for (const [i, together] of rounds.entries()) {
          const running = together.map(({ id, rev, minutes, how }) => {
            const dueAt = minutes === null ? null : at(minutes)
            if (how === 'insert') return rows.insertOne({ _id: id, dueAt, n: 0 }).catch(() => null)
            if (how === 'delete') return rows.deleteOne({ _id: id })
            if (how === 'taken') return rows.findOneAndUpdate({ _id: id, n: rev }, { $set: { dueAt }, $inc: { n: 1 } })
            return rows.updateOne(
              { _id: id, ...(how === 'guarded' ? { n: rev } : {}) },
              { $set: { dueAt }, $inc: { n: 1 } },
            )
          })
          if (i === lookAt) {
            writes.follow(name, 'dueAt')
            const found = await truth.find({ dueAt: { $ne: null } }).toArray()
            if (byRow)
              writes.seed(
                name,
                'dueAt',
                found.map(({ _id, dueAt }) => [_id, dueAt as Date]),
              )
            else seen = earliest(found.map(({ dueAt }) => dueAt))
          }
          await Promise.all(running)
          const since = writes.since(name, 'dueAt')
          expect(since).not.toBe('unknown')
          const known = earliest([seen, since as Date | null])
          const real = await dues()
          if (real) expect(known && known <= real).toBe(true)
        }
      },
    ),
    { numRuns: 40 },
  )
})

test('which rows were written to after a count is known by their ids; of a write that names none it may be any', async () => {
  const writes = watchWrites(monitored)
  const rows = collectionOf<{ _id: string; n?: number }>(monitored, 'told')
  await rows.insertMany([{ _id: 'a' }, { _id: 'b' }, { _id: 'c' }])
  const before = writes.count('told')
  const wrote = () => ['a', 'b', 'c'].filter((id) => writes.wrote('told', id, before))
  expect(wrote()).toEqual([])
  await rows.updateOne({ _id: 'a', n: { $exists: false } }, { $set: { n: 1 } })
  await rows.deleteOne({ _id: 'b' })
  expect(wrote()).toEqual(['a', 'b'])
  await rows.findOneAndUpdate({ _id: 'c' }, { $set: { n: 1 } })
  expect(wrote()).toEqual(['a', 'b', 'c'])
  const later = writes.count('told')
  expect(writes.wrote('told', 'a', later)).toBe(false)
  await rows.updateMany({ n: 1 }, { $set: { n: 2 } })
  expect(writes.wrote('told', 'b', later)).toBe(true)
})

test('how often a row was written to is known; of a write that names none it may be any number', async () => {
  const writes = watchWrites(monitored)
  const rows = collectionOf<{ _id: string; n?: number }>(monitored, 'marked')
  await rows.insertMany([{ _id: 'a' }, { _id: 'b' }])
  const marks = writes.marks('marked', 'a')
  await rows.updateOne({ _id: 'b' }, { $set: { n: 1 } })
  expect(writes.marks('marked', 'a')).toBe(marks)
  await rows.findOneAndUpdate({ _id: 'a' }, { $set: { n: 1 } })
  expect(writes.marks('marked', 'a')).toBe(marks + 2)
  await rows.updateMany({ n: 1 }, { $set: { n: 2 } })
  expect(writes.marks('marked', 'a')).toBeGreaterThan(marks + 4)
})

test('of a field that is watched only writes count that may give it a value', async () => {
  const writes = watchWrites(monitored)
  writes.watch('fields', 'into')
  const rows = collectionOf<{ _id: string; into?: string | null; n?: number }>(monitored, 'fields')
  const count = () => writes.count('fields', 'into')
  await rows.insertMany([{ _id: 'a', into: null }, { _id: 'b' }])
  await rows.updateOne({ _id: 'a', into: null }, { $set: { n: 1 } })
  expect(count()).toBe(0)
  await rows.updateOne({ _id: 'a' }, { $set: { into: 'b' } })
  expect(count()).toBe(2)
  await rows.insertOne({ _id: 'c', into: 'b' })
  await rows.replaceOne({ _id: 'b' }, { n: 3 })
  expect(count()).toBe(6)
})
