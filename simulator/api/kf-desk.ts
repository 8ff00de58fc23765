/** WeChat customer service as the platform keeps it: conversations, who may write when, what each session's state allows. */
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { Ledger } from '../ledger.ts'
import type { Customer, Staff, World } from '../state.ts'
import type { KfAccounts } from './kf-accounts.ts'
import { createKfCodes, type SessionState } from './kf-codes.ts'
import { type MenuItem, showContent } from './kf-content.ts'
import { createKfLog, type LogPorts } from './kf-log.ts'
import type { MediaStore } from './media-store.ts'
import { checkMedia } from './message-content.ts'
import { ApiError, list, record, text } from './values.ts'

const WINDOW_MS = 48 * 3_600_000
const MESSAGES_PER_INBOUND = 5
const MENU_ITEMS_ON_EVENT = 10
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
  /** How often the customer has written: says of each message of the clinic's what it may answer. */
  heard: number
  entered: { scene: string; sceneParam: string } | null
  /** For the pages: both directions. */
  chat: ChatLine[]
  /** The customer rejects messages: sending is accepted and fails afterwards. */
  blocked: boolean
}

export type Inbound = { type: 'text'; text: string; menuId?: string } | { type: 'image'; mediaId: string }

/** What the desk works with. */
export interface KfPorts extends LogPorts {
  ledger: Ledger
  media: MediaStore
}

export interface KfDesk {
  conversation(customer: Customer): Conversation
  stateOf(customer: Customer, now: Date): SessionState
  isRecent(customer: Customer, now: Date): boolean
  inbound(context: KfPorts, customer: Customer, content: Inbound): string
  enter(context: KfPorts, customer: Customer, scene: string, sceneParam: string): void
  /** The customer takes a message back. */
  recall(context: KfPorts, customer: Customer, msgid: string): void
  /** @throws ApiError as `kf/send_msg` answers */
  send(context: KfPorts, body: Record<string, unknown>): { msgid: string }
  sendOnEvent(context: KfPorts, body: Record<string, unknown>): { msgid: string }
  sync(context: KfPorts, body: Record<string, unknown>): Record<string, unknown>
  /** Ids of the messages that the next page would bring. */
  waiting(context: KfPorts, body: Record<string, unknown>): string[]
  transfer(context: KfPorts, customer: Customer, next: SessionState, servicer: string): { msg_code?: string }
  /** Staff in their client: take from the pool, answer, end. */
  take(context: KfPorts, customer: Customer, staff: Staff): void
  reply(context: KfPorts, customer: Customer, staff: Staff, words: string): string
  end(context: KfPorts, customer: Customer): void
}

const ALLOWED: Record<SessionState, readonly SessionState[]> = {
  0: [0, 1, 2, 3],
  1: [2, 3, 4],
  2: [3, 4],
  3: [3, 4],
  4: [],
}

