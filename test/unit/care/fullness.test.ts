/** Load per person: a day on which people of the role are away is fuller; where nobody is, days compare as their calls do. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fullness } from '../../../src/care/load.ts'
import { plan } from '../../../src/care/planner.ts'
import { createRoster } from '../../../src/staff/roster.ts'
import type { Absence, Role, StaffMember, Store } from '../../../src/staff/types.ts'
import { at, closedOn, facts, only, pathways } from './clinic.ts'

const nurse = (userId: string): StaffMember => ({
  userId,
  name: userId,
  roles: ['customer_service'],
  storeIds: ['s'],
  active: true,
})
const away = (userId: string, day: string): Absence => ({
  userId,
  from: at(`${day} 00:00`),
  to: new Date(at(`${day} 00:00`).getTime() + 86_400_000),
  reason: 'annual',
  delegateUserId: null,
})
const rosterWith = (absences: Absence[]) =>
  createRoster({
    people: ['a', 'b', 'c'].map(nurse),
    stores: new Map([['s', { id: 's', type: 'clinic', timeZone: 'Asia/Shanghai' } as Store]]),
    absences,
    hours: new Map(),
    organisation: { fallbacks: { hospital: {}, clinic: {}, salon: {} }, dutyDoctors: [] },
  })
/** The day that the one contact of days 7–10 after 2 March gets. */
function picked(absences: Absence[], calls: Record<string, number>): string | null {
  const roster = rosterWith(absences)
  const load = (role: Role, day: string) => fullness(calls[day] ?? 0, roster.staffing('s', role, day))
  const planned = plan(only('injection'), facts('botulinum', '2026-03-02 15:00'), load)
  return planned.find(({ step }) => 'days' in step.when && step.when.days[0] === 7)?.plannedOn ?? null
}
const ALL = ['2026-03-09', '2026-03-10', '2026-03-11', '2026-03-12']

test('is never below that of an empty day, also where calls are weighed out that were not heard of yet', () => {
  expect(fullness(-2, { all: 0, present: 0 })).toBe(0)
  expect(fullness(-2, { all: 2, present: 2 })).toBe(0)
  expect(fullness(-2, { all: 2, present: 0 })).toBe(fullness(0, { all: 2, present: 0 }))
})

describe('the day of a window', () => {
  test('is the least loaded one while everybody is there', () => {
    expect(picked([], {})).toBe('2026-03-09')
    expect(picked([], { '2026-03-09': 3, '2026-03-10': 2, '2026-03-11': 1, '2026-03-12': 1 })).toBe('2026-03-11')
  })
  test('is not the one on which two of three are away, although fewer calls are planned for it', () => {
    const twoAway = [away('a', '2026-03-11'), away('b', '2026-03-11')]
    const calls = { '2026-03-09': 3, '2026-03-10': 2, '2026-03-11': 0, '2026-03-12': 3 }
    expect(picked([], calls)).toBe('2026-03-11')
    // Three people share three calls on the 10th; alone with one there is as much for each.
    expect(picked(twoAway, calls)).toBe('2026-03-10')
    expect(picked(twoAway, { ...calls, '2026-03-10': 3 })).toBe('2026-03-11')
  })
  test('is one without anybody only where there is no other', () => {
    const nobody = (day: string) => ['a', 'b', 'c'].map((one) => away(one, day))
    const busy = Object.fromEntries(ALL.map((day) => [day, 50]))
    expect(picked([...nobody('2026-03-09'), ...nobody('2026-03-10')], { ...busy, '2026-03-09': 0 })).toBe('2026-03-11')
    expect(picked(ALL.flatMap(nobody), { '2026-03-09': 1 })).toBe('2026-03-10')
  })
})

test('while nobody is away the plan is the one that calls alone give', () => {
  const anyCalls = fc.func(fc.nat(6)).map((calls) => (role: string, day: string) => calls(role, day))
  const anyCode = fc.constantFrom('botulinum', 'ipl', 'rf', 'hair_removal', 'double_eyelid', 'picosecond')
  fc.assert(
    fc.property(anyCode, anyCalls, fc.integer({ min: 1, max: 9 }), (code, calls, all) => {
      const input = facts(code, '2026-03-02 15:00', { opening: closedOn('2026-03-09') })
      const shared = (role: Role, day: string) => fullness(calls(role, day), { all, present: all })
      expect(plan(pathways, input, shared)).toEqual(plan(pathways, input, calls))
    }),
    { numRuns: 200 },
  )
})
