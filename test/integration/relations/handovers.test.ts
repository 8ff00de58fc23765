/** Contacts handed from one member to another, until each customer has been taken or has refused. */
import { describe, expect, test } from 'vitest'
import { careWorld } from '../care/support.ts'

const world = await careWorld({ customers: 8 })
const { simulator, api, personOf, work } = world
const staffWith = (position: string, department?: number) =>
  simulator.world.staff.filter(
    (one) => one.position.includes(position) && (department === undefined || one.departmentId === department),
  )
const [leaver, taker] = staffWith('咨询')
if (!leaver || !taker) throw new Error('too few consultants')
const storeId = 'huayan'

const befriended = async (n: number, member: typeof leaver) => {
  await world.customer(n, { storeIds: [storeId], ownerUserId: member.userId.toLowerCase() })
  simulator.act({ as: 'customer', id: personOf(n).personId, do: 'add-contact', userId: member.userId })
  await work()
}
const followersOf = async (n: number) =>
  (
    await world
      .collection<{ _id: string; followUserIds: string[] }>('customers')
      .findOne({ externalUserIds: personOf(n).externalUserId, mergedInto: null } as never)
  )?.followUserIds
const rows = async () =>
  (await api('GET', '/handovers')).items as {
    hasLeft: boolean
    fromUserId: string
    toUserId: string
    finishedAt: string | null
    customers: { state: string }[]
  }[]
const notes = () =>
  simulator.ledger
    .entries()
    .filter(({ kind, text }) => kind === 'app' && text.includes('微信交接'))
    .map(({ text }) => text)

describe('a colleague who stays', () => {
  test('hands contacts over: the customers are told, one refuses, the manager hears of both', async () => {
    for (const n of [0, 1]) await befriended(n, leaver)
    const ids = await world
      .collection('customers')
      .find({ externalUserIds: { $in: [0, 1].map((n) => personOf(n).externalUserId) } } as never)
      .toArray()
    const order = {
      externalId: 'H-1',
      storeId,
      fromUserId: leaver.userId,
      toUserId: taker.userId,
      customerIds: ids.map(({ _id }) => String(_id)),
    }
    expect(await api('POST', '/handovers', order)).toEqual({ contacts: 2 })
    expect(await api('POST', '/handovers', order)).toEqual({ contacts: 2 })
    await work()
    expect((await rows()).flatMap(({ customers }) => customers.map(({ state }) => state))).toEqual([
      'waiting',
      'waiting',
    ])
    await world.to('2026-03-02 12:00')
    simulator.act({ as: 'customer', id: personOf(1).personId, do: 'refuse-transfer', userId: leaver.userId })
    await work()
    // The event hurries the look; nobody waits for the day to end.
    expect((await rows()).flatMap(({ customers }) => customers.map(({ state }) => state)).sort()).toEqual([
      'refused',
      'waiting',
    ])
    await world.to('2026-03-03 12:00')
    expect((await rows()).flatMap(({ customers }) => customers.map(({ state }) => state)).sort()).toEqual([
      'done',
      'refused',
    ])
    expect([await followersOf(0), await followersOf(1)]).toEqual([
      [taker.userId.toLowerCase()],
      [leaver.userId.toLowerCase()],
    ])
    const told = world.got(0).filter(({ channel }) => channel === 'externalcontact/transfer_customer')
    expect(told.map(({ text }) => text)).toEqual([
      `您好，今后由华颜整形医院的咨询师${taker.name}继续为您服务，您的护理记录和约定都已交接清楚，感谢您一直以来的信任。`,
    ])
    // The manager's, and the taker's.
    expect(notes()).toHaveLength(2)
    for (const text of notes())
      expect(text).toContain(
        `【微信交接】${leaver.name}的客户好友已交接 1 位，共 2 位。接手：${taker.name} 1 位。未能交接：`,
      )
    expect(notes()[0]).toContain('客户谢绝 1 位')
  })
})

