/** Mass messages that staff confirm, and customers handed over, as our client sees them. */
import { describe, expect, test } from 'vitest'
import { befriend } from '../../../simulator/index.ts'
import { massMessageBody, massQuotaOn, TRANSFER_BATCH, TRANSFER_WAIT_MS } from '../../../src/wecom/index.ts'
import { START } from '../simulator/support.ts'
import { clientWorld } from './support.ts'

const { client, simulator, control, later } = await clientWorld({ customers: 8 })
const { world } = simulator
const [ann, bea, cleo, dora, emma] = world.customers
const [member, taker, giver] = world.staff
if (!ann || !bea || !cleo || !dora || !emma || !member || !taker || !giver) throw new Error('the world has people')
const meet = (customer: typeof ann, { userId }: typeof member) =>
  befriend(world, customer, userId, { createdAt: START, state: '', remark: '', remarkMobiles: [] })
const as = (id: string, what: string, more = {}) =>
  simulator.act({ as: id.startsWith('s') ? 'staff' : 'customer', id, do: what, ...more })
const lower = ({ userId }: typeof member) => userId.toLowerCase()
const refusedWith = (errcode: number, action: string) => ({ errcode, action, executed: 'no' })

describe('a mass message', () => {
  meet(ann, member)
  meet(bea, member)
  const create = (more = {}) =>
    client.addMassMessage(massMessageBody({ sender: member.userId, text: '春季护肤提醒', ...more }))
  const results = async (msgid: string) =>
    (await client.massMessageResults({ msgid, userId: member.userId })).results.map(({ externalUserId, result }) => [
      externalUserId,
      result,
    ])

  test('is a task until the member confirms it; then each customer has an outcome', async () => {
    const { msgid, failedExternalUserIds } = await create({
      externalUserIds: [ann.externalUserId, cleo.externalUserId],
    })
    expect(failedExternalUserIds).toEqual([cleo.externalUserId])
    expect(await client.massMessageTasks(msgid)).toEqual({
      tasks: [{ userId: lower(member), confirmed: false, sentAt: null }],
      nextCursor: null,
    })
    expect(await results(msgid)).toEqual([[ann.externalUserId, 'unsent']])
    await later(3_600_000)
    as(member.personId, 'confirm-mass', { msgId: msgid })
    const sentAt = new Date('2026-03-02T02:00:00Z')
    expect((await client.massMessageTasks(msgid)).tasks).toEqual([{ userId: lower(member), confirmed: true, sentAt }])
    expect((await client.massMessageResults({ msgid, userId: member.userId })).results).toEqual([
      { externalUserId: ann.externalUserId, result: 'sent', sentAt },
    ])
  })

  test('goes to all of the sender’s customers, or to those with tags', async () => {
    expect(await results((await create()).msgid)).toHaveLength(2)
    const { tags } = await client.addCorpTags({ group: { name: '来源' }, tags: [{ name: '老客' }] })
    const tagIds = tags.map(({ tagId }) => tagId)
    await client.markTags({ userId: member.userId, externalUserId: bea.externalUserId, add: tagIds })
    expect(await results((await create({ tags: [tagIds] })).msgid)).toEqual([[bea.externalUserId, 'unsent']])
  })

  test('tells who has gone and whose quota is used up', async () => {
    await control('POST', 'settings', { massQuota: 'day' })
    await later(86_400_000)
    const once = async () => {
      const { msgid } = await create({ externalUserIds: [bea.externalUserId] })
      as(member.personId, 'confirm-mass', { msgId: msgid })
      return (await results(msgid))[0]?.[1]
    }
    expect([await once(), await once()]).toEqual(['sent', 'quota'])
    await later(86_400_000)
    const { msgid } = await create({ externalUserIds: [bea.externalUserId] })
    as(bea.personId, 'delete-contact', { userId: member.userId })
    as(member.personId, 'confirm-mass', { msgId: msgid })
    expect(await results(msgid)).toEqual([[bea.externalUserId, 'not_contact']])
    await control('POST', 'settings', { massQuota: 'month' })
  })

  test('is reminded of, but not too often, and cancelled once', async () => {
    const { msgid } = await create({ externalUserIds: [ann.externalUserId] })
    for (let i = 0; i < 3; i++) await client.remindMassMessage(msgid)
    await expect(client.remindMassMessage(msgid)).rejects.toMatchObject(refusedWith(41094, 'wait'))
    await client.cancelMassMessage(msgid)
    await expect(client.cancelMassMessage(msgid)).rejects.toMatchObject(refusedWith(41093, 'settled'))
    expect(() => as(member.personId, 'confirm-mass', { msgId: msgid })).toThrow('no such message')
  })

  test('is found in the list, which says whether it was made before an answer was lost', async () => {
    await later(86_400_000)
    const from = simulator.clock.now()
    await control('POST', 'faults', { path: '/cgi-bin/externalcontact/add_msg_template', drop: 'after' })
    const lost = create({ externalUserIds: [ann.externalUserId], text: '独一无二' })
    await expect(lost).rejects.toMatchObject({ executed: 'unknown' })
    await later(1_000)
    const { messages, nextCursor } = await client.massMessages({ from, to: new Date(Number(from) + 60_000) })
    expect([messages, nextCursor]).toEqual([[{ msgid: expect.any(String), createdAt: from, text: '独一无二' }], null])
  })

  test('to nobody, or of an unknown id, is refused', async () => {
    await expect(create({ externalUserIds: [emma.externalUserId] })).rejects.toMatchObject(refusedWith(41048, 'stop'))
    await expect(client.massMessageTasks('x')).rejects.toMatchObject(refusedWith(41047, 'stop'))
  })
})

