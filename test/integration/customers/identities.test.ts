import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { testDb } from '../../support/db.ts'
import { COLLECTIONS, customersWorld } from './support.ts'

const db = await testDb()
const clean = async () => {
  for (const name of COLLECTIONS) await db.collection(name).deleteMany({})
}
beforeEach(clean)
const PHONE = '13800138000'

describe('join', () => {
  test('nobody is invented unless asked', async () => {
    const { desk } = await customersWorld(db)
    expect(await desk.join({ openId: 'o1' })).toBeNull()
    expect(await desk.join({})).toBeNull()
    expect(await desk.join({ openId: 'o1', create: true })).toMatchObject({ provisional: true, openIds: ['o1'] })
  })

  test('joining twice changes nothing', async () => {
    const { desk } = await customersWorld(db)
    const input = { externalUserId: 'e1', unionId: 'u1', phone: PHONE, followUserId: 'Lin', displayName: '小美' }
    const first = await desk.join({ ...input, create: true })
    expect(await desk.join({ ...input, create: true })).toEqual(first)
    expect(first).toMatchObject({ externalUserIds: ['e1'], unionId: 'u1', hasPhone: true, followUserIds: ['lin'] })
    expect(await db.collection('customers').countDocuments()).toBe(1)
  })

  test('two strangers who turn out to be one are merged, and the old id still answers', async () => {
    const { desk, told } = await customersWorld(db)
    const inChat = await desk.join({ externalUserId: 'e1', displayName: '小美', create: true })
    const inApp = await desk.join({ openId: 'o1', unionId: 'u1', create: true })
    const one = await desk.join({ externalUserId: 'e1', unionId: 'u1' })
    expect(one).toMatchObject({ externalUserIds: ['e1'], openIds: ['o1'], unionId: 'u1' })
    for (const before of [inChat, inApp]) expect(await desk.get(before?.id ?? '')).toEqual(one)
    const ids = await desk.idsOf(one?.id ?? '')
    expect(ids.sort()).toEqual([inChat?.id, inApp?.id].sort())
    const other = await desk.join({ externalUserId: 'e2', create: true })
    const many = await desk.idsOfMany([inChat?.id ?? '', inApp?.id ?? '', other?.id ?? '', 'nobody'])
    expect([...many].map(([id, all]) => [id, [...all].sort()])).toEqual([
      [inChat?.id, ids],
      [inApp?.id, ids],
      [other?.id, [other?.id]],
      ['nobody', ['nobody']],
    ])
    expect((await told()).map(({ type }) => type)).toEqual(['customer.merged'])
  })

  test('a stranger becomes the customer whom the clinic enters later with the same phone', async () => {
    const { desk } = await customersWorld(db)
    const stranger = await desk.join({ openId: 'o1', unionId: 'u1', phone: PHONE, create: true })
    const entered = await desk.upsert({ externalId: 'HM-1', name: '王小美', storeIds: ['huayan'], phone: PHONE })
    expect(entered).toMatchObject({ openIds: ['o1'], unionId: 'u1', provisional: false, name: '王小美' })
    expect((await desk.get(stranger?.id ?? ''))?.id).toBe(entered.id)
    expect((await desk.findByIdentity('openid', 'o1'))?.id).toBe(entered.id)
    expect((await desk.findByIdentity('phone_index', '+86 138-0013-8000'))?.id).toBe(entered.id)
  })

  test('two known customers stay two; the conflict is told once and the older one answers', async () => {
    const { desk, told, clock } = await customersWorld(db)
    const a = await desk.upsert({ externalId: 'A', name: '甲', storeIds: ['s'], identities: { openId: 'o1' } })
    clock.advance(1000)
    const b = await desk.upsert({ externalId: 'B', name: '乙', storeIds: ['s'], identities: { externalUserId: 'e1' } })
    for (let i = 0; i < 2; i++) expect((await desk.join({ openId: 'o1', externalUserId: 'e1' }))?.id).toBe(a.id)
    expect((await desk.findByIdentity('external_userid', 'e1'))?.id).toBe(b.id)
    const conflicts = await desk.conflictsPage({ limit: 10, after: null })
    expect(conflicts).toMatchObject([{ kind: 'external_userid', customerIds: [b.id, a.id] }])
    expect((await told()).map(({ id }) => id)).toEqual([`identity.conflict:${conflicts[0]?._id}`])
  })

  test('husband and wife with one phone stay two people, whoever comes first', async () => {
    const { desk } = await customersWorld(db)
    const wife = await desk.join({ externalUserId: 'e1', unionId: 'u1', phone: PHONE, create: true })
    const husband = await desk.join({ externalUserId: 'e2', unionId: 'u2', phone: PHONE, create: true })
    expect(husband?.id).not.toBe(wife?.id)
    expect(husband).toMatchObject({ externalUserIds: ['e2'], unionId: 'u2', hasPhone: false })
    expect(await desk.join({ externalUserId: 'e2', unionId: 'u2', phone: PHONE })).toEqual(husband)
  })

  test('mother and daughter entered with one phone: the number no longer joins a chat to either', async () => {
    const { desk } = await customersWorld(db)
    const mother = await desk.upsert({ externalId: 'M', name: '张母', storeIds: ['s'], phone: PHONE })
    const daughter = await desk.upsert({ externalId: 'D', name: '张女', storeIds: ['s'], phone: PHONE })
    expect(daughter.phone).toBe(PHONE)
    const chat = await desk.join({ externalUserId: 'e1', phone: PHONE, create: true })
    expect([mother.id, daughter.id]).not.toContain(chat?.id)
    expect(await desk.findByIdentity('phone_index', PHONE)).toBeNull()
    expect((await desk.page({ phone: PHONE }, { limit: 10, after: null })).map(({ id }) => id).sort()).toEqual(
      [mother.id, daughter.id].sort(),
    )
  })

  test('a number that a customer gave up belongs to whoever has it next', async () => {
    const { desk } = await customersWorld(db)
    const before = await desk.upsert({ externalId: 'A', name: '甲', storeIds: ['s'], phone: PHONE })
    await desk.upsert({ externalId: 'A', name: '甲', storeIds: ['s'], phone: '13900139000' })
    const next = await desk.join({ externalUserId: 'e9', phone: PHONE, create: true })
    expect(next?.id).not.toBe(before.id)
    expect((await desk.findByIdentity('phone_index', '13900139000'))?.id).toBe(before.id)
  })

  test('many at once still make one person', async () => {
    const { desk } = await customersWorld(db)
    const inputs = [
      { externalUserId: 'e1', unionId: 'u1' },
      { openId: 'o1', unionId: 'u1' },
      { openId: 'o1', phone: PHONE },
      { externalUserId: 'e1', phone: PHONE },
      { externalUserId: 'e1', openId: 'o1' },
    ]
    // Rounds, because one lucky order of writes proves little.
    for (let round = 0; round < 10; round++) {
      await clean()
      await Promise.all([...inputs, ...inputs].map((input) => desk.join({ ...input, create: true })))
      expect(await db.collection('customers').countDocuments({ mergedInto: null })).toBe(1)
      const ids = new Set<string>()
      for (const input of inputs) ids.add((await desk.join(input))?.id ?? 'nobody')
      expect(ids.size).toBe(1)
    }
  })
})

