import { createConnection } from 'mongoose'
import { beforeEach, describe, expect, test } from 'vitest'
import { CustomerBody, CustomerView } from '../../../src/customers/views.ts'
import { AppError } from '../../../src/platform/errors.ts'
import { testDb } from '../../support/db.ts'
import { COLLECTIONS, contact, customersWorld, follower } from './support.ts'

const db = await testDb()
beforeEach(async () => {
  for (const name of COLLECTIONS) await db.collection(name).deleteMany({})
})
const PHONE = '13800138000'
const EMAIL = 'mei.wang@example.com'
const basic = { externalId: 'HM-1', name: '王小美', storeIds: ['huayan'], gender: 'female' as const, phone: PHONE }

describe('entry by the clinic', () => {
  test('writing twice is writing once; what is left out stays, null empties', async () => {
    const { desk } = await customersWorld(db)
    const first = await desk.upsert({ ...basic, allergies: '青霉素', skinType: '干性' })
    expect(await desk.upsert({ ...basic, allergies: '青霉素', skinType: '干性' })).toEqual(first)
    expect(await desk.upsert(basic)).toEqual(first)
    expect(await desk.upsert({ ...basic, allergies: null, phone: null })).toMatchObject({
      id: first.id,
      hasAllergies: false,
      phone: null,
      hasPhone: false,
      skinType: '干性',
    })
    expect(await db.collection('customers').countDocuments()).toBe(1)
  })

  test('two processes entering the same customer at once make one', async () => {
    const { desk } = await customersWorld(db)
    const cards = await Promise.all(Array.from({ length: 6 }, () => desk.upsert(basic)))
    expect(new Set(cards.map(({ id }) => id)).size).toBe(1)
    expect(await db.collection('customers').countDocuments()).toBe(1)
  })

  test('an entry that died after taking its number is completed by the repeat', async () => {
    const { desk } = await customersWorld(db)
    const { id } = await desk.upsert(basic)
    await db.collection<{ _id: string }>('customers').deleteOne({ _id: id })
    expect(await desk.findByIdentity('external_id', 'HM-1')).toBeNull()
    expect(await desk.upsert(basic)).toMatchObject({ id, name: '王小美' })
  })

  test('a WeChat identity of another known customer is refused', async () => {
    const { desk } = await customersWorld(db)
    await desk.upsert({ ...basic, identities: { openId: 'o1' } })
    await expect(
      desk.upsert({ externalId: 'HM-2', name: '李', storeIds: ['s'], identities: { openId: 'o1' } }),
    ).rejects.toMatchObject({ kind: 'conflict', code: 'identity_taken' })
    expect(await desk.findByIdentity('external_id', 'HM-2')).toBeNull()
  })

  test('name, phone, email, allergies and notes are sealed at rest', async () => {
    const { desk } = await customersWorld(db)
    const { id } = await desk.upsert({ ...basic, email: EMAIL, allergies: '青霉素', notes: '怕疼' })
    const stored = JSON.stringify(await db.collection<{ _id: string }>('customers').findOne({ _id: id }))
    for (const secret of ['王小美', PHONE, EMAIL, '青霉素', '怕疼']) expect(stored).not.toContain(secret)
    const identities = JSON.stringify(await db.collection('customer_identities').find().toArray())
    expect(identities).not.toContain(PHONE)
    expect((await desk.contacts([id])).get(id)).toMatchObject({
      customer: { id, externalId: 'HM-1', hasPhone: true },
      name: '王小美',
      salutation: '王女士',
      phone: PHONE,
      email: EMAIL,
    })
  })

  test('an address can be changed and taken back; what is none is refused with a code, and said again it is no change', async () => {
    const { desk } = await customersWorld(db)
    const { id } = await desk.upsert({ ...basic, email: EMAIL })
    const revision = async () =>
      (await db.collection<{ _id: string; revision: number }>('customers').findOne({ _id: id }))?.revision
    expect(await desk.upsert({ ...basic, email: EMAIL })).toMatchObject({ email: EMAIL })
    expect(await revision()).toBe(0)
    for (const write of [desk.upsert({ ...basic, email: 'mei@' }), desk.patch(id, { email: 'mei mei@example.com' })])
      await expect(write).rejects.toMatchObject({ kind: 'invalid', code: 'email_malformed' })
    expect(await desk.upsert(basic)).toMatchObject({ email: EMAIL })
    expect(await desk.patch(id, { email: 'mei@example.org' })).toMatchObject({ email: 'mei@example.org' })
    expect(await desk.patch(id, { email: null })).toMatchObject({ email: null })
    expect((await desk.contacts([id])).get(id)?.email).toBeNull()
  })

  test('the view masks phone and email and drops what it does not name', async () => {
    const { desk } = await customersWorld(db)
    const view = CustomerView.parse(await desk.upsert({ ...basic, email: EMAIL }))
    expect(view.phone).toBe('138****8000')
    expect(view.email).toBe('m***@example.com')
    expect(Object.keys(view)).not.toContain('openIds')
    expect(Object.keys(view)).not.toContain('_id')
  })

  test('bodies of wrong types, operators and unknown fields are refused', () => {
    const accepts = (over: object) => CustomerBody.safeParse({ ...basic, ...over }).success
    expect(accepts({})).toBe(true)
    for (const over of [
      { externalId: { $gt: '' } },
      { phone: { $ne: null } },
      { phone: 'call me' },
      { email: { $ne: null } },
      { email: 'a'.repeat(255) },
      { name: '' },
      { storeIds: [] },
      { optOut: { everything: true } },
      { preferredTime: { from: '20:00', to: '10:00' } },
      { isAdmin: true },
      { name: 'a\u0000b' },
    ])
      expect(accepts(over), JSON.stringify(over)).toBe(false)
  })
})

