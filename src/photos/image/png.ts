/** A PNG without what isn't picture: chunks that make or colour it are kept, texts, times, EXIF, animation and unknown ones go. */
import { crc32, deflateSync, inflateSync } from 'node:zlib'
import { invalid } from '../../platform/errors.ts'
import { orientationOf } from './exif.ts'
import { plainColourProfile } from './icc.ts'
import { checkSize, type Facts } from './limits.ts'
import type { ByteReader } from './reader.ts'

const SIGNATURE_BYTES = 8
const KEPT = ['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'gAMA', 'cHRM', 'sRGB', 'sBIT']
/** Others are read whole; nothing that we keep or read is longer. */
const SMALL = 64 * 1024
const MAX_PROFILE = 1024 * 1024
const CHANNELS: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** Fills `facts` on the way. @throws AppError invalid/photo_… */
export async function* cleanPng(reader: ByteReader, facts: Facts): AsyncIterable<Buffer> {
  yield await reader.take(SIGNATURE_BYTES)
  let chunks = 0
  let data = 0
  for (;;) {
    const head = await reader.take(8)
    const length = head.readUInt32BE(0)
    const type = head.toString('latin1', 4, 8)
    if (!/^[A-Za-z]{4}$/.test(type) || length > 0x7fffffff) throw invalid('photo_damaged', { chunks })
    if ((chunks === 0) !== (type === 'IHDR')) throw invalid('photo_damaged', { chunks })
    chunks += 1
    const isKept = KEPT.includes(type)
    if (type === 'IDAT') {
      data += length
      yield head
      yield* passed(reader, length, head)
    } else if (isKept || type === 'eXIf' || type === 'iCCP') {
      if (length > SMALL) throw invalid('photo_damaged', { chunk: 'long' })
      const body = await reader.take(length)
      const sum = await reader.take(4)
      if (sum.readUInt32BE(0) !== crc32(body, crc32(head.subarray(4))))
        throw invalid('photo_damaged', { reason: 'crc' })
      if (type === 'IHDR') readHeader(body, facts)
      if (type === 'eXIf') facts.orientation = orientationOf(body)
      if (type === 'iCCP') yield* colours(body)
      if (isKept) yield Buffer.concat([head, body, sum])
    } else {
      // An upper-case first letter: nobody may show the picture without understanding it.
      if (type[0] === type[0]?.toUpperCase()) throw invalid('photo_damaged', { reason: 'critical chunk' })
      await skipped(reader, length + 4)
    }
    if (type === 'IEND') break
  }
  if (data === 0) throw invalid('photo_damaged', { data })
  if (!(await reader.atEnd())) throw invalid('photo_has_more')
}

function readHeader(body: Buffer, facts: Facts): void {
  if (body.length !== 13) throw invalid('photo_damaged')
  facts.width = body.readUInt32BE(0)
  facts.height = body.readUInt32BE(4)
  const [depth = 0, colour = 0, , , interlaced = 0] = body.subarray(8)
  const channels = CHANNELS[colour]
  if (!channels) throw invalid('photo_damaged', { colour })
  // An interlaced one is unpacked whole before its first row can be shown.
  const workBytes = interlaced === 0 ? 0 : facts.width * facts.height * channels * Math.max(1, depth / 8)
  checkSize({ ...facts, workBytes })
}

/** The colour profile without words, under no name. */
function* colours(body: Buffer): Iterable<Buffer> {
  // Its name, a zero, a zero for the only method.
  const at = body.indexOf(0) + 2
  let profile: Buffer | null = null
  try {
    profile = at >= 2 ? plainColourProfile(inflateSync(body.subarray(at), { maxOutputLength: MAX_PROFILE })) : null
  } catch {
    // One that can't be read, or only unpacks without end, colours nothing.
  }
  if (profile) yield chunk('iCCP', Buffer.concat([Buffer.from('RGB\0\0', 'latin1'), deflateSync(profile)]))
}

function chunk(type: string, data: Buffer): Buffer {
  const out = Buffer.alloc(data.length + 12)
  out.writeUInt32BE(data.length, 0)
  out.write(type, 4, 'latin1')
  data.copy(out, 8)
  out.writeUInt32BE(crc32(out.subarray(4, -4)), data.length + 8)
  return out
}

async function* passed(reader: ByteReader, length: number, head: Buffer): AsyncIterable<Buffer> {
  let sum = crc32(head.subarray(4))
  for (let left = length; left > 0; ) {
    const part = await reader.some(1, left)
    left -= part.length
    sum = crc32(part, sum)
    yield part
  }
  const given = await reader.take(4)
  if (given.readUInt32BE(0) !== sum) throw invalid('photo_damaged', { reason: 'crc' })
  yield given
}

async function skipped(reader: ByteReader, length: number): Promise<void> {
  for (let left = length; left > 0; ) left -= (await reader.some(1, left)).length
}
