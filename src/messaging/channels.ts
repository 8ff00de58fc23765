/** One small object per channel: the exact bytes of a message, how to send them, and whether the other side deduplicates. */
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Log } from '../platform/log.ts'
import type { WechatClient } from '../wechat/index.ts'
import { networkFailure, type WecomClient, welcomeBody } from '../wecom/index.ts'
import { type ChannelDriver, Undelivered } from './driver.ts'
import { type EmailSettings, emailFreezer, emailIdOf, smtpEmail } from './email.ts'
import { messageKey, type OutboxRow } from './model.ts'
import { cutBytes } from './templates.ts'
import type { Attachment, Channel } from './types.ts'

export interface ChannelSettings {
  agentId: number
  /** `log` writes a line and delivers nothing: for development without a gateway. */
  sms: { base: string; key: string; partFen: number } | 'log' | null
  email: EmailSettings | 'log' | null
}

/** Of the mini-program. */
const FIRST_PAGE = 'pages/home/index'
const DUPLICATE_INTERVAL_S = 14_400
const field = (body: string, name: string): string | null => {
  const value = (JSON.parse(body) as Record<string, unknown>)[name]
  return typeof value === 'string' ? value : null
}

/** The vendor's limit for a text or markdown message to members, bytes. */
const STAFF_TEXT_BYTES = 2_048

/**
 * Two texts to one member that read the same are one to WeCom's duplicate check, and the second is swallowed without an
 * error. So each carries a short reference of its row; a repeat of the row carries the same. Cards have their task's id.
 */
function marked(message: Record<string, unknown>, rowId: string): Record<string, unknown> {
  const kind = String(message.msgtype)
  if (kind !== 'text' && kind !== 'markdown') return message
  const { content } = message[kind] as { content: string }
  const mark = `\n（编号 ${rowId.slice(0, 8)}）`
  return { ...message, [kind]: { content: cutBytes(content, STAFF_TEXT_BYTES - Buffer.byteLength(mark)) + mark } }
}

/** As the vendor spells it, cut to its limits. */
function attachmentBody(attachment: Attachment): Record<string, unknown> {
  switch (attachment.kind) {
    case 'media':
      return { msgtype: attachment.type, [attachment.type]: { media_id: attachment.mediaId } }
    case 'link': {
      const { title, description, url, thumbMediaId } = attachment
      const link = { title: cutBytes(title, 128), desc: cutBytes(description, 512), url, thumb_media_id: thumbMediaId }
      return { msgtype: 'link', link }
    }
    case 'mini_program': {
      const { appId, title, page, thumbMediaId } = attachment
      const miniprogram = { appid: appId, title: cutBytes(title, 64), pagepath: page, thumb_media_id: thumbMediaId }
      return { msgtype: 'miniprogram', miniprogram }
    }
    case 'location': {
      const { kind: _, ...location } = attachment
      return { msgtype: 'location', location }
    }
  }
}

/** The vendor's limits for the text above a menu and for a text alone, bytes. */
const MENU_HEAD_BYTES = 1_024

