import { afterAll, expect, test } from 'vitest'
import { collectionOf, connectDb, ensureIndexes } from '../../../src/platform/db.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
const uri = new URL(process.env.MONGODB_URI ?? '')
uri.pathname = `/${db.name}`
const plain = await connectDb(uri.toString())
afterAll(async () => {
  await plain.close()
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
