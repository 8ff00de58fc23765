/** Routes of contacts in WeCom: codes to be added by, and customers handed over. */
import { type Route, route } from '../platform/http.ts'
import { PageQuery, pageOf, pageRequest } from '../platform/views.ts'
import type { ContactWayRow, RelationsStore } from './model.ts'
import { ContactWayBody, ContactWayPage, ContactWayView, HandoverBody, HandoverPage, HandoverStarted } from './views.ts'
import type { Ways } from './ways.ts'

export interface RelationsRouteDeps {
  ways: Ways
  store: RelationsStore
  handOver: (order: {
    externalId: string
    storeId: string
    fromUserId: string
    toUserId: string
    customerIds: string[]
  }) => Promise<number>
}

const wayView = ({ _id, ...way }: ContactWayRow) => ({ ...way, state: _id })

export function relationsRoutes({ ways, store, handOver }: RelationsRouteDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/v1/contact-ways',
      summary: 'Make the code by which customers of a store add these members; asked again it is the same one',
      tag: 'relations',
      auth: 'integration',
      idempotent: true,
      body: ContactWayBody,
      response: ContactWayView,
      errors: ['store_not_found', 'staff_not_found', 'contact_way_refused'],
      handle: async ({ body }) => wayView(await ways.make(body)),
    }),
    route({
      method: 'get',
      path: '/api/v1/contact-ways',
      summary: 'List the codes by which customers add members',
      tag: 'relations',
      auth: 'integration',
      query: PageQuery,
      response: ContactWayPage,
      handle: async ({ query }) => {
        const request = pageRequest(query)
        const { items, nextCursor } = pageOf(await ways.page(request), request.limit)
        return { items: items.map(wayView), nextCursor }
      },
    }),
    route({
      method: 'post',
      path: '/api/v1/handovers',
      summary: 'Hand contacts of a colleague who stays over to another one; WeCom tells the customers, who may refuse',
      tag: 'relations',
      auth: 'integration',
      idempotent: true,
      body: HandoverBody,
      response: HandoverStarted,
      errors: ['store_not_found', 'staff_not_found'],
      handle: async ({ body }) => ({ contacts: await handOver(body) }),
    }),
    route({
      method: 'get',
      path: '/api/v1/handovers',
      summary: 'List hand-overs of contacts: what became of each customer, and why',
      tag: 'relations',
      auth: 'integration',
      query: PageQuery,
      response: HandoverPage,
      handle: async ({ query }) => {
        const request = pageRequest(query)
        const { items, nextCursor } = pageOf(await store.handover.page(request), request.limit)
        return { items: items.map(({ _id, ...row }) => ({ ...row, id: _id })), nextCursor }
      },
    }),
  ]
}
