/** One small object per channel: the exact bytes of a message, how to send them, and whether the other side deduplicates. */
import { AppError } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { WechatClient } from '../wechat/index.ts'
import { networkFailure, type WecomClient } from '../wecom/index.ts'
import type { OutboxRow } from './model.ts'
import type { Channel } from './types.ts'

export interface Sent {
  messageId: string | null
  responseCode: string | null
}

export interface ChannelDriver {
  /** How a repeat of the same bytes is treated over there: by our id, by the body for some hours, or sent again. */
  dedupe: 'id' | 'body' | 'none'
  freeze(row: OutboxRow, target: string, n: number): string
  /** @throws VendorError */
  send(body: string): Promise<Sent>
  /** The message id of bytes that the vendor says it had before. */
  idOf(body: string): string | null
}

export interface ChannelSettings {
  agentId: number
  sms: { base: string; key: string } | null
}

const DUPLICATE_INTERVAL_S = 14_400
const field = (body: string, name: string): string | null => {
  const value = (JSON.parse(body) as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : null
}

/** 32 hex digits: the same row, channel and number of refusals give the same id, so a repeat is one message. */
const providerId = (row: OutboxRow, channel: Channel, n: number): string => hashId(row._id, channel, n)

export function createChannels({
  wecom,
  wechat,
  settings,
}: {
  wecom: WecomClient
  wechat: WechatClient
  settings: ChannelSettings
}): Partial<Record<Channel, ChannelDriver>> {
  const chatBody = (row: OutboxRow): Record<string, unknown> => {
    const { content } = row
    if (content.kind !== 'customer') throw new AppError('internal', 'internal', { outboxId: row._id })
    if (!content.menu) return { msgtype: 'text', text: { content: content.chat } }
    return {
      msgtype: 'msgmenu',
      msgmenu: {
        head_content: content.chat,
        list: content.menu.map(({ id, label }) => ({ type: 'click', click: { id, content: label } })),
      },
    }
  }
  return {
    kf: {
      dedupe: 'id',
      freeze(row, target, n) {
        const [openKfId, externalUserId] = target.split('|')
        return JSON.stringify({
          touser: externalUserId,
          open_kfid: openKfId,
          msgid: providerId(row, 'kf', n),
          ...chatBody(row),
        })
      },
      send: async (body) => ({
        messageId: (await wecom.kfSendMsg(body)).msgid || field(body, 'msgid'),
        responseCode: null,
      }),
      idOf: (body) => field(body, 'msgid'),
    },
    kf_event: {
      dedupe: 'id',
      freeze: (row, target, n) =>
        JSON.stringify({ code: target, msgid: providerId(row, 'kf_event', n), ...chatBody(row) }),
      send: async (body) => ({
        messageId: (await wecom.kfSendMsgOnEvent(body)).msgid || field(body, 'msgid'),
        responseCode: null,
      }),
      idOf: (body) => field(body, 'msgid'),
    },
    subscribe: {
      dedupe: 'none',
      freeze(row, target) {
        const [openId, templateId] = target.split('|')
        const fields = row.content.kind === 'customer' ? (row.content.subscribe?.fields ?? {}) : {}
        const data = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }]))
        return JSON.stringify({
          touser: openId,
          template_id: templateId,
          page: 'pages/home/index',
          data,
          miniprogram_state: 'formal',
          lang: 'zh_CN',
        })
      },
      send: async (body) => ({ messageId: (await wechat.sendSubscribe(body)).msgid, responseCode: null }),
      idOf: () => null,
    },
    app: {
      dedupe: 'body',
      freeze(row, target) {
        const message = row.content.kind === 'staff' ? row.content.message : {}
        return JSON.stringify({
          touser: target,
          agentid: settings.agentId,
          ...message,
          enable_duplicate_check: 1,
          duplicate_check_interval: DUPLICATE_INTERVAL_S,
        })
      },
      async send(body) {
        const { msgid, responseCode } = await wecom.sendMessage(body)
        return { messageId: msgid || null, responseCode }
      },
      idOf: () => null,
    },
    card_update: {
      // The code is single use: a repeat is refused with 60140, which on a row that was being sent means "done".
      dedupe: 'id',
      freeze(row, target) {
        const { update, responseCode } =
          row.content.kind === 'card_update' ? row.content : { update: {}, responseCode: '' }
        return JSON.stringify({ userids: [target], agentid: settings.agentId, response_code: responseCode, ...update })
      },
      async send(body) {
        await wecom.updateTemplateCard(body)
        return { messageId: null, responseCode: null }
      },
      idOf: () => null,
    },
    ...(settings.sms ? { sms: smsDriver(settings.sms) } : {}),
  }
}

const SMS_TIMEOUT_MS = 8_000

/** `POST <base> { id, to, text }` with a bearer key; the gateway doesn't deliver a repeated id again. */
function smsDriver({ base, key }: { base: string; key: string }): ChannelDriver {
  return {
    dedupe: 'id',
    freeze: (row, target, n) =>
      JSON.stringify({
        id: providerId(row, 'sms', n),
        to: target,
        text: row.content.kind === 'customer' ? (row.content.sms ?? '') : '',
      }),
    async send(body) {
      let response: Response
      try {
        response = await fetch(base, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
          body,
          signal: AbortSignal.timeout(SMS_TIMEOUT_MS),
        })
        await response.arrayBuffer()
      } catch (cause) {
        throw networkFailure('wecom', 'sms', cause)
      }
      if (response.ok) return { messageId: field(body, 'id'), responseCode: null }
      // 5xx and 429: the gateway is busy and took nothing; anything else is a refusal of this message.
      throw new SmsRefusal(response.status)
    },
    idOf: (body) => field(body, 'id'),
  }
}

export class SmsRefusal extends Error {
  readonly busy: boolean
  readonly status: number
  constructor(status: number) {
    super(`sms gateway answers ${status}`)
    this.status = status
    this.busy = status >= 500 || status === 429
  }
}
