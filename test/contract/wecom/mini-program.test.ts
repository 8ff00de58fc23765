/** What our client asks the mini-program platform besides messages: phones, codes, links, checks of what customers write. */
import { buffer } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { readMediaVerdict } from '../../../src/wechat/index.ts'
import { isVendorError, type VendorAction } from '../../../src/wecom/index.ts'
import { callbackServer } from '../simulator/support.ts'
import { clientWorld } from './support.ts'

const { mini, simulator, control, later } = await clientWorld()
const { ready, world } = simulator
const { miniProgram } = ready
const server = await callbackServer({ token: miniProgram.token, aesKey: miniProgram.aesKey })
await control('POST', 'callback-target', { wechatUrl: server.url })
const [ann, bea] = world.customers
if (!ann || !bea) throw new Error('the world has people')
const act = (what: string) => simulator.act({ as: 'customer', id: ann.personId, do: what }) as { code: string }
const refusedWith = (errcode: number, action: string) => ({ errcode, action, executed: 'no' })

test('a phone number is told once by its code', async () => {
  const { code } = act('mp-phone')
  expect(await mini.phoneNumber(code)).toEqual({ phone: ann.phone })
  await expect(mini.phoneNumber(code)).rejects.toMatchObject({ code: 'wechat_code_invalid' })
})

test('a code to scan is a picture; a page that is not there is refused, a bad scene not even asked', async () => {
  const { contentType, stream } = await mini.miniProgramCode({ scene: 'store=1&c=2', widthPixels: 430 })
  expect(contentType).toMatch(/^image\/(png|jpeg)$/)
  expect((await buffer(stream)).length).toBeGreaterThan(50)
  for (const scene of ['', '中文', 'a%20b', 'x'.repeat(33)])
    await expect(mini.miniProgramCode({ scene })).rejects.toMatchObject({ code: 'invalid_request' })
  await expect(mini.miniProgramCode({ scene: 'a', page: '/pages/none?a=1' })).rejects.toMatchObject(
    refusedWith(41030, 'stop'),
  )
})

test('links and schemes are made, and end when they should', async () => {
  expect(await mini.urlLink({ query: 'a=1' })).toMatch(/^https:\/\/wxaurl\.cn\//)
  expect(await mini.urlScheme({ query: 'a=1' })).toMatch(/^weixin:\/\/dl\/business\/\?t=/)
  const until = (ms: number) => new Date(Number(simulator.clock.now()) + ms)
  await mini.urlLink({ until: until(3_600_000) })
  await expect(mini.urlLink({ until: until(-1_000) })).rejects.toMatchObject(refusedWith(85401, 'stop'))
})

test('text is judged for who was here in the last two hours', async () => {
  const check = (text: string) => mini.checkText({ openId: ann.openId, text, scene: 'comment' })
  await later(2 * 3_600_000 + 1_000)
  await expect(check('您好')).rejects.toMatchObject(refusedWith(61010, 'stop'))
  act('mp-login')
  expect(await check('护理得很好')).toEqual({ verdict: 'pass', label: 100 })
  expect(await check('加微信')).toMatchObject({ verdict: 'review', label: 10_001 })
})

test('a picture’s verdict is pushed with the id that it was asked under', async () => {
  act('mp-login')
  const verdictOf = async (url: string) => {
    const { traceId } = await mini.checkMedia({ openId: ann.openId, url, kind: 'image', scene: 'social' })
    const before = server.received.length
    await later(60_000)
    await server.until(before + 1)
    const told = readMediaVerdict(JSON.parse(server.received.at(-1)?.message ?? '{}'))
    expect(told?.traceId).toBe(traceId)
    return [told?.verdict, told?.label]
  }
  expect(await verdictOf('https://a.cn/p.jpg')).toEqual(['pass', 100])
  expect((await verdictOf('https://a.cn/porn.jpg'))[0]).toBe('risky')
  expect(await verdictOf('https://a.cn/p.exe')).toEqual([null, null])
  expect(readMediaVerdict({ Event: 'user_enter_tempsession' })).toBeNull()
})

type Codes = Partial<Record<VendorAction, string>>
const MINI: Codes = { retry: '-1', refresh: '40014 42001 40001', wait: '45009' }
const login = { openId: ann.openId, scene: 'comment' } as const
const ROWS: [path: string, repeats: boolean, call: () => Promise<unknown>, codes: Codes][] = [
  [
    '/cgi-bin/message/subscribe/send',
    false,
    () => mini.sendSubscribe('{}'),
    {
      stop: '40003 41030 43101 45168 47003',
      person: '40037 43107',
      retry: '43108',
    },
  ],
  ['/wxaapi/newtmpl/gettemplate', true, () => mini.subscribeTemplates(), {}],
  ['/wxa/business/getuserphonenumber', false, () => mini.phoneNumber('c'), { person: '40013', wait: '45011' }],
  [
    '/wxa/getwxacodeunlimit',
    true,
    () => mini.miniProgramCode({ scene: 'a' }),
    { stop: '40097 40129 40169 41030 85096' },
  ],
  [
    '/wxa/generate_urllink',
    false,
    () => mini.urlLink({}),
    {
      stop: '40002 40165 40212 85401 85402 85406',
      person: '40013 85079 85088 85407 85408',
      wait: '44990 44993',
    },
  ],
  [
    '/wxa/generatescheme',
    false,
    () => mini.urlScheme({}),
    {
      stop: '40165 40212 85401 85402',
      person: '85079 85407 85408',
      wait: '44990 44993',
    },
  ],
  [
    '/wxa/msg_sec_check',
    true,
    () => mini.checkText({ ...login, text: 'a' }),
    {
      stop: '40003 40129 43002 43104 44002 47001 61010',
      wait: '44991',
    },
  ],
  [
    '/wxa/media_check_async',
    false,
    () => mini.checkMedia({ ...login, url: 'u', kind: 'image' }),
    {
      stop: '40003 40004 43104 61010 87020',
      wait: '44991',
    },
  ],
]

test.each(ROWS)('every documented error of %s', async (path, repeats, call, own) => {
  for (const [action, list] of [MINI, own].flatMap((one) => Object.entries(one)))
    for (const errcode of list.split(' ').map(Number)) {
      const times = action === 'refresh' ? 2 : action === 'retry' && repeats ? 3 : 1
      await control('POST', 'faults', { path, errcode, times })
      const error = await call().then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(isVendorError(error) ? [error.errcode, error.action, error.executed] : [errcode, error]).toEqual([
        errcode,
        action,
        'no',
      ])
    }
})
