/** The one thing that is read of what a camera writes beside a picture: which side is up. */

/** As EXIF counts: 1 upright, 2–8 mirrored and turned. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8

const ORIENTATION_TAG = 0x0112
const SHORT = 3
const ENTRY_BYTES = 12

/** From a TIFF block (after `Exif\0\0`); whatever is odd means upright. */
export function orientationOf(tiff: Buffer): Orientation {
  if (tiff.length < 8) return 1
  const order = tiff.toString('latin1', 0, 2)
  if (order !== 'II' && order !== 'MM') return 1
  const u16 = (at: number) => (order === 'II' ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const u32 = (at: number) => (order === 'II' ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  if (u16(2) !== 42) return 1
  const start = u32(4)
  if (start + 2 > tiff.length) return 1
  const count = u16(start)
  for (let i = 0; i < count; i++) {
    const at = start + 2 + i * ENTRY_BYTES
    if (at + ENTRY_BYTES > tiff.length) return 1
    if (u16(at) !== ORIENTATION_TAG) continue
    const value = u16(at + 8)
    return u16(at + 2) === SHORT && value >= 1 && value <= 8 ? (value as Orientation) : 1
  }
  return 1
}

/** Width and height as people see them. */
export const turned = (size: { width: number; height: number }, orientation: Orientation) =>
  orientation >= 5 ? { width: size.height, height: size.width } : size
