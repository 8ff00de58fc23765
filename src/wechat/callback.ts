/** Takes in mini-program pushes in safe mode (JSON or XML). Plain mode is refused: anybody could send it. */
import type Router from '@koa/router'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import type { Inbox } from '../platform/inbox.ts'
import type { Metrics } from '../platform/metrics.ts'
import { counted, ENVELOPE_TAGS, type Envelope, parseBody, readCallbackBody, resultOf } from '../wecom/index.ts'

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
