/** Pure decisions about photos: how long they are kept, who may see them, what turning them upright takes. */
import type { Role, StaffMember, StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import type { Orientation } from './image/exif.ts'
import type { PhotoRow, RetentionKind } from './model.ts'
import type { PhotoPurpose, PhotoUse } from './types.ts'

export const CHUNK_BYTES = 256 * 1024
export const chunkCount = (bytes: number): number => Math.ceil(bytes / CHUNK_BYTES)
/** What the piece of this number must hold. */
export const chunkSize = (bytes: number, index: number): number => Math.min(CHUNK_BYTES, bytes - index * CHUNK_BYTES)

/** A photo of a medical treatment in a medical store is part of the medical record. */
export function retentionOf({
  purpose,
  storeType,
  category,
}: {
  purpose: PhotoPurpose
  storeType: StoreType | null
  category: TreatmentKind['category'] | null
}): RetentionKind {
  if (purpose === 'evidence') return 'evidence'
  if (category === null) return 'loose'
  const isMedical = storeType !== 'salon' && category !== 'salon' && category !== 'product'
  return isMedical ? 'medical' : 'salon'
}

/** Who has to do with a treatment, or with a complaint about it. An admin is none of them. */
const SEES: Record<PhotoUse, readonly Role[]> = {
  care: [
    'doctor',
    'nurse',
    'beautician',
    'department_head',
    'consultant',
    'customer_service',
    'cs_supervisor',
    'director',
  ],
  complaint: ['cs_supervisor', 'store_manager', 'department_head', 'doctor', 'legal', 'director'],
  teaching: ['doctor', 'department_head', 'director'],
  publicity: ['operations', 'director'],
}
/** Theirs are all stores. */
const COMPANY: readonly Role[] = ['director', 'legal']

/** The role by which somebody may open the photo for that use; null: none of theirs may. */
export function roleFor(
  member: Pick<StaffMember, 'active' | 'roles' | 'storeIds'>,
  photo: Pick<PhotoRow, 'storeId'>,
  use: PhotoUse,
): Role | null {
  if (!member.active) return null
  const isHere = photo.storeId !== null && member.storeIds.includes(photo.storeId)
  return member.roles.find((role) => SEES[use].includes(role) && (isHere || COMPANY.includes(role))) ?? null
}

/** What makes a picture upright: mirrored first, then turned clockwise. */
export function upright(orientation: Orientation): { mirror: boolean; degrees: 0 | 90 | 180 | 270 } {
  const turns = { 1: 0, 2: 0, 3: 180, 4: 180, 5: 270, 6: 90, 7: 90, 8: 270 } as const
  return { mirror: [2, 4, 5, 7].includes(orientation), degrees: turns[orientation] }
}