describe('a colleague who leaves', () => {
  test('leaves contacts to whoever got the customers; a lost answer asks for nothing twice', async () => {
    for (const n of [2, 3, 4]) await befriended(n, leaver)
    const { personId: id, position, departmentId } = leaver
    simulator.act({ as: 'staff', id, do: 'hire', position, departmentId })
    simulator.act({ as: 'staff', id, do: 'resign' })
    simulator.faults.add({ path: '/cgi-bin/externalcontact/resigned/transfer_customer', drop: 'after', times: 1 })
    const before = notes().length
    await world.to('2026-03-04 09:00')
    const left = (await rows()).filter(({ hasLeft }) => hasLeft)
    const people = left.flatMap(({ customers }) => customers)
    // The one who refused before is the leaver's still, too.
    expect(people.map(({ state }) => state)).toEqual(people.map(() => 'waiting'))
    expect(people.length).toBeGreaterThanOrEqual(3)
    expect(new Set(left.map(({ toUserId }) => toUserId)).size).toBe(2)
    expect(notes()).toHaveLength(before)
    // No event tells who was taken: the look does.
    simulator.faults.add({ path: 'callback', drop: 'before', rate: 1 })
    await world.to('2026-03-05 03:20')
    const after = (await rows()).filter(({ hasLeft }) => hasLeft)
    expect(after.flatMap(({ customers }) => customers.map(({ state }) => state))).toEqual(people.map(() => 'done'))
    expect(after.every(({ finishedAt }) => finishedAt !== null)).toBe(true)
    for (const n of [2, 3, 4]) {
      const [follower, ...more] = [...personOf(n).contacts.keys()]
      expect(more).toEqual([])
      expect(follower).not.toBe(leaver.userId)
      expect(await followersOf(n)).toEqual([follower?.toLowerCase()])
    }
    await world.to('2026-03-05 09:00')
    expect(notes().at(-1)).toContain(`已交接 ${people.length} 位，共 ${people.length} 位`)
    expect(notes().at(-1)).not.toContain('未能交接')
  })
})

describe('one of the two leaves within the day', () => {
  const orderOf = async (externalId: string, n: number, from: typeof leaver, to: typeof leaver) => {
    const [customer] = await world
      .collection('customers')
      .find({ externalUserIds: personOf(n).externalUserId } as never)
      .toArray()
    const pair = { fromUserId: from.userId, toUserId: to.userId }
    await api('POST', '/handovers', { externalId, storeId, ...pair, customerIds: [String(customer?._id)] })
    await work()
  }
  const last = async (fromUserId: string) =>
    (await rows()).filter((one) => one.fromUserId === fromUserId.toLowerCase() && !one.hasLeft).at(-1)
  const hired = () => {
    simulator.act({ as: 'staff', id: taker.personId, do: 'hire', position: '咨询师', departmentId: taker.departmentId })
    const member = simulator.world.staff.at(-1)
    if (!member) throw new Error('nobody was hired')
    return member
  }

  test('the taker: the row ends, and the manager hears that nobody has taken over', async () => {
    simulator.faults.clear()
    const goes = hired()
    await work()
    await befriended(5, taker)
    await orderOf('H-5', 5, taker, goes)
    simulator.act({ as: 'staff', id: goes.personId, do: 'resign' })
    await work()
    await world.to('2026-03-06 12:00')
    expect(await last(taker.userId)).toMatchObject({ customers: [{ state: 'member' }], finishedAt: expect.any(String) })
    expect(notes().at(-1)).toContain('接手人暂不能添加客户 1 位')
    expect(await followersOf(5)).toEqual([taker.userId.toLowerCase()])
  })

  test('the giver: whose contact the customer is by now tells that it is done', async () => {
    const giver = hired()
    await work()
    await befriended(6, giver)
    await orderOf('H-6', 6, giver, taker)
    simulator.act({ as: 'staff', id: giver.personId, do: 'resign' })
    await work()
    await world.to('2026-03-08 12:00')
    expect(await followersOf(6)).toEqual([taker.userId.toLowerCase()])
    expect(await last(giver.userId)).toMatchObject({ customers: [{ state: 'done' }], finishedAt: expect.any(String) })
  })
})
