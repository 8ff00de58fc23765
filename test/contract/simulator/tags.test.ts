/** Customer tags, the ways to be added, and the directory that an administrator changes. */
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, simWorld, tag } from './support.ts'

const DAY = 24 * 3_600_000
const { simulator, wecom, control, later, quiet } = await simWorld()
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [ann, bea, cleo] = world.customers
const [member, colleague] = world.staff
if (!ann || !bea || !cleo || !member || !colleague) throw new Error('the world has people')
const external = (name: string, body: Json) => wecom(`/cgi-bin/externalcontact/${name}`, body)
const as = (id: string, what: string, more: Json = {}) =>
  simulator.act({ as: id.startsWith('s') ? 'staff' : 'customer', id, do: what, ...more })
async function events(count: number, work: () => unknown): Promise<Record<string, string | undefined>[]> {
  await quiet()
  const before = server.received.length
  work()
  await server.until(before + count)
  const names = [
    'Event',
    'ChangeType',
    'Id',
    'TagType',
    'UserID',
    'NewUserID',
    'Department',
    'Name',
    'ParentId',
    'TagId',
    'AddUserItems',
    'State',
  ]
  return server.received
    .slice(before)
    .map(({ message }) => Object.fromEntries(names.map((name) => [name, tag(message, name)])))
}
const idOf = (answer: Json) => String(((answer.tag_group as Json).tag as Json[])[0]?.id)

describe('tags', () => {
  const all = async (body: Json = {}) => (await external('get_corp_tag_list', body)).tag_group as Json[]

  test('are added to a group by its name or id, listed by order, and found by either', async () => {
    const made = await external('add_corp_tag', {
      group_name: '皮肤',
      order: 1,
      tag: [
        { name: '敏感', order: 1 },
        { name: '干性', order: 5 },
      ],
    })
    const group = made.tag_group as Json
    expect(group).toMatchObject({
      group_name: '皮肤',
      create_time: expect.any(Number),
      tag: [{ name: '敏感' }, { name: '干性' }],
    })
    const more = await external('add_corp_tag', { group_id: group.group_id, tag: [{ name: '油性' }] })
    expect(more).toMatchObject({ tag_group: { group_id: group.group_id, tag: [{ name: '油性' }] } })
    await external('add_corp_tag', { group_name: '来源', order: 9, tag: [{ name: '朋友' }] })
    expect(await all()).toMatchObject([
      { group_name: '来源' },
      { group_name: '皮肤', tag: [{ name: '干性' }, { name: '敏感' }, { name: '油性' }] },
    ])
    expect(await all({ tag_id: [idOf(more)] })).toMatchObject([{ group_name: '皮肤', tag: [{ name: '油性' }] }])
    expect(await all({ group_id: [group.group_id], tag_id: ['ignored'] })).toMatchObject([{ tag: [{}, {}, {}] }])
  })

  test('are renamed and deleted; the last one takes its group along', async () => {
    const id = idOf(await external('add_corp_tag', { group_name: '临时', tag: [{ name: '甲' }] }))
    expect((await external('edit_corp_tag', { id, name: '乙', order: 3 })).errcode).toBe(0)
    expect(await all({ tag_id: [id] })).toMatchObject([{ tag: [{ name: '乙', order: 3 }] }])
    expect((await external('del_corp_tag', { tag_id: [id] })).errcode).toBe(0)
    expect((await all()).map(({ group_name }) => group_name)).not.toContain('临时')
  })

  test('are put on a customer and taken off; a deleted one is gone from there', async () => {
    as(ann.personId, 'add-contact', { userId: member.userId })
    const [keep, drop] = await Promise.all(
      ['留', '去'].map(async (name) => idOf(await external('add_corp_tag', { group_name: '标', tag: [{ name }] }))),
    )
    const mark = (more: Json) =>
      external('mark_tag', { userid: member.userId, external_userid: ann.externalUserId, ...more })
    expect((await mark({ add_tag: [keep, drop] })).errcode).toBe(0)
    const shown = async () => {
      const { follow_user } = await wecom('/cgi-bin/externalcontact/get', undefined, {
        external_userid: ann.externalUserId,
      })
      return (follow_user as Json[])[0]?.tags
    }
    expect(await shown()).toEqual([
      { group_name: '标', tag_name: '留', tag_id: keep, type: 1 },
      { group_name: '标', tag_name: '去', tag_id: drop, type: 1 },
    ])
    await external('del_corp_tag', { tag_id: [drop] })
    const batch = await external('batch/get_by_user', { userid_list: [member.userId] })
    expect(batch).toMatchObject({ external_contact_list: [{ follow_info: { tag_id: [keep] } }] })
    await mark({ remove_tag: [keep] })
    expect(await shown()).toEqual([])
    expect((await mark({})).errcode).toBe(40063)
    expect((await mark({ add_tag: ['et-unknown'] })).errcode).toBe(40068)
    expect((await mark({ external_userid: bea.externalUserId, add_tag: [keep] })).errcode).toBe(84061)
  })

  test.each<[string, string, Json, number]>([
    ['no tag', 'add_corp_tag', { group_name: '空', tag: [] }, 40063],
    ['no name', 'add_corp_tag', { group_name: '空', tag: [{}] }, 40063],
    ['31 characters', 'add_corp_tag', { group_name: '长', tag: [{ name: '字'.repeat(31) }] }, 40072],
    ['a name twice', 'add_corp_tag', { group_name: '重', tag: [{ name: 'a' }, { name: 'a' }] }, 40071],
    ['a name that is there', 'add_corp_tag', { group_name: '皮肤', tag: [{ name: '油性' }] }, 40071],
    ['an unknown group', 'add_corp_tag', { group_id: 'et-x', tag: [{ name: 'a' }] }, 40068],
    ['an unknown tag', 'edit_corp_tag', { id: 'et-x', name: 'a' }, 40068],
    ['nothing to delete', 'del_corp_tag', {}, 40063],
    ['one to delete that is not there', 'del_corp_tag', { tag_id: ['et-x'] }, 40068],
    [
      '10 001 tags',
      'add_corp_tag',
      { group_name: '多', tag: Array.from({ length: 10_001 }, (_, i) => ({ name: `t${i}` })) },
      40126,
    ],
  ])('%s is refused', async (_, name, body, errcode) => {
    expect((await external(name, body)).errcode).toBe(errcode)
  })

  test('changed in the console they are told of: a group once, an order without a kind', async () => {
    let made: Json = {}
    const created = await events(2, () => (made = as(member.personId, 'add-tag', { group: '后台', name: '新客' })))
    expect(created).toMatchObject([
      { Event: 'change_external_tag', ChangeType: 'create', Id: made.groupId, TagType: 'tag_group' },
      { ChangeType: 'create', Id: made.tagId, TagType: 'tag' },
    ])
    const change = (what: string, more: Json) => events(1, () => as(member.personId, what, more))
    expect(await change('rename-tag', { tagId: made.tagId, name: '老客' })).toMatchObject([
      { ChangeType: 'update', TagType: 'tag' },
    ])
    expect(await change('shuffle-tags', {})).toMatchObject([{ ChangeType: 'shuffle', Id: '', TagType: undefined }])
    expect(await change('delete-tag', { tagId: made.groupId })).toMatchObject([
      { ChangeType: 'delete', TagType: 'tag_group' },
    ])
  })
})

