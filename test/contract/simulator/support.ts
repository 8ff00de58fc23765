/** A simulated world for one test file, spoken to over HTTP as any SDK would, and a server that takes its callbacks. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decrypt, getSignature } from '@wecom/crypto'
import { afterAll } from 'vitest'
import { createSimulator, type Simulator, type SimulatorOptions } from '../../../simulator/index.ts'

export type Json = Record<string, unknown>
export const START = new Date('2026-03-02T01:00:00Z')

export interface SimWorld {
  simulator: Simulator
  /** A vendor call with a fresh token; the answer as it came. */
  wecom(path: string, body?: unknown, query?: Record<string, string>): Promise<Json>
  wechat(path: string, body?: unknown, query?: Record<string, string>): Promise<Json>
  token(): Promise<string>
  /** A control call; status and answer. */
  control(method: string, path: string, body?: unknown): Promise<{ status: number; body: Json }>
  later(ms: number): Promise<void>
  /** Waits until nothing is on its way. */
  quiet(): Promise<void>
}

/** A manual clock at 09:00 in China on a Monday, unless told otherwise; closed when the file is over. */
export async function simWorld(options: SimulatorOptions = {}): Promise<SimWorld> {
  const simulator = await createSimulator({
    seed: 5,
    customers: 4,
    staff: 12,
    clock: 'manual',
    start: START,
    ...options,
  })
  afterAll(() => simulator.close())
  const { ready } = simulator

  async function call(base: string, path: string, body: unknown, query: Record<string, string>): Promise<Json> {
    const response = await fetch(`${base}${path}?${new URLSearchParams(query)}`, {
      ...(body === undefined ? {} : { method: 'POST', body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    return (await response.json()) as Json
  }
  const token = async () => {
    const query = { corpid: ready.corpId, corpsecret: ready.agentSecret }
    return String((await call(ready.wecomBase, '/cgi-bin/gettoken', undefined, query)).access_token)
  }
  const miniProgramToken = async () => {
    const { appId: appid, secret } = ready.miniProgram
    const body = { grant_type: 'client_credential', appid, secret }
    return String((await call(ready.wechatBase, '/cgi-bin/stable_token', body, {})).access_token)
  }
  return {
    simulator,
    token,
    wecom: async (path, body, query = {}) =>
      call(ready.wecomBase, path, body, { access_token: await token(), ...query }),
    wechat: async (path, body, query = {}) =>
      call(ready.wechatBase, path, body, { access_token: await miniProgramToken(), ...query }),
    async control(method, path, body) {
      const response = await fetch(`${ready.wecomBase}/_sim/${path}`, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      return { status: response.status, body: (await response.json()) as Json }
    },
    async quiet() {
      while (simulator.clock.state().inFlight.length > 0) await new Promise((done) => setTimeout(done, 5))
    },
    async later(ms) {
      await simulator.clock.moveTo(new Date(simulator.clock.now().getTime() + ms), 5_000)
    },
  }
}

export interface Received {
  query: URLSearchParams
  raw: string
  /** Opened with the vendor's own library, not with the simulator's code. */
  message: string
  receiveId: string
}

export interface CallbackServer {
  url: string
  received: Received[]
  /** What the next callbacks are answered with; after these, 200. */
  answers: number[]
  /** What the next ones are answered with beside 200; after these, nothing. */
  bodies: string[]
  /** Waits until `count` callbacks have come. */
  until(count: number): Promise<void>
  /** Sees each address check as it comes. Returns how to stop. */
  onEcho(listener: (query: URLSearchParams) => void): () => void
}

/** Takes callbacks, verifies them with the vendor's library and answers the address check. */
export async function callbackServer(keys: { token: string; aesKey: string }): Promise<CallbackServer> {
  const received: Received[] = []
  const answers: number[] = []
  const bodies: string[] = []
  let wake = () => {}
  const listeners = new Set<(query: URLSearchParams) => void>()
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const query = new URL(request.url ?? '/', 'http://here').searchParams
    const of = (name: string) => query.get(name) ?? ''
    const echo = of('echostr')
    if (echo) {
      for (const listener of listeners) listener(query)
      const isEncrypted = query.has('msg_signature')
      return void response.end(isEncrypted ? decrypt(keys.aesKey, echo).message : echo)
    }
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString()
      const encrypted = raw.startsWith('{')
        ? String((JSON.parse(raw) as Json).Encrypt)
        : (/<Encrypt><!\[CDATA\[(.*?)\]\]><\/Encrypt>/.exec(raw)?.[1] ?? '')
      const signature = getSignature(keys.token, of('timestamp'), of('nonce'), encrypted)
      if (signature !== of('msg_signature')) throw new Error('the callback is not signed as the vendor signs')
      const { message, id } = decrypt(keys.aesKey, encrypted)
      received.push({ query, raw, message, receiveId: id })
      response.writeHead(answers.shift() ?? 200).end(bodies.shift())
      wake()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`,
    received,
    answers,
    bodies,
    onEcho(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    async until(count) {
      while (received.length < count)
        await new Promise<void>((done) => {
          wake = done
        })
    },
  }
}

/** The content of one tag of a decrypted message. */
export const tag = (message: string, name: string): string | undefined =>
  new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`).exec(message)?.[1]
