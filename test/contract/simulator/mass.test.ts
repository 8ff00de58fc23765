/** Mass messages wait for the member's tap; customers handed from one member to another are theirs a day later. */
import { describe, expect, test } from 'vitest'
import { befriend } from '../../../simulator/index.ts'
import { callbackServer, type Json, START, simWorld, tag } from './support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const { simulator, wecom, control, later, quiet } = await simWorld({ customers: 8 })
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [ann, bea, cleo, dora, emma, fay] = world.customers
const [member, colleague, third] = world.staff
if (!ann || !bea || !cleo || !dora || !emma || !fay || !member || !colleague || !third) throw new Error('people')
const external = (name: string, body: Json) => wecom(`/cgi-bin/externalcontact/${name}`, body)
const as = (id: string, what: string, more: Json = {}) =>
  simulator.act({ as: id.startsWith('s') ? 'staff' : 'customer', id, do: what, ...more })
const contact = { createdAt: START, state: 'store-1', remark: '客户', remarkMobiles: [] }
const meet = (customer: typeof ann, userId: string) => befriend(world, customer, userId, contact)
meet(ann, member.userId)
meet(bea, member.userId)
meet(bea, colleague.userId)
const seconds = () => Math.floor(simulator.clock.now().getTime() / 1_000)
const got = (personId: string, kind: string) =>
  simulator.ledger.entries().filter((entry) => entry.person === personId && entry.kind === kind)

