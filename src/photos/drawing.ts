/** The pictures that people see: small, upright, in screen colours; for staff with the viewer's name across. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Sharp } from 'sharp'
import type { Orientation } from './image/exif.ts'
import { MAX_PIXELS } from './image/limits.ts'
import { upright } from './rules.ts'
import type { PhotoSize } from './types.ts'

/** Longest side in pixels, and how good: a phone shows the one full screen, the other in a grid of three. */
const SHAPES: Record<PhotoSize, { side: number; quality: number }> = {
  screen: { side: 1_600, quality: 82 },
  thumb: { side: 320, quality: 76 },
}
const PATIENCE_SECONDS = 20
/** The type of what is drawn. */
export const DRAWN = 'image/jpeg'

export interface Drawn {
  bytes: Buffer
  width: number
  height: number
}

/** Not before there is a picture: most processes never draw. */
async function library() {
  const { default: sharp } = await import('sharp')
  sharp.cache(false)
  sharp.concurrency(1)
  return sharp
}

/** @throws Error the picture can't be unpacked: its header was right, its inside isn't */
export async function drawPictures(
  source: AsyncIterable<Buffer>,
  orientation: Orientation,
): Promise<Record<PhotoSize, Drawn>> {
  const sharp = await library()
  const input = sharp({ limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true })
  const { side } = SHAPES.screen
  // Small first, upright afterwards: turning a picture needs all of it in memory.
  const small = input
    .clone()
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .timeout({ seconds: PATIENCE_SECONDS })
    .raw()
    .toBuffer({ resolveWithObject: true })
  const [{ data, info }] = await Promise.all([small, pipeline(Readable.from(source), input)])
  const { mirror, degrees } = upright(orientation)
  const raw = { width: info.width, height: info.height, channels: info.channels }
  const turned = await sharp(data, { raw }).flop(mirror).rotate(degrees).raw().toBuffer({ resolveWithObject: true })
  const again = () => sharp(turned.data, { raw: { ...raw, width: turned.info.width, height: turned.info.height } })
  return { screen: await drawn(again(), 'screen'), thumb: await drawn(again(), 'thumb') }
}

async function drawn(picture: Sharp, size: PhotoSize): Promise<Drawn> {
  const { side, quality } = SHAPES[size]
  const { data, info } = await picture
    .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
    .jpeg({ quality })
    .toBuffer({ resolveWithObject: true })
  return { bytes: data, width: info.width, height: info.height }
}

/** The same picture with words across all of it, so that a part cut out still says who looked. */
export async function drawWatermark(picture: Buffer, words: string): Promise<Buffer> {
  const sharp = await library()
  const image = sharp(picture, { limitInputPixels: MAX_PIXELS })
  const { width = 0, height = 0 } = await image.metadata()
  const tile = Buffer.from(watermarkTile(words, Math.max(width, height)))
  return image
    .composite([{ input: tile, tile: true, blend: 'over' }])
    .jpeg({ quality: SHAPES.screen.quality })
    .toBuffer()
}

/** One piece of the pattern: white letters with a dark edge, readable on any skin. */
function watermarkTile(words: string, longest: number): string {
  const size = Math.max(9, Math.round(longest / 45))
  const length = [...words].reduce((sum, one) => sum + (one > '\u2e80' ? size : size * 0.6), 0)
  const [width, height] = [Math.round(length + size * 3), Math.round(length * 0.5 + size * 3)]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><text x="${width / 2}" y="${height / 2}"
    transform="rotate(-25 ${width / 2} ${height / 2})" text-anchor="middle" font-family="Noto Sans CJK SC, WenQuanYi Micro Hei, sans-serif"
    font-size="${size}" fill="#fff" fill-opacity=".55" stroke="#000" stroke-opacity=".35" stroke-width="${size / 18}">${escaped(words)}</text></svg>`
}

const escaped = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`)
