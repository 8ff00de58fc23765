/** Routes of photos for the clinic's own system, which says on whose behalf it asks. */
import type { CustomersService } from '../customers/index.ts'
import { answering, type Route, route } from '../platform/http.ts'
import { listing, type PageRequest } from '../platform/views.ts'
import { DRAWN } from './drawing.ts'
import type { PhotoStore } from './model.ts'
import type { Notes } from './notes.ts'
import type { Openings } from './openings.ts'
import { placeOf } from './routes.ts'
import { PhotoParams, photoView, StaffLookQuery, StaffPhotoPage, StaffPhotosQuery, StatsView } from './views.ts'

export function staffPhotoRoutes({
  store,
  openings,
  notes,
  customers,
}: {
  store: PhotoStore
  openings: Openings
  notes: Pick<Notes, 'noted'>
  customers: Pick<CustomersService, 'idsOf'>
}): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/v1/photos',
      summary: 'List the photos of a customer, the newest first, without the pictures',
      tag: 'photos',
      auth: 'integration',
      query: StaffPhotosQuery,
      response: StaffPhotoPage,
      async handle({ query: { customerId, treatmentId = null, ...paging } }) {
        const ids = await customers.idsOf(customerId)
        const read = async (request: PageRequest) => {
          const rows = await store.timeline(ids, treatmentId, request)
          const noted = await notes.noted(rows.map(({ _id }) => _id))
          return rows.map((row) => ({ ...row, hasNote: noted.has(row._id) }))
        }
        return listing(paging, read, (row) => ({ ...photoView(row), hasNote: row.hasNote }), placeOf)
      },
    }),
    answering({
      method: 'get',
      path: '/api/v1/photos/:photoId/image',
      summary: 'Open a photo on behalf of a member of staff, with the reason; the customer can read who looked and why',
      tag: 'photos',
      auth: 'integration',
      params: PhotoParams,
      query: StaffLookQuery,
      answers: [DRAWN],
      errors: [
        'photo_not_found',
        'staff_not_found',
        'photo_role_missing',
        'photo_consent_missing',
        'photo_locked',
        'photo_not_ready',
      ],
      handle: ({ params, query }) => openings.openAsStaff({ ...params, ...query }),
    }),
    route({
      method: 'get',
      path: '/api/v1/stats/photos',
      summary: 'Photos received, prepared, failed, erased, and how often staff looked',
      tag: 'statistics',
      auth: 'integration',
      response: StatsView,
      handle: () => store.stats(),
    }),
  ]
}
