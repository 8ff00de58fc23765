/** Routes of photos: the customer's own album, and for the vendor that checks content. */
import { answering, type Route, receiving, route } from '../platform/http.ts'
import { listing, PageQuery, type PageRequest } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import type { Admission } from './admission.ts'
import { DRAWN } from './drawing.ts'
import type { createGuides } from './guides.ts'
import { MAX_BYTES } from './image/limits.ts'
import type { PhotoStore } from './model.ts'
import type { Openings } from './openings.ts'
import type { Retention } from './retention.ts'
import { CHUNK_BYTES } from './rules.ts'
import { CHECK_PATH } from './safety.ts'
import type { Uploads } from './uploads.ts'
import {
  CheckParams,
  ChunkParams,
  ErasureView,
  GuideQuery,
  GuideView,
  OpeningPage,
  openingView,
  PhotoPage,
  PhotoParams,
  PhotosQuery,
  PhotoView,
  photoView,
  SizeQuery,
  Taken,
  UploadBody,
  UploadFields,
  UploadParams,
  UploadView,
} from './views.ts'

export interface PhotoRouteDeps {
  store: PhotoStore
  admission: Admission
  uploads: Uploads
  openings: Openings
  retention: Retention
  guides: ReturnType<typeof createGuides>
  staff: Pick<StaffService, 'members'>
}

const CHUNK_MS = 60_000
const WHOLE_MS = 140_000
/** What is there of mine I may see and have deleted; what comes in is judged by what it is for (`admission.ts`). */
const OF_MINE = { tag: 'mini-program', auth: 'customer', withoutConsent: true } as const
const ADMISSION = [
  'customer_not_found',
  'treatment_not_found',
  'photo_consent_needed',
  'photo_submission_reused',
  // Made already, and erased since.
  'photo_not_found',
] as const
const CONTENT = [
  'photo_too_large',
  'photo_too_many_pixels',
  'photo_type_unsupported',
  'photo_heic',
  'photo_animated',
  'photo_truncated',
  'photo_damaged',
  'photo_has_more',
  'photo_checksum_differs',
] as const

export const photoRoutes = (deps: PhotoRouteDeps): Route[] => [...uploadRoutes(deps), ...albumRoutes(deps)]

function uploadRoutes({ uploads }: PhotoRouteDeps): Route[] {
  return [
    route({
      method: 'post',
      path: '/api/mp/photo-uploads',
      summary: 'Begin sending a photo in pieces; asked again it says which pieces are there',
      ...OF_MINE,
      body: UploadBody,
      response: UploadView,
      errors: [...ADMISSION, 'photo_uploads_too_many', 'too_many_today'],
      handle: ({ actor, body }) => uploads.begin(actor, body),
    }),
    route({
      method: 'get',
      path: '/api/mp/photo-uploads/:uploadId',
      summary: 'Which pieces of a photo are there',
      ...OF_MINE,
      params: UploadParams,
      response: UploadView,
      errors: ['photo_upload_not_found', 'photo_not_found'],
      handle: ({ actor, params }) => uploads.state(actor, params.uploadId),
    }),
    receiving({
      method: 'put',
      path: '/api/mp/photo-uploads/:uploadId/chunks/:index',
      summary: 'Send one piece, in any order; the same again changes nothing',
      ...OF_MINE,
      params: ChunkParams,
      receives: { type: 'application/octet-stream', limit: CHUNK_BYTES, timeoutMs: CHUNK_MS },
      response: Taken,
      errors: ['photo_upload_not_found', 'photo_chunk_wrong', 'photo_chunk_differs'],
      async handle({ actor, params, incoming }) {
        await uploads.put(actor, params.uploadId, params.index, incoming.stream)
        return { taken: true as const }
      },
    }),
    route({
      method: 'post',
      path: '/api/mp/photo-uploads/:uploadId/complete',
      summary: 'Make the photo of its pieces; asked again it is the same photo',
      ...OF_MINE,
      params: UploadParams,
      response: PhotoView,
      errors: ['photo_upload_not_found', 'photo_chunks_missing', ...ADMISSION, ...CONTENT],
      handle: async ({ actor, params }) => photoView(await uploads.complete(actor, params.uploadId)),
    }),
    receiving({
      method: 'post',
      path: '/api/mp/photos',
      summary: 'Send a small photo in one request; sent again it is the same photo',
      ...OF_MINE,
      receives: {
        type: 'multipart/form-data',
        limit: MAX_BYTES,
        timeoutMs: WHOLE_MS,
        fields: UploadFields,
        file: 'file',
        tooLarge: 'photo_too_large',
      },
      response: PhotoView,
      errors: [...ADMISSION, ...CONTENT, 'too_many_today'],
      handle: async ({ actor, incoming }) => photoView(await uploads.send(actor, incoming.stream, incoming.fields)),
    }),
  ]
}

