/** Whether a photo may come in at all, and what it will belong to. */
import type { CustomersService } from '../customers/index.ts'
import { addMonths, atTime, DEFAULT_ZONE, dayOf, daysBetween } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, invalid, notFound } from '../platform/errors.ts'
import type { Actor } from '../platform/http.ts'
import { orderOf } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { PhotosConfig } from './config.ts'
import type { Facts } from './image/limits.ts'
import type { PhotoRow, RetentionKind, StoredFile, Wanted } from './model.ts'
import { retentionOf } from './rules.ts'
import type { Consents } from './types.ts'

export interface AdmissionDeps {
  customers: Pick<CustomersService, 'get' | 'idsOf'>
  treatments: Pick<TreatmentsService, 'get' | 'kind'>
  staff: Pick<StaffService, 'store'>
  consents: Consents
  config: PhotosConfig
  clock: Clock
}

export interface Admitted {
  customerId: string
  storeId: string | null
  zone: string
  treatment: Treatment | null
  retention: RetentionKind
}

export interface Admission {
  /** Everybody whose photos are the actor's: the customer and who was merged into them. Nobody for a stranger. */
  idsOf(actor: Actor): Promise<string[]>
  /**
   * @throws AppError not_found/customer_not_found: a stranger; not_found/treatment_not_found: none of theirs;
   * forbidden/photo_consent_needed
   */
  admit(actor: Actor, wanted: Pick<Wanted, 'treatmentId' | 'purpose'>): Promise<Admitted>
  /** Until when what belongs to it is kept, if it comes in now. */
  keepUntil(admitted: Pick<Admitted, 'zone' | 'retention'>): Date
  /** The record of what was received. */
  rowOf(photoId: string, admitted: Admitted, wanted: Wanted, file: StoredFile, facts: Facts): NewPhoto
}
export type NewPhoto = Omit<PhotoRow, 'claim' | 'attempt'>

/** Nothing of ours is an id of somebody whom only WeChat knows. */
const STRANGER = 'openid:'

export function createAdmission(deps: AdmissionDeps): Admission {
  const { customers, treatments, staff, consents, config, clock } = deps

  const idsOf = async ({ id }: Actor) => (id.startsWith(STRANGER) ? [] : customers.idsOf(id))

  async function treatmentOf(treatmentId: string, ids: readonly string[]): Promise<Treatment> {
    const found = await treatments.get(treatmentId)
    // Somebody else's is as unknown as none.
    if (!found || !ids.includes(found.customerId)) throw notFound('treatment_not_found')
    return found
  }

  const keepUntil: Admission['keepUntil'] = ({ zone, retention }) =>
    atTime(addMonths(dayOf(clock.now(), zone), config.keep[retention]), '00:00', zone)

  return {
    idsOf,
    keepUntil,
    async admit(actor, { treatmentId, purpose }) {
      const ids = await idsOf(actor)
      if (ids.length === 0) throw notFound('customer_not_found')
      const treatment = treatmentId === null ? null : await treatmentOf(treatmentId, ids)
      // Evidence needs none: whoever agrees to nothing may still complain, and the law has it looked into.
      if (purpose === 'care')
        for (const needed of ['service', 'photos_care'] as const)
          if (!(await consents.granted(actor.id, needed))) throw new AppError('forbidden', 'photo_consent_needed')
      const ownStore = (await customers.get(actor.id))?.storeIds[0] ?? null
      const storeId = treatment?.storeId ?? ownStore
      const store = storeId === null ? null : await staff.store(storeId)
      return {
        customerId: actor.id,
        storeId,
        zone: store?.timeZone ?? DEFAULT_ZONE,
        treatment,
        retention: retentionOf({
          purpose,
          storeType: store?.type ?? null,
          category: treatment ? (treatments.kind(treatment.code)?.category ?? null) : null,
        }),
      }
    },
    rowOf(photoId, { customerId, storeId, zone, treatment, retention }, wanted, file, facts) {
      const takenAt = clock.now()
      const today = dayOf(takenAt, zone)
      const { type, width, height, orientation } = facts
      const { submissionId, treatmentId, angle, purpose, bytes, sha256 } = wanted
      return {
        _id: photoId,
        ...{ customerId, submissionId, storeId, treatmentId, angle, purpose, takenAt },
        treatmentCode: treatment?.code ?? null,
        order: orderOf(takenAt, photoId),
        day: treatment ? daysBetween(treatment.treatedOn, today) : null,
        ...{ type, width, height, orientation },
        sent: { bytes, sha256 },
        original: file,
        pictures: null,
        state: 'preparing',
        lastError: null,
        safety: { state: 'unchecked', traceId: null, label: null },
        retention,
        keepUntil: keepUntil({ zone, retention }),
        erasure: null,
        dueAt: takenAt,
      }
    },
  }
}

/** Is what came what was announced? @throws AppError invalid/photo_checksum_differs */
export function checkSent(wanted: Wanted, sent: { bytes: number; sha256: string }): void {
  if (sent.bytes !== wanted.bytes || sent.sha256 !== wanted.sha256) throw invalid('photo_checksum_differs')
}
