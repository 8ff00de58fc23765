/** Who is there and who gets the work: tiers, absences, delegates, hours; and for any roster, that work never goes to nobody. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createConfigLoader } from '../../../src/platform/config.ts'
import { OrganisationSchema } from '../../../src/staff/config.ts'
import { createRoster, type RosterFacts } from '../../../src/staff/roster.ts'
import { pickOwner } from '../../../src/staff/rules.ts'
import {
  type Absence,
  ROLES,
  type Role,
  type StaffMember,
  type Store,
  type WeeklyHours,
} from '../../../src/staff/types.ts'

const loader = createConfigLoader('config')
const organisation = loader.load('organisation.yaml', OrganisationSchema)
if (!organisation) throw new Error(JSON.stringify(loader.problems))
const shipped = organisation

const store = (id: string, type: Store['type']) => [id, { id, type, timeZone: 'Asia/Shanghai' } as Store] as const
const stores = new Map([store('huayan', 'hospital'), store('ruili', 'clinic'), store('qingyan', 'salon')])
/** `2026-03-02 10:00` in the clinics' zone: a Monday. */
const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const MONDAY = at('2026-03-02 10:00')

const member = (userId: string, roles: Role[], storeIds = ['huayan'], active = true): StaffMember => ({
  userId,
  name: userId,
  roles,
  storeIds,
  active,
})
const away = (
  userId: string,
  delegateUserId: string | null = null,
  from = '2026-03-02',
  to = '2026-03-04',
): Absence => ({
  userId,
  from: at(`${from} 00:00`),
  to: at(`${to} 00:00`),
  reason: 'annual',
  delegateUserId,
})
const weekly = (...days: (keyof WeeklyHours)[]): WeeklyHours => {
  const spans = (day: string) => (days.includes(day as never) ? [{ from: '09:00', to: '18:00' }] : [])
  const all = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']
  return Object.fromEntries(all.map((day) => [day, spans(day)])) as WeeklyHours
}
const rosterOf = (people: StaffMember[], more: Partial<RosterFacts> = {}) =>
  createRoster({ people, stores, absences: [], hours: new Map(), organisation: shipped, ...more })
const ids = (tiers: StaffMember[][]) => tiers.map((tier) => tier.map(({ userId }) => userId))

describe('tiers', () => {
  test('a salon without a doctor falls back to beautician, store manager, director', () => {
    const people = [
      member('boss', ['director'], []),
      member('manager', ['store_manager'], ['qingyan']),
      member('beauty', ['beautician'], ['qingyan']),
      member('elsewhere', ['doctor']),
    ]
    expect(ids(rosterOf(people).candidates('qingyan', 'doctor', { at: MONDAY }))).toEqual([
      ['beauty'],
      ['manager'],
      ['boss'],
      ['elsewhere'],
    ])
  })
  test('a red flag of a salon without a doctor is the duty doctor’s, in the configured order; else any doctor’s', () => {
    const people = [member('beauty', ['beautician'], ['qingyan']), member('d1', ['doctor']), member('d2', ['doctor'])]
    const flag = { at: MONDAY, redFlag: true }
    const first = (facts: Partial<RosterFacts>) => ids(rosterOf(people, facts).candidates('qingyan', 'doctor', flag))
    expect(first({ organisation: { ...shipped, dutyDoctors: ['D2', 'd1'] } })).toEqual([['d2'], ['d1'], ['beauty']])
    expect(first({ organisation: { ...shipped, dutyDoctors: ['d2', 'd1'] }, absences: [away('d2')] })[0]).toEqual([
      'd1',
    ])
    expect(first({})).toEqual([['d1', 'd2'], ['beauty']])
    // A doctor of the store itself comes first.
    const own = [...people, member('own', ['doctor'], ['qingyan'])]
    const organised = { organisation: { ...shipped, dutyDoctors: ['d2'] } }
    expect(ids(rosterOf(own, organised).candidates('qingyan', 'doctor', flag))[0]).toEqual(['own'])
  })
  test('who has left or has no role is in no tier', () => {
    const people = [member('gone', ['nurse'], ['huayan'], false), member('unmapped', [])]
    expect(rosterOf(people).candidates('huayan', 'nurse', { at: MONDAY })).toEqual([])
  })
  test('a store that nobody wrote yet still has the directors', () => {
    const people = [member('boss', ['director'], []), member('cs', ['customer_service'], ['nowhere'])]
    expect(ids(rosterOf(people).candidates('nowhere', 'customer_service', { at: MONDAY }))).toEqual([['boss'], ['cs']])
  })
})

