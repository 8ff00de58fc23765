/** Everything that a batch of messages needs to know, in a handful of queries; and the advisory counters written back. */
import type { Customer, CustomersService } from '../customers/index.ts'
import { DEFAULT_ZONE, type Span } from '../platform/calendar.ts'
import type { StaffService, Store } from '../staff/index.ts'
import { KF_MESSAGES, type ReachFacts } from './ladder.ts'
import type { Grant, Intent, KfSession, MessagingStore, OutboxRow } from './model.ts'
import type { RowChange } from './settle.ts'
import { SUBSCRIBE_KINDS } from './templates.ts'
import type { WindowFacts } from './windows.ts'

export interface FactsDeps {
  store: MessagingStore
  customers: CustomersService
  staff: StaffService
  facts: {
    openKfId: string
    smsOn: boolean
    miniProgramOn: boolean
    templateIds: () => Promise<Partial<Record<'care_reminder' | 'follow_up', string>>>
  }
}

export interface FactsBook {
  reach(customerId: string): ReachFacts | null
  window(storeId: string, preferredTime: Span | null): WindowFacts
  /** Counts what this batch is about to use, so that one batch doesn't spend a budget twice. */
  spend(intent: Intent): void
  /** The vendor is the authority; these counters only save us refused calls. */
  adjust(done: readonly { row: OutboxRow; change: RowChange | null }[]): Promise<void>
}

const DEFAULT_WINDOW: Omit<WindowFacts, 'preferredTime'> = {
  timeZone: DEFAULT_ZONE,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
}

export async function loadFacts(
  { store, customers, staff, facts }: FactsDeps,
  rows: readonly OutboxRow[],
): Promise<FactsBook> {
  const customerIds = [...new Set(rows.flatMap(({ to }) => ('customerId' in to ? [to.customerId] : [])))]
  const storeIds = [...new Set(rows.map(({ storeId }) => storeId))]
  const [known, contacts, stores, templateIds] =
    customerIds.length === 0
      ? [new Map<string, Customer>(), new Map<string, { phone: string | null }>(), new Map<string, Store>(), {}]
      : await Promise.all([
          customers.getMany(customerIds),
          customers.contacts(customerIds),
          staff.stores(storeIds),
          facts.templateIds(),
        ])
  const people = [...known.values()]
  const sessionId = (externalUserId: string) => `${facts.openKfId}|${externalUserId}`
  const [sessions, grants] = await Promise.all([
    store.sessionsOf(people.flatMap(({ externalUserIds }) => externalUserIds.map(sessionId))),
    store.grantsOf(
      people.flatMap(({ openIds }) =>
        openIds.flatMap((openId) => Object.values(templateIds).map((templateId) => `${openId}|${templateId}`)),
      ),
    ),
  ])
  const sessionById = new Map(sessions.map((session) => [session._id, session]))
  const grantById = new Map(grants.map((grant) => [grant._id, grant]))

  return {
    reach(customerId) {
      const customer = known.get(customerId)
      if (!customer) return null
      return {
        customer,
        phone: contacts.get(customerId)?.phone ?? null,
        sessions: customer.externalUserIds
          .map((id) => sessionById.get(sessionId(id)))
          .filter((one): one is KfSession => one !== undefined),
        grants: Object.fromEntries(
          SUBSCRIBE_KINDS.flatMap((kind) => {
            const templateId = templateIds[kind]
            if (!templateId) return []
            const best = customer.openIds
              .map((openId) => ({ openId, templateId, count: grantById.get(`${openId}|${templateId}`)?.count ?? 0 }))
              .sort((a, b) => b.count - a.count)[0]
            return best ? [[kind, best]] : []
          }),
        ),
        smsOn: facts.smsOn,
        miniProgramOn: facts.miniProgramOn,
      }
    },
    window(storeId, preferredTime) {
      const place = stores.get(storeId)
      return {
        ...(place
          ? { timeZone: place.timeZone, contactWindows: place.contactWindows, quietHours: place.quietHours }
          : DEFAULT_WINDOW),
        preferredTime,
      }
    },
    spend({ channel, target }) {
      const session = channel === 'kf' ? sessionById.get(target) : undefined
      if (session) session.sentSinceInbound += 1
      const grant: Grant | undefined = channel === 'subscribe' ? grantById.get(target) : undefined
      if (grant) grant.count -= 1
    },
    async adjust(done) {
      const sessionChanges: Parameters<MessagingStore['adjustSessions']>[0][number][] = []
      const grantChanges: Parameters<MessagingStore['adjustGrants']>[0][number][] = []
      for (const { row, change } of done) {
        const attempt = change?.attempt
        if (!attempt || !row.intent) continue
        const { target } = row.intent
        const counts = attempt.result === 'sent' || attempt.result === 'unknown'
        if (attempt.channel === 'kf') {
          if (counts) sessionChanges.push({ id: target, sent: 1 })
          if (attempt.errcode === 95001) sessionChanges.push({ id: target, set: { sentSinceInbound: KF_MESSAGES } })
          if (attempt.errcode === 95002) sessionChanges.push({ id: target, set: { lastInboundAt: null } })
          if (attempt.errcode === 95018) sessionChanges.push({ id: target, set: { state: 3 } })
        }
        if (attempt.channel === 'subscribe') {
          if (counts) grantChanges.push({ id: target, used: 1 })
          if (attempt.errcode === 43101) grantChanges.push({ id: target, clear: true })
        }
      }
      await Promise.all([store.adjustSessions(sessionChanges), store.adjustGrants(grantChanges)])
    },
  }
}
