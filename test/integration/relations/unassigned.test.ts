/** Contacts of somebody who left that were other consultants' customers, or nobody's. */
import { describe, expect, test } from 'vitest'
import { takerOf } from '../../../src/relations/unassigned.ts'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ customers: 8 })
const { simulator, api, personOf, work } = world
const consultants = simulator.world.staff.filter((one) => one.position.includes('咨询'))
const [leaver, other] = consultants
if (!leaver || !other) throw new Error('too few consultants')
const ownId = (userId: string) => userId.toLowerCase()
const storeId = 'huayan'

const rows = async () =>
  (await api('GET', '/handovers')).items as {
    hasLeft: boolean
    cause: string
    fromUserId: string
    toUserId: string
    customers: { customerId: string; state: string }[]
  }[]
const unassigned = async () => (await rows()).filter(({ cause }) => cause.startsWith('unassigned:'))
const idOf = async (n: number) => {
  const filter = { externalUserIds: personOf(n).externalUserId, mergedInto: null } as never
  return String((await world.collection('customers').findOne(filter))?._id)
}

describe('a colleague who leaves', () => {
  test('leaves other people’s customers to their own consultants, nobody’s to the store’s; nothing twice', async () => {
    // 0: another's customer. 1: another's, who has the contact, too. 2: nobody's. 3: nobody has heard of her.
    for (const n of [0, 1]) await world.customer(n, { storeIds: [storeId], ownerUserId: ownId(other.userId) })
    const befriend = (n: number, userId: string) =>
      simulator.act({ as: 'customer', id: personOf(n).personId, do: 'add-contact', userId })
    for (const n of [0, 1, 2]) befriend(n, leaver.userId)
    befriend(1, other.userId)
    await work()
    simulator.faults.add({ path: 'callback', drop: 'before', rate: 1 })
    befriend(3, leaver.userId)
    simulator.act({ as: 'staff', id: leaver.personId, do: 'resign' })
    await world.to('2026-03-03 04:00')
    expect(await unassigned()).toEqual([])
    await world.to('2026-03-03 05:00')
    const begun = await unassigned()
    const toOther = begun.filter(({ toUserId }) => toUserId === ownId(other.userId)).flatMap((row) => row.customers)
    expect(toOther.map(({ customerId }) => customerId)).toContain(await idOf(0))
    expect(begun.flatMap(({ customers }) => customers.map(({ customerId }) => customerId)).sort()).toEqual(
      [await idOf(0), await idOf(2), await idOf(3)].sort(),
    )
    simulator.act({ as: 'customer', id: personOf(2).personId, do: 'refuse-transfer', userId: leaver.userId })
    await world.to('2026-03-06 05:00')
    const after = await unassigned()
    expect(after).toHaveLength(begun.length)
    expect(after.flatMap(({ customers }) => customers.map(({ state }) => state)).sort()).toEqual([
      'done',
      'done',
      'refused',
    ])
    expect([...personOf(0).contacts.keys()].map(ownId)).toEqual([ownId(other.userId)])
    expect([...personOf(3).contacts.keys()].map(ownId)).not.toContain(ownId(leaver.userId))
  })

  test('whose taker leaves as well: the customer goes to the next one, once that is sure', async () => {
    simulator.faults.clear()
    const hired = () => {
      const { personId: id, departmentId } = other
      simulator.act({ as: 'staff', id, do: 'hire', position: '咨询师', departmentId })
      return simulator.world.staff.at(-1) as typeof other
    }
    const gone = hired()
    hired()
    await work()
    simulator.act({ as: 'customer', id: personOf(4).personId, do: 'add-contact', userId: gone.userId })
    await work()
    simulator.act({ as: 'staff', id: gone.personId, do: 'resign' })
    const of = async () => (await unassigned()).filter(({ fromUserId }) => fromUserId === ownId(gone.userId))
    await world.to('2026-03-07 05:00')
    const [first] = await of()
    const taker = simulator.world.byUserId.get(first?.toUserId ?? '')
    simulator.act({ as: 'staff', id: taker?.personId ?? '', do: 'resign' })
    await world.to('2026-03-08 05:00')
    expect(await of()).toMatchObject([{ toUserId: first?.toUserId, customers: [{ state: 'member' }] }])
    await world.to('2026-03-10 05:00')
    const next = (await of()).find(({ toUserId }) => toUserId !== first?.toUserId)
    expect(next).toMatchObject({ customers: [{ state: 'done' }] })
    expect([...personOf(4).contacts.keys()].map(ownId)).toEqual([next?.toUserId])
    expect(await of()).toHaveLength(2)
  }, 120_000)
})

describe('who takes a contact', () => {
  const roster = {
    isActive: (userId: string) => userId !== 'gone',
    having: () => [{ userId: 'wu' }, { userId: 'lin' }] as never,
  }
  test.each([
    ['the own consultant', { ownerUserId: 'lin', followUserIds: ['gone'] }, 'lin'],
    ['nobody, where that one has it', { ownerUserId: 'lin', followUserIds: ['gone', 'lin'] }, null],
    ['nobody, where nobody owns and a colleague has it', { ownerUserId: null, followUserIds: ['gone', 'wu'] }, null],
    ['nobody of an empty store', { ownerUserId: 'gone', followUserIds: ['gone'] }, null],
  ])('%s', (name, customer, taker) => {
    const people = name.includes('empty') ? { ...roster, having: () => [] } : roster
    expect(takerOf(customer, 's', people, 'wm1')).toBe(taker)
  })
  test('always the same one, and not the same for all', () => {
    const takers = Array.from({ length: 40 }, (_, i) =>
      takerOf({ ownerUserId: null, followUserIds: ['gone'] }, 's', roster, `wm${i}`),
    )
    expect(new Set(takers)).toEqual(new Set(['lin', 'wu']))
    expect(takerOf({ ownerUserId: null, followUserIds: [] }, 's', roster, 'wm7')).toBe(takers[7])
  })
})
