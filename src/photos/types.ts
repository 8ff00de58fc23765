/** What other rooms may know of photos, and what this room needs of them. */
import type { PhotoType } from './image/limits.ts'

/** How the face or body stands to the camera. */
export const ANGLES = ['front', 'left45', 'right45', 'left', 'right', 'detail'] as const
export type Angle = (typeof ANGLES)[number]

/** `care`: for the record of a treatment; `evidence`: hung on a complaint or opinion. */
export const PHOTO_PURPOSES = ['care', 'evidence'] as const
export type PhotoPurpose = (typeof PHOTO_PURPOSES)[number]

export const SIZES = ['thumb', 'screen'] as const
export type PhotoSize = (typeof SIZES)[number]
/** What is looked at: a picture of the photo, or what was written beside it. */
export const LOOKS = [...SIZES, 'note'] as const
export type Look = (typeof LOOKS)[number]

/** What staff may open a photo for, each with the consent that it needs. */
export const USES = { care: 'photos_care', teaching: 'photos_teaching', publicity: 'photos_publicity' } as const
export type PhotoUse = keyof typeof USES | 'complaint'

export type ConsentPurpose = 'service' | (typeof USES)[keyof typeof USES]

/** The consents of customers, as whoever keeps them tells. */
export interface Consents {
  granted(customerId: string, purpose: ConsentPurpose): Promise<boolean>
  /** Every document there is, with what the customer has said of it. */
  consents(
    customerId: string,
  ): Promise<{ purpose: string; version: number; title: string; text: string; granted: boolean | null }[]>
}

export type SafetyState = 'unchecked' | 'asked' | 'pass' | 'review' | 'risky'

export interface Photo {
  id: string
  customerId: string
  storeId: string | null
  treatmentId: string | null
  angle: Angle
  purpose: PhotoPurpose
  takenAt: Date
  /** Days since the treatment, in the store's zone; null without one. */
  day: number | null
  type: PhotoType
  /** As people see it, upright. */
  width: number
  height: number
  /** `ready`: the pictures that people see are made; `failed`: they can't be. */
  state: 'preparing' | 'ready' | 'failed' | 'erased'
  /** Kept because the law says so: nobody sees it any more, the customer only that it is there. */
  locked: boolean
  keepUntil: Date
  safety: SafetyState
}

/** What a customer wrote beside a set of photos. */
export interface PhotoNote {
  id: string
  words: string
  at: Date
  treatmentId: string | null
  photoIds: string[]
}

export interface PhotosService {
  /** Of the customer and of everybody merged into them; photos of others and erased ones are missing. */
  ofCustomer(customerId: string, photoIds: readonly string[]): Promise<Photo[]>
  /**
   * A photo that came another way than by the mini-program, once per `submissionId`.
   * @throws AppError as an upload: forbidden/photo_consent_needed, invalid/photo_…, too_large/photo_too_large, rate_limited/too_many_today
   */
  keep(
    customerId: string,
    photo: { submissionId: string; treatmentId: string | null; bytes: Buffer },
  ): Promise<{ photoId: string }>
  /** Every photo of the customer that is not erased, the newest first. */
  albumOf(customerId: string): Promise<Photo[]>
  /** Everything that the customer wrote beside photos, the newest first. */
  notesOf(customerId: string): Promise<PhotoNote[]>
  /** As the customer wrote it; null where there is no such note. */
  noteWords(noteId: string): Promise<string | null>
}

/** Published once per photo, when its pictures are made: id `photo.received:<photoId>`. Read the record. */
export interface PhotoReceived {
  photoId: string
  customerId: string
  treatmentId: string | null
  purpose: PhotoPurpose
}

/** Published once per note: id `photo.noted:<noteId>`. Read the record. */
export interface PhotoNoted {
  noteId: string
  customerId: string
  treatmentId: string | null
  storeId: string | null
}
