import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { cleanImage } from '../../../src/photos/image/clean.ts'
import {
  corners,
  fromPhone,
  HEIC,
  inPieces,
  joined,
  noise,
  pngOf,
  SECRETS,
  segment,
  withSegments,
} from '../../support/pictures.ts'

const SIZES = [1, 7, 1_000, 65_536]

async function cleaned(bytes: Buffer, size = 1_000) {
  const image = cleanImage(inPieces(bytes, size))
  return { bytes: await joined(image.bytes), facts: image.facts() }
}
const codeOf = (bytes: Buffer) =>
  cleaned(bytes).then(
    () => 'taken',
    (error: { code?: string }) => error.code ?? String(error),
  )
const pixels = (bytes: Buffer) => sharp(bytes).raw().toBuffer()

const phone = {
  jpeg: await fromPhone(corners()).jpeg().toBuffer(),
  progressive: await fromPhone(corners()).jpeg({ progressive: true }).toBuffer(),
  png: await fromPhone(corners()).png().toBuffer(),
  interlaced: await fromPhone(corners()).png({ progressive: true }).toBuffer(),
  webp: await fromPhone(corners()).webp().toBuffer(),
  lossless: await fromPhone(corners()).webp({ lossless: true }).toBuffer(),
}

describe('a photo of a phone loses everything but the picture:', () => {
  test.each(Object.entries(phone))('%s', async (_, given) => {
    for (const secret of SECRETS.slice(0, 1)) expect(given.includes(secret)).toBe(true)
    expect(given.includes('taken at home')).toBe(true)
    for (const size of SIZES) {
      const { bytes, facts } = await cleaned(given, size)
      for (const secret of [...SECRETS, 'GPS', 'xmpmeta', 'Exif', 'Copyright', 'Apple'])
        expect([secret, bytes.includes(secret)]).toEqual([secret, false])
      const { exif, xmp, orientation, width, height } = await sharp(bytes).metadata()
      expect([exif, xmp, orientation]).toEqual([undefined, undefined, undefined])
      // Which side is up is kept as a field.
      expect(facts).toMatchObject({ width, height, orientation: 6 })
      expect([width, height]).toEqual([120, 80])
    }
  })
  test('and the picture itself loses nothing', async () => {
    for (const plain of [await corners().jpeg().toBuffer(), await corners().png({ palette: true }).toBuffer()])
      expect(await pixels((await cleaned(plain)).bytes)).toEqual(await pixels(plain))
    const wide = await noise(300, 200).jpeg({ quality: 90, progressive: true }).toBuffer()
    for (const size of SIZES) expect(await pixels((await cleaned(wide, size)).bytes)).toEqual(await pixels(wide))
  })
  test.each(Object.entries(phone))(
    'how its colours are meant stays, without the words of the profile: %s',
    async (_, given) => {
      const { bytes } = await cleaned(given)
      expect((await sharp(bytes).metadata()).icc?.length).toBeGreaterThan(300)
      // Shown on a screen both look the same: the figures of the profile are all there.
      expect(await pixels(bytes)).toEqual(await pixels(given))
      // And they are needed.
      expect(await sharp(bytes).keepIccProfile().raw().toBuffer()).not.toEqual(await pixels(bytes))
    },
  )
  test('comments and unknown application data of a JPEG go, Adobe’s word on colours stays', async () => {
    const plain = await corners().jpeg().toBuffer()
    const adobe = segment(0xee, Buffer.from('Adobe\0\x64\0\0\0\0\x01', 'latin1'))
    const given = withSegments(plain, segment(0xfe, 'a comment'), segment(0xed, 'Photoshop 3.0'), adobe)
    const { bytes } = await cleaned(given)
    expect([bytes.includes('a comment'), bytes.includes('Photoshop'), bytes.includes('Adobe')]).toEqual([
      false,
      false,
      true,
    ])
  })
})

const plainJpeg = await corners().jpeg().toBuffer()
const plainPng = await corners().png().toBuffer()
const plainWebp = await corners().webp().toBuffer()

function jpegOf(jpeg: Buffer, width: number, height: number): Buffer {
  const out = Buffer.from(jpeg)
  const at = [0xc0, 0xc2].map((marker) => out.indexOf(Buffer.from([0xff, marker, 0, 17]))).find((one) => one > 0) ?? 0
  out.writeUInt16BE(height, at + 5)
  out.writeUInt16BE(width, at + 7)
  return out
}

