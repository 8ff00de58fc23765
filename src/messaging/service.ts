/** Enqueue, cancel, ask who can be reached: the promises that messaging makes to other rooms. */
import type { CustomersService } from '../customers/index.ts'
import { FREE_CLAIM } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import { addMs, SECOND_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { hashId } from '../platform/hash.ts'
import type { StaffService } from '../staff/index.ts'
import { loadFacts } from './facts.ts'
import { kfRung, smsRung, subscribeRung } from './ladder.ts'
import type { FrozenContent, MessagingStore, OutboxRow } from './model.ts'
import { render, type TemplateBook } from './templates.ts'
import type { EnqueueContact, MessagingService, SettledListener } from './types.ts'

export interface MessagingServiceDeps {
  store: MessagingStore
  clock: Clock
  crypto: FieldCrypto
  customers: CustomersService
  staff: StaffService
  templates: TemplateBook
  listeners: Map<string, SettledListener>
  facts: Parameters<typeof loadFacts>[0]['facts']
  nudge: (table: string) => void
}

/** One contact is one row, whichever channel carries it: so there is no channel in the key. */
export const outboxId = (stepId: string, occurrence: number, audience: string): string =>
  hashId('outbox', stepId, occurrence, audience)

const WELCOME_LIFE_MS = 20 * SECOND_MS

export function createMessagingService(deps: MessagingServiceDeps): MessagingService & {
  welcome(entry: { customerId: string; storeId: string; code: string; at: Date }): Promise<void>
  fail(messageId: string): Promise<void>
} {
  const { store, clock, crypto, customers, staff, templates, listeners, facts, nudge } = deps

  function freeze(content: EnqueueContact['content'], eventCode: string | null = null): FrozenContent {
    if (content.kind === 'staff') return { kind: 'staff', message: content.message }
    if (content.kind === 'card_update')
      return { kind: 'card_update', responseCode: content.responseCode, update: content.update }
    return {
      kind: 'customer',
      menu: content.menu ?? null,
      eventCode,
      ...render(templates, content.templateKey, content.vars),
    }
  }

  function rowOf(contact: EnqueueContact, now: Date, eventCode: string | null = null): OutboxRow {
    const { stepId, occurrence, audience, to, storeId, contactClass, content, notBefore, notAfter, refs } = contact
    return {
      _id: outboxId(stepId, occurrence, audience),
      to,
      storeId,
      contactClass,
      content: freeze(content, eventCode),
      notBefore,
      notAfter,
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
    await store.insert(contacts.map((contact) => rowOf(contact, now)))
    nudge('outbox')
  }

  return {
    outboxId,
    enqueueMany,
    async enqueue(contact) {
      await enqueueMany([contact])
      return { id: outboxId(contact.stepId, contact.occurrence, contact.audience) }
    },
    cancel: (ids, reason) => store.cancel(ids, reason, clock.now()),
    onSettled(owner, listener) {
      if (listeners.has(owner)) throw new Error(`two listeners of ${owner}`)
      listeners.set(owner, listener)
    },
    async inbound(messageId) {
      const found = await store.inbound(messageId)
      if (!found) return null
      const { _id, text, ...rest } = found
      return { messageId: _id, ...rest, text: text === null ? null : crypto.open('kf_messages.text', text) }
    },
    async reach(customerId, now) {
      const customer = await customers.get(customerId)
      if (!customer) return []
      const probe = { to: { customerId: customer.id }, storeId: customer.storeIds[0] ?? '' } as unknown as OutboxRow
      const book = await loadFacts({ store, customers, staff, facts }, [probe])
      const known = book.reach(customer.id)
      if (!known) return []
      return [kfRung(known, now), subscribeRung(known, 'care_reminder'), smsRung(known, true)].map(
        ({ channel, target, reason }) => ({ channel, ok: target !== null, reason }),
      )
    },
    async welcome({ customerId, storeId, code, at }) {
      const contact: EnqueueContact = {
        stepId: `welcome:${hashId(code)}`,
        occurrence: 0,
        audience: 'customer',
        to: { customerId },
        storeId,
        contactClass: 'reply',
        content: {
          kind: 'template',
          templateKey: 'system.welcome',
          vars: { store: (await staff.store(storeId))?.displayName ?? '术后关怀' },
        },
        notBefore: at,
        notAfter: addMs(at, WELCOME_LIFE_MS),
        refs: { owner: 'messaging' },
      }
      await store.insert([rowOf(contact, clock.now(), code)])
      nudge('outbox')
    },
    async fail(messageId) {
      if (!messageId) return
      const row = await store.byMessageId(messageId)
      if (!row || row.outcome !== 'sent' || !row.channel) return
      // Accepted and then not delivered is a definite refusal: the row goes on at the next rung, under the same key.
      const now = clock.now()
      await store.reopen(row._id, row.channel, now)
      nudge('outbox')
    },
  }
}
