/** Customers: the people, their many identities, and what they wish. */
import { type Announcer, createAnnouncer } from '../platform/announcements.ts'
import { addDays, atTime, DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import { notFound } from '../platform/errors.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { routine } from '../platform/routines.ts'
import type { StaffService } from '../staff/index.ts'
import type { WechatClient } from '../wechat/index.ts'
import { type Rates, readExternalContactEvent, type WecomClient } from '../wecom/index.ts'
import { createContactPages } from './contact-pages.ts'
import { type ContactSync, createContactSync } from './contact-sync.ts'
import { createContactSyncStore } from './contact-syncs-model.ts'
import { createExternalContacts, type ExternalContacts } from './external-contacts.ts'
import { createIdentityGraph } from './identities.ts'
import { createCustomerStore } from './model.ts'
import { createCustomerMemory } from './remembered.ts'
import { customerRoutes } from './routes.ts'
import { type CustomersDesk, createCustomersService } from './service.ts'
import { type CustomerSessions, createSessions } from './sessions.ts'
import { passOnCustomers } from './succession.ts'
import type { ContactAddedListener } from './types.ts'

export type { CustomerCard, CustomerInput, CustomerPatch } from './facts.ts'
export type { Gender } from './names.ts'
export type { CustomersDesk } from './service.ts'
export type { CustomerSessions, MiniProgramSession } from './sessions.ts'
export type * from './types.ts'
export { CustomerBody } from './views.ts'

export interface CustomersDeps extends Ports {
  wecom: Pick<WecomClient, 'externalContact' | 'externalContactIds' | 'followUsers' | 'externalContactsByUsers'>
  rates: Pick<Rates, 'reserve' | 'block'>
  wechat: Pick<WechatClient, 'code2Session' | 'phoneNumber'>
  staff: Pick<StaffService, 'members' | 'stores' | 'roster'>
  sessionSecret: string
}

export interface CustomersFeature extends Feature<CustomersDesk> {
  sessions: CustomerSessions
  externalContacts: ExternalContacts
  /** Called in the callback's own work, once the person is known; a throw lets the callback come again, so it must be safe to repeat. */
  onContactAdded(listener: ContactAddedListener): void
  contactSync: ContactSync
}

// After the directory's reading at 03:00, which tells who is a consultant.
const SYNC_AT = '03:30'
const ADDED = ['add_external_contact', 'add_half_external_contact']
/** What else changes somebody's followers; a contact that only went away makes nobody new. */
const CONTACT_CHANGES = [
  { change: 'edit_external_contact', create: true },
  { change: 'del_external_contact', create: false },
  { change: 'del_follow_user', create: false },
]

export function createCustomers(deps: CustomersDeps): CustomersFeature {
  const store = createCustomerStore(deps.db)
  const announcer: Announcer = createAnnouncer('customers', { customers: store.announcing }, deps)
  const remembered = createCustomerMemory(store, deps)
  const graph = createIdentityGraph({ ...deps, store, remembered, announcer })
  const service = createCustomersService({ ...deps, store, remembered, announcer, graph })
  const pages = createContactPages({ ...deps, store, graph })
  const externalContacts = createExternalContacts({ ...deps, store, pages })
  const syncs = createContactSyncStore(deps.db)
  const contactSync = createContactSync({ ...deps, syncs, store, pages, contacts: externalContacts })
  const sessions = createSessions({ ...deps, secret: deps.sessionSecret, customers: service })

  for (const { change, create } of CONTACT_CHANGES)
    deps.inbox.on('wecom', `change_external_contact.${change}`, async ({ payload }) => {
      await externalContacts.refresh(readExternalContactEvent(payload).externalUserId, { create })
    })

  const addedListeners: ContactAddedListener[] = []
  for (const change of ADDED)
    deps.inbox.on('wecom', `change_external_contact.${change}`, async ({ payload, receivedAt }) => {
      const { userId, externalUserId, state, welcomeCode } = readExternalContactEvent(payload)
      const failure = await externalContacts.refresh(externalUserId, { create: true }).then(
        () => null,
        (error: unknown) => ({ error }),
      )
      // The welcome's seconds don't wait until WeCom answers again: who it is comes with the repeat.
      const customer = failure
        ? await service.join({ externalUserId, followUserId: userId, create: true })
        : await service.findByIdentity('external_userid', externalUserId)
      if (customer)
        for (const listener of addedListeners)
          await listener({ customerId: customer.id, externalUserId, userId, state, welcomeCode, at: receivedAt })
      if (failure) throw failure.error
    })

  deps.events.subscribe('customers', { 'staff.deactivated': (event) => passOnCustomers({ ...deps, store }, event) })

  return {
    service,
    sessions,
    externalContacts,
    contactSync,
    onContactAdded: (listener) => void addedListeners.push(listener),
    routes: customerRoutes({
      desk: service,
      contactSync,
      sessions,
      async checkStores(storeIds) {
        const known = await deps.staff.stores(storeIds)
        for (const storeId of storeIds) if (!known.has(storeId)) throw notFound('store_not_found', { storeId })
      },
    }),
    due: [announcer.due, contactSync.due],
    routines: [
      routine({
        name: 'customers.sync-contacts',
        nextAt: (after) => {
          const today = dayOf(after, DEFAULT_ZONE)
          const at = atTime(today, SYNC_AT, DEFAULT_ZONE)
          return at > after ? at : atTime(addDays(today, 1), SYNC_AT, DEFAULT_ZONE)
        },
        run: async (at) => {
          const repaired = await graph.repairMerges()
          return { repaired, begun: Number(await contactSync.start(dayOf(at, DEFAULT_ZONE))) }
        },
      }),
    ],
    async ready() {
      await Promise.all([store.ready(), syncs.ready()])
    },
  }
}
