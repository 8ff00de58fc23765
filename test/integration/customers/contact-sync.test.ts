/** Reading all contacts: what the vendor may answer, and what is kept of a reading between two looks. */
import { beforeEach, describe, expect, test } from 'vitest'
import { addMs, MINUTE_MS } from '../../../src/platform/clock.ts'
import { testDb } from '../../support/db.ts'
import { meanwhile } from '../care/support.ts'
import { COLLECTIONS, contact, customersWorld, follower } from './support.ts'

const db = await testDb()
beforeEach(async () => {
  await Promise.all(COLLECTIONS.map((name) => db.collection(name).deleteMany({})))
})

const followers = (...userIds: string[]) =>
  userIds.map((userId, i) => follower(userId, { createdAt: addMs(new Date('2026-03-01T00:00:00Z'), i) }))
const identities = () => db.collection('customer_identities').countDocuments()
const people = () => db.collection('customers').countDocuments({ mergedInto: null })

describe('a page', () => {
  test('of strangers comes in whole: name, phone, followers, consultant, and every identity once', async () => {
    const { contacts, desk, readAll } = await customersWorld(db)
    contacts.set(
      'e1',
      contact('e1', {
        name: '王芳',
        unionId: 'u1',
        followers: [follower('Zhao', { remarkMobiles: ['13800138000', '139 0013 9000'] }), ...followers('Lin')],
      }),
    )
    expect((await readAll())?.counts).toMatchObject({ created: 1, changed: 0 })
    const found = await desk.findByIdentity('phone_index', '13900139000')
    expect(found).toMatchObject({
      externalUserIds: ['e1'],
      unionId: 'u1',
      followUserIds: ['zhao', 'lin'],
      ownerUserId: 'lin',
      provisional: true,
    })
    expect(await desk.card(found?.id ?? '')).toMatchObject({ name: '王芳', phone: '13800138000' })
    expect([await people(), await identities()]).toEqual([1, 4])
  })

  test('with two strangers of one number, and a known person under another card, is looked at one by one', async () => {
    const { contacts, desk, readAll } = await customersWorld(db)
    const phone = [follower('Lin', { remarkMobiles: ['13800138000'] })]
    contacts.set('e1', contact('e1', { unionId: 'u1', followers: phone }))
    contacts.set('e2', contact('e2', { unionId: 'u2', followers: phone }))
    const known = await desk.upsert({
      externalId: 'HM-1',
      name: '李敏',
      storeIds: ['huayan'],
      identities: { unionId: 'u3' },
    })
    contacts.set('e3', contact('e3', { unionId: 'u3' }))
    expect((await readAll())?.counts).toMatchObject({ created: 0, changed: 3 })
    expect(await desk.findByIdentity('external_userid', 'e3')).toMatchObject({ id: known.id, followUserIds: ['lin'] })
    expect((await desk.findByIdentity('external_userid', 'e1'))?.id).not.toBe(
      (await desk.findByIdentity('external_userid', 'e2'))?.id,
    )
    expect(await people()).toBe(3)
  })

  test('of whom somebody else becomes known in the same moment is looked at again', async () => {
    const { contacts, desk, readAll } = await customersWorld(db)
    contacts.set('e1', contact('e1', { followers: [follower('Lin', { remarkMobiles: ['13800138000'] })] }))
    meanwhile('customer_identities', 'insertMany', async () => {
      await desk.upsert({ externalId: 'HM-1', name: '李敏', storeIds: ['huayan'], phone: '13800138000' })
    })
    await readAll()
    expect(await desk.findByIdentity('external_userid', 'e1')).toMatchObject({
      externalId: 'HM-1',
      followUserIds: ['lin'],
    })
    expect(await people()).toBe(1)
  })

  test('whose identities were claimed by a process that died makes the people that they name', async () => {
    const { contacts, desk, readAll } = await customersWorld(db)
    contacts.set('e1', contact('e1', { unionId: 'u1' }))
    await readAll()
    await db.collection('customers').deleteMany({})
    expect((await readAll('2026-03-03'))?.counts).toMatchObject({ changed: 1 })
    expect(await desk.findByIdentity('unionid', 'u1')).toMatchObject({
      externalUserIds: ['e1'],
      followUserIds: ['lin'],
      ownerUserId: 'lin',
    })
  })

  test('with a further follower of somebody known adds that one', async () => {
    const { contacts, desk, readAll } = await customersWorld(db)
    contacts.set('e1', contact('e1', { followers: followers('Zhao') }))
    await readAll()
    contacts.set('e1', contact('e1', { followers: followers('Zhao', 'Lin') }))
    expect((await readAll('2026-03-03'))?.counts).toMatchObject({ created: 0, changed: 1 })
    expect(await desk.findByIdentity('external_userid', 'e1')).toMatchObject({
      followUserIds: ['zhao', 'lin'],
      ownerUserId: 'lin',
    })
  })
})