describe('who may decide what is a doctor’s to decide', () => {
  const people = [
    member('d1', ['doctor']),
    member('d2', ['doctor']),
    member('head', ['department_head']),
    member('nurse', ['nurse']),
    member('cs', ['customer_service']),
    member('elsewhere', ['doctor'], ['ruili']),
    member('beauty', ['beautician'], ['qingyan']),
    member('manager', ['store_manager'], ['qingyan']),
  ]
  const deciders = (storeId: string, absences: Absence[] = []) => {
    const roster = rosterOf(people, { absences })
    return people.flatMap(({ userId }) => (roster.mayActAs(userId, storeId, 'doctor', MONDAY) ? [userId] : []))
  }
  test('the store’s doctors, on leave or not; with one of them there nobody stands in', () => {
    expect(deciders('huayan')).toEqual(['d1', 'd2'])
    expect(deciders('huayan', [away('d1', 'nurse')])).toEqual(['d1', 'd2'])
  })
  test('with all of them on leave the configured role, never a delegate who only does their work', () => {
    const leave = [away('d1', 'nurse'), away('d2', 'cs')]
    expect(deciders('huayan', leave)).toEqual(['d1', 'd2', 'head'])
    expect(deciders('huayan', [...leave, away('head')])).toEqual(['d1', 'd2'])
  })
  test('in a store without a doctor the configured role; who answers for the store doesn’t decide', () => {
    expect(deciders('qingyan')).toEqual(['beauty'])
    expect(deciders('qingyan', [away('beauty')])).toEqual([])
  })
})

describe('absence', () => {
  const people = [
    member('n1', ['nurse']),
    member('n2', ['nurse']),
    member('doc', ['doctor']),
    member('cs', ['customer_service']),
  ]
  const nurses = (facts: Partial<RosterFacts>, when = MONDAY) =>
    ids(rosterOf(people, facts).candidates('huayan', 'nurse', { at: when, work: true }))

  test('from its first instant to its last nobody absent is in any tier', () => {
    const absences = [{ ...away('n1'), from: at('2026-03-02 13:00'), to: at('2026-03-03 13:00') }]
    expect(nurses({ absences }, at('2026-03-02 12:59'))[0]).toEqual(['n1', 'n2'])
    expect(nurses({ absences }, at('2026-03-02 13:00')).flat()).not.toContain('n1')
    expect(nurses({ absences }, at('2026-03-03 12:59')).flat()).not.toContain('n1')
    expect(nurses({ absences }, at('2026-03-03 13:00'))[0]).toEqual(['n1', 'n2'])
  })
  test('colleagues of the role come before the delegate, the delegate before the fall-backs', () => {
    expect(nurses({ absences: [away('n1', 'cs')] })).toEqual([['n2'], ['cs'], ['doc']])
    expect(nurses({ absences: [away('n1', 'cs'), away('n2')] })).toEqual([['cs'], ['doc']])
  })
  test('a delegate who is absent hands on to the next; a circle ends; who has left stands in for nobody', () => {
    const roster = (absences: Absence[], gone: string[] = []) =>
      rosterOf(
        people.map((one) => ({ ...one, active: !gone.includes(one.userId) })),
        { absences },
      )
    expect(roster([away('n1', 'n2'), away('n2', 'doc')]).standInOf('n1', MONDAY)).toBe('doc')
    expect(roster([away('n1', 'n2'), away('n2', 'n1')]).standInOf('n1', MONDAY)).toBeNull()
    expect(roster([away('n1', 'n1')]).standInOf('n1', MONDAY)).toBeNull()
    expect(roster([away('n1', 'n2')], ['n2']).standInOf('n1', MONDAY)).toBeNull()
    expect(roster([away('n1', 'n2')], ['n1']).standInOf('n1', MONDAY)).toBeNull()
    expect(roster([]).standInOf('n1', MONDAY)).toBe('n1')
  })
})

