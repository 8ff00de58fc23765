import { describe, expect, test } from 'vitest'
import { createConfigLoader } from '../../../src/platform/config.ts'
import { OrganisationSchema } from '../../../src/staff/config.ts'
import { mapUser, pickOwner, storeOfDepartments } from '../../../src/staff/rules.ts'
import type { Role, StaffMember } from '../../../src/staff/types.ts'
import type { DirectoryUser } from '../../../src/wecom/index.ts'

const loader = createConfigLoader('config')
const organisation = loader.load('organisation.yaml', OrganisationSchema)
if (!organisation) throw new Error(JSON.stringify(loader.problems))

const member = (userId: string, roles: Role[], storeIds: string[] = ['qingyan'], active = true): StaffMember => ({
  userId,
  name: userId,
  roles,
  storeIds,
  active,
})
describe('pickOwner', () => {
  const tiers = [[member('a', ['nurse']), member('b', ['nurse'])], [member('boss', ['director'], [])]]
  const pick = (over: Partial<Parameters<typeof pickOwner>[0]>) =>
    pickOwner({ tiers, preferred: [], load: new Map(), spreadKey: 'k', ...over })

  test('the preferred person comes first, unless gone', () => {
    expect(pick({ preferred: [null, 'left', 'b'] })).toBe('b')
    expect(pick({ tiers: [[member('b', ['nurse'], ['qingyan'], false)]], preferred: ['b'] })).toBeNull()
  })

  test('else the least loaded of the first tier', () => {
    expect(pick({ load: new Map([['a', 3]]) })).toBe('b')
    expect(
      pick({
        load: new Map([
          ['a', 3],
          ['b', 5],
        ]),
      }),
    ).toBe('a')
  })

  test('equal loads are spread over people, and the same key always gives the same person', () => {
    const owners = Array.from({ length: 200 }, (_, i) => pick({ spreadKey: `task${i}` }))
    const ofA = owners.filter((owner) => owner === 'a').length
    expect(ofA).toBeGreaterThan(60)
    expect(ofA).toBeLessThan(140)
    expect(pick({ spreadKey: 'task7' })).toBe(pick({ spreadKey: 'task7', tiers: tiers.map((t) => [...t].reverse()) }))
  })

  test('nobody at all is null', () => {
    expect(pick({ tiers: [] })).toBeNull()
  })
})

describe('the directory', () => {
  const departments = [
    { id: 1, name: '集团', parentId: 0 },
    { id: 2, name: '华颜整形医院', parentId: 1 },
    { id: 3, name: '护理部', parentId: 2 },
    { id: 4, name: '清妍美容院', parentId: 1 },
  ]
  const storeOf = storeOfDepartments(departments, organisation)
  const user = (over: Partial<DirectoryUser>): DirectoryUser => ({
    userId: 'ZhangSan',
    name: '张三',
    departmentIds: [3],
    position: '护士',
    status: 'active',
    ...over,
  })

  test('a department below a mapped one belongs to the same store', () => {
    expect([...storeOf]).toEqual([
      [2, 'huayan'],
      [3, 'huayan'],
      [4, 'qingyan'],
    ])
    expect(mapUser(user({}), storeOf, organisation)).toMatchObject({
      userId: 'zhangsan',
      roles: ['nurse'],
      storeIds: ['huayan'],
      unmapped: false,
    })
  })

  test('a longer path beats a bare name, and a bare name needs the whole name', () => {
    const two = { stores: [{ department: '护理部', storeId: 'n' }] }
    expect(storeOfDepartments(departments, two).get(3)).toBe('n')
    expect(storeOfDepartments(departments, { stores: [{ department: '理部', storeId: 'n' }] }).size).toBe(0)
    expect(
      storeOfDepartments(departments, { stores: [{ department: '华颜整形医院/护理部', storeId: 'n' }] }).get(3),
    ).toBe('n')
  })

  test('several positions give several roles; a position nobody named gives none', () => {
    expect(mapUser(user({ position: '前台/客服' }), storeOf, organisation).roles).toEqual([
      'front_desk',
      'customer_service',
    ])
    expect(mapUser(user({ position: '保洁' }), storeOf, organisation)).toMatchObject({ roles: [], unmapped: true })
    expect(mapUser(user({ position: '' }), storeOf, organisation).unmapped).toBe(true)
  })

  test('outside all stores only company-wide roles count', () => {
    expect(mapUser(user({ departmentIds: [1], position: '院长' }), storeOf, organisation).roles).toEqual(['director'])
    expect(mapUser(user({ departmentIds: [1], position: '护士' }), storeOf, organisation).unmapped).toBe(true)
  })

  test('disabled, left and never activated people are not active', () => {
    for (const status of ['disabled', 'left', 'inactive'] as const)
      expect(mapUser(user({ status }), storeOf, organisation).active).toBe(false)
  })

  test('a loop of departments ends', () => {
    const loop = [
      { id: 1, name: 'a', parentId: 2 },
      { id: 2, name: 'b', parentId: 1 },
    ]
    expect(storeOfDepartments(loop, organisation).size).toBe(0)
  })
})
