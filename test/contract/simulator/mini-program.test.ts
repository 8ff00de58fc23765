/** The mini-program beyond sign-in: codes and links, content checks, its own customer service, and pushes in each of their modes. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { callbackServer, type Json, simWorld } from './support.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const { simulator, wechat, control, later, quiet } = await simWorld()
const { ready, world } = simulator
const { miniProgram } = ready
const server = await callbackServer({ token: miniProgram.token, aesKey: miniProgram.aesKey })
await control('POST', 'callback-target', { wechatUrl: server.url })
const [ann, bea] = world.customers
if (!ann || !bea) throw new Error('the world has people')
const act = (id: string, what: string, more: Json = {}) => simulator.act({ as: 'customer', id, do: what, ...more })

async function picture(path: string, body: Json) {
  const { appId: appid, secret } = miniProgram
  const asked = JSON.stringify({ grant_type: 'client_credential', appid, secret })
  const token = (await (
    await fetch(`${ready.wechatBase}/cgi-bin/stable_token`, { method: 'POST', body: asked })
  ).json()) as Json
  const answer = await fetch(`${ready.wechatBase}${path}?access_token=${token.access_token}`, {
    method: 'POST',
    body: JSON.stringify(body),
  })
  const bytes = Buffer.from(await answer.arrayBuffer())
  return { type: answer.headers.get('content-type'), used: answer.headers.get('num-used'), bytes }
}

describe('codes', () => {
  const unlimited = (more: Json) =>
    picture('/wxa/getwxacodeunlimit', { scene: 'store=1', page: 'pages/index/index', ...more })

  test('are pictures of the wanted width, the same for the same content', async () => {
    const { type, bytes } = await unlimited({ width: 300 })
    expect(type).toBe('image/jpeg')
    const { data, info } = await sharp(bytes).greyscale().raw().toBuffer({ resolveWithObject: true })
    expect(info).toMatchObject({ width: 300, height: 300 })
    expect(new Set(data)).toEqual(new Set([0, 255]))
    expect((await unlimited({ width: 300 })).bytes.equals(bytes)).toBe(true)
    expect((await unlimited({ width: 300, scene: 'store=2' })).bytes.equals(bytes)).toBe(false)
  })

  test('that can be seen through are PNG', async () => {
    const { type, bytes } = await unlimited({ width: 300, is_hyaline: true })
    expect(type).toBe('image/png')
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'png', width: 300, height: 300 })
  })

  test('of the limited kind are counted', async () => {
    const used = async () => Number((await picture('/wxa/getwxacode', { path: 'pages/a?x=1' })).used)
    const first = await used()
    await picture('/cgi-bin/wxaapp/createwxaqrcode', { path: 'pages/b' })
    expect(await used()).toBe(first + 2)
  })

  test.each<[string, Json, number]>([
    ['no scene', { scene: '' }, 40169],
    ['33 characters', { scene: 'a'.repeat(33) }, 40169],
    ['Chinese in the scene', { scene: '门店' }, 40129],
    ['a percent sign', { scene: 'a%20b' }, 40129],
    ['a page with a slash before it', { page: '/pages/index/index' }, 41030],
    ['a page with a slash that need not be published', { page: '/new/index', check_path: false }, 41030],
    ['a page with a query', { page: 'pages/index?x=1' }, 41030],
    ['a page that there is not', { page: 'other/index' }, 41030],
    ['279 pixels', { width: 279 }, 40097],
  ])('%s is refused', async (_, more, errcode) => {
    const { type, bytes } = await unlimited(more)
    expect([type, (JSON.parse(bytes.toString()) as Json).errcode]).toEqual(['application/json; charset=utf-8', errcode])
  })

  test('a page that isn’t published yet, when it needn’t be', async () => {
    expect((await unlimited({ page: 'new/index', check_path: false })).type).toBe('image/jpeg')
  })
})

describe('links', () => {
  test('are found until they are over; schemes are made, too', async () => {
    const body = { path: 'pages/guide/index', query: 'id=1', expire_type: 1, expire_interval: 2 }
    const { url_link } = await wechat('/wxa/generate_urllink', body)
    expect(url_link).toMatch(/^https:\/\/wxaurl\.cn\/\w{11}$/)
    const found = () => wechat('/wxa/query_urllink', { url_link })
    expect(await found()).toMatchObject({ url_link_info: { appid: miniProgram.appId, path: body.path, query: 'id=1' } })
    await later(2 * DAY)
    expect((await found()).errcode).toBe(85403)
    const { openlink } = await wechat('/wxa/generatescheme', { jump_wxa: { path: 'pages/a', query: '' } })
    expect(openlink).toMatch(/^weixin:\/\/dl\/business\/\?t=\w+$/)
  })

  test('are good for 30 days where SDKs write zero for what was not given', async () => {
    const zero = { expire_type: 0, expire_time: 0, expire_interval: 0 }
    const { url_link } = await wechat('/wxa/generate_urllink', {
      path: 'pages/a',
      query: '',
      is_expire: false,
      ...zero,
    })
    const { create_time, expire_time } = (await wechat('/wxa/query_urllink', { url_link })).url_link_info as Json
    expect(Number(expire_time) - Number(create_time)).toBe((30 * DAY) / 1_000)
    expect((await wechat('/wxa/generatescheme', { jump_wxa: { path: 'pages/a' }, ...zero })).errcode).toBe(0)
    const asText = { expire_type: '1', expire_interval: '31' }
    expect((await wechat('/wxa/generate_urllink', { path: 'pages/a', ...asText })).errcode).toBe(85401)
  })

  test.each<[string, Json, number]>([
    ['a page that there is not', { path: 'other' }, 40165],
    ['a query of 1025', { query: 'q'.repeat(1_025) }, 40212],
    ['31 days', { expire_type: 1, expire_interval: 31 }, 85401],
    ['a time that has passed', { expire_type: 0, expire_time: 1_700_000_000 }, 85401],
    ['an unknown version', { env_version: 'beta' }, 85402],
  ])('%s is refused', async (_, more, errcode) => {
    expect((await wechat('/wxa/generate_urllink', { path: 'pages/a', ...more })).errcode).toBe(errcode)
  })

  test('a hundred a second', async () => {
    await later(1_000)
    for (let i = 0; i < 100; i++) expect((await wechat('/wxa/generate_urllink', { path: 'pages/a' })).errcode).toBe(0)
    expect((await wechat('/wxa/generate_urllink', { path: 'pages/a' })).errcode).toBe(44990)
  })
})

describe('content checks', () => {
  const words = (more: Json) =>
    wechat('/wxa/msg_sec_check', { version: 2, scene: 2, openid: ann.openId, content: '恢复得很好', ...more })
  const media = (more: Json = {}) =>
    wechat('/wxa/media_check_async', {
      version: 2,
      scene: 1,
      media_type: 2,
      openid: ann.openId,
      media_url: 'https://a.cn/p.jpg',
      ...more,
    })

  test('need somebody who was active within two hours', async () => {
    expect((await words({})).errcode).toBe(61010)
    act(ann.personId, 'mp-login')
    expect(await words({})).toMatchObject({
      errcode: 0,
      result: { suggest: 'pass', label: 100 },
      trace_id: expect.any(String),
    })
    expect((await words({ version: '2' })).errcode).toBe(0)
    await later(2 * HOUR + 1)
    expect((await words({})).errcode).toBe(61010)
    expect((await words({ openid: 'o-x' })).errcode).toBe(40003)
  })

  test('judge words, also those of the title', async () => {
    act(ann.personId, 'mp-login')
    expect(await words({ content: '一起赌博' })).toMatchObject({
      errcode: 0,
      result: { suggest: 'risky', label: 20_006 },
    })
    expect(await words({ title: '加微信' })).toMatchObject({
      result: { suggest: 'review', label: 10_001 },
      detail: [{ strategy: 'content_model' }, { strategy: 'keyword', keyword: '加微信' }],
    })
  })

  test.each<[string, Json, number]>([
    ['nothing', { content: '' }, 44002],
    ['2501 characters', { content: '字'.repeat(2_501) }, 47001],
    ['an unknown scene', { scene: 9 }, 40129],
    ['the old version', { version: 1 }, 40097],
  ])('%s is refused', async (_, more, errcode) => {
    act(ann.personId, 'mp-login')
    expect((await words(more)).errcode).toBe(errcode)
  })

  test('of pictures are pushed later: fine, risky, or not to be had', async () => {
    act(ann.personId, 'mp-login')
    const verdictOf = async (media_url: string) => {
      const { trace_id } = await media({ media_url })
      expect((await media({ media_url })).errcode).toBe(87020)
      const before = server.received.length
      await later(60_000)
      await server.until(before + 1)
      const pushed = JSON.parse(server.received.at(-1)?.message ?? '{}') as Json
      expect(pushed).toMatchObject({
        Event: 'wxa_media_check',
        MsgType: 'event',
        FromUserName: ann.openId,
        trace_id,
        appid: miniProgram.appId,
        version: 2,
      })
      return [pushed.errcode, (pushed.result as Json | undefined)?.suggest]
    }
    expect(await verdictOf('https://a.cn/p.jpg')).toEqual([0, 'pass'])
    expect(await verdictOf('https://a.cn/porn.jpg')).toEqual([0, 'risky'])
    expect(await verdictOf('https://a.cn/p.exe')).toEqual([-1008, undefined])
    expect((await media({ media_type: 3 })).errcode).toBe(40004)
  })
})

describe('its own customer service', () => {
  const answer = (more: Json = {}) =>
    wechat('/cgi-bin/message/custom/send', { touser: bea.openId, msgtype: 'text', text: { content: '您好' }, ...more })
  const many = async (n: number) => {
    const codes = []
    for (let i = 0; i < n; i++) codes.push((await answer()).errcode)
    return codes
  }

  test('two answers in the minute after coming in, five within 48 hours of a message', async () => {
    expect((await answer()).errcode).toBe(45015)
    await quiet()
    const before = server.received.length
    act(bea.personId, 'mp-enter-chat', { sessionFrom: 'guide' })
    await server.until(before + 1)
    expect(JSON.parse(server.received.at(-1)?.message ?? '{}')).toMatchObject({
      Event: 'user_enter_tempsession',
      SessionFrom: 'guide',
    })
    expect(await many(3)).toEqual([0, 0, 45047])
    await later(60_001)
    expect((await answer()).errcode).toBe(45015)
    const { msgId } = act(bea.personId, 'mp-say', { text: '在吗' })
    await server.until(before + 2)
    // 64 bits: a parser that makes a number of it has lost the end.
    expect(server.received.at(-1)?.message).toContain(`"MsgId":${String(msgId)}`)
    expect(await many(6)).toEqual([0, 0, 0, 0, 0, 45047])
    await later(48 * HOUR + 1)
    expect((await answer()).errcode).toBe(45015)
  })

  test('shows that somebody is writing only in a conversation', async () => {
    await later(30_001)
    const typing = (command: string) =>
      wechat('/cgi-bin/message/custom/business/typing', { touser: bea.openId, command })
    expect((await typing('Typing')).errcode).toBe(45080)
    act(bea.personId, 'mp-say', { text: '在吗' })
    expect((await typing('Typing')).errcode).toBe(0)
    expect((await typing('Waiting')).errcode).toBe(45072)
  })

  test.each<[string, Json, number]>([
    ['an unknown person', { touser: 'o-x' }, 40003],
    ['an unknown kind', { msgtype: 'poem' }, 40008],
    ['a picture that is not there', { msgtype: 'image', image: { media_id: 'x' } }, 40007],
    ['a link without an address', { msgtype: 'link', link: { title: 'a' } }, 47001],
  ])('%s is refused', async (_, more, errcode) => {
    act(bea.personId, 'mp-say', { text: '在吗' })
    expect((await answer(more)).errcode).toBe(errcode)
  })
})
