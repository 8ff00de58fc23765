/** Customer service in WeChat (微信客服, wecom.md 5). */
import { z } from 'zod'
import { fromUnixSeconds } from '../../platform/clock.ts'
import { type Ask, NumberLike } from '../ask.ts'
import { isVendorError } from '../errors.ts'
import type { SendOptions } from '../types.ts'

export interface KfMessage {
  msgid: string
  openKfId: string
  externalUserId: string | null
  sentAt: Date
  origin: 'customer' | 'system' | 'servicer'
  type: string
  text: string | null
  menuId: string | null
  mediaId: string | null
  /** The body of kinds that are neither text, file nor event; vendor spelling. */
  content: Record<string, unknown> | null
  /** For type `event`: the vendor's event object, vendor spelling. */
  event: Record<string, unknown> | null
}

export interface KfApi {
  kfAccounts(): Promise<{ openKfId: string; name: string; managed: boolean }[]>
  /** From the oldest when there is no cursor, or the vendor knows the given one no more. */
  kfSyncMsg(input: {
    openKfId: string
    cursor: string | null
    token: string | null
    limit?: number
  }): Promise<{ messages: KfMessage[]; nextCursor: string; hasMore: boolean }>
  /** Frozen bytes with a `msgid` of ours: a repeat answers 95033, thrown with action `settled`. */
  kfSendMsg(body: string, options?: SendOptions): Promise<{ msgid: string }>
  kfSendMsgOnEvent(body: string, options?: SendOptions): Promise<{ msgid: string }>
  kfServiceState(openKfId: string, externalUserId: string): Promise<{ state: number; servicerUserId: string | null }>
  kfTransServiceState(input: {
    openKfId: string
    externalUserId: string
    state: number
    servicerUserId?: string
  }): Promise<{ msgCode: string | null }>
  kfCustomers(
    externalUserIds: string[],
  ): Promise<{ externalUserId: string; nickname: string; unionId: string | null }[]>
}

const Accounts = z.object({
  account_list: z
    .array(z.object({ open_kfid: z.string(), name: z.string(), manage_privilege: z.boolean().default(false) }))
    .default([]),
})
const Log = z.object({
  next_cursor: z.string().default(''),
  has_more: NumberLike.default(0),
  msg_list: z
    .array(
      z.looseObject({
        msgid: z.string(),
        open_kfid: z.string().optional(),
        external_userid: z.string().optional(),
        send_time: NumberLike,
        origin: NumberLike,
        msgtype: z.string(),
      }),
    )
    .default([]),
})
const Sent = z.object({ msgid: z.string().default('') })
const State = z.object({ service_state: NumberLike, servicer_userid: z.string().optional() })
const Changed = z.object({ msg_code: z.string().optional() })
const Customers = z.object({
  customer_list: z
    .array(z.object({ external_userid: z.string(), nickname: z.string().default(''), unionid: z.string().optional() }))
    .default([]),
})

const TOKEN_OVER = 95007
/** The page says to begin anew; what is read a second time is stored once. */
const BAD_CURSOR: ReadonlySet<number> = new Set([50100, 60268])
const ORIGIN = { 3: 'customer', 4: 'system', 5: 'servicer' } as const

const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function kfMessage(raw: z.output<typeof Log>['msg_list'][number], openKfId: string): KfMessage {
  const content = object(raw[raw.msgtype])
  // Events carry their ids inside.
  return {
    msgid: raw.msgid,
    openKfId: raw.open_kfid ?? textOf(content.open_kfid) ?? openKfId,
    externalUserId: raw.external_userid ?? textOf(content.external_userid),
    sentAt: fromUnixSeconds(raw.send_time),
    origin: ORIGIN[raw.origin as keyof typeof ORIGIN] ?? 'system',
    type: raw.msgtype,
    text: raw.msgtype === 'text' ? textOf(content.content) : null,
    menuId: textOf(content.menu_id),
    mediaId: textOf(content.media_id),
    content: raw.msgtype !== 'event' && raw.msgtype !== 'text' && textOf(content.media_id) === null ? content : null,
    event: raw.msgtype === 'event' ? content : null,
  }
}

export function kfApi(ask: Ask): KfApi {
  const kfSyncMsg: KfApi['kfSyncMsg'] = async ({ openKfId, cursor, token, limit = 1_000 }) => {
    const body = { open_kfid: openKfId, limit, ...(cursor ? { cursor } : {}), ...(token ? { token } : {}) }
    try {
      const { msg_list, next_cursor, has_more } = await ask.again(Log, '/cgi-bin/kf/sync_msg', { body })
      return {
        messages: msg_list.map((one) => kfMessage(one, openKfId)),
        nextCursor: next_cursor,
        hasMore: has_more === 1,
      }
    } catch (error) {
      const errcode = isVendorError(error) ? (error.errcode ?? 0) : 0
      // A signal that waited for ten minutes: its token only allowed to ask more often.
      if (token && errcode === TOKEN_OVER) return kfSyncMsg({ openKfId, cursor, token: null, limit })
      if (cursor && BAD_CURSOR.has(errcode)) return kfSyncMsg({ openKfId, cursor: null, token, limit })
      throw error
    }
  }
  return {
    async kfAccounts() {
      const body = { offset: 0, limit: 100 }
      return (await ask.again(Accounts, '/cgi-bin/kf/account/list', { body })).account_list.map(
        ({ open_kfid, name, manage_privilege }) => ({ openKfId: open_kfid, name, managed: manage_privilege }),
      )
    },
    kfSyncMsg,
    kfSendMsg: (body, options) => ask.once(Sent, '/cgi-bin/kf/send_msg', body, options),
    kfSendMsgOnEvent: (body, options) => ask.once(Sent, '/cgi-bin/kf/send_msg_on_event', body, options),
    async kfServiceState(openKfId, externalUserId) {
      const body = { open_kfid: openKfId, external_userid: externalUserId }
      const { service_state, servicer_userid } = await ask.again(State, '/cgi-bin/kf/service_state/get', { body })
      return { state: service_state, servicerUserId: servicer_userid ?? null }
    },
    async kfTransServiceState({ openKfId, externalUserId, state, servicerUserId }) {
      const { msg_code } = await ask.once(Changed, '/cgi-bin/kf/service_state/trans', {
        open_kfid: openKfId,
        external_userid: externalUserId,
        service_state: state,
        ...(servicerUserId ? { servicer_userid: servicerUserId } : {}),
      })
      return { msgCode: msg_code ?? null }
    },
    async kfCustomers(externalUserIds) {
      const body = { external_userid_list: externalUserIds, need_enter_session_context: 0 }
      const { customer_list } = await ask.again(Customers, '/cgi-bin/kf/customer/batchget', { body })
      return customer_list.map(({ external_userid, nickname, unionid }) => ({
        externalUserId: external_userid,
        nickname,
        unionId: unionid || null,
      }))
    },
  }
}