describe('wishes', () => {
  test('opting out is told once, with what is off', async () => {
    const { desk, told } = await customersWorld(db)
    const { id } = await desk.upsert(basic)
    await desk.patch(id, { optOut: { promotion: true } })
    await desk.patch(id, { optOut: { promotion: true } })
    await desk.patch(id, { optOut: { all: true } })
    expect((await desk.get(id))?.optOut).toEqual({ all: true, promotion: true })
    expect((await told()).map(({ type, data }) => [type, data])).toEqual([
      ['customer.opted_out', { customerId: id, all: false, promotion: true }],
      ['customer.opted_out', { customerId: id, all: true, promotion: true }],
    ])
    await desk.patch(id, { optOut: { all: false }, deceased: true })
    expect((await told()).map(({ type }) => type)).toEqual([
      'customer.opted_out',
      'customer.opted_out',
      'customer.deceased',
    ])
  })

  test('concurrent changes of different wishes are both kept', async () => {
    const { desk } = await customersWorld(db)
    const { id } = await desk.upsert(basic)
    await Promise.all([
      desk.patch(id, { optOut: { promotion: true } }),
      desk.patch(id, { optOut: { all: true } }),
      desk.patch(id, { preferredTime: { from: '19:00', to: '20:00' } }),
    ])
    expect(await desk.get(id)).toMatchObject({
      optOut: { all: true, promotion: true },
      preferredTime: { from: '19:00', to: '20:00' },
    })
  })

  test('an unknown customer is not found', async () => {
    const { desk } = await customersWorld(db)
    await expect(desk.patch('nobody', { deceased: true })).rejects.toMatchObject({ code: 'customer_not_found' })
    await expect(desk.card('nobody')).rejects.toMatchObject({ code: 'customer_not_found' })
  })
})

