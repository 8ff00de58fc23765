/** What every store of files keeps, on each that there is: the database, and a bucket behind real S3. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type BlobStore, createGridFsBlobs, withOlder } from '../../../src/platform/blobs.ts'
import { systemClock } from '../../../src/platform/clock.ts'
import { silentLog } from '../../../src/platform/log.ts'
import { createS3Bucket } from '../../../src/platform/s3.ts'
import { createS3Blobs } from '../../../src/platform/s3-blobs.ts'
import { testDb } from '../../support/db.ts'
import { s3Server, troubled } from './support.ts'

const KB = 1024
const MB = 1024 * KB
const db = await testDb()
const settings = await s3Server()
if (!settings) process.stderr.write('no Python here: the bucket is not tested\n')

interface Subject {
  blobs: BlobStore
  /** What a process leaves that dies while it writes this file. */
  die(id: string): Promise<void>
  /** How much there is of it, in whatever shape. */
  traces(id: string): Promise<number>
}

function inDatabase(): Subject {
  const blobs = createGridFsBlobs(db, 'blobs', systemClock)
  const files = db.collection<{ _id: string }>('blobs.files')
  const pieces = db.collection<{ _id: string; files_id: string; n: number }>('blobs.chunks')
  return {
    blobs,
    die: async (id) => void (await pieces.insertOne({ _id: `${id}:0`, files_id: id, n: 0 })),
    traces: async (id) => (await files.countDocuments({ _id: id })) + (await pieces.countDocuments({ files_id: id })),
  }
}

function inBucket(): Subject {
  if (!settings) throw new Error('only where there is one')
  const bucket = createS3Bucket(settings, systemClock)
  const key = (id: string) => `photos/${id}`
  return {
    blobs: createS3Blobs(bucket, 'photos', silentLog),
    async die(id) {
      const begun = await bucket.ask({ method: 'POST', key: key(id), query: { uploads: '' } })
      const uploadId = /<UploadId>([^<]+)</.exec(begun.body.toString())?.[1] ?? ''
      await bucket.ask({
        method: 'PUT',
        key: key(id),
        query: { partNumber: '1', uploadId },
        body: [Buffer.alloc(5 * MB)],
      })
    },
    async traces(id) {
      const { status } = await bucket.ask({ method: 'HEAD', key: key(id) })
      const { body } = await bucket.ask({ method: 'GET', query: { uploads: '', prefix: key(id) } })
      return (status === 200 ? 1 : 0) + (body.toString().split(`<Key>${key(id)}</Key>`).length - 1)
    },
  }
}

const bytes = (length: number, seed = 1) => {
  const block = createHash('sha512').update(`${seed}`).digest()
  return Buffer.alloc(length, block)
}
async function* parts(whole: Buffer, size = 64 * KB, failAt = Number.POSITIVE_INFINITY) {
  for (let at = 0; at < whole.length; at += size) {
    if (at >= failAt) throw new Error('the phone went away')
    yield whole.subarray(at, at + size)
  }
}
async function readAll(blobs: BlobStore, id: string): Promise<Buffer> {
  const read: Buffer[] = []
  for await (const part of blobs.read(id)) read.push(part)
  return Buffer.concat(read)
}
const nobody = { kind: 'not_found', code: 'not_found' }

describe.each([
  { where: 'the database', subject: inDatabase, isThere: true },
  { where: 'a bucket', subject: inBucket, isThere: settings !== null },
])('$where', ({ subject, isThere }) => {
  describe.skipIf(!isThere)('keeps files', () => {
    const { blobs, die, traces } = isThere ? subject() : ({} as Subject)

    test('and is ready, twice as well', async () => {
      await blobs.ready()
      await blobs.ready()
    })

    test.each([0, 1, 256 * KB, MB, MB + 1, 5 * MB, 5 * MB + 1, 12 * MB])('of %i bytes', async (length) => {
      const whole = bytes(length, length)
      expect(await blobs.write(`of-${length}`, parts(whole))).toBe(length)
      expect((await readAll(blobs, `of-${length}`)).equals(whole)).toBe(true)
    })

    test('however the bytes come in', async () => {
      const whole = bytes(6 * MB + 7)
      expect(await blobs.write('at-once', parts(whole, whole.length))).toBe(whole.length)
      expect((await readAll(blobs, 'at-once')).equals(whole)).toBe(true)
    })

    test('side by side', async () => {
      const all = Array.from({ length: 8 }, (_, i) => ({ id: `beside-${i}`, whole: bytes(300 * KB + i, i) }))
      await Promise.all(all.map(({ id, whole }) => blobs.write(id, parts(whole))))
      for (const { id, whole } of all) expect((await readAll(blobs, id)).equals(whole)).toBe(true)
    })

    test.each([100 * KB, 7 * MB])('and nothing of one whose source fails after %i bytes', async (failAt) => {
      const written = blobs.write('cut', parts(bytes(8 * MB), 64 * KB, failAt))
      await expect(written).rejects.toThrow('the phone went away')
      await expect(readAll(blobs, 'cut')).rejects.toMatchObject(nobody)
      expect(await traces('cut')).toBe(0)
    })

    test('and says so of one that is not there', async () => {
      await expect(readAll(blobs, 'never')).rejects.toMatchObject(nobody)
    })

    test('until they are removed; again, and what was never there, as well', async () => {
      await blobs.write('goes', parts(bytes(6 * MB)))
      expect(await traces('goes')).toBeGreaterThan(0)
      for (const id of ['goes', 'goes', 'never']) await blobs.remove(id)
      await expect(readAll(blobs, 'goes')).rejects.toMatchObject(nobody)
      expect(await traces('goes')).toBe(0)
    })

    test('and takes away what a death left of one, but nothing of another whose name begins like it', async () => {
      await die('dead')
      await die('dead-2')
      const others = await traces('dead-2')
      await blobs.remove('dead')
      expect(await traces('dead')).toBe(0)
      expect(await traces('dead-2')).toBe(others)
    })

    test('for whoever reads only the beginning', async () => {
      await blobs.write('long', parts(bytes(3 * MB)))
      for await (const piece of blobs.read('long')) {
        expect(piece.length).toBeGreaterThan(0)
        break
      }
      expect((await readAll(blobs, 'long')).length).toBe(3 * MB)
    })
  })
})

