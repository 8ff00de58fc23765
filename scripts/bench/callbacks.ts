/** Callbacks per second and their latency: the real server over HTTP against a bare Koa route in the same layout. */
import { type ChildProcess, spawn } from 'node:child_process'
import { Agent, request } from 'node:http'
import { encrypt, getSignature } from '@wecom/crypto'
import { MongoClient } from 'mongodb'
import { freePort } from '../ports.ts'
import type { Bench, BenchContext } from './context.ts'
import { figure, interleave, type Measures, percentile, type Rounds, timed } from './rounds.ts'
import { CALLBACK_AES_KEY, CALLBACK_TOKEN, CORP_ID, OPEN_KF_ID, serverEnv } from './settings.ts'

const AT_ONCE = 16
const READY_LIMIT_MS = 60_000
const TARGET = { atLeast: 0.6 }

export const callbacks: Bench = {
  name: 'callbacks',
  async run({ sizes, say, database }: BenchContext) {
    const uris = { ours: database('callbacks_ours'), peer: database('callbacks_peer') }
    const servers = {
      ours: await startProcess('src/main.ts', { ...serverEnv(uris.ours), ROLE: 'web' }),
      peer: await startProcess('scripts/bench/peers/bare-koa.ts', serverEnv(uris.peer)),
    }
    let serial = 0
    const send = async (side: 'ours' | 'peer', count: number, atOnce: number): Promise<Measures> => {
      const letters = Array.from({ length: count }, () => letterOf(++serial))
      return post(`${servers[side].address}/callbacks/wecom`, letters, atOnce)
    }
    const both = (count: number, atOnce: number): Promise<Rounds> =>
      interleave(
        sizes.shortRounds,
        { ours: () => send('ours', count, atOnce), peer: () => send('peer', count, atOnce) },
        say,
      )
    try {
      say(`${AT_ONCE} at a time`)
      const many = await both(sizes.callbacks, AT_ONCE)
      say('one by one')
      const single = await both(Math.ceil(sizes.callbacks / 4), 1)
      await checkStored(uris, serial / 2)
      return {
        name: 'callbacks',
        ours: 'src/main.ts (ROLE=web): verify, decrypt strictly, deduplicate by content, insert a due row (2 indexes)',
        peer: 'Koa, @wecom/crypto, fast-xml-parser, one insertOne without index',
        figures: [
          figure(many, 'rate', { name: `${AT_ONCE} at a time`, unit: 'callbacks/s', target: TARGET }),
          figure(many, 'p50', { name: `${AT_ONCE} at a time, p50`, unit: 'ms' }),
          figure(many, 'p95', { name: `${AT_ONCE} at a time, p95`, unit: 'ms' }),
          figure(single, 'rate', { name: 'one by one', unit: 'callbacks/s', target: TARGET }),
          figure(single, 'p50', { name: 'one by one, p50', unit: 'ms' }),
          figure(single, 'p95', { name: 'one by one, p95', unit: 'ms' }),
        ],
      }
    } finally {
      await Promise.all(Object.values(servers).map((server) => server.stop()))
    }
  },
}

interface Letter {
  query: string
  body: Buffer
}

/** What WeCom sends most often: "there is something new in a customer's chat", each with a token of its own. */
function letterOf(serial: number): Letter {
  const seconds = String(Math.floor(Date.now() / 1_000))
  const message = `<xml><ToUserName><![CDATA[${CORP_ID}]]></ToUserName><CreateTime>${seconds}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[kf_msg_or_event]]></Event><Token><![CDATA[ENC${String(serial).padStart(40, '0')}]]></Token><OpenKfId><![CDATA[${OPEN_KF_ID}]]></OpenKfId></xml>`
  const encrypted = encrypt(CALLBACK_AES_KEY, message, CORP_ID)
  const nonce = String(1_000_000 + serial)
  const query = new URLSearchParams({
    msg_signature: getSignature(CALLBACK_TOKEN, seconds, nonce, encrypted),
    timestamp: seconds,
    nonce,
  })
  const body = `<xml><ToUserName><![CDATA[${CORP_ID}]]></ToUserName><AgentID><![CDATA[]]></AgentID><Encrypt><![CDATA[${encrypted}]]></Encrypt></xml>`
  return { query: query.toString(), body: Buffer.from(body) }
}

/** Sends all letters over kept connections. @throws when one is not answered with an empty 200 */
async function post(url: string, letters: readonly Letter[], atOnce: number): Promise<Measures> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce })
  const waits: number[] = []
  const left = [...letters]
  const ms = await timed(() =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (let letter = left.pop(); letter; letter = left.pop()) waits.push(await timed(deliver(url, letter, agent)))
      }),
    ),
  )
  agent.destroy()
  return { rate: (letters.length / ms) * 1_000, p50: percentile(waits, 0.5), p95: percentile(waits, 0.95) }
}

const deliver =
  (url: string, { query, body }: Letter, agent: Agent) =>
  (): Promise<void> =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'text/xml', 'content-length': body.length }
      const sent = request(`${url}?${query}`, { method: 'POST', agent, headers }, (response) => {
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
        })
        response.on('end', () =>
          response.statusCode === 200 && size === 0
            ? resolve()
            : reject(new Error(`${url} answers ${response.statusCode} with ${size} bytes`)),
        )
      })
      sent.on('error', reject)
      sent.end(body)
    })

interface Server {
  address: string
  stop(): Promise<void>
}

async function startProcess(script: string, env: Record<string, string>): Promise<Server> {
  const port = await freePort()
  const address = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env: { ...process.env, ...env, PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise<void>((done) => child.once('exit', () => done()))
  const kill = () => void child.kill('SIGTERM')
  process.once('exit', kill)
  const stop = async () => {
    process.off('exit', kill)
    kill()
    await ended
  }
  try {
    await untilReady(address, child)
  } catch (error) {
    await stop()
    throw error
  }
  return { address, stop }
}

async function untilReady(address: string, child: ChildProcess): Promise<void> {
  for (const deadline = Date.now() + READY_LIMIT_MS; Date.now() < deadline; ) {
    if (child.exitCode !== null) throw new Error(`the server at ${address} ended with ${child.exitCode}`)
    const answer = await fetch(`${address}/readyz`).catch(() => null)
    if (answer?.ok) return
    await new Promise((done) => setTimeout(done, 100))
  }
  throw new Error(`the server at ${address} does not get ready`)
}

/** Both sides must have kept every letter: a fast answer that stored nothing is no answer. */
async function checkStored(uris: { ours: string; peer: string }, expected: number): Promise<void> {
  for (const [uri, name] of [
    [uris.ours, 'inbox'],
    [uris.peer, 'callbacks'],
  ] as const) {
    const client = await new MongoClient(uri).connect()
    const stored = await client.db().collection(name).countDocuments()
    await client.close()
    if (stored !== expected) throw new Error(`${stored} of ${expected} callbacks are stored in ${name}`)
  }
}
