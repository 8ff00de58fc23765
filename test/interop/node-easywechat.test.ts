/** The simulator as node-easywechat, an SDK of other people, sees it: its own token cache, requests, decryption and handlers. */
import { FormData, MiniApp, ServerRequest, Work } from 'node-easywechat'
import type RefreshableAccessTokenInterface from 'node-easywechat/dist/Core/Contracts/RefreshableAccessTokenInterface.js'
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, type Received, simWorld } from '../contract/simulator/support.ts'

const HOUR = 3_600_000
const { simulator, control, later, quiet } = await simWorld()
const { ready, world } = simulator
const server = await callbackServer({ token: ready.callbackToken, aesKey: ready.callbackAesKey })
await control('POST', 'callback-target', { wecomUrl: server.url })
const [customer] = world.customers
const [member] = world.staff
if (!customer || !member) throw new Error('the world has people')

const config = {
  corp_id: ready.corpId,
  secret: ready.agentSecret,
  token: ready.callbackToken,
  aes_key: ready.callbackAesKey,
  http: { baseURL: `${ready.wecomBase}/`, throw: false },
}
/** Tokens are kept in memory: the SDK's default is a file that other runs would find. */
function memory() {
  const kept = new Map<string, unknown>()
  return {
    get: async (key: string, otherwise: unknown = null) => kept.get(key) ?? otherwise,
    set: async (key: string, value: unknown) => !!kept.set(key, value),
    has: async (key: string) => kept.has(key),
    delete: async (key: string) => kept.delete(key),
  }
}
function workApp(more: Partial<typeof config> = {}) {
  const app = new Work({ ...config, ...more })
  app.setCache(memory() as never)
  return app
}
const app = workApp()
const client = app.getClient()
const get = async (path: string, params: Json = {}) => (await client.get(path, { params })).toObject() as Json
const post = async (path: string, body: Json) => (await client.postJson(path, body)).toObject() as Json
const refresh = () => (app.getAccessToken() as RefreshableAccessTokenInterface).refresh()
const issued = () => simulator.context.tokens.issued.wecom

/** What the SDK's server side makes of a callback: the message that its handler gets, and what it answers. */
async function handled({ query, raw }: Received, answer = 'success'): Promise<{ message: Json; answer: string }> {
  const of = Object.fromEntries(query)
  let message: Json = {}
  const sdk = workApp()
  sdk.setRequest(new ServerRequest('POST', `http://here/?${query}`, { 'content-type': 'text/xml' }, raw))
  const inner = sdk.getServer()
  inner.with(async (given) => {
    message = given.toObject?.() ?? (given as unknown as Json)
    return answer
  })
  expect(of.msg_signature).toBeTruthy()
  const response = await inner.serve()
  return { message, answer: String(response.getBody()) }
}

describe('tokens', () => {
  test('one is fetched for the first call and kept for the next', async () => {
    expect(await get('cgi-bin/agent/get', { agentid: ready.agentId })).toMatchObject({ agentid: ready.agentId })
    await get('cgi-bin/agent/list')
    expect(issued()).toBe(1)
  })

  test('a wrong secret is refused', async () => {
    await expect(workApp({ secret: 'wrong' }).getAccessToken().getToken()).rejects.toThrow('40001')
  })

  test('one that is over, and one that was revoked, are told apart and replaced by the SDK’s refresh', async () => {
    await later(2 * HOUR)
    expect((await get('cgi-bin/agent/list')).errcode).toBe(42001)
    await refresh()
    expect((await get('cgi-bin/agent/list')).errcode).toBe(0)
    await control('POST', 'tokens/revoke', { platform: 'wecom' })
    expect((await get('cgi-bin/agent/list')).errcode).toBe(40014)
    await refresh()
    expect((await get('cgi-bin/agent/list')).errcode).toBe(0)
    expect(issued()).toBe(3)
  })
})

