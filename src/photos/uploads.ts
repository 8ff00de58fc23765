/** Photos in pieces, for networks that break: each piece counts once, in any order, and what is there need not come again. */

import { bytesOf } from '../platform/blobs.ts'
import { addMs, type Clock, DAY_MS } from '../platform/clock.ts'
import { AppError, conflict, invalid, notFound } from '../platform/errors.ts'
import { hashId, sha256Hex } from '../platform/hash.ts'
import type { Actor } from '../platform/http.ts'
import type { SealedStreams } from '../platform/sealed-stream.ts'
import { type Admission, checkSent } from './admission.ts'
import type { PhotoRow, PhotoStore, UploadRow, Wanted } from './model.ts'
import type { Received, Receiver } from './receive.ts'
import { CHUNK_BYTES, chunkCount, chunkSize } from './rules.ts'

export interface UploadState {
  uploadId: string
  chunkBytes: number
  /** Numbers of the pieces that are there. */
  received: number[]
}

export interface Uploads {
  /**
   * Begins, or says how far the upload of this submission has come.
   *
   * @throws AppError conflict/photo_submission_reused: with other words; rate_limited/photo_uploads_too_many,
   * rate_limited/too_many_today; and as `admit`
   */
  begin(actor: Actor, wanted: Wanted): Promise<UploadState>
  /** @throws AppError not_found/photo_upload_not_found */
  state(actor: Actor, uploadId: string): Promise<UploadState>
  /**
   * A piece; the same again changes nothing.
   *
   * @throws AppError not_found/photo_upload_not_found, invalid/photo_chunk_wrong, conflict/photo_chunk_differs
   */
  put(actor: Actor, uploadId: string, index: number, source: AsyncIterable<Buffer>): Promise<void>
  /** The photo, once. @throws AppError conflict/photo_chunks_missing, invalid/photo_…: what came is none, and as `admit` */
  complete(actor: Actor, uploadId: string): Promise<PhotoRow>
  /** In one request. The words may come before or behind the bytes. @throws AppError as `begin` and `complete` */
  send(
    actor: Actor,
    source: AsyncIterable<Buffer> & { destroy(error: Error): unknown },
    wanted: Promise<Wanted>,
  ): Promise<PhotoRow>
}

export interface UploadDeps {
  store: PhotoStore
  admission: Admission
  receiver: Receiver
  sealed: SealedStreams
  clock: Clock
  /** There is work on a photo. */
  nudge: () => void
}

/** Of one customer at a time: a set has six angles. */
const MAX_UNFINISHED = 20
/** Several sets with every angle taken more than once; more is no album but a store of files. */
const MOST_A_DAY = 100
const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)
export const photoIdOf = (customerId: string, submissionId: string) => hashId('photo', customerId, submissionId)

