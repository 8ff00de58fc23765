import type { Collection } from 'mongodb'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { backoffMs, claimDue, type DueRow, FREE_CLAIM, finishClaims, nextDueAt } from '../../../src/platform/claims.ts'
import { addMs, MINUTE_MS } from '../../../src/platform/clock.ts'
import { collectionOf } from '../../../src/platform/db.ts'
import { testDb } from '../../support/db.ts'

interface Row extends DueRow {
  done?: boolean
}
const now = new Date('2026-03-02T02:00:00Z')
const wall = new Date('2030-01-01T00:00:00Z')
const LEASE_MS = 30_000
let rows: Collection<Row>

const row = (id: string, dueAt: Date | null): Row => ({ _id: id, dueAt, claim: FREE_CLAIM, attempt: 0 })
const claim = (token: string, at = wall, limit = 10) =>
  claimDue(rows, { now, wall: at, limit, leaseMs: LEASE_MS, token })

beforeAll(async () => {
  rows = collectionOf<Row>(await testDb(), 'rows')
  await rows.createIndex({ dueAt: 1 })
})
beforeEach(() => rows.deleteMany({}))

describe('claims', () => {
  test('only what is due is claimed, oldest first, up to the limit', async () => {
    await rows.insertMany([
      row('later', addMs(now, 1)),
      row('b', now),
      row('a', addMs(now, -MINUTE_MS)),
      row('finished', null),
      row('c', now),
    ])
    expect((await claim('t1', wall, 2)).map(({ _id }) => _id)).toEqual(['a', 'b'])
    expect((await claim('t2')).map(({ _id }) => _id)).toEqual(['c'])
  })

  test('many workers that claim at once never own the same row', async () => {
    await rows.insertMany(Array.from({ length: 60 }, (_, i) => row(`r${String(i).padStart(2, '0')}`, now)))
    const won = await Promise.all(Array.from({ length: 8 }, (_, i) => claim(`worker${i}`, wall, 20)))
    const ids = won.flat().map(({ _id }) => _id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids.length).toBeGreaterThan(0)
  })

  test('a lease that ran out is taken over, and the late worker writes nothing', async () => {
    await rows.insertOne(row('r', now))
    const [first] = await claim('slow')
    expect(await claim('quick', addMs(wall, LEASE_MS - 1))).toEqual([])
    const [second] = await claim('quick', addMs(wall, LEASE_MS))
    expect([first?.claim.fence, second?.claim.fence]).toEqual([1, 2])
    if (!first || !second) throw new Error('nothing claimed')
    expect(await finishClaims(rows, [{ _id: 'r', claim: first.claim, set: { done: false, dueAt: null } }])).toBe(0)
    expect(await finishClaims(rows, [{ _id: 'r', claim: second.claim, set: { done: true, dueAt: null } }])).toBe(1)
    expect(await rows.findOne({ _id: 'r' })).toMatchObject({ done: true, dueAt: null, claim: { token: '' } })
  })

  test('rows that become the same are written together, each only by who still owns it', async () => {
    await rows.insertMany(['a', 'b', 'c', 'd'].map((id) => row(id, now)))
    const [a, b, c, d] = await claim('t1')
    if (!a || !b || !c || !d) throw new Error('four rows were due')
    await claim('t2', addMs(wall, LEASE_MS), 1)
    const later = addMs(now, MINUTE_MS)
    const done = { done: true, dueAt: null }
    const results = [
      ...[a, b, c].map(({ _id, claim: held }) => ({ _id, claim: held, set: done })),
      { _id: d._id, claim: d.claim, set: { dueAt: later } },
    ]
    // `a` was taken over meanwhile.
    expect(await finishClaims(rows, results)).toBe(3)
    const held = await rows.find().sort({ _id: 1 }).toArray()
    expect(held.map(({ dueAt, done: is, claim: { token } }) => [dueAt, is, token])).toEqual([
      [now, undefined, 't2'],
      [null, true, ''],
      [null, true, ''],
      [later, undefined, ''],
    ])
  })

  test('what is pushed or counted stays with its own row', async () => {
    await rows.insertMany(['a', 'b'].map((id) => row(id, now)))
    const results = (await claim('t1')).map(({ _id, claim: held }) => ({
      _id,
      claim: held,
      set: { dueAt: null },
      push: { notes: `about ${_id}` },
    }))
    expect(await finishClaims(rows, results)).toBe(2)
    expect(await rows.find().sort({ _id: 1 }).toArray()).toMatchObject([{ notes: ['about a'] }, { notes: ['about b'] }])
  })

  test('further conditions are checked again in the write', async () => {
    await rows.insertMany([
      { ...row('yes', now), done: false },
      { ...row('no', now), done: true },
    ])
    const owned = await claimDue(rows, { now, wall, limit: 10, leaseMs: LEASE_MS, token: 't', where: { done: false } })
    expect(owned.map(({ _id }) => _id)).toEqual(['yes'])
  })
})

test('the next due instant is found near and far, claimed rows included', async () => {
  expect(await nextDueAt(rows, now)).toBeNull()
  const far = addMs(now, 400 * 24 * 60 * MINUTE_MS)
  await rows.insertMany([row('finished', null), row('far', far)])
  expect(await nextDueAt(rows, now)).toEqual(far)
  const near = addMs(now, 3 * MINUTE_MS)
  await rows.insertOne({ ...row('near', near), claim: { token: 'x', until: addMs(wall, LEASE_MS), fence: 1 } })
  expect(await nextDueAt(rows, now)).toEqual(near)
  const past = addMs(now, -90 * MINUTE_MS)
  await rows.insertOne(row('past', past))
  expect(await nextDueAt(rows, now)).toEqual(past)
})

test('back-off doubles up to its ceiling', () => {
  expect([1, 2, 3, 9, 40].map((attempt) => backoffMs(attempt))).toEqual([10_000, 20_000, 40_000, 1_800_000, 1_800_000])
})
