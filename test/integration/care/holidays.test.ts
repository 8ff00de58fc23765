/** Public holidays are known up to 2026: whoever plans beyond that reads so in the log. */
import { expect, test } from 'vitest'
import { createLog, type Log } from '../../../src/platform/log.ts'
import { careWorld } from './support.ts'

function listening(): { log: Log; years: () => unknown[] } {
  const lines: Record<string, unknown>[] = []
  const log = createLog({ level: 'warn', destination: { write: (line: string) => void lines.push(JSON.parse(line)) } })
  return {
    log,
    years: () => lines.filter(({ msg }) => String(msg).includes('public holidays')).map(({ year }) => year),
  }
}
const { log, years } = listening()
const w = await careWorld({ start: '2026-12-28 14:00', customers: 5, log })

test('a year without public holidays is warned of once: where something is planned in it, and at a start in it', async () => {
  await w.customer(1)
  await w.treatment(1, '2026-11-02 13:00')
  await w.work()
  // Month 3 of it is in 2027.
  expect(years()).toEqual(['2027'])
  await w.treatment(1, '2026-12-28 13:00')
  await w.work()
  expect(years()).toEqual(['2027'])
  const before = listening()
  await w.another({}, before).ready()
  expect(before.years()).toEqual([])
  await w.collection('care_steps').deleteMany({})
  await w.to('2027-01-01 00:01')
  const after = listening()
  const other = w.another({}, after)
  await other.ready()
  expect(after.years()).toEqual(['2027'])
})
