/** What is remembered of rows that this process writes, against what the database holds. */
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { systemClock } from '../../../src/platform/clock.ts'
import { collectionOf, connectDb, insertedRows } from '../../../src/platform/db.ts'
import { createRecall } from '../../../src/platform/memory.ts'
import { watchWrites } from '../../../src/platform/writes.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
const uri = new URL(process.env.MONGODB_URI ?? '')
uri.pathname = `/${db.name}`
const monitored = await connectDb(uri.toString(), { monitored: true })
afterAll(() => monitored.close())
const writes = watchWrites(monitored)

interface Row {
  _id: string
  rev: number
  words: string
  at?: Date | undefined
}
const IDS = ['a', 'b', 'c'] as const

function remember(name: string) {
  const rows = collectionOf<Row>(monitored, name)
  const asked: string[] = []
  const recall = createRecall<Row>(
    { clock: systemClock, memory: { writes, standsMs: 60_000 }, collections: [name], rowsOf: (id) => [id] },
    async (ids) => {
      asked.push(...ids)
      return (await rows.find({ _id: { $in: [...ids] } }).toArray()).map((row) => [row._id, row])
    },
  )
  const insert = (row: Row) => recall.through([row._id], () => insertedRows(rows, [row]))
  const change = (id: string, rev: number, words: string) =>
    recall.through([id], async () => {
      const update = { $set: { words }, $inc: { rev: 1 } }
      const row = await rows.findOneAndUpdate({ _id: id, rev }, update, { returnDocument: 'after' })
      return new Map(row ? [[id, row]] : [])
    })
  return { rows, recall, asked, insert, change }
}

test('a row that this process wrote need not be read', async () => {
  const { rows, recall, asked, insert, change } = remember('written')
  await insert({ _id: 'a', rev: 0, words: '您好', at: undefined })
  await change('a', 0, '再见')
  expect((await recall.many(['a'])).get('a')).toEqual({ _id: 'a', rev: 1, words: '再见', at: null })
  expect(await rows.findOne({ _id: 'a' })).toEqual({ _id: 'a', rev: 1, words: '再见', at: null })
  expect(asked).toEqual([])
  // Lost against somebody: nothing was written, and what is there is what was there.
  await change('a', 0, '?')
  expect((await recall.many(['a'])).get('a')?.words).toBe('再见')
})

const act = fc.record({
  id: fc.constantFrom(...IDS),
  rev: fc.nat(3),
  what: fc.constantFrom('insert', 'change', 'change', 'other', 'untold', 'delete', 'read'),
})

test('whatever is written and read at once, what is remembered is what the database holds', async () => {
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(act, { maxLength: 5 }), { maxLength: 6 }), async (rounds) => {
      const { rows, recall, insert, change } = remember(`remembered_${run++}`)
      let serial = 0
      for (const together of rounds) {
        await Promise.all(
          together.map(({ id, rev, what }): Promise<unknown> => {
            const words = String(serial++)
            if (what === 'insert') return insert({ _id: id, rev: 0, words })
            if (what === 'change') return change(id, rev, words)
            if (what === 'other') return rows.updateOne({ _id: id }, { $set: { words } })
            if (what === 'untold') return rows.updateMany({ rev }, { $set: { words } })
            if (what === 'delete') return rows.deleteOne({ _id: id })
            return recall.many([id])
          }),
        )
        const known = await recall.many(IDS)
        const held = new Map((await rows.find().toArray()).map((row) => [row._id, row]))
        for (const id of IDS) expect(known.get(id)).toEqual(held.get(id))
      }
    }),
    { numRuns: 60 },
  )
})