describe('app messages', () => {
  const send = (body: Json) => post('cgi-bin/message/send', { touser: member.userId, agentid: ready.agentId, ...body })

  test('a text reaches the member; nobody valid is an error', async () => {
    expect((await send({ msgtype: 'text', text: { content: '您好' } })).errcode).toBe(0)
    expect(simulator.ledger.entries().at(-1)).toMatchObject({ person: member.personId, text: '您好' })
    expect((await send({ touser: 'nobody', msgtype: 'text', text: { content: 'x' } })).errcode).toBe(81013)
  })

  test('a card is tapped, and the SDK’s handler gets the event', async () => {
    const template_card = {
      card_type: 'multiple_interaction',
      main_title: { title: '回访结果' },
      select_list: [{ question_key: 'reached', option_list: [{ id: 'yes', text: '已接通' }] }],
      submit_button: { text: '提交', key: 'submit' },
      task_id: 'task-node',
    }
    expect((await send({ msgtype: 'template_card', template_card })).response_code).toEqual(expect.any(String))
    const before = server.received.length
    simulator.act({ as: 'staff', id: member.personId, do: 'click', taskId: 'task-node' })
    await server.until(before + 1)
    const { message, answer } = await handled(server.received.at(-1) as Received)
    expect(message).toMatchObject({ Event: 'template_card_event', EventKey: 'submit', FromUserName: member.userId })
    expect(answer).toContain('<Encrypt>')
  })
})

test('members and departments', async () => {
  expect(await get('cgi-bin/user/get', { userid: member.userId })).toMatchObject({ name: member.name })
  expect(await get('cgi-bin/user/get', { userid: 'nobody' })).toMatchObject({ errcode: 60111 })
  expect(await get('cgi-bin/department/list')).toMatchObject({ department: [{ id: 1 }, { id: 2 }, { id: 3 }] })
})

test('external contacts', async () => {
  const before = server.received.length
  simulator.act({ as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId, state: 's1' })
  await server.until(before + 1)
  expect((await handled(server.received.at(-1) as Received)).message).toMatchObject({
    Event: 'change_external_contact',
    ChangeType: 'add_external_contact',
    State: 's1',
  })
  expect(await get('cgi-bin/externalcontact/list', { userid: member.userId })).toMatchObject({
    external_userid: [customer.externalUserId],
  })
  expect(await get('cgi-bin/externalcontact/get', { external_userid: customer.externalUserId })).toMatchObject({
    follow_user: [{ userid: member.userId, state: 's1' }],
  })
  const batch = { userid_list: [member.userId], cursor: '', limit: 100 }
  expect(await post('cgi-bin/externalcontact/batch/get_by_user', batch)).toMatchObject({
    external_contact_list: [{ follow_info: { userid: member.userId, tag_id: [] } }],
  })
})

test('tags, a mass message, and a customer handed over', async () => {
  const external = (name: string, body: Json) => post(`cgi-bin/externalcontact/${name}`, body)
  const made = await external('add_corp_tag', { group_name: '肤质', tag: [{ name: '干' }] })
  const [{ id }] = (made.tag_group as Json).tag as [Json]
  const marked = { userid: member.userId, external_userid: customer.externalUserId, add_tag: [id] }
  expect((await external('mark_tag', marked)).errcode).toBe(0)
  const { msgid } = await external('add_msg_template', { sender: member.userId, text: { content: '您好' } })
  simulator.act({ as: 'staff', id: member.personId, do: 'confirm-mass', msgId: msgid })
  expect(await external('get_groupmsg_send_result', { msgid, userid: member.userId })).toMatchObject({
    send_list: [{ external_userid: customer.externalUserId, status: 1 }],
  })
  const [, taker] = world.staff
  const handover = { handover_userid: member.userId, takeover_userid: taker?.userId }
  const started = await external('transfer_customer', { ...handover, external_userid: [customer.externalUserId] })
  expect(started).toMatchObject({ customer: [{ errcode: 0 }] })
  expect(await external('transfer_result', handover)).toMatchObject({ customer: [{ status: 2 }] })
})

test('customer service: written, pulled and answered', async () => {
  const before = server.received.length
  simulator.act({ as: 'customer', id: customer.personId, do: 'say', text: '在吗' })
  await server.until(before + 1)
  const { message } = await handled(server.received.at(-1) as Received)
  const pulled = await post('cgi-bin/kf/sync_msg', { token: message.Token, open_kfid: message.OpenKfId })
  expect(pulled).toMatchObject({ msg_list: [{ text: { content: '在吗' } }] })
  const answer = { touser: customer.externalUserId, open_kfid: ready.openKfId, msgtype: 'text' }
  expect((await post('cgi-bin/kf/send_msg', { ...answer, text: { content: '您好，在的' } })).errcode).toBe(0)
})

