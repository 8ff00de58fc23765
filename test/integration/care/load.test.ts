/** The load that windows are balanced against: read once, kept up by what this process writes, never by guessing. */
import { beforeAll, describe, expect, test } from 'vitest'
import { type CareStore, createCareStore, type StepRow } from '../../../src/care/model.ts'
import { FREE_CLAIM } from '../../../src/platform/claims.ts'
import { instant } from '../../../src/platform/clock.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
let wall = 0
const clock = { wall: () => new Date(wall) }
let here: CareStore
let elsewhere: CareStore
beforeAll(async () => {
  here = createCareStore(db, clock)
  elsewhere = createCareStore(db, clock)
  await here.ready()
})

let n = 0
const call = (plannedOn: string, more: Partial<StepRow> = {}): StepRow =>
  ({
    _id: `s${n++}`,
    treatmentId: 't1',
    storeId: 'huayan',
    ownerRole: 'nurse',
    action: 'call',
    status: 'planned',
    plannedOn,
    dueAt: instant('2026-04-01T03:00:00Z'),
    claim: FREE_CLAIM,
    attempt: 0,
    ...more,
  }) as StepRow

const DAY = '2026-04-01'
const nurses = async (store: CareStore, without: string[] = []) =>
  (await store.load(['huayan'], '2026-03-28', '2026-04-30', without)).get(`huayan nurse ${DAY}`) ?? 0
/** What the database says, read by somebody who remembers nothing. */
const truth = () => nurses(createCareStore(db, clock))

describe('load', () => {
  test('counts planned calls of the day only, of the store and role only', async () => {
    const before = await nurses(here)
    await here.insertSteps([
      call(DAY),
      call('2026-04-02'),
      call(DAY, { action: 'message' }),
      call(DAY, { status: 'merged' }),
      call(DAY, { ownerRole: 'doctor' }),
      call(DAY, { storeId: 'qingyan' }),
    ])
    expect(await nurses(here)).toBe(before + 1)
    expect(await truth()).toBe(before + 1)
  })

  test('a repeated insert weighs nothing', async () => {
    const rows = [call(DAY), call(DAY)]
    await here.insertSteps(rows)
    const before = await nurses(here)
    expect(await here.insertSteps([...rows, call(DAY)])).toBe(1)
    expect(await nurses(here)).toBe(before + 1)
    expect(await truth()).toBe(before + 1)
  })

  test("a reader's own counting stays with the reader", async () => {
    const mine = await here.load(['huayan'], '2026-03-28', '2026-04-30', [])
    const before = await nurses(here)
    mine.set(`huayan nurse ${DAY}`, 1_000)
    expect(await nurses(here)).toBe(before)
  })

  test('a call that ends or moves weighs no more', async () => {
    const row = call(DAY)
    await here.insertSteps([row])
    const before = await nurses(here)
    await here.change([{ id: row._id, from: ['planned'], set: { plannedOn: '2026-04-05' } }])
    expect(await nurses(here)).toBe(before - 1)
    const [claimed] = await here.claim({
      now: instant('2026-04-01T04:00:00Z'),
      wall: clock.wall(),
      limit: 1,
      leaseMs: 1_000,
      token: 'a',
    })
    if (!claimed) throw new Error('nothing was due')
    await here.finish([{ _id: claimed._id, claim: claimed.claim, set: { status: 'done', dueAt: null } }])
    expect(await nurses(here)).toBe(await truth())
  })

  test('a plan does not weigh against itself', async () => {
    await here.insertSteps([call(DAY, { treatmentId: 'again' }), call(DAY, { treatmentId: 'again' })])
    expect((await nurses(here)) - (await nurses(here, ['again']))).toBe(2)
  })

  test('writes beside a reading are never counted twice or forgotten', async () => {
    for (let round = 0; round < 20; round++) {
      wall += 10_000
      const rows = Array.from({ length: 3 }, () => call(DAY))
      const some = rows[0] as StepRow
      await Promise.all([
        nurses(here),
        here.insertSteps(rows),
        nurses(here),
        here.change([{ id: some._id, from: ['planned'], set: { status: 'cancelled' } }]),
        nurses(here),
        here.insertSteps([call(DAY)]),
        nurses(here),
      ])
      expect(await nurses(here)).toBe(await truth())
    }
  })

  test('what another process plans is seen within five seconds, and a day outside what was read at once', async () => {
    const before = await nurses(here)
    await elsewhere.insertSteps([call(DAY), call('2026-06-15')])
    expect(await nurses(here)).toBe(before)
    const june = await here.load(['huayan'], '2026-06-01', '2026-06-30', [])
    expect(june.get('huayan nurse 2026-06-15')).toBe(1)
    wall += 5_001
    expect(await nurses(here)).toBe(before + 1)
  })
})
