/** What a file is, by its content; and the picture in it without anything else, while it streams by. */
import { fileTypeFromBuffer } from 'file-type'
import { invalid } from '../../platform/errors.ts'
import { cleanJpeg } from './jpeg.ts'
import type { Facts, PhotoType } from './limits.ts'
import { cleanPng } from './png.ts'
import { type ByteReader, createByteReader } from './reader.ts'
import { cleanWebp } from './webp.ts'

/** As much as `file-type` looks at to know any type. */
const SNIFFED_BYTES = 4_100
const HEIF = /^image\/(heic|heif|avif)(-sequence)?$/

const CLEANERS: Record<PhotoType, (reader: ByteReader, facts: Facts) => AsyncIterable<Buffer>> = {
  jpeg: cleanJpeg,
  png: cleanPng,
  webp: cleanWebp,
}
export const MIME: Record<PhotoType, string> = { jpeg: 'image/jpeg', png: 'image/png', webp: 'image/webp' }

export interface CleanedImage {
  /** Ends with an AppError invalid/photo_… as soon as something is wrong. */
  bytes: AsyncIterable<Buffer>
  /** Once the bytes have come to their end. */
  facts(): Facts
}

export function cleanImage(source: AsyncIterable<Buffer>): CleanedImage {
  let known: Facts | null = null
  async function* bytes(): AsyncIterable<Buffer> {
    const reader = createByteReader(source)
    const facts: Facts = { type: await typeOf(reader), width: 0, height: 0, orientation: 1 }
    yield* CLEANERS[facts.type](reader, facts)
    known = facts
  }
  return {
    bytes: bytes(),
    facts() {
      if (!known) throw new Error('asked before the end')
      return known
    },
  }
}

async function typeOf(reader: ByteReader): Promise<PhotoType> {
  const begin = await reader.peek(SNIFFED_BYTES)
  const mime = (await fileTypeFromBuffer(begin))?.mime ?? ''
  if (HEIF.test(mime)) throw invalid('photo_heic')
  if (mime === 'image/apng') throw invalid('photo_animated')
  const type = (Object.keys(MIME) as PhotoType[]).find((one) => MIME[one] === mime)
  if (!type) throw invalid('photo_type_unsupported', { mime })
  return type
}
