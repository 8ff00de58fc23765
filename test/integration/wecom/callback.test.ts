/** Callbacks as the internet sends them: over HTTP, into a real inbox, and never the worse for it. */
import { createCipheriv, randomBytes } from 'node:crypto'
import { request } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { encrypt, signatureOf } from '../../../simulator/envelope.ts'
import { createActivity } from '../../../src/platform/activity.ts'
import { createHttpServer } from '../../../src/platform/http-server.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createMetrics } from '../../../src/platform/metrics.ts'
import { createWecom } from '../../../src/wecom/index.ts'
import { testDb } from '../../support/db.ts'
import { testPorts } from '../../support/ports.ts'

const TOKEN = 'callbackToken'
const KEY = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR'
const CORP = 'ww0123456789abcdef'

const db = await testDb()
const ports = await testPorts(db)
const metrics = createMetrics({ defaults: false })
const heard: unknown[] = []
ports.inbox.on('wecom', 'text', async ({ payload }) => void heard.push(payload.Content))
const wecom = createWecom({
  ...ports,
  metrics,
  settings: {
    apiBase: 'http://127.0.0.1:1',
    corpId: CORP,
    agentId: 1,
    agentSecret: 's',
    callbackToken: TOKEN,
    callbackAesKey: KEY,
    callbackMaxAgeSeconds: 300,
  },
})
const http = createHttpServer({ log: silentLog, random: ports.random, metrics, activity: createActivity() })
wecom.mount(http.router)
const { port } = await http.listen(0, '127.0.0.1')
afterAll(() => http.stop(100))
beforeEach(async () => void (await db.collection('inbox').deleteMany({})))

const stamp = () => String(Math.floor(ports.clock.now().getTime() / 1000))
const message = (id = '1', content = '您好') =>
  `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><FromUserName><![CDATA[lin]]></FromUserName><CreateTime>1772416800</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${content}]]></Content><MsgId>${id}</MsgId></xml>`
const envelope = (encrypted: string) =>
  `<xml><ToUserName><![CDATA[${CORP}]]></ToUserName><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`

function signed(encrypted: string, timestamp = stamp(), nonce = 'nonce1'): string {
  return `msg_signature=${signatureOf(TOKEN, timestamp, nonce, encrypted)}&timestamp=${timestamp}&nonce=${nonce}`
}
function post(
  query: string,
  body: string | Buffer,
): Promise<{ status: number; text: string; headers: NodeJS.Dict<string | string[]> }> {
  return new Promise((resolve, reject) => {
    const call = request(
      { port, host: '127.0.0.1', path: `/callbacks/wecom?${query}`, method: 'POST', agent: false },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
      },
    )
    call.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EPIPE' || error.code === 'ECONNRESET' ? undefined : reject(error),
    )
    call.end(body)
  })
}
const stored = () => db.collection('inbox').countDocuments({})
const codeOf = (text: string) => (JSON.parse(text) as { error: { code: string } }).error.code
/** Any plaintext bytes under the right key: for paddings and lengths that an honest sender never makes. */
function seal(plain: Buffer): string {
  const key = Buffer.from(`${KEY}=`, 'base64')
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(plain), cipher.final()]).toString('base64')
}

test('browsers are told to be careful; a vendor gets an empty answer with nothing for browsers', async () => {
  const found = await fetch(`http://127.0.0.1:${port}/callbacks/wecom`)
  expect(found.headers.get('x-content-type-options')).toBe('nosniff')
  expect(found.headers.get('content-security-policy')).toContain("default-src 'self'")
  const encrypted = encrypt(KEY, message(), CORP)
  const answer = await post(signed(encrypted), envelope(encrypted))
  expect(answer).toMatchObject({ status: 200, text: '' })
  expect(Object.keys(answer.headers).sort()).toEqual([
    'connection',
    'content-length',
    'content-type',
    'date',
    'x-request-id',
  ])
})

test('the address is verified with the plaintext and nothing else', async () => {
  const echostr = encrypt(KEY, '1616140317555161061', CORP)
  const timestamp = stamp()
  const query = new URLSearchParams({
    msg_signature: signatureOf(TOKEN, timestamp, 'n', echostr),
    timestamp,
    nonce: 'n',
    echostr,
  })
  const response = await fetch(`http://127.0.0.1:${port}/callbacks/wecom?${query}`)
  expect([response.status, await response.text()]).toEqual([200, '1616140317555161061'])
})

