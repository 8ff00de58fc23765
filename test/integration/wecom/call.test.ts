/** One call to a vendor that answers oddly, late, too much or not at all: what we then believe was executed. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, describe, expect, test } from 'vitest'
import { createPlainCall, createTokenCall, readWithRetry, vendorRefusal } from '../../../src/wecom/index.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => unknown
const script: Answer[] = []
const asked: { url: string; body: string }[] = []
const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  asked.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString() })
  await (script.shift() ?? json({ errcode: 0 }))(request, response)
})
await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const json =
  (body: unknown, status = 200): Answer =>
  (_, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
const plain = createPlainCall('wecom', base)
const call = (timeoutMs?: number) => plain({ method: 'POST', path: '/p', body: '{"a":1}', timeoutMs })

test('a success may lack errcode, or have it as text; unknown fields pass through', async () => {
  script.push(json({ access_token: 't' }), json({ errcode: '0', more: [1] }), json({ errcode: 0, errmsg: 'ok' }))
  expect(await call()).toEqual({ access_token: 't' })
  expect(await call()).toEqual({ errcode: '0', more: [1] })
  expect(await call()).toEqual({ errcode: 0, errmsg: 'ok' })
})

test('a refusal is its errcode, whatever the status, and never the errmsg', async () => {
  script.push(json({ errcode: 40003, errmsg: 'ok' }, 200), json({ errcode: '-1' }, 503))
  await expect(call()).rejects.toMatchObject({ errcode: 40003, action: 'stop', executed: 'no' })
  await expect(call()).rejects.toMatchObject({ errcode: -1, action: 'retry', executed: 'no' })
})

describe('nobody knows what was done when', () => {
  const unknown = { errcode: null, action: 'retry', executed: 'unknown', code: 'wecom_unreachable' }
  test.each<[string, Answer]>([
    ['a gateway answers HTML', json('<html>502</html>', 502)],
    ['nothing is in the answer', json('')],
    ['null is the answer', json('null')],
    ['a list is the answer', json('[]')],
    ['a text is the answer', json('"ok"')],
    ['the errcode is no number', json({ errcode: 'abc' })],
    ['the errcode is an object', json({ errcode: { $gt: '' } })],
    ['the errcode is empty', json({ errcode: '' })],
    ['the errcode is a list', json({ errcode: [] })],
    ['the errcode is null', json({ errcode: null })],
    ['the answer is cut off', (_, response) => response.writeHead(200, { 'content-length': 100 }).end('{"errcode":0')],
    ['the connection breaks', (request) => request.socket.destroy()],
    [
      'it breaks inside the answer',
      (request, response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{')
        setTimeout(() => request.socket.destroy(), 20)
      },
    ],
    ['more than 8 MB are answered', json(`"${'x'.repeat(9 * 1024 * 1024)}"`)],
  ])('%s', async (_, answer) => {
    script.push(answer)
    await expect(call()).rejects.toMatchObject(unknown)
  })

  test('no answer comes within the limit', async () => {
    script.push(() => undefined)
    const startedAt = performance.now()
    await expect(call(200)).rejects.toMatchObject(unknown)
    expect(performance.now() - startedAt).toBeLessThan(1_500)
  })

  test('the answer comes byte by byte beyond the limit', async () => {
    script.push((_, response) => {
      response.writeHead(200)
      const drip = setInterval(() => response.write(' '), 50)
      response.on('close', () => clearInterval(drip))
    })
    await expect(call(300)).rejects.toMatchObject(unknown)
  }, 3_000)
})

test('nothing was done when nobody listens there', async () => {
  const nowhere = createPlainCall('wechat', 'http://127.0.0.1:9')
  await expect(nowhere({ method: 'GET', path: '/p' })).rejects.toMatchObject({
    code: 'wechat_unreachable',
    executed: 'no',
    action: 'retry',
  })
})

describe('with a token', () => {
  function withTokens(fail?: Error) {
    const refused: number[] = []
    let generation = 1
    const tokens = {
      get: async () => {
        if (fail) throw fail
        return { value: `token&${generation}`, generation }
      },
      invalidate: async (old: number) => {
        refused.push(old)
        generation = old + 1
      },
    }
    return { refused, call: createTokenCall('wecom', base, tokens) }
  }
  const send = { method: 'POST', path: '/cgi-bin/message/send', body: '{"a":1}' } as const

  test.each([40014, 42001, 40001])('%d renews it once and repeats the same bytes', async (errcode) => {
    const { call: ask, refused } = withTokens()
    asked.length = 0
    script.push(json({ errcode }), json({ errcode: 0, msgid: 'm' }))
    expect(await ask(send)).toMatchObject({ msgid: 'm' })
    expect(refused).toEqual([1])
    expect(asked.map(({ url, body }) => [new URL(url, base).searchParams.get('access_token'), body])).toEqual([
      ['token&1', '{"a":1}'],
      ['token&2', '{"a":1}'],
    ])
  })

  test('a second refusal is handed on, without a third try', async () => {
    const { call: ask, refused } = withTokens()
    asked.length = 0
    script.push(json({ errcode: 42001 }), json({ errcode: 42001 }))
    await expect(ask(send)).rejects.toMatchObject({ errcode: 42001, retryable: true, executed: 'no' })
    expect([refused, asked.length]).toEqual([[1], 2])
  })

  test('a lost answer is not repeated here: only the sender knows whether it may be', async () => {
    const { call: ask } = withTokens()
    asked.length = 0
    script.push((request) => request.socket.destroy())
    await expect(ask(send)).rejects.toMatchObject({ executed: 'unknown' })
    expect(asked).toHaveLength(1)
  })

  test('no token, no request', async () => {
    const { call: ask } = withTokens(vendorRefusal('wecom', '/cgi-bin/gettoken', 40001))
    asked.length = 0
    await expect(ask(send)).rejects.toMatchObject({ action: 'person', executed: 'no', path: '/cgi-bin/gettoken' })
    const { call: lost } = withTokens(new Error('database'))
    await expect(lost(send)).rejects.toMatchObject({ action: 'retry', executed: 'no', path: send.path })
    expect(asked).toHaveLength(0)
  })
})

describe('a read', () => {
  test('is tried three times on a busy vendor or a lost answer, and then says so', async () => {
    asked.length = 0
    script.push(json({ errcode: -1 }), (request) => request.socket.destroy(), json({ errcode: 0, ok: 1 }))
    expect(await readWithRetry(() => call())).toMatchObject({ ok: 1 })
    script.push(json({ errcode: -1 }), json({ errcode: -1 }), json({ errcode: -1 }))
    await expect(readWithRetry(() => call())).rejects.toMatchObject({ errcode: -1 })
    expect(asked).toHaveLength(6)
  })
  test('is not tried again when it was refused', async () => {
    asked.length = 0
    script.push(json({ errcode: 40003 }))
    await expect(readWithRetry(() => call())).rejects.toMatchObject({ errcode: 40003 })
    script.push(json({ errcode: 45009 }))
    await expect(readWithRetry(() => call())).rejects.toMatchObject({ errcode: 45009 })
    expect(asked).toHaveLength(2)
  })
})
