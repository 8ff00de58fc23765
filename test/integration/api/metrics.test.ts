/** What an operator's alarms are built on. */
import { expect, test } from 'vitest'
import { apiWorld, KEY } from './support.ts'

const world = await apiWorld()
const value = async (name: string, table: string): Promise<number> => {
  const { text } = await world.ask({ method: 'GET', path: '/metrics', headers: { authorization: `Bearer ${KEY}` } })
  const line = text.split('\n').find((one) => one.startsWith(`${name}{table="${table}"}`))
  return Number(line?.split(' ').at(-1) ?? Number.NaN)
}
const { db } = world

test('how late each table is, although nobody drains it, and how much was given up', async () => {
  expect(await value('aftercare_due_lag_seconds', 'inbox')).toBe(0)
  expect(await value('aftercare_parked_rows', 'inbox')).toBe(0)
  const row = { source: 'wecom', type: 'event', payload: {}, claim: { token: null, until: new Date(0), fence: 0 } }
  const before = new Date(Date.now() - 90_000)
  const rows = [
    { ...row, _id: 'late', status: 'pending', dueAt: before },
    { ...row, _id: 'given-up', status: 'parked', dueAt: null },
  ]
  await db.collection<(typeof rows)[number]>('inbox').insertMany(rows)
  const late = await value('aftercare_due_lag_seconds', 'inbox')
  expect(late).toBeGreaterThanOrEqual(90)
  expect(late).toBeLessThan(150)
  expect(await value('aftercare_parked_rows', 'inbox')).toBe(1)
  expect(await value('aftercare_parked_rows', 'event_deliveries')).toBe(0)
  for (const table of ['care_steps', 'outbox', 'tasks', 'routines'])
    expect([table, await value('aftercare_due_lag_seconds', table)]).toEqual([table, 0])
})
