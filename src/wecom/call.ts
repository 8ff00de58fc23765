/** One HTTP call to a vendor: keep-alive, a time limit, and an honest answer to "was it executed?". */
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import type { z } from 'zod'
import { networkFailure, vendorRefusal, withoutToken } from './errors.ts'
import type { TokenStore } from './tokens.ts'
import type { VendorError } from './types.ts'

const DEFAULT_TIMEOUT_MS = 8_000
const ANSWER_LIMIT = 8 * 1024 * 1024
const agents = {
  'http:': new HttpAgent({ keepAlive: true, maxSockets: 64 }),
  'https:': new HttpsAgent({ keepAlive: true, maxSockets: 64 }),
}

export interface RawCall {
  method: 'GET' | 'POST'
  url: string
  body?: string
  timeoutMs?: number | undefined
}

/** Resolves with the answer's text; rejects with the socket's error. node:http, because it tells a refused connection from a reset one. */
function exchange({ method, url, body, timeoutMs = DEFAULT_TIMEOUT_MS }: RawCall): Promise<string> {
  return new Promise((resolve, reject) => {
    const target = new URL(url)
    const secure = target.protocol === 'https:'
    const request = (secure ? httpsRequest : httpRequest)(
      target,
      {
        method,
        agent: secure ? agents['https:'] : agents['http:'],
        headers:
          body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          size += chunk.length
          if (size > ANSWER_LIMIT) request.destroy(new Error('answer too large'))
          else chunks.push(chunk)
        })
        response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')))
        response.on('error', reject)
        response.on('aborted', () => reject(Object.assign(new Error('aborted'), { code: 'ECONNRESET' })))
      },
    )
    // Of the whole exchange: an answer that comes byte by byte is no answer, and leases run meanwhile.
    const limit = setTimeout(
      () => request.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      timeoutMs,
    )
    request.on('close', () => clearTimeout(limit))
    request.on('error', reject)
    request.end(body)
  })
}

export type VendorCall = (call: {
  method: 'GET' | 'POST'
  path: string
  query?: Record<string, string>
  body?: string
  timeoutMs?: number | undefined
}) => Promise<Record<string, unknown>>

/** A call without a token. @throws VendorError */
export function createPlainCall(vendor: 'wecom' | 'wechat', base: string): VendorCall {
  return async ({ method, path, query = {}, body, timeoutMs }) => {
    const url = `${base}${path}?${new URLSearchParams(query)}`
    let text: string
    try {
      text = await exchange({ method, url, ...(body === undefined ? {} : { body }), timeoutMs })
    } catch (cause) {
      throw networkFailure(vendor, path, cause)
    }
    const answer = answerOf(text)
    // Something answered, but not the vendor's JSON: nobody knows what was done.
    if (!answer) throw networkFailure(vendor, path, new Error('not an answer of the vendor'))
    const errcode = errcodeOf(answer) ?? 0
    if (errcode !== 0) throw vendorRefusal(vendor, path, errcode)
    return answer
  }
}

/** The object that the vendor answers with, or null. A success may lack `errcode`; one that is no whole number is nobody's. */
function answerOf(text: string): Record<string, unknown> | null {
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return null
    const answer = parsed as Record<string, unknown>
    return errcodeOf(answer) === null ? null : answer
  } catch {
    return null
  }
}

/** Absent is success; null is an errcode that nobody can read. */
function errcodeOf({ errcode = 0 }: Record<string, unknown>): number | null {
  const isWhole = typeof errcode === 'string' ? /^-?\d+$/.test(errcode) : Number.isInteger(errcode)
  return isWhole ? Number(errcode) : null
}

/**
 * The same with a token: one refresh and one repeat when the token was refused.
 * @throws VendorError; with `executed: 'no'` when there was no token to ask with, and `action: 'person'` when that is the secret's fault
 */
export function createTokenCall(vendor: 'wecom' | 'wechat', base: string, tokens: TokenStore): VendorCall {
  const plain = createPlainCall(vendor, base)
  const tokenFor = async (path: string, refused?: number) => {
    try {
      if (refused !== undefined) await tokens.invalidate(refused)
      return await tokens.get()
    } catch (error) {
      throw withoutToken(vendor, path, error)
    }
  }
  return async (call) => {
    const { value, generation } = await tokenFor(call.path)
    try {
      return await plain({ ...call, query: { access_token: value, ...call.query } })
    } catch (error) {
      if ((error as VendorError).action !== 'refresh') throw error
      const renewed = await tokenFor(call.path, generation)
      return plain({ ...call, query: { access_token: renewed.value, ...call.query } })
    }
  }
}

const READ_TRIES = 3
const READ_PAUSE_MS = 200

/** Reads may be repeated: up to three tries on a busy vendor or a lost answer. Sends never come through here. */
export async function readWithRetry<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if ((error as VendorError).action !== 'retry' || attempt >= READ_TRIES) throw error
      await new Promise((done) => setTimeout(done, READ_PAUSE_MS * 2 ** (attempt - 1)))
    }
  }
}

/** Parses an answer; one that breaks the vendor's own shape is treated like no answer. */
export function shape<S extends z.ZodType>(
  schema: S,
  answer: unknown,
  vendor: 'wecom' | 'wechat',
  path: string,
): z.output<S> {
  const parsed = schema.safeParse(answer)
  if (!parsed.success) throw networkFailure(vendor, path, parsed.error)
  return parsed.data
}
