/** What to take next: the angles of the treatment, and the earlier photo of each to lay under the new one. */
import { DEFAULT_ZONE, dayOf, daysBetween } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import type { Actor } from '../platform/http.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { Admission } from './admission.ts'
import { type PhotosConfig, type Shot, shotsFor } from './config.ts'
import type { PhotoRow, PhotoStore } from './model.ts'
import { type Consents, USES } from './types.ts'

interface PhotoPurposeState {
  purpose: (typeof USES)[keyof typeof USES]
  version: number
  title: string
  text: string
  /** Null: nothing was said that still counts. */
  granted: boolean | null
}

export interface PhotoGuide {
  treatmentId: string | null
  /** Days since the treatment. */
  day: number | null
  /** What photos may be used for, each with its consent: to be read before any is taken. */
  purposes: PhotoPurposeState[]
  shots: (Shot & { overlay: { photoId: string; takenAt: Date; day: number | null } | null })[]
  /** The latest treatments, newest first: what photos may be of. */
  treatments: { treatmentId: string; name: string; treatedOn: string; day: number }[]
}

const LATEST = 20

export function createGuides({
  store,
  admission,
  treatments,
  staff,
  consents,
  config,
  clock,
}: {
  store: Pick<PhotoStore, 'latest'>
  admission: Pick<Admission, 'idsOf'>
  treatments: Pick<TreatmentsService, 'ofCustomer' | 'kind'>
  staff: Pick<StaffService, 'stores'>
  consents: Pick<Consents, 'consents'>
  config: PhotosConfig
  clock: Clock
}) {
  /** @throws AppError not_found/treatment_not_found: none of theirs */
  return async (actor: Actor, treatmentId: string | null): Promise<PhotoGuide> => {
    const ids = await admission.idsOf(actor)
    const done =
      ids.length === 0 ? [] : (await treatments.ofCustomer(actor.id)).filter(({ status }) => status === 'completed')
    const treatment = done.find(({ id }) => id === treatmentId) ?? null
    if (treatmentId !== null && !treatment) throw notFound('treatment_not_found')
    const asked = await consents.consents(actor.id)
    const stores = await staff.stores([...new Set(done.map(({ storeId }) => storeId))])
    const dayAfter = ({ storeId, treatedOn }: { storeId: string; treatedOn: string }) =>
      daysBetween(treatedOn, dayOf(clock.now(), stores.get(storeId)?.timeZone ?? DEFAULT_ZONE))
    const earlier = ids.length === 0 ? [] : await store.latest(ids, treatment?.code ?? null)
    return {
      treatmentId,
      day: treatment ? dayAfter(treatment) : null,
      purposes: Object.values(USES).flatMap((purpose) => {
        const found = asked.find((one) => one.purpose === purpose)
        return found ? [{ ...found, purpose }] : []
      }),
      shots: shotsFor(config, treatment).map((shot) => ({ ...shot, overlay: overlayOf(earlier, shot, treatmentId) })),
      treatments: done
        .slice(-LATEST)
        .reverse()
        .map((one) => ({
          treatmentId: one.id,
          name: treatments.kind(one.code)?.name ?? one.code,
          treatedOn: one.treatedOn,
          day: dayAfter(one),
        })),
    }
  }
}

/** Of this treatment first, else of an earlier one of the kind: the body is the same. */
function overlayOf(earlier: readonly PhotoRow[], { angle }: Shot, treatmentId: string | null) {
  const fitting = earlier.filter((one) => one.angle === angle)
  const found = fitting.find((one) => one.treatmentId === treatmentId) ?? fitting[0]
  return found ? { photoId: found._id, takenAt: found.takenAt, day: found.day } : null
}
