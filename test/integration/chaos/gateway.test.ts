/** The door to the database: the real driver works through it, its commands are recognised, and a cut is exactly where it should be. */
import { MongoClient } from 'mongodb'
import { afterEach, expect, test } from 'vitest'
import { type Cut, openGateway } from '../../../scripts/chaos/gateway.ts'
import { type Command, frameReader } from '../../../scripts/chaos/wire.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
const rows = db.collection<{ _id: string; n?: number }>('gateway_rows')
const closers: (() => Promise<unknown> | unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function through(meet: (command: Command) => Cut | null) {
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${db.name}`
  const gateway = await openGateway(uri.toString(), meet)
  const client = new MongoClient(gateway.uri, { retryWrites: false, retryReads: false })
  closers.push(() => client.close(), gateway.close)
  return client.db().collection<{ _id: string; n?: number }>('gateway_rows')
}
const on = (name: string, when: Cut['when'], run: () => void) => (command: Command) =>
  command.name === name && command.collection === 'gateway_rows' ? { when, run } : null

test('commands pass with their documents, small and large', async () => {
  const seen: Command[] = []
  const door = await through((command) => {
    seen.push(command)
    return null
  })
  const many = Array.from({ length: 200 }, (_, n) => ({ _id: `many-${n}`, n, words: 'x'.repeat(4_000) }))
  await door.insertMany(many)
  await door.updateOne({ _id: 'many-7' }, { $set: { n: 70 } })
  expect(await door.countDocuments({ _id: /^many-/ })).toBe(200)
  const of = (name: string) =>
    seen.find((command) => command.name === name && command.collection === 'gateway_rows')?.body
  expect(of('insert')?.documents).toHaveLength(200)
  expect(of('insert')?.documents[199]).toEqual(many[199])
  expect(of('update')?.updates).toEqual([{ q: { _id: 'many-7' }, u: { $set: { n: 70 } } }])
})

test('cut before: the database never hears of it, and nothing more passes', async () => {
  let cuts = 0
  const door = await through(on('insert', 'before', () => (cuts += 1)))
  const insert = door.insertOne({ _id: 'before' })
  await expect.poll(() => cuts).toBe(1)
  await Promise.all([expect(insert).rejects.toThrow(), ...closers.splice(0).map((close) => close())])
  expect(await rows.findOne({ _id: 'before' })).toBeNull()
})

test('cut after: it is done, and nobody is told', async () => {
  let known: Promise<unknown> | null = null
  const door = await through(
    on('insert', 'after', () => {
      known = rows.findOne({ _id: 'after' })
    }),
  )
  let isTold = false
  const insert = door.insertOne({ _id: 'after' }).then(() => {
    isTold = true
  })
  await expect.poll(() => known).not.toBeNull()
  expect(await known).toEqual({ _id: 'after' })
  await Promise.all([expect(insert).rejects.toThrow(), ...closers.splice(0).map((close) => close())])
  expect(isTold).toBe(false)
})

test('messages are whole however their bytes arrive', () => {
  const message = (id: number, size: number) => {
    const bytes = Buffer.alloc(size, id)
    bytes.writeInt32LE(size, 0)
    bytes.writeInt32LE(id, 4)
    return bytes
  }
  const stream = Buffer.concat([message(1, 16), message(2, 40), message(3, 17)])
  for (let piece = 1; piece <= stream.length; piece++) {
    const got: [number, number][] = []
    const read = frameReader(({ requestId, bytes }) => got.push([requestId, bytes.length]))
    for (let at = 0; at < stream.length; at += piece) read(stream.subarray(at, at + piece))
    expect(got).toEqual([
      [1, 16],
      [2, 40],
      [3, 17],
    ])
  }
})
