/** One bucket of an S3-speaking store (AWS, OSS, COS, MinIO …): signed requests with a time limit each, tried again where that can help. */
import { createHash } from 'node:crypto'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as pause } from 'node:timers/promises'
import type { Clock } from './clock.ts'
import { AppError } from './errors.ts'
import { encoded, type S3Keys, signed } from './s3-signature.ts'

export interface S3Settings extends S3Keys {
  /** Address of the bucket: `https://<bucket>.<host>`, or `https://<host>/<bucket>` where the store wants it in the path. */
  url: string
}

export interface S3Ask {
  method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE'
  /** Of the object; left out, the bucket itself is meant. */
  key?: string
  query?: Readonly<Record<string, string>>
  headers?: Readonly<Record<string, string>>
  body?: readonly Buffer[]
}

export interface S3Answer {
  status: number
  headers: NodeJS.Dict<string | string[]>
  body: Buffer
}

export interface S3Bucket {
  /**
   * Any answer that says something: success, and refusals for the caller to judge. Every request that we make may come twice.
   *
   * @throws AppError upstream/blob_store_unreachable: none, or only excuses (429, 5xx)
   */
  ask(ask: S3Ask): Promise<S3Answer>
}

/** Parts of 5 MB over a slow line. */
const TIMEOUT_MS = 30_000
const WAITS_MS = [200, 1_000]
/** What we read at once, and lists of a thousand. */
const MOST_BYTES = 8 * 1024 * 1024
const agents = {
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 32 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 32 }),
}

export function createS3Bucket(settings: S3Settings, clock: Pick<Clock, 'wall'>): S3Bucket {
  const base = new URL(settings.url)
  const root = base.pathname.replace(/\/+$/, '')

  async function once({ method, key, query = {}, headers = {}, body = [] }: S3Ask): Promise<S3Answer> {
    const url = new URL(base)
    url.pathname = key === undefined ? root || '/' : `${root}/${key.split('/').map(encoded).join('/')}`
    url.search = Object.keys(query)
      .sort()
      .map((name) => `${encoded(name)}=${encoded(query[name] ?? '')}`)
      .join('&')
    const hash = createHash('sha256')
    for (const part of body) hash.update(part)
    const length = body.reduce((sum, part) => sum + part.length, 0)
    const all = { ...headers, ...(method === 'GET' || method === 'HEAD' ? {} : { 'content-length': String(length) }) }
    const sent = signed({ method, url, headers: all, sha256: hash.digest('hex'), at: clock.wall() }, settings)
    return exchange(method, url, sent, body)
  }

  return {
    async ask(ask) {
      for (let tries = 0; ; tries += 1) {
        let cause: unknown
        try {
          const answer = await once(ask)
          if (answer.status < 500 && answer.status !== 429) return answer
          cause = new Error(`${ask.method} answered ${answer.status}`)
        } catch (error) {
          cause = error
        }
        const wait = WAITS_MS[tries]
        if (wait === undefined) throw new AppError('upstream', 'blob_store_unreachable', {}, { cause, retryable: true })
        await pause(wait)
      }
    },
  }
}

function exchange(
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: readonly Buffer[],
): Promise<S3Answer> {
  return new Promise((resolve, reject) => {
    const secure = url.protocol === 'https:'
    const agent = secure ? agents['https:'] : agents['http:']
    const request = (secure ? httpsRequest : httpRequest)(url, { method, agent, headers })
    // Of the whole exchange, to the last byte of the answer.
    const limit = setTimeout(() => request.destroy(new Error('timeout')), TIMEOUT_MS)
    request.on('close', () => clearTimeout(limit))
    request.on('error', reject)
    request.on('response', (response) => {
      bytesOf(response).then(
        (bytes) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes }),
        reject,
      )
    })
    pipeline(Readable.from(body), request).catch(reject)
  })
}

async function bytesOf(response: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length > MOST_BYTES) throw new Error('answer too large')
    parts.push(part)
  }
  return Buffer.concat(parts)
}