describe('a merge that died half-way', () => {
  async function halfMerged() {
    const world = await customersWorld(db)
    const { desk, clock } = world
    const stranger = await desk.join({ openId: 'o1', unionId: 'u1', create: true })
    const customer = await desk.upsert({ externalId: 'A', name: '甲', storeIds: ['s'] })
    // Only the point of no return was written.
    await db.collection<{ _id: string }>('customers').updateOne(
      { _id: stranger?.id ?? '' },
      {
        $set: {
          mergedInto: customer.id,
          mergeDone: false,
          announceAt: clock.now(),
          pending: [
            { id: `customer.merged:${stranger?.id}`, type: 'customer.merged', occurredAt: clock.now(), data: {} },
          ],
        },
      },
    )
    return { ...world, stranger, customer }
  }

  test('already answers as the surviving customer', async () => {
    const { desk, stranger, customer } = await halfMerged()
    expect((await desk.get(stranger?.id ?? ''))?.id).toBe(customer.id)
    expect((await desk.findByIdentity('openid', 'o1'))?.id).toBe(customer.id)
  })

  test('is finished by the next join of one of its identities', async () => {
    const { desk, customer, told } = await halfMerged()
    expect(await desk.join({ openId: 'o1' })).toMatchObject({ id: customer.id, openIds: ['o1'], unionId: 'u1' })
    expect((await told()).map(({ type }) => type)).toEqual(['customer.merged'])
  })

  test('is finished by the nightly repair', async () => {
    const { desk, feature, customer, clock } = await halfMerged()
    await feature.routines[0]?.run(clock.now())
    expect(await desk.get(customer.id)).toMatchObject({ openIds: ['o1'], unionId: 'u1' })
    expect(await db.collection('customers').countDocuments({ mergeDone: false })).toBe(0)
  })

  test('and its event is published by the drain', async () => {
    const { feature, told, clock } = await halfMerged()
    expect(await feature.due[0]?.nextDueAt(clock.now())).toEqual(clock.now())
    await feature.due[0]?.drain(clock.now())
    expect((await told()).map(({ type }) => type)).toEqual(['customer.merged'])
    expect(await feature.due[0]?.nextDueAt(clock.now())).toBeNull()
  })
})

test('whatever the order of the news, the same people come out', async () => {
  // Humans with their own unionid, devices and phone; each piece of news shows two or three identities of one human.
  const humans = ['a', 'b', 'c']
  const news = fc.record({
    human: fc.constantFrom(...humans),
    shows: fc.uniqueArray(fc.constantFrom('unionId', 'externalUserId', 'openId', 'phone'), {
      minLength: 1,
      maxLength: 3,
    }),
  })
  const phones: Record<string, string> = { a: '13800000001', b: '13800000002', c: '13800000003' }
  const inputOf = ({ human, shows }: { human: string; shows: string[] }) =>
    Object.fromEntries(shows.map((kind) => [kind, kind === 'phone' ? phones[human] : `${kind}-${human}`]))

  async function partition(pieces: { human: string; shows: string[] }[]): Promise<string> {
    await clean()
    const { desk, clock } = await customersWorld(db)
    for (const piece of pieces) {
      await desk.join({ ...inputOf(piece), create: true })
      clock.advance(1000)
    }
    const groups = new Map<string, string[]>()
    for (const piece of pieces)
      for (const kind of piece.shows) {
        const owner = await desk.join(inputOf({ human: piece.human, shows: [kind] }))
        const group = groups.get(owner?.id ?? '') ?? []
        groups.set(owner?.id ?? '', [...new Set([...group, `${kind}-${piece.human}`])].sort())
      }
    return JSON.stringify([...groups.values()].map((group) => group.join(' ')).sort())
  }

  await fc.assert(
    fc.asyncProperty(
      fc
        .array(news, { minLength: 2, maxLength: 6 })
        .chain((pieces) =>
          fc.tuple(
            fc.constant(pieces),
            fc.shuffledSubarray(pieces, { minLength: pieces.length, maxLength: pieces.length }),
          ),
        ),
      async ([pieces, shuffled]) => {
        expect(await partition(shuffled)).toBe(await partition(pieces))
      },
    ),
    { numRuns: 25, seed: 7 },
  )
})
