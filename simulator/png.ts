/** Small pictures: a code of dark and light squares that stands for whatever it was made from. */
import { createHash } from 'node:crypto'
import { crc32, deflateSync } from 'node:zlib'

const MODULES = 29

const chunk = (type: string, data: Buffer): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const out = Buffer.alloc(body.length + 8)
  out.writeUInt32BE(data.length, 0)
  body.copy(out, 4)
  out.writeUInt32BE(crcOf(body), body.length + 4)
  return out
}

/** `zlib.crc32` came with Node 20.15. */
const crcOf = (bytes: Buffer): number => crc32(bytes)

/** Which pixels of a picture of this width are dark: its squares come from `about`. */
export function squaresOf(about: string, width: number): (x: number, y: number) => boolean {
  const bits = Buffer.concat(Array.from({ length: 4 }, (_, i) => createHash('sha256').update(`${i} ${about}`).digest()))
  const scale = width / MODULES
  return (x, y) => {
    const n = Math.floor(y / scale) * MODULES + Math.floor(x / scale)
    return (((bits[(n >> 3) % bits.length] ?? 0) >> (n & 7)) & 1) === 1
  }
}

/** A square PNG of `width` pixels: the same content gives the same bytes. */
export function codePicture(about: string, width: number): Buffer {
  const isDark = squaresOf(about, width)
  const rows = Buffer.alloc((width + 1) * width)
  for (let y = 0; y < width; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = isDark(x, y) ? 0 : 255
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(width, 4)
  header.set([8, 0, 0, 0, 0], 8) // 8 bits of grey
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(rows)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
