/** Pictures for tests: real ones, made by an encoder, and what people and attackers do to them. */
import { crc32, deflateSync } from 'node:zlib'
import sharp, { type Sharp } from 'sharp'

/** A picture whose four corners have different colours: red, green, blue, white, clockwise from the top left. */
export function corners(width = 120, height = 80): Sharp {
  const pixels = Buffer.alloc(width * height * 3)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const colour = (y < height / 2 ? [RED, GREEN] : [WHITE, BLUE])[x < width / 2 ? 0 : 1] as readonly number[]
      pixels.set(colour, (y * width + x) * 3)
    }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
}
const RED = [220, 20, 20]
const GREEN = [20, 200, 20]
const BLUE = [20, 20, 220]
const WHITE = [245, 245, 245]

/** What a phone writes beside the picture, findable as text. */
export const SECRETS = ['SecretPhone 15', '2026:03:02 09:41:00', 'taken at home']
export function fromPhone(picture: Sharp, orientation = 6): Sharp {
  return picture
    .clone()
    .withExif({
      IFD0: { Model: 'SecretPhone 15', ImageDescription: 'taken at home', DateTime: '2026:03:02 09:41:00' },
      IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '31/1 12/1 3000/100', GPSLongitudeRef: 'E' },
    })
    .withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF>taken at home</rdf:RDF></x:xmpmeta>')
    .withMetadata({ orientation })
    .withIccProfile('p3')
}

/** Speckles that no encoder can make small. */
export function noise(width: number, height: number): Sharp {
  return sharp({
    create: { width, height, channels: 3, background: 'grey', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })
}

/** Inserts JPEG segments right after the beginning. */
export const withSegments = (jpeg: Buffer, ...segments: Buffer[]): Buffer =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)])
export function segment(marker: number, body: Buffer | string): Buffer {
  const bytes = Buffer.from(body)
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(bytes.length + 2, 2)
  return Buffer.concat([head, bytes])
}

/** As a network delivers it: in pieces of a size that fits nothing. */
export async function* inPieces(bytes: Buffer, size: number): AsyncIterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
export async function joined(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}

/** The PNG with other data inside, its sums right: only who unpacks it finds out. */
export function brokenInside(png: Buffer): Buffer {
  const out = Buffer.from(png)
  const at = out.indexOf('IDAT')
  const length = out.readUInt32BE(at - 4)
  out.fill(0x5a, at + 6, at + 4 + length)
  out.writeUInt32BE(crc32(out.subarray(at, at + 4 + length)), at + 4 + length)
  return out
}

export function pngChunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crc32(body), body.length + 4)
  return out
}
/** A few kilobytes that want to be `width` × `height` pixels. */
export function pngOf(width: number, height: number, { interlaced = 0, colour = 2 } = {}): Buffer {
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, colour, 0, 0, interlaced], 8)
  const data = deflateSync(Buffer.alloc(1_000_000))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    pngChunk('IDAT', data),
    pngChunk('IEND', Buffer.alloc(0)),
  ])
}

/** The beginning of what iPhones keep. */
export const HEIC = Buffer.concat([Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1'), Buffer.alloc(4_096)])
