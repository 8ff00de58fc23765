/** Who reads what concerns a role of a store. */
import { expect, test } from 'vitest'
import { createRoster } from '../../../src/staff/roster.ts'
import type { Role, StaffMember, Store } from '../../../src/staff/types.ts'
import { readersOf } from '../../../src/tasks/notes.ts'

const member = (userId: string, role: Role, ...storeIds: string[]): StaffMember => ({
  userId,
  name: userId,
  roles: [role],
  storeIds,
  active: true,
})
const people = [
  member('sun', 'cs_supervisor', 'a'),
  member('li', 'cs_supervisor', 'a'),
  member('qian', 'cs_supervisor', 'b'),
  member('wang', 'store_manager', 'c'),
  member('zhou', 'store_manager', 'c'),
  member('chen', 'director', 'a'),
  member('gu', 'director'),
]
const roster = createRoster({
  people,
  stores: new Map(['a', 'b', 'c'].map((id) => [id, { id, type: 'clinic' } as Store])),
  absences: [],
  hours: new Map(),
  organisation: { fallbacks: { hospital: {}, clinic: {}, salon: {} }, dutyDoctors: [] },
})
const readers = (role: Role, storeId: string) =>
  readersOf(roster.candidates(storeId, role, { at: new Date('2026-03-02T02:00:00Z') }), role, storeId)

test('everybody of the role in the store, and nobody of another store', () => {
  expect(readers('cs_supervisor', 'a')).toEqual(['li', 'sun'])
  expect(readers('cs_supervisor', 'b')).toEqual(['qian'])
})
test('where there is none, one stand-in, always the same', () => {
  const [one, ...more] = readers('cs_supervisor', 'c')
  expect([['wang', 'zhou'].includes(one ?? ''), more]).toEqual([true, []])
  expect(readers('cs_supervisor', 'c')).toEqual([one])
})
test('directors answer for every store', () => {
  expect(readers('director', 'a').sort()).toEqual(['chen', 'gu'])
  expect(readers('director', 'b').sort()).toEqual(['chen', 'gu'])
})
