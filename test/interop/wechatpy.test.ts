/** The simulator as wechatpy, an SDK of other people, sees it: its own requests, refresh, decryption and message classes. */
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, simWorld, tag } from '../contract/simulator/support.ts'
import { SdkError, startWechatpy, type Wechatpy } from './support.ts'

const HOUR = 3_600_000
const { simulator, control, later, quiet } = await simWorld()
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [customer] = world.customers
const [member, colleague] = world.staff
if (!customer || !member || !colleague) throw new Error('the world has people')
const sdk = (await startWechatpy(ready)) as Wechatpy
const act = (what: string, more: Json = {}) =>
  simulator.act({ as: 'customer', id: customer.personId, do: what, ...more })
const refused = async (call: Promise<unknown>) => {
  const error = await call.then(
    () => null,
    (raised: unknown) => raised,
  )
  return error instanceof SdkError ? error.errcode : error
}
const issued = () => simulator.context.tokens.issued.wecom
const opened = async () => {
  const last = server.received.at(-1)
  if (!last) throw new Error('no callback has come')
  return sdk.open(last)
}

describe.skipIf(!sdk)('wechatpy', () => {
  describe('tokens', () => {
    test('one is fetched for the first call and kept for the next', async () => {
      await sdk.call('agent.get', ready.agentId)
      await sdk.call('agent.list')
      expect(issued()).toBe(1)
    })

    test('a wrong secret is refused', async () => {
      expect(await refused(sdk.as('wrong', 'fetch_access_token'))).toBe(40001)
    })

    test('one that is over, and one that was revoked, are replaced by the SDK itself', async () => {
      await later(2 * HOUR)
      expect(await sdk.call('agent.list')).toMatchObject([{ agentid: ready.agentId }])
      expect(issued()).toBe(2)
      await control('POST', 'tokens/revoke', { platform: 'wecom' })
      expect(await sdk.call('agent.list')).toMatchObject([{ agentid: ready.agentId }])
      expect(issued()).toBe(3)
    })
  })

  describe('app messages', () => {
    test('a text reaches the member; nobody valid is an error', async () => {
      await sdk.call('message.send_text', ready.agentId, [member.userId], '今天有三位客户需要回访')
      expect(simulator.ledger.entries().at(-1)).toMatchObject({ person: member.personId, kind: 'app' })
      expect(await refused(sdk.call('message.send_text', ready.agentId, 'nobody', 'x'))).toBe(81013)
    })

    test('a card is tapped, and the SDK reads the event', async () => {
      const card = {
        msgtype: 'template_card',
        template_card: {
          card_type: 'button_interaction',
          main_title: { title: '术后回访', desc: '水光针 第 1 天' },
          button_list: [{ text: '我来', key: 'take' }],
          task_id: 'task-py',
        },
      }
      const sent = await sdk.named('message.send', { agent_id: ready.agentId, user_ids: member.userId, msg: card })
      expect(sent).toMatchObject({ errcode: 0, response_code: expect.any(String) })
      const before = server.received.length
      simulator.act({ as: 'staff', id: member.personId, do: 'click', taskId: 'task-py', key: 'take' })
      await server.until(before + 1)
      expect(await opened()).toMatchObject({
        source: member.userId,
        data: { Event: 'template_card_event', EventKey: 'take', TaskId: 'task-py', AgentID: String(ready.agentId) },
      })
    })
  })

  test('members and departments', async () => {
    expect(await sdk.call('user.get', member.userId)).toMatchObject({ userid: member.userId, name: member.name })
    expect(await sdk.call('department.list')).toMatchObject([{ id: 1, parentid: 0 }, { id: 2 }, { id: 3 }])
    expect(await sdk.call('user.list', 1, true)).toHaveLength(world.staff.length)
    expect(await sdk.call('department.get_map_users', 2)).toMatchObject({ [member.name]: member.userId })
    expect(await refused(sdk.call('user.get', 'nobody'))).toBe(60111)
  })

  test('external contacts, page by page', async () => {
    for (const one of world.customers)
      simulator.act({ as: 'customer', id: one.personId, do: 'add-contact', userId: member.userId, state: 'store-1' })
    const ids = world.customers.map(({ externalUserId }) => externalUserId)
    expect(await sdk.call('external_contact.get_follow_user_list')).toMatchObject({ errcode: 0 })
    expect(await sdk.call('external_contact.list', member.userId)).toMatchObject({ external_userid: ids })
    expect(await sdk.call('external_contact.get', customer.externalUserId)).toMatchObject({
      external_contact: { external_userid: customer.externalUserId, unionid: customer.unionId },
      follow_user: [{ userid: member.userId, state: 'store-1' }],
    })
    const all = (await sdk.call('external_contact.gen_all_by_user', member.userId, 1)) as unknown as Json[]
    expect(all.map(({ external_contact }) => (external_contact as Json).external_userid)).toEqual(ids)
    expect(await refused(sdk.call('external_contact.list', colleague.userId))).toBe(84061)
  })

  test('tags, marked; a way to add, scanned; the welcome; a mass message', async () => {
    const { tag_group } = await sdk.call('external_contact.add_corp_tag', null, '肤质', 1, [{ name: '敏感' }])
    const [{ id: tagId }] = (tag_group as Json).tag as [Json]
    await sdk.call('external_contact.mark_tag', member.userId, customer.externalUserId, [tagId])
    expect(await sdk.call('external_contact.get', customer.externalUserId)).toMatchObject({
      follow_user: [{ tags: [{ tag_id: tagId, group_name: '肤质', tag_name: '敏感' }] }],
    })
    await sdk.call('external_contact.edit_corp_tag', tagId, '干性')
    const { tag_group: groups } = await sdk.call('external_contact.get_corp_tag_list', [tagId])
    expect(groups).toMatchObject([{ tag: [{ name: '干性' }] }])
    await sdk.call('external_contact.del_corp_tag', [tagId])
    expect(await refused(sdk.call('external_contact.del_corp_tag', [tagId]))).toBe(40068)

    const way = { type: 1, scene: 2, state: 'lobby', user: [colleague.userId] }
    const { config_id } = await sdk.named('external_contact.add_contact_way', way)
    await sdk.call('external_contact.update_contact_way', config_id, '大堂')
    expect(await sdk.call('external_contact.get_contact_way', config_id)).toMatchObject({
      contact_way: { remark: '大堂', user: [colleague.userId], qr_code: expect.any(String) },
    })
    await quiet()
    const before = server.received.length
    act('scan', { configId: config_id })
    await server.until(before + 1)
    const { data } = await opened()
    const text = { content: '欢迎您' }
    await sdk.call('external_contact.send_welcome_msg', { welcome_code: data.WelcomeCode, text })
    const mass = { sender: colleague.userId, external_userid: [customer.externalUserId], text }
    const { msgid, fail_list } = await sdk.call('external_contact.add_msg_template', mass)
    expect([fail_list, msgid]).toEqual([[], expect.any(String)])
    act('delete-contact', { userId: colleague.userId })
    await sdk.call('external_contact.del_contact_way', config_id)
    expect(await refused(sdk.call('external_contact.get_contact_way', config_id))).toBe(41044)
  })

  test('customer service: entered, written, pulled and answered', async () => {
    await quiet()
    const before = server.received.length
    act('say', { text: '在吗' })
    await server.until(before + 1)
    const { class: name, data } = await opened()
    expect(name).toBe('KFMsgOrEventEvent')
    const { msg_list } = await sdk.call('kf.sync_msg', data.Token)
    expect(msg_list).toMatchObject([{ external_userid: customer.externalUserId, text: { content: '在吗' } }])
    await sdk.call('kf_message.send_text', customer.externalUserId, ready.openKfId, '您好，在的')
    expect(simulator.ledger.entries().at(-1)).toMatchObject({ kind: 'kf', text: '您好，在的' })
    const state = await sdk.call('kf.get_service_state', ready.openKfId, customer.externalUserId)
    expect(state).toMatchObject({ service_state: 0 })
    expect(await sdk.call('kf.get_account_list')).toMatchObject({ account_list: [{ open_kfid: ready.openKfId }] })
    expect(await sdk.call('kf.batchget_customer', customer.externalUserId)).toMatchObject({
      customer_list: [{ unionid: customer.unionId }],
    })
    expect(await refused(sdk.call('kf.get_service_state', 'wk-other', customer.externalUserId))).toBe(95004)
  })

  test('a file goes up and comes down byte for byte; over, it is an error', async () => {
    const file = Buffer.concat([
      Buffer.from('\x89PNG', 'latin1'),
      Buffer.from(Array.from({ length: 5_000 }, (_, i) => i % 256)),
    ])
    const sent = { name: 'after.png', type: 'image/png', base64: file.toString('base64') }
    const { media_id } = await sdk.call('media.upload', 'image', sent)
    expect(await sdk.call('media.download', media_id)).toMatchObject({
      base64: sent.base64,
      headers: { 'content-type': 'image/png', 'content-disposition': 'attachment; filename="after.png"' },
    })
    await sdk.call('message.send_image', ready.agentId, member.userId, media_id)
    expect(simulator.ledger.entries().at(-1)).toMatchObject({ kind: 'app', text: '[图片]' })
    expect(await sdk.call('media.upload_img', sent)).toMatchObject({ url: expect.stringContaining('/wwpic/') })
    await later(72 * HOUR)
    expect(await refused(sdk.call('message.send_image', ready.agentId, member.userId, media_id))).toBe(40145)
  })

  test('signing in, and signing pages', async () => {
    const address = (await sdk.call('oauth.authorize_url', 'https://care.example.cn/cb', 'abc')) as unknown as string
    const page = `${address.replace('https://open.weixin.qq.com', ready.wecomBase).replace('#', `&as=${member.personId}#`)}`
    const { headers } = await fetch(page, { redirect: 'manual' })
    const code = new URL(headers.get('location') ?? '').searchParams.get('code')
    expect(await sdk.call('oauth.get_user_info', code)).toMatchObject({ UserId: member.userId })
    expect(await refused(sdk.call('oauth.get_user_info', code))).toBe(42022)

    const url = 'https://care.example.cn/sidebar'
    for (const [kind, call] of [
      ['config', 'jsapi.get_jsapi_ticket'],
      ['agentConfig', 'jsapi.get_agent_jsapi_ticket'],
    ] as const) {
      const ticket = await sdk.call(call)
      const signature = await sdk.call('jsapi.get_jsapi_signature', 'n1', ticket, 1772413200, url)
      const asked = { kind, url, timestamp: 1772413200, nonceStr: 'n1', signature }
      expect((await control('POST', 'jssdk', asked)).body).toEqual({ errcode: 0 })
    }
  })

  test('the mini-program: token, codes, links, a subscription message', async () => {
    const [template] = world.templates
    const { openId } = customer
    act('mp-subscribe', { templateId: template?.priTmplId })
    const data = { thing1: { value: '水光针' }, time2: { value: '2026年3月2日 11:00' }, thing3: { value: '注意保湿' } }
    await sdk.as('mini', 'wxa.send_subscribe_message', openId, template?.priTmplId, data)
    expect(simulator.ledger.entries().at(-1)).toMatchObject({ kind: 'subscribe', person: customer.personId })
    expect(await refused(sdk.as('mini', 'wxa.send_subscribe_message', openId, template?.priTmplId, data))).toBe(43101)
    const code = await sdk.as('mini', 'wxa.get_wxa_code_unlimited', 'store=1', 300)
    expect(Buffer.from(String(code.base64), 'base64').readUInt16BE()).toBe(0xffd8)
    expect(await refused(sdk.as('mini', 'wxa.get_wxa_code_unlimited', '门店'))).toBe(40129)
    expect(await sdk.as('mini', 'wxa.get_url_link', 'pages/a')).toMatchObject({ url_link: expect.any(String) })
    await control('POST', 'tokens/revoke', { platform: 'wechat' })
    expect(await sdk.as('mini', 'wxa.get_url_link', 'pages/a')).toMatchObject({ errcode: 0 })
  })

  describe('callbacks', () => {
    test('the SDK’s passive reply is opened and shown', async () => {
      const sealed = await sdk.reply(member.userId, '收到，辛苦了', 'n1', '1772413200')
      server.bodies.push(sealed)
      await quiet()
      simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '已回访' })
      await quiet()
      const shown = { person: member.personId, channel: 'passive reply', text: '收到，辛苦了' }
      expect(simulator.ledger.entries().at(-1)).toMatchObject(shown)
    })

    test('a push of the mini-program', async () => {
      const { token, aesKey } = ready.miniProgram
      const mini = await callbackServer({ token, aesKey })
      await control('POST', 'callback-target', { wechatUrl: mini.url, wechatFormat: 'xml' })
      act('mp-say', { text: '在吗' })
      await mini.until(1)
      const [push] = mini.received
      if (!push) throw new Error('no push has come')
      expect(tag(await sdk.openMini(push), 'Content')).toBe('在吗')
      await control('POST', 'callback-target', { wechatUrl: null, wechatFormat: 'json' })
    })

    test('a new contact as the SDK’s own event class', async () => {
      const before = server.received.length
      act('add-contact', { userId: colleague.userId, state: 'store-2' })
      await server.until(before + 1)
      expect(await opened()).toMatchObject({
        class: 'ChangeExternalContactEvent',
        source: 'sys',
        data: {
          ChangeType: 'add_external_contact',
          UserID: colleague.userId,
          ExternalUserID: customer.externalUserId,
          State: 'store-2',
          WelcomeCode: expect.any(String),
        },
      })
    })

    test('a text of a member, with its 64-bit id whole', async () => {
      const before = server.received.length
      const { msgId } = simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '已回访' })
      await server.until(before + 1)
      expect(await opened()).toMatchObject({ class: 'TextMessage', data: { Content: '已回访', MsgId: msgId } })
    })

    test('a changed signature is not accepted', async () => {
      const last = server.received.at(-1)
      if (!last) throw new Error('no callback has come')
      const query = new URLSearchParams({ ...Object.fromEntries(last.query), timestamp: '1' })
      await expect(sdk.open({ ...last, query })).rejects.toThrow('InvalidSignature')
    })

    test('the address check', async () => {
      const seen: URLSearchParams[] = []
      const { verify } = simulator.context.callbacks
      const stop = server.onEcho((query) => seen.push(query))
      expect(await verify(server.url, 'wecom')).toEqual({ ok: true, detail: 'verified' })
      stop()
      const [query] = seen
      if (!query) throw new Error('no check has come')
      expect(await sdk.echo(query)).toMatch(/^\w{19}$/)
    })
  })
})

test('the message inside is the same as the vendor’s own library reads', () => {
  for (const { message } of server.received) expect(tag(message, 'ToUserName')).toBe(ready.corpId)
})
