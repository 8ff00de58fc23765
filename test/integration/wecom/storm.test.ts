/** The same callback several times at once, to several processes, each time in a fresh envelope. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, expect, test } from 'vitest'
import { encrypt, signatureOf } from '../../../simulator/envelope.ts'
import { testDb } from '../../support/db.ts'

const TOKEN = 'callbackToken'
const KEY = 'kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR'
const CORP = 'ww0123456789abcdef'
const SETTINGS = {
  apiBase: 'http://127.0.0.1:1',
  corpId: CORP,
  agentId: 1,
  agentSecret: 's',
  callbackToken: TOKEN,
  callbackAesKey: KEY,
  callbackMaxAgeSeconds: 300,
}
const PROCESSES = 2
const EACH = 3
const MESSAGES = 40

const db = await testDb()

async function start(): Promise<{ child: ChildProcess; port: number }> {
  const child = fork(new URL('./storm-process.ts', import.meta.url), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, DB_NAME: db.name, SETTINGS: JSON.stringify(SETTINGS) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  afterAll(() => void child.kill('SIGKILL'))
  const [port] = await once(child, 'message')
  return { child, port: Number(port) }
}

const field = (name: string, value: string) => `<${name}><![CDATA[${value}]]></${name}>`
/** What was said, or who was added: a message with an id, and an event without one. */
const plainOf = (n: number): string => {
  const open = `${field('ToUserName', CORP)}${field('FromUserName', n % 2 === 0 ? 'lin' : 'sys')}<CreateTime>1772416800</CreateTime>`
  const said = `${field('MsgType', 'text')}${field('Content', '您好')}<MsgId>90${n}</MsgId><AgentID>1</AgentID>`
  const added = `${field('MsgType', 'event')}${field('Event', 'change_external_contact')}${field('ChangeType', 'add_external_contact')}${field('UserID', 'lin')}${field('ExternalUserID', `wm${n}`)}`
  return `<xml>${open}${n % 2 === 0 ? said : added}</xml>`
}

async function push(port: number, plain: string, nonce: string): Promise<{ status: number; text: string }> {
  const encrypted = encrypt(KEY, plain, CORP)
  const timestamp = String(Math.floor(Date.now() / 1_000))
  const query = new URLSearchParams({
    msg_signature: signatureOf(TOKEN, timestamp, nonce, encrypted),
    timestamp,
    nonce,
  })
  const response = await fetch(`http://127.0.0.1:${port}/callbacks/wecom?${query}`, {
    method: 'POST',
    body: `<xml>${field('ToUserName', CORP)}${field('Encrypt', encrypted)}</xml>`,
  })
  return { status: response.status, text: await response.text() }
}

test('each is answered every time, stored once and worked on once, by whichever process had it first', async () => {
  const processes = await Promise.all(Array.from({ length: PROCESSES }, start))
  const answers = await Promise.all(
    Array.from({ length: MESSAGES }, (_, n) =>
      processes.flatMap(({ port }, at) =>
        Array.from({ length: EACH }, (_unused, i) => push(port, plainOf(n), `nonce${at}${i}`)),
      ),
    ).flat(),
  )
  expect(answers).toHaveLength(MESSAGES * PROCESSES * EACH)
  expect(new Set(answers.map((answer) => JSON.stringify(answer)))).toEqual(
    new Set([JSON.stringify({ status: 200, text: '' })]),
  )
  await Promise.all(
    processes.map(({ child }) => {
      child.send('are you through')
      return once(child, 'message')
    }),
  )
  const stored = await db.collection('inbox').find().toArray()
  expect(stored.map(({ status }) => status)).toEqual(Array.from({ length: MESSAGES }, () => 'done'))
  const worked = await db.collection<{ _id: never; key: string; pid: number }>('worked').find().toArray()
  expect(worked.map(({ key }) => key).sort()).toEqual(stored.map(({ _id }) => String(_id)).sort())
}, 60_000)
