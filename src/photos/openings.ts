/** Looking at a photo: who may, and the line in the log without which no byte leaves. */
import { Readable } from 'node:stream'
import { DEFAULT_ZONE, dayOf, timeOfDay } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { Actor, Bytes } from '../platform/http.ts'
import type { Random } from '../platform/random.ts'
import { orderOf } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import type { Admission } from './admission.ts'
import { DRAWN, drawWatermark } from './drawing.ts'
import type { OpeningRow, PhotoRow, PhotoStore, Picture } from './model.ts'
import type { OneAtATime } from './one-at-a-time.ts'
import type { Receiver } from './receive.ts'
import { roleFor } from './rules.ts'
import type { Safety } from './safety.ts'
import { type Consents, type PhotoSize, type PhotoUse, USES } from './types.ts'

export interface StaffLook {
  photoId: string
  byUserId: string
  use: PhotoUse
  reason: string
}

export interface Openings {
  /** Theirs, or none. @throws AppError not_found/photo_not_found */
  ofOwner(actor: Actor, photoId: string): Promise<PhotoRow>
  /** @throws AppError not_found/photo_not_found: somebody else's, too; conflict/photo_not_ready */
  openOwn(actor: Actor, photoId: string, size: PhotoSize): Promise<Bytes>
  /**
   * With the viewer's name across it.
   *
   * @throws AppError not_found/photo_not_found, not_found/staff_not_found, forbidden/photo_role_missing,
   * forbidden/photo_consent_missing, forbidden/photo_locked, conflict/photo_not_ready
   */
  openAsStaff(look: StaffLook & { size: PhotoSize }): Promise<Bytes>
  /** Whoever may see the photo may read what was written beside it: writes the line for that. @throws AppError as above, but photo_not_ready */
  noteAsStaff(look: StaffLook): Promise<void>
  /** For the vendor that checks content. @throws AppError not_found/photo_not_found */
  openForCheck(token: string): Promise<Bytes>
}

export interface OpeningDeps {
  store: PhotoStore
  receiver: Receiver
  admission: Pick<Admission, 'idsOf'>
  safety: Pick<Safety, 'photoOf'>
  staff: Pick<StaffService, 'member' | 'store'>
  consents: Consents
  oneAtATime: OneAtATime
  clock: Clock
  random: Pick<Random, 'id'>
}

export function createOpenings(deps: OpeningDeps): Openings {
  const { store, receiver, admission, safety, staff, consents, oneAtATime, clock, random } = deps

  /** `once`: further looks of this name are the same line. */
  async function note(photoId: string, what: Pick<OpeningRow, 'size' | 'by' | 'use' | 'reason'>, once = random.id()) {
    const at = clock.now()
    const _id = hashId('photo opening', photoId, what.by.kind, what.size, once)
    await store.openings.add({ _id, photoId, at, order: orderOf(at, _id), ...what })
  }
  function pictureOf({ state, pictures }: PhotoRow, size: PhotoSize): Picture {
    if (state === 'erased') throw notFound('photo_not_found')
    if (!pictures) throw conflict('photo_not_ready', { state })
    return pictures[size]
  }
  const bytesOf = (picture: Picture): Bytes => ({
    type: DRAWN,
    length: picture.bytes,
    stream: Readable.from(receiver.read(picture), { objectMode: false }),
  })

  async function ofOwner(actor: Actor, photoId: string): Promise<PhotoRow> {
    const [ids, row] = await Promise.all([admission.idsOf(actor), store.get(photoId)])
    if (!row || row.state === 'erased' || !ids.includes(row.customerId)) throw notFound('photo_not_found')
    return row
  }

  /** Who may look, by which role. @throws AppError as `openAsStaff` */
  async function admitted({ photoId, byUserId, use }: StaffLook) {
    const [row, member] = await Promise.all([store.get(photoId), staff.member(byUserId.toLowerCase())])
    if (!member) throw notFound('staff_not_found')
    if (!row || row.state === 'erased') throw notFound('photo_not_found')
    const role = roleFor(member, row, use)
    if (!role) throw new AppError('forbidden', 'photo_role_missing')
    if (row.erasure) throw new AppError('forbidden', 'photo_locked')
    const consent = use === 'complaint' ? null : USES[use]
    if (use === 'complaint' ? row.purpose !== 'evidence' : row.purpose === 'evidence')
      throw new AppError('forbidden', 'photo_consent_missing', { use })
    if (consent && !(await consents.granted(row.customerId, consent)))
      throw new AppError('forbidden', 'photo_consent_missing', { use })
    return { row, member, by: { kind: 'staff' as const, userId: member.userId, role } }
  }

  return {
    ofOwner,
    async openOwn(actor, photoId, size) {
      const photo = await ofOwner(actor, photoId)
      // They were told that nobody sees it any more.
      if (photo.erasure) throw notFound('photo_not_found')
      const picture = pictureOf(photo, size)
      // Their own looks are one line a day: the log is about others.
      const by = { kind: 'customer' as const, userId: null, role: null }
      await note(photoId, { size, by, use: null, reason: null }, dayOf(clock.now(), DEFAULT_ZONE))
      return bytesOf(picture)
    },
    async noteAsStaff(look) {
      const { by } = await admitted(look)
      const { photoId, use, reason } = look
      await note(photoId, { size: 'note', by, use, reason })
    },
    async openAsStaff({ size, ...look }) {
      const { row, member, by } = await admitted(look)
      const { photoId, use, reason } = look
      const picture = pictureOf(row, size)
      const now = clock.now()
      await note(photoId, { size, by, use, reason })
      const zone = (row.storeId && (await staff.store(row.storeId))?.timeZone) || DEFAULT_ZONE
      const words = `${member.name} ${member.userId} ${dayOf(now, zone)} ${timeOfDay(now, zone)}`
      const parts: Buffer[] = []
      for await (const part of receiver.read(picture)) parts.push(part)
      const marked = await oneAtATime(() => drawWatermark(Buffer.concat(parts), words))
      return { type: DRAWN, length: marked.length, stream: Readable.from([marked], { objectMode: false }) }
    },
    async openForCheck(token) {
      const photoId = safety.photoOf(token)
      const row = await store.get(photoId)
      if (!row) throw notFound('photo_not_found')
      const picture = pictureOf(row, 'screen')
      const by = { kind: 'system' as const, userId: null, role: null }
      await note(photoId, { size: 'screen', by, use: 'check', reason: null })
      return bytesOf(picture)
    },
  }
}
