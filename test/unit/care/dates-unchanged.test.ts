/**
 * What new pathways must leave alone: the plans of injections, to the minute, as they were before other treatments had
 * pathways of their own. The digests were taken then; those of hospitals once more when the consultant's call between day 2
 * and month 1 moved away from the contacts around it.
 */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { type PlanFacts, plan } from '../../../src/care/planner.ts'
import { loadConfig } from '../../../src/config.ts'
import { DEFAULT_ZONE, dailyOpening } from '../../../src/platform/calendar.ts'

const { pathways } = loadConfig('config')
const WINDOW = {
  timeZone: DEFAULT_ZONE,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
const CLOSED = ['2026-03-05', '2026-03-09', '2026-04-02'].map((on) => ({ on, spans: [], reason: '盘点' }))
const opening = { ...dailyOpening(), exceptions: CLOSED }
const HOUR = 3_600_000
const START = Date.parse('2026-03-01T09:30:00+08:00')

/** 60 treatments over two months, at all hours, a few entered days late. */
function digest(code: string, storeType: PlanFacts['storeType']): string {
  const hash = createHash('sha256')
  for (let n = 0; n < 60; n++) {
    const endedAt = new Date(START + n * 25 * HOUR)
    const enteredAt = new Date(endedAt.getTime() + (n % 7 === 0 ? 50 * HOUR : n * 60_000))
    const treatmentId = `${code}-${storeType}-${n}`
    const facts = {
      treatmentId,
      code,
      category: 'injection' as const,
      storeType,
      opening,
      window: WINDOW,
      endedAt,
      enteredAt,
    }
    for (const one of plan(pathways, facts, (_, day) => Number(day.slice(-1)) % 3)) {
      const { id, plannedOn, dueAt, status, reason, mergedInto, windowFrom, windowTo, action, ownerRole } = one
      hash.update(
        JSON.stringify([id, plannedOn, dueAt, status, reason, mergedInto, windowFrom, windowTo, action, ownerRole]),
      )
    }
  }
  return hash.digest('hex').slice(0, 16)
}

test.each([
  ['skin_booster', 'hospital', '1f4c657e5b56a357'],
  ['skin_booster', 'clinic', 'eec6c09f3738857d'],
  ['hyaluronic_filler', 'hospital', '91412b79326e948d'],
  ['hyaluronic_filler', 'clinic', 'e2d705eecf50e562'],
  ['botulinum', 'hospital', '9dce1a70fe6e8515'],
  ['botulinum', 'clinic', '0d097ec4b5787c32'],
] as const)('the plans of %s in a %s are unchanged', (code, storeType, before) => {
  expect(digest(code, storeType)).toBe(before)
})
