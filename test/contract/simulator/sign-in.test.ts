/** Signing in with WeCom, the tickets that pages are signed with, and the group robot. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Json, simWorld } from './support.ts'

const MINUTE = 60_000
const { simulator, wecom, control, later } = await simWorld()
const { ready, world } = simulator
const [member, colleague] = world.staff
const [customer, stranger] = world.customers
if (!member || !colleague || !customer || !stranger) throw new Error('the world has people')
simulator.act({ as: 'customer', id: customer.personId, do: 'add-contact', userId: member.userId })
const BACK = 'https://care.example.cn/console/callback?from=wecom'

const page = (path: string, query: Record<string, string>) =>
  fetch(`${ready.wecomBase}${path}?${new URLSearchParams(query)}`, { redirect: 'manual' })
const inside = (more: Record<string, string> = {}) =>
  page('/connect/oauth2/authorize', {
    appid: ready.corpId,
    redirect_uri: BACK,
    response_type: 'code',
    scope: 'snsapi_base',
    state: 'abc1',
    ...more,
  })
async function codeOf(answer: Response): Promise<string> {
  expect(answer.status).toBe(302)
  return new URL(answer.headers.get('location') ?? '').searchParams.get('code') ?? ''
}
const whoIs = (code: string, path = 'auth/getuserinfo') => wecom(`/cgi-bin/${path}`, undefined, { code })

describe('inside WeCom', () => {
  test('the page lets one choose, and leads back with code and state', async () => {
    const shown = await inside()
    expect(shown.status).toBe(200)
    expect(await shown.text()).toContain(member.name)
    const back = new URL((await inside({ as: member.personId })).headers.get('location') ?? '')
    expect([back.origin + back.pathname, back.searchParams.get('from'), back.searchParams.get('state')]).toEqual([
      'https://care.example.cn/console/callback',
      'wecom',
      'abc1',
    ])
    expect(await whoIs(back.searchParams.get('code') ?? '')).toEqual({
      errcode: 0,
      errmsg: 'ok',
      userid: member.userId,
    })
  })

  test('a code is good once and for five minutes', async () => {
    const code = await codeOf(await inside({ as: member.personId }))
    await whoIs(code)
    expect((await whoIs(code)).errcode).toBe(42022)
    const late = await codeOf(await inside({ as: member.personId }))
    await later(5 * MINUTE)
    expect((await whoIs(late)).errcode).toBe(42003)
    expect((await whoIs('made-up')).errcode).toBe(40029)
  })

  test('who asked for private data gets a ticket, for half an hour', async () => {
    const scope = { scope: 'snsapi_privateinfo', agentid: String(ready.agentId), as: member.personId }
    const { user_ticket } = await whoIs(await codeOf(await inside(scope)))
    const detail = (ticket: unknown) => wecom('/cgi-bin/auth/getuserdetail', { user_ticket: ticket })
    const { mobile, ...rest } = await detail(user_ticket)
    expect(rest).toMatchObject({ userid: member.userId, gender: '0', biz_mail: expect.stringContaining('@') })
    expect(mobile).toMatch(/^139\d{8}$/)
    expect(await wecom('/cgi-bin/user/getuserid', { mobile })).toMatchObject({ userid: member.userId })
    expect(await wecom('/cgi-bin/user/get_userid_by_email', { email: rest.biz_mail })).toMatchObject({
      userid: member.userId,
    })
    expect((await wecom('/cgi-bin/user/getuserid', { mobile: '1' })).errcode).toBe(46004)
    await later(30 * MINUTE)
    expect((await detail(user_ticket)).errcode).toBe(84014)
    expect((await detail('made-up')).errcode).toBe(84015)
  })

  test('who is no member is known by an openid, a contact by external_userid, too', async () => {
    const known = await whoIs(await codeOf(await inside({ as: customer.personId })))
    expect(known).toMatchObject({ openid: expect.any(String), external_userid: customer.externalUserId })
    const unknown = await whoIs(await codeOf(await inside({ as: stranger.personId })))
    expect(unknown).not.toHaveProperty('external_userid')
    const openid = (
      await wecom('/cgi-bin/externalcontact/convert_to_openid', { external_userid: customer.externalUserId })
    ).openid
    expect(openid).toBe(known.openid)
  })

  test('older SDKs ask by the old names', async () => {
    const member1 = await whoIs(await codeOf(await inside({ as: member.personId })), 'user/getuserinfo')
    expect(member1).toMatchObject({ UserId: member.userId })
    const customer1 = await whoIs(await codeOf(await inside({ as: customer.personId })), 'user/getuserinfo')
    expect(customer1).toMatchObject({ OpenId: expect.any(String) })
  })

  test('a member out of scope is 50002', async () => {
    const code = await codeOf(await inside({ as: colleague.personId }))
    await control('POST', 'member', { userId: colleague.userId, inScope: false })
    expect((await whoIs(code)).errcode).toBe(50002)
    await control('POST', 'member', { userId: colleague.userId, inScope: true })
  })

  test.each<[string, Record<string, string>, number]>([
    ['another corp', { appid: 'ww0' }, 40013],
    ['no address', { redirect_uri: '' }, 50001],
    ['a state with signs', { state: 'a b' }, 84025],
    ['private data without the app', { scope: 'snsapi_privateinfo' }, 40056],
    ['another kind of answer', { response_type: 'token' }, 40058],
  ])('%s: the page says so', async (_, more, errcode) => {
    const answer = await inside({ as: member.personId, ...more })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain(`errcode ${errcode}`)
  })

  test('only to trusted domains, where there are any', async () => {
    await control('POST', 'settings', { trustedDomains: ['other.cn'] })
    expect(await (await inside({ as: member.personId })).text()).toContain('errcode 50001')
    await control('POST', 'settings', { trustedDomains: ['care.example.cn'] })
    await codeOf(await inside({ as: member.personId }))
    await control('POST', 'settings', { trustedDomains: null })
  })
})

test.each(['/wwlogin/sso/login', '/wwopen/sso/qrConnect'])('in a browser, by QR code: %s', async (path) => {
  const query = {
    login_type: 'CorpApp',
    appid: ready.corpId,
    agentid: String(ready.agentId),
    redirect_uri: BACK,
    state: 's',
  }
  expect(await (await page(path, query)).text()).toContain(member.name)
  const code = await codeOf(await page(path, { ...query, as: member.personId }))
  expect(await whoIs(code)).toMatchObject({ userid: member.userId })
  // A customer of WeChat can't scan it.
  expect((await page(path, { ...query, as: customer.personId })).status).toBe(200)
  expect(await (await page(path, { ...query, agentid: '1' })).text()).toContain('errcode 40056')
})

test('inside a mini-program of WeCom', async () => {
  const { code } = simulator.act({ as: 'staff', id: member.personId, do: 'qy-login' })
  const ask = () =>
    wecom('/cgi-bin/miniprogram/jscode2session', undefined, { js_code: String(code), grant_type: 'authorization_code' })
  expect(await ask()).toMatchObject({ corpid: ready.corpId, userid: member.userId, session_key: expect.any(String) })
  expect((await ask()).errcode).toBe(40029)
})

test('members and openids, to and fro', async () => {
  const { openid } = await wecom('/cgi-bin/user/convert_to_openid', { userid: member.userId })
  expect(await wecom('/cgi-bin/user/convert_to_userid', { openid })).toMatchObject({ userid: member.userId })
  expect((await wecom('/cgi-bin/user/convert_to_userid', { openid: 'o-x' })).errcode).toBe(40073)
  await control('POST', 'member', { userId: member.userId, activated: false })
  expect((await wecom('/cgi-bin/user/convert_to_openid', { userid: member.userId })).errcode).toBe(43004)
  await control('POST', 'member', { userId: member.userId, activated: true })
})

describe('a page is signed', () => {
  const url = 'https://care.example.cn/sidebar?x=1'
  const sign = (ticket: unknown, about = url) =>
    createHash('sha1').update(`jsapi_ticket=${ticket}&noncestr=n1&timestamp=1772413200&url=${about}`).digest('hex')
  const asked = async (kind: string, signature: string, about = `${url}#chat`) =>
    (await control('POST', 'jssdk', { kind, url: about, timestamp: 1772413200, nonceStr: 'n1', signature })).body
      .errcode
  const corp = async () => (await wecom('/cgi-bin/get_jsapi_ticket')).ticket
  const app = async () => (await wecom('/cgi-bin/ticket/get', undefined, { type: 'agent_config' })).ticket

  test('with the ticket of the corp for config, of the app for agentConfig', async () => {
    const [ofCorp, ofApp] = [await corp(), await app()]
    expect(await asked('config', sign(ofCorp))).toBe(0)
    expect(await asked('agentConfig', sign(ofApp))).toBe(0)
    expect([await asked('config', sign(ofApp)), await asked('agentConfig', sign(ofCorp))]).toEqual([42012, 42012])
    expect(await asked('config', sign(ofCorp, `${url}#chat`))).toBe(40093)
    expect((await wecom('/cgi-bin/ticket/get', undefined, { type: 'jsapi' })).errcode).toBe(91040)
  })

  test('a ticket stays the same for two hours; the app may fetch it 100 times an hour', async () => {
    const first = await app()
    expect(await app()).toBe(first)
    await later(120 * MINUTE)
    expect(await app()).not.toBe(first)
    for (let i = 0; i < 99; i++) await app()
    expect((await wecom('/cgi-bin/ticket/get', undefined, { type: 'agent_config' })).errcode).toBe(45009)
    await later(60 * MINUTE)
    expect(await app()).toEqual(expect.any(String))
  })
})

describe('the group robot', () => {
  const send = async (body: Json, key = ready.robotKey) => {
    const answer = await fetch(`${ready.wecomBase}/cgi-bin/webhook/send?key=${key}`, {
      method: 'POST',
      body: JSON.stringify(body),
    })
    return (await answer.json()) as Json
  }
  const last = () => simulator.ledger.entries().at(-1)
  const png = Buffer.from('\x89PNG....image', 'latin1')
  const md5 = createHash('md5').update(png).digest('hex')
  const image = (more: Json = {}) => ({ msgtype: 'image', image: { base64: png.toString('base64'), md5, ...more } })

  test.each<[string, Json, string]>([
    ['text', { msgtype: 'text', text: { content: '今天三位', mentioned_list: ['@all'] } }, '今天三位 @所有人'],
    ['markdown', { msgtype: 'markdown', markdown: { content: '**三位**' } }, '**三位**'],
    ['markdown v2', { msgtype: 'markdown_v2', markdown_v2: { content: '| a |' } }, '| a |'],
    ['an image', image(), '[图片]'],
    ['news', { msgtype: 'news', news: { articles: [{ title: '早会', url: 'https://a.cn' }] } }, '早会'],
    [
      'a card',
      {
        msgtype: 'template_card',
        template_card: {
          card_type: 'text_notice',
          main_title: { title: '交接' },
          card_action: { type: 1, url: 'https://a.cn' },
        },
      },
      '交接',
    ],
  ])('%s reaches the room', async (_, body, shown) => {
    expect((await send(body)).errcode).toBe(0)
    expect(last()).toMatchObject({
      person: 'r01',
      kind: 'robot',
      channel: 'webhook/send',
      text: expect.stringContaining(shown),
    })
    await later(MINUTE)
  })

  test('a file of its own, not of the app', async () => {
    const form = new FormData()
    form.append('media', new Blob(['hello world']), '名单.txt')
    const query = `key=${ready.robotKey}&type=file`
    const up = await fetch(`${ready.wecomBase}/cgi-bin/webhook/upload_media?${query}`, { method: 'POST', body: form })
    const { media_id } = (await up.json()) as Json
    expect((await send({ msgtype: 'file', file: { media_id } })).errcode).toBe(0)
    expect((await wecom('/cgi-bin/media/get', undefined, { media_id: String(media_id) })).errcode).toBe(40007)
    const bad = await fetch(`${ready.wecomBase}/cgi-bin/webhook/upload_media?key=${ready.robotKey}&type=image`, {
      method: 'POST',
      body: form,
    })
    expect(((await bad.json()) as Json).errcode).toBe(40005)
    await later(MINUTE)
  })

  test.each<[string, Json, number]>([
    ['nothing', {}, 93017],
    ['an unknown kind', { msgtype: 'poem' }, 40008],
    ['2049 bytes', { msgtype: 'text', text: { content: 'a'.repeat(2_049) } }, 40058],
    ['4097 bytes of markdown', { msgtype: 'markdown', markdown: { content: 'a'.repeat(4_097) } }, 40058],
    ['no text', { msgtype: 'text', text: {} }, 44004],
    ['another picture than its sum', image({ md5: '0' }), 301019],
    ['a picture over 2 MB', image({ base64: Buffer.alloc(2_097_153).toString('base64') }), 93018],
    [
      'nine articles',
      { msgtype: 'news', news: { articles: Array(9).fill({ title: 'a', url: 'https://a.cn' }) } },
      40058,
    ],
    ['a card with buttons', { msgtype: 'template_card', template_card: { card_type: 'button_interaction' } }, 42031],
    ['an unknown file', { msgtype: 'file', file: { media_id: 'x' } }, 40007],
  ])('%s is refused', async (_, body, errcode) => {
    await later(3_000)
    expect((await send(body)).errcode).toBe(errcode)
  })

  test('twenty a minute; then a minute of silence', async () => {
    await later(2 * MINUTE)
    const say = async () => (await send({ msgtype: 'text', text: { content: '在' } })).errcode
    for (let i = 0; i < 20; i++) expect(await say()).toBe(0)
    expect(await say()).toBe(45009)
    await later(MINUTE - 1_000)
    expect(await say()).toBe(45009)
    await later(1_000)
    expect(await say()).toBe(0)
    // Half of a minute's messages are old by then: the silence lasts all the same.
    await later(2 * MINUTE)
    for (let i = 0; i < 10; i++) expect(await say()).toBe(0)
    await later(MINUTE / 2)
    for (let i = 0; i < 10; i++) expect(await say()).toBe(0)
    expect(await say()).toBe(45009)
    await later(MINUTE / 2 + 1_000)
    expect(await say()).toBe(45009)
    await later(MINUTE / 2)
  })

  test('with another key, or when the room doesn’t have it any more, it says why', async () => {
    const say = () => send({ msgtype: 'text', text: { content: '在' } })
    expect((await send({ msgtype: 'text', text: { content: 'x' } }, 'other')).errcode).toBe(93000)
    for (const [state, errcode] of [
      ['removed', 93000],
      ['closed', 93001],
      ['disabled', 93004],
      ['elsewhere', 93008],
    ]) {
      await control('POST', 'robot', { state })
      expect((await say()).errcode).toBe(errcode)
    }
    expect((await control('POST', 'robot', { state: 'asleep' })).status).toBe(400)
    await control('POST', 'robot', { state: 'ok' })
    await later(MINUTE)
    expect((await say()).errcode).toBe(0)
  })
})