describe('a way to add', () => {
  const single = { type: 1, scene: 2, user: [member.userId] }
  const add = async (more: Json = {}) => String((await external('add_contact_way', { ...single, ...more })).config_id)

  test('is made, read, changed, listed and deleted', async () => {
    const id = await add({ state: 'store-1', remark: '前台' })
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    const read = () => external('get_contact_way', { config_id: id })
    expect(await read()).toMatchObject({
      contact_way: {
        config_id: id,
        ...single,
        state: 'store-1',
        remark: '前台',
        skip_verify: true,
        qr_code: expect.any(String),
      },
    })
    const change = { config_id: id, state: 'store-2', user: [colleague.userId] }
    expect((await external('update_contact_way', change)).errcode).toBe(0)
    expect(await read()).toMatchObject({
      contact_way: { type: 1, scene: 2, state: 'store-2', user: [colleague.userId] },
    })
    const other = await add()
    await add({ is_temp: true })
    const { contact_way, next_cursor } = await external('list_contact_way', { limit: 1 })
    expect(contact_way).toEqual([{ config_id: id }])
    const rest = await external('list_contact_way', { limit: 1, cursor: next_cursor })
    expect(rest.contact_way).toEqual([{ config_id: other }])
    expect(rest).not.toHaveProperty('next_cursor')
    await external('del_contact_way', { config_id: id })
    expect((await read()).errcode).toBe(41044)
    await later(91 * DAY)
    expect((await external('list_contact_way', {})).contact_way).toEqual([])
  })

  test('brings its state into the event and the contact', async () => {
    const configId = await add({ state: 'store-9' })
    const [told] = await events(1, () => as(bea.personId, 'scan', { configId }))
    expect(told).toMatchObject({ ChangeType: 'add_external_contact', UserID: member.userId, State: 'store-9' })
    expect(
      await wecom('/cgi-bin/externalcontact/get', undefined, { external_userid: bea.externalUserId }),
    ).toMatchObject({
      follow_user: [{ userid: member.userId, state: 'store-9', add_way: 1 }],
    })
  })

  test('of several members chance takes one, the same one each time', async () => {
    const configId = await add({ type: 2, user: [], party: [3] })
    const { userId } = as(cleo.personId, 'scan', { configId })
    expect(world.byUserId.get(String(userId).toLowerCase())?.departmentId).toBe(3)
    as(cleo.personId, 'delete-contact', { userId })
    expect(as(cleo.personId, 'scan', { configId }).userId).toBe(userId)
  })

  test('with verification the member confirms first', async () => {
    const configId = await add({ skip_verify: false, user: [colleague.userId] })
    expect(await events(1, () => as(ann.personId, 'scan', { configId }))).toMatchObject([
      { ChangeType: 'add_half_external_contact' },
    ])
  })

  test('that is temporary lets one in, within its time; an exclusive one only who has nobody', async () => {
    const expired = await add({ is_temp: true, expires_in: 60, user: [colleague.userId] })
    await later(60_000)
    expect(() => as(bea.personId, 'scan', { configId: expired })).toThrow('over')
    const exclusive = await add({ is_exclusive: true, user: [colleague.userId] })
    expect(() => as(bea.personId, 'scan', { configId: exclusive })).toThrow('already')
    const once = await add({ is_temp: true, user: [colleague.userId] })
    as(bea.personId, 'scan', { configId: once })
    expect(() => as(cleo.personId, 'scan', { configId: once })).toThrow('over')
  })

  test.each<[string, Json, number]>([
    ['no type', { type: undefined }, 41037],
    ['no scene', { scene: undefined }, 41038],
    ['an unknown type', { type: 3 }, 41039],
    ['an unknown scene', { scene: 0 }, 41040],
    ['two members in one', { user: [member.userId, colleague.userId] }, 41041],
    ['nobody', { type: 2, user: [] }, 41041],
    ['an unknown style', { style: 9 }, 41042],
    ['a state of 31', { state: 's'.repeat(31) }, 40058],
    ['a life of 15 days', { is_temp: true, expires_in: 15 * 86_400 }, 40058],
    ['an unknown member', { user: ['nobody'] }, 60111],
  ])('%s is refused', async (_, more, errcode) => {
    expect((await external('add_contact_way', { ...single, ...more })).errcode).toBe(errcode)
  })

  test('a member whom nobody can add is refused; an id that is missing or unknown, too', async () => {
    for (const [change, errcode] of [
      [{ activated: false }, 41054],
      [{ realNamed: false }, 40098],
      [{ servesCustomers: false }, 84074],
    ] as const) {
      await control('POST', 'member', { userId: member.userId, ...change })
      expect((await external('add_contact_way', single)).errcode).toBe(errcode)
      await control('POST', 'member', {
        userId: member.userId,
        activated: true,
        realNamed: true,
        servesCustomers: true,
      })
    }
    expect((await external('get_contact_way', {})).errcode).toBe(41043)
    expect((await external('del_contact_way', { config_id: 'x' })).errcode).toBe(41044)
  })
})

