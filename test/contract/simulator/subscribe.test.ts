/** The mini-program: sign-in codes, phone numbers, and one message per grant. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, START, simWorld } from './support.ts'

const { simulator, wechat, control, later } = await simWorld({ sentEvents: true })
const { miniProgram } = simulator.ready
const server = await callbackServer({ token: miniProgram.token, aesKey: miniProgram.aesKey })
await control('POST', 'callback-target', { wechatUrl: server.url })
const [anna, berta] = simulator.world.customers
if (!anna || !berta) throw new Error('the world has customers')
const act = (id: string, what: string, more: Json = {}) => simulator.act({ as: 'customer', id, do: what, ...more })
const [care] = simulator.world.templates
const templateId = care?.priTmplId ?? ''
const DATA = {
  thing1: { value: '水光针' },
  time2: { value: '2026年3月2日 11:00' },
  thing3: { value: '今天请注意保湿防晒' },
}
const send = (more: Json = {}) =>
  wechat('/cgi-bin/message/subscribe/send', { touser: anna.openId, template_id: templateId, data: DATA, ...more })
const session = (js_code: unknown) =>
  wechat('/sns/jscode2session', undefined, {
    appid: miniProgram.appId,
    secret: miniProgram.secret,
    js_code: String(js_code),
    grant_type: 'authorization_code',
  })

describe('signing in', () => {
  test('without a code it says so', async () => {
    expect((await session('')).errcode).toBe(41008)
  })

  test('a code is good once, for five minutes; one human has one unionid', async () => {
    const { code } = act(anna.personId, 'mp-login')
    const answer = await session(code)
    expect(answer).toEqual({ openid: anna.openId, unionid: anna.unionId, session_key: expect.any(String) })
    expect(Buffer.from(String(answer.session_key), 'base64')).toHaveLength(16)
    expect((await session(code)).errcode).toBe(40163)
    expect((await session('made-up')).errcode).toBe(40029)
    const late = act(anna.personId, 'mp-login').code
    await later(300_000)
    expect((await session(late)).errcode).toBe(40029)
  })

  test('a session’s key is good until the next sign-in or until it is replaced', async () => {
    const { session_key: first } = await session(act(berta.personId, 'mp-login').code)
    const signed = (key: unknown, more: Record<string, string> = {}) => {
      const signature = createHmac('sha256', String(key)).update('').digest('hex')
      return { openid: berta.openId, signature, sig_method: 'hmac_sha256', ...more }
    }
    const check = async (key: unknown, more?: Record<string, string>) =>
      (await wechat('/wxa/checksession', undefined, signed(key, more))).errcode
    expect(await check(first)).toBe(0)
    expect(await check('another')).toBe(87009)
    expect(await check(first, { sig_method: 'md5' })).toBe(87008)
    expect(await check(first, { openid: 'o-x' })).toBe(87007)
    expect(await check(first, { openid: '' })).toBe(40097)
    const reset = await wechat('/wxa/resetusersessionkey', undefined, signed(first))
    expect(reset).toMatchObject({ errcode: 0, openid: berta.openId, session_key: expect.any(String) })
    expect([await check(first), await check(reset.session_key)]).toEqual([87009, 0])
    const { session_key: last } = await session(act(berta.personId, 'mp-login').code)
    expect([await check(reset.session_key), await check(last)]).toEqual([87009, 0])
  })

  test('a phone code is another code, good once', async () => {
    const phone = (code: unknown) => wechat('/wxa/business/getuserphonenumber', { code })
    expect((await phone(act(berta.personId, 'mp-login').code)).errcode).toBe(40029)
    const { code } = act(berta.personId, 'mp-phone')
    expect(await phone(code)).toMatchObject({
      errcode: 0,
      phone_info: { purePhoneNumber: berta.phone, countryCode: '86', watermark: { appid: miniProgram.appId } },
    })
    expect((await phone(code)).errcode).toBe(40163)
  })
})

describe('subscription messages', () => {
  test('one per grant; grants add up, of this person and this template only', async () => {
    expect((await send()).errcode).toBe(43101)
    act(anna.personId, 'mp-subscribe', { templateId })
    act(anna.personId, 'mp-subscribe', { templateId })
    act(anna.personId, 'mp-subscribe', { templateId, accept: false })
    expect((await send({ touser: berta.openId })).errcode).toBe(43101)
    expect((await send()).errcode).toBe(0)
    expect((await send()).errcode).toBe(0)
    expect(await send()).toMatchObject({
      errcode: 43101,
      errmsg: expect.stringMatching(/^user refuse to accept the msg/),
    })
    expect(simulator.ledger.entries().filter(({ kind }) => kind === 'subscribe')).toMatchObject([
      {
        person: anna.personId,
        text: '术后护理提醒\n治疗项目:水光针\n提醒时间:2026年3月2日 11:00\n护理内容:今天请注意保湿防晒',
      },
      { person: anna.personId },
    ])
  })

  test('switching a template off takes all grants', async () => {
    act(anna.personId, 'mp-subscribe', { templateId })
    act(anna.personId, 'mp-unsubscribe', { templateId })
    expect((await send()).errcode).toBe(43101)
  })

  test.each([
    ['an unknown openid', { touser: 'o0' }, 40003],
    ['an unknown template', { template_id: 'x' }, 40037],
    ['a missing value', { data: { ...DATA, thing3: undefined } }, 47003],
    ['an empty value', { data: { ...DATA, thing1: { value: '' } } }, 47003],
    ['a thing over 20 characters', { data: { ...DATA, thing1: { value: '术'.repeat(21) } } }, 47003],
    ['a thing with a line break', { data: { ...DATA, thing1: { value: 'a\nb' } } }, 47003],
    ['a time without a clock', { data: { ...DATA, time2: { value: '2026年3月2日' } } }, 47003],
    ['a time with words', { data: { ...DATA, time2: { value: '今天 11:00 左右' } } }, 47003],
  ])('%s is refused and costs no grant', async (_, change, errcode) => {
    act(anna.personId, 'mp-subscribe', { templateId })
    const { left } = simulator.context.grants
    const before = left(anna.openId, templateId)
    expect((await send(change)).errcode).toBe(errcode)
    expect(left(anna.openId, templateId)).toBe(before)
  })

  test.each([
    '11:00',
    '11:00:30',
    '2026年3月2日 11:00',
    '2026-03-02 11:00',
    '3月2日 09:00~3月2日 10:00',
    '09:00~10:00',
  ])('the time %s is taken', async (value) => {
    act(anna.personId, 'mp-subscribe', { templateId })
    expect((await send({ data: { ...DATA, time2: { value } } })).errcode).toBe(0)
  })

  test('the templates are listed with their fields', async () => {
    const { data } = await wechat('/wxaapi/newtmpl/gettemplate')
    expect((data as Json[]).map(({ title, type }) => [title, type])).toEqual([
      ['术后护理提醒', 2],
      ['回访通知', 2],
    ])
    expect((data as Json[])[1]?.content).toContain('{{name2.DATA}}')
  })

  test('the choice and the delivery are pushed, encrypted for the mini-program', async () => {
    await later(10_000)
    const before = server.received.length
    act(berta.personId, 'mp-subscribe', { templateId })
    await server.until(before + 1)
    const { query, message, receiveId, raw } = server.received[before] ?? server.received[0] ?? ({} as never)
    expect(receiveId).toBe(miniProgram.appId)
    expect(query.get('encrypt_type')).toBe('aes')
    expect(JSON.parse(raw)).toEqual({ ToUserName: expect.stringMatching(/^gh_/), Encrypt: expect.any(String) })
    expect(JSON.parse(message)).toMatchObject({
      FromUserName: berta.openId,
      MsgType: 'event',
      Event: 'subscribe_msg_popup_event',
      List: { TemplateId: templateId, SubscribeStatusString: 'accept', PopupScene: '0' },
    })
    await send({ touser: berta.openId })
    await later(1_000)
    await server.until(before + 2)
    expect(JSON.parse(server.received[before + 1]?.message ?? '{}')).toMatchObject({
      Event: 'subscribe_msg_sent_event',
      List: { TemplateId: templateId, ErrorStatus: 'success' },
    })
  })

  test('in XML too, where the administrator chose that', async () => {
    const choose = (wechatFormat: string) => control('POST', 'callback-target', { wechatFormat })
    expect((await choose('yaml')).status).toBe(400)
    await choose('xml')
    const before = server.received.length
    act(berta.personId, 'mp-subscribe', { templateId, accept: false })
    await server.until(before + 1)
    await choose('json')
    const { raw, message, receiveId, query } = server.received[before] ?? ({} as never)
    expect([receiveId, query.get('openid')]).toEqual([miniProgram.appId, berta.openId])
    expect(raw).toMatch(/^<xml><ToUserName><!\[CDATA\[gh_.*<Encrypt>/)
    expect(message).toContain('<Event><![CDATA[subscribe_msg_popup_event]]></Event><SubscribeMsgPopupEvent><List>')
    expect(message).toContain('<SubscribeStatusString><![CDATA[reject]]></SubscribeStatusString>')
  })

  test('the same choice twice in a second are two events with different times', async () => {
    const before = server.received.length
    act(berta.personId, 'mp-subscribe', { templateId })
    act(berta.personId, 'mp-subscribe', { templateId })
    await server.until(before + 2)
    const times = server.received.slice(before).map(({ message }) => (JSON.parse(message) as Json).CreateTime)
    expect(Number(times[1]) - Number(times[0])).toBe(1)
    expect(Number(times[0])).toBeGreaterThan(START.getTime() / 1000)
  })
})
