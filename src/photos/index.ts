/** Photos: taken in without anything but the picture, sealed, shown upright, and never opened without a line in the log. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { CustomersService } from '../customers/index.ts'
import { createAnnouncer } from '../platform/announcements.ts'
import { type BlobStore, createGridFsBlobs, withOlder } from '../platform/blobs.ts'
import { DEFAULT_ZONE, nextWallTime } from '../platform/calendar.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import { routine } from '../platform/routines.ts'
import { createS3Bucket, type S3Settings } from '../platform/s3.ts'
import { createS3Blobs } from '../platform/s3-blobs.ts'
import { createSealedStreams } from '../platform/sealed-stream.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { WechatClient } from '../wechat/index.ts'
import { createAdmission } from './admission.ts'
import type { PhotosConfig } from './config.ts'
import { createGuides } from './guides.ts'
import { createPhotoStore, PHOTOS } from './model.ts'
import { noteRoutes } from './note-routes.ts'
import { createNotes } from './notes.ts'
import { createNoteStore } from './notes-model.ts'
import { createQueue } from './one-at-a-time.ts'
import { createOpenings } from './openings.ts'
import { createPictures } from './pictures.ts'
import { createReceiver } from './receive.ts'
import { createRetention } from './retention.ts'
import { photoRoutes } from './routes.ts'
import { createSafety } from './safety.ts'
import { staffPhotoRoutes } from './staff-routes.ts'
import type { Consents, PhotosService } from './types.ts'
import { createUploads } from './uploads.ts'
import { photoOf } from './views.ts'

export { type PhotosConfig, PhotosFile, textsOf } from './config.ts'
export * from './types.ts'

export interface PhotosDeps extends Ports {
  customers: Pick<CustomersService, 'get' | 'idsOf'>
  treatments: Pick<TreatmentsService, 'get' | 'kind' | 'ofCustomer'>
  staff: Pick<StaffService, 'store' | 'stores' | 'member' | 'members'>
  wechat: Pick<WechatClient, 'checkMedia'>
  consents: Consents
  config: PhotosConfig
  publicUrl: string | null
  /** Null: the files are in the database. */
  bucket: S3Settings | null
}

/** More than anybody takes in a year of care for each of a dozen treatments. */
const MOST_PHOTOS = 2_000
// While nobody sends any, and after the night's readings.
const SWEEP_AT = '04:10'

export interface PhotosFeature extends Feature<PhotosService> {
  /** Photos whose pictures can't be made. */
  failedCount(): Promise<number>
}

export function createPhotos(deps: PhotosDeps): PhotosFeature {
  const { db, crypto, inbox, nudge, config } = deps
  const store = createPhotoStore(db)
  const blobs = blobsOf(deps)
  const sealed = createSealedStreams(crypto, 'photos')
  const shared = { ...deps, store, blobs, sealed, oneAtATime: createQueue() }
  const admission = createAdmission(shared)
  const receiver = createReceiver(shared)
  const safety = createSafety({ ...shared, purposes: config.safetyCheck })
  const uploads = createUploads({ ...shared, admission, receiver, nudge: () => nudge(PHOTOS) })
  const openings = createOpenings({ ...shared, receiver, admission, safety })
  const noteStore = createNoteStore(db)
  const announcer = createAnnouncer('photo_notes', { photo_notes: noteStore.announcing }, deps)
  const notes = createNotes({ ...shared, notes: noteStore, announcer, admission, openings })
  const retention = createRetention({ ...shared, receiver, notes })
  const guides = createGuides({ ...shared, admission })

  inbox.on('wechat', 'wxa_media_check', ({ payload }) => safety.hear(payload))

  return {
    service: {
      async ofCustomer(customerId, photoIds) {
        const [ids, rows] = await Promise.all([deps.customers.idsOf(customerId), store.getMany(photoIds)])
        return rows.filter((row) => row.state !== 'erased' && ids.includes(row.customerId)).map(photoOf)
      },
      async keep(customerId, { submissionId, treatmentId, bytes }) {
        const wanted = {
          submissionId,
          treatmentId,
          angle: 'detail' as const,
          purpose: 'care' as const,
          bytes: bytes.length,
          sha256: createHash('sha256').update(bytes).digest('hex'),
        }
        const actor = { kind: 'customer' as const, id: customerId, roles: [], stores: [] }
        const source = Readable.from([bytes])
        // Whoever may not send is told by the throw; the stream says it, too.
        source.on('error', () => undefined)
        const { _id } = await uploads.send(actor, source, Promise.resolve(wanted))
        return { photoId: _id }
      },
      async albumOf(customerId) {
        const ids = await deps.customers.idsOf(customerId)
        return (await store.timeline(ids, null, { limit: MOST_PHOTOS, after: null })).map(photoOf)
      },
      notesOf: async (customerId) => notes.ofCustomer(await deps.customers.idsOf(customerId)),
      noteWords: notes.wordsOf,
    },
    failedCount: store.failedCount,
    routes: [
      ...noteRoutes({ notes }),
      ...photoRoutes({ ...shared, admission, uploads, openings, retention, guides }),
      ...staffPhotoRoutes({ ...shared, openings, notes }),
    ],
    due: [createPictures({ ...shared, receiver, safety }), announcer.due],
    routines: [
      routine({
        name: 'photos.sweep',
        nextAt: (after) => nextWallTime(after, SWEEP_AT, DEFAULT_ZONE),
        run: (at) => retention.sweep(at),
      }),
    ],
    async ready() {
      await Promise.all([store.ready(), noteStore.ready(), blobs.ready()])
    },
  }
}

function blobsOf({ db, clock, log, bucket }: PhotosDeps): BlobStore {
  const inDatabase = createGridFsBlobs(db, 'photo_blobs', clock)
  return bucket ? withOlder(createS3Blobs(createS3Bucket(bucket, clock), 'photos', log), inDatabase) : inDatabase
}
