import sharp from 'sharp'
import { beforeEach, describe, expect, test } from 'vitest'
import { CHUNK_BYTES } from '../../../src/photos/rules.ts'
import { corners, fromPhone, HEIC, noise, pngOf, SECRETS } from '../../support/pictures.ts'
import { meanwhile } from '../care/support.ts'
import { photosWorld, treatment } from './support.ts'

const world = await photosWorld()
const { send, json, put, words, kept, ask, form, field, file, END } = world
beforeEach(() => world.clear())

const small = await fromPhone(corners()).jpeg().toBuffer()
/** Some pieces long. */
const large = await noise(1_600, 1_100).jpeg({ quality: 95 }).toBuffer()
const piece = (bytes: Buffer, index: number) => bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES)
const pieces = Math.ceil(large.length / CHUNK_BYTES)
const NOTHING = {
  photos: 0,
  photo_uploads: 0,
  photo_upload_chunks: 0,
  photo_files: 0,
  'photo_blobs.files': 0,
  'photo_blobs.chunks': 0,
}
const picture = (id: unknown, size = 'screen', as = 'ann') =>
  ask('GET', `/api/mp/photos/${id}/image?size=${size}`, { as })

describe('one request', () => {
  test('makes a photo, shown upright and without what the phone wrote beside it', async () => {
    world.treatments.set('t1', treatment({ id: 't1', customerId: 'ann' }))
    const { status, body } = await send(small, { treatmentId: 't1' })
    expect([status, body]).toEqual([
      200,
      {
        id: expect.any(String),
        treatmentId: 't1',
        angle: 'front',
        purpose: 'care',
        takenAt: '2026-03-02T02:00:00.000Z',
        day: 1,
        // Upright: the phone was held on its side.
        width: 80,
        height: 120,
        state: 'preparing',
        locked: false,
        keepUntil: '2041-03-01T16:00:00.000Z',
        safety: 'unchecked',
      },
    ])
    expect((await picture(body.id)).code).toBe('photo_not_ready')
    await world.work()
    for (const [size, width] of [
      ['screen', 80],
      ['thumb', 80],
    ] as const) {
      const { headers, bytes } = await picture(body.id, size)
      expect(headers).toMatchObject({ 'content-type': 'image/jpeg', 'cache-control': 'private, no-store' })
      expect(Number(headers['content-length'])).toBe(bytes.length)
      const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
      expect([info.width, info.height]).toEqual([width, 120])
      // Red was at the top left of what the sensor saw, and is at the top right of what people see.
      const at = (x: number, y: number) => data[(y * info.width + x) * 3] ?? 0
      expect([at(70, 10) > 180, at(70, 110) < 80, at(10, 110) < 80]).toEqual([true, true, true])
      for (const secret of [...SECRETS, 'Exif']) expect(bytes.includes(secret)).toBe(false)
    }
    expect((await json('GET', '/api/mp/photos')).body.items).toMatchObject([{ id: body.id, state: 'ready' }])
    expect(world.told).toMatchObject([
      { id: `photo.received:${body.id}`, data: { customerId: 'ann', treatmentId: 't1' } },
    ])
  })
  test('is sealed at rest: no byte of the picture lies open', async () => {
    await send(large)
    const rows = await world.db.collection('photo_blobs.chunks').find().toArray()
    const stored = Buffer.concat(rows.map(({ data }) => Buffer.from((data as { buffer: Uint8Array }).buffer)))
    expect(stored.length).toBeGreaterThan(large.length - 2_000)
    for (let at = 0; at < large.length - 32; at += 997) expect(stored.includes(large.subarray(at, at + 16))).toBe(false)
  })
  test('sent again is the same photo; under its number nothing else', async () => {
    const over = { submissionId: 'submission-1' }
    const [first, second] = await Promise.all([send(small, over), send(small, over)])
    expect(first.body.id).toBe(second.body.id)
    expect((await send(small, over)).body.id).toBe(first.body.id)
    expect(await kept()).toMatchObject({ photos: 1, photo_files: 1, 'photo_blobs.files': 1 })
    expect((await send(small, { ...over, angle: 'left' })).code).toBe('photo_submission_reused')
    expect((await send(large, over)).code).toBe('photo_submission_reused')
    expect(await kept()).toMatchObject({ photos: 1, photo_files: 1, 'photo_blobs.files': 1 })
  })
  test('may have its words behind the file', async () => {
    expect((await send(large, {}, { fieldsLast: true })).status).toBe(200)
    expect((await send(small, { angle: 'nose' }, { fieldsLast: true })).code).toBe('invalid_request')
    expect(await kept()).toMatchObject({ photos: 1, photo_files: 1, 'photo_blobs.files': 1 })
  })
})

