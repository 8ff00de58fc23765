/**
 * A WebP without what isn't picture. Its length stands in front, so what goes is overwritten with zeros under a name that
 * readers pass over: nothing of it is left, and the file stays as long as it says.
 */
import { invalid } from '../../platform/errors.ts'
import { orientationOf } from './exif.ts'
import { plainColourProfile } from './icc.ts'
import { checkSize, type Facts } from './limits.ts'
import type { ByteReader } from './reader.ts'

const RIFF_BYTES = 12
const EXTENDED_BYTES = 10
const ANIMATED = 0x02
const COLOURED = 0x20
/** EXIF, XMP. */
const FLAGS_OUT = 0x08 | 0x04
const SMALL = 64 * 1024
const ZEROS = Buffer.alloc(SMALL)

/** Fills `facts` on the way. @throws AppError invalid/photo_… */
export async function* cleanWebp(reader: ByteReader, facts: Facts): AsyncIterable<Buffer> {
  const riff = await reader.take(RIFF_BYTES)
  yield riff
  let left = riff.readUInt32LE(4) - 4
  let canvas: { width: number; height: number } | null = null
  let images = 0
  while (left > 0) {
    const head = await reader.take(8)
    const type = head.toString('latin1', 0, 4)
    const length = head.readUInt32LE(4)
    const padded = length + (length % 2)
    left -= 8 + padded
    if (left < 0) throw invalid('photo_damaged', { reason: 'length' })
    if (type === 'VP8X') {
      if (length !== EXTENDED_BYTES || canvas || images > 0) throw invalid('photo_damaged', { reason: 'header' })
      const body = Buffer.from(await reader.take(length))
      canvas = { width: body.readUIntLE(4, 3) + 1, height: body.readUIntLE(7, 3) + 1 }
      if (((body[0] ?? 0) & ANIMATED) !== 0) throw invalid('photo_animated')
      body[0] = (body[0] ?? 0) & ~(FLAGS_OUT | COLOURED)
      const profile = await colours(reader)
      if (profile) {
        body[0] |= COLOURED
        left -= profile.length
      }
      yield Buffer.concat([head, body, ...(profile ? [profile] : [])])
    } else if (type === 'VP8 ' || type === 'VP8L') {
      images += 1
      if (images > 1) throw invalid('photo_damaged', { images })
      const size = readSize(type, await reader.peek(10))
      if (canvas && (canvas.width !== size.width || canvas.height !== size.height))
        throw invalid('photo_damaged', { reason: 'sizes' })
      Object.assign(facts, size)
      // A lossless one is unpacked whole, four bytes a pixel.
      checkSize({ ...size, workBytes: type === 'VP8L' ? size.width * size.height * 4 : 0 })
      yield head
      yield* passed(reader, padded)
    } else if (type === 'ALPH') {
      yield head
      yield* passed(reader, padded)
    } else if (type === 'ANIM' || type === 'ANMF') throw invalid('photo_animated')
    else {
      const isExif = type === 'EXIF' && length <= SMALL
      if (isExif) readExif(await reader.peek(length), facts)
      const blank = Buffer.from(head)
      blank.write('JUNK', 0, 'latin1')
      yield blank
      for await (const part of passed(reader, padded)) yield ZEROS.subarray(0, part.length)
    }
  }
  if (images === 0) throw invalid('photo_damaged', { images })
  if (!(await reader.atEnd())) throw invalid('photo_has_more')
}

/** The chunk of the colour profile, which comes right after the header: without words, and as long as it was. */
async function colours(reader: ByteReader): Promise<Buffer | null> {
  const head = await reader.peek(8)
  if (head.toString('latin1', 0, 4) !== 'ICCP') return null
  const length = head.readUInt32LE(4)
  if (length > SMALL) return null
  const whole = await reader.peek(8 + length + (length % 2))
  const profile = plainColourProfile(whole.subarray(8, 8 + length))
  // It stays where it is, to be passed over like anything else.
  if (!profile || profile.length > length) return null
  const out = Buffer.alloc(whole.length)
  whole.copy(out, 0, 0, 8)
  profile.copy(out, 8)
  await reader.take(whole.length)
  return out
}

function readExif(block: Buffer, facts: Facts): void {
  const prefix = block.toString('latin1', 0, 6) === 'Exif\0\0' ? 6 : 0
  facts.orientation = orientationOf(block.subarray(prefix))
}

function readSize(type: string, begin: Buffer): { width: number; height: number } {
  if (begin.length < 10) throw invalid('photo_truncated')
  if (type === 'VP8L') {
    if (begin[0] !== 0x2f) throw invalid('photo_damaged')
    const bits = begin.readUInt32LE(1)
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
  }
  if (begin.readUIntBE(3, 3) !== 0x9d012a) throw invalid('photo_damaged')
  return { width: begin.readUInt16LE(6) & 0x3fff, height: begin.readUInt16LE(8) & 0x3fff }
}

/** At most `SMALL` bytes at a time. */
async function* passed(reader: ByteReader, length: number): AsyncIterable<Buffer> {
  for (let left = length; left > 0; ) {
    const part = await reader.some(1, Math.min(left, SMALL))
    left -= part.length
    yield part
  }
}
