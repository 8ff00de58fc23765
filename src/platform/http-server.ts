/** Koa around the routes: request id, error answers, bodies, actors, limits, metrics, graceful stop. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Router, { type RouterContext } from '@koa/router'
import Koa, { type Middleware } from 'koa'
import helmet from 'koa-helmet'
import type { z } from 'zod'
import type { Activity } from './activity.ts'
import { readBody } from './body.ts'
import { messageOf } from './error-messages.ts'
import { AppError, invalid } from './errors.ts'
import type { Actor, Bytes, Route } from './http.ts'
import type { Idempotency } from './idempotency.ts'
import { currentRequestId, type Log, withLogContext } from './log.ts'
import type { Metrics } from './metrics.ts'
import type { Random } from './random.ts'
import type { Throttle } from './rate-limit.ts'
import { answerBytes, receive } from './streams.ts'

export interface HttpDeps {
  log: Log
  random: Random
  metrics: Metrics
  /** Who stands behind a request of this kind; null = not authenticated. */
  authenticate: (kind: Actor['kind'], headers: NodeJS.Dict<string | string[]>) => Promise<Actor | null>
  idempotency: Idempotency
  /** Counts requests that are being answered: a simulated clock must not move meanwhile. */
  activity: Activity
  /** Absent: nobody waits. */
  throttle?: Throttle
}

const JSON_BODY = { limit: 100 * 1024, timeoutMs: 10_000, code: 'invalid_request' } as const

export interface HttpServer {
  app: Koa
  router: Router
  listen(port: number, host: string): Promise<{ port: number; host: string }>
  /** Stops accepting, answers what is in flight, closes idle connections; after `graceMs` the rest is cut. */
  stop(graceMs: number): Promise<void>
}

export function createHttpServer({
  log,
  random,
  metrics,
  activity,
  throttle,
}: Pick<HttpDeps, 'log' | 'random' | 'metrics' | 'activity' | 'throttle'>): HttpServer {
  const app = new Koa()
  const router = new Router()
  let stopping = false
  let server: Server | null = null

  app.silent = true
  app.use(async (ctx, next) => {
    const given = ctx.get('x-request-id')
    const requestId = /^[\w-]{1,64}$/.test(given) ? given : random.id()
    ctx.set('x-request-id', requestId)
    if (stopping) ctx.set('Connection', 'close')
    const end = metrics.requestSeconds.startTimer()
    activity.inFlight += 1
    activity.changes += 1
    try {
      await withLogContext({ requestId }, () => answerErrors(ctx, next, log))
    } finally {
      activity.inFlight -= 1
      activity.changes += 1
      const route = String((ctx as { _matchedRoute?: unknown })._matchedRoute ?? 'unmatched')
      end({ method: ctx.method, route })
      metrics.requests.inc({ method: ctx.method, route, status: String(ctx.status) })
    }
  })
  const secured = helmet({
    contentSecurityPolicy: { directives: { defaultSrc: ["'self'"], frameAncestors: ["'self'"] } },
  })
  // What a vendor's server posts is answered to no browser: an empty answer needs no dozen headers.
  app.use((ctx, next) => (ctx.method === 'POST' && isCallback(ctx.path) ? next() : secured(ctx, next)))
  if (throttle) app.use(limitByPlace(throttle))
  app.use(router.routes())
  app.use(async (ctx) => {
    const { path: known } = router.match(ctx.path, ctx.method)
    if (known.length > 0) {
      ctx.set('Allow', [...new Set(known.flatMap(({ methods }) => methods))].join(', '))
      throw new AppError('invalid', 'method_not_allowed')
    }
    throw new AppError('not_found', 'not_found')
  })

  return {
    app,
    router,
    async listen(port, host) {
      const answer = app.callback()
      const http = createServer(
        {
          // For the slowest of all bodies, a photo on a bad network. Each route has its own, shorter time.
          requestTimeout: 150_000,
          headersTimeout: 10_000,
          // Looked at this often: the default would let whoever dawdles stay for half a minute more.
          connectionsCheckingInterval: 5_000,
          keepAliveTimeout: 65_000,
          maxHeaderSize: 16 * 1024,
        },
        // Koa answers its own errors; nothing is left to wait for here.
        (request, response) => void answer(request, response),
      )
      server = http
      await new Promise<void>((resolve, reject) => {
        http.once('error', reject)
        http.listen(port, host, () => {
          http.off('error', reject)
          resolve()
        })
      })
      return { port: (http.address() as AddressInfo).port, host }
    },
    async stop(graceMs) {
      stopping = true
      const http = server
      if (!http) return
      await new Promise<void>((resolve) => {
        // Without this an idle keep-alive connection holds the process for its whole timeout.
        const idle = setInterval(() => http.closeIdleConnections(), 100)
        const force = setTimeout(() => http.closeAllConnections(), graceMs)
        http.close(() => {
          clearInterval(idle)
          clearTimeout(force)
          resolve()
        })
        http.closeIdleConnections()
      })
    },
  }
}

const isCallback = (path: string): boolean => path.startsWith('/callbacks/')

/**
 * Limits of what is no route of ours to describe: refused callbacks, and probes. A vendor's callback that verifies gets
 * through whatever else comes from that address: to look at a signature costs less than to lose a customer's word.
 */
