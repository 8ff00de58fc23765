/** Routes of notes beside photos: written by the customer, read by the customer and by whoever may see the photo. */
import { z } from 'zod'
import { type Route, route } from '../platform/http.ts'
import { Id, Instant, NoteText } from '../platform/views.ts'
import type { Notes } from './notes.ts'
import { PhotoParams, StaffNoteQuery, SubmissionId } from './views.ts'

const MOST_PHOTOS = 20
const MOST_CHARS = 500

const Note = z.object({
  id: z.string(),
  words: z.string(),
  at: Instant,
  treatmentId: z.string().nullable(),
  photoIds: z.array(z.string()),
})
const NoteList = z.object({ items: z.array(Note) })

export const noteRoutes = ({ notes }: { notes: Notes }): Route[] => [
  route({
    method: 'post',
    path: '/api/mp/photo-notes',
    summary: 'Write something beside a set of photos, which may still be on their way; sent again it is the same note',
    tag: 'mini-program',
    auth: 'customer',
    body: z.strictObject({
      submissionId: SubmissionId,
      treatmentId: Id.nullable(),
      /** The submission numbers of the photos. */
      photos: z.array(SubmissionId).min(1).max(MOST_PHOTOS),
      words: NoteText(MOST_CHARS),
    }),
    response: Note,
    errors: [
      'customer_not_found',
      'treatment_not_found',
      'photo_consent_needed',
      'photo_note_reused',
      'too_many_today',
    ],
    handle: ({ actor, body }) => notes.write(actor, body),
  }),
  route({
    method: 'get',
    path: '/api/mp/photos/:photoId/notes',
    summary: 'What I wrote beside one of the own photos, the latest first',
    tag: 'mini-program',
    auth: 'customer',
    withoutConsent: true,
    params: PhotoParams,
    response: NoteList,
    errors: ['photo_not_found'],
    handle: async ({ actor, params }) => ({ items: await notes.ofOwn(actor, params.photoId) }),
  }),
  route({
    method: 'get',
    path: '/api/v1/photos/:photoId/notes',
    summary: 'Read what the customer wrote beside a photo, on behalf of a member of staff who may see it',
    tag: 'photos',
    auth: 'integration',
    params: PhotoParams,
    query: StaffNoteQuery,
    response: NoteList,
    errors: ['photo_not_found', 'staff_not_found', 'photo_role_missing', 'photo_consent_missing', 'photo_locked'],
    handle: async ({ params, query }) => ({ items: await notes.asStaff({ ...params, ...query }) }),
  }),
]
