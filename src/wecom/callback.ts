/** Takes in WeCom's callbacks. The vendor waits 5 s, so this verifies, stores and answers; a drain does the work. */
import type Router from '@koa/router'
import type { Context } from 'koa'
import { readBody } from '../platform/body.ts'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import type { Inbox, InboxMessage } from '../platform/inbox.ts'
import type { Metrics } from '../platform/metrics.ts'
import { parseBody } from './body.ts'
import type { Envelope } from './envelope.ts'
import { decodeUtf8, ENVELOPE_TAGS } from './xml.ts'

const CALLBACK_BODY = { limit: 64 * 1024, timeoutMs: 4_000, code: 'bad_callback' } as const

export interface CallbackDeps {
  envelope: Envelope
  inbox: Inbox
  metrics: Metrics
  /** Our own app's. */
  agentId: number
}

/** The body of a callback as text. @throws AppError too_large/body_too_large, invalid/bad_callback */
export const readCallbackBody = async (ctx: Context): Promise<string> => decodeUtf8(await readBody(ctx, CALLBACK_BODY))

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

// JSON has numbers where XML has text.
const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

/** Key and type from decrypted content only: a retry comes in a fresh envelope. */
function messageOf(fields: Record<string, unknown>, plain: string): InboxMessage {
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

/**
 * Several apps of a corp may share an address and its keys. What was said to another one is kept, but nobody works on it:
 * a word to the holiday app is no summary of a call.
 */
function ofOtherApp(message: InboxMessage, agentId: number): boolean {
  // Absent, or 0, where it is the corp's matter.
  const named = Number(message.payload.AgentID)
  return named > 0 && named !== agentId
}

export function mountWecomCallback(router: Router, { envelope, inbox, metrics, agentId }: CallbackDeps): void {
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
      const { Encrypt: encrypted } = parseBody(await readCallbackBody(ctx), ENVELOPE_TAGS)
      if (typeof encrypted !== 'string') throw new AppError('invalid', 'bad_callback', { missing: 'Encrypt' })
      const plain = envelope.open(encrypted, ctx.query)
      const message = messageOf(parseBody(plain), plain)
      const isOurs = !ofOtherApp(message, agentId)
      return resultOf(await inbox.insertOnce(isOurs ? message : { ...message, type: `other_app.${message.type}` }))
    }),
  )
}
