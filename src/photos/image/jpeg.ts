/**
 * A JPEG without what isn't picture: EXIF, place, XMP, thumbnails, comments. What is kept is named here; anything else goes.
 * The scans pass through untouched, so the picture loses nothing.
 */
import { invalid } from '../../platform/errors.ts'
import { orientationOf } from './exif.ts'
import { plainColourProfile } from './icc.ts'
import { checkSize, type Facts } from './limits.ts'
import type { ByteReader } from './reader.ts'

const EOI = 0xd9
const SOS = 0xda
const APP1 = 0xe1
const APP2 = 0xe2
const APP14 = 0xee
/** Baseline, extended and progressive Huffman: what cameras make. */
const FRAMES = [0xc0, 0xc1, 0xc2]
const PROGRESSIVE = 0xc2
/** Huffman tables, quantisation tables, restart interval. */
const TABLES = [0xc4, 0xdb, 0xdd]
const EXIF = 'Exif\0\0'
const ICC = 'ICC_PROFILE\0'
const SEQUENCE = 2
const MULTI_PICTURE = 'MPF\0'
/** The progressive ones of cameras have about ten; each further one is a pass over the whole picture. */
const MAX_SCANS = 64

/** Fills `facts` on the way. @throws AppError invalid/photo_… */
export async function* cleanJpeg(reader: ByteReader, facts: Facts): AsyncIterable<Buffer> {
  yield await reader.take(2)
  let frame: Frame | null = null
  let scans = 0
  let hasMorePictures = false
  for (;;) {
    const marker = await nextMarker(reader)
    if (marker === EOI) break
    const length = await reader.take(2)
    const size = length.readUInt16BE(0) - 2
    if (size < 0) throw invalid('photo_damaged', { marker })
    const body = await reader.take(size)
    const segment = () => Buffer.concat([Buffer.from([0xff, marker]), length, body])
    if (FRAMES.includes(marker)) {
      if (frame) throw invalid('photo_damaged', { marker })
      frame = readFrame(body, facts)
      if (marker === PROGRESSIVE) checkSize({ ...facts, workBytes: frame.coefficientBytes })
      yield segment()
    } else if (TABLES.includes(marker)) yield segment()
    else if (marker === SOS) {
      scans += 1
      if (!frame || scans > MAX_SCANS) throw invalid('photo_damaged', { scans })
      // Components one after the other: as with a progressive one, no row is ready before the last scan.
      if ((body[0] ?? 0) < frame.components) checkSize({ ...facts, workBytes: frame.coefficientBytes })
      yield segment()
      yield* scan(reader)
    } else if (marker === APP1 && startsWith(body, EXIF)) facts.orientation = orientationOf(body.subarray(EXIF.length))
    else if (marker === APP2 && startsWith(body, ICC)) {
      const profile = plainColourProfile(body.subarray(ICC.length + SEQUENCE))
      if (profile) yield app2(profile)
    } else if (marker === APP2 && startsWith(body, MULTI_PICTURE)) hasMorePictures = true
    // Says how colours are coded; without it some would come out inverted.
    else if (marker === APP14 && body.length === 12 && startsWith(body, 'Adobe')) yield segment()
    else if (!isLeftOut(marker)) throw invalid('photo_damaged', { marker })
  }
  if (scans === 0) throw invalid('photo_damaged', { scans })
  yield Buffer.from([0xff, EOI])
  await checkRest(reader, hasMorePictures)
}

/** What cameras and programs write beside the picture: APPn, comments. */
const isLeftOut = (marker: number) => (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe

const startsWith = (body: Buffer, text: string) => body.toString('latin1', 0, text.length) === text

function app2(profile: Buffer): Buffer {
  const head = Buffer.from([0xff, APP2, 0, 0])
  const body = Buffer.concat([Buffer.from(ICC, 'latin1'), Buffer.from([1, 1]), profile])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

async function nextMarker(reader: ByteReader): Promise<number> {
  const [first] = await reader.take(1)
  if (first !== 0xff) throw invalid('photo_damaged', { reason: 'no marker' })
  // Any number of fill bytes may stand before a marker.
  for (;;) {
    const [marker = 0] = await reader.take(1)
    if (marker !== 0xff) return marker
  }
}

interface Frame {
  components: number
  /** What a decoder holds that must keep all coefficients, of two bytes each. */
  coefficientBytes: number
}

function readFrame(body: Buffer, facts: Facts): Frame {
  const components = body[5] ?? 0
  if (body.length !== 6 + components * 3 || ![1, 3, 4].includes(components)) throw invalid('photo_damaged')
  facts.height = body.readUInt16BE(1)
  facts.width = body.readUInt16BE(3)
  checkSize({ ...facts, workBytes: 0 })
  const factors = Array.from({ length: components }, (_, i) => body[7 + i * 3] ?? 0x11)
  const across = factors.map((one) => one >> 4)
  const down = factors.map((one) => one & 15)
  const area = across.reduce((sum, one, i) => sum + one * (down[i] ?? 0), 0)
  const unit = Math.max(1, Math.max(...across) * Math.max(...down))
  return { components, coefficientBytes: (2 * facts.width * facts.height * area) / unit }
}

/** Everything up to the next marker that is none of a scan's own: FF00 is a value, FFD0–FFD7 restart the coder. */
async function* scan(reader: ByteReader): AsyncIterable<Buffer> {
  for (;;) {
    // Behind a value there is at least a marker of two bytes.
    const part = await reader.some(2)
    let at = part.indexOf(0xff)
    while (at >= 0 && at < part.length - 1) {
      const next = part[at + 1] ?? 0
      if (next !== 0 && (next < 0xd0 || next > 0xd7)) break
      at = part.indexOf(0xff, at + 2)
    }
    if (at < 0) {
      yield part
      continue
    }
    if (at > 0) yield part.subarray(0, at)
    reader.unread(part.subarray(at))
    if (at < part.length - 1) return
  }
}

/** Newer phones hang a second picture on, e.g. with the brightness, and announce it: it is left out. Anything else is no photo. */
async function checkRest(reader: ByteReader, hasMorePictures: boolean): Promise<void> {
  if (await reader.atEnd()) return
  const [a, b] = await reader.peek(2)
  if (!hasMorePictures || a !== 0xff || b !== 0xd8) throw invalid('photo_has_more')
  while (!(await reader.atEnd())) await reader.some(1)
}
