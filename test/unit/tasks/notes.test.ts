/** Who reads what concerns a role of a store. */
import { expect, test } from 'vitest'
import { tiersOf } from '../../../src/staff/rules.ts'
import type { Role, StaffMember } from '../../../src/staff/types.ts'
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
const NOBODY = { hospital: {}, clinic: {}, salon: {} }
const readers = (role: Role, storeId: string) =>
  readersOf(tiersOf(people, { id: storeId, type: 'clinic' }, role, NOBODY), role, storeId)

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
