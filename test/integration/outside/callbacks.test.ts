/** At a twentieth of the size that `npm run outside` proves. */
import { expect, test } from 'vitest'
import { proveCallbacks } from '../../../scripts/outside/callbacks.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()

test('500 callbacks, some twice, out of order, an hour late or lost, leave the records as WeCom is, and nothing twice', {
  timeout: 240_000,
}, async () => {
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${db.name}`
  const report = await proveCallbacks({ uri: uri.toString(), callbacks: 500, say: () => undefined })
  expect(report.findings).toEqual([])
  expect(report.sent).toBeGreaterThan(480)
  for (const [fault, least] of [
    ['duplicated', 15],
    ['reordered', 15],
    ['late', 2],
    ['lost', 2],
  ] as const)
    expect([fault, report[fault] >= least], String(report[fault])).toEqual([fault, true])
})
