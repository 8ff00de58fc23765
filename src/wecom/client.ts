/** The typed client: vendor JSON in, the house's words out. */
import { z } from 'zod'
import { fromUnixSeconds } from '../platform/clock.ts'
import { readWithRetry, shape, type VendorCall } from './call.ts'
import { isVendorError } from './errors.ts'
import type { ExternalContact, KfMessage, WecomClient } from './types.ts'

const NumberLike = z.union([z.number(), z.string().regex(/^-?\d+$/)]).transform(Number)
const Users = z.object({
  userlist: z
    .array(
      z.object({
        userid: z.string(),
        name: z.string().default(''),
        department: z.array(z.number()).default([]),
        position: z.string().default(''),
        status: z.number().default(1),
      }),
    )
    .default([]),
})
const Departments = z.object({
  department: z
    .array(z.object({ id: z.number(), name: z.string().default(''), parentid: z.number().default(0) }))
    .default([]),
})
const Sent = z.object({
  msgid: z.string().default(''),
  response_code: z.string().optional(),
  invaliduser: z.string().optional(),
})
const Follower = z.object({
  userid: z.string(),
  remark: z.string().default(''),
  remark_mobiles: z.array(z.string()).default([]),
  state: z.string().optional(),
  createtime: NumberLike.default(0),
})
const Contact = z.object({ external_userid: z.string(), name: z.string().default(''), unionid: z.string().optional() })
const KfList = z.object({
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

const TOKEN_OVER = 95007
/** The page says to begin anew; what is read a second time is stored once. */
const BAD_CURSOR: ReadonlySet<number> = new Set([50100, 60268])

const STATUS = { 1: 'active', 2: 'disabled', 4: 'inactive', 5: 'left' } as const
const ORIGIN = { 3: 'customer', 4: 'system', 5: 'servicer' } as const
const object = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

function kfMessage(raw: z.output<typeof KfList>['msg_list'][number], openKfId: string): KfMessage {
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
    event: raw.msgtype === 'event' ? content : null,
  }
}

const contact = (raw: z.output<typeof Contact>, followers: z.output<typeof Follower>[]): ExternalContact => ({
  externalUserId: raw.external_userid,
  name: raw.name,
  unionId: raw.unionid ?? null,
  followers: followers.map(({ userid, remark, remark_mobiles, state, createtime }) => ({
    userId: userid.toLowerCase(),
    remark,
    remarkMobiles: remark_mobiles,
    state: state ?? null,
    createdAt: fromUnixSeconds(createtime),
  })),
})

export function createWecomClient(call: VendorCall): WecomClient {
  const read = async <S extends z.ZodType>(
    schema: S,
    path: string,
    query: Record<string, string>,
    body?: unknown,
  ): Promise<z.output<S>> => {
    const answer = await readWithRetry(() =>
      body === undefined
        ? call({ method: 'GET', path, query })
        : call({ method: 'POST', path, query, body: JSON.stringify(body) }),
    )
    return shape(schema, answer, 'wecom', path)
  }
  const send = async <S extends z.ZodType>(
    schema: S,
    path: string,
    body: string,
    timeoutMs?: number,
  ): Promise<z.output<S>> => shape(schema, await call({ method: 'POST', path, body, timeoutMs }), 'wecom', path)

  const kfSyncMsg: WecomClient['kfSyncMsg'] = async ({ openKfId, cursor, token, limit = 1_000 }) => {
    const body = { open_kfid: openKfId, limit, ...(cursor ? { cursor } : {}), ...(token ? { token } : {}) }
    try {
      const { msg_list, next_cursor, has_more } = await read(KfList, '/cgi-bin/kf/sync_msg', {}, body)
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
    async users(departmentId) {
      const { userlist } = await read(Users, '/cgi-bin/user/list', { department_id: String(departmentId) })
      return userlist.map(({ userid, name, department, position, status }) => ({
        userId: userid.toLowerCase(),
        name,
        departmentIds: department,
        position,
        status: STATUS[status as keyof typeof STATUS] ?? 'inactive',
      }))
    },
    async departments() {
      const { department } = await read(Departments, '/cgi-bin/department/list', {})
      return department.map(({ id, name, parentid }) => ({ id, name, parentId: parentid }))
    },
    async sendMessage(body, { timeoutMs } = {}) {
      const { msgid, response_code, invaliduser = '' } = await send(Sent, '/cgi-bin/message/send', body, timeoutMs)
      return { msgid, responseCode: response_code ?? null, invalidUsers: invaliduser.split('|').filter(Boolean) }
    },
    async updateTemplateCard(body, { timeoutMs } = {}) {
      const { invaliduser } = await send(
        z.object({ invaliduser: z.array(z.string()).default([]) }),
        '/cgi-bin/message/update_template_card',
        body,
        timeoutMs,
      )
      return { invalidUsers: invaliduser }
    },
    async recall(msgid) {
      await send(z.looseObject({}), '/cgi-bin/message/recall', JSON.stringify({ msgid }))
    },
    async followUsers() {
      return (
        await read(
          z.object({ follow_user: z.array(z.string()).default([]) }),
          '/cgi-bin/externalcontact/get_follow_user_list',
          {},
        )
      ).follow_user.map((one) => one.toLowerCase())
    },
    async externalContactIds(userId) {
      return (
        await read(z.object({ external_userid: z.array(z.string()).default([]) }), '/cgi-bin/externalcontact/list', {
          userid: userId,
        })
      ).external_userid
    },
    async externalContact(externalUserId) {
      const schema = z.object({ external_contact: Contact, follow_user: z.array(Follower).default([]) })
      const { external_contact, follow_user } = await read(schema, '/cgi-bin/externalcontact/get', {
        external_userid: externalUserId,
      })
      return contact(external_contact, follow_user)
    },
    async externalContactsByUsers(userIds, cursor) {
      const schema = z.object({
        external_contact_list: z.array(z.object({ external_contact: Contact, follow_info: Follower })).default([]),
        next_cursor: z.string().default(''),
      })
      const { external_contact_list, next_cursor } = await read(
        schema,
        '/cgi-bin/externalcontact/batch/get_by_user',
        {},
        { userid_list: userIds, cursor: cursor ?? '', limit: 100 },
      )
      return {
        contacts: external_contact_list.map((one) => contact(one.external_contact, [one.follow_info])),
        nextCursor: next_cursor || null,
      }
    },
    async kfAccounts() {
      const schema = z.object({
        account_list: z
          .array(z.object({ open_kfid: z.string(), name: z.string(), manage_privilege: z.boolean().default(false) }))
          .default([]),
      })
      const { account_list } = await read(schema, '/cgi-bin/kf/account/list', {}, { offset: 0, limit: 100 })
      return account_list.map(({ open_kfid, name, manage_privilege }) => ({
        openKfId: open_kfid,
        name,
        managed: manage_privilege,
      }))
    },
    kfSyncMsg,
    async kfSendMsg(body, { timeoutMs } = {}) {
      return { msgid: (await send(Sent, '/cgi-bin/kf/send_msg', body, timeoutMs)).msgid }
    },
    async kfSendMsgOnEvent(body, { timeoutMs } = {}) {
      return { msgid: (await send(Sent, '/cgi-bin/kf/send_msg_on_event', body, timeoutMs)).msgid }
    },
    async kfServiceState(openKfId, externalUserId) {
      const schema = z.object({ service_state: NumberLike, servicer_userid: z.string().optional() })
      const { service_state, servicer_userid } = await read(
        schema,
        '/cgi-bin/kf/service_state/get',
        {},
        { open_kfid: openKfId, external_userid: externalUserId },
      )
      return { state: service_state, servicerUserId: servicer_userid ?? null }
    },
    async kfTransServiceState({ openKfId, externalUserId, state, servicerUserId }) {
      const body = JSON.stringify({
        open_kfid: openKfId,
        external_userid: externalUserId,
        service_state: state,
        ...(servicerUserId ? { servicer_userid: servicerUserId } : {}),
      })
      const { msg_code } = await send(
        z.object({ msg_code: z.string().optional() }),
        '/cgi-bin/kf/service_state/trans',
        body,
      )
      return { msgCode: msg_code ?? null }
    },
    async kfCustomers(externalUserIds) {
      const schema = z.object({
        customer_list: z
          .array(
            z.object({ external_userid: z.string(), nickname: z.string().default(''), unionid: z.string().optional() }),
          )
          .default([]),
      })
      const { customer_list } = await read(
        schema,
        '/cgi-bin/kf/customer/batchget',
        {},
        { external_userid_list: externalUserIds, need_enter_session_context: 0 },
      )
      return customer_list.map(({ external_userid, nickname, unionid }) => ({
        externalUserId: external_userid,
        nickname,
        unionId: unionid ?? null,
      }))
    },
  }
}