test('a message is stored once and answered with an empty 200; a retry in a fresh envelope changes nothing', async () => {
  const first = encrypt(KEY, message(), CORP)
  expect(await post(signed(first), envelope(first))).toMatchObject({ status: 200, text: '' })
  const retry = encrypt(KEY, message(), CORP)
  expect(retry).not.toBe(first)
  expect(await post(signed(retry, stamp(), 'nonce2'), envelope(retry))).toMatchObject({ status: 200, text: '' })
  expect(await stored()).toBe(1)
})

test('of many that come at once, one is stored', async () => {
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const again = encrypt(KEY, message('at once'), CORP)
      return post(signed(again, stamp(), `nonce${i}`), envelope(again))
    }),
  )
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
  expect(await stored()).toBe(1)
})

test('what was said to another app of the corp is kept, and nobody works on it', async () => {
  const withAgent = (id: string, agentId: number) =>
    message(id).replace('</xml>', `<AgentID>${agentId}</AgentID></xml>`)
  for (const plain of [withAgent('ours', 1), withAgent('theirs', 2), withAgent('of the corp', 0)]) {
    const encrypted = encrypt(KEY, plain, CORP)
    expect((await post(signed(encrypted), envelope(encrypted))).status).toBe(200)
  }
  const of = (id: string) => db.collection<{ _id: string }>('inbox').findOne({ _id: `wecom:msg:${id}` })
  for (const id of ['ours', 'of the corp']) expect(await of(id)).toMatchObject({ type: 'text', status: 'pending' })
  expect(await of('theirs')).toMatchObject({ type: 'other_app.text', status: 'ignored', dueAt: null })
})

test('a person may write anything, a DOCTYPE too', async () => {
  const words = '<!DOCTYPE html> </Content></xml> a & b'
  const encrypted = encrypt(KEY, message('markup', words), CORP)
  expect((await post(signed(encrypted), envelope(encrypted))).status).toBe(200)
  await ports.inbox.due.drain(ports.clock.now())
  expect(heard.at(-1)).toBe(words)
})

test('what a person wrote is sealed while it waits, and afterwards', async () => {
  const encrypted = encrypt(KEY, message('sealed', '王小美 13800138000 恢复良好'), CORP)
  expect((await post(signed(encrypted), envelope(encrypted))).status).toBe(200)
  const kept = JSON.stringify(await db.collection('inbox').find().toArray())
  expect(kept).toMatch(/"payload":"v1\./)
  expect(kept).not.toMatch(/王小美|13800138000|lin/)
})

test('a body in pieces, without a length, is a body; one that stops half-way ends with its connection', async () => {
  const encrypted = encrypt(KEY, message(), CORP)
  const query = signed(encrypted)
  const [begin, end] = [envelope(encrypted).slice(0, 90), envelope(encrypted).slice(90)]
  const speak = (finish: boolean) =>
    new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      let heard = ''
      socket.on('data', (bytes) => (heard += bytes.toString()))
      socket.on('close', () => resolve(heard))
      socket.write(`POST /callbacks/wecom?${query} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n`)
      // The server closes for who dawdles; for the others the request says that it ends here.
      socket.write(`${finish ? 'Connection: close\r\n' : ''}\r\n${begin.length.toString(16)}\r\n${begin}\r\n`)
      if (finish) setTimeout(() => socket.write(`${end.length.toString(16)}\r\n${end}\r\n0\r\n\r\n`), 20)
    })
  expect(await speak(false)).toMatch(/^HTTP\/1.1 400 .*"bad_callback"/s)
  expect(await stored()).toBe(0)
  expect(await speak(true)).toMatch(/^HTTP\/1.1 200 /)
  expect(await stored()).toBe(1)
}, 10_000)

test('a forged question for the address gets no answer', async () => {
  const echostr = encrypt(KEY, '1616140317555161061', CORP)
  const foreign = encrypt(KEY, '1616140317555161061', 'wwsomebodyelse')
  const ask = async (echo: string, query: string) =>
    (await fetch(`http://127.0.0.1:${port}/callbacks/wecom?${query}&echostr=${encodeURIComponent(echo)}`)).status
  expect(await ask(echostr, signed(echostr))).toBe(200)
  expect(await ask(echostr, signed(foreign))).toBe(401)
  expect(await ask(foreign, signed(foreign))).toBe(401)
  expect(await ask(echostr, signed(echostr, '1000000000'))).toBe(401)
  expect(await ask(echostr, `${signed(echostr)}&echostr=x`)).toBe(400)
})