describe('what is refused leaves nothing:', () => {
  const text = Buffer.from('this is no picture at all, whatever it is called')
  const cases: [what: string, bytes: Buffer, code: string, over?: Record<string, unknown>][] = [
    ['a text named .jpg', text, 'photo_type_unsupported'],
    ['a photo with a program behind it', Buffer.concat([large, Buffer.from('PK\x03\x04')]), 'photo_has_more'],
    ['a HEIC', HEIC, 'photo_heic'],
    ['a few kilobytes that unpack to 900 megapixels', pngOf(30_000, 30_000), 'photo_too_many_pixels'],
    ['a page that is a photo, too', Buffer.concat([Buffer.from('<html>'), small]), 'photo_type_unsupported'],
    ['half a photo', large.subarray(0, large.length / 2), 'photo_truncated'],
    ['another photo than was announced', large, 'photo_checksum_differs', { sha256: 'a'.repeat(64) }],
    ['a shorter one than was announced', large, 'photo_checksum_differs', { bytes: large.length + 1 }],
    ['a wrong angle', small, 'invalid_request', { angle: 'nose' }],
    ['a treatment of nobody', small, 'treatment_not_found', { treatmentId: 'nobody' }],
    [
      'more than 20 MB',
      Buffer.concat([large.subarray(0, -2), Buffer.alloc(20 * 1024 * 1024)]),
      'photo_too_large',
      { bytes: 1 },
    ],
  ]
  test.each(cases)('%s', async (_, bytes, code, over = {}) => {
    const { status, code: said, body } = await send(bytes, over)
    expect([status >= 400 && status < 500, said]).toEqual([true, code])
    expect((body.error as { message: string }).message).toMatch(/\p{Script=Han}/u)
    expect(await kept()).toEqual(NOTHING)
  })
  test('much more than 20 MB, which is said before it is sent', async () => {
    const headers = { ...form, 'content-length': String(24 * 1024 * 1024) }
    let answered = false
    const endless = async () => expect.poll(() => answered).toBe(true)
    const answer = ask('POST', '/api/mp/photos', { headers, parts: [field('angle', 'front'), endless] }).then((one) => {
      answered = true
      return one
    })
    expect((await answer).code).toBe('photo_too_large')
  })
  test('a connection cut in the middle', async () => {
    const fields = Object.entries(words(large)).map(([name, value]) => field(name, value))
    const parts = [...fields, ...file(large).slice(0, 1), large.subarray(0, 400_000)]
    await expect(ask('POST', '/api/mp/photos', { headers: form, parts, cut: true })).rejects.toThrow()
    await expect.poll(kept).toEqual(NOTHING)
  })
  test('a form that ends behind the file, before it says that it does', async () => {
    const fields = Object.entries(words(large)).map(([name, value]) => field(name, value))
    const { code } = await ask('POST', '/api/mp/photos', { headers: form, parts: [...fields, ...file(large)] })
    expect(code).toBe('invalid_request')
    expect(await kept()).toEqual(NOTHING)
  })
  test('forms without a file, with two, with another one, without a boundary', async () => {
    const fields = Object.entries(words(small)).map(([name, value]) => field(name, value))
    const other = file(small).map((part) => Buffer.from(part.toString('latin1').replace('"file"', '"virus"'), 'latin1'))
    for (const parts of [
      [...fields, END],
      [...fields, ...file(small), ...file(small), END],
      [...fields, ...other, END],
      [],
    ])
      expect((await ask('POST', '/api/mp/photos', { headers: form, parts })).code).toBe('invalid_request')
    const bare = { 'content-type': 'multipart/form-data' }
    expect((await ask('POST', '/api/mp/photos', { headers: bare, parts: fields })).code).toBe('invalid_request')
    expect(await kept()).toEqual(NOTHING)
  })
  test('somebody who has not agreed, told before the last byte is sent', async () => {
    world.refused.add('ann photos_care')
    const fields = Object.entries(words(large)).map(([name, value]) => field(name, value))
    let answered = false
    const endless = async () => expect.poll(() => answered).toBe(true)
    const answer = ask('POST', '/api/mp/photos', {
      headers: form,
      parts: [...fields, ...file(large).slice(0, 1), large.subarray(0, 300_000), endless],
    }).then((one) => {
      answered = true
      return one
    })
    expect((await answer).code).toBe('photo_consent_needed')
    expect(await kept()).toEqual(NOTHING)
    expect((await json('POST', '/api/mp/photo-uploads', words(small))).code).toBe('photo_consent_needed')
    // Without the agreement nothing is recorded of care either. Evidence is no record of care.
    world.refused.clear()
    world.refused.add('ann service')
    expect((await json('POST', '/api/mp/photo-uploads', words(small))).code).toBe('photo_consent_needed')
    expect((await send(small, { purpose: 'evidence' })).status).toBe(200)
  })
})

