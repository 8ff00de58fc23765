/** What orchestrators and operators ask of every process: is it alive, is it ready, its metrics, its API document. */
import type Router from '@koa/router'
import type { Connection } from 'mongoose'
import { bearerOf } from './auth.ts'
import type { Actor, Route } from './http.ts'
import type { Metrics } from './metrics.ts'
import { openApiOf } from './openapi.ts'

export interface SystemRouteDeps {
  db: Connection
  metrics: Metrics
  routes: readonly Route[]
  integration: (token: string | null) => Actor | null
}

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

export function mountSystemRoutes(router: Router, { db, metrics, routes, integration }: SystemRouteDeps): void {
  const document = openApiOf(routes)
  router.get('/healthz', (ctx) => {
    ctx.body = { status: 'ok' }
  })
  router.get('/readyz', async (ctx) => {
    try {
      await db.db?.admin().ping()
      ctx.body = { status: 'ready' }
    } catch {
      ctx.status = 503
      ctx.body = { status: 'database_unreachable' }
    }
  })
  router.get('/metrics', async (ctx) => {
    // Figures of the business: for the machine itself, or whoever holds a key.
    if (!LOOPBACK.has(ctx.req.socket.remoteAddress ?? '') && !integration(bearerOf(ctx.headers))) {
      ctx.status = 401
      return
    }
    ctx.type = metrics.registry.contentType
    ctx.body = await metrics.registry.metrics()
  })
  router.get('/api/openapi.json', (ctx) => {
    ctx.body = document
  })
}
