/** Other people's SDKs: wechatpy in an environment of its own, driven line by line. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll } from 'vitest'
import type { ReadyLine } from '../../simulator/index.ts'
import type { Json, Received } from '../contract/simulator/support.ts'
import { venvOrNull } from '../support/venv.ts'

const WECHATPY = {
  name: 'wechatpy',
  purpose: 'Python SDK',
  requirement: 'wechatpy==2.0.0a26',
  probe: ['python', '-c', 'import wechatpy.work.client'],
} as const
const DRIVER = fileURLToPath(new URL('driver.py', import.meta.url))

export interface File {
  name: string
  type: string
  base64: string
}

/** What the SDK raised. */
export class SdkError extends Error {
  readonly errcode: number | null
  constructor(name: string, errcode: number | null, errmsg: string) {
    super(`${name} ${errcode}: ${errmsg}`)
    this.errcode = errcode
  }
}

export interface Wechatpy {
  /** `user.get` of the app's client. @throws SdkError as the SDK raises */
  call(path: string, ...args: unknown[]): Promise<Json>
  /** The same with named arguments. */
  named(path: string, args: Json): Promise<Json>
  /** A client with another secret (`wrong`), or of the mini-program (`mini`). */
  as(client: 'wrong' | 'mini', path: string, ...args: unknown[]): Promise<Json>
  /** A callback verified, decrypted and parsed by the SDK: its class for it, and the fields. */
  open(received: Received): Promise<{ class: string; source: string; data: Json }>
  openMini(received: Received): Promise<string>
  echo(query: URLSearchParams): Promise<string>
  /** A passive reply as the SDK seals it. */
  reply(to: string, content: string, nonce: string, timestamp: string): Promise<string>
}

/** Null where this machine has no Python. */
export async function startWechatpy(ready: ReadyLine): Promise<Wechatpy | null> {
  const home = await venvOrNull(WECHATPY)
  if (home === null) return null
  const child = spawn(join(home, 'bin', 'python'), [DRIVER, JSON.stringify(ready)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  afterAll(() => child.kill())
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()

  async function ask<T>(request: Json): Promise<T> {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    const { value, done } = await lines.next()
    if (done) throw new Error('the Python process ended')
    const answer = JSON.parse(value) as { value?: T; error?: string; errcode?: number | null; errmsg?: string }
    if (answer.error) throw new SdkError(answer.error, answer.errcode ?? null, answer.errmsg ?? '')
    return answer.value as T
  }
  const call = (client: string, path: string, args: unknown[], named: Json = {}) =>
    ask<Json>({ do: 'call', client, path, args, named })
  return {
    call: (path, ...args) => call('work', path, args),
    named: (path, args) => call('work', path, [], args),
    as: (client, path, ...args) => call(client, path, args),
    open: ({ query, raw }) => ask({ do: 'open', query: Object.fromEntries(query), body: raw }),
    openMini: ({ query, raw }) => ask({ do: 'open', mini: true, query: Object.fromEntries(query), body: raw }),
    echo: (query) => ask({ do: 'echo', query: Object.fromEntries(query) }),
    reply: (to, content, nonce, timestamp) => ask({ do: 'reply', to, content, nonce, timestamp }),
  }
}
