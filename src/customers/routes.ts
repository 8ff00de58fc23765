/** Routes of customers: for clinic systems, and the mini-program's way in. */
import type { z } from 'zod'
import { type Route, route } from '../platform/http.ts'
import { defined, listing, PageQuery } from '../platform/views.ts'
import type { ContactSync } from './contact-sync.ts'
import type { CustomerInput } from './facts.ts'
import type { CustomersDesk } from './service.ts'
import type { CustomerSessions } from './sessions.ts'
import {
  CodeBody,
  ConflictPage,
  ContactSyncPage,
  CustomerBody,
  CustomerPage,
  CustomerParams,
  CustomerPatchBody,
  CustomerQuery,
  CustomerView,
  PhoneView,
  SessionView,
} from './views.ts'

export interface CustomerRouteDeps {
  desk: CustomersDesk
  contactSync: Pick<ContactSync, 'page'>
  sessions: CustomerSessions
  /** @throws AppError not_found/store_not_found */
  checkStores: (storeIds: readonly string[]) => Promise<void>
}

export function customerRoutes({ desk, contactSync, sessions, checkStores }: CustomerRouteDeps): Route[] {
  const write = (method: 'put' | 'post') =>
    route({
      method,
      path: '/api/v1/customers',
      summary: "Write a customer by the clinic's own number; repeating changes nothing",
      tag: 'customers',
      auth: 'integration',
      idempotent: method === 'post',
      body: CustomerBody,
      response: CustomerView,
      errors: ['store_not_found', 'identity_taken', 'phone_malformed', 'email_malformed'],
      handle: async ({ body }) => {
        await checkStores(body.storeIds)
        return desk.upsert(inputOf(body))
      },
    })

  return [
    write('post'),
    write('put'),
    route({
      method: 'get',
      path: '/api/v1/customers',
      summary: 'List customers, or find them by phone or by the clinic’s number',
      tag: 'customers',
      auth: 'integration',
      query: CustomerQuery,
      response: CustomerPage,
      handle: ({ query: { limit, cursor, ...filter } }) =>
        listing({ limit, cursor }, (request) => desk.page(defined(filter), request)),
    }),
    route({
      method: 'get',
      path: '/api/v1/customers/:customerId',
      summary: 'Read a customer',
      tag: 'customers',
      auth: 'integration',
      params: CustomerParams,
      response: CustomerView,
      errors: ['customer_not_found'],
      handle: ({ params }) => desk.card(params.customerId),
    }),
    route({
      method: 'patch',
      path: '/api/v1/customers/:customerId',
      summary: 'Change wishes: preferred time, opt-out, owner, email, notes',
      tag: 'customers',
      auth: 'integration',
      params: CustomerParams,
      body: CustomerPatchBody,
      response: CustomerView,
      errors: ['customer_not_found', 'email_malformed'],
      handle: ({ params, body }) => {
        const { optOut, ...rest } = defined(body)
        return desk.patch(params.customerId, { ...rest, ...(optOut ? { optOut: defined(optOut) } : {}) })
      },
    }),
    route({
      method: 'get',
      path: '/api/v1/identity-conflicts',
      summary: 'List identities that point to two people; a person decides',
      tag: 'customers',
      auth: 'integration',
      query: PageQuery,
      response: ConflictPage,
      handle: ({ query }) =>
        listing(
          query,
          (request) => desk.conflictsPage(request),
          ({ _id, ...row }) => ({ id: _id, ...row }),
        ),
    }),
    route({
      method: 'get',
      path: '/api/v1/contact-syncs',
      summary: 'List the readings of all WeCom contacts, the latest first: how far they came and what was new',
      tag: 'customers',
      auth: 'integration',
      query: PageQuery,
      response: ContactSyncPage,
      handle: ({ query }) =>
        listing(
          query,
          (request) => contactSync.page(request),
          ({ _id, userIds, ...row }) => ({
            ...row,
            id: _id,
            members: userIds?.length ?? null,
          }),
        ),
    }),
    route({
      method: 'post',
      path: '/api/mp/session',
      summary: 'Sign in to the mini-program with a wx.login code',
      tag: 'mini-program',
      auth: 'public',
      body: CodeBody,
      response: SessionView,
      errors: ['wechat_code_invalid'],
      handle: ({ body }) => sessions.open(body.code),
    }),
    route({
      method: 'post',
      path: '/api/mp/phone',
      summary: 'Tell the own phone number with a getPhoneNumber code',
      tag: 'mini-program',
      auth: 'customer',
      withoutConsent: true,
      body: CodeBody,
      response: PhoneView,
      errors: ['wechat_code_invalid'],
      handle: ({ actor, body }) => sessions.addPhone(actor, body.code),
    }),
  ]
}

function inputOf({ identities, optOut, ...body }: z.output<typeof CustomerBody>): CustomerInput {
  return {
    ...defined(body),
    ...(identities ? { identities: defined(identities) } : {}),
    ...(optOut ? { optOut: defined(optOut) } : {}),
  }
}
