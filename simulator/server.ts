/** The HTTP side: vendor paths on two ports, faults and taps around them, control under `/_sim/`. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Api, ApiError, type SimContext } from './api/types.ts'
import type { Faults } from './faults.ts'

export type Stage = 'received' | 'acted' | 'answered'
export interface Tapped {
  stage: Stage
  platform: 'wecom' | 'wechat' | 'sms'
  path: string
  query: Record<string, string>
  body: unknown
}
/** May return a promise: the request is held until it resolves. */
export type Tap = (tapped: Tapped) => unknown

export interface ControlAnswer {
  status: number
  body: unknown
  /** Sent as is with this type instead of JSON. */
  type?: string
}
/** `null` = not a control path. */
export type Control = (request: {
  method: string
  path: string
  query: URLSearchParams
  body: unknown
  headers: IncomingMessage['headers']
  response: ServerResponse
}) => Promise<ControlAnswer | 'handled' | null>

export interface ServerDeps {
  context: SimContext
  apis: readonly Api[]
  faults: Faults
  taps: Set<Tap>
  control: Control
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

export function createHandler(platform: 'wecom' | 'wechat', deps: ServerDeps) {
  const byPath = new Map(deps.apis.map((api) => [api.path, api]))
  return (request: IncomingMessage, response: ServerResponse): void => {
    handle(platform, byPath, deps, request, response).catch((error: unknown) => {
      process.stderr.write(
        `simulator request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      )
      if (!response.headersSent) json(response, 500, { errcode: -1, errmsg: 'simulator error' })
    })
  }
}

async function handle(
  platform: 'wecom' | 'wechat',
  byPath: Map<string, Api>,
  deps: ServerDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://simulator')
  const path = url.pathname
  const raw = await readBody(request)
  if (raw === null) return json(response, 413, { errcode: 40206, errmsg: 'body too large' })

  const control = await deps.control({
    method: request.method ?? 'GET',
    path,
    query: url.searchParams,
    body: parse(raw),
    headers: request.headers,
    response,
  })
  if (control === 'handled') return
  if (control) {
    if (control.type) {
      response
        .writeHead(control.status, { 'content-type': control.type, 'cache-control': 'no-store' })
        .end(control.body as string | Buffer)
      return
    }
    return json(response, control.status, control.body)
  }

  const api = byPath.get(path)
  if (!api) return json(response, 404, { errcode: 404, errmsg: 'no such api in the simulator' })
  deps.counts.set(path, (deps.counts.get(path) ?? 0) + 1)
  const query = Object.fromEntries(url.searchParams)
  const body = parse(raw)
  const tap = async (stage: Stage) => {
    for (const one of deps.taps) await one({ stage, platform, path, query, body })
  }
  await tap('received')
  const identity = `${request.method} ${new URLSearchParams([...url.searchParams].filter(([name]) => name !== 'access_token'))} ${identityOf(raw)}`
  const met = deps.faults.meet(path, identity)
  for (const fault of met) if (fault.latencyMs) await new Promise((done) => setTimeout(done, fault.latencyMs))
  if (met.some((fault) => fault.drop === 'before')) return void request.socket.destroy()
  const injected = met.find((fault) => fault.errcode !== undefined)
  const answer = injected
    ? { errcode: injected.errcode, errmsg: 'injected fault' }
    : run(api, request.method ?? 'GET', url.searchParams, raw, body, deps.context)
  await tap('acted')
  if (met.some((fault) => fault.drop === 'after')) return void request.socket.destroy()
  response.once('finish', () => void tap('answered'))
  json(response, 200, answer)
}

function run(
  api: Api,
  method: string,
  query: URLSearchParams,
  raw: string,
  body: unknown,
  context: SimContext,
): Record<string, unknown> {
  try {
    if (method !== api.method)
      throw api.method === 'GET'
        ? new ApiError(43001, 'require GET method')
        : new ApiError(43002, 'require POST method')
    if (api.auth) context.tokens.check(api.auth, query.get('access_token'), context.clock.now())
    if (api.method === 'POST' && (typeof body !== 'object' || body === null || Array.isArray(body)))
      throw new ApiError(40035, 'invalid parameter. Warning: wrong json format.')
    return {
      errcode: 0,
      errmsg: 'ok',
      ...api.handle({ query, body: (body ?? {}) as Record<string, unknown>, raw }, context),
    }
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    return { errcode: error.errcode, errmsg: error.message, ...error.fields }
  }
}

/** Response codes and sync tokens differ from run to run in when they are made; the request they belong to doesn't. */
const identityOf = (raw: string): string => raw.replace(/"(response_code|token|code)":"[^"]*"/g, '')

function parse(raw: string): unknown {
  if (raw === '') return undefined
  try {
    return JSON.parse(raw)
  } catch {
    return undefined
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json; charset=utf-8', 'content-length': Buffer.byteLength(text) })
    .end(text)
}

function readBody(request: IncomingMessage): Promise<string | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= BODY_LIMIT) chunks.push(chunk)
    })
    request.on('end', () => resolve(size > BODY_LIMIT ? null : Buffer.concat(chunks).toString('utf8')))
    request.on('error', reject)
  })
}
