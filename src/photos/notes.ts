/** What a customer writes beside a set of photos: kept once, sealed, told at once to whoever reads customers' words. */
import type { Announcer } from '../platform/announcements.ts'
import { addMs, type Clock, DAY_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { Actor } from '../platform/http.ts'
import { orderOf } from '../platform/views.ts'
import type { Admission } from './admission.ts'
import type { PhotoStore } from './model.ts'
import type { NoteRow, NoteStore } from './notes-model.ts'
import type { Openings, StaffLook } from './openings.ts'
import type { PhotoNote, PhotoNoted } from './types.ts'
import { photoIdOf } from './uploads.ts'

export interface NoteInput {
  submissionId: string
  treatmentId: string | null
  /** Submission numbers of the photos, which may still be on their way. */
  photos: string[]
  words: string
}

export interface Notes {
  /**
   * Keeps it once per `submissionId`; it waits for no photo.
   *
   * @throws AppError as `admit`; conflict/photo_note_reused: with other words; rate_limited/too_many_today
   */
  write(actor: Actor, input: NoteInput): Promise<PhotoNote>
  /** @throws AppError not_found/photo_not_found */
  ofOwn(actor: Actor, photoId: string): Promise<PhotoNote[]>
  /** With a line in the log of the photo. @throws AppError as `openAsStaff` */
  asStaff(look: StaffLook): Promise<PhotoNote[]>
  /** Of these photos, those beside which something was written. */
  noted(photoIds: readonly string[]): Promise<Set<string>>
  /** The newest first. */
  ofCustomer(customerIds: readonly string[]): Promise<PhotoNote[]>
  wordsOf(noteId: string): Promise<string | null>
  /** The photo is about to be erased: what is written of no other photo that is left goes first. Safe to repeat. */
  forget(photoId: string): Promise<void>
  /** Those whose time is over. */
  expire(now: Date): Promise<number>
}

export interface NoteDeps {
  notes: NoteStore
  store: Pick<PhotoStore, 'getMany'>
  announcer: Announcer
  admission: Pick<Admission, 'admit' | 'keepUntil'>
  openings: Pick<Openings, 'ofOwner' | 'noteAsStaff'>
  crypto: FieldCrypto
  clock: Clock
}

const FIELD = 'photos.note'
/** Each may call people at once. */
const MOST_A_DAY = 30
const MOST_COPIED = 500

export function createNotes({ notes, store, announcer, admission, openings, crypto, clock }: NoteDeps): Notes {
  const viewOf = ({ _id, words, treatmentId, photoIds, at }: NoteRow): PhotoNote => ({
    id: _id,
    ...{ treatmentId, photoIds, at },
    words: crypto.open(FIELD, words),
  })
  const about = async (photoId: string) => (await notes.about([photoId])).map(viewOf)

  return {
    async write(actor, { submissionId, treatmentId, photos, words }) {
      const admitted = await admission.admit(actor, { treatmentId, purpose: 'care' })
      const { customerId, storeId } = admitted
      const now = clock.now()
      const _id = hashId('photo note', customerId, submissionId)
      const known = await notes.get(_id)
      if (!known && (await notes.writtenSince(customerId, addMs(now, -DAY_MS))) >= MOST_A_DAY)
        throw new AppError('rate_limited', 'too_many_today')
      const event = {
        id: `photo.noted:${_id}`,
        type: 'photo.noted',
        occurredAt: now,
        data: { noteId: _id, customerId, treatmentId, storeId } satisfies PhotoNoted,
      }
      const row: NoteRow = {
        _id,
        ...{ customerId, treatmentId },
        photoIds: photos.map((one) => photoIdOf(customerId, one)),
        words: crypto.seal(FIELD, words),
        at: now,
        order: orderOf(now, _id),
        keepUntil: admission.keepUntil(admitted),
        ...announcer.fields([event], now),
      }
      if (!known && (await notes.insert(row))) {
        await announcer.announce('photo_notes', [row])
        return viewOf(row)
      }
      const kept = known ?? (await notes.get(_id))
      if (!kept) throw notFound('photo_not_found')
      // Changed after a request whose answer was lost: said to be kept, the new words would be gone.
      if (crypto.open(FIELD, kept.words) !== words) throw conflict('photo_note_reused')
      return viewOf(kept)
    },
    async ofOwn(actor, photoId) {
      // They were told that nobody sees what belongs to it any more.
      if ((await openings.ofOwner(actor, photoId)).erasure) throw notFound('photo_not_found')
      return about(photoId)
    },
    async asStaff(look) {
      await openings.noteAsStaff(look)
      return about(look.photoId)
    },
    async noted(photoIds) {
      return new Set((await notes.about(photoIds)).flatMap((one) => one.photoIds))
    },
    ofCustomer: async (customerIds) => (await notes.of(customerIds, MOST_COPIED)).map(viewOf),
    async wordsOf(noteId) {
      const row = await notes.get(noteId)
      return row && crypto.open(FIELD, row.words)
    },
    async forget(photoId) {
      const rows = await notes.about([photoId])
      const photos = await store.getMany([...new Set(rows.flatMap(({ photoIds }) => photoIds))])
      const left = new Set(
        photos.filter(({ _id, state }) => _id !== photoId && state !== 'erased').map(({ _id }) => _id),
      )
      await notes.erase(rows.filter(({ photoIds }) => !photoIds.some((id) => left.has(id))).map(({ _id }) => _id))
    },
    expire: (now) => notes.expire(now),
  }
}