describe('a mass message', () => {
  const text = { content: '春季护肤提醒' }
  const send = (more: Json) => external('add_msg_template', { text, ...more })
  const result = async (msgid: unknown, userid = member.userId) =>
    ((await external('get_groupmsg_send_result', { msgid, userid })).send_list as Json[]).map(
      ({ external_userid, status }) => [external_userid, status],
    )

  test('waits until the member sends it; then it is there', async () => {
    const ids = [ann.externalUserId, cleo.externalUserId, 'wm-unknown']
    const { msgid, fail_list } = await send({ external_userid: ids, sender: member.userId })
    expect(fail_list).toEqual([cleo.externalUserId, 'wm-unknown'])
    expect(got(member.personId, 'mass')).toHaveLength(1)
    expect(await external('get_groupmsg_task', { msgid })).toMatchObject({
      task_list: [{ userid: member.userId, status: 0 }],
    })
    expect(await result(msgid)).toEqual([[ann.externalUserId, 0]])
    expect(got(ann.personId, 'mass')).toEqual([])
    await later(HOUR)
    expect(as(member.personId, 'confirm-mass', { msgId: msgid })).toEqual({ sent: 1 })
    expect(got(ann.personId, 'mass')).toMatchObject([
      { text: '春季护肤提醒', messageId: msgid, payload: { by: member.userId } },
    ])
    expect(await external('get_groupmsg_task', { msgid })).toMatchObject({
      task_list: [{ status: 2, send_time: seconds() }],
    })
    expect(await result(msgid)).toEqual([[ann.externalUserId, 1]])
    expect(() => as(member.personId, 'confirm-mass', { msgId: msgid })).toThrow('no such message')
  })

  test('goes through the member who chatted last; the sender alone means all of that member’s', async () => {
    as(member.personId, 'send-chat', { customer: bea.personId, text: '您好' })
    const first = await send({ external_userid: [bea.externalUserId] })
    expect(await result(first.msgid)).toEqual([[bea.externalUserId, 0]])
    await later(1_000)
    as(colleague.personId, 'send-chat', { customer: bea.personId, text: '您好' })
    const second = await send({ external_userid: [bea.externalUserId] })
    expect(await result(second.msgid)).toEqual([])
    expect(await result(second.msgid, colleague.userId)).toEqual([[bea.externalUserId, 0]])
    const all = await send({ sender: member.userId })
    expect(await result(all.msgid)).toEqual([
      [ann.externalUserId, 0],
      [bea.externalUserId, 0],
    ])
  })

  test('goes to tags: any of a group, all groups', async () => {
    const made = async (group: string, name: string) => as(member.personId, 'add-tag', { group, name }).tagId
    const [dry, oily, fresh] = [await made('肤质', '干'), await made('肤质', '油'), await made('来源', '新')]
    as(member.personId, 'edit-contact', { customer: ann.personId, addTags: [dry, fresh] })
    as(member.personId, 'edit-contact', { customer: bea.personId, addTags: [oily] })
    const filter = (...groups: unknown[][]) => ({
      tag_filter: { group_list: groups.map((tag_list) => ({ tag_list })) },
    })
    const either = await send({ sender: member.userId, ...filter([dry, oily]) })
    expect(await result(either.msgid)).toHaveLength(2)
    const both = await send(filter([dry, oily], [fresh]))
    expect(await result(both.msgid)).toEqual([[ann.externalUserId, 0]])
    expect((await send(filter(['et-x']))).errcode).toBe(40068)
  })

  test('a customer who has gone gets none, and none beyond the quota that the administrator chose', async () => {
    await control('POST', 'settings', { massQuota: 'day' })
    await later(DAY)
    const once = async () => {
      const { msgid } = await send({ external_userid: [ann.externalUserId], sender: member.userId })
      as(member.personId, 'confirm-mass', { msgId: msgid })
      return (await result(msgid))[0]?.[1]
    }
    expect([await once(), await once()]).toEqual([1, 3])
    // From 2026-03-03 10:00 in China; its day ends at midnight there, at 16:00 UTC.
    await later(13 * HOUR)
    expect(await once()).toBe(3)
    await later(HOUR)
    expect(await once()).toBe(1)
    await control('POST', 'settings', { massQuota: 'week' })
    await later(6 * DAY)
    const week = []
    for (let i = 0; i < 8; i++) week.push(await once())
    expect(week).toEqual([1, 1, 1, 1, 1, 1, 1, 3])
    const { msgid } = await send({ external_userid: [ann.externalUserId], sender: member.userId })
    as(ann.personId, 'delete-contact', { userId: member.userId })
    expect(as(member.personId, 'confirm-mass', { msgId: msgid })).toEqual({ sent: 0 })
    expect(await result(msgid)).toEqual([[ann.externalUserId, 2]])
    await control('POST', 'settings', { massQuota: 'month' })
  })

  test('in a month a customer gets as many as it has days', async () => {
    await later(31 * DAY) // into April
    const status = []
    for (let i = 0; i < 31; i++) {
      const { msgid } = await send({ external_userid: [bea.externalUserId], sender: member.userId })
      as(member.personId, 'confirm-mass', { msgId: msgid })
      status.push((await result(msgid))[0]?.[1])
    }
    expect(status).toEqual([...Array(30).fill(1), 3])
  })

  test('the member may leave customers out where that is allowed', async () => {
    meet(cleo, member.userId)
    const { msgid } = await send({ sender: member.userId, allow_select: true })
    expect(as(member.personId, 'confirm-mass', { msgId: msgid, customers: [cleo.personId] })).toEqual({ sent: 1 })
    expect(await result(msgid)).toEqual([
      [bea.externalUserId, 0],
      [cleo.externalUserId, 1],
    ])
  })

  test('is reminded of three times a day, and cancelled once', async () => {
    const { msgid } = await send({ external_userid: [cleo.externalUserId] })
    const remind = async () => (await external('remind_groupmsg_send', { msgid })).errcode
    const before = got(member.personId, 'mass').length
    expect([await remind(), await remind(), await remind(), await remind()]).toEqual([0, 0, 0, 41094])
    expect(got(member.personId, 'mass')).toHaveLength(before + 3)
    await later(DAY)
    expect(await remind()).toBe(0)
    expect((await external('cancel_groupmsg_send', { msgid })).errcode).toBe(0)
    expect([await remind(), (await external('cancel_groupmsg_send', { msgid })).errcode]).toEqual([41093, 41093])
    expect(() => as(member.personId, 'confirm-mass', { msgId: msgid })).toThrow('no such message')
  })

  test('is listed with its content, a moment after it was made', async () => {
    await later(DAY)
    const from = seconds()
    const { msgid } = await send({ external_userid: [cleo.externalUserId] })
    const listed = (more: Json = {}) =>
      external('get_groupmsg_list_v2', { chat_type: 'single', start_time: from, end_time: from + 60, ...more })
    expect((await listed()).errcode).toBe(41063)
    await later(1_000)
    expect(await listed()).toMatchObject({ group_msg_list: [{ msgid, create_type: 0, text }], next_cursor: '' })
    expect(await listed({ filter_type: 1 })).toMatchObject({ group_msg_list: [] })
    expect((await listed({ end_time: from + 32 * 86_400 })).errcode).toBe(40058)
    expect((await listed({ chat_type: 'crowd' })).errcode).toBe(86214)
  })

  test.each<[string, Json, number]>([
    ['nobody named', {}, 40058],
    ['an unknown kind of chat', { chat_type: 'crowd' }, 86214],
    ['groups, where there are none', { chat_type: 'group', sender: member.userId }, 41048],
    ['groups without a sender', { chat_type: 'group' }, 40058],
    ['nobody’s customer', { external_userid: [fay.externalUserId] }, 41048],
    ['10 001 customers', { external_userid: Array(10_001).fill('x') }, 81017],
    ['an unknown sender', { sender: 'nobody' }, 60111],
    ['nothing to say', { text: undefined, sender: member.userId }, 41088],
  ])('%s is refused', async (_, more, errcode) => {
    expect((await send(more)).errcode).toBe(errcode)
  })

  test('an id that is missing is 41046, unknown 41047', async () => {
    for (const name of [
      'get_groupmsg_task',
      'get_groupmsg_send_result',
      'remind_groupmsg_send',
      'cancel_groupmsg_send',
    ]) {
      expect((await external(name, { userid: member.userId })).errcode, name).toBe(41046)
      expect((await external(name, { msgid: 'x', userid: member.userId })).errcode, name).toBe(41047)
    }
  })
})