describe('bulk entry', () => {
  test('many customers in one go, again without effect, and careful where a phone is known', async () => {
    const { desk } = await customersWorld(db)
    const stranger = await desk.join({ openId: 'o7', phone: '13800000007', create: true })
    const inputs = Array.from({ length: 12 }, (_, i) => ({
      externalId: `B-${i}`,
      name: `客户${i}`,
      storeIds: ['huayan'],
      phone: `138000000${String(i).padStart(2, '0')}`,
    }))
    const ids = await desk.insertMany(inputs)
    expect(await desk.insertMany(inputs)).toEqual(ids)
    expect((await desk.getMany(ids)).size).toBe(12)
    expect((await desk.get(stranger?.id ?? ''))?.externalId).toBe('B-7')
    expect((await desk.findByIdentity('phone_index', '13800000003'))?.externalId).toBe('B-3')
    expect([...(await desk.findByIdentities('external_id', ['B-1', 'B-99'])).keys()]).toEqual(['B-1'])
  })

  test('each has its own answer; a repeat is a few looks and no write, and a dry run writes nothing', async () => {
    const watched = await createConnection(process.env.MONGODB_URI ?? '', {
      dbName: db.name,
      monitorCommands: true,
    }).asPromise()
    const { desk } = await customersWorld(watched)
    const commands: string[] = []
    watched.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName))
    const inputs = Array.from({ length: 60 }, (_, i) => ({
      externalId: `P-${i}`,
      name: `客户${i}`,
      storeIds: ['huayan'],
      phone: i === 7 ? '123' : `137000000${String(i).padStart(2, '0')}`,
    }))
    const answers = async (dryRun: boolean) =>
      (await desk.putMany(inputs, { dryRun })).map((one) => (one instanceof AppError ? one.code : one))
    const wanted = (others: string) => inputs.map((_, i) => (i === 7 ? 'phone_malformed' : others))

    expect(await answers(true)).toEqual(wanted('new'))
    expect(commands.filter((name) => name !== 'find')).toEqual([])
    expect(await answers(false)).toEqual(wanted('new'))
    expect(commands.filter((name) => name === 'insert')).toHaveLength(3)
    commands.length = 0
    expect(await answers(false)).toEqual(wanted('same'))
    expect(commands).toEqual(['find', 'find'])
    await watched.close()
  })

  test('a list goes through all pages once', async () => {
    const { desk } = await customersWorld(db)
    await desk.insertMany(Array.from({ length: 7 }, (_, i) => ({ externalId: `B-${i}`, name: '客', storeIds: ['s'] })))
    const seen: string[] = []
    for (let after: string | null = null; ; ) {
      const rows = await desk.page({}, { limit: 3, after })
      seen.push(...rows.slice(0, 3).map(({ _id }) => _id))
      if (rows.length <= 3) break
      after = rows[2]?._id ?? null
    }
    expect(new Set(seen).size).toBe(7)
    expect(seen).toHaveLength(7)
  })
})