describe.skipIf(!settings)('a bucket', () => {
  test('that takes the place of the database leaves what is there readable, and removes it there', async () => {
    const [older, newer] = [inDatabase(), inBucket()]
    const blobs = withOlder(newer.blobs, older.blobs)
    await older.blobs.write('old', parts(bytes(MB, 3)))
    await blobs.write('new', parts(bytes(MB, 4)))
    expect((await readAll(blobs, 'old')).equals(bytes(MB, 3))).toBe(true)
    expect((await readAll(blobs, 'new')).equals(bytes(MB, 4))).toBe(true)
    expect(await older.traces('new')).toBe(0)
    await blobs.remove('old')
    await blobs.remove('new')
    for (const id of ['old', 'new']) await expect(readAll(blobs, id)).rejects.toMatchObject(nobody)
    expect([await older.traces('old'), await newer.traces('new')]).toEqual([0, 0])
  })

  test('refuses wrong keys, and one that is not there, with what it said', async () => {
    if (!settings) return
    for (const [more, status] of [
      [{ secretKey: 'wrong' }, 403],
      [{ url: settings.url.replace('photos-of-tests', 'none') }, 404],
    ] as const) {
      const blobs = createS3Blobs(createS3Bucket({ ...settings, ...more }, systemClock), 'photos', silentLog)
      const refused = { kind: 'upstream', code: 'blob_store_refused', details: { status } }
      await expect(blobs.ready()).rejects.toMatchObject(refused)
      await expect(blobs.write('x', parts(bytes(10)))).rejects.toMatchObject(refused)
    }
  })

  test('that is away holds nobody up who only starts, and says so to whoever writes', async () => {
    if (!settings) return
    const warned: unknown[] = []
    const log = { warn: (...words: unknown[]) => void warned.push(words[1]) } as unknown as typeof silentLog
    const away = createS3Bucket({ ...settings, url: 'http://127.0.0.1:9/photos-of-tests' }, systemClock)
    const blobs = createS3Blobs(away, 'photos', log)
    await blobs.ready()
    expect(warned).toEqual(['the store of photos does not answer'])
    await expect(blobs.write('x', parts(bytes(10)))).rejects.toMatchObject({ code: 'blob_store_unreachable' })
  })

  describe('with troubles on the way', async () => {
    if (!settings) return
    const between = await troubled(settings)
    const blobs = createS3Blobs(createS3Bucket(between.settings, systemClock), 'photos', silentLog)
    const whole = bytes(7 * MB, 9)

    test.each([
      ['excuses itself', 503],
      ['cuts the connection', null],
    ])('one that %s once at each request still keeps the file whole', async (_, status) => {
      const met = new Set<string>()
      between.next(({ method, url = '' }, response) => {
        const name = `${method} ${url.replace(/uploadId=[^&]+/, '')}`
        if (met.has(name)) return false
        met.add(name)
        if (status === null) response.destroy()
        else response.writeHead(status, { connection: 'close' }).end()
        return true
      })
      expect(await blobs.write('troubled', parts(whole))).toBe(whole.length)
      expect((await readAll(blobs, 'troubled')).equals(whole)).toBe(true)
      expect(met.size).toBeGreaterThan(4)
      await blobs.remove('troubled')
      expect(await inBucket().traces('troubled')).toBe(0)
    })

    test('a file that was put together although the answer was lost is there', async () => {
      let lost = 0
      between.next(({ method, url }) => {
        if (method !== 'POST' || !url?.includes('uploadId') || lost > 0) return false
        lost += 1
        return 'lose'
      })
      expect(await blobs.write('answer-lost', parts(whole))).toBe(whole.length)
      expect((await readAll(blobs, 'answer-lost')).equals(whole)).toBe(true)
    })

    test('an error that comes with a 200 is one, and nothing is left', async () => {
      between.next(({ method, url }, response) => {
        if (method !== 'POST' || !url?.includes('uploadId')) return false
        response.end('<?xml version="1.0"?><Error><Code>InternalError</Code></Error>')
        return true
      })
      await expect(blobs.write('late-error', parts(whole))).rejects.toMatchObject({
        code: 'blob_store_refused',
        details: { said: 'InternalError' },
      })
      between.next(() => false)
      expect(await inBucket().traces('late-error')).toBe(0)
    })

    test('one that stays away is given up after three tries', async () => {
      between.next((_, response) => {
        response.writeHead(500).end()
        return true
      })
      await expect(readAll(blobs, 'of-1')).rejects.toMatchObject({ code: 'blob_store_unreachable' })
      expect(between.asked).toHaveLength(3)
      between.next(() => false)
    })
  })
})