describe('a customer handed over', () => {
  const transfer = async (ids: string[], more: Json = {}) => {
    const body = { handover_userid: third.userId, takeover_userid: colleague.userId, external_userid: ids, ...more }
    const answer = await external('transfer_customer', body)
    return (answer.customer as Json[] | undefined)?.map(({ errcode }) => errcode) ?? answer.errcode
  }
  const results = async (more: Json = {}, name = 'transfer_result') =>
    (
      (await external(name, { handover_userid: third.userId, takeover_userid: colleague.userId, ...more }))
        .customer as Json[]
    ).map(({ external_userid, status }) => [external_userid, status])
  const followers = async ({ externalUserId }: typeof ann) =>
    (
      (await wecom('/cgi-bin/externalcontact/get', undefined, { external_userid: externalUserId }))
        .follow_user as Json[]
    ).map(({ userid, add_way }) => [userid, add_way])
  async function events(count: number, work: () => Promise<unknown>) {
    await quiet()
    const before = server.received.length
    await work()
    await server.until(before + count)
    const names = ['ChangeType', 'UserID', 'Source', 'FailReason', 'WelcomeCode']
    return server.received.slice(before).map(({ message }) => names.map((name) => tag(message, name)))
  }

  test('is the taker’s a day later, remark and state with it, and is told so', async () => {
    meet(dora, third.userId)
    expect(await transfer([dora.externalUserId, 'wm-x', fay.externalUserId])).toEqual([0, 40096, 40131])
    expect(await results()).toEqual([[dora.externalUserId, 2]])
    expect(await transfer([dora.externalUserId])).toEqual([40129])
    // Of one who is still waiting, the time is when it will be.
    const pair = { handover_userid: third.userId, takeover_userid: colleague.userId }
    const day = Math.floor(simulator.clock.now().getTime() / 1_000) + DAY / 1_000
    expect((await external('transfer_result', pair)).customer).toMatchObject([{ status: 2, takeover_time: day }])
    await later(DAY - 1_000)
    expect(await results()).toEqual([[dora.externalUserId, 2]])
    expect(await events(2, () => later(1_000))).toEqual([
      ['del_external_contact', third.userId, 'DELETE_BY_TRANSFER', undefined, undefined],
      ['add_external_contact', colleague.userId, undefined, undefined, undefined],
    ])
    expect(await results()).toEqual([[dora.externalUserId, 1]])
    expect(await followers(dora)).toEqual([[colleague.userId, 202]])
    expect(dora.contacts.get(colleague.userId)).toMatchObject({ remark: '客户', state: 'store-1' })
    expect(got(dora.personId, 'sidebar').at(-1)?.text).toContain(colleague.name)
  })

  test('who refuses stays, and it is told', async () => {
    meet(emma, third.userId)
    await transfer([emma.externalUserId])
    const refuse = async () => as(emma.personId, 'refuse-transfer', { userId: third.userId })
    expect(await events(1, refuse)).toEqual([
      ['transfer_fail', colleague.userId, undefined, 'customer_refused', undefined],
    ])
    await later(DAY)
    expect(await results()).toContainEqual([emma.externalUserId, 3])
    expect(await followers(emma)).toEqual([[third.userId, 1]])
  })

  test('to a member who is full by then fails, and is refused from the start when already so', async () => {
    const cap = (customerCap: number | null) => control('POST', 'member', { userId: colleague.userId, customerCap })
    await transfer([emma.externalUserId])
    await cap(0)
    expect(await events(1, () => later(DAY))).toEqual([
      ['transfer_fail', colleague.userId, undefined, 'customer_limit_exceed', undefined],
    ])
    expect(await results()).toContainEqual([emma.externalUserId, 4])
    expect(await transfer([emma.externalUserId])).toEqual([40099])
    await cap(null)
  })

  test('twice in 90 days, not three times', async () => {
    const to = async (from: typeof member, taker: typeof member) => {
      const answer = await transfer([dora.externalUserId], {
        handover_userid: from.userId,
        takeover_userid: taker.userId,
      })
      await later(DAY)
      return answer
    }
    expect(await to(colleague, member)).toEqual([0])
    expect(await to(member, third)).toEqual([40128])
    await later(90 * DAY)
    expect(await to(member, third)).toEqual([0])
  })

  test.each<[string, Json, number | number[]]>([
    ['a taker who has the customer', { takeover_userid: third.userId }, [40130]],
    ['nobody', { external_userid: [] }, 40058],
    ['101 customers', { external_userid: Array.from({ length: 101 }, (_, i) => `x${i}`) }, 40058],
    ['201 characters', { transfer_success_msg: '字'.repeat(201) }, 40058],
    ['an unknown member', { takeover_userid: 'nobody' }, 60111],
  ])('%s is refused', async (_, more, expected) => {
    expect(await transfer([emma.externalUserId], more)).toEqual(expected)
  })

  test('of somebody who has left: listed, handed over without a word, and not before', async () => {
    const resigned = (ids: string[]) =>
      external('resigned/transfer_customer', {
        handover_userid: third.userId,
        takeover_userid: member.userId,
        external_userid: ids,
      })
    expect((await resigned([emma.externalUserId])).errcode).toBe(40097)
    as(third.personId, 'resign')
    const unassigned = (more: Json = {}) => external('get_unassigned_list', more)
    const first = await unassigned({ page_size: 1 })
    expect(first).toMatchObject({
      info: [{ handover_userid: third.userId, dimission_time: seconds() }],
      is_last: false,
    })
    // Older SDKs count the pages.
    const pages = await Promise.all([0, 1, 2].map((page_id) => unassigned({ page_size: 1, page_id })))
    expect(pages.map(({ info, is_last }) => [(info as Json[]).length, is_last])).toEqual([
      [1, false],
      [1, true],
      [0, true],
    ])
    expect(pages[1]?.info).not.toEqual(pages[0]?.info)
    const rest = await unassigned({ cursor: first.next_cursor })
    expect(rest).toMatchObject({ info: [{ handover_userid: third.userId }], is_last: true, next_cursor: '' })
    expect(await resigned([emma.externalUserId])).toMatchObject({ customer: [{ errcode: 0 }] })
    const taken = await events(1, () => later(DAY))
    expect(taken).toEqual([['add_external_contact', member.userId, undefined, undefined, undefined]])
    const asked = { takeover_userid: member.userId }
    expect(await results(asked, 'resigned/transfer_result')).toEqual([[emma.externalUserId, 1]])
    expect((await unassigned()).info).toHaveLength(1)
    expect(
      (await external('transfer_customer', { ...asked, handover_userid: third.userId, external_userid: ['x'] }))
        .errcode,
    ).toBe(60111)
    await later(366 * DAY)
    expect((await unassigned()).info).toEqual([])
  })
})
