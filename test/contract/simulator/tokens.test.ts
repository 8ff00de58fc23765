/** Access tokens as both vendors give them out, and the order in which a call is checked. */
import { describe, expect, test } from 'vitest'
import { simWorld } from './support.ts'

const HOUR = 3_600_000
const world = await simWorld()
const { simulator, token, control, later } = world
const { ready } = simulator
const ask = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init)
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
const gettoken = (corpid: string, corpsecret: string) =>
  ask(`${ready.wecomBase}/cgi-bin/gettoken?${new URLSearchParams({ corpid, corpsecret })}`)
const agent = (accessToken: string) =>
  ask(`${ready.wecomBase}/cgi-bin/agent/get?agentid=${ready.agentId}&access_token=${accessToken}`)

describe('WeCom', () => {
  test('the same token while it is valid, another one after two hours', async () => {
    const first = await gettoken(ready.corpId, ready.agentSecret)
    expect(first).toMatchObject({ status: 200, body: { errcode: 0, expires_in: 7_200 } })
    await later(HOUR)
    expect((await gettoken(ready.corpId, ready.agentSecret)).body).toMatchObject({
      access_token: first.body.access_token,
      expires_in: 3_600,
    })
    await later(HOUR)
    expect((await gettoken(ready.corpId, ready.agentSecret)).body.access_token).not.toBe(first.body.access_token)
  })

  test('a wrong corp or secret is refused with HTTP 200', async () => {
    expect(await gettoken('ww0000000000000000', ready.agentSecret)).toMatchObject({
      status: 200,
      body: { errcode: 40013 },
    })
    expect((await gettoken(ready.corpId, 'wrong')).body.errcode).toBe(40001)
    expect((await gettoken('', ready.agentSecret)).body.errcode).toBe(41002)
    expect((await gettoken(ready.corpId, '')).body.errcode).toBe(41004)
  })

  test('no token 41001, a made-up one 40014, an old one 42001, a revoked one 40014', async () => {
    const good = await token()
    expect((await agent(good)).body.errcode).toBe(0)
    expect((await agent('')).body.errcode).toBe(41001)
    expect((await agent('made-up')).body.errcode).toBe(40014)
    await control('POST', 'tokens/revoke', { platform: 'wecom' })
    expect((await agent(good)).body.errcode).toBe(40014)
    const next = await token()
    expect(next).not.toBe(good)
    await later(2 * HOUR)
    const answer = (await agent(next)).body
    expect(answer.errcode).toBe(42001)
    expect(answer.errmsg).toMatch(/^access_token expired, hint: \[\d+_1_[0-9a-f]{8}\], from ip: .*e=42001$/)
  })

  test('the token is checked before the permission, the permission before the parameters', async () => {
    await control('POST', 'permissions', { kf: false })
    const send = (accessToken: string) =>
      ask(`${ready.wecomBase}/cgi-bin/kf/send_msg?access_token=${accessToken}`, { method: 'POST', body: '{}' })
    expect((await send('made-up')).body.errcode).toBe(40014)
    expect((await send(await token())).body.errcode).toBe(48002)
    await control('POST', 'permissions', { kf: true })
    expect((await send(await token())).body.errcode).toBe(60251)
  })

  test('a body that is no JSON is said so in errmsg; the wrong method is refused', async () => {
    const url = `${ready.wecomBase}/cgi-bin/message/send?access_token=${await token()}`
    expect((await ask(url, { method: 'POST', body: 'touser=a' })).body.errmsg).toContain('wrong json format')
    expect((await ask(url)).body.errcode).toBe(43002)
    const get = `${ready.wecomBase}/cgi-bin/user/get?userid=x&access_token=${await token()}`
    expect((await ask(get, { method: 'POST', body: '{}' })).body.errcode).toBe(43001)
  })

  test('past the limit of a minute an API answers 45009 for a minute, others go on', async () => {
    const good = await token()
    await later(60_000)
    await control('POST', 'limits', { perMinute: 3 })
    for (let i = 0; i < 3; i++) expect((await agent(good)).body.errcode).toBe(0)
    expect((await agent(good)).body.errcode).toBe(45009)
    expect((await world.wecom('/cgi-bin/externalcontact/get_follow_user_list')).errcode).toBe(0)
    await later(59_000)
    expect((await agent(good)).body.errcode).toBe(45009)
    await later(1_000)
    expect((await agent(good)).body.errcode).toBe(0)
    await control('POST', 'limits', { perMinute: 10_000 })
  })
})

describe('the mini-program', () => {
  const { appId: appid, secret } = ready.miniProgram
  const stable = async (more: Record<string, unknown> = {}) =>
    (
      await ask(`${ready.wechatBase}/cgi-bin/stable_token`, {
        method: 'POST',
        body: JSON.stringify({ grant_type: 'client_credential', appid, secret, ...more }),
      })
    ).body

  test('a success has no errcode; the remaining time is told; renewal comes five minutes before the end', async () => {
    const first = await stable()
    expect(first).toEqual({ access_token: expect.any(String), expires_in: 7_200 })
    await later(HOUR)
    expect(await stable()).toEqual({ access_token: first.access_token, expires_in: 3_600 })
    await later(HOUR - 300_000)
    expect((await stable()).access_token).not.toBe(first.access_token)
  })

  test('forcing makes the old one invalid, and not twice within 30 seconds', async () => {
    const old = String((await stable()).access_token)
    const forced = await stable({ force_refresh: true })
    expect(forced.access_token).not.toBe(old)
    const templates = await ask(`${ready.wechatBase}/wxaapi/newtmpl/gettemplate?access_token=${old}`)
    expect(templates.body).toMatchObject({ errcode: 40014, errmsg: expect.stringMatching(/ rid: [0-9a-f-]+$/) })
    expect((await stable({ force_refresh: true })).errcode).toBe(45009)
    await later(30_000)
    expect((await stable({ force_refresh: true })).errcode).toBeUndefined()
  })

  test('wrong appid 40013, wrong secret 40125, wrong grant 40002', async () => {
    expect((await stable({ appid: 'wx0' })).errcode).toBe(40013)
    expect((await stable({ secret: 'wrong' })).errcode).toBe(40125)
    expect((await stable({ grant_type: 'password' })).errcode).toBe(40002)
  })

  test("WeCom's tokens are no good at WeChat, and the other way round", async () => {
    const there = await ask(`${ready.wechatBase}/wxaapi/newtmpl/gettemplate?access_token=${await token()}`)
    expect(there.body.errcode).toBe(40014)
    expect((await agent(String((await stable()).access_token))).body.errcode).toBe(40014)
  })
})