export function createKfDesk(world: World, kfAccounts: KfAccounts): KfDesk {
  const conversations = new Map<string, Conversation>()
  const usedMsgIds = new Set<string>()
  const codes = createKfCodes(world.seed)
  const log = createKfLog(world)
  const { next: numberOf } = createCounters(world.seed)

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
      heard: 0,
      entered: null,
      chat: [],
      blocked: false,
    }
    conversations.set(personId, fresh)
    return fresh
  }

  /** Nobody writes to accounts that the API made. @throws ApiError 60251, 95004 */
  const isOther = (body: Record<string, unknown>) => kfAccounts.of(body).openKfId !== world.corp.openKfId
  const within = (at: number | null, now: number) => at !== null && now - at <= WINDOW_MS
  const stateOf = (customer: Customer, now: Date): SessionState => {
    const { state, lastInboundAt } = conversation(customer)
    return within(lastInboundAt, now.getTime()) ? state : 4
  }

  function freshMsgId(body: Record<string, unknown>, personId: string): string {
    if (body.msgid === undefined) return idOf(32, 'kf outbound', personId)
    const msgid = text(body.msgid)
    if (!ID_CHARS.test(msgid)) throw new ApiError(40058, 'invalid parameter: msgid')
    if (usedMsgIds.has(msgid)) throw new ApiError(95033, 'msgid repeated')
    return msgid
  }

  /** Shows it to the customer; to one who rejects messages it fails later, and the sender is told by an event. */
  function arrive(
    context: KfPorts,
    customer: Customer,
    {
      msgid,
      body,
      channel,
      kind,
    }: { msgid: string; body: Record<string, unknown>; channel: string; kind: 'kf' | 'welcome' },
  ): void {
    const { clock, ledger } = context
    const talk = conversation(customer)
    if (talk.blocked)
      return void log.pushEvent(context, customer, 'msg_send_fail', { fail_msgid: msgid, fail_type: 10 })
    const { shown, menu } = showContent(body)
    const at = clock.now().toISOString()
    const extra = menu ? { menu } : {}
    talk.chat.push({ at, from: 'clinic', text: shown, ...extra })
    const spoken =
      talk.lastInboundAt === null ? {} : { heard: talk.heard, heardAt: new Date(talk.lastInboundAt).toISOString() }
    const payload = { msgtype: body.msgtype, ...extra, ...spoken }
    ledger.add({ at, person: customer.personId, kind, messageId: msgid, channel, payload, text: shown })
  }

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
      talk.heard += 1
      const isText = content.type === 'text'
      talk.chat.push({ at: now.toISOString(), from: 'customer', text: isText ? content.text : '[图片]' })
      return log.push(context, customer, {
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
      log.pushEvent(context, customer, 'enter_session', { scene, scene_param: sceneParam, ...code })
    },
    recall: (context, customer, msgid) =>
      void log.pushEvent(context, customer, 'user_recall_msg', { recall_msgid: msgid }),
    send(context, body) {
      const customer = kfCustomer({ world, kfAccounts }, body, 'touser')
      const talk = conversation(customer)
      const now = context.clock.now()
      const msgid = freshMsgId(body, customer.personId)
      showContent(body)
      checkMedia(body, (id) => context.media.get('corp', id, now))
      if (isOther(body) || !within(talk.lastInboundAt, now.getTime()))
        throw new ApiError(95002, 'send msg over 48 hours')
      if (talk.state !== 0 && talk.state !== 1) throw new ApiError(95018, 'send msg session status invalid')
      if (talk.sentSinceInbound >= MESSAGES_PER_INBOUND) throw new ApiError(95001, 'send msg count limit')
      talk.sentSinceInbound += 1
      usedMsgIds.add(msgid)
      arrive(context, customer, { msgid, body, channel: 'kf/send_msg', kind: 'kf' })
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
      if (list(record(body.msgmenu).list).length > MENU_ITEMS_ON_EVENT) throw new ApiError(95008, 'too many menu items')
      if (why !== 'welcome' && conversation(customer).state !== why)
        throw new ApiError(95018, 'send msg session status invalid')
      codes.use(text(body.code))
      usedMsgIds.add(msgid)
      if (why === 'welcome') conversation(customer).welcomedAt = now.getTime()
      const kind = why === 'welcome' ? 'welcome' : 'kf'
      arrive(context, customer, { msgid, body, channel: 'kf/send_msg_on_event', kind })
      return { msgid }
    },
    waiting: ({ clock }, body) => log.waiting(clock.now(), body),
    sync({ clock }, body) {
      // Older SDKs name no account: then it is all of them.
      if (body.open_kfid !== undefined && isOther(body))
        return { next_cursor: text(body.cursor), has_more: 0, msg_list: [] }
      return log.page(clock.now(), body)
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
      log.pushEvent(context, customer, 'session_status_change', {
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
        log.pushEvent(context, customer, 'session_status_change', change)
      }
      talk.servicer = userId
      const at = clock.now().toISOString()
      talk.chat.push({ at, from: 'staff', text: words })
      const messageId = log.push(context, customer, {
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
      log.pushEvent(context, customer, 'session_status_change', {
        change_type: 3,
        old_servicer_userid: talk.servicer ?? '',
        msg_code: codes.issue({ customer, why: 4 }, context.clock.now().getTime()),
      })
    },
  }
}

/** @throws ApiError for a missing or unknown account or customer */
export function kfCustomer(
  { world, kfAccounts }: { world: World; kfAccounts: KfAccounts },
  body: Record<string, unknown>,
  field: 'touser' | 'external_userid',
): Customer {
  kfAccounts.of(body)
  const customer = world.byExternalUserId.get(text(body[field]))
  if (!customer) throw new ApiError(40096, 'invalid external userid')
  return customer
}
