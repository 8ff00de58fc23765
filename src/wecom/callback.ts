/** Takes in WeCom's callbacks. The vendor waits 5 s, so this verifies, stores and answers; a drain does the work. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import getRawBody from 'raw-body'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import type { Inbox, InboxMessage } from '../platform/inbox.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Envelope } from './envelope.ts'
import { decodeUtf8, parseXml } from './xml.ts'

const BODY_LIMIT = 64 * 1024
const BODY_TIMEOUT_MS = 4_000

export interface CallbackDeps {
  envelope: Envelope
  inbox: Inbox
  metrics: Metrics
}

/** The body of a callback as text. @throws AppError too_large/body_too_large, invalid/bad_callback */
export async function readCallbackBody(ctx: Context): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new AppError('invalid', 'bad_callback', { reason: 'body too slow' })),
      BODY_TIMEOUT_MS,
    )
  })
  try {
    const bytes = await Promise.race([
      getRawBody(ctx.req, { limit: BODY_LIMIT, length: ctx.request.length ?? null }),
      late,
    ])
    return decodeUtf8(bytes)
  } catch (error) {
    if (error instanceof AppError) throw error
    if ((error as { type?: string }).type === 'entity.too.large') throw new AppError('too_large', 'body_too_large')
    throw new AppError('invalid', 'bad_callback', { reason: 'body' }, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** Counts what became of each callback, whatever is thrown. */
export function counted(
  source: 'wecom' | 'wechat',
  metrics: Metrics,
  handle: (ctx: Context) => Promise<'received' | 'duplicate' | 'ignored'>,
) {
  return async (ctx: Context): Promise<void> => {
    try {
      const result = await handle(ctx)
      metrics.callbacks.inc({ source, result, code: '' })
      // An empty 200 ends the vendor's retries.
      ctx.status = 200
      ctx.body = ''
    } catch (error) {
      metrics.callbacks.inc({ source, result: 'rejected', code: error instanceof AppError ? error.code : 'internal' })
      throw error
    }
  }
}

export const resultOf = ({ fresh, status }: { fresh: boolean; status: string }) =>
  !fresh ? 'duplicate' : status === 'ignored' ? 'ignored' : 'received'

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** Key and type from decrypted content only: a retry comes in a fresh envelope. */
export function messageOf(fields: Record<string, unknown>, plain: string): InboxMessage {
  const type = textOf(fields.MsgType)
  if (!type) throw new AppError('invalid', 'bad_callback', { missing: 'MsgType' })
  const from = textOf(fields.FromUserName)
  if (type !== 'event') {
    const msgId = textOf(fields.MsgId)
    if (!msgId) throw new AppError('invalid', 'bad_callback', { missing: 'MsgId' })
    return { key: `wecom:msg:${msgId}`, source: 'wecom', type, payload: fields }
  }
  const event = textOf(fields.Event)
  if (!event) throw new AppError('invalid', 'bad_callback', { missing: 'Event' })
  const change = textOf(fields.ChangeType)
  const name = change ? `${event}.${change}` : event
  // One second can hold two events of one person: the content's hash tells them apart.
  return {
    key: `wecom:${name}:${textOf(fields.CreateTime)}:${sha256Hex(`${from}|${plain}`).slice(0, 24)}`,
    source: 'wecom',
    type: name,
    payload: fields,
  }
}

export function mountWecomCallback(router: Router, { envelope, inbox, metrics }: CallbackDeps): void {
  router.get('/callbacks/wecom', (ctx) => {
    const { echostr } = ctx.query
    if (typeof echostr !== 'string') throw new AppError('invalid', 'bad_callback', { parameter: 'echostr' })
    // The plaintext alone: no quotes, no newline.
    ctx.type = 'text/plain'
    ctx.body = envelope.open(echostr, ctx.query)
  })
  router.post(
    '/callbacks/wecom',
    counted('wecom', metrics, async (ctx) => {
      const { Encrypt: encrypted } = parseXml(await readCallbackBody(ctx))
      if (typeof encrypted !== 'string') throw new AppError('invalid', 'bad_callback', { missing: 'Encrypt' })
      const plain = envelope.open(encrypted, ctx.query)
      return resultOf(await inbox.insertOnce(messageOf(parseXml(plain), plain)))
    }),
  )
}
