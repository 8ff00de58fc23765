/** Pushes of the mini-program over HTTP: JSON or XML, safe mode or none. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { encrypt, signatureOf } from '../../../simulator/envelope.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createWechat } from '../../../src/wechat/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const TOKEN = 'pushToken'
const KEY = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR'
const APP = 'wx0123456789abcdef'

const db = await testDb()
const ports = await testPorts(db)
const metrics = createMetrics({ defaults: false })
const EVENT = 'subscribe_msg_popup_event'
const heard: unknown[] = []
ports.inbox.on('wechat', EVENT, async ({ payload }) => void heard.push(payload))
const wechat = createWechat({
  ...ports,
  metrics,
  settings: {
    apiBase: 'http://127.0.0.1:1',
    appId: APP,
    appSecret: 's',
    callbackToken: TOKEN,
    callbackAesKey: KEY,
    callbackMaxAgeSeconds: 300,
  },
})
const http = createHttpServer({ log: silentLog, random: ports.random, metrics, activity: createActivity() })
wechat.mount(http.router)
const { port } = await http.listen(0, '127.0.0.1')
afterAll(() => http.stop(100))
beforeEach(async () => void (await db.collection('inbox').deleteMany({})))

const timestamp = String(Math.floor(ports.clock.now().getTime() / 1000))
const plainly = { signature: signatureOf(TOKEN, timestamp, 'n'), timestamp, nonce: 'n' }
const safely = (encrypted: string, nonce = 'n') => ({
  signature: signatureOf(TOKEN, timestamp, nonce),
  timestamp,
  nonce,
  openid: 'oAnna',
  encrypt_type: 'aes',
  msg_signature: signatureOf(TOKEN, timestamp, nonce, encrypted),
})
const event = {
  ToUserName: 'gh_1',
  FromUserName: 'oAnna',
  CreateTime: '1772416800',
  MsgType: 'event',
  Event: EVENT,
  List: { TemplateId: 't', SubscribeStatusString: 'accept', PopupScene: '0' },
}
async function post(query: Record<string, string>, body: string): Promise<[status: number, code: string]> {
  const url = `http://127.0.0.1:${port}/callbacks/wechat?${new URLSearchParams(query)}`
  const response = await fetch(url, { method: 'POST', body })
  const text = await response.text()
  return [response.status, text && (JSON.parse(text) as { error: { code: string } }).error.code]
}
/** An honest push of this content. */
function push(content: string, receiver = APP, outside: Record<string, unknown> = {}, nonce?: string) {
  const encrypted = encrypt(KEY, content, receiver)
  return post(safely(encrypted, nonce), JSON.stringify({ ToUserName: 'gh_1', ...outside, Encrypt: encrypted }))
}
const rows = () => db.collection<{ _id: string; status: string }>('inbox').find().toArray()
const OK = [200, '']
const BAD = [400, 'bad_callback']
const FORGED = [401, 'bad_signature']

test('an event is stored once, in whichever form it comes', async () => {
  expect(await push(JSON.stringify(event))).toEqual(OK)
  expect(await push(JSON.stringify(event), APP, {}, 'again')).toEqual(OK)
  // Compatible mode shows the same in the open: what stands there counts for nothing.
  expect(await push(JSON.stringify(event), APP, { ...event, FromUserName: 'oForged' })).toEqual(OK)
  const encrypted = encrypt(KEY, JSON.stringify(event), APP)
  const inXml = `<xml><ToUserName>gh_1</ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`
  expect(await post(safely(encrypted), inXml)).toEqual(OK)
  expect(await rows()).toMatchObject([{ type: EVENT, status: 'pending' }])
  await ports.inbox.due.drain(ports.clock.now())
  expect(heard).toEqual([event])
})

test('messages whose ids differ beyond 2^53 are two; an unknown event is kept and ignored', async () => {
  for (const id of ['23456789012345678901', '23456789012345678902'])
    expect(await push(`{"MsgType":"text","MsgId":${id},"Content":"在吗"}`)).toEqual(OK)
  expect(await push('{"MsgType":"event","Event":"brand_new","CreateTime":1772416800,"a\\u0000b":1,"$gt":""}')).toEqual(
    OK,
  )
  expect((await rows()).map(({ _id, status }) => [_id.replace(/:\d{10}:.*/, ''), status])).toEqual([
    ['wechat:msg:23456789012345678901', 'ignored'],
    ['wechat:msg:23456789012345678902', 'ignored'],
    ['wechat:brand_new', 'ignored'],
  ])
})

test('the address is verified with the echo as it came', async () => {
  const ask = async (query: Record<string, string>) => {
    const response = await fetch(`http://127.0.0.1:${port}/callbacks/wechat?${new URLSearchParams(query)}`)
    return [response.status, response.status === 200 ? await response.text() : '']
  }
  expect(await ask({ ...plainly, echostr: '123-abc' })).toEqual([200, '123-abc'])
  expect(await ask({ ...plainly, signature: '0'.repeat(40), echostr: '123' })).toEqual([401, ''])
  expect(await ask({ ...plainly, echostr: '<script>' })).toEqual([400, ''])
  expect(await ask(plainly)).toEqual([400, ''])
})

describe('refused, with nothing stored:', () => {
  test.each<[string, () => Promise<unknown>, unknown]>([
    ['plain mode, which anybody could send', () => post(plainly, JSON.stringify(event)), BAD],
    [
      'a signature that covers no ciphertext',
      () => post(plainly, JSON.stringify({ Encrypt: encrypt(KEY, JSON.stringify(event), APP) })),
      BAD,
    ],
    [
      'the plain signature in place of the other',
      () => {
        const encrypted = encrypt(KEY, JSON.stringify(event), APP)
        return post({ ...safely(encrypted), msg_signature: plainly.signature }, JSON.stringify({ Encrypt: encrypted }))
      },
      FORGED,
    ],
    ['another app’s push', () => push(JSON.stringify(event), 'wxsomebodyelse'), FORGED],
    [
      'depth without end',
      () => push(`{"MsgType":"event","Event":"x","a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`),
      BAD,
    ],
    ['a number that is none', () => push('{"MsgType":"event","Event":"x","CreateTime":007}'), BAD],
    ['no type', () => push('{"MsgType":{"$ne":null}}'), BAD],
    ['a list', () => push('[]'), BAD],
    ['null', () => push('null'), BAD],
    ['a text that is no JSON', () => push('hello'), BAD],
    ['no body', () => post(safely('x'), ''), BAD],
    ['an Encrypt that is no text', () => post(safely('x'), '{"Encrypt":{"$gt":""}}'), BAD],
    ['deep JSON around it', () => post(safely('x'), `${'['.repeat(30_000)}${']'.repeat(30_000)}`), BAD],
    ['tags around it', () => post(safely('x'), `<xml>${'<a/>'.repeat(15_000)}</xml>`), BAD],
  ])('%s', async (_, send, answer) => {
    expect(await send()).toEqual(answer)
    expect(await rows()).toEqual([])
  })
})
