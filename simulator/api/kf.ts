/** WeChat customer service: conversations, the cursor log, the 48 h / 5 messages rule, states, codes of events. */
import { chance, opaque } from '../chance.ts'
import type { Customer, World } from '../state.ts'
import { type Api, ApiError, bytes, list, record, type SimContext, text } from './types.ts'

const WINDOW_MS = 48 * 3_600_000
const LOG_MS = 3 * 24 * 3_600_000
const TOKEN_MS = 10 * 60_000
const WELCOME_CODE_MS = 20_000
const MESSAGES_PER_INBOUND = 5
const ID_CHARS = /^[0-9a-zA-Z_-]{1,32}$/

interface LogEntry {
  seq: number
  at: number
  message: Record<string, unknown>
}

export interface Conversation {
  /** 0 new, 1 assistant, 2 pool, 3 staff, 4 ended */
  state: 0 | 1 | 2 | 3 | 4
  servicer: string | null
  lastInboundAt: number | null
  sentSinceInbound: number
  /** For the pages: both directions. */
  chat: { at: string; from: 'customer' | 'clinic'; text: string; menu?: { id: string; content: string }[] }[]
  blocked: boolean
}

export interface KfDesk {
  conversation(customer: Customer): Conversation
  /** Puts an entry into the log and signals the server. */
  push(context: SimContext, subject: string, message: Record<string, unknown>): string
  inbound(
    context: SimContext,
    customer: Customer,
    content: { type: 'text'; text: string; menuId?: string } | { type: 'image'; mediaId: string },
  ): string
  enter(context: SimContext, customer: Customer, scene: string): void
  send(context: SimContext, body: Record<string, unknown>): Record<string, unknown>
  sendOnEvent(context: SimContext, body: Record<string, unknown>): Record<string, unknown>
  sync(context: SimContext, body: Record<string, unknown>): Record<string, unknown>
  endByStaff(context: SimContext, customer: Customer): void
}

