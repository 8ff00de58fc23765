/** What goes over HTTP about photos. */
import { z } from 'zod'
import { DayString, Id, Instant, PageQuery, page, ShortText } from '../platform/views.ts'
import { turned } from './image/exif.ts'
import { MAX_BYTES } from './image/limits.ts'
import type { OpeningRow, PhotoRow } from './model.ts'
import { ANGLES, LOOKS, PHOTO_PURPOSES, type Photo, SIZES, USES } from './types.ts'

export const SubmissionId = z.string().regex(/^[\w-]{8,64}$/, 'must be 8–64 letters, digits or _ -')
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits')
const words = {
  submissionId: SubmissionId,
  angle: z.enum(ANGLES),
  sha256: Sha256,
  purpose: z.enum(PHOTO_PURPOSES),
}
export const UploadBody = z.strictObject({
  ...words,
  treatmentId: Id.nullable(),
  bytes: z.int().min(1).max(MAX_BYTES),
})
/** The same as text, as a form has it; no treatment is an empty field or none. */
export const UploadFields = z.strictObject({
  ...words,
  treatmentId: z
    .union([Id, z.literal('')])
    .optional()
    .transform((id) => id || null),
  bytes: z
    .string()
    .regex(/^\d{1,8}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_BYTES)),
})
export const UploadView = z.object({ uploadId: z.string(), chunkBytes: z.int(), received: z.array(z.int()) })
export const UploadParams = z.strictObject({ uploadId: Id })
export const ChunkParams = z.strictObject({
  uploadId: Id,
  index: z
    .string()
    .regex(/^\d{1,3}$/, 'must be the number of a piece')
    .transform(Number),
})
export const Taken = z.object({ taken: z.literal(true) })

export const PhotoParams = z.strictObject({ photoId: Id })
export const SizeQuery = z.strictObject({ size: z.enum(SIZES).default('screen') })
export const PhotosQuery = PageQuery.extend({ treatmentId: Id.optional() })
export const StaffNoteQuery = z.strictObject({
  byUserId: Id,
  use: z.enum([...(Object.keys(USES) as (keyof typeof USES)[]), 'complaint']),
  reason: ShortText(100),
})
export const StaffLookQuery = StaffNoteQuery.extend({ size: z.enum(SIZES).default('screen') })
export const CheckParams = z.strictObject({ token: z.string().regex(/^[\w.-]{1,160}$/) })

export const PhotoView = z.object({
  id: z.string(),
  treatmentId: z.string().nullable(),
  angle: z.enum(ANGLES),
  purpose: z.enum(PHOTO_PURPOSES),
  takenAt: Instant,
  day: z.int().nullable(),
  width: z.int(),
  height: z.int(),
  state: z.enum(['preparing', 'ready', 'failed']),
  locked: z.boolean(),
  keepUntil: Instant,
  safety: z.enum(['unchecked', 'asked', 'pass', 'review', 'risky']),
})
export const PhotoPage = page(PhotoView)
export const StaffPhotoView = PhotoView.extend({
  customerId: z.string(),
  storeId: z.string().nullable(),
  /** The customer wrote something beside it. */
  hasNote: z.boolean(),
})
export const StaffPhotoPage = page(StaffPhotoView)
export const StaffPhotosQuery = PageQuery.extend({ customerId: Id, treatmentId: Id.optional() })

export const OpeningView = z.object({
  at: Instant,
  size: z.enum(LOOKS),
  kind: z.enum(['customer', 'staff', 'system']),
  /** Of the member of staff. */
  name: z.string().nullable(),
  role: z.string().nullable(),
  use: z.enum([...(Object.keys(USES) as (keyof typeof USES)[]), 'complaint', 'check']).nullable(),
  reason: z.string().nullable(),
})
export const OpeningPage = page(OpeningView)

export const ErasureView = z.object({
  outcome: z.enum(['erased', 'locked']),
  /** Until then the law keeps it, out of everybody's sight. */
  keepUntil: Instant,
})

export const GuideQuery = z.strictObject({ treatmentId: Id.optional() })
export const GuideView = z.object({
  treatmentId: z.string().nullable(),
  day: z.int().nullable(),
  purposes: z.array(
    z.object({
      purpose: z.enum(Object.values(USES) as [(typeof USES)[keyof typeof USES]]),
      version: z.int(),
      title: z.string(),
      text: z.string(),
      granted: z.boolean().nullable(),
    }),
  ),
  shots: z.array(
    z.object({
      angle: z.enum(ANGLES),
      title: z.string(),
      hint: z.string(),
      optional: z.boolean(),
      overlay: z.object({ photoId: z.string(), takenAt: Instant, day: z.int().nullable() }).nullable(),
    }),
  ),
  treatments: z.array(z.object({ treatmentId: z.string(), name: z.string(), treatedOn: DayString, day: z.int() })),
})
export const StatsView = z.object({
  received: z.int(),
  ready: z.int(),
  failed: z.int(),
  erased: z.int(),
  evidence: z.int(),
  opened: z.int(),
})

export function photoOf({ _id, orientation, ...row }: PhotoRow): Photo {
  return { ...row, ...turned(row, orientation), id: _id, locked: row.erasure !== null, safety: row.safety.state }
}
/** Of one that is there. */
export const photoView = (row: PhotoRow) => photoOf(row) as Photo & { state: Exclude<Photo['state'], 'erased'> }

/** With the names of members that are still known. */
export const openingView = (
  { at, size, by, use, reason }: OpeningRow,
  names: ReadonlyMap<string, { name: string }>,
) => ({
  ...{ at, size, use, reason },
  kind: by.kind,
  name: by.userId === null ? null : (names.get(by.userId)?.name ?? by.userId),
  role: by.role,
})
