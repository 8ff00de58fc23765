/** What must not grow for ever. */
import { expect, test } from 'vitest'
import type { PlanChange } from '../../../src/care/changes.ts'
import { createCareStore, type PlanRow } from '../../../src/care/model.ts'
import { testDb } from '../../support/db.ts'

test('a plan keeps its last two hundred changes', async () => {
  const db = await testDb()
  const store = createCareStore(db, { wall: () => new Date(0) })
  await db.collection<PlanRow>('care_plans').insertOne({ _id: 't1', changes: [] as PlanChange[] } as PlanRow)
  for (let n = 1; n <= 203; n++) await store.recordChange('t1', { id: `c${n}` } as PlanChange)
  const [plan] = await store.plansOf(['t1'])
  expect([plan?.changes.length, plan?.changes[0]?.id, plan?.changes.at(-1)?.id]).toEqual([200, 'c4', 'c203'])
})