test.each([
  ['month', '2026-02-11', { from: '2026-02-01', until: '2026-03-01', most: 28 }],
  ['month', '2028-02-29', { from: '2028-02-01', until: '2028-03-01', most: 29 }],
  ['month', '2026-12-31', { from: '2026-12-01', until: '2027-01-01', most: 31 }],
  ['week', '2026-03-02', { from: '2026-03-02', until: '2026-03-09', most: 7 }],
  ['week', '2026-03-08', { from: '2026-03-02', until: '2026-03-09', most: 7 }],
  ['day', '2026-03-08', { from: '2026-03-08', until: '2026-03-09', most: 1 }],
] as const)('the quota of a %s on %s', (quota, day, expected) => {
  expect(massQuotaOn(quota, day)).toEqual(expected)
})

describe('a customer handed over', () => {
  const pair = { fromUserId: giver.userId, toUserId: taker.userId, hasLeft: false }
  const outcomes = async (more = pair) =>
    (await client.transferResults(more)).customers.map(({ externalUserId, outcome }) => [externalUserId, outcome])

  test('is the taker’s a day later; a repeat starts nothing, strangers are named', async () => {
    meet(dora, giver)
    const ids = [dora.externalUserId, 'wm-unknown', emma.externalUserId]
    const start = async (externalUserIds: string[]) =>
      (await client.transferCustomers({ ...pair, externalUserIds, message: '您好，今后由我为您服务。' })).map(
        ({ start: what }) => what,
      )
    expect(await start(ids)).toEqual(['started', 'not_contact', 'not_contact'])
    expect(await start([dora.externalUserId])).toEqual(['under_way'])
    expect(await outcomes()).toEqual([[dora.externalUserId, 'waiting']])
    await later(TRANSFER_WAIT_MS)
    expect(await outcomes()).toEqual([[dora.externalUserId, 'done']])
    expect((await client.externalContact(dora.externalUserId)).followers).toMatchObject([
      { userId: lower(taker), addWay: 'admin_assignment' },
    ])
  })

  test('may refuse; and a taker may be full', async () => {
    meet(emma, giver)
    await client.transferCustomers({ ...pair, externalUserIds: [emma.externalUserId] })
    as(emma.personId, 'refuse-transfer', { userId: giver.userId })
    await later(TRANSFER_WAIT_MS)
    expect(await outcomes()).toContainEqual([emma.externalUserId, 'refused'])
    await control('POST', 'member', { userId: taker.userId, customerCap: 0 })
    expect(await client.transferCustomers({ ...pair, externalUserIds: [emma.externalUserId] })).toMatchObject([
      { start: 'taker_full', errcode: 40099 },
    ])
    await control('POST', 'member', { userId: taker.userId, customerCap: null })
  })

  test('of somebody who left: listed, taken on other paths, and not before', async () => {
    const resigned = { ...pair, hasLeft: true }
    const begin = () => client.transferCustomers({ ...resigned, externalUserIds: [emma.externalUserId], message: 'x' })
    await expect(begin()).rejects.toMatchObject(refusedWith(40097, 'stop'))
    as(giver.personId, 'resign')
    expect(await client.unassignedCustomers()).toEqual({
      customers: [{ fromUserId: lower(giver), externalUserId: emma.externalUserId, leftAt: simulator.clock.now() }],
      nextCursor: null,
    })
    expect(await begin()).toMatchObject([{ start: 'started' }])
    await later(TRANSFER_WAIT_MS)
    expect(await outcomes(resigned)).toEqual([[emma.externalUserId, 'done']])
    expect(await client.unassignedCustomers()).toMatchObject({ customers: [] })
  })

  test('a hundred at a time', async () => {
    const externalUserIds = Array.from({ length: TRANSFER_BATCH + 1 }, (_, i) => `wm${i}`)
    await expect(client.transferCustomers({ ...pair, externalUserIds })).rejects.toMatchObject({ kind: 'invalid' })
  })
})