describe('working hours', () => {
  const people = [member('n1', ['nurse']), member('n2', ['nurse']), member('doc', ['doctor'])]
  const hours = new Map([
    ['n1', weekly('mon')],
    ['n2', weekly('mon', 'tue')],
  ])
  const nurses = (when: string, facts: Partial<RosterFacts> = {}, work = true) =>
    ids(rosterOf(people, { hours, ...facts }).candidates('huayan', 'nurse', { at: at(when), work }))

  test('who is off duty gets no work while somebody of the role or its fall-backs is on duty', () => {
    expect(nurses('2026-03-02 10:00')[0]).toEqual(['n1', 'n2'])
    expect(nurses('2026-03-03 10:00')).toEqual([['n2'], ['doc']])
    expect(nurses('2026-03-03 18:00')).toEqual([['doc']])
  })
  test('where nobody of them is, everybody of them may', () => {
    const off = { hours: new Map([...hours, ['doc', weekly('fri')] as const]) }
    expect(nurses('2026-03-04 10:00', off)).toEqual([['n1', 'n2'], ['doc']])
  })
  test('who is only told something is told at any hour', () => {
    expect(nurses('2026-03-04 22:00', {}, false)[0]).toEqual(['n1', 'n2'])
  })
  test('a day off and an absence count against the people of a day', () => {
    const roster = rosterOf(people, { hours, absences: [away('n2', null, '2026-03-03', '2026-03-04')] })
    expect(roster.staffing('huayan', 'nurse', '2026-03-02')).toEqual({ all: 2, present: 2 })
    expect(roster.staffing('huayan', 'nurse', '2026-03-03')).toEqual({ all: 2, present: 0 })
    expect(roster.staffing('qingyan', 'nurse', '2026-03-03')).toEqual({ all: 0, present: 0 })
  })
})