describe('external contacts', () => {
  const event = (key: string, change: string, externalUserId = 'e1') => ({
    key,
    source: 'wecom' as const,
    type: `change_external_contact.${change}`,
    payload: { UserID: 'Lin', ExternalUserID: externalUserId },
  })

  test('adding a contact joins the customer by the phone in the remark and names the consultant as owner', async () => {
    const { desk, contacts, inbox, clock } = await customersWorld(db)
    const { id } = await desk.upsert(basic)
    const followers = [
      follower('Zhao', { createdAt: new Date('2026-03-01T00:00:00Z') }),
      follower('Lin', { createdAt: new Date('2026-03-01T00:01:00Z'), remarkMobiles: [PHONE] }),
    ]
    contacts.set('e1', contact('e1', { unionId: 'u1', followers }))
    await inbox.insertOnce(event('a', 'add_external_contact'))
    await inbox.due.drain(clock.now())
    expect(await desk.get(id)).toMatchObject({
      externalUserIds: ['e1'],
      unionId: 'u1',
      followUserIds: ['zhao', 'lin'],
      ownerUserId: 'lin',
    })
  })

  test('a second number in a remark may show who it is', async () => {
    const { desk, contacts, inbox, clock } = await customersWorld(db)
    const { id } = await desk.upsert(basic)
    const remarkMobiles = ['13900139000', `+86 ${PHONE}`, '12']
    contacts.set('e1', contact('e1', { followers: [follower('Lin', { remarkMobiles })] }))
    await inbox.insertOnce(event('a', 'edit_external_contact'))
    await inbox.due.drain(clock.now())
    expect(await desk.get(id)).toMatchObject({ externalUserIds: ['e1'], followUserIds: ['lin'], ownerUserId: 'lin' })
  })

  test('a contact who is gone has no followers any more, and stays known', async () => {
    const { desk, contacts, inbox, clock } = await customersWorld(db)
    contacts.set('e1', contact('e1'))
    await inbox.insertOnce(event('a', 'add_half_external_contact'))
    await inbox.due.drain(clock.now())
    contacts.clear()
    await inbox.insertOnce(event('b', 'del_follow_user'))
    await inbox.insertOnce(event('c', 'del_external_contact', 'never-seen'))
    await inbox.due.drain(clock.now())
    expect(await desk.findByIdentity('external_userid', 'e1')).toMatchObject({ followUserIds: [] })
    expect(await desk.findByIdentity('external_userid', 'never-seen')).toBeNull()
    expect(await inbox.counts()).toMatchObject({ done: 3, parked: 0 })
  })

  test('the nightly reading finds what no event told, and costs no writes the second time', async () => {
    const { desk, feature, contacts, calls, clock, readAll } = await customersWorld(db)
    for (const id of ['e1', 'e2', 'e3', 'e4', 'e5']) contacts.set(id, contact(id, { unionId: `u-${id}` }))
    const [nightly] = feature.routines
    expect(await nightly?.run(clock.now())).toEqual({ repaired: 0, begun: 1 })
    expect((await readAll())?.counts).toMatchObject({ contacts: 5, created: 5, changed: 0 })
    expect(await desk.findByIdentity('unionid', 'u-e4')).toMatchObject({ followUserIds: ['lin'], ownerUserId: 'lin' })
    expect((await readAll('2026-03-03'))?.counts).toMatchObject({ contacts: 5, created: 0, changed: 0 })
    expect(calls.pages).toBe(6)
    expect(await nightly?.nextAt(clock.now())).toEqual(new Date('2026-03-02T19:30:00Z'))
  })
})

describe('mini-program sessions', () => {
  test('a session belongs to the openid, finds its customer, and ends', async () => {
    const { feature, desk, clock } = await customersWorld(db)
    const { sessions } = feature
    const { token, expiresAt, customerId } = await sessions.open('c1')
    expect(JSON.stringify({ token, customerId })).not.toContain('never shown')
    expect(await sessions.actorOf(token)).toMatchObject({ kind: 'customer', id: customerId, roles: [] })
    const known = await desk.upsert({ ...basic, identities: { unionId: 'u-c1' } })
    expect(await sessions.actorOf(token)).toMatchObject({ id: known.id, stores: ['huayan'] })
    clock.set(expiresAt)
    expect(await sessions.actorOf(token)).toBeNull()
  })

  test('a forged, cut or foreign token is nobody', async () => {
    const { feature } = await customersWorld(db)
    const { token } = await feature.sessions.open('c1')
    const [version, payload = '', mac] = token.split('.')
    const other = Buffer.from(JSON.stringify({ o: 'o-c2', e: 4102444800000 })).toString('base64url')
    for (const bad of [
      `${version}.${other}.${mac}`,
      `${version}.${payload}.`,
      payload,
      '',
      `${token}.x`,
      `${token}=`,
      `${token}!!`,
      token.slice(0, -4),
    ])
      expect(await feature.sessions.actorOf(bad)).toBeNull()
  })

  test('the own phone number makes the stranger the known customer', async () => {
    const { feature, desk } = await customersWorld(db)
    const known = await desk.upsert(basic)
    const { token } = await feature.sessions.open('c1')
    const actor = await feature.sessions.actorOf(token)
    if (!actor) throw new Error('no actor')
    expect(await feature.sessions.addPhone(actor, PHONE)).toEqual({ customerId: known.id })
    expect((await feature.sessions.actorOf(token))?.id).toBe(known.id)
  })

  test('a used code is refused', async () => {
    const { feature } = await customersWorld(db)
    await expect(feature.sessions.open('used')).rejects.toMatchObject({ code: 'wechat_code_invalid' })
  })
})
