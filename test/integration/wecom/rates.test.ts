/** Rate buckets that several processes share: what they let through, however a period is laid over it. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ManualClock, manualClock } from '../../../src/platform/clock.ts'
import { createRates, LIMITS, type Rates } from '../../../src/wecom/rates.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()
const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
let worlds = 0

/** Two processes at one time of day, and a bucket that nobody has used. */
function world(): { clock: ManualClock; rates: [Rates, Rates]; bucket: string } {
  const clock = manualClock(new Date('2026-03-02T09:00:00+08:00'))
  worlds += 1
  return { clock, rates: [createRates({ db, clock }), createRates({ db, clock })], bucket: `b${worlds}` }
}
const later = (clock: ManualClock, ms: number) => clock.set(new Date(Number(clock.now()) + ms))

/** The most that any window of `periodMs` holds. */
const fullest = (sends: readonly { at: number; count: number }[], periodMs: number): number =>
  Math.max(
    0,
    ...sends.map(({ at: from }) =>
      sends.filter(({ at }) => at >= from && at < from + periodMs).reduce((sum, { count }) => sum + count, 0),
    ),
  )

test('no minute and no hour of a member holds more than WeCom delivers, whoever sends and in whatever rhythm', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          pauseMs: fc.integer({ min: 0, max: 90 * SECOND }),
          count: fc.integer({ min: 1, max: 10 }),
          who: fc.integer({ min: 0, max: 1 }),
        }),
        { minLength: 5, maxLength: 40 },
      ),
      async (asks) => {
        const { clock, rates, bucket } = world()
        const sends: { at: number; count: number }[] = []
        for (const { pauseMs, count, who } of asks) {
          later(clock, pauseMs)
          if ((await rates[who]?.reserve(bucket, 'member', count))?.ok) sends.push({ at: Number(clock.now()), count })
        }
        expect(sends.length).toBeGreaterThan(0)
        expect(fullest(sends, MINUTE)).toBeLessThanOrEqual(30)
        expect(fullest(sends, HOUR)).toBeLessThanOrEqual(1_000)
      },
    ),
    { numRuns: 15, seed: 7 },
  )
})

test('asking again when it is worth asking gets a permit, and not a moment before', async () => {
  const { clock, rates, bucket } = world()
  const burst = Math.min(...LIMITS.member.map((limit) => limit.burst))
  expect((await rates[0].reserve(bucket, 'member', burst)).ok).toBe(true)
  const refused = await rates[1].reserve(bucket, 'member', 3)
  expect(refused.ok).toBe(false)
  clock.set(new Date(Number(refused.retryAt) - 1))
  expect((await rates[1].reserve(bucket, 'member', 3)).ok).toBe(false)
  clock.set(refused.retryAt)
  expect((await rates[1].reserve(bucket, 'member', 3)).ok).toBe(true)
})

test('a member who got many for hours still gets no more than a thousand an hour', async () => {
  const { clock, rates, bucket } = world()
  const sends: { at: number; count: number }[] = []
  for (let minute = 0; minute < 150; minute++) {
    for (let i = 0; i < 3; i++) {
      if ((await rates[i % 2]?.reserve(bucket, 'member', 4))?.ok) sends.push({ at: Number(clock.now()), count: 4 })
      later(clock, 20 * SECOND)
    }
  }
  expect(fullest(sends, HOUR)).toBeLessThanOrEqual(1_000)
  expect(fullest(sends, HOUR)).toBeGreaterThan(300)
})

test('two processes at once never take the same permits', async () => {
  const { rates, bucket } = world()
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (rates[i % 2] as Rates).reserve(bucket, 'member', 1)),
  )
  expect(answers.filter(({ ok }) => ok).length).toBeLessThanOrEqual(LIMITS.member[0].burst)
  expect(answers.filter(({ ok }) => ok).length).toBeGreaterThan(0)
})

test('a block of one process holds for the other; it doubles while it is repeated and is forgotten after an hour', async () => {
  const { clock, rates, bucket } = world()
  const [one, other] = rates
  const lengths: number[] = []
  for (let i = 0; i < 8; i++) {
    const until = await one.block(bucket)
    lengths.push((Number(until) - Number(clock.now())) / MINUTE)
    expect(await other.reserve(bucket, 'api', 1)).toEqual({ ok: false, retryAt: until })
    clock.set(until)
  }
  expect(lengths).toEqual([1, 2, 4, 8, 16, 32, 60, 60])
  expect((await other.reserve(bucket, 'api', 1)).ok).toBe(true)
  later(clock, 2 * HOUR)
  expect(Number(await one.block(bucket)) - Number(clock.now())).toBe(MINUTE)
})

test('what is never possible is refused at once', async () => {
  const { rates, bucket } = world()
  expect((await rates[0].reserve(bucket, 'member', LIMITS.member[0].burst + 1)).ok).toBe(false)
})

test('an API is asked for in hundreds, and what a process holds is gone with a block or after a second', async () => {
  const { rates, bucket } = world()
  const [one, other] = rates
  const written = async () => (await db.db?.collection('rate_buckets').findOne({ _id: `api:${bucket}` as never }))?.rev
  for (let i = 0; i < 101; i++) expect((await one.reserve(bucket, 'api', 1)).ok).toBe(true)
  expect(await written()).toBe(1)
  expect((await one.reserve(bucket, 'api', 1)).ok).toBe(true)
  expect(await written()).toBe(2)
  await one.block(bucket)
  expect((await one.reserve(bucket, 'api', 1)).ok).toBe(false)
  expect((await other.reserve(bucket, 'api', 1)).ok).toBe(false)
})

test('an API bucket that is nearly empty still gives what is left', async () => {
  const { rates, bucket } = world()
  const burst = LIMITS.api[0].burst
  expect((await rates[0].reserve(bucket, 'api', burst - 50)).ok).toBe(true)
  expect((await rates[0].reserve(bucket, 'api', 20)).ok).toBe(true)
  expect((await rates[1].reserve(bucket, 'api', 31)).ok).toBe(false)
})

test('who is alone keeps the count here: the same limits, no write, and a block is heard of', async () => {
  const { clock, bucket } = world()
  const alone = createRates({ db, clock, alone: true })
  const { burst } = LIMITS.member[0]
  for (let i = 0; i < burst; i++) expect((await alone.reserve(bucket, 'member', 1)).ok).toBe(true)
  expect((await alone.reserve(bucket, 'member', 1)).ok).toBe(false)
  const row = await db.db?.collection('rate_buckets').findOne({ _id: `member:${bucket}` as never })
  expect(row?.rev).toBe(0)
  expect((await alone.reserve(bucket, 'api', 1)).ok).toBe(true)
  await alone.block(bucket)
  expect((await alone.reserve(bucket, 'api', 1)).ok).toBe(false)
})