describe('consent that is taken back on the way', () => {
  const takeBack = async () => world.refused.add('ann photos_care')
  test('keeps nothing of a photo in one request', async () => {
    const fields = Object.entries(words(large)).map(([name, value]) => field(name, value))
    const [head = END, , tail = END] = file(large)
    const parts = [...fields, head, large.subarray(0, 300_000), takeBack, large.subarray(300_000), tail, END]
    expect((await ask('POST', '/api/mp/photos', { headers: form, parts })).code).toBe('photo_consent_needed')
    expect(await kept()).toEqual(NOTHING)
  })
  test('makes no photo of pieces; given again it does', async () => {
    const { body } = await json('POST', '/api/mp/photo-uploads', words(small))
    await put(body.uploadId, 0, small)
    await takeBack()
    const complete = () => json('POST', `/api/mp/photo-uploads/${body.uploadId}/complete`)
    expect((await complete()).code).toBe('photo_consent_needed')
    expect(await kept()).toMatchObject({ photos: 0, photo_files: 0, 'photo_blobs.files': 0, 'photo_blobs.chunks': 0 })
    world.refused.clear()
    expect((await complete()).status).toBe(200)
  })
})

describe('in pieces', () => {
  async function begin(bytes: Buffer, over: Record<string, unknown> = {}) {
    const body = words(bytes, over)
    const answer = await json('POST', '/api/mp/photo-uploads', body)
    return { ...answer, id: String(answer.body.uploadId), words: body }
  }
  test('a photo comes together in any order, each piece as often as the network likes', async () => {
    expect(pieces).toBeGreaterThan(3)
    const { id, body, words: sent } = await begin(large)
    expect(body).toEqual({ uploadId: id, chunkBytes: CHUNK_BYTES, received: [] })
    const order = [...Array(pieces).keys()].reverse()
    for (const index of order.slice(0, -1)) {
      expect((await put(id, index, piece(large, index))).body).toEqual({ taken: true })
      expect((await put(id, index, piece(large, index))).body).toEqual({ taken: true })
    }
    const early = await json('POST', `/api/mp/photo-uploads/${id}/complete`)
    expect([early.status, early.code, (early.body.error as { missing?: number[] }).missing]).toEqual([
      409,
      'photo_chunks_missing',
      [0],
    ])
    // The app was closed: it begins again, and learns what is there.
    expect((await json('POST', '/api/mp/photo-uploads', sent)).body.received).toEqual(order.slice(0, -1).reverse())
    expect((await json('GET', `/api/mp/photo-uploads/${id}`)).body.received).toHaveLength(pieces - 1)
    await put(id, 0, piece(large, 0))
    const done = await Promise.all([1, 2, 3].map(() => json('POST', `/api/mp/photo-uploads/${id}/complete`)))
    expect(done.map(({ status, body: one }) => [status, one.id])).toEqual(done.map(() => [200, id]))
    expect(await kept()).toMatchObject({ photos: 1, photo_uploads: 0, photo_upload_chunks: 0, photo_files: 1 })
    expect((await json('POST', `/api/mp/photo-uploads/${id}/complete`)).body.id).toBe(id)
    expect((await json('GET', `/api/mp/photo-uploads/${id}`)).body.received).toHaveLength(pieces)
    expect((await json('POST', '/api/mp/photo-uploads', sent)).body.received).toHaveLength(pieces)
    await world.work()
    const seen = await sharp((await picture(id)).bytes).metadata()
    expect([seen.width, seen.height]).toEqual([1_600, 1_100])
  })
  test('an upload cut in the middle of a piece goes on with that piece', async () => {
    const { id } = await begin(large)
    await put(id, 0, piece(large, 0))
    const half = piece(large, 1).subarray(0, 100_000)
    const headers = { 'content-type': 'application/octet-stream', 'content-length': String(CHUNK_BYTES) }
    const path = `/api/mp/photo-uploads/${id}/chunks/1`
    await expect(ask('PUT', path, { headers, parts: [half], cut: true })).rejects.toThrow()
    expect((await json('GET', `/api/mp/photo-uploads/${id}`)).body.received).toEqual([0])
    for (let index = 1; index < pieces; index++) await put(id, index, piece(large, index))
    expect((await json('POST', `/api/mp/photo-uploads/${id}/complete`)).status).toBe(200)
  })
  test('pieces of a wrong size, number or content are refused', async () => {
    const { id } = await begin(large)
    await put(id, 0, piece(large, 0))
    const changed = Buffer.from(piece(large, 0)).fill(7, 10, 20)
    expect((await put(id, 0, changed)).code).toBe('photo_chunk_differs')
    expect((await put(id, 1, piece(large, 1).subarray(1))).code).toBe('photo_chunk_wrong')
    expect((await put(id, pieces, piece(large, 0))).code).toBe('photo_chunk_wrong')
    expect((await put(id, 1, Buffer.alloc(CHUNK_BYTES + 1))).code).toBe('body_too_large')
    expect((await put('nobody', 0, piece(large, 0))).code).toBe('photo_upload_not_found')
    expect(await world.count('photo_upload_chunks')).toBe(1)
  })
  test('what is no photo is refused for good, its pieces go, and the same number may be tried with the right one', async () => {
    const text = Buffer.alloc(3_000, 'no photo ')
    const { id, words: sent } = await begin(text)
    await put(id, 0, text)
    for (let i = 0; i < 2; i++)
      expect((await json('POST', `/api/mp/photo-uploads/${id}/complete`)).code).toBe('photo_type_unsupported')
    expect((await put(id, 0, text)).code).toBe('photo_type_unsupported')
    expect(await kept()).toEqual({ ...NOTHING, photo_uploads: 1 })
    const again = await begin(small, { submissionId: sent.submissionId })
    expect(again.status).toBe(200)
    await put(id, 0, small)
    expect((await json('POST', `/api/mp/photo-uploads/${id}/complete`)).status).toBe(200)
  })
  test('a piece that is still on its way when the photo is made leaves nothing', async () => {
    const { id } = await begin(small)
    await put(id, 0, small)
    // The network sent it twice, and the second one is slow.
    meanwhile('photo_upload_chunks', 'insertMany', async () => {
      expect((await json('POST', `/api/mp/photo-uploads/${id}/complete`)).status).toBe(200)
    })
    await put(id, 0, small)
    expect(await kept()).toMatchObject({ photos: 1, photo_uploads: 0, photo_upload_chunks: 0 })
  })
  test('a photo that was deleted since is not made again, whoever repeats what they sent', async () => {
    const { id, words: sent } = await begin(small)
    await put(id, 0, small)
    const complete = () => json('POST', `/api/mp/photo-uploads/${id}/complete`)
    expect((await complete()).status).toBe(200)
    expect((await json('POST', `/api/mp/photos/${id}/erasure`)).body).toMatchObject({ outcome: 'erased' })
    const answers = [
      await complete(),
      await json('POST', '/api/mp/photo-uploads', sent),
      await json('GET', `/api/mp/photo-uploads/${id}`),
      await send(small, { submissionId: sent.submissionId }),
    ]
    expect(answers.map(({ status, code }) => [status, code])).toEqual(answers.map(() => [404, 'photo_not_found']))
    expect(await kept()).toEqual({ ...NOTHING, photos: 1 })
  })
  test('those that were refused keep nobody from a further one', async () => {
    for (let i = 0; i < 20; i++) {
      const { id } = await begin(HEIC)
      await put(id, 0, HEIC)
      expect((await json('POST', `/api/mp/photo-uploads/${id}/complete`)).code).toBe('photo_heic')
    }
    expect((await begin(small)).status).toBe(200)
  })
  test('a hundred photos a day are enough; what is there already is answered all the same', async () => {
    const over = { submissionId: 'submission-1' }
    const { body } = await send(small, over)
    const photos = world.db.collection<{ _id: string }>('photos')
    const row = await photos.findOne({ _id: String(body.id) })
    await photos.insertMany(Array.from({ length: 99 }, (_, i) => ({ ...row, _id: `copy-${i}` })))
    expect([(await send(small)).code, (await begin(small)).code]).toEqual(['too_many_today', 'too_many_today'])
    expect((await send(small, over)).body.id).toBe(body.id)
    expect((await send(small, {}, { as: 'bo' })).status).toBe(200)
    world.clock.advance(25 * 3_600_000)
    expect((await send(small)).status).toBe(200)
    expect(await kept()).toMatchObject({ photo_files: 3, 'photo_blobs.files': 3 })
  })
  test('the same number for another photo is refused, and so is the twenty-first unfinished one', async () => {
    const first = await begin(large, { submissionId: 'submission-1' })
    expect(first.status).toBe(200)
    expect((await begin(small, { submissionId: 'submission-1' })).code).toBe('photo_submission_reused')
    for (let i = 0; i < 19; i++) expect((await begin(small)).status).toBe(200)
    expect((await begin(small)).code).toBe('photo_uploads_too_many')
    expect((await begin(large, { submissionId: 'submission-1' })).status).toBe(200)
  })
  test('an upload that nobody finishes is swept away after a day, with its pieces', async () => {
    const { id } = await begin(large)
    await put(id, 0, piece(large, 0))
    const sweep = world.room.routines[0]
    await sweep?.run(world.clock.now())
    expect(await kept()).toMatchObject({ photo_uploads: 1, photo_upload_chunks: 1 })
    await sweep?.run(new Date(world.clock.now().getTime() + 25 * 3_600_000))
    expect(await kept()).toEqual(NOTHING)
  })
})

