/** Photos at rest: the record, uploads under way with their pieces, the files, and who looked. */
import type { Connection } from 'mongoose'
import {
  type ClaimRequest,
  claimDue,
  type DueRow,
  everDueAt,
  FREE_CLAIM,
  finishClaims,
  type RowResult,
} from '../platform/claims.ts'
import { collectionOf, ensureIndexes, insertMissing } from '../platform/db.ts'
import type { PageRequest } from '../platform/views.ts'
import type { Orientation } from './image/exif.ts'
import type { PhotoType } from './image/limits.ts'
import type { Angle, Look, PhotoPurpose, PhotoSize, PhotoUse, SafetyState } from './types.ts'

/** A sealed file of ours. */
export interface StoredFile {
  fileId: string
  keyId: string
  /** Unsealed. */
  bytes: number
}
export type Picture = StoredFile & { width: number; height: number }

export const RETENTION_KINDS = ['medical', 'salon', 'loose', 'evidence'] as const
export type RetentionKind = (typeof RETENTION_KINDS)[number]

/** Due while pictures are to be made or the check is to be asked. */
export interface PhotoRow extends DueRow {
  customerId: string
  submissionId: string
  storeId: string | null
  treatmentId: string | null
  treatmentCode: string | null
  angle: Angle
  purpose: PhotoPurpose
  takenAt: Date
  /** Time and id as text: the order of the timeline, and the cursor in it. */
  order: string
  day: number | null
  type: PhotoType
  /** As stored; `orientation` says which side is up. */
  width: number
  height: number
  orientation: Orientation
  /** Of the file as it was sent. */
  sent: { bytes: number; sha256: string }
  /** Null: erased. */
  original: StoredFile | null
  pictures: Record<PhotoSize, Picture> | null
  state: 'preparing' | 'ready' | 'failed' | 'erased'
  lastError: string | null
  safety: { state: SafetyState; traceId: string | null; label: number | null }
  retention: RetentionKind
  keepUntil: Date
  erasure: { askedAt: Date; outcome: 'erased' | 'locked' } | null
}

/** What the sender says is coming. */
export interface Wanted {
  submissionId: string
  treatmentId: string | null
  angle: Angle
  purpose: PhotoPurpose
  bytes: number
  sha256: string
}

/** Its id is that of the photo which it becomes. */
export interface UploadRow {
  _id: string
  customerId: string
  wanted: Wanted
  createdAt: Date
  /** The code of the refusal, when its content was none. */
  refused: string | null
}

interface ChunkRow {
  _id: string
  uploadId: string
  index: number
  sha256: string
  keyId: string
  data: Buffer
}

/** Written before the first byte: what a death leaves behind is found by it. */
interface FileRow {
  _id: string
  photoId: string | null
  /** A photo has it; else it is swept away a day after `since`. */
  kept: boolean
  since: Date
}

export interface OpeningRow {
  _id: string
  photoId: string
  at: Date
  order: string
  size: Look
  by: { kind: 'customer' | 'staff' | 'system'; userId: string | null; role: string | null }
  use: PhotoUse | 'check' | null
  reason: string | null
}

export const PHOTOS = 'photos'
export type PhotoStore = ReturnType<typeof createPhotoStore>

const OF_ERASED = { original: null, pictures: null, state: 'erased' as const, dueAt: null }

