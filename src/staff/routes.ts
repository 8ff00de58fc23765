/** Routes of stores and staff for clinic systems. */
import { AppError, notFound } from '../platform/errors.ts'
import { type Actor, type Route, route } from '../platform/http.ts'
import { defined, PageQuery, pageOf, pageRequest } from '../platform/views.ts'
import type { StaffDesk } from './service.ts'
import { StaffPage, StaffQuery, StoreBody, StorePage, StoreParams, StoreView } from './views.ts'

/** The caller's own stores only. @throws AppError forbidden/store_not_allowed */
function checkStore(actor: Actor, storeId: string): void {
  if (actor.stores !== 'all' && !actor.stores.includes(storeId)) throw new AppError('forbidden', 'store_not_allowed')
}

export const staffRoutes = (desk: StaffDesk): Route[] => [
  route({
    method: 'put',
    path: '/api/v1/stores/:storeId',
    summary: 'Write a store: numbers, opening hours, contact windows',
    tag: 'stores',
    auth: 'integration',
    params: StoreParams,
    body: StoreBody,
    response: StoreView,
    handle: async ({ params, body, actor }) => {
      checkStore(actor, params.storeId)
      return desk.putStore({ id: params.storeId, ...defined(body) })
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/stores',
    summary: 'List stores',
    tag: 'stores',
    auth: 'integration',
    query: PageQuery,
    response: StorePage,
    handle: async ({ query }) => {
      const request = pageRequest(query)
      return pageOf(await desk.storesPage(request), request.limit)
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/stores/:storeId',
    summary: 'Read a store',
    tag: 'stores',
    auth: 'integration',
    params: StoreParams,
    response: StoreView,
    errors: ['store_not_found'],
    handle: async ({ params, actor }) => {
      checkStore(actor, params.storeId)
      const store = await desk.store(params.storeId)
      if (!store) throw notFound('store_not_found', params)
      return store
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/staff',
    summary: 'List staff as read from WeCom; `unmapped=true` lists those without a role',
    tag: 'staff',
    auth: 'integration',
    query: StaffQuery,
    response: StaffPage,
    handle: async ({ query: { limit, cursor, ...filter } }) => {
      const request = pageRequest({ limit, cursor })
      const { items, nextCursor } = pageOf(await desk.staffPage(defined(filter), request), request.limit)
      return { items: items.map(({ _id, ...row }) => ({ userId: _id, ...row })), nextCursor }
    },
  }),
]
