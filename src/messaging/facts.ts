/** Everything that a batch of messages needs to know, in a handful of queries. */
import type { CustomerContact, CustomersService } from '../customers/index.ts'
import { DEFAULT_ZONE, type Span } from '../platform/calendar.ts'
import { addMs, type Clock, DAY_MS } from '../platform/clock.ts'
import type { StaffService, Store } from '../staff/index.ts'
import type { Budgets, KfSession } from './budgets.ts'
import type { PromotionCaps, Spent } from './caps.ts'
import type { ReachFacts } from './ladder.ts'
import type { Intent, OutboxRow } from './model.ts'
import { type Coming, RESERVED_DAYS } from './promotion.ts'
import { SUBSCRIBE_KINDS, type TemplateBook } from './templates.ts'
import type { ComingMessage, ComingMessages, PromotionHold, PromotionHolds } from './types.ts'
import type { WindowFacts } from './windows.ts'

export interface FactsDeps {
  budgets: Budgets
  customers: CustomersService
  staff: StaffService
  promotionCaps: PromotionCaps
  /** By the room that asked. */
  promotionHolds: ReadonlyMap<string, PromotionHolds>
  /** By the room that will send them. */
  coming: ReadonlyMap<string, ComingMessages>
  templates: TemplateBook
  clock: Pick<Clock, 'now'>
  facts: {
    openKfId: string
    smsOn: boolean
    emailOn: boolean
    miniProgramOn: boolean
    templateIds: () => Promise<Partial<Record<'care_reminder' | 'follow_up', string>>>
  }
}

export interface FactsBook {
  reach(customerId: string): ReachFacts | null
  window(storeId: string, preferredTime: Span | null): WindowFacts
  /** Counts what this batch is about to take, so that its next message looks further down the ladder. */
  spend(intent: Intent): void
}

/** The rows that are asked about: only who and where. */
export type FactsFor = Pick<OutboxRow, 'to' | 'storeId'> & Partial<Pick<OutboxRow, 'contactClass'>>

const DEFAULT_WINDOW: Omit<WindowFacts, 'preferredTime'> = {
  timeZone: DEFAULT_ZONE,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
}

const NONE: Spent[] = []

/** A contact by what its template may go by. */
export const comingOf = (templates: TemplateBook, { at, templateKey }: ComingMessage): Coming => ({
  at,
  subscribe: templates.get(templateKey)?.subscribe?.kind ?? null,
})

async function comingFor(
  customerIds: readonly string[],
  askers: ReadonlyMap<string, ComingMessages>,
  templates: TemplateBook,
  until: Date,
): Promise<Map<string, Coming[]>> {
  const found = new Map<string, Coming[]>()
  if (customerIds.length === 0) return found
  for (const some of await Promise.all([...askers.values()].map((ask) => ask(customerIds, until))))
    for (const [id, messages] of some)
      found.set(id, [...(found.get(id) ?? []), ...messages.map((one) => comingOf(templates, one))])
  return found
}

/** Everybody is asked; a final no counts before one that waits. */
async function holdsOf(
  customerIds: readonly string[],
  askers: ReadonlyMap<string, PromotionHolds>,
): Promise<Map<string, PromotionHold>> {
  const holds = new Map<string, PromotionHold>()
  if (customerIds.length === 0) return holds
  for (const found of await Promise.all([...askers.values()].map((ask) => ask(customerIds))))
    for (const [id, hold] of found) if (hold.cancels || !holds.has(id)) holds.set(id, hold)
  return holds
}

export async function loadFacts(
  { budgets, customers, staff, promotionCaps, promotionHolds, coming, templates, clock, facts }: FactsDeps,
  rows: readonly FactsFor[],
): Promise<FactsBook> {
  const customerIds = [...new Set(rows.flatMap(({ to }) => ('customerId' in to ? [to.customerId] : [])))]
  const storeIds = [...new Set(rows.map(({ storeId }) => storeId))]
  const [known, stores, templateIds] =
    customerIds.length === 0
      ? [new Map<string, CustomerContact>(), new Map<string, Store>(), {}]
      : await Promise.all([customers.contacts(customerIds), staff.stores(storeIds), facts.templateIds()])
  const people = [...known.values()].map(({ customer }) => customer)
  const sessionId = (externalUserId: string) => `${facts.openKfId}|${externalUserId}`
  const [sessions, grants] = await Promise.all([
    budgets.sessionsOf(people.flatMap(({ externalUserIds }) => externalUserIds.map(sessionId))),
    budgets.grantsOf(
      people.flatMap(({ openIds }) =>
        openIds.flatMap((openId) => Object.values(templateIds).map((templateId) => `${openId}|${templateId}`)),
      ),
    ),
  ])
  const promoted = new Set(
    rows.flatMap(({ to, contactClass }) =>
      contactClass === 'promotion' && 'customerId' in to ? (known.get(to.customerId)?.customer.id ?? []) : [],
    ),
  )
  const [spent, holds, kept] = await Promise.all([
    promotionCaps.spentBy([...promoted]),
    holdsOf([...promoted], promotionHolds),
    comingFor([...promoted], coming, templates, addMs(clock.now(), RESERVED_DAYS * DAY_MS)),
  ])
  const sessionById = new Map(sessions.map((session) => [session._id, session]))
  const grantById = new Map(grants.map((grant) => [grant._id, grant]))

  return {
    reach(customerId) {
      const contact = known.get(customerId)
      if (!contact) return null
      const { customer, phone, email } = contact
      return {
        customer,
        phone,
        email,
        sessions: customer.externalUserIds
          .map((id) => sessionById.get(sessionId(id)))
          .filter((one): one is KfSession => one !== undefined),
        grants: Object.fromEntries(
          SUBSCRIBE_KINDS.flatMap((kind) => {
            const templateId = templateIds[kind]
            if (!templateId) return []
            const best = customer.openIds
              .map((openId) => {
                const grant = grantById.get(`${openId}|${templateId}`)
                return { openId, templateId, count: grant?.count ?? 0, places: grant?.places ?? [] }
              })
              .sort((a, b) => b.count - a.count)[0]
            return best ? [[kind, best]] : []
          }),
        ),
        smsOn: facts.smsOn,
        emailOn: facts.emailOn,
        miniProgramOn: facts.miniProgramOn,
        ...(promoted.has(customer.id)
          ? {
              promotion: {
                caps: promotionCaps.caps,
                spent: spent.get(customer.id) ?? NONE,
                hold: holds.get(customer.id) ?? null,
                coming: kept.get(customer.id) ?? [],
              },
            }
          : {}),
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
    spend({ channel, target, key }) {
      if (channel === 'kf') sessionById.get(target)?.places.push(key)
      const grant = channel === 'subscribe' ? grantById.get(target) : undefined
      if (grant && !grant.places.includes(key)) grant.count -= 1
    },
  }
}
