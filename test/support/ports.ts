/** The platform's ports on a real database with a manual clock: what a room under test is given. */
import type { Connection } from 'mongoose'
import { type ManualClock, manualClock } from '../../src/platform/clock.ts'
import { createFieldCrypto, parseFieldKeys } from '../../src/platform/crypto.ts'
import { createEvents } from '../../src/platform/events.ts'
import { createInbox } from '../../src/platform/inbox.ts'
import { silentLog } from '../../src/platform/log.ts'
import type { Ports } from '../../src/platform/ports.ts'
import { seededRandom } from '../../src/platform/random.ts'

export const TEST_FIELD_KEYS = `k1:${Buffer.alloc(32, 7).toString('base64')}`

/** `start` defaults to Monday 2 March 2026, 10:00 in Shanghai. */
export async function testPorts(
  db: Connection,
  start = '2026-03-02T02:00:00Z',
  seed = 1,
  more: Partial<Pick<Ports, 'works' | 'leaseMs'>> = {},
): Promise<Ports & { clock: ManualClock }> {
  const clock = manualClock(start)
  const base = {
    db,
    clock,
    random: seededRandom(seed),
    log: silentLog,
    crypto: createFieldCrypto(parseFieldKeys(TEST_FIELD_KEYS)),
    leaseMs: 30_000,
    nudge: () => undefined,
    ...more,
  }
  const events = createEvents(base)
  const inbox = createInbox(base)
  await Promise.all([events.ready(), inbox.ready()])
  return { ...base, events, inbox }
}
