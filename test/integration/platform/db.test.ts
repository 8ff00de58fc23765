import { afterAll, expect, test } from 'vitest'
import { collectionOf, connectDb, countWrites, ensureIndexes } from '../../../src/platform/db.ts'
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

test('writes are counted at their start and at their end, by collection; reads are not', async () => {
  const writesOf = countWrites(monitored)
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
  expect(() => countWrites(plain)).toThrow('not monitored')
})

test('an index over some rows is made beside an older one over all of them', async () => {
  const rows = collectionOf<{ _id: string }>(plain, 'indexed')
  const spec = { keys: { status: 1 as const }, serves: 'a test' }
  await ensureIndexes(rows, [spec])
  const some = { ...spec, only: { status: 'parked' } }
  await ensureIndexes(rows, [some])
  await ensureIndexes(rows, [some])
  const found = (await rows.indexes()).filter(({ key }) => 'status' in key)
  expect(found.map(({ name, partialFilterExpression }) => [name, partialFilterExpression])).toEqual([
    ['status_1', undefined],
    ['status_1_only', { status: 'parked' }],
  ])
})