export function createChannels({
  wecom,
  wechat,
  settings,
  clock,
  log,
}: {
  wecom: WecomClient
  wechat: WechatClient
  settings: ChannelSettings
  clock: Clock
  log: Log
}): Partial<Record<Channel, ChannelDriver>> {
  const chatBody = (row: OutboxRow): Record<string, unknown> => {
    const { content } = row
    if (content.kind !== 'customer') throw new AppError('internal', 'internal', { outboxId: row._id })
    if (content.attachment) return attachmentBody(content.attachment)
    if (!content.menu) return { msgtype: 'text', text: { content: content.chat } }
    return {
      msgtype: 'msgmenu',
      msgmenu: {
        head_content: cutBytes(content.chat, MENU_HEAD_BYTES),
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
          msgid: messageKey(row._id, 'kf', n),
          ...chatBody(row),
        })
      },
      send: async (body, timeoutMs) => ({
        messageId: (await wecom.kfSendMsg(body, { timeoutMs })).msgid || field(body, 'msgid'),
        responseCode: null,
      }),
      idOf: (body) => field(body, 'msgid'),
    },
    kf_event: {
      dedupe: 'id',
      freeze: (row, target, n) =>
        JSON.stringify({ code: target, msgid: messageKey(row._id, 'kf_event', n), ...chatBody(row) }),
      send: async (body, timeoutMs) => ({
        messageId: (await wecom.kfSendMsgOnEvent(body, { timeoutMs })).msgid || field(body, 'msgid'),
        responseCode: null,
      }),
      idOf: (body) => field(body, 'msgid'),
    },
    contact_welcome: {
      // The code is single use: a repeat reaches nobody twice.
      dedupe: 'id',
      freeze: (row, target) =>
        welcomeBody({ code: target, text: row.content.kind === 'customer' ? row.content.chat : '' }),
      async send(body, timeoutMs) {
        await wecom.sendWelcome(body, { timeoutMs })
        return { messageId: null, responseCode: null }
      },
      idOf: () => null,
    },
    subscribe: {
      dedupe: 'none',
      freeze(row, target) {
        const [openId, templateId] = target.split('|')
        const notice = row.content.kind === 'customer' ? row.content.subscribe : null
        const fields = notice?.fields ?? {}
        const data = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }]))
        return JSON.stringify({
          touser: openId,
          template_id: templateId,
          page: notice?.page ?? FIRST_PAGE,
          data,
          miniprogram_state: 'formal',
          lang: 'zh_CN',
        })
      },
      send: async (body, timeoutMs) => ({
        messageId: (await wechat.sendSubscribe(body, { timeoutMs })).msgid,
        responseCode: null,
      }),
      idOf: () => null,
    },
    app: {
      dedupe: 'body',
      freeze(row, target) {
        const message = row.content.kind === 'staff' ? row.content.message : {}
        return JSON.stringify({
          touser: target,
          agentid: settings.agentId,
          ...marked(message, row._id),
          enable_duplicate_check: 1,
          duplicate_check_interval: DUPLICATE_INTERVAL_S,
        })
      },
      async send(body, timeoutMs) {
        const { msgid, responseCode } = await wecom.sendMessage(body, { timeoutMs })
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
      async send(body, timeoutMs) {
        await wecom.updateTemplateCard(body, { timeoutMs })
        return { messageId: null, responseCode: null }
      },
      idOf: () => null,
    },
    ...(settings.sms ? { sms: settings.sms === 'log' ? loggedSms(log) : gatewaySms(settings.sms) } : {}),
    ...(settings.email
      ? { email: settings.email === 'log' ? loggedEmail(clock, log) : smtpEmail(settings.email, clock) }
      : {}),
  }
}

/** Carriers count a text of Chinese signs as one part up to 70, and as parts of 67 beyond. */
const ONE_PART = 70
const LONG_PART = 67
export const smsParts = (text: string): number => (text.length <= ONE_PART ? 1 : Math.ceil(text.length / LONG_PART))

const smsBody = (row: OutboxRow, target: string, n: number): string =>
  JSON.stringify({
    id: messageKey(row._id, 'sms', n),
    to: target,
    text: row.content.kind === 'customer' ? (row.content.sms ?? '') : '',
  })

/** Delivers nothing: a line says that something would go. */
const logged = (
  log: Log,
  what: string,
  freeze: ChannelDriver['freeze'],
  idOf: ChannelDriver['idOf'],
): ChannelDriver => ({
  dedupe: 'id',
  freeze,
  async send(body) {
    const messageId = idOf(body)
    log.info({ messageId, what }, 'a message would go out now: nothing is configured to carry it')
    return { messageId, responseCode: null }
  },
  idOf,
})
const smsIdOf = (body: string) => field(body, 'id')
const loggedSms = (log: Log) => logged(log, 'SMS', smsBody, smsIdOf)
const loggedEmail = (clock: Clock, log: Log) => logged(log, 'email', emailFreezer(NOBODY, clock), emailIdOf)
/** Sender of mails that are only written to the log. */
const NOBODY = 'aftercare@localhost'

/** `POST <base> { id, to, text }` with a bearer key; the gateway doesn't deliver a repeated id again. */
const gatewaySms = ({ base, key, partFen }: { base: string; key: string; partFen: number }): ChannelDriver => ({
  dedupe: 'id',
  freeze: smsBody,
  async send(body, timeoutMs) {
    let response: Response
    try {
      response = await fetch(base, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      })
      await response.arrayBuffer()
    } catch (cause) {
      throw networkFailure('wecom', 'sms', cause)
    }
    if (response.ok) return { messageId: field(body, 'id'), responseCode: null }
    throw smsRefusal(response.status)
  },
  idOf: smsIdOf,
  costFen: (body) => smsParts(field(body, 'text') ?? '') * partFen,
})

/** The gateway answered: 5xx and 429 took nothing and may be tried again, anything else refuses this message. */
export const smsRefusal = (status: number): Undelivered =>
  new Undelivered(status, { busy: status >= 500 || status === 429, limit: status === 429 })