function limitByPlace(throttle: Throttle): Middleware {
  return async (ctx, next) => {
    const address = throttle.addressOf(ctx.req)
    if (!isCallback(ctx.path)) {
      if (!/^\/api\/(v1|mp|console)\//.test(ctx.path)) throttle.take('system', address)
      return next()
    }
    try {
      await next()
    } catch (error) {
      // Our own troubles are not the caller's fault.
      if (error instanceof AppError && error.status < 500) throttle.take('callback', address)
      throw error
    }
  }
}

/** Codes for which HTTP has a status of its own within their kind. */
const OWN_STATUS: Record<string, number> = { method_not_allowed: 405, unsupported_media_type: 415 }

async function answerErrors(ctx: Koa.Context, next: () => Promise<unknown>, log: Log): Promise<void> {
  try {
    await next()
  } catch (error) {
    const known = error instanceof AppError ? error : fromKoa(error)
    const level = known.kind === 'internal' ? 'error' : known.kind === 'upstream' ? 'warn' : 'info'
    // Our own faults are said all the same; they name the code's place, not the caller.
    if (known.kind === 'internal' || !ctx.state.unlogged)
      log[level](
        {
          err: known.kind === 'internal' ? error : undefined,
          code: known.code,
          details: known.details,
          status: known.status,
        },
        'request refused',
      )
    ctx.status = OWN_STATUS[known.code] ?? known.status
    if (known.kind === 'too_large') ctx.set('Connection', 'close')
    if (known.retryAfterMs !== undefined) ctx.set('Retry-After', String(Math.ceil(known.retryAfterMs / 1000)))
    ctx.body = {
      error: {
        code: known.code,
        message: messageOf(known.code),
        requestId: currentRequestId(),
        ...known.publicDetails,
      },
    }
  }
}

/** Errors thrown by Koa's own parts (bad URL encoding and the like) carry a status; everything else is our bug. */
function fromKoa(error: unknown): AppError {
  const status = (error as { status?: unknown } | null)?.status
  if (typeof status === 'number' && status >= 400 && status < 500)
    return new AppError('invalid', 'invalid_request', {}, { cause: error })
  return new AppError('internal', 'internal', {}, { cause: error })
}

/** Adds every route to the router. Order: actor → role → params, query, body → handler → response. */
export function mountRoutes(router: Router, routes: readonly Route[], deps: HttpDeps): void {
  for (const one of routes) router[one.method](one.path, handlerOf(one, deps))
}

function handlerOf(one: Route, deps: HttpDeps): Middleware {
  return async (ctx) => {
    if (one.unlogged) ctx.state.unlogged = true
    const { params } = ctx as unknown as RouterContext
    const actor = await authorise(one, ctx, deps)
    const rawBody = one.body ? await readJson(ctx) : undefined
    const input = {
      params: parsePart('params', one.params, params),
      query: parsePart('query', one.query, { ...ctx.query }),
      body: parsePart('body', one.body, rawBody),
      actor,
      requestId: currentRequestId() ?? '',
    }
    if (one.answers) return answerBytes(ctx, (await one.handle(input)) as Bytes)
    const { receives } = one
    const handle = receives
      ? () =>
          receive(
            ctx,
            receives,
            (fields) => parsePart('fields', receives.fields, fields),
            (incoming) => one.handle({ ...input, incoming }),
          )
      : () => one.handle(input)
    const run = async () => {
      const result = one.response.safeParse(await handle())
      // An answer that breaks its own view is our bug; better no answer than undeclared fields.
      if (!result.success)
        throw new AppError('internal', 'internal', {
          route: one.path,
          issues: result.error.issues.map((issue) => issue.path.join('.')),
        })
      return result.data
    }
    const key = ctx.get('idempotency-key')
    ctx.body =
      one.idempotent && key
        ? await deps.idempotency.once(
            {
              actor: `${actor.kind}:${actor.id}`,
              key,
              route: `${one.method} ${one.path}`,
              request: { params, rawBody },
            },
            run,
          )
        : await run()
    ctx.status = one.status
  }
}

async function authorise(one: Route, ctx: Koa.Context, { authenticate, throttle }: HttpDeps): Promise<Actor> {
  const address = throttle?.addressOf(ctx.req) ?? ''
  if (one.auth === 'public') {
    throttle?.take('public', address)
    return { kind: 'public', id: 'public', roles: [], stores: [] }
  }
  // Before the key is looked at: whoever guesses doesn't learn that the last guess was right.
  throttle?.check('refused', address)
  const actor = await authenticate(one.auth, ctx.headers)
  if (!actor) {
    throttle?.note('refused', address)
    throw new AppError('unauthenticated', 'unauthenticated')
  }
  // Clinic systems import in bulk and hold a key of ours: they are not limited.
  if (actor.kind === 'customer' || actor.kind === 'staff') throttle?.take(actor.kind, actor.id)
  if (one.roles && !one.roles.some((role) => actor.roles.includes(role)))
    throw new AppError('forbidden', 'role_required')
  await one.admit?.(actor)
  return actor
}

function parsePart(part: string, schema: z.ZodType | undefined, value: unknown): unknown {
  if (!schema) return {}
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues
    .slice(0, 50)
    .map((issue) => ({ path: [part, ...issue.path].join('.'), message: issue.message }))
  throw invalid('invalid_request', { fields: problems.map((problem) => problem.path) }, { publicDetails: { problems } })
}

async function readJson(ctx: Koa.Context): Promise<unknown> {
  if (ctx.get('content-encoding') && ctx.get('content-encoding') !== 'identity')
    throw invalid('invalid_request', { reason: 'compressed body' })
  // Also keeps out what a foreign page can send without asking first: forms and plain text.
  if (!/^application\/json *(;|$)/i.test(ctx.get('content-type'))) throw invalid('unsupported_media_type')
  const raw = await readBody(ctx, JSON_BODY)
  if (raw.length === 0) return undefined
  try {
    // The schemas refuse other unknown keys, but zod copies objects, and a copied `__proto__` is gone before it is checked.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(raw), (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('__proto__')
      return value
    })
  } catch {
    throw invalid('invalid_json')
  }
}
