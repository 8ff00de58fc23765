/** The same small pictures as JPEG, which is what WeChat's codes come as: SDKs refuse other types. */
import { squaresOf } from './png.ts'

const BLOCK = 8
/** Of the mean of a block; a block of one grey has nothing else. */
const QUANT = 8
const DARK = -128
const LIGHT = 127

const segment = (marker: number, ...data: number[]): Buffer =>
  Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 0xff, ...data])

/** A Huffman table whose symbols have the codes 0, 10, 110 … */
const table = (id: number, ...symbols: number[]): Buffer =>
  segment(0xc4, id, ...Array.from({ length: 16 }, (_, i) => (i < symbols.length ? 1 : 0)), ...symbols)

/** Widths in bits of a difference between two blocks: none, from the start to light, any other. */
const WIDTHS = [0, 7, 8]
const NO_MORE = '0'

/** One difference, in its width's code; a negative one has its bits turned round. */
function difference(value: number): string {
  const width = value === 0 ? 0 : Math.abs(value).toString(2).length
  const code = `${'1'.repeat(WIDTHS.indexOf(width))}0`
  const bits = value < 0 ? value + 2 ** width - 1 : value
  return `${code}${width === 0 ? '' : bits.toString(2).padStart(width, '0')}${NO_MORE}`
}

/** A square grey JPEG of `width` pixels: the same content gives the same bytes. */
export function codeJpeg(about: string, width: number): Buffer {
  const isDark = squaresOf(about, width)
  let bits = ''
  let before = 0
  for (let y = 0; y < width; y += BLOCK)
    for (let x = 0; x < width; x += BLOCK) {
      const mean = isDark(x, y) ? DARK : LIGHT
      bits += difference(mean - before)
      before = mean
    }
  const octets = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []
  // 0xff would begin a marker: a zero behind it says that it doesn't.
  const scan = octets.map((one) => Number.parseInt(one, 2)).flatMap((one) => (one === 0xff ? [one, 0] : [one]))
  const size = [width >> 8, width & 0xff]
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0),
    segment(0xdb, 0, ...Array.from({ length: BLOCK * BLOCK }, () => QUANT)),
    segment(0xc0, 8, ...size, ...size, 1, 1, 0x11, 0),
    table(0x00, ...WIDTHS),
    table(0x10, 0),
    segment(0xda, 1, 1, 0, 0, 63, 0),
    Buffer.from(scan),
    Buffer.from([0xff, 0xd9]),
  ])
}
