/** What a picture may cost whoever unpacks it, judged from its header before anything is stored. */
import { invalid } from '../../platform/errors.ts'
import type { Orientation } from './exif.ts'

export const MAX_BYTES = 20 * 1024 * 1024
export const MAX_PIXELS = 50_000_000
/** The widest panoramas have less. Whoever unpacks holds some rows at once: measured, one of ten million pixels took 7 GB. */
const MAX_SIDE = 16_384
/**
 * What a decoder must hold at once: nothing of a picture that comes row by row, all of one that comes in layers. Measured: a
 * progressive JPEG at this bound takes 110 MB.
 */
const MAX_WORK_BYTES = 100_000_000

export type PhotoType = 'jpeg' | 'png' | 'webp'

/** What is known of a picture when its last byte has gone by. */
export interface Facts {
  type: PhotoType
  width: number
  height: number
  orientation: Orientation
}

/** `workBytes`: what a decoder holds besides a few rows. @throws AppError invalid/photo_damaged, invalid/photo_too_many_pixels */
export function checkSize({ width, height, workBytes }: { width: number; height: number; workBytes: number }): void {
  if (width < 1 || height < 1) throw invalid('photo_damaged', { width, height })
  if (Math.max(width, height) > MAX_SIDE || width * height > MAX_PIXELS || workBytes > MAX_WORK_BYTES)
    throw invalid('photo_too_many_pixels', { width, height, workBytes })
}
