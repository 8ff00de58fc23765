/** The mini-program's own customer service: five answers within 48 hours of a message, two within a minute of coming in. */
import type { Customer } from '../state.ts'
import { type Api, ApiError, entryOf, record, type SimContext, text } from './types.ts'

const MESSAGE_MS = 48 * 3_600_000
const ENTER_MS = 60_000
const TYPING_MS = 30_000

interface Talk {
  messageAt: number | null
  leftAfterMessage: number
  enteredAt: number | null
  leftAfterEnter: number
}

export interface MiniChat {
  entered(customer: Customer, now: Date): void
  wrote(customer: Customer, now: Date): void
  /** @throws ApiError 45015 nothing came in time, 45047 too many */
  take(customer: Customer, now: Date): void
  /** When anything was exchanged last. */
  lastAt(customer: Customer): number | null
}

export function createMiniChat(): MiniChat {
  const talks = new Map<string, Talk>()
  const talk = ({ openId }: Customer): Talk => {
    const known = talks.get(openId) ?? { messageAt: null, leftAfterMessage: 0, enteredAt: null, leftAfterEnter: 0 }
    talks.set(openId, known)
    return known
  }
  const within = (at: number | null, now: number, ms: number) => at !== null && now - at <= ms
  return {
    entered: (customer, now) => void Object.assign(talk(customer), { enteredAt: now.getTime(), leftAfterEnter: 2 }),
    wrote: (customer, now) => void Object.assign(talk(customer), { messageAt: now.getTime(), leftAfterMessage: 5 }),
    take(customer, at) {
      const own = talk(customer)
      const now = at.getTime()
      const mayMessage = within(own.messageAt, now, MESSAGE_MS)
      const mayEnter = within(own.enteredAt, now, ENTER_MS)
      if (!mayMessage && !mayEnter) throw new ApiError(45015, 'response out of time limit')
      if (mayMessage && own.leftAfterMessage > 0) own.leftAfterMessage -= 1
      else if (mayEnter && own.leftAfterEnter > 0) own.leftAfterEnter -= 1
      else throw new ApiError(45047, 'out of response count limit')
    },
    lastAt(customer) {
      const { messageAt, enteredAt } = talk(customer)
      return messageAt === null && enteredAt === null ? null : Math.max(messageAt ?? 0, enteredAt ?? 0)
    },
  }
}

const KINDS: Record<string, (content: Record<string, unknown>, find: (id: string) => unknown) => string> = {
  text({ content }) {
    if (!text(content)) throw new ApiError(44004, 'empty content')
    return text(content)
  },
  image({ media_id }, find) {
    find(text(media_id))
    return '[图片]'
  },
  link({ title, description, url }) {
    if (!text(title) || !/^https?:\/\//.test(text(url))) throw new ApiError(47001, 'data format error')
    return [`[链接] ${text(title)}`, text(description)].filter(Boolean).join('\n')
  },
  miniprogrampage({ title, pagepath, thumb_media_id }, find) {
    find(text(thumb_media_id))
    if (!text(pagepath)) throw new ApiError(47001, 'data format error')
    return `[小程序] ${text(title)}`
  },
}

/** @throws ApiError 40003 */
function toUser({ world }: SimContext, body: Record<string, unknown>): Customer {
  const customer = world.byOpenId.get(text(body.touser))
  if (!customer) throw new ApiError(40003, 'invalid openid')
  return customer
}

const common = { method: 'POST', auth: 'wechat' } as const

export const miniChatApis: Api[] = [
  {
    ...common,
    path: '/cgi-bin/message/custom/send',
    handle({ body }, context) {
      const { miniChat, media, ledger, clock } = context
      const customer = toUser(context, body)
      const now = clock.now()
      const type = text(body.msgtype)
      const show = entryOf(KINDS, type)
      if (!show) throw new ApiError(40008, 'invalid message type')
      const words = show(record(body[type]), (id) => media.get('mini', id, now))
      miniChat.take(customer, now)
      ledger.add({
        at: now.toISOString(),
        person: customer.personId,
        kind: 'kf',
        messageId: null,
        channel: 'message/custom/send',
        payload: { msgtype: type },
        text: words,
      })
      return {}
    },
  },
  {
    ...common,
    path: '/cgi-bin/message/custom/business/typing',
    handle({ body }, context) {
      const customer = toUser(context, body)
      if (body.command !== 'Typing' && body.command !== 'CancelTyping') throw new ApiError(45072, 'invalid command')
      const last = context.miniChat.lastAt(customer)
      if (last === null || context.clock.now().getTime() - last > TYPING_MS)
        throw new ApiError(45080, 'no message exchanged in 30 seconds')
      return {}
    },
  },
]