test('what a process leaves that dies while it writes is swept away; what a photo has is not', async () => {
  const { body } = await send(small)
  await world.work()
  const orphan = 'of-a-dead-process'
  const since = new Date(world.clock.now().getTime() - 48 * 3_600_000)
  const files = world.db.collection<{ _id: string; photoId?: string | null; kept?: boolean; since?: Date }>(
    'photo_files',
  )
  await files.insertOne({ _id: orphan, photoId: null, kept: false, since })
  await world.db
    .collection<{ _id: string }>('photo_blobs.chunks')
    .insertOne({ _id: `${orphan}:0`, ...{ files_id: orphan, n: 0 } })
  // It died after the photo was there, too.
  await files.updateMany({ photoId: String(body.id) }, { $set: { kept: false, since } })
  expect(await world.room.routines[0]?.run(world.clock.now())).toEqual({ expired: 0, uploads: 0, notes: 0, files: 4 })
  expect(await kept()).toMatchObject({ photos: 1, photo_files: 3, 'photo_blobs.files': 3, 'photo_blobs.chunks': 3 })
  expect((await picture(body.id)).status).toBe(200)
})

test('fifty at once are fifty photos', async () => {
  const answers = await Promise.all(Array.from({ length: 50 }, () => send(large)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(50)
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(50)
  expect(await kept()).toMatchObject({ photos: 50, photo_files: 50, 'photo_blobs.files': 50 })
})
