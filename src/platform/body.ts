/** Request bodies, bounded in size and in time. */
import type { Context } from 'koa'
import getRawBody from 'raw-body'
import { AppError, invalid } from './errors.ts'

export interface BodyBounds {
  limit: number
  timeoutMs: number
  /** The code of a body that is cut off, slow or otherwise unreadable. */
  code: 'invalid_request' | 'bad_callback'
}

/** @throws AppError too_large/body_too_large, or invalid with the given code */
export async function readBody(ctx: Context, { limit, timeoutMs, code }: BodyBounds): Promise<Buffer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      // Whoever dawdles doesn't keep the connection either.
      ctx.set('Connection', 'close')
      reject(invalid(code, { reason: 'body too slow' }))
    }, timeoutMs)
  })
  try {
    return await Promise.race([getRawBody(ctx.req, { limit, length: ctx.request.length ?? null }), late])
  } catch (error) {
    if (error instanceof AppError) throw error
    const { type = 'body' } = error as { type?: string }
    if (type === 'entity.too.large') throw new AppError('too_large', 'body_too_large')
    throw invalid(code, { reason: type }, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}
