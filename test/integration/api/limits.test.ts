/** How often one address or one person may ask, over HTTP: who floods waits, everybody else doesn't notice. */
import { describe, expect, test } from 'vitest'
import { encrypt, signatureOf } from '../../../simulator/envelope.ts'
import { type Answer, apiWorld, KEY } from './support.ts'

const world = await apiWorld()
const { ready } = world.simulator
const from = (address: string) => ({ 'x-forwarded-for': address })
/** Another number each time: no two requests come from the same place. */
let last = 0
const next = () => {
  last += 1
  return last
}
const many = async (count: number, ask: () => Promise<Answer>): Promise<Answer[]> => {
  const answers: Answer[] = []
  for (let done = 0; done < count; done += 20) answers.push(...(await Promise.all(Array.from({ length: 20 }, ask))))
  return answers
}
const statuses = (answers: readonly Answer[]) => [...new Set(answers.map(({ status }) => status))].sort()
const codeOf = ({ text }: Answer) => (JSON.parse(text) as { error: { code: string } }).error.code

function expectsWait(answer: Answer | undefined): void {
  expect(answer?.status).toBe(429)
  if (!answer) return
  expect(codeOf(answer)).toBe('rate_limited')
  expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1)
  expect(Number(answer.headers['retry-after'])).toBeLessThanOrEqual(60)
}

describe('sign-in, which asks for no key,', () => {
  const signIn = (address: string) => () =>
    world.ask({
      method: 'POST',
      path: '/api/mp/session',
      headers: { ...from(address), 'content-type': 'application/json' },
      body: '{"code":"wrong"}',
    })
  test('is answered 429 after a burst from one address, and not from another', async () => {
    const answers = await many(160, signIn('203.0.113.1'))
    expect(statuses(answers)).toEqual([401, 429])
    expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(120)
    expectsWait(answers.at(-1))
    expect((await signIn('203.0.113.2')()).status).toBe(401)
  })
  test('counts an IPv6 network as one, and believes only our own proxy', async () => {
    const neighbours = await many(160, () => signIn(`2001:db8:1:2::${next().toString(16)}`)())
    expect(statuses(neighbours)).toEqual([401, 429])
    const pretending = await many(160, () => signIn(`198.51.100.${next() % 250}, 203.0.113.3`)())
    expect(statuses(pretending)).toEqual([401, 429])
  })
})

describe('keys that are refused', () => {
  const read = (address: string, key: string) => () =>
    world.ask({
      method: 'GET',
      path: '/api/v1/stores',
      headers: { ...from(address), authorization: `Bearer ${key}` },
    })
  test('make their address wait, before a further key is looked at; others work on', async () => {
    const answers = await many(80, read('203.0.113.10', 'a guess'))
    expect(statuses(answers)).toEqual([401, 429])
    expectsWait(answers.at(-1))
    expectsWait(await read('203.0.113.10', KEY)())
    expect((await read('203.0.113.11', KEY)()).status).toBe(200)
  })
  test('are the only ones counted: a clinic system may ask as often as it likes', async () => {
    expect(statuses(await many(400, read('203.0.113.12', KEY)))).toEqual([200])
  })
  test('are counted at the metrics too, which a proxied caller may not read without one', async () => {
    const metrics = (address: string, headers = {}) =>
      world.ask({ method: 'GET', path: '/metrics', headers: { ...from(address), ...headers } })
    const refused = await metrics('203.0.113.13')
    expect([refused.status, codeOf(refused)]).toEqual([401, 'unauthenticated'])
    expect((await metrics('203.0.113.13', { authorization: `Bearer ${KEY}` })).status).toBe(200)
    expectsWait((await many(80, () => metrics('203.0.113.13'))).at(-1))
  })
})

describe('a customer', () => {
  test('waits after a burst whatever the address', async () => {
    const token = await world.customerToken()
    // Far more than the allowance: on a slow machine it grows again meanwhile.
    const answers = await many(480, () =>
      world.ask({
        method: 'POST',
        path: '/api/mp/phone',
        headers: {
          ...from(`198.51.100.${next() % 250}`),
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
        },
        body: '{}',
      }),
    )
    expect(statuses(answers)).toEqual([400, 429])
    expectsWait(answers.at(-1))
  })
})

describe('callbacks', () => {
  let serial = 0
  function callback(address: string, token: string) {
    serial += 1
    const message = `<xml><ToUserName>${ready.corpId}</ToUserName><FromUserName>lin</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType><Event>enter_agent</Event><AgentID>${serial}</AgentID></xml>`
    const encrypted = encrypt(ready.callbackAesKey, message, ready.corpId)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signature = signatureOf(token, timestamp, 'n', encrypted)
    return world.ask({
      method: 'POST',
      path: `/callbacks/wecom?msg_signature=${signature}&timestamp=${timestamp}&nonce=n`,
      headers: from(address),
      body: `<xml><Encrypt>${encrypted}</Encrypt></xml>`,
    })
  }
  test('that verify are never limited, far beyond what the forged ones are allowed', async () => {
    expect(statuses(await many(800, () => callback('203.0.113.20', ready.callbackToken)))).toEqual([200])
  })
  test('that are forged wait after many, and leave the vendor alone, even behind the same proxy', async () => {
    const forged = await many(1_000, () => callback('203.0.113.21', 'forgedToken'))
    expect(statuses(forged)).toEqual([401, 429])
    expect(forged.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(600)
    expectsWait(forged.at(-1))
    for (const address of ['203.0.113.20', '203.0.113.21'])
      expect((await callback(address, ready.callbackToken)).status).toBe(200)
  })
})

test('probes are let through at any sensible pace', async () => {
  const probe = () => world.ask({ method: 'GET', path: '/readyz', headers: from('203.0.113.30') })
  expect(statuses(await many(300, probe))).toEqual([200])
})