describe('what is no photo is refused with its own word:', async () => {
  const zip = Buffer.from('PK\x03\x04 the files of a program PK\x05\x06', 'latin1')
  const progressive = await corners().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }).toBuffer()
  const flipped = Buffer.from(plainPng)
  const at = flipped.indexOf('IDAT') + 10
  flipped[at] = (flipped[at] ?? 0) ^ 1
  const cases: [what: string, bytes: Buffer, code: string][] = [
    ['nothing', Buffer.alloc(0), 'photo_type_unsupported'],
    ['a text', Buffer.from('<script>alert(1)</script>'), 'photo_type_unsupported'],
    ['a PDF', Buffer.from('%PDF-1.7\n1 0 obj'), 'photo_type_unsupported'],
    ['a program', zip, 'photo_type_unsupported'],
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"></svg>'), 'photo_type_unsupported'],
    ['a GIF', await corners().gif().toBuffer(), 'photo_type_unsupported'],
    ['a HEIC', HEIC, 'photo_heic'],
    ['an AVIF', await corners().avif().toBuffer(), 'photo_heic'],
    ['a JPEG with a program behind it', Buffer.concat([plainJpeg, zip]), 'photo_has_more'],
    ['a JPEG with one byte behind it', Buffer.concat([plainJpeg, Buffer.from([0])]), 'photo_has_more'],
    ['a JPEG with a second one behind it', Buffer.concat([plainJpeg, plainJpeg]), 'photo_has_more'],
    [
      'an announced second picture that is a program',
      Buffer.concat([withSegments(plainJpeg, segment(0xe2, 'MPF\0')), zip]),
      'photo_has_more',
    ],
    ['a PNG with a program behind it', Buffer.concat([plainPng, zip]), 'photo_has_more'],
    ['a WebP with a program behind it', Buffer.concat([plainWebp, zip]), 'photo_has_more'],
    ['a JPEG without its end', plainJpeg.subarray(0, -2), 'photo_truncated'],
    ['half a JPEG', plainJpeg.subarray(0, plainJpeg.length / 2), 'photo_truncated'],
    ['half a PNG', plainPng.subarray(0, plainPng.length / 2), 'photo_truncated'],
    ['half a WebP', plainWebp.subarray(0, plainWebp.length / 2), 'photo_truncated'],
    ['a PNG with a flipped bit', flipped, 'photo_damaged'],
    ['a JPEG without a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 2, 0xff, 0xd9]), 'photo_damaged'],
    ['a PNG of 900 megapixels', pngOf(30_000, 30_000), 'photo_too_many_pixels'],
    ['a PNG of 4 billion rows', pngOf(1, 4_000_000_000), 'photo_too_many_pixels'],
    ['a PNG of 50 megapixels in five rows', pngOf(10_000_000, 5), 'photo_too_many_pixels'],
    ['a PNG of 49 megapixels, all layers at once', pngOf(7_000, 7_000, { interlaced: 1 }), 'photo_too_many_pixels'],
    ['a PNG without width', pngOf(0, 100), 'photo_damaged'],
    ['a JPEG of 4 gigapixels', jpegOf(plainJpeg, 65_535, 65_535), 'photo_too_many_pixels'],
    ['a JPEG of 49 megapixels in layers', jpegOf(progressive, 7_000, 7_000), 'photo_too_many_pixels'],
    ['an animated WebP', await animated(), 'photo_animated'],
  ]
  test.each(cases)('%s', async (_, bytes, code) => expect(await codeOf(bytes)).toBe(code))

  test('of a picture cut anywhere nothing passes as whole', async () => {
    for (const whole of [plainJpeg, plainPng, plainWebp])
      for (let cut = 1; cut < whole.length; cut += 13) expect(await codeOf(whole.subarray(0, cut))).not.toBe('taken')
  })
  test('whatever is flipped, it ends: with a photo or with a word of ours', async () => {
    for (const whole of [phone.jpeg, phone.png, phone.webp])
      for (let at = 0; at < Math.min(whole.length, 1_500); at += 3) {
        const bytes = Buffer.from(whole)
        bytes[at] = (bytes[at] ?? 0) ^ 0xff
        expect(await codeOf(bytes)).toMatch(/^(taken|photo_\w+)$/)
      }
  })
})

async function animated(): Promise<Buffer> {
  const frames = await Promise.all([corners(), corners(120, 80).negate()].map((one) => one.png().toBuffer()))
  return sharp(frames, { join: { animated: true } })
    .webp()
    .toBuffer()
}

describe('what real phones send is taken:', () => {
  test('49 megapixels row by row', async () => {
    expect(await codeOf(pngOf(7_000, 7_000))).toBe('taken')
    expect(await codeOf(jpegOf(plainJpeg, 7_000, 7_000))).toBe('taken')
  })
  test('a JPEG with a second picture that it announces, without that one', async () => {
    const given = Buffer.concat([withSegments(plainJpeg, segment(0xe2, 'MPF\0')), plainJpeg])
    const { bytes } = await cleaned(given, 65_536)
    expect(await pixels(bytes)).toEqual(await pixels(plainJpeg))
    expect(bytes.length).toBeLessThanOrEqual(plainJpeg.length)
  })
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('orientation %i', async (orientation) => {
    for (const one of [corners().jpeg(), corners().png(), corners().webp()]) {
      const given = await one.withMetadata({ orientation }).toBuffer()
      expect((await cleaned(given)).facts.orientation).toBe(orientation)
    }
  })
})
