/** Customer-service messages in: one puller per account stores messages, then the cursor; then identities, sessions, events. */
import type { CustomersService } from '../customers/index.ts'
import { addMs, type Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import type { Log } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { KfMessage, WecomClient } from '../wecom/index.ts'
import type { Budgets, SessionChange } from './budgets.ts'
import type { Conversations } from './conversations.ts'

export interface InboundDeps {
  conversations: Conversations
  budgets: Budgets
  wecom: WecomClient
  customers: CustomersService
  crypto: FieldCrypto
  events: Events
  clock: Clock
  random: Random
  log: Log
  /** Answers an entry with its single-use code, at once. */
  welcome: (entry: { customerId: string; code: string; at: Date }) => Promise<void>
  /** A message that was accepted and then failed: it goes on at the next rung. */
  failed: (messageId: string) => Promise<void>
}

const PULL_LEASE_MS = 15_000
const WAIT_STEP_MS = 50
const WAIT_LIMIT_MS = 16_000
/** Pages of one pull; more than that waits for the next signal, so that one account can't hold a worker for ever. */
const MAX_PAGES = 200

/** Pulls everything new of one account. Safe to repeat: messages are stored once, events have deterministic ids. */
export function createPuller(deps: InboundDeps): (openKfId: string, token: string | null) => Promise<number> {
  const { conversations, wecom, clock, random } = deps

  async function take(openKfId: string, lease: string): Promise<string> {
    const deadline = addMs(clock.wall(), WAIT_LIMIT_MS)
    for (;;) {
      const wall = clock.wall()
      const cursor = await conversations.takeCursor(openKfId, lease, wall, addMs(wall, PULL_LEASE_MS))
      if (cursor !== null) return cursor
      // Waiting rather than leaving: what the other puller read may be older than the signal that we answer.
      if (clock.wall() > deadline) throw new Error('another process keeps pulling this account')
      await new Promise((done) => setTimeout(done, WAIT_STEP_MS))
    }
  }

  return async (openKfId, token) => {
    const lease = random.id()
    let cursor = await take(openKfId, lease)
    let stored = 0
    let held = true
    try {
      for (let page = 0; page < MAX_PAGES; page++) {
        const { messages, nextCursor, hasMore } = await wecom.kfSyncMsg({ openKfId, cursor: cursor || null, token })
        await work(deps, messages)
        stored += messages.length
        // The cursor moves only after everything on the page is done; a crash reads the page again.
        cursor = nextCursor || cursor
        held = hasMore
        const until = hasMore ? addMs(clock.wall(), PULL_LEASE_MS) : null
        if (!(await conversations.saveCursor(openKfId, lease, cursor, until)) || !hasMore) return stored
      }
      return stored
    } finally {
      if (held) await conversations.giveCursorBack(openKfId, lease)
    }
  }
}

async function work(deps: InboundDeps, messages: readonly KfMessage[]): Promise<void> {
  if (messages.length === 0) return
  const { customerOf, failure } = await identify(deps, messages)
  const isKnown = ({ externalUserId }: KfMessage) => externalUserId === null || customerOf.has(externalUserId)
  await workOn(deps, failure ? messages.filter(isKnown) : messages, customerOf)
  // Who strangers are comes with the repeat; whoever is known, perhaps in need, didn't wait for it.
  if (failure) throw failure.error
}

async function workOn(
  deps: InboundDeps,
  messages: readonly KfMessage[],
  customerOf: ReadonlyMap<string, string>,
): Promise<void> {
  const { conversations, budgets, crypto, events, clock, log } = deps
  const now = clock.now()
  const said = messages.filter(({ origin, type }) => origin === 'customer' && type !== 'event')
  await conversations.store(
    said.map((message) => ({
      _id: message.msgid,
      openKfId: message.openKfId,
      externalUserId: message.externalUserId ?? '',
      customerId: customerOf.get(message.externalUserId ?? '') ?? null,
      at: message.sentAt,
      type: message.type,
      text: message.text === null ? null : crypto.seal('kf_messages.text', message.text),
      menuId: message.menuId,
      mediaId: message.mediaId,
      content: message.content === null ? null : crypto.seal('kf_messages.content', JSON.stringify(message.content)),
    })),
  )
  const heard = new Map<string, { at: Date; messageId: string }>()
  for (const { openKfId, externalUserId, sentAt: at, msgid: messageId } of said) {
    const session = `${openKfId}|${externalUserId}`
    if (externalUserId && at >= (heard.get(session)?.at ?? at)) heard.set(session, { at, messageId })
  }
  await budgets.heardFrom(heard)
  await events.publishMany(
    said.flatMap((message, i): DomainEvent[] => {
      const customerId = customerOf.get(message.externalUserId ?? '')
      return customerId
        ? [
            {
              id: `customer.message_received:${message.msgid}`,
              type: 'customer.message_received',
              occurredAt: message.sentAt,
              // In the order in which they were written, also for who hears several at once.
              notBefore: addMs(now, i - said.length),
              data: { messageId: message.msgid, customerId, menuId: message.menuId },
            },
          ]
        : []
    }),
  )
  for (const message of messages) if (message.event) await onEvent(deps, message, customerOf)
  log.info({ count: messages.length }, 'customer-service messages pulled')
}

/** external_userid → customer id; people seen for the first time are joined by their unionid, where WeCom says who they are. */
async function identify(
  { customers, wecom }: InboundDeps,
  messages: readonly KfMessage[],
): Promise<{ customerOf: Map<string, string>; failure: { error: unknown } | null }> {
  const ids = [...new Set(messages.flatMap(({ externalUserId }) => (externalUserId ? [externalUserId] : [])))]
  const known = await customers.findByIdentities('external_userid', ids)
  const found = new Map([...known].map(([externalUserId, { id }]) => [externalUserId, id]))
  const strangers = ids.filter((id) => !found.has(id))
  try {
    for (let i = 0; i < strangers.length; i += 100) {
      const page = strangers.slice(i, i + 100)
      const profiles = new Map((await wecom.kfCustomers(page)).map((profile) => [profile.externalUserId, profile]))
      for (const externalUserId of page) {
        const profile = profiles.get(externalUserId)
        const customer = await customers.join({
          externalUserId,
          ...(profile?.unionId ? { unionId: profile.unionId } : {}),
          ...(profile?.nickname ? { displayName: profile.nickname } : {}),
          create: true,
        })
        if (customer) found.set(externalUserId, customer.id)
      }
    }
    return { customerOf: found, failure: null }
  } catch (error) {
    return { customerOf: found, failure: { error } }
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

/** What a failed delivery says of the conversation (wecom 5.3); other kinds say nothing lasting. */
const FAIL_LESSONS: Record<number, NonNullable<SessionChange['set']>> = {
  1: { blocked: true },
  2: { blocked: true },
  4: { lastInboundAt: null },
  5: { state: 4 },
  6: { full: true },
  10: { blocked: true },
}

async function onEvent(
  { conversations, budgets, events, welcome, failed }: InboundDeps,
  { msgid, event, externalUserId, openKfId, sentAt }: KfMessage,
  customerOf: ReadonlyMap<string, string>,
): Promise<void> {
  const type = textOf(event?.event_type)
  const id = `${openKfId}|${externalUserId}`
  if (type === 'enter_session') {
    const customerId = customerOf.get(externalUserId ?? '')
    const code = textOf(event?.welcome_code)
    if (customerId && code) await welcome({ customerId, code, at: sentAt })
  } else if (type === 'msg_send_fail') {
    const set = FAIL_LESSONS[Number(event?.fail_type)]
    if (set) await budgets.changeSessions([{ id, set }])
    await failed(textOf(event?.fail_msgid))
  } else if (type === 'user_recall_msg') {
    const messageId = textOf(event?.recall_msgid)
    await conversations.recall(messageId, sentAt)
    const what = 'customer.message_recalled'
    await events.publish({ id: `${what}:${messageId}`, type: what, occurredAt: sentAt, data: { messageId } })
  } else if (type === 'session_status_change') {
    // 1 taken by staff, 2 transferred, 4 re-opened by staff: they write; 3 ended: nobody, until the customer writes again.
    const isOver = Number(event?.change_type) === 3
    await budgets.changeSessions([{ id, set: { state: isOver ? 4 : 3 } }])
    const customerId = customerOf.get(externalUserId ?? '')
    if (customerId === undefined) return
    const what = isOver ? 'conversation.ended' : 'conversation.taken'
    await events.publish({ id: `${what}:${msgid}`, type: what, occurredAt: sentAt, data: { customerId } })
  }
}