describe('the directory', () => {
  const change = (what: string, more: Json, id = member.personId) => events(1, () => as(id, what, more))

  test('members come, move, get another id and go', async () => {
    expect(await change('hire', { position: '护士', departmentId: 2 })).toMatchObject([
      { Event: 'change_contact', ChangeType: 'create_user', Department: '2' },
    ])
    const hired = world.staff.at(-1)
    if (!hired) throw new Error('nobody was hired')
    expect(await wecom('/cgi-bin/user/get', undefined, { userid: hired.userId })).toMatchObject({ position: '护士' })
    as(ann.personId, 'add-contact', { userId: hired.userId })
    const before = hired.userId
    expect(await change('edit-member', { departmentId: 3, newUserId: 'Moved' }, hired.personId)).toMatchObject([
      { ChangeType: 'update_user', UserID: before, NewUserID: 'Moved', Department: '3' },
    ])
    expect(await wecom('/cgi-bin/user/get', undefined, { userid: 'moved' })).toMatchObject({ department: [3] })
    expect(await wecom('/cgi-bin/externalcontact/list', undefined, { userid: 'Moved' })).toMatchObject({
      external_userid: [ann.externalUserId],
    })
    expect(await change('resign', {}, hired.personId)).toMatchObject([{ ChangeType: 'delete_user' }])
  })

  test('departments come, are renamed and go when they are empty; tags of members change', async () => {
    const [made] = await change('add-department', { name: '皮肤科', parentId: 2 })
    expect(made).toMatchObject({ ChangeType: 'create_party', Name: '皮肤科', ParentId: '2' })
    const departmentId = Number(made?.Id)
    expect(await change('edit-department', { departmentId, name: '皮肤中心' })).toMatchObject([
      { ChangeType: 'update_party', Name: '皮肤中心' },
    ])
    expect(await wecom('/cgi-bin/department/get', undefined, { id: String(departmentId) })).toMatchObject({
      department: { name: '皮肤中心' },
    })
    expect(await change('delete-department', { departmentId })).toMatchObject([{ ChangeType: 'delete_party' }])
    expect(() => as(member.personId, 'delete-department', { departmentId: 2 })).toThrow('in it')
    expect(await change('edit-member-tag', { tagId: '7', addUsers: ['a', 'b'] })).toMatchObject([
      { ChangeType: 'update_tag', TagId: '7', AddUserItems: 'a,b' },
    ])
  })
})