describe('any roster', () => {
  const NAMES = Array.from({ length: 9 }, (_, i) => `p${i}`)
  const spans = fc.constantFrom<WeeklyHours['mon'][]>(
    [],
    [{ from: '09:00', to: '13:00' }],
    [{ from: '13:00', to: '21:00' }],
  )
  const anyHours = fc.record(
    Object.fromEntries(Object.keys(weekly()).map((day) => [day, spans])),
  ) as unknown as fc.Arbitrary<WeeklyHours>
  const hour = fc.integer({ min: 0, max: 96 }).map((n) => new Date(at('2026-03-01 00:00').getTime() + n * 3_600_000))
  const anyAbsence = fc
    .record({
      userId: fc.constantFrom(...NAMES),
      from: hour,
      hours: fc.integer({ min: 1, max: 72 }),
      delegateUserId: fc.option(fc.constantFrom(...NAMES, 'unknown'), { nil: null }),
    })
    .map(
      ({ hours, ...one }): Absence => ({
        ...one,
        to: new Date(one.from.getTime() + hours * 3_600_000),
        reason: 'sick',
      }),
    )
  const anyRoster = fc.record({
    people: fc.uniqueArray(
      fc.record({
        userId: fc.constantFrom(...NAMES),
        roles: fc.uniqueArray(fc.constantFrom(...ROLES), { maxLength: 3 }),
        // Doctors are found in one store only.
        storeIds: fc.subarray(['huayan', 'ruili', 'qingyan']),
        active: fc.boolean(),
      }),
      { selector: ({ userId }) => userId },
    ),
    absences: fc.array(anyAbsence, { maxLength: 8 }),
    hours: fc.array(fc.tuple(fc.constantFrom(...NAMES), anyHours), { maxLength: 6 }),
    dutyDoctors: fc.uniqueArray(fc.constantFrom(...NAMES), { maxLength: 2 }),
  })
  const anyAsk = fc.record({
    at: hour,
    role: fc.constantFrom(...ROLES),
    storeId: fc.constantFrom('huayan', 'ruili', 'qingyan', 'unwritten'),
    preferred: fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }),
    redFlag: fc.boolean(),
    work: fc.boolean(),
  })
  type AnyRoster = typeof anyRoster extends fc.Arbitrary<infer T> ? T : never
  const built = ({ people, absences, hours, dutyDoctors }: AnyRoster) =>
    rosterOf(
      people.map((one) => ({
        ...one,
        name: one.userId,
        storeIds: one.roles.includes('doctor') ? one.storeIds.filter((id) => id === 'huayan') : one.storeIds,
      })),
      { absences, hours: new Map(hours), organisation: { ...shipped, dutyDoctors } },
    )
  const isThere =
    ({ people, absences }: AnyRoster, when: Date) =>
    (userId: string) =>
      people.some((one) => one.userId === userId && one.active && one.roles.length > 0) &&
      !absences.some((one) => one.userId === userId && one.from <= when && when < one.to)

  test('work always has a living owner while anybody at all is there, and never one who is away or has left', () => {
    fc.assert(
      fc.property(anyRoster, anyAsk, (facts, { at: when, role, storeId, preferred, redFlag, work }) => {
        const roster = built(facts)
        const there = facts.people.map(({ userId }) => userId).filter(isThere(facts, when))
        const owner = pickOwner({
          tiers: roster.candidates(storeId, role, { at: when, redFlag, work }),
          preferred: preferred.map((userId) => roster.standInOf(userId, when)),
          load: new Map(),
          spreadKey: 'task',
        })
        if (there.length === 0) expect(owner).toBeNull()
        else expect(there).toContain(owner)
      }),
      { numRuns: 3_000 },
    )
  })
  test('everybody who is there stands in exactly one tier, whoever is told at any hour', () => {
    fc.assert(
      fc.property(anyRoster, anyAsk, (facts, { at: when, role, storeId, redFlag }) => {
        const placed = built(facts).candidates(storeId, role, { at: when, redFlag }).flat()
        const there = facts.people.map(({ userId }) => userId).filter(isThere(facts, when))
        expect(placed.map(({ userId }) => userId).sort()).toEqual(there.sort())
      }),
      { numRuns: 1_000 },
    )
  })
  test('role, fall-backs, store manager, director: nobody is passed over for somebody of a later rank', () => {
    fc.assert(
      fc.property(anyRoster, anyAsk, (facts, { at: when, role, storeId }) => {
        const place = stores.get(storeId)
        const roster = built({ ...facts, absences: facts.absences.map((one) => ({ ...one, delegateUserId: null })) })
        const [first = []] = roster.candidates(storeId, role, { at: when })
        const there = facts.people.filter(({ userId }) => isThere(facts, when)(userId))
        const hereAs = (wanted: Role) =>
          there.filter(
            ({ roles, storeIds }) =>
              roles.includes(wanted) &&
              (roles.includes('doctor') ? storeIds.filter((id) => id === 'huayan') : storeIds).includes(storeId),
          )
        const chain: Role[] = place ? [...(shipped.fallbacks[place.type][role] ?? []), 'store_manager'] : []
        const ranks = [
          [...hereAs(role), ...there.filter((one) => one.roles.includes(role) && placesOf(one).length === 0)],
          ...chain.map(hereAs),
          there.filter(({ roles }) => roles.includes('director')),
        ]
        const best = ranks.find((rank) => rank.length > 0)
        if (best && place)
          expect(new Set(first.map(({ userId }) => userId))).toEqual(new Set(best.map(({ userId }) => userId)))
      }),
      { numRuns: 1_000 },
    )
  })
  const placesOf = ({ roles, storeIds }: { roles: Role[]; storeIds: string[] }) =>
    roles.includes('doctor') ? storeIds.filter((id) => id === 'huayan') : storeIds
})