export function createKfDesk(world: World): KfDesk {
  const conversations = new Map<string, Conversation>()
  const usedMsgIds = new Set<string>()
  const tokens = new Map<string, number>()
  const codes = new Map<string, { customer: Customer; expiresAt: number; used: boolean }>()
  let log: LogEntry[] = []
  let seq = 0
  let serial = 0

  function conversation(customer: Customer): Conversation {
    const known = conversations.get(customer.personId)
    if (known) return known
    const fresh: Conversation = {
      state: 0,
      servicer: null,
      lastInboundAt: null,
      sentSinceInbound: 0,
      chat: [],
      blocked: false,
    }
    conversations.set(customer.personId, fresh)
    return fresh
  }

  function push(context: SimContext, subject: string, message: Record<string, unknown>): string {
    const now = context.clock.now().getTime()
    seq += 1
    serial += 1
    const msgid = opaque(32, world.seed, 'kf inbound', seq)
    log = log.filter(({ at }) => at > now - LOG_MS)
    log.push({ seq, at: now, message: { msgid, send_time: Math.floor(now / 1000), ...message } })
    const token = `ENC${opaque(60, world.seed, 'kf token', serial)}`
    tokens.set(token, now + TOKEN_MS)
    context.callbacks.wecom(`kf ${subject}`, {
      MsgType: 'event',
      Event: 'kf_msg_or_event',
      Token: token,
      OpenKfId: world.corp.openKfId,
    })
    return msgid
  }

  function customerOf(body: Record<string, unknown>): Customer {
    if (!text(body.open_kfid)) throw new ApiError(60251, 'open_kfid missing')
    if (body.open_kfid !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
    const customer = world.byExternalUserId.get(text(body.touser) || text(body.external_userid))
    if (!customer) throw new ApiError(40096, 'invalid external userid')
    return customer
  }

  function claimMsgId(body: Record<string, unknown>): string {
    if (body.msgid === undefined) {
      serial += 1
      return opaque(32, world.seed, 'kf outbound', serial)
    }
    const msgid = text(body.msgid)
    if (!ID_CHARS.test(msgid)) throw new ApiError(40058, 'invalid parameter: msgid')
    if (usedMsgIds.has(msgid)) throw new ApiError(95033, 'msgid repeated')
    return msgid
  }

  function arrive(
    { clock, ledger }: SimContext,
    customer: Customer,
    msgid: string,
    body: Record<string, unknown>,
    channel: string,
    kind: 'kf' | 'welcome',
  ): void {
    usedMsgIds.add(msgid)
    const { shown, menu } = render(body)
    const at = clock.now().toISOString()
    conversation(customer).chat.push({ at, from: 'clinic', text: shown, ...(menu ? { menu } : {}) })
    ledger.add({
      at,
      person: customer.personId,
      kind,
      messageId: msgid,
      channel,
      payload: { msgtype: body.msgtype, ...(menu ? { menu } : {}) },
      text: shown,
    })
  }

  return {
    conversation,
    push,
    inbound(context, customer, content) {
      const talk = conversation(customer)
      const now = context.clock.now()
      talk.lastInboundAt = now.getTime()
      talk.sentSinceInbound = 0
      if (talk.state === 4) talk.state = 0
      talk.chat.push({
        at: now.toISOString(),
        from: 'customer',
        text: content.type === 'text' ? content.text : '[图片]',
      })
      const body =
        content.type === 'text'
          ? { content: content.text, ...(content.menuId ? { menu_id: content.menuId } : {}) }
          : { media_id: content.mediaId }
      return push(context, customer.personId, {
        open_kfid: world.corp.openKfId,
        external_userid: customer.externalUserId,
        origin: 3,
        msgtype: content.type,
        [content.type]: body,
      })
    },
    enter(context, customer, scene) {
      const talk = conversation(customer)
      const now = context.clock.now().getTime()
      const quiet = talk.lastInboundAt === null || now - talk.lastInboundAt > WINDOW_MS
      serial += 1
      const code = quiet ? opaque(40, world.seed, 'welcome', serial) : null
      if (code) codes.set(code, { customer, expiresAt: now + WELCOME_CODE_MS, used: false })
      push(context, customer.personId, {
        origin: 4,
        msgtype: 'event',
        event: {
          event_type: 'enter_session',
          open_kfid: world.corp.openKfId,
          external_userid: customer.externalUserId,
          scene,
          scene_param: '',
          ...(code ? { welcome_code: code } : {}),
        },
      })
    },
    send(context, body) {
      const customer = customerOf(body)
      const talk = conversation(customer)
      const now = context.clock.now().getTime()
      const msgid = claimMsgId(body)
      render(body)
      if (talk.state !== 0 && talk.state !== 1) throw new ApiError(95018, 'send msg session status invalid')
      if (talk.lastInboundAt === null || now - talk.lastInboundAt > WINDOW_MS)
        throw new ApiError(95002, 'send msg over 48 hours')
      if (talk.sentSinceInbound >= MESSAGES_PER_INBOUND) throw new ApiError(95001, 'send msg count limit')
      talk.sentSinceInbound += 1
      if (talk.blocked) {
        usedMsgIds.add(msgid)
        push(context, customer.personId, {
          origin: 4,
          msgtype: 'event',
          event: {
            event_type: 'msg_send_fail',
            open_kfid: world.corp.openKfId,
            external_userid: customer.externalUserId,
            fail_msgid: msgid,
            fail_type: 10,
          },
        })
      } else {
        arrive(context, customer, msgid, body, 'kf/send_msg', 'kf')
      }
      return { msgid }
    },
    sendOnEvent(context, body) {
      const code = codes.get(text(body.code))
      const now = context.clock.now().getTime()
      if (!code || code.used || code.expiresAt <= now) throw new ApiError(40058, 'invalid code')
      if (!['text', 'msgmenu'].includes(text(body.msgtype))) throw new ApiError(40008, 'invalid message type')
      const msgid = claimMsgId(body)
      code.used = true
      arrive(context, code.customer, msgid, body, 'kf/send_msg_on_event', 'welcome')
      return { msgid }
    },
    sync(context, body) {
      if (!text(body.open_kfid)) throw new ApiError(60251, 'open_kfid missing')
      if (body.open_kfid !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
      const now = context.clock.now().getTime()
      const token = text(body.token)
      if (token && (tokens.get(token) ?? 0) <= now) throw new ApiError(95007, 'invalid token')
      const limit = Math.min(1_000, Math.max(1, Number(body.limit) || 1_000))
      const cursor = text(body.cursor)
      if (cursor && !/^\d+(e\d+)?$/.test(cursor)) throw new ApiError(50100, 'invalid cursor')
      const [after = 0, empties = 0] = cursor.split('e').map(Number)
      log = log.filter(({ at }) => at > now - LOG_MS)
      const waiting = log.filter((entry) => entry.seq > after)
      // The vendor says that a page may be empty while more follows: now and then it is.
      if (waiting.length > 0 && empties === 0 && chance(world.seed, 'empty page', after, waiting.length) < 0.05)
        return { next_cursor: `${after}e1`, has_more: 1, msg_list: [] }
      const page = waiting.slice(0, limit)
      return {
        next_cursor: String(page.at(-1)?.seq ?? after),
        has_more: waiting.length > limit ? 1 : 0,
        msg_list: page.map(({ message }) => message),
      }
    },
    endByStaff(context, customer) {
      const talk = conversation(customer)
      talk.state = 4
      push(context, customer.personId, {
        origin: 4,
        msgtype: 'event',
        event: {
          event_type: 'session_status_change',
          open_kfid: world.corp.openKfId,
          external_userid: customer.externalUserId,
          change_type: 3,
          old_servicer_userid: talk.servicer ?? '',
        },
      })
    },
  }
}

function render(body: Record<string, unknown>): { shown: string; menu?: { id: string; content: string }[] } {
  const type = text(body.msgtype)
  const content = record(body[type])
  if (type === 'text') {
    if (!text(content.content)) throw new ApiError(44004, 'empty content')
    if (bytes(text(content.content)) > 2048) throw new ApiError(45002, 'content size out of limit')
    return { shown: text(content.content) }
  }
  if (type === 'msgmenu') {
    const items = list(content.list).map(record)
    const clicks = items
      .filter((item) => item.type === 'click')
      .map((item) => ({ id: text(record(item.click).id), content: text(record(item.click).content) }))
    if (items.length > 50 || items.filter((item) => item.type !== 'text').length > 10)
      throw new ApiError(95008, 'too many menu items')
    for (const { id, content: label } of clicks)
      if (!/^[a-zA-Z0-9_]{1,128}$/.test(id) || !label || bytes(label) > 128)
        throw new ApiError(95009, 'invalid menu item')
    if (bytes(text(content.head_content)) > 1024 || bytes(text(content.tail_content)) > 1024)
      throw new ApiError(45002, 'content size out of limit')
    return {
      shown: [
        text(content.head_content),
        ...clicks.map(({ content: label }) => `[${label}]`),
        text(content.tail_content),
      ]
        .filter(Boolean)
        .join('\n'),
      menu: clicks,
    }
  }
  if (['image', 'link', 'miniprogram', 'location', 'file', 'video', 'voice'].includes(type))
    return { shown: `[${type}] ${text(content.title)}`.trim() }
  throw new ApiError(40008, 'invalid message type')
}

const ALLOWED: Record<number, number[]> = { 0: [0, 1, 2, 3], 1: [2, 3, 4], 2: [3, 4], 3: [3, 4], 4: [] }

export const kfApis: Api[] = [
  {
    method: 'POST',
    path: '/cgi-bin/kf/account/list',
    auth: 'wecom',
    handle: (_, { world }) => ({
      account_list: [{ open_kfid: world.corp.openKfId, name: world.corp.kfName, avatar: '', manage_privilege: true }],
    }),
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/add_contact_way',
    auth: 'wecom',
    handle({ body }, { world }) {
      if (body.open_kfid !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
      const scene = text(body.scene)
      if (!/^[0-9a-zA-Z_-]{0,32}$/.test(scene)) throw new ApiError(40058, 'invalid parameter: scene')
      return { url: `https://work.weixin.qq.com/kfid/${world.corp.openKfId}${scene ? `?enc_scene=${scene}` : ''}` }
    },
  },
  {
    method: 'GET',
    path: '/cgi-bin/kf/servicer/list',
    auth: 'wecom',
    handle: ({ query }, { world }) => {
      if (query.get('open_kfid') !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
      return {
        servicer_list: world.staff
          .filter(({ position, resigned }) => position === '客服' && !resigned)
          .map(({ userId }) => ({ userid: userId, status: 0 })),
      }
    },
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/sync_msg',
    auth: 'wecom',
    handle: ({ body }, context) => context.kf.sync(context, body),
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/send_msg',
    auth: 'wecom',
    handle: ({ body }, context) => context.kf.send(context, body),
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/send_msg_on_event',
    auth: 'wecom',
    handle: ({ body }, context) => context.kf.sendOnEvent(context, body),
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/service_state/get',
    auth: 'wecom',
    handle({ body }, { world, kf }) {
      const customer = world.byExternalUserId.get(text(body.external_userid))
      if (body.open_kfid !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
      if (!customer) throw new ApiError(40096, 'invalid external userid')
      const { state, servicer } = kf.conversation(customer)
      return { service_state: state, ...(state === 3 ? { servicer_userid: servicer } : {}) }
    },
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/service_state/trans',
    auth: 'wecom',
    handle({ body }, { world, kf }) {
      const customer = world.byExternalUserId.get(text(body.external_userid))
      if (body.open_kfid !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
      if (!customer) throw new ApiError(40096, 'invalid external userid')
      const talk = kf.conversation(customer)
      const next = Number(body.service_state)
      if (!ALLOWED[talk.state]?.includes(next)) throw new ApiError(95016, 'illegal state transition')
      const servicer = text(body.servicer_userid)
      if (next === 3 && !world.byUserId.has(servicer.toLowerCase())) throw new ApiError(95014, 'not a servicer')
      talk.state = next as typeof talk.state
      talk.servicer = next === 3 ? servicer : null
      return next === 2 || next === 3 || next === 4
        ? { msg_code: opaque(32, world.seed, 'msg code', customer.personId, next) }
        : {}
    },
  },
  {
    method: 'POST',
    path: '/cgi-bin/kf/customer/batchget',
    auth: 'wecom',
    handle({ body }, { world, kf, clock }) {
      const ids = list(body.external_userid_list).map(text)
      if (ids.length < 1 || ids.length > 100) throw new ApiError(40058, 'invalid parameter: external_userid_list')
      const recent = (customer: Customer) => {
        const { chat } = kf.conversation(customer)
        const last = chat.at(-1)
        return last === undefined || clock.now().getTime() - Date.parse(last.at) <= WINDOW_MS
      }
      const found = ids
        .map((id) => world.byExternalUserId.get(id))
        .filter((one): one is Customer => one !== undefined && recent(one))
      return {
        customer_list: found.map(({ externalUserId, name, gender, unionId }) => ({
          external_userid: externalUserId,
          nickname: name,
          avatar: '',
          gender: gender === 'female' ? 2 : 1,
          unionid: unionId,
        })),
        invalid_external_userid: ids.filter((id) => !found.some(({ externalUserId }) => externalUserId === id)),
      }
    },
  },
]