export function createUploads({ store, admission, receiver, sealed, clock, nudge }: UploadDeps): Uploads {
  const { uploads } = store

  async function own(actor: Actor, uploadId: string): Promise<UploadRow> {
    const [ids, row] = await Promise.all([admission.idsOf(actor), uploads.get(uploadId)])
    if (!row || !ids.includes(row.customerId)) throw notFound('photo_upload_not_found')
    return row
  }
  async function ownPhoto(actor: Actor, photoId: string): Promise<PhotoRow | null> {
    const [ids, row] = await Promise.all([admission.idsOf(actor), store.get(photoId)])
    return row && ids.includes(row.customerId) ? there(row) : null
  }
  const stateOf = async ({ _id }: UploadRow): Promise<UploadState> => ({
    uploadId: _id,
    chunkBytes: CHUNK_BYTES,
    received: await uploads.received(_id),
  })
  /** Of a photo that is there already all has come. */
  const stateOfPhoto = ({ _id, sent }: PhotoRow): UploadState => ({
    uploadId: _id,
    chunkBytes: CHUNK_BYTES,
    received: range(chunkCount(sent.bytes)),
  })

  /** Makes the photo of what has come; of two at once one is kept. */
  async function keep(
    actor: Actor,
    photoId: string,
    wanted: Wanted,
    { file, facts, sent }: Received,
  ): Promise<PhotoRow> {
    try {
      checkSent(wanted, sent)
      const admitted = await admission.admit(actor, wanted)
      const row = admission.rowOf(photoId, admitted, wanted, file, facts)
      await store.files.belongsTo(file.fileId, photoId)
      if (await store.insert(row)) {
        await store.files.keep([file.fileId])
        nudge()
        return { ...row, claim: { token: '', until: row.takenAt, fence: 0 }, attempt: 0 }
      }
    } catch (error) {
      await receiver.discard([file.fileId]).catch(() => undefined)
      throw error
    }
    await receiver.discard([file.fileId])
    const first = await store.get(photoId)
    if (!first) throw notFound('photo_not_found')
    return sameAs(first, wanted)
  }

  async function checkRoom(customerId: string): Promise<void> {
    if ((await store.receivedSince(customerId, addMs(clock.now(), -DAY_MS))) >= MOST_A_DAY)
      throw new AppError('rate_limited', 'too_many_today')
  }

  async function* piecesOf({ _id, wanted }: UploadRow): AsyncIterable<Buffer> {
    for (const index of range(chunkCount(wanted.bytes))) {
      const chunk = await uploads.chunk(_id, index)
      if (!chunk) throw conflict('photo_chunks_missing', { index })
      yield await sealed.openAll(`${_id}:${index}`, chunk.keyId, bytesOf(chunk.data))
    }
  }

  return {
    async begin(actor, wanted) {
      await admission.admit(actor, wanted)
      const _id = photoIdOf(actor.id, wanted.submissionId)
      const photo = await store.get(_id)
      if (photo) return stateOfPhoto(sameAs(photo, wanted))
      const known = await uploads.get(_id)
      // What was refused may be tried again under the same number: with the right bytes, perhaps.
      if (known?.refused) await uploads.drop(_id)
      if (!known) {
        if ((await uploads.unfinished(actor.id)) >= MAX_UNFINISHED)
          throw new AppError('rate_limited', 'photo_uploads_too_many')
        await checkRoom(actor.id)
      }
      const row = await uploads.begin({ _id, customerId: actor.id, wanted, createdAt: clock.now(), refused: null })
      if (!isSame(row.wanted, wanted)) throw conflict('photo_submission_reused')
      return stateOf(row)
    },
    async state(actor, uploadId) {
      const photo = await ownPhoto(actor, uploadId)
      return photo ? stateOfPhoto(photo) : stateOf(await own(actor, uploadId))
    },
    async put(actor, uploadId, index, source) {
      const { wanted, refused } = await own(actor, uploadId)
      if (refused) throw invalid(refused)
      if (index >= chunkCount(wanted.bytes)) throw invalid('photo_chunk_wrong', { index })
      const parts: Buffer[] = []
      for await (const part of source) parts.push(part)
      const bytes = Buffer.concat(parts)
      if (bytes.length !== chunkSize(wanted.bytes, index)) throw invalid('photo_chunk_wrong', { index })
      const sha256 = sha256Hex(bytes)
      const data = await sealed.sealAll(`${uploadId}:${index}`, bytes)
      if (await uploads.addChunk({ uploadId, index, sha256, keyId: sealed.keyId, data })) {
        // Finished or given up meanwhile: a piece of nothing would never be found again.
        if (!(await uploads.get(uploadId))) await uploads.drop(uploadId)
        return
      }
      const first = await uploads.chunk(uploadId, index)
      if (first && first.sha256 !== sha256) throw conflict('photo_chunk_differs')
    },
    async complete(actor, uploadId) {
      const before = await ownPhoto(actor, uploadId)
      if (before) {
        await uploads.drop(uploadId)
        return before
      }
      const row = await own(actor, uploadId)
      if (row.refused) throw invalid(row.refused)
      const there = new Set(await uploads.received(uploadId))
      const missing = range(chunkCount(row.wanted.bytes)).filter((index) => !there.has(index))
      if (missing.length > 0)
        throw new AppError(
          'conflict',
          'photo_chunks_missing',
          {},
          { publicDetails: { missing: missing.slice(0, 100) } },
        )
      try {
        const photo = await keep(actor, uploadId, row.wanted, await receiver.receive(piecesOf(row)))
        await uploads.drop(uploadId)
        return photo
      } catch (error) {
        // Somebody else was quicker, and has taken the pieces away.
        const made = await ownPhoto(actor, uploadId)
        if (made) return made
        if (isRefusal(error)) await uploads.refuse(uploadId, error.code)
        throw error
      }
    },
    async send(actor, source, words) {
      const checked = words.then(async (wanted) => {
        await admission.admit(actor, wanted)
        // What is there already is only looked up.
        if (!(await store.get(photoIdOf(actor.id, wanted.submissionId)))) await checkRoom(actor.id)
        return wanted
      })
      // Who may not send need not send to the end; where the words came first, not even begin.
      checked.catch((error: Error) => source.destroy(error))
      if (await isSettled(words)) await checked
      const received = await receiver.receive(source)
      let wanted: Wanted
      try {
        wanted = await checked
      } catch (error) {
        await receiver.discard([received.file.fileId])
        throw error
      }
      return keep(actor, photoIdOf(actor.id, wanted.submissionId), wanted, received)
    },
  }
}

const isSettled = async (promise: Promise<unknown>): Promise<boolean> => {
  const pending = {}
  return (await Promise.race([promise, pending]).catch(() => null)) !== pending
}

/** The content is at fault: the same bytes will be refused again. */
const isRefusal = (error: unknown): error is AppError =>
  error instanceof AppError &&
  (error.kind === 'invalid' || error.kind === 'too_large') &&
  error.code.startsWith('photo_')

const isSame = (a: Wanted, b: Wanted) =>
  (['treatmentId', 'angle', 'purpose', 'bytes', 'sha256'] as const).every((key) => a[key] === b[key])

/** @throws AppError not_found/photo_not_found: its owner has had it deleted */
function there(photo: PhotoRow): PhotoRow {
  if (photo.state === 'erased') throw notFound('photo_not_found')
  return photo
}

/** @throws AppError conflict/photo_submission_reused, and as `there` */
function sameAs(photo: PhotoRow, wanted: Wanted): PhotoRow {
  const { submissionId, treatmentId, angle, purpose, sent } = photo
  if (!isSame({ submissionId, treatmentId, angle, purpose, ...sent }, wanted)) throw conflict('photo_submission_reused')
  return there(photo)
}
