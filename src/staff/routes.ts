/** Routes of stores and staff for clinic systems. */
import { z } from 'zod'
import { AppError, notFound } from '../platform/errors.ts'
import { type Actor, type Route, route } from '../platform/http.ts'
import { defined, Id, listing, PageQuery } from '../platform/views.ts'
import type { StaffDesk } from './service.ts'
import { HoursBody, StaffPage, StaffQuery, StaffView, StoreBody, StorePage, StoreParams, StoreView } from './views.ts'

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
    handle: ({ query }) => listing(query, (request) => desk.storesPage(request)),
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
    handle: ({ query: { limit, cursor, ...filter } }) =>
      listing(
        { limit, cursor },
        (request) => desk.staffPage(defined(filter), request),
        ({ _id, ...row }) => ({ userId: _id, ...row }),
      ),
  }),
  route({
    method: 'put',
    path: '/api/v1/staff/:userId/hours',
    summary: 'Weekly working hours: outside them new tasks go to colleagues on duty; null = any hour',
    tag: 'staff',
    auth: 'integration',
    params: z.strictObject({ userId: Id }),
    body: HoursBody,
    response: StaffView,
    errors: ['staff_not_found'],
    handle: async ({ params, body }) => {
      const { _id, ...row } = await desk.setHours(params.userId, body.weekly)
      return { userId: _id, ...row }
    },
  }),
]
