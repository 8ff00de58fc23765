/** What older and sloppier SDKs send, and the vendor takes. */
import { describe, expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const { simulator, wecom, token } = await simWorld()
const { ready, world } = simulator
const [customer] = world.customers
const [member] = world.staff
if (!customer || !member) throw new Error('the world has people')
const act = (what: string, more: Json = {}) =>
  simulator.act({ as: 'customer', id: customer.personId, do: what, ...more })
act('add-contact', { userId: member.userId })

test('a base with a slash and a path with one', async () => {
  const query = new URLSearchParams({ corpid: ready.corpId, corpsecret: ready.agentSecret })
  const answer = await fetch(`${ready.wecomBase}//cgi-bin/gettoken?${query}`)
  expect(await answer.json()).toMatchObject({ errcode: 0, access_token: await token() })
})

test('the accounts asked for by GET', async () => {
  const accounts = { errcode: 0, account_list: [{ open_kfid: ready.openKfId, manage_privilege: true }] }
  expect(await wecom('/cgi-bin/kf/account/list')).toMatchObject(accounts)
  expect(await wecom('/cgi-bin/kf/account/list', { offset: 0, limit: 100 })).toMatchObject(accounts)
  expect(await wecom('/cgi-bin/kf/account/list', { offset: 1 })).toMatchObject({ errcode: 0, account_list: [] })
  expect((await wecom('/cgi-bin/kf/account/list', { offset: -1 })).errcode).toBe(40058)
})

test('messages pulled without naming an account', async () => {
  act('say', { text: '在吗' })
  const { msg_list } = await wecom('/cgi-bin/kf/sync_msg', { cursor: '' })
  expect(msg_list).toMatchObject([{ open_kfid: ready.openKfId, text: { content: '在吗' } }])
  expect((await wecom('/cgi-bin/kf/sync_msg', { open_kfid: 'wk-other' })).errcode).toBe(95004)
})

test('contacts of one member, not of a list', async () => {
  const batch = (body: Json) => wecom('/cgi-bin/externalcontact/batch/get_by_user', body)
  const found = { external_contact_list: [{ follow_info: { userid: member.userId } }], next_cursor: '' }
  expect(await batch({ userid: member.userId })).toMatchObject(found)
  expect(await batch({ userid_list: [member.userId], limit: '100' })).toMatchObject(found)
  expect((await batch({})).errcode).toBe(40058)
})

test('the apps listed, to try out a secret', async () => {
  expect(await wecom('/cgi-bin/agent/list')).toMatchObject({ agentlist: [{ agentid: ready.agentId }] })
})

test.each([
  ['/cgi-bin/user/list_id', {}],
  ['/cgi-bin/externalcontact/batch/get_by_user', { userid_list: [member.userId] }],
])('%s: a wrong limit or cursor is refused, not guessed at', async (path, body) => {
  for (const limit of [-1, 1.5, 'ten']) expect((await wecom(path, { ...body, limit })).errcode).toBe(40058)
  for (const cursor of ['-1', 'x', '1.5']) expect((await wecom(path, { ...body, cursor })).errcode).toBe(50100)
})

test('members page by page', async () => {
  const names: unknown[] = []
  let cursor = ''
  do {
    const page = await wecom('/cgi-bin/user/list_id', { limit: 5, cursor })
    names.push(...(page.dept_user as Json[]).map(({ userid }) => userid))
    cursor = String(page.next_cursor)
  } while (cursor)
  expect(names).toEqual(world.staff.map(({ userId }) => userId))
})

test('what was not given is null, as SDKs of typed languages write it', async () => {
  const contact = { userid: member.userId, external_userid: customer.externalUserId }
  const external = (path: string, body: Json) => wecom(`/cgi-bin/externalcontact/${path}`, body)
  expect(
    (await external('remark', { ...contact, remark: '王姐', description: null, remark_mobiles: null })).errcode,
  ).toBe(0)
  expect(
    (await external('batch/get_by_user', { userid_list: [member.userId], limit: null, cursor: null })).errcode,
  ).toBe(0)
  const { tag_group } = await external('add_corp_tag', {
    group_id: null,
    group_name: '来源',
    tag: [{ name: '小程序', order: null }],
  })
  const { id } = (tag_group as { tag: { id: string }[] }).tag[0] ?? { id: '' }
  expect((await external('edit_corp_tag', { id, name: null, order: 7 })).errcode).toBe(0)
  expect(await external('get_corp_tag_list', { tag_id: [id], group_id: null })).toMatchObject({
    tag_group: [{ tag: [{ name: '小程序', order: 7 }] }],
  })
  const range = { chat_type: 'single', start_time: 1_772_000_000, end_time: 1_772_600_000 }
  const more = { creator: null, filter_type: null, limit: null, cursor: null }
  expect(await external('get_groupmsg_list_v2', { ...range, ...more })).toMatchObject({
    errcode: 0,
    group_msg_list: [],
  })
})

test('what was not given is empty or zero, as others write it', async () => {
  const contact = { userid: member.userId, external_userid: customer.externalUserId }
  const external = (path: string, body: Json) => wecom(`/cgi-bin/externalcontact/${path}`, body)
  const way = {
    type: 2,
    scene: 2,
    style: 0,
    remark: '',
    skip_verify: false,
    state: 's1',
    user: [member.userId],
    party: null,
    is_temp: false,
    expires_in: 0,
    chat_expires_in: 0,
    unionid: '',
    conclusions: {
      text: { content: '' },
      image: { media_id: '' },
      link: { title: '', picurl: '', desc: '', url: '' },
      miniprogram: { title: '', pic_media_id: '', appid: '', page: '' },
    },
  }
  const { errcode, config_id } = await external('add_contact_way', way)
  expect(errcode).toBe(0)
  expect((await external('update_contact_way', { ...way, config_id, user: null, state: 's2' })).errcode).toBe(0)
  expect(await external('get_contact_way', { config_id })).toMatchObject({
    contact_way: { state: 's2', user: [member.userId], skip_verify: false },
  })
  expect(await external('list_contact_way', { start_time: 0, end_time: 0, cursor: '', limit: 0 })).toMatchObject({
    contact_way: [{ config_id }],
  })
  const remark = { remark: '王姐', description: '', remark_company: '', remark_pic_mediaid: '' }
  expect((await external('remark', { ...contact, ...remark, remark_mobiles: [] })).errcode).toBe(0)
  const link = { title: '护理', picurl: '', desc: '', url: 'https://clinic.example' }
  const attachments = [{ msgtype: 'link', link, image: { media_id: '', pic_url: '' }, video: { media_id: '' } }]
  expect(
    (await external('add_msg_template', { sender: member.userId, text: { content: '' }, attachments })).errcode,
  ).toBe(0)
  expect((await external('get_unassigned_list', { cursor: '', page_size: 0 })).errcode).toBe(0)
  const pulled = await wecom('/cgi-bin/kf/sync_msg', { cursor: '', token: '', limit: 0, voice_format: 0 })
  expect(pulled.errcode).toBe(0)
})

test('numbers and switches as text', async () => {
  const external = (path: string, body: Json) => wecom(`/cgi-bin/externalcontact/${path}`, body)
  const { config_id } = await external('add_contact_way', { type: '1', scene: '2', user: [member.userId] })
  expect(await external('get_contact_way', { config_id })).toMatchObject({ contact_way: { type: 1, scene: 2 } })
  expect((await external('add_contact_way', { type: 'one', scene: '2', user: [member.userId] })).errcode).toBe(41039)
  const said = { touser: member.userId, agentid: String(ready.agentId), msgtype: 'text', text: { content: '一次' } }
  const once = { ...said, enable_duplicate_check: '1', duplicate_check_interval: '600' }
  expect((await wecom('/cgi-bin/message/send', once)).msgid).toBe((await wecom('/cgi-bin/message/send', once)).msgid)
  // Nothing said of the interval is half an hour.
  const zero = { ...said, text: { content: '两次' }, enable_duplicate_check: true, duplicate_check_interval: 0 }
  expect((await wecom('/cgi-bin/message/send', zero)).msgid).toBe((await wecom('/cgi-bin/message/send', zero)).msgid)
})

test('no body where nothing need be said', async () => {
  for (const path of ['externalcontact/get_corp_tag_list', 'externalcontact/list_contact_way', 'user/list_id']) {
    const answer = await fetch(`${ready.wecomBase}/cgi-bin/${path}?access_token=${await token()}`, { method: 'POST' })
    expect(((await answer.json()) as Json).errcode, path).toBe(0)
  }
  const post = async (path: string) =>
    ((await (await fetch(`${ready.wecomBase}/cgi-bin/${path}`, { method: 'POST' })).json()) as Json).errcode
  expect(await post(`externalcontact/mark_tag?access_token=${await token()}`)).toBe(40035)
  expect(await post(`webhook/send?key=${ready.robotKey}`)).toBe(93017)
})

test('a card that nobody filled in, beside the words that replace its buttons', async () => {
  const template_card = {
    card_type: 'button_interaction',
    main_title: { title: '术后回访' },
    button_list: [{ type: '0', text: '我来', key: 'take' }],
    task_id: 'sdk-1',
  }
  const { response_code } = await wecom('/cgi-bin/message/send', {
    touser: member.userId,
    agentid: ready.agentId,
    msgtype: 'template_card',
    template_card,
  })
  const update = {
    agentid: ready.agentId,
    userids: [member.userId],
    response_code,
    button: { replace_name: '已接' },
    template_card: { card_type: '', source: { desc: '' }, main_title: null, horizontal_content_list: null },
  }
  expect((await wecom('/cgi-bin/message/update_template_card', update)).errcode).toBe(0)
  expect(simulator.context.cards.find(member.userId, 'sdk-1')).toMatchObject({ replacedBy: '已接' })
})

test('what is documented as GET, by POST with everything in the query', async () => {
  const post = async (path: string, more: Record<string, string>) => {
    const query = new URLSearchParams({ access_token: await token(), ...more })
    return (await (await fetch(`${ready.wecomBase}/cgi-bin/${path}?${query}`, { method: 'POST' })).json()) as Json
  }
  expect(await post('agent/get', { agentid: String(ready.agentId) })).toMatchObject({ agentid: ready.agentId })
  expect((await post('kf/servicer/list', { open_kfid: ready.openKfId })).errcode).toBe(0)
  for (const path of ['media/get', 'media/get/jssdk']) expect((await post(path, { media_id: 'x' })).errcode).toBe(40007)
})

describe('groups of customers, of which there are none', () => {
  const external = (path: string, body: Json) => wecom(`/cgi-bin/externalcontact/${path}`, body)

  test('an empty list, as it was asked for', async () => {
    const asked = { status_filter: 0, owner_filter: { userid_list: [] }, cursor: '', limit: 100 }
    expect(await external('groupchat/list', asked)).toMatchObject({ errcode: 0, group_chat_list: [], next_cursor: '' })
  })

  test.each<[string, number, Json]>([
    ['groupchat/list', 40058, { limit: 0 }],
    ['groupchat/list', 40058, { limit: 1_001 }],
    ['groupchat/list', 40058, { limit: 1, status_filter: 4 }],
    ['groupchat/list', 40058, { limit: 1, owner_filter: { userid_list: Array(101).fill(member.userId) } }],
    ['groupchat/list', 60111, { limit: 1, owner_filter: { userid_list: ['nobody'] } }],
    ['groupchat/list', 50100, { limit: 1, cursor: 'x' }],
    ['groupchat/get', 40050, { chat_id: 'wr-x' }],
    ['opengid_to_chatid', 90511, { opengid: 'o-x' }],
    ['groupchat/transfer', 40058, { chat_id_list: [], new_owner: member.userId }],
    ['groupchat/onjob_transfer', 60111, { chat_id_list: ['wr-x'], new_owner: 'nobody' }],
  ])('%s: %i', async (path, errcode, body) => {
    expect((await external(path, body)).errcode).toBe(errcode)
  })

  test.each(['transfer', 'onjob_transfer'])('%s: each fails by itself', async (path) => {
    const body = { chat_id_list: ['wr-x', 'wr-y'], new_owner: member.userId }
    expect(await external(`groupchat/${path}`, body)).toMatchObject({
      errcode: 0,
      failed_chat_list: [
        { chat_id: 'wr-x', errcode: 90501 },
        { chat_id: 'wr-y', errcode: 90501 },
      ],
    })
  })
})

test('a customer of the service desk shown to a member: nobody is set up for it', async () => {
  const kf = (path: string, body?: Json) => wecom(`/cgi-bin/kf/customer/${path}`, body)
  const who = { open_kfid: ready.openKfId, external_userid: customer.externalUserId }
  expect(await kf('get_upgrade_service_config')).toMatchObject({
    member_range: { userid_list: [], department_id_list: [] },
    groupchat_range: { chat_id_list: [] },
  })
  expect((await kf('upgrade_service', { ...who, type: 1, member: { userid: member.userId } })).errcode).toBe(95021)
  expect((await kf('upgrade_service', { ...who, type: 2, groupchat: { chat_id: 'wr-x' } })).errcode).toBe(95021)
  expect((await kf('upgrade_service', { ...who, type: 3 })).errcode).toBe(40058)
  expect((await kf('cancel_upgrade_service', who)).errcode).toBe(0)
  expect((await kf('cancel_upgrade_service', { ...who, external_userid: 'wm-x' })).errcode).toBe(40096)
})
