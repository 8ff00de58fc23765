/** What orchestrators and operators ask of every process: is it alive, is it ready, its metrics, its API document. */
import type Router from '@koa/router'
import type { Connection } from 'mongoose'
import { networkOf } from './address.ts'
import { bearerOf } from './auth.ts'
import { AppError } from './errors.ts'
import type { Actor, Route } from './http.ts'
import { inTime } from './in-time.ts'
import type { Metrics } from './metrics.ts'
import { openApiOf } from './openapi.ts'
import type { Throttle } from './rate-limit.ts'

export interface SystemRouteDeps {
  db: Connection
  metrics: Metrics
  routes: readonly Route[]
  integration: (token: string | null) => Actor | null
  throttle: Throttle
  /** Brings the gauges up to date, just before they are read. */
  measure: () => Promise<void>
}

/** Who probes does not wait as long as the driver does for a database that is gone. */
const PATIENCE_MS = 2_000
const soon = (work: Promise<unknown> | undefined) => inTime(PATIENCE_MS, Promise.resolve(work), 'took too long')

const LOOPBACK = new Set(['127.0.0.1', networkOf('::1')])

export function mountSystemRoutes(router: Router, deps: SystemRouteDeps): void {
  const { db, metrics, routes, integration, throttle, measure } = deps
  const document = openApiOf(routes)
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' }
  })
  router.get('/readyz', async (ctx) => {
    try {
      await soon(db.db?.admin().ping())
      ctx.body = { status: 'ready' }
    } catch {
      ctx.status = 503
      ctx.body = { status: 'database_unreachable' }
    }
  })
  router.get('/metrics', async (ctx) => {
    // Figures of the business: for the machine itself, not who comes through its proxy, or whoever holds a key.
    const address = throttle.addressOf(ctx.req)
    if (!LOOPBACK.has(address)) {
      throttle.check('refused', address)
      if (!integration(bearerOf(ctx.headers))) {
        throttle.note('refused', address)
        throw new AppError('unauthenticated', 'unauthenticated')
      }
    }
    // Without a database the gauges keep what they said; the rest is still worth reading.
    await soon(measure()).catch(() => undefined)
    ctx.type = metrics.registry.contentType
    ctx.body = await metrics.registry.metrics()
  })
  router.get('/api/openapi.json', (ctx) => {
    ctx.body = document
  })
}
