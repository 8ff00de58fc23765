/** A store that speaks S3, run here: moto's, which checks every signature with AWS's own code. */
import { spawn } from 'node:child_process'
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll } from 'vitest'
import { freePort } from '../../../scripts/ports.ts'
import type { S3Settings } from '../../../src/platform/s3.ts'
import { venvOrNull } from '../../support/venv.ts'

const MOTO = {
  name: 'moto',
  purpose: 'S3 store of the tests',
  requirement: 'moto[s3]==5.2.5 flask==3.1.3 flask-cors==6.0.2',
  probe: ['python', '-c', 'import moto.server, moto.s3.responses, moto.iam.responses'],
} as const
const START_MS = 60_000
/** Whoever makes the user, its key, its rights and the bucket; everything after that is checked. */
const UNCHECKED_ACTIONS = 4
const RIGHTS = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
})

/** A bucket in it, and keys that may use it. Null where this machine has no Python. */
export async function s3Server(): Promise<S3Settings | null> {
  const home = await venvOrNull(MOTO)
  if (home === null) return null
  const port = await freePort()
  const child = spawn(join(home, 'bin', 'python'), ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
    env: { ...process.env, INITIAL_NO_AUTH_ACTION_COUNT: String(UNCHECKED_ACTIONS) },
  })
  afterAll(() => void child.kill())
  const url = `http://127.0.0.1:${port}`
  await answering(url)

  const text = async (service: string, path: string, method: string, body: string) => {
    // Only the service is read from it as yet.
    const authorization = `AWS4-HMAC-SHA256 Credential=nobody/20260302/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
    const response = await fetch(url + path, { method, headers, ...(body ? { body } : {}) })
    const said = await response.text()
    if (!response.ok) throw new Error(`moto answers ${response.status}: ${said}`)
    return said
  }
  const iam = (fields: Record<string, string>) =>
    text('iam', '/', 'POST', new URLSearchParams({ Version: '2010-05-08', ...fields }).toString())
  await iam({ Action: 'CreateUser', UserName: 'clinic' })
  const keys = await iam({ Action: 'CreateAccessKey', UserName: 'clinic' })
  await iam({ Action: 'PutUserPolicy', UserName: 'clinic', PolicyName: 'all', PolicyDocument: RIGHTS })
  await text('s3', '/photos-of-tests', 'PUT', '')
  const one = (name: string) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(keys)?.[1] ?? ''
  return {
    url: `${url}/photos-of-tests`,
    region: 'us-east-1',
    accessKey: one('AccessKeyId'),
    secretKey: one('SecretAccessKey'),
  }
}

async function answering(url: string): Promise<void> {
  for (let waited = 0; waited < START_MS; waited += 100) {
    if (
      await fetch(`${url}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      return
    await pause(100)
  }
  throw new Error('moto did not start')
}

/** What goes wrong: true: `response` was dealt with; `lose`: the store does it, and its answer is lost. */
export type Trouble = (request: IncomingMessage, response: ServerResponse) => boolean | 'lose'

/** In front of the store: hands everything on, but for what `trouble` says yes to. The signature names its address as the host. */
export async function troubled({ url, ...keys }: S3Settings) {
  const asked: string[] = []
  let trouble: Trouble = () => false
  const target = new URL(url)
  const server = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`)
    const met = trouble(incoming, response)
    if (met === true) return
    const { method, headers, url: path } = incoming
    const call = httpRequest({ host: target.hostname, port: target.port, method, headers, path }, (answer) => {
      if (met === 'lose') answer.resume().once('end', () => response.destroy())
      else answer.pipe(response.writeHead(answer.statusCode ?? 500, answer.headers))
    })
    call.on('error', () => response.destroy())
    incoming.pipe(call)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    settings: { ...keys, url: `http://127.0.0.1:${port}${target.pathname}` },
    asked,
    next(one: Trouble) {
      asked.length = 0
      trouble = one
    },
  }
}
