/** Bodies and answers that are never whole in memory: bounded in bytes and in time, and over when the other side goes away. */
import { type Readable, Transform } from 'node:stream'
import busboy from 'busboy'
import type { Context } from 'koa'
import { AppError, invalid } from './errors.ts'
import type { Bytes, Incoming, Receives } from './http.ts'

/** What a form may have beside its file: boundaries, headers, short fields. */
const FORM_EXTRA = 64 * 1024
const FORM_LIMITS = { fields: 20, fieldNameSize: 100, fieldSize: 2_048, files: 1, parts: 21, headerPairs: 20 }
/** So long whoever was refused may go on sending, so that the refusal is read and not cut off. */
const LINGER_MS = 15_000

/**
 * Hands the body on while it arrives.
 *
 * @throws AppError invalid/unsupported_media_type, too_large/body_too_large, invalid/upload_cut, invalid/upload_too_slow,
 * invalid/invalid_request: no form, no file in it, or its fields are wrong; and whatever `handle` throws
 */
export async function receive<T>(
  ctx: Context,
  receives: Receives,
  parse: (fields: Record<string, string>) => unknown,
  handle: (incoming: Incoming<unknown>) => Promise<T>,
): Promise<T> {
  const { type, limit, timeoutMs } = receives
  if (ctx.get('content-encoding') && ctx.get('content-encoding') !== 'identity')
    throw invalid('invalid_request', { reason: 'compressed body' })
  const given = ctx.get('content-type').split(';')[0]?.trim().toLowerCase()
  if (given !== type) throw invalid('unsupported_media_type')
  const most = type === 'multipart/form-data' ? limit + FORM_EXTRA : limit
  const tooLarge = () => new AppError('too_large', receives.tooLarge ?? 'body_too_large')
  if ((ctx.request.length ?? 0) > most) throw tooLarge()

  const body = boundedBody(ctx, most, tooLarge)
  const late = setTimeout(() => {
    // Whoever dawdles doesn't keep the connection either.
    ctx.set('Connection', 'close')
    body.destroy(invalid('upload_too_slow'))
  }, timeoutMs)
  try {
    if (type === 'multipart/form-data') return await withForm(ctx, body, { ...receives, tooLarge }, parse, handle)
    return await handle({ stream: body, fields: Promise.resolve(undefined) })
  } finally {
    clearTimeout(late)
    if (!ctx.req.readableEnded) discardRest(ctx, body, most)
  }
}

/** The request behind a counter. Destroying it leaves the connection alone: an answer must still get through. */
function boundedBody({ req }: Context, most: number, tooLarge: () => AppError): Transform {
  let bytes = 0
  const body = new Transform({
    transform(chunk: Buffer, _, done) {
      bytes += chunk.length
      if (bytes > most) done(tooLarge())
      else done(null, chunk)
    },
  })
  const cut = () => void (req.complete || body.destroy(invalid('upload_cut')))
  req.once('error', cut)
  req.once('close', cut)
  // Who looks at the stream too late still gets the error from it; here it must only not be nobody's.
  body.on('error', () => undefined)
  body.once('close', () => {
    req.off('error', cut)
    req.off('close', cut)
    // Errors of a connection that is given up.
    req.on('error', () => undefined)
  })
  return req.pipe(body)
}

/** Reads on without keeping anything, so that the sender comes to read the answer; not for ever. */
function discardRest({ req }: Context, body: Transform, most: number): void {
  req.unpipe(body)
  body.destroy()
  if (req.destroyed) return
  let bytes = 0
  const stop = setTimeout(() => req.destroy(), LINGER_MS).unref()
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > most) req.destroy()
  })
  req.once('close', () => clearTimeout(stop))
  req.resume()
}

function withForm<T>(
  ctx: Context,
  body: Readable,
  { limit, file: wanted, tooLarge }: Pick<Receives, 'limit' | 'file'> & { tooLarge: () => AppError },
  parse: (fields: Record<string, string>) => unknown,
  handle: (incoming: Incoming<unknown>) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    let form: busboy.Busboy
    try {
      form = busboy({ headers: ctx.req.headers, limits: { ...FORM_LIMITS, fileSize: limit } })
    } catch (cause) {
      reject(invalid('invalid_request', { reason: 'form' }, { cause }))
      return
    }
    const fields = new Map<string, string>()
    let settle: { resolve(value: unknown): void; reject(error: unknown): void } | null = null
    const parsed = new Promise<unknown>((ok, no) => {
      settle = { resolve: ok, reject: no }
    })
    parsed.catch(() => undefined)
    let current: Readable | null = null
    /** Of the form's parser, which breaks its file off by itself. */
    let broken: unknown = null
    const knownOf = (error: unknown) =>
      error instanceof AppError ? error : invalid('invalid_request', { reason: 'form' }, { cause: error })
    const fail = (error: unknown) => {
      const known = knownOf(error)
      settle?.reject(known)
      current?.destroy(known)
      // Once there is a file, its handler answers: it has something to undo first.
      if (!current) reject(known)
      body.unpipe(form)
    }
    form.on('field', (name, value, { nameTruncated, valueTruncated }) => {
      if (nameTruncated || valueTruncated || fields.has(name)) fail(invalid('invalid_request', { field: 'form' }))
      else fields.set(name, value)
    })
    form.on('file', (name, stream) => {
      if (name !== wanted || current) {
        stream.resume()
        return fail(invalid('invalid_request', { reason: 'another file' }))
      }
      current = stream
      stream.once('limit', () => stream.destroy(tooLarge()))
      stream.on('error', (error) => {
        broken = error
      })
      try {
        settle?.resolve(parse(Object.fromEntries(fields)))
      } catch {
        // Perhaps they come behind the file.
      }
      handle({ stream, fields: parsed }).then(resolve, (error: unknown) =>
        reject(error === broken ? knownOf(error) : error),
      )
    })
    for (const event of ['fieldsLimit', 'filesLimit', 'partsLimit'] as const)
      form.once(event, () => fail(invalid('invalid_request', { reason: event })))
    form.once('error', fail)
    form.once('close', () => {
      if (!current) return fail(invalid('invalid_request', { fields: [wanted] }))
      try {
        settle?.resolve(parse(Object.fromEntries(fields)))
      } catch (error) {
        settle?.reject(error)
      }
    })
    body.once('error', fail)
    body.pipe(form)
  })
}

/** Sends what is read. A source that fails on the way cuts the connection: half a picture must not look whole. */
export function answerBytes(ctx: Context, { type, length, stream }: Bytes): void {
  ctx.status = 200
  ctx.type = type
  ctx.length = length
  ctx.set('Cache-Control', 'private, no-store')
  ctx.set('Content-Disposition', 'inline')
  if (ctx.method === 'HEAD') stream.destroy()
  else ctx.body = stream
}
