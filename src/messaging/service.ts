/** Enqueue, cancel, ask who can be reached: the promises that messaging makes to other rooms. */
import type { CustomersService } from '../customers/index.ts'
import { FREE_CLAIM } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import { addMs, SECOND_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError } from '../platform/errors.ts'
import type { FirstHand } from '../platform/first-hand.ts'
import { hashId } from '../platform/hash.ts'
import type { StaffService } from '../staff/index.ts'
import type { Budgets } from './budgets.ts'
import type { Conversations } from './conversations.ts'
import { type FactsDeps, loadFacts } from './facts.ts'
import { freeCaps } from './gates.ts'
import { emailRung, kfRung, smsRung, subscribeRung } from './ladder.ts'
import type { Left } from './left.ts'
import type { MassBook } from './mass-book.ts'
import type { Confirming } from './mass-rules.ts'
import type { FrozenContent, OutboxRow, OutboxStore } from './model.ts'
import { planReach } from './reach.ts'
import { CHAT_BYTES, cutBytes, render, SUBSCRIBE_KINDS, type TemplateBook, TITLES } from './templates.ts'
import type { ComingMessages, EnqueueContact, MessagingService, PromotionHolds, SettledListener } from './types.ts'

export interface MessagingServiceDeps {
  store: OutboxStore
  firstHand: FirstHand<OutboxRow>
  left: Left
  budgets: Budgets
  conversations: Conversations
  clock: Clock
  crypto: FieldCrypto
  customers: CustomersService
  staff: StaffService
  templates: TemplateBook
  listeners: Map<string, SettledListener>
  promotionCaps: FactsDeps['promotionCaps']
  promotionHolds: Map<string, PromotionHolds>
  coming: Map<string, ComingMessages>
  book: Pick<MassBook, 'hadBy'>
  confirming: Confirming
  facts: FactsDeps['facts']
  nudge: (table: string) => void
}

/** One contact is one row, whichever channel carries it: so there is no channel in the key. */
export const outboxId = (stepId: string, occurrence: number, audience: string): string =>
  hashId('outbox', stepId, occurrence, audience)

const asJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

const WELCOME_LIFE_MS = 20 * SECOND_MS
/** The event that a message answers. */
type Answers = { eventCode: string | null; eventChannel?: 'contact_welcome' }
const NO_EVENT: Answers = { eventCode: null }

export interface WelcomeEntry {
  customerId: string
  storeId: string
  code: string
  at: Date
  /** Whom the customer has added; null: it was customer service that the customer entered. */
  sender: string | null
}

/** The service plus what only this room's own inbound side uses. */
export interface MessagingDesk extends Omit<MessagingService, 'welcomeContact'> {
  /** Puts the answer to a customer's entry into the outbox, once per code. Returns the row's id. */
  welcome(entry: WelcomeEntry): Promise<string>
  /**
   * The vendor took a message and then couldn't deliver it: it goes on at the next rung. Unknown ids are somebody else's.
   * @throws AppError upstream/message_in_flight: the send isn't recorded yet, try again
   */
  fail(messageId: string): Promise<void>
}

