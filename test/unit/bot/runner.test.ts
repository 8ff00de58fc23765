import { expect, test } from 'vitest'
import type { TalkRow, TalkStore } from '../../../src/bot/model.ts'
import { createRunner } from '../../../src/bot/runner.ts'
import { NOTHING_KNOWN } from '../../../src/bot/types.ts'
import { EPOCH, manualClock } from '../../../src/platform/clock.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { seededRandom } from '../../../src/platform/random.ts'

const talkOf = (n: number): TalkRow => ({
  _id: `c${n}`,
  waiting: [{ messageId: `m${n}`, order: '1', danger: null }],
  taken: [],
  memory: NOTHING_KNOWN,
  lastError: null,
  dueAt: EPOCH,
  claim: { token: '', until: EPOCH, fence: 0 },
  attempt: 0,
})

const NOW = new Date('2026-03-02T02:00:00Z')
const DEPS = {
  clock: manualClock(NOW),
  random: seededRandom(1),
  log: silentLog,
  metrics: createMetrics(),
  leaseMs: 1_500,
  concurrency: 2,
}

test('somebody whose message takes long keeps nobody else waiting', async () => {
  const due = [1, 2, 3, 4, 5].map(talkOf)
  const answered: string[] = []
  const store = {
    claim: async ({ limit }: { limit: number }) => due.splice(0, limit),
    opened: () => NOTHING_KNOWN,
    release: async () => undefined,
    failed: async ({ _id }: TalkRow) => void answered.push(`${_id} failed`),
    answered: async ({ _id }: TalkRow) => {
      answered.push(_id)
      return null
    },
  } as unknown as TalkStore
  const runner = createRunner({
    ...DEPS,
    store,
    giveUp: async () => undefined,
    // The first one never ends.
    talking: async () => ({
      deliver: (id) =>
        void (id !== 'm1' && setTimeout(() => runner.done(id, { memory: NOTHING_KNOWN, intent: 'thanks' }), 5)),
      stop: async () => undefined,
    }),
  })
  await runner.drain(NOW)
  expect(answered).toEqual(['c2', 'c3', 'c4', 'c5', 'c1 failed'])
})

test('an assistant that can’t even begin leaves the words to people in the end', async () => {
  let row: TalkRow | null = talkOf(1)
  const given: string[] = []
  const store = {
    claim: async () => (row ? [row] : []),
    opened: () => NOTHING_KNOWN,
    failed: async (one: TalkRow) => {
      row = { ...one, attempt: one.attempt + 1 }
    },
    answered: async () => {
      row = null
      return null
    },
  } as unknown as TalkStore
  const runner = createRunner({
    ...DEPS,
    store,
    giveUp: async (customerId, messageId) => void given.push(`${customerId} ${messageId}`),
    talking: () => Promise.reject(new Error('no puppet')),
  })
  for (let n = 0; row && n < 9; n++) await runner.drain(NOW)
  expect(given).toEqual(['c1 m1'])
  expect(row).toBeNull()
})