test('an unknown event is kept, ignored and answered', async () => {
  const plain =
    '<xml><ToUserName>x</ToUserName><FromUserName>sys</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>brand_new</Event></xml>'
  const encrypted = encrypt(KEY, plain, CORP)
  expect((await post(signed(encrypted), envelope(encrypted))).status).toBe(200)
  expect(await db.collection('inbox').findOne({})).toMatchObject({ status: 'ignored', type: 'brand_new', dueAt: null })
})

describe('refused, with nothing stored:', () => {
  const good = () => encrypt(KEY, message(), CORP)
  const padded = (bytes: number[]) =>
    Buffer.concat([
      randomBytes(16),
      Buffer.from([0, 0, 0, 2]),
      Buffer.from('hi'),
      Buffer.from(CORP),
      Buffer.from(bytes),
    ])
  const cases: [string, () => { query: string; body: string | Buffer }, number, string][] = [
    [
      'a forged signature',
      () => {
        const e = good()
        return { query: signed(e).replace(/msg_signature=\w{4}/, 'msg_signature=0000'), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'a repeated parameter',
      () => {
        const e = good()
        return { query: `${signed(e)}&nonce=other`, body: envelope(e) }
      },
      400,
      'bad_callback',
    ],
    ['a missing parameter', () => ({ query: 'timestamp=1', body: envelope(good()) }), 400, 'bad_callback'],
    [
      'another receiver',
      () => {
        const e = encrypt(KEY, message(), 'wwsomebodyelse')
        return { query: signed(e), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'an old timestamp',
      () => {
        const e = good()
        const old = String(Number(stamp()) - 301)
        return { query: signed(e, old), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'unequal padding under a valid signature',
      () => {
        const e = seal(padded([9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9]))
        return { query: signed(e), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'padding beyond the block',
      () => {
        const e = seal(padded(Array.from({ length: 24 }, () => 200)))
        return { query: signed(e), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'a length beyond the data',
      () => {
        const e = seal(Buffer.concat([randomBytes(16), Buffer.from([0xff, 0xff, 0xff, 0xff]), Buffer.alloc(12, 12)]))
        return { query: signed(e), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'random bytes under a valid signature',
      () => {
        const e = randomBytes(64).toString('base64')
        return { query: signed(e), body: envelope(e) }
      },
      401,
      'bad_signature',
    ],
    [
      'a DOCTYPE',
      () => {
        const e = good()
        return { query: signed(e), body: `<!DOCTYPE x [<!ENTITY a "b">]>${envelope(e)}` }
      },
      400,
      'bad_callback',
    ],
    [
      'an entity bomb inside the ciphertext',
      () => {
        const e = encrypt(KEY, `<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>${message()}`, CORP)
        return { query: signed(e), body: envelope(e) }
      },
      400,
      'bad_callback',
    ],
    ['broken XML', () => ({ query: signed(good()), body: '<xml><Encrypt>' }), 400, 'bad_callback'],
    [
      'broken XML inside the ciphertext',
      () => {
        const e = encrypt(KEY, '<xml><MsgType>text', CORP)
        return { query: signed(e), body: envelope(e) }
      },
      400,
      'bad_callback',
    ],
    [
      'bytes that are no UTF-8',
      () => ({ query: signed(good()), body: Buffer.from([0x3c, 0xff, 0xfe, 0x3e]) }),
      400,
      'bad_callback',
    ],
    [
      'thousands of tags',
      () => ({ query: signed(good()), body: `<xml>${'<a/>'.repeat(15_000)}</xml>` }),
      400,
      'bad_callback',
    ],
    [
      'depth that no database holds',
      () => {
        const deep = `${'<a>'.repeat(60)}${'</a>'.repeat(60)}`
        const e = encrypt(KEY, message().replace('<MsgId>', `${deep}<MsgId>`), CORP)
        return { query: signed(e), body: envelope(e) }
      },
      400,
      'bad_callback',
    ],
    ['an empty body', () => ({ query: signed(good()), body: '' }), 400, 'bad_callback'],
    [
      'ten megabytes',
      () => ({ query: signed(good()), body: Buffer.alloc(10 * 1024 * 1024, 0x61) }),
      413,
      'body_too_large',
    ],
  ]
  test.each(cases)('%s', async (_, make, status, code) => {
    const { query, body } = make()
    const answer = await post(query, body)
    expect([answer.status, codeOf(answer.text)]).toEqual([status, code])
    expect(answer.text).not.toMatch(/at .*\.ts|stack/)
    expect(await stored()).toBe(0)
  })
  test('and the process goes on', async () => {
    const e = good()
    expect((await post(signed(e), envelope(e))).status).toBe(200)
  })
})