export function createMessagingService(deps: MessagingServiceDeps): MessagingDesk {
  const {
    store,
    firstHand,
    left,
    conversations,
    clock,
    crypto,
    customers,
    staff,
    templates,
    listeners,
    promotionCaps,
    promotionHolds,
    coming,
    book: mass,
    confirming: config,
    nudge,
  } = deps

  function freeze(content: EnqueueContact['content'], answers: Answers = NO_EVENT): FrozenContent {
    if (content.kind === 'staff') return { kind: 'staff', message: content.message }
    if (content.kind === 'card_update')
      return { kind: 'card_update', responseCode: content.responseCode, update: content.update }
    if (content.kind === 'words') {
      const { text, menu = null, attachment } = content
      const chat = cutBytes(text, CHAT_BYTES)
      const bare = { templateKey: 'words', templateVersion: 0, chat, sms: null, subscribe: null, email: null }
      return { kind: 'customer', menu, ...(attachment ? { attachment } : {}), ...answers, ...bare }
    }
    return {
      kind: 'customer',
      menu: content.menu ?? null,
      ...answers,
      ...render(templates, content.templateKey, content.vars),
    }
  }

  function rowOf(contact: EnqueueContact, now: Date, answers: Answers = NO_EVENT): OutboxRow {
    const { stepId, occurrence, audience, to, storeId, contactClass, content, notBefore, notAfter, refs } = contact
    const { handOver, after, isAnswer } = contact
    return {
      _id: outboxId(stepId, occurrence, audience),
      to,
      storeId,
      contactClass,
      content: freeze(content, answers),
      notBefore,
      notAfter,
      ...(handOver === false ? { handOver } : {}),
      ...(after === undefined ? {} : { after }),
      ...(isAnswer ? { isAnswer } : {}),
      refs,
      status: 'ready',
      outcome: null,
      reason: null,
      channel: null,
      messageId: null,
      responseCode: null,
      settledAt: null,
      intent: null,
      attempts: [],
      skips: [],
      refusals: {},
      createdAt: now,
      dueAt: notBefore > now ? notBefore : now,
      claim: FREE_CLAIM,
      attempt: 0,
    }
  }

  async function enqueueMany(contacts: readonly EnqueueContact[]): Promise<void> {
    if (contacts.length === 0) return
    const now = clock.now()
    const rows = firstHand.adopt(contacts.map((contact) => rowOf(contact, now)))
    const fresh = new Set(await store.insert(rows))
    firstHand.keep(
      // As it is read again: the content is kept as JSON.
      rows.filter(({ _id }) => fresh.has(_id)).map((row) => ({ ...row, content: asJson(row.content) })),
    )
    nudge('outbox')
  }

  return {
    outboxId,
    enqueueMany,
    async enqueue(contact) {
      await enqueueMany([contact])
      return { id: outboxId(contact.stepId, contact.occurrence, contact.audience) }
    },
    async cancel(asked, reason) {
      const ids = asked.filter((id) => !left.has(id))
      if (ids.length === 0) return []
      const at = { now: clock.now(), wall: clock.wall(), tokens: firstHand.release(ids) }
      const gone = await store.cancel(ids, reason, at)
      await freeCaps({ promotionCaps, customers }, gone)
      return gone.map(({ _id }) => _id)
    },
    onSettled(owner, listener) {
      if (listeners.has(owner)) throw new Error(`two listeners of ${owner}`)
      listeners.set(owner, listener)
    },
    holdPromotions(owner, holds) {
      if (promotionHolds.has(owner)) throw new Error(`two holds of ${owner}`)
      promotionHolds.set(owner, holds)
    },
    reserve(owner, messages) {
      if (coming.has(owner)) throw new Error(`two reservations of ${owner}`)
      coming.set(owner, messages)
    },
    async reachPlan(customerId, contacts, now) {
      const customer = await customers.get(customerId)
      if (!customer) return null
      const to = { customerId: customer.id }
      const storeIds = [...new Set([customer.storeIds[0] ?? '', ...contacts.map(({ storeId }) => storeId)])]
      const book = await loadFacts(
        deps,
        storeIds.map((storeId) => ({ to, storeId, contactClass: 'promotion' as const })),
      )
      const known = book.reach(customer.id)
      if (!known) return null
      const [{ isHere }, had] = await Promise.all([staff.roster(), mass.hadBy([customer.id], config.quota, now)])
      const windowOf = (storeId: string) => book.window(storeId, customer.preferredTime)
      return planReach(contacts, templates, known, { config, isHere, had: had.get(customer.id) ?? 0 }, windowOf, now)
    },
    async inbound(messageId) {
      const found = await conversations.get(messageId)
      if (!found) return null
      const { _id, text, mediaId = null, content = null, recalledAt = null, ...rest } = found
      return {
        messageId: _id,
        ...rest,
        mediaId,
        recalledAt,
        text: text === null ? null : crypto.open('kf_messages.text', text),
        content:
          content === null
            ? null
            : (JSON.parse(crypto.open('kf_messages.content', content)) as Record<string, unknown>),
      }
    },
    async unsaid(id) {
      const row = await store.byId(id)
      if (row?.outcome === 'delegated') await freeCaps({ promotionCaps, customers }, [row])
    },
    async outcome(id) {
      const row = await store.byId(id)
      return row && (row.outcome ?? 'open')
    },
    async text(id) {
      const content = (await store.byId(id))?.content
      return content?.kind === 'customer' ? { chat: content.chat, sms: content.sms } : null
    },
    async subscriptions(customerId) {
      const customer = await customers.get(customerId)
      if (!customer) return []
      const book = await loadFacts(deps, [{ to: { customerId: customer.id }, storeId: customer.storeIds[0] ?? '' }])
      const grants = book.reach(customer.id)?.grants ?? {}
      return SUBSCRIBE_KINDS.flatMap((kind) => {
        const grant = grants[kind]
        return grant ? [{ kind, title: TITLES[kind], templateId: grant.templateId, left: grant.count }] : []
      })
    },
    async reach(customerId, now) {
      const customer = await customers.get(customerId)
      if (!customer) return []
      const asked = { to: { customerId: customer.id }, storeId: customer.storeIds[0] ?? '' }
      const book = await loadFacts(deps, [asked])
      const known = book.reach(customer.id)
      if (!known) return []
      return [
        kfRung(known, now),
        subscribeRung(known, 'care_reminder'),
        smsRung(known, true),
        emailRung(known, true),
      ].map(({ channel, target, reason }) => ({ channel, ok: target !== null, reason }))
    },
    async welcome({ customerId, storeId, code, at, sender }) {
      const now = clock.now()
      const place = (await staff.store(storeId))?.displayName ?? '术后关怀'
      const contact: EnqueueContact = {
        stepId: `welcome:${hashId(code)}`,
        occurrence: 0,
        audience: 'customer',
        to: { customerId },
        storeId,
        contactClass: 'reply',
        content: {
          kind: 'template',
          ...(sender === null
            ? { templateKey: 'system.welcome', vars: { store: place } }
            : { templateKey: 'system.contact_welcome', vars: { store: place, sender } }),
        },
        notBefore: at < now ? at : now,
        notAfter: addMs(at, WELCOME_LIFE_MS),
        refs: { owner: 'messaging' },
      }
      const channel = sender === null ? {} : { eventChannel: 'contact_welcome' as const }
      const row = rowOf(contact, now, { eventCode: code, ...channel })
      await store.insert([row])
      return row._id
    },
    async fail(messageId) {
      if (!messageId) return
      const row = await store.byMessageId(messageId)
      if (!row) return
      if (row.status === 'sending' || row.status === 'settling')
        throw new AppError('upstream', 'message_in_flight', { outboxId: row.id }, { retryable: true })
      // Accepted and then not delivered is a definite refusal: the row goes on at the next rung, under the same key.
      if (row.channel && (await store.reopen(row.id, messageId, row.channel, clock.now()))) nudge('outbox')
    },
  }
}