test('a file goes up and comes down byte for byte', async () => {
  const file = Buffer.from(`%PDF-1.4\r\n${'术后'.repeat(500)}\r\n--not-the-boundary`)
  const form = new FormData()
  form.append('media', file, { filename: 'guide.pdf', contentType: 'application/pdf' })
  const up = await client.post('cgi-bin/media/upload', { params: { type: 'file' }, formData: form } as never)
  const { media_id } = up.toObject() as Json
  const down = await client.get('cgi-bin/media/get', { params: { media_id }, responseType: 'arraybuffer' })
  expect(Buffer.from(down.getContent()).equals(file)).toBe(true)
  expect(down.getHeader('content-disposition')).toBe('attachment; filename="guide.pdf"')
  expect(down.getHeader('content-type')).toBe('application/pdf')
  expect(await get('cgi-bin/media/get', { media_id: 'unknown' })).toMatchObject({ errcode: 40007 })
})

test('the mini-program’s token and its sign-in', async () => {
  const { appId: app_id, secret } = ready.miniProgram
  const mini = new MiniApp({ app_id, secret, http: { baseURL: `${ready.wechatBase}/` } })
  mini.setCache(memory() as never)
  expect(await mini.getAccessToken().getToken()).toEqual(expect.any(String))
  const { code } = simulator.act({ as: 'customer', id: customer.personId, do: 'mp-login' })
  expect(await mini.getUtils().codeToSession(String(code))).toMatchObject({ openid: customer.openId })
})

test('signing in, and a page signed by the SDK', async () => {
  const query = {
    appid: ready.corpId,
    redirect_uri: 'https://care.example.cn/cb',
    response_type: 'code',
    scope: 'snsapi_base',
  }
  const chosen = new URLSearchParams({ ...query, as: member.personId })
  const { headers } = await fetch(`${ready.wecomBase}/connect/oauth2/authorize?${chosen}`, { redirect: 'manual' })
  const code = new URL(headers.get('location') ?? '').searchParams.get('code')
  expect(await get('cgi-bin/auth/getuserinfo', { code })).toMatchObject({ userid: member.userId })
  const url = 'https://care.example.cn/sidebar?x=1'
  const signed = await app.getUtils().buildJsSdkConfig(url)
  expect((await control('POST', 'jssdk', { kind: 'config', ...signed })).body).toEqual({ errcode: 0 })
})

test('the SDK’s passive reply is opened and shown', async () => {
  const { answer } = await handled(server.received.at(-1) as Received, '收到')
  expect(answer).toContain('<Encrypt>')
  await quiet()
  const before = server.received.length
  simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '已回访' })
  await server.until(before + 1)
  const reply = await handled(server.received.at(-1) as Received, '收到，辛苦了')
  server.bodies.push(reply.answer)
  simulator.act({ as: 'staff', id: member.personId, do: 'say', text: '再次回访' })
  await quiet()
  const shown = { person: member.personId, channel: 'passive reply', text: '收到，辛苦了' }
  expect(simulator.ledger.entries().at(-1)).toMatchObject(shown)
})

test('the mini-program’s codes, links and checks', async () => {
  const { appId: app_id, secret } = ready.miniProgram
  const mini = new MiniApp({ app_id, secret, http: { baseURL: `${ready.wechatBase}/`, throw: false } } as never)
  mini.setCache(memory() as never)
  const calls = mini.getClient()
  const picture = await calls.postJson(
    'wxa/getwxacodeunlimit',
    { scene: 'store=1', width: 300 },
    { responseType: 'arraybuffer' },
  )
  expect(Buffer.from(picture.getContent()).readUInt16BE()).toBe(0xffd8)
  const link = (await calls.postJson('wxa/generate_urllink', { path: 'pages/a' })).toObject() as Json
  expect(link.url_link).toEqual(expect.any(String))
  simulator.act({ as: 'customer', id: customer.personId, do: 'mp-login' })
  const words = { version: 2, scene: 2, openid: customer.openId, content: '恢复得很好' }
  expect((await calls.postJson('wxa/msg_sec_check', words)).toObject()).toMatchObject({ result: { suggest: 'pass' } })
})

test('a changed callback is not accepted', async () => {
  const last = server.received.at(-1) as Received
  const query = new URLSearchParams({ ...Object.fromEntries(last.query), nonce: 'other' })
  await expect(handled({ ...last, query })).rejects.toThrow(/signature/i)
})
