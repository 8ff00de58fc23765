/** WeChat customer service as the platform keeps it: conversations, the log behind the cursor, the 48 h / 5 messages rule. */
import { chance, opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { Customer, Staff, World } from '../state.ts'
import { createKfCodes, type SessionState } from './kf-codes.ts'
import { type MenuItem, showContent } from './kf-content.ts'
import { ApiError, type SimContext, text, whole } from './types.ts'

const WINDOW_MS = 48 * 3_600_000
const LOG_MS = 3 * 24 * 3_600_000
const TOKEN_MS = 10 * 60_000
const MESSAGES_PER_INBOUND = 5
const PAGE = 1_000
const EMPTY_PAGES = 0.05
const ID_CHARS = /^[0-9a-zA-Z_-]{1,32}$/

export interface ChatLine {
  at: string
  from: 'customer' | 'clinic' | 'staff'
  text: string
  menu?: MenuItem[]
}

export interface Conversation {
  /** As last set; `stateOf` also knows that a session ends 48 h after the inquiry. */
  state: SessionState
  servicer: string | null
  lastInboundAt: number | null
  /** Last time the customer opened the chat or wrote. */
  lastActiveAt: number | null
  welcomedAt: number | null
  sentSinceInbound: number
  entered: { scene: string; sceneParam: string } | null
  /** For the pages: both directions. */
  chat: ChatLine[]
  /** The customer rejects messages: sending is accepted and fails afterwards. */
  blocked: boolean
}

export type Inbound = { type: 'text'; text: string; menuId?: string } | { type: 'image'; mediaId: string }

export interface KfDesk {
  conversation(customer: Customer): Conversation
  stateOf(customer: Customer, now: Date): SessionState
  isRecent(customer: Customer, now: Date): boolean
  inbound(context: SimContext, customer: Customer, content: Inbound): string
  enter(context: SimContext, customer: Customer, scene: string, sceneParam: string): void
  /** @throws ApiError as `kf/send_msg` answers */
  send(context: SimContext, body: Record<string, unknown>): { msgid: string }
  sendOnEvent(context: SimContext, body: Record<string, unknown>): { msgid: string }
  sync(context: SimContext, body: Record<string, unknown>): Record<string, unknown>
  /** Ids of the messages that the next page would bring. */
  waiting(context: SimContext, body: Record<string, unknown>): string[]
  transfer(context: SimContext, customer: Customer, next: SessionState, servicer: string): { msg_code?: string }
  /** Staff in their client: take from the pool, answer, end. */
  take(context: SimContext, customer: Customer, staff: Staff): void
  reply(context: SimContext, customer: Customer, staff: Staff, words: string): string
  end(context: SimContext, customer: Customer): void
}

const ALLOWED: Record<SessionState, readonly SessionState[]> = {
  0: [0, 1, 2, 3],
  1: [2, 3, 4],
  2: [3, 4],
  3: [3, 4],
  4: [],
}

export function createKfDesk(world: World): KfDesk {
  const conversations = new Map<string, Conversation>()
  const usedMsgIds = new Set<string>()
  const tokens = new Map<string, number>()
  const codes = createKfCodes(world.seed)
  const log: { seq: number; at: number; message: Record<string, unknown> & { msgid: string } }[] = []
  const { next: numberOf } = createCounters(world.seed)
  let seq = 0

  const idOf = (length: number, what: string, personId: string) =>
    opaque(length, world.seed, what, personId, numberOf(what, personId))

  function conversation({ personId }: Customer): Conversation {
    const known = conversations.get(personId)
    if (known) return known
    const fresh: Conversation = {
      state: 4,
      servicer: null,
      lastInboundAt: null,
      lastActiveAt: null,
      welcomedAt: null,
      sentSinceInbound: 0,
      entered: null,
      chat: [],
      blocked: false,
    }
    conversations.set(personId, fresh)
    return fresh
  }

  const within = (at: number | null, now: number) => at !== null && now - at <= WINDOW_MS
  const stateOf = (customer: Customer, now: Date): SessionState => {
    const { state, lastInboundAt } = conversation(customer)
    return within(lastInboundAt, now.getTime()) ? state : 4
  }

  function push({ clock, callbacks }: SimContext, { personId }: Customer, message: Record<string, unknown>): string {
    const now = clock.now().getTime()
    seq += 1
    const msgid = idOf(32, 'kf logged', personId)
    forget(now)
    log.push({ seq, at: now, message: { msgid, send_time: Math.floor(now / 1000), ...message } })
    const token = `ENC${idOf(60, 'kf token', personId)}`
    tokens.set(token, now + TOKEN_MS)
    callbacks.wecom(`kf ${personId}`, {
      MsgType: 'event',
      Event: 'kf_msg_or_event',
      Token: token,
      OpenKfId: world.corp.openKfId,
    })
    return msgid
  }

  function forget(now: number): void {
    while (log[0] && log[0].at <= now - LOG_MS) log.shift()
    for (const [token, until] of tokens) {
      if (until > now) break
      tokens.delete(token)
    }
  }

  /** Events carry their ids inside; the message around them has none. */
  const pushEvent = (context: SimContext, customer: Customer, eventType: string, fields: Record<string, unknown>) =>
    push(context, customer, {
      origin: 4,
      msgtype: 'event',
      event: {
        event_type: eventType,
        open_kfid: world.corp.openKfId,
        external_userid: customer.externalUserId,
        ...fields,
      },
    })

  function freshMsgId(body: Record<string, unknown>, personId: string): string {
    if (body.msgid === undefined) return idOf(32, 'kf outbound', personId)
    const msgid = text(body.msgid)
    if (!ID_CHARS.test(msgid)) throw new ApiError(40058, 'invalid parameter: msgid')
    if (usedMsgIds.has(msgid)) throw new ApiError(95033, 'msgid repeated')
    return msgid
  }

  function arrive(
    { clock, ledger }: SimContext,
    customer: Customer,
    {
      msgid,
      body,
      channel,
      kind,
    }: { msgid: string; body: Record<string, unknown>; channel: string; kind: 'kf' | 'welcome' },
  ): void {
    const { shown, menu } = showContent(body)
    const at = clock.now().toISOString()
    const extra = menu ? { menu } : {}
    conversation(customer).chat.push({ at, from: 'clinic', text: shown, ...extra })
    const payload = { msgtype: body.msgtype, ...extra }
    ledger.add({ at, person: customer.personId, kind, messageId: msgid, channel, payload, text: shown })
  }

  function after(context: SimContext, body: Record<string, unknown>): typeof log {
    forget(context.clock.now().getTime())
    const from = Number(text(body.cursor).split('e')[0] ?? 0) || 0
    return log.filter((entry) => entry.seq > from)
  }
  const limitOf = (body: Record<string, unknown>) => whole(body.limit, PAGE)

  return {
    conversation,
    stateOf,
    isRecent: (customer, now) => within(conversation(customer).lastActiveAt, now.getTime()),
    inbound(context, customer, content) {
      const talk = conversation(customer)
      const now = context.clock.now()
      // A new inquiry after the end, or after the 48 hours, opens a new session.
      if (stateOf(customer, now) === 4) Object.assign(talk, { state: 0, servicer: null })
      Object.assign(talk, { lastInboundAt: now.getTime(), lastActiveAt: now.getTime(), sentSinceInbound: 0 })
      const isText = content.type === 'text'
      talk.chat.push({ at: now.toISOString(), from: 'customer', text: isText ? content.text : '[图片]' })
      return push(context, customer, {
        open_kfid: world.corp.openKfId,
        external_userid: customer.externalUserId,
        origin: 3,
        msgtype: content.type,
        [content.type]: isText
          ? { content: content.text, ...(content.menuId ? { menu_id: content.menuId } : {}) }
          : { media_id: content.mediaId },
      })
    },
    enter(context, customer, scene, sceneParam) {
      const talk = conversation(customer)
      const now = context.clock.now().getTime()
      const isQuiet = !within(talk.lastInboundAt, now) && !within(talk.welcomedAt, now)
      Object.assign(talk, { lastActiveAt: now, entered: { scene, sceneParam } })
      const code = isQuiet ? { welcome_code: codes.issue({ customer, why: 'welcome' }, now) } : {}
      pushEvent(context, customer, 'enter_session', { scene, scene_param: sceneParam, ...code })
    },
    send(context, body) {
      const customer = kfCustomer(world, body, 'touser')
      const talk = conversation(customer)
      const now = context.clock.now()
      const msgid = freshMsgId(body, customer.personId)
      showContent(body)
      if (!within(talk.lastInboundAt, now.getTime())) throw new ApiError(95002, 'send msg over 48 hours')
      if (talk.state !== 0 && talk.state !== 1) throw new ApiError(95018, 'send msg session status invalid')
      if (talk.sentSinceInbound >= MESSAGES_PER_INBOUND) throw new ApiError(95001, 'send msg count limit')
      talk.sentSinceInbound += 1
      usedMsgIds.add(msgid)
      if (talk.blocked) {
        pushEvent(context, customer, 'msg_send_fail', { fail_msgid: msgid, fail_type: 10 })
      } else arrive(context, customer, { msgid, body, channel: 'kf/send_msg', kind: 'kf' })
      return { msgid }
    },
    sendOnEvent(context, body) {
      const now = context.clock.now()
      // A repeated msgid is told first: its code has been used by itself.
      const msgid = freshMsgId(body, 'by code')
      const { customer, why } = codes.look(text(body.code), now.getTime())
      const types = why === 'welcome' || why === 4 ? ['text', 'msgmenu'] : ['text']
      if (!types.includes(text(body.msgtype))) throw new ApiError(40008, 'invalid message type')
      showContent(body)
      if (why !== 'welcome' && conversation(customer).state !== why)
        throw new ApiError(95018, 'send msg session status invalid')
      codes.use(text(body.code))
      usedMsgIds.add(msgid)
      if (why === 'welcome') conversation(customer).welcomedAt = now.getTime()
      const kind = why === 'welcome' ? 'welcome' : 'kf'
      arrive(context, customer, { msgid, body, channel: 'kf/send_msg_on_event', kind })
      return { msgid }
    },
    waiting: (context, body) =>
      after(context, body)
        .slice(0, limitOf(body))
        .map(({ message }) => message.msgid),
    sync(context, body) {
      checkAccount(world, body)
      const now = context.clock.now().getTime()
      const limit = limitOf(body)
      if (limit < 1 || limit > PAGE) throw new ApiError(40058, 'invalid parameter: limit')
      const token = text(body.token)
      if (token && (tokens.get(token) ?? 0) <= now) throw new ApiError(95007, 'invalid sync token')
      const cursor = text(body.cursor)
      if (cursor && !/^\d+(e\d+)?$/.test(cursor)) throw new ApiError(50100, 'invalid cursor')
      const [from = 0, empties = 0] = cursor.split('e').map(Number)
      const found = after(context, body)
      // The vendor says that a page may be empty while more follows: now and then it is.
      if (found.length > 0 && empties === 0 && chance(world.seed, 'empty page', from) < EMPTY_PAGES)
        return { next_cursor: `${from}e1`, has_more: 1, msg_list: [] }
      const page = found.slice(0, limit)
      return {
        next_cursor: String(page.at(-1)?.seq ?? from),
        has_more: found.length > limit ? 1 : 0,
        msg_list: page.map(({ message }) => message),
      }
    },
    transfer(context, customer, next, servicer) {
      const talk = conversation(customer)
      const now = context.clock.now()
      const state = stateOf(customer, now)
      if (!ALLOWED[state].includes(next)) throw new ApiError(95016, 'illegal state transition')
      const isFirst = state !== next
      Object.assign(talk, { state: next, servicer: next === 3 ? servicer : null })
      if (!isFirst || next === 0 || next === 1) return {}
      return { msg_code: codes.issue({ customer, why: next }, now.getTime()) }
    },
    take(context, customer, { userId }) {
      Object.assign(conversation(customer), { state: 3, servicer: userId })
      const msgCode = codes.issue({ customer, why: 3 }, context.clock.now().getTime())
      pushEvent(context, customer, 'session_status_change', {
        change_type: 1,
        new_servicer_userid: userId,
        msg_code: msgCode,
      })
    },
    reply(context, customer, { userId }, words) {
      const { clock, ledger } = context
      const talk = conversation(customer)
      if (talk.state === 4) {
        talk.state = 3
        const change = { change_type: 4, old_servicer_userid: talk.servicer ?? '', new_servicer_userid: userId }
        pushEvent(context, customer, 'session_status_change', change)
      }
      talk.servicer = userId
      const at = clock.now().toISOString()
      talk.chat.push({ at, from: 'staff', text: words })
      const messageId = push(context, customer, {
        open_kfid: world.corp.openKfId,
        external_userid: customer.externalUserId,
        origin: 5,
        servicer_userid: userId,
        msgtype: 'text',
        text: { content: words },
      })
      const payload = { msgtype: 'text', by: userId }
      ledger.add({ at, person: customer.personId, kind: 'kf', messageId, channel: 'kf client', payload, text: words })
      return messageId
    },
    end(context, customer) {
      const talk = conversation(customer)
      talk.state = 4
      pushEvent(context, customer, 'session_status_change', {
        change_type: 3,
        old_servicer_userid: talk.servicer ?? '',
        msg_code: codes.issue({ customer, why: 4 }, context.clock.now().getTime()),
      })
    },
  }
}

/** @throws ApiError 60251 or 95004 */
export function checkAccount(world: World, { open_kfid }: Record<string, unknown>): void {
  if (!text(open_kfid)) throw new ApiError(60251, 'open_kfid missing')
  if (open_kfid !== world.corp.openKfId) throw new ApiError(95004, 'open_kfid not exist')
}

/** @throws ApiError for a missing or unknown account or customer */
export function kfCustomer(world: World, body: Record<string, unknown>, field: 'touser' | 'external_userid'): Customer {
  checkAccount(world, body)
  const customer = world.byExternalUserId.get(text(body[field]))
  if (!customer) throw new ApiError(40096, 'invalid external userid')
  return customer
}
