import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createFieldCrypto, parseFieldKeys } from '../../../src/platform/crypto.ts'
import { createSealedStreams, FRAME } from '../../../src/platform/sealed-stream.ts'
import { inPieces, joined } from '../../support/pictures.ts'

const key = (byte: number) => Buffer.alloc(32, byte).toString('base64')
const withKeys = (text: string) => createSealedStreams(createFieldCrypto(parseFieldKeys(text)), 'photos')
const streams = withKeys(`k1:${key(1)}`)
const HEAD = 20
const FRAMED = FRAME + 16
const unreadable = { code: 'field_unreadable' }

describe('what is sealed opens again, whatever pieces it comes in:', () => {
  test.each([0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 200_001])('%i bytes', async (size) => {
    const plain = randomBytes(size)
    const sealed = await joined(streams.seal('a', inPieces(plain, 1_000)))
    for (const piece of [17, FRAME, 1_000_000])
      expect(await joined(streams.open('a', 'k1', inPieces(sealed, piece)))).toEqual(plain)
    expect(await streams.openAll('a', 'k1', sealed)).toEqual(plain)
    if (size > 100) expect(sealed.includes(plain.subarray(0, 50))).toBe(false)
  })
})

describe('what was touched does not open:', () => {
  const plain = randomBytes(2 * FRAME + 1_000)
  const sealing = streams.sealAll('a', plain)
  const open = (bytes: Buffer, name = 'a') => streams.openAll(name, 'k1', bytes)
  test('a flipped bit anywhere', async () => {
    const sealed = await sealing
    for (let at = 0; at < sealed.length; at += 30_011) {
      const bytes = Buffer.from(sealed)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await expect(open(bytes)).rejects.toMatchObject(unreadable)
    }
  })
  test('a cut, also between two frames', async () => {
    const sealed = await sealing
    for (const end of [0, 3, HEAD, HEAD + FRAMED, HEAD + 2 * FRAMED, sealed.length - 1])
      await expect(open(sealed.subarray(0, end))).rejects.toMatchObject(unreadable)
  })
  test('frames that change places, or come twice', async () => {
    const sealed = await sealing
    const frame = (i: number) => sealed.subarray(HEAD + i * FRAMED, HEAD + (i + 1) * FRAMED)
    const head = sealed.subarray(0, HEAD)
    for (const order of [
      [1, 0, 2],
      [0, 0, 1, 2],
      [0, 2],
      [0, 1, 2, 2],
    ])
      await expect(open(Buffer.concat([head, ...order.map(frame)]))).rejects.toMatchObject(unreadable)
  })
  test('under another name, or with another key', async () => {
    const sealed = await sealing
    await expect(open(sealed, 'b')).rejects.toMatchObject(unreadable)
    await expect(withKeys(`k1:${key(2)}`).openAll('a', 'k1', sealed)).rejects.toMatchObject(unreadable)
    await expect(withKeys(`k2:${key(2)}`).openAll('a', 'k1', sealed)).rejects.toMatchObject(unreadable)
  })
  test('frames before the damage are given, later ones never', async () => {
    const bytes = Buffer.from(await sealing)
    bytes[HEAD + FRAMED + 5] = (bytes[HEAD + FRAMED + 5] ?? 0) ^ 1
    const given: Buffer[] = []
    const reading = (async () => {
      for await (const part of streams.open('a', 'k1', inPieces(bytes, 999))) given.push(part)
    })()
    await expect(reading).rejects.toMatchObject(unreadable)
    expect(Buffer.concat(given)).toEqual(plain.subarray(0, FRAME))
  })
})

test('a new key writes, an old one still reads; two files of one content share nothing', async () => {
  const plain = randomBytes(1_000)
  const old = await streams.sealAll('a', plain)
  const rotated = withKeys(`k2:${key(2)},k1:${key(1)}`)
  expect(rotated.keyId).toBe('k2')
  expect(await rotated.openAll('a', 'k1', old)).toEqual(plain)
  expect(await rotated.openAll('a', 'k2', await rotated.sealAll('a', plain))).toEqual(plain)
  expect((await streams.sealAll('a', plain)).subarray(HEAD)).not.toEqual(old.subarray(HEAD))
})
