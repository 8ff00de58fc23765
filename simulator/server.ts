/** The HTTP side: vendor paths on two ports, faults and taps around them, control under `/_sim/`. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Api, ApiError, type ApiRequest, Bytes, type SimContext } from './api/types.ts'
import { withoutNulls } from './api/values.ts'
import { type Faults, identityOf } from './faults.ts'
import { BUSY, type Passage, pass, refusal, takeTurn } from './gate.ts'
import { type Part, partsOf } from './multipart.ts'
import type { Phone } from './phone/serve.ts'

export type Stage = 'received' | 'acted' | 'answered'
export interface Tapped {
  stage: Stage
  base: 'wecom' | 'wechat' | 'sms' | 'smtp'
  path: string
  query: Record<string, string>
  body: unknown
  /** The name under which the sender reached us: processes that were given different ones can be told apart. Empty for SMS and email. */
  host: string
}
/**
 * May return a promise: the request is held until it resolves. received = before any effect; acted = the effect is there, the
 * answer isn't written; answered = the answer has left. 'drop' at received closes the socket: the request never had an effect.
 */
export type Tap = (tapped: Tapped) => unknown

export interface ControlAnswer {
  status: number
  body: unknown
  /** Sent as is with this type instead of JSON. */
  type?: string
  /** Where the browser goes on to. */
  location?: string
}
export interface ControlRequest {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
  request: IncomingMessage
  response: ServerResponse
}
/** `null` = not a control path; 'handled' = answered already. */
export type Control = (request: ControlRequest) => Promise<ControlAnswer | 'handled' | null>

export interface ServerDeps {
  /** Asked for every request, because a reset replaces the world. */
  context: () => SimContext
  /** By path. */
  apis: () => ReadonlyMap<string, Api>
  faults: Faults
  taps: Set<Tap>
  control: Control
  /** Requests of the mini-program are passed on as they come. */
  phone: Phone
  counts: Map<string, number>
}

const BODY_LIMIT = 32 * 1024 * 1024

export async function listen(
  port: number,
  handler: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ server: Server; port: number }> {
  const server = createServer({ keepAliveTimeout: 30_000 }, handler)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  return { server, port: (server.address() as AddressInfo).port }
}

export function createHandler(base: 'wecom' | 'wechat', deps: ServerDeps) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    handle(base, deps, request, response).catch((error: unknown) => {
      const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
      process.stderr.write(`simulator request failed: ${detail}\n`)
      if (!response.headersSent) json(response, 500, { errcode: -1, errmsg: 'simulator error' })
    })
  }
}

async function handle(
  base: 'wecom' | 'wechat',
  deps: ServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = urlOf(request.url ?? '/')
  const path = url.pathname.replace(/\/{2,}/g, '/')
  const method = request.method ?? 'GET'
  if (await deps.phone.serve(request, response, url)) return
  const raw = await readBody(request)
  if (raw === null) return json(response, 413, { errcode: 40206, errmsg: 'body too large' })
  const parts = partsOf(raw, request.headers['content-type'] ?? '')
  const body = parts.length > 0 ? formOf(parts) : parse(raw.toString('utf8'))

  const api = deps.apis().get(path)
  if (api) {
    const { clock } = deps.context()
    const query = url.searchParams
    const call = () => answerCall({ base, deps, request, response, method, path, query, body, parts, api })
    return clock.during(`request ${path}`, call, { quiet: true })
  }
  const control = await deps.control({ method, path, query: url.searchParams, body, request, response })
  if (control === 'handled') return
  if (!control) return json(response, 404, { errcode: 404, errmsg: 'no such api in the simulator' })
  if (!control.type) return json(response, control.status, control.body)
  response
    .writeHead(control.status, {
      'content-type': control.type,
      'cache-control': 'no-store',
      ...(control.location ? { location: control.location } : {}),
    })
    .end(control.body as string | Buffer)
}

interface Call extends Omit<ApiRequest, 'headers'> {
  base: 'wecom' | 'wechat'
  deps: ServerDeps
  request: IncomingMessage
  response: ServerResponse
  method: string
  path: string
  api: Api
}

/** A vendor API call between its taps and faults. */
async function answerCall(call: Omit<Call, 'body'> & { body: unknown }): Promise<void> {
  const { base, deps, request, response, method, path, query, body, parts, api } = call
  const context = deps.context()
  deps.counts.set(path, (deps.counts.get(path) ?? 0) + 1)
  const tapped = { base, path, query: Object.fromEntries(query), body, host: request.headers.host ?? '' }
  const tap = async (stage: Stage) => {
    const said = []
    for (const one of deps.taps) said.push(await one({ ...tapped, stage }))
    return said
  }
  if ((await tap('received')).includes('drop')) return void request.socket.destroy()
  const asked: ApiRequest = { query, body: isRecord(body) ? withoutNulls(body) : {}, parts, headers: request.headers }
  const hasJson = isRecord(body) || (body === undefined && api.mayBeEmpty === true)
  const passage: Passage = { base, api, method, hasJson, address: request.socket.remoteAddress ?? '' }
  const turn = takeTurn(passage, context)
  for (const end of ['finish', 'close'] as const) response.once(end, turn.end)
  const met = deps.faults.meet(path, api.identities?.(asked, context) ?? [identityOf(method, query, body)])
  for (const { latencyMs } of met) if (latencyMs) await new Promise((done) => setTimeout(done, latencyMs))
  if (met.some(({ drop }) => drop === 'before')) return void request.socket.destroy()
  const injected = met.find(({ errcode }) => errcode !== undefined)
  const answer = injected
    ? refusal(passage, context, injected.errcode === -1 ? BUSY : new ApiError(injected.errcode ?? -1, 'injected fault'))
    : (turn.refusal ?? pass(passage, asked, context))
  await tap('acted')
  if (met.some(({ drop }) => drop === 'after')) return void request.socket.destroy()
  response.once('finish', () => void tap('answered'))
  if (answer instanceof Bytes)
    response.writeHead(answer.status, { ...answer.headers, 'Content-Length': answer.bytes.length }).end(answer.bytes)
  else json(response, 200, answer)
}

const isRecord = (body: unknown): body is Record<string, unknown> =>
  typeof body === 'object' && body !== null && !Array.isArray(body)

/** What a body is that should be JSON and isn't. */
export const BROKEN: unique symbol = Symbol('broken')

function parse(raw: string): unknown {
  if (raw === '') return undefined
  try {
    return JSON.parse(raw)
  } catch {
    return BROKEN
  }
}

/** SDKs join a base and a path to `//cgi-bin/…`, which would read as a host. */
const urlOf = (target: string): URL =>
  new URL(target.startsWith('/') ? `http://simulator${target}` : target, 'http://simulator')

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) })
    .end(text)
}

/** What taps and faults see of a form: which files, not the files. */
const formOf = (parts: readonly Part[]) =>
  Object.fromEntries(
    parts.map(({ field, filename, type, bytes }) => [
      field,
      { filename, type, size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ]),
  )

function readBody(request: IncomingMessage): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= BODY_LIMIT) chunks.push(chunk)
    })
    request.on('end', () => resolve(size > BODY_LIMIT ? null : Buffer.concat(chunks)))
    request.on('error', reject)
  })
}
