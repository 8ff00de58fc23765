/** Pages for people without an app or account: HTML made on the server, no script, nothing personal in address or words. */
import type Router from '@koa/router'
import type { z } from 'zod'
import { messageOf } from './error-messages.ts'
import { AppError } from './errors.ts'
import type { Log } from './log.ts'

export interface Page {
  /** Full path with `:params`. */
  path: string
  params: z.ZodType
  query: z.ZodType
  /** The whole document. @throws AppError what can't be shown, in the words of its code */
  show(input: { params: unknown; query: unknown }): Promise<string>
  /** The same in the page's own dress. */
  refused(message: string): string
}

export function page<P extends z.ZodType, Q extends z.ZodType>(spec: {
  path: string
  params: P
  query: Q
  show(input: { params: z.output<P>; query: z.output<Q> }): Promise<string>
  refused(message: string): string
}): Page {
  return spec as unknown as Page
}

const HOUR_SECONDS = 3_600

/** Adds every page to the router. A refusal is a page, too: who opens a link from a message doesn't read JSON. */
export function mountPages(router: Router, pages: readonly Page[], log: Log): void {
  for (const one of pages)
    router.get(one.path, async (ctx) => {
      ctx.type = 'text/html; charset=utf-8'
      // Shapes and a stylesheet of its own: there is nothing to load, and nobody to tell where the reader comes from.
      ctx.set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
      ctx.set('Referrer-Policy', 'no-referrer')
      try {
        const params = one.params.safeParse(ctx.params)
        const query = one.query.safeParse({ ...ctx.query })
        // An address that was mistyped or cut leads nowhere; it is no form whose fields could be put right.
        if (!params.success || !query.success) throw new AppError('not_found', 'not_found')
        const html = await one.show({ params: params.data, query: query.data })
        ctx.set('Cache-Control', `public, max-age=${HOUR_SECONDS}`)
        ctx.body = html
      } catch (error) {
        const known = error instanceof AppError ? error : new AppError('internal', 'internal', {}, { cause: error })
        if (known.kind === 'internal') log.error({ err: error }, 'page not shown')
        ctx.set('Cache-Control', 'no-store')
        ctx.status = known.status
        ctx.body = one.refused(messageOf(known.code))
      }
    })
}