export function createPhotoStore(db: Connection) {
  const photos = collectionOf<PhotoRow>(db, PHOTOS)
  const uploads = collectionOf<UploadRow>(db, 'photo_uploads')
  const chunks = collectionOf<ChunkRow>(db, 'photo_upload_chunks')
  const files = collectionOf<FileRow>(db, 'photo_files')
  const openings = collectionOf<OpeningRow>(db, 'photo_openings')
  const chunkId = (uploadId: string, index: number) => `${uploadId}:${index}`

  return {
    async ready(): Promise<void> {
      await ensureIndexes(photos, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { customerId: 1, order: 1 }, serves: 'timeline(), latest(), receivedSince()' },
        { keys: { keepUntil: 1 }, serves: 'expired()' },
        { keys: { 'safety.traceId': 1 }, serves: 'judged()' },
        { keys: { state: 1 }, only: { state: 'failed' }, serves: 'failedCount()' },
      ])
      await ensureIndexes(uploads, [
        { keys: { customerId: 1 }, serves: 'unfinished()' },
        { keys: { createdAt: 1 }, serves: 'abandoned()' },
      ])
      await ensureIndexes(chunks, [{ keys: { uploadId: 1 }, serves: 'received(), drop()' }])
      await ensureIndexes(files, [{ keys: { kept: 1, since: 1 }, serves: 'stray()' }])
      await ensureIndexes(openings, [{ keys: { photoId: 1, order: 1 }, serves: 'openings.page()' }])
    },

    due: {
      nextDueAt: () => everDueAt(photos),
      claim: (request: ClaimRequest) => claimDue(photos, request),
      finish: (results: readonly RowResult[]) => finishClaims(photos, results),
    },
    get: (photoId: string) => photos.findOne({ _id: photoId }),
    getMany: (photoIds: readonly string[]) => photos.find({ _id: { $in: [...photoIds] } }).toArray(),
    /** False: there is one with this id. */
    async insert(row: Omit<PhotoRow, 'claim' | 'attempt'>): Promise<boolean> {
      return (await insertMissing(photos, [{ ...row, claim: FREE_CLAIM, attempt: 0 }])) > 0
    },
    /** Newest first; erased ones are no part of it. */
    async timeline(
      customerIds: readonly string[],
      treatmentId: string | null,
      { after, limit }: PageRequest,
    ): Promise<PhotoRow[]> {
      if (customerIds.length === 0) return []
      const filter = {
        customerId: { $in: [...customerIds] },
        ...(after === null ? {} : { order: { $lt: after } }),
        ...(treatmentId === null ? {} : { treatmentId }),
        state: { $ne: 'erased' as const },
      }
      return photos
        .find(filter)
        .sort({ order: -1 })
        .limit(limit + 1)
        .toArray()
    },
    receivedSince: (customerId: string, since: Date) =>
      photos.countDocuments({ customerId, order: { $gte: since.toISOString() } }),
    /** The latest of each angle that may be laid under the next one. */
    async latest(customerIds: readonly string[], treatmentCode: string | null): Promise<PhotoRow[]> {
      const filter = { customerId: { $in: [...customerIds] }, purpose: 'care' as const, state: 'ready' as const }
      return photos
        .find({ ...filter, erasure: null, ...(treatmentCode === null ? { treatmentId: null } : { treatmentCode }) })
        .sort({ order: -1 })
        .limit(200)
        .toArray()
    },
    /** The photo as it was until now: its pictures may have been made since somebody read it. */
    erase(photoId: string, erasure: PhotoRow['erasure']): Promise<PhotoRow | null> {
      const set = { ...OF_ERASED, ...(erasure ? { erasure } : {}), 'claim.token': '' }
      // Whoever draws it now has lost it: what comes back late is written nowhere.
      return photos.findOneAndUpdate({ _id: photoId }, { $set: set, $inc: { 'claim.fence': 1 } })
    },
    async lock(photoId: string, askedAt: Date): Promise<void> {
      await photos.updateOne({ _id: photoId, erasure: null }, { $set: { erasure: { askedAt, outcome: 'locked' } } })
    },
    expired: (by: Date, limit: number) =>
      photos
        .find({ keepUntil: { $lt: by }, state: { $ne: 'erased' } })
        .limit(limit)
        .toArray(),
    async judged(traceId: string, state: SafetyState, label: number | null): Promise<boolean> {
      const set = { 'safety.state': state, 'safety.label': label }
      return (await photos.updateOne({ 'safety.traceId': traceId }, { $set: set })).matchedCount > 0
    },
    async stats() {
      const [received, ready, failed, erased, evidence, opened] = await Promise.all([
        photos.countDocuments({}),
        photos.countDocuments({ state: 'ready' }),
        photos.countDocuments({ state: 'failed' }),
        photos.countDocuments({ state: 'erased' }),
        photos.countDocuments({ purpose: 'evidence' }),
        openings.countDocuments({ 'by.kind': 'staff' }),
      ])
      return { received, ready, failed, erased, evidence, opened }
    },
    failedCount: () => photos.countDocuments({ state: 'failed' }),

    uploads: {
      get: (uploadId: string) => uploads.findOne({ _id: uploadId }),
      /** The one that is there, which may be of other words. */
      async begin(row: UploadRow): Promise<UploadRow> {
        if ((await insertMissing(uploads, [row])) > 0) return row
        return (await uploads.findOne({ _id: row._id })) ?? row
      },
      /** Those that may still become a photo. */
      unfinished: (customerId: string) => uploads.countDocuments({ customerId, refused: null }),
      async refuse(uploadId: string, code: string): Promise<void> {
        await uploads.updateOne({ _id: uploadId }, { $set: { refused: code } })
        await chunks.deleteMany({ uploadId })
      },
      abandoned: (before: Date, limit: number) =>
        uploads
          .find({ createdAt: { $lt: before } })
          .limit(limit)
          .toArray(),
      /** The pieces first: the row is how they are found. */
      async drop(uploadId: string): Promise<void> {
        await chunks.deleteMany({ uploadId })
        await uploads.deleteOne({ _id: uploadId })
      },
      async received(uploadId: string): Promise<number[]> {
        const found = await chunks.find({ uploadId }, { projection: { index: 1 } }).toArray()
        return found.map(({ index }) => index).sort((a, b) => a - b)
      },
      chunk: (uploadId: string, index: number) => chunks.findOne({ _id: chunkId(uploadId, index) }),
      /** False: there is one with this number. */
      async addChunk(row: Omit<ChunkRow, '_id'>): Promise<boolean> {
        return (await insertMissing(chunks, [{ _id: chunkId(row.uploadId, row.index), ...row }])) > 0
      },
    },

    files: {
      add: (fileId: string, since: Date, photoId: string | null = null) =>
        files.insertOne({ _id: fileId, photoId, kept: false, since }),
      async belongsTo(fileId: string, photoId: string): Promise<void> {
        await files.updateOne({ _id: fileId }, { $set: { photoId } })
      },
      async keep(fileIds: readonly string[]): Promise<void> {
        await files.updateMany({ _id: { $in: [...fileIds] } }, { $set: { kept: true } })
      },
      /** They are looked at by the next sweep, whatever happens before. */
      async giveUp(fileIds: readonly string[], since: Date): Promise<void> {
        await files.updateMany({ _id: { $in: [...fileIds] } }, { $set: { kept: false, since } })
      },
      forget: (fileId: string) => files.deleteOne({ _id: fileId }),
      stray: (before: Date, limit: number) =>
        files
          .find({ kept: false, since: { $lt: before } })
          .limit(limit)
          .toArray(),
    },

    openings: {
      /** Once per id. */
      add: (row: OpeningRow) => insertMissing(openings, [row]),
      /** Newest first. */
      page: (photoId: string, { after, limit }: PageRequest) =>
        openings
          .find({ photoId, ...(after === null ? {} : { order: { $lt: after } }) })
          .sort({ order: -1 })
          .limit(limit + 1)
          .toArray(),
    },
  }
}

export const filesOf = ({ original, pictures }: Pick<PhotoRow, 'original' | 'pictures'>): string[] =>
  [original, pictures?.thumb, pictures?.screen].flatMap((one) => (one ? [one.fileId] : []))
