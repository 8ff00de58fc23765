/** At a twentieth of the size that `npm run outside` proves. */
import { expect, test } from 'vitest'
import { proveContacts } from '../../../scripts/outside/contacts.ts'
import { testDb } from '../../support/db.ts'

const db = await testDb()

test('5,000 people are read by a process that is killed three times: nobody missing, nobody twice', {
  timeout: 240_000,
}, async () => {
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${db.name}`
  const lines: string[] = []
  const report = await proveContacts({ uri: uri.toString(), people: 5_000, say: (line) => void lines.push(line) })
  expect(report.findings).toEqual([])
  expect(report.kills).toHaveLength(3)
  // What a death interrupts is asked for again, and nothing else.
  expect(report.pages).toBeLessThanOrEqual(Math.ceil(report.contacts / 100) + 2 + 3)
  expect(report.again.writes).toBe(0)
  expect(report.memory).toBeLessThan(300)
  expect(lines).toHaveLength(4)
})
