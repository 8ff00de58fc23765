/** A process that follows a simulated clock, when it can't look at its own work. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, expect, test, vi } from 'vitest'
import { createActivity } from '../../../src/platform/activity.ts'
import { EPOCH, manualClock } from '../../../src/platform/clock.ts'
import { createFollower } from '../../../src/platform/follower.ts'
import { silentLog } from '../../../src/platform/log.ts'

interface Report {
  idle: boolean
  nextDueAt: string | null
}

const NOW = '2026-03-02T01:00:00.000Z'
const reports: Report[] = []
const clockServer = createServer((request, response) => {
  let text = ''
  request.on('data', (chunk: Buffer) => (text += chunk.toString()))
  request.on('end', () => {
    reports.push(JSON.parse(text) as Report)
    response.end(JSON.stringify({ now: NOW, epoch: 1 }))
  })
})
await new Promise<void>((done) => clockServer.listen(0, '127.0.0.1', done))
afterAll(() => clockServer.close())

test('while the database is gone it is not idle, and it goes on following once the database is back', async () => {
  let isGone = true
  let looks = 0
  const clock = manualClock(EPOCH)
  const follower = createFollower({
    clockUrl: `http://127.0.0.1:${(clockServer.address() as AddressInfo).port}`,
    id: 'worker',
    clock,
    activity: createActivity(),
    drainAll: async () => {
      looks += 1
      if (isGone) throw new Error('connect ECONNREFUSED')
      return null
    },
    log: silentLog,
    waitAtMostMs: 20,
  })
  follower.start()
  await vi.waitFor(() => expect(looks).toBeGreaterThan(2), { timeout: 5_000 })
  expect(reports.length).toBeGreaterThan(1)
  expect(reports.filter(({ idle }) => idle)).toEqual([])
  // Tried again with a pause between, not as fast as it can.
  expect(looks).toBeLessThan(10)

  isGone = false
  await vi.waitFor(() => expect(reports.at(-1)?.idle).toBe(true), { timeout: 5_000 })
  expect(clock.now().toISOString()).toBe(NOW)
  await follower.stop()
})