test('whoever lost a follower without an event is asked about, and nobody else', async () => {
  const { contacts, desk, readAll, calls } = await customersWorld(db)
  for (const id of ['e1', 'e2', 'e3']) contacts.set(id, contact(id, { followers: followers('Zhao', 'Lin') }))
  await readAll()
  contacts.set('e2', contact('e2', { followers: followers('Lin') }))
  contacts.delete('e3')
  expect((await readAll('2026-03-03'))?.counts).toMatchObject({ unfollowed: 2 })
  const followersOf = async (id: string) => (await desk.findByIdentity('external_userid', id))?.followUserIds
  expect([await followersOf('e1'), await followersOf('e2'), await followersOf('e3')]).toEqual([
    ['zhao', 'lin'],
    ['lin'],
    [],
  ])
  expect((await readAll('2026-03-04'))?.counts).toMatchObject({ unfollowed: 0, changed: 0 })
  // The lists had been read from the start: nobody asks for them again.
  expect(calls.lists).toBe(0)
})

describe('a reading', () => {
  test('that is refused for one member’s sake goes on without that member', async () => {
    const { contacts, desk, readAll, refusals } = await customersWorld(db)
    contacts.set('e1', contact('e1', { followers: followers('Zhao') }))
    // Both, then Lin alone.
    refusals.push(84074, 84074)
    expect(await readAll()).toMatchObject({
      counts: { contacts: 1, created: 1, refused: 1 },
      batches: [
        { from: 0, to: 1, isDone: true, contacts: 0 },
        { from: 1, to: 2, isDone: true, contacts: 1 },
      ],
    })
    expect(await desk.findByIdentity('external_userid', 'e1')).toMatchObject({ followUserIds: ['zhao'] })
  })

  test('keeps its cursor through failures, waits where the vendor says so, and begins anew when a cursor is over', async () => {
    const { contacts, readAll, refusals, rate, clock, calls } = await customersWorld(db)
    for (let i = 0; i < 6; i++) contacts.set(`e${i}`, contact(`e${i}`))
    refusals.push(null, 48002)
    const failed = await readAll()
    expect(failed).toMatchObject({
      finishedAt: null,
      lastError: 'wecom_48002',
      attempt: 1,
      batches: [{ cursor: '2' }],
      counts: { contacts: 2 },
    })
    expect(failed?.dueAt).toEqual(addMs(clock.now(), 10_000))
    clock.advance(10_000)
    refusals.push(45009)
    expect(await readAll()).toMatchObject({ dueAt: addMs(clock.now(), MINUTE_MS), batches: [{ cursor: '2' }] })
    expect(calls.blocked).toBe(1)
    clock.advance(MINUTE_MS)
    rate.retryAt = addMs(clock.now(), 5_000)
    expect(await readAll()).toMatchObject({ dueAt: rate.retryAt, batches: [{ cursor: '2' }] })
    clock.advance(5_000)
    rate.retryAt = null
    refusals.push(50100)
    expect(await readAll()).toMatchObject({
      finishedAt: clock.now(),
      lastError: null,
      batches: [{ isDone: true, contacts: 6 }],
      counts: { created: 6, contacts: 8 },
    })
  })

  test('of a process that died is taken over when its lease ends, not earlier', async () => {
    const { contacts, feature, clock, db: same, readAll } = await customersWorld(db)
    for (let i = 0; i < 4; i++) contacts.set(`e${i}`, contact(`e${i}`))
    await feature.contactSync.start('2026-03-02')
    const claimed = { $set: { 'claim.token': 'a dead one', 'claim.until': addMs(clock.wall(), 60_000) } }
    await same.collection('contact_syncs').updateMany({}, claimed)
    expect(await feature.contactSync.due.drain(clock.now())).toEqual({ slices: 0 })
    await same.collection('contact_syncs').updateMany({}, { $set: { 'claim.until': addMs(clock.wall(), -1) } })
    expect(await readAll()).toMatchObject({ finishedAt: clock.now(), counts: { created: 4 } })
  })

  test('that isn’t over keeps the next one from beginning, until it is given up after 20 hours', async () => {
    const { feature, clock, refusals, contacts, readAll } = await customersWorld(db)
    contacts.set('e1', contact('e1'))
    refusals.push(48002)
    await readAll()
    clock.advance(19 * 60 * MINUTE_MS)
    expect(await feature.contactSync.start('2026-03-03')).toBe(false)
    clock.advance(2 * 60 * MINUTE_MS)
    expect(await feature.contactSync.start('2026-03-03')).toBe(true)
    const rows = await feature.contactSync.page({ limit: 5, after: null })
    expect(rows.map(({ _id, finishedAt }) => [_id, finishedAt !== null])).toEqual([
      ['2026-03-03', false],
      ['2026-03-02', true],
    ])
    clock.advance(100 * 24 * 60 * MINUTE_MS)
    expect(await feature.contactSync.start('2026-06-13')).toBe(true)
    clock.advance(1)
    expect((await feature.contactSync.page({ limit: 5, after: null })).map(({ _id }) => _id)).toEqual([
      '2026-06-13',
      '2026-03-03',
    ])
  })
})
