/** At a size of some hundred rows what `npm run import-proof` proves of 50,000. */
import { expect, test } from 'vitest'
import { proveImport } from '../../../scripts/import-proof/prove.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()

test('300 rows are brought in by the command and again: 100 bad ones reported, nothing changed, memory measured', async () => {
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${db.name}`
  const { findings, ...proof } = await proveImport({ uri: uri.toString(), rows: 300, seed: 1, say: () => undefined })
  expect(findings).toEqual([])
  expect(proof).toMatchObject({ rows: 300, bad: 100 })
  for (const { seconds, memory } of [proof.first, proof.again]) {
    expect(seconds).toBeGreaterThan(0)
    // The whole application is loaded: less than that would be another process, npm or its shell.
    expect(memory).toBeGreaterThan(80)
    expect(memory).toBeLessThan(300)
  }
  expect(await db.collection('customers').countDocuments()).toBe(200)
}, 60_000)
