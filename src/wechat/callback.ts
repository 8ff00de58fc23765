/** Takes in mini-program pushes in safe mode (JSON or XML). Plain mode is refused: anybody could send it. */
import type Router from '@koa/router'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import type { Inbox } from '../platform/inbox.ts'
import type { Metrics } from '../platform/metrics.ts'
import { counted, ENVELOPE_TAGS, type Envelope, parseXml, readCallbackBody, resultOf } from '../wecom/index.ts'

/** 64-bit ids lose digits as JSON numbers: they are quoted before parsing. */
const quoteIds = (text: string): string => text.replace(/("(?:MsgId|MsgID|msgid)"\s*:\s*)(\d{16,})/g, '$1"$2"')

function parseBody(text: string, mostTags?: number): Record<string, unknown> {
  if (text.trimStart().startsWith('<')) return parseXml(text, mostTags)
  try {
    const parsed: unknown = JSON.parse(quoteIds(text))
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>
  } catch {
    // answered below
  }
  throw new AppError('invalid', 'bad_callback', { reason: 'neither JSON nor XML' })
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '')

export function mountWechatCallback(
  router: Router,
  { envelope, inbox, metrics }: { envelope: Envelope; inbox: Inbox; metrics: Metrics },
): void {
  router.get('/callbacks/wechat', (ctx) => {
    const { echostr } = ctx.query
    if (typeof echostr !== 'string' || !/^[\w-]{1,128}$/.test(echostr))
      throw new AppError('invalid', 'bad_callback', { parameter: 'echostr' })
    envelope.checkPlain(ctx.query)
    ctx.type = 'text/plain'
    ctx.body = echostr
  })
  router.post(
    '/callbacks/wechat',
    counted('wechat', metrics, async (ctx) => {
      const { Encrypt: encrypted } = parseBody(await readCallbackBody(ctx), ENVELOPE_TAGS)
      if (typeof encrypted !== 'string') throw new AppError('invalid', 'bad_callback', { missing: 'Encrypt' })
      const plain = envelope.open(encrypted, ctx.query)
      const fields = parseBody(plain)
      const type = textOf(fields.Event) || textOf(fields.MsgType)
      if (!type) throw new AppError('invalid', 'bad_callback', { missing: 'MsgType' })
      const id = textOf(fields.MsgId)
      const key =
        id && textOf(fields.MsgType) !== 'event'
          ? `wechat:msg:${id}`
          : `wechat:${type}:${textOf(fields.CreateTime)}:${sha256Hex(plain).slice(0, 24)}`
      return resultOf(await inbox.insertOnce({ key, source: 'wechat', type, payload: fields }))
    }),
  )
}