function albumRoutes({ store, admission, openings, retention, guides, staff }: PhotoRouteDeps): Route[] {
  return [
    route({
      method: 'get',
      path: '/api/mp/photos',
      summary: 'The own photos, the newest first, all or of one treatment',
      ...OF_MINE,
      query: PhotosQuery,
      response: PhotoPage,
      async handle({ actor, query: { treatmentId = null, ...paging } }) {
        const ids = await admission.idsOf(actor)
        return listing(paging, (request) => store.timeline(ids, treatmentId, request), photoView, placeOf)
      },
    }),
    answering({
      method: 'get',
      path: '/api/mp/photos/:photoId/image',
      summary: 'One of the own photos as a picture, upright',
      ...OF_MINE,
      params: PhotoParams,
      query: SizeQuery,
      answers: [DRAWN],
      errors: ['photo_not_found', 'photo_not_ready'],
      handle: ({ actor, params, query }) => openings.openOwn(actor, params.photoId, query.size),
    }),
    route({
      method: 'get',
      path: '/api/mp/photos/:photoId/openings',
      summary: 'Who has looked at one of the own photos, when and why, the latest first',
      ...OF_MINE,
      params: PhotoParams,
      query: PageQuery,
      response: OpeningPage,
      errors: ['photo_not_found'],
      async handle({ actor, params, query }) {
        await openings.ofOwner(actor, params.photoId)
        const read = (request: PageRequest) => store.openings.page(params.photoId, request)
        const { items, nextCursor } = await listing(query, read, (row) => row, placeOf)
        const names = await staff.members([...new Set(items.flatMap(({ by }) => by.userId ?? []))])
        return { items: items.map((row) => openingView(row, names)), nextCursor }
      },
    }),
    route({
      method: 'post',
      path: '/api/mp/photos/:photoId/erasure',
      summary: 'Have one of the own photos deleted; what belongs to a medical record is locked until its time is over',
      ...OF_MINE,
      params: PhotoParams,
      response: ErasureView,
      errors: ['photo_not_found'],
      handle: async ({ actor, params }) => retention.askErasure(await openings.ofOwner(actor, params.photoId)),
    }),
    route({
      method: 'get',
      path: '/api/mp/photo-guides',
      summary:
        'What photos are for, and which angles to take after a treatment, with hints and the earlier photo to lay under',
      ...OF_MINE,
      withoutConsent: false,
      query: GuideQuery,
      response: GuideView,
      errors: ['treatment_not_found'],
      handle: ({ actor, query }) => guides(actor, query.treatmentId ?? null),
    }),
    answering({
      method: 'get',
      path: CHECK_PATH,
      summary: 'A photo for the vendor that checks content, by the address that it was given',
      tag: 'mini-program',
      auth: 'public',
      params: CheckParams,
      answers: [DRAWN],
      errors: ['photo_not_found', 'photo_not_ready'],
      handle: ({ params }) => openings.openForCheck(params.token),
    }),
  ]
}

/** The cursor is the place in time, not the id. */
export const placeOf = ({ order }: { order: string }): string => order
