/** Where files lie: bytes by name, written and read as streams. What they are and who may see them is the rooms' business. */
import type { Connection } from 'mongoose'
import type { Clock } from './clock.ts'
import { collectionOf, ensureIndexes } from './db.ts'
import { AppError, notFound } from './errors.ts'

export interface BlobStore {
  /**
   * Writes a file whole, or none: a source that fails leaves nothing. A process that dies may leave pieces without a file:
   * `remove` takes them, too. Returns the bytes written.
   */
  write(id: string, source: AsyncIterable<Buffer>): Promise<number>
  /** A few pieces at a time. @throws AppError not_found/not_found on reading: there is no such file */
  read(id: string): AsyncIterable<Buffer>
  /** Safe to repeat, and of what was never there. */
  remove(id: string): Promise<void>
  ready(): Promise<void>
}

/** Few documents, and none near the limit of 16 MB. */
const PIECE = 256 * 1024
const PIECES_AT_ONCE = 2

interface FileRow {
  _id: string
  length: number
  chunkSize: number
  uploadDate: Date
  filename: string
}
interface PieceRow {
  _id: string
  files_id: string
  n: number
  data: Buffer | { buffer: Uint8Array }
}

/**
 * GridFS, in the database that everything else is in: one backup, one thing to run. The layout is the driver's, so that its
 * tools read it. Not its streams: they insert behind the back of whoever gives up, and read up to 16 MB ahead.
 */
export function createGridFsBlobs(db: Connection, bucket: string, clock: Pick<Clock, 'wall'>): BlobStore {
  const files = collectionOf<FileRow>(db, `${bucket}.files`)
  const pieces = collectionOf<PieceRow>(db, `${bucket}.chunks`)

  async function remove(id: string): Promise<void> {
    // The file first: whoever reads meanwhile finds none, or comes to an end that is missing.
    await files.deleteOne({ _id: id })
    await pieces.deleteMany({ files_id: id })
  }

  return {
    remove,
    async write(id, source) {
      let n = 0
      let length = 0
      // One piece of memory for all of them: each is written before the next one is filled.
      const held = Buffer.allocUnsafe(PIECE)
      let bytes = 0
      const flush = async () => {
        if (bytes === 0) return
        const data = held.subarray(0, bytes)
        await pieces.insertOne({ _id: `${id}:${n}`, files_id: id, n, data })
        n += 1
        length += bytes
        bytes = 0
      }
      try {
        for await (const part of source) {
          for (let at = 0; at < part.length; ) {
            const taken = part.copy(held, bytes, at, at + PIECE - bytes)
            bytes += taken
            at += taken
            if (bytes === PIECE) await flush()
          }
        }
        await flush()
        // Last: there is a file only when it is whole.
        await files.insertOne({ _id: id, length, chunkSize: PIECE, uploadDate: clock.wall(), filename: id })
        return length
      } catch (error) {
        await remove(id).catch(() => undefined)
        throw error
      }
    },
    async *read(id) {
      const file = await files.findOne({ _id: id })
      if (!file) throw notFound('not_found', { blob: id })
      const count = Math.ceil(file.length / file.chunkSize)
      for (let from = 0; from < count; from += PIECES_AT_ONCE) {
        const ids = Array.from({ length: Math.min(PIECES_AT_ONCE, count - from) }, (_, i) => `${id}:${from + i}`)
        const found = await pieces.find({ _id: { $in: ids } }).toArray()
        for (const one of ids) {
          const piece = found.find(({ _id }) => _id === one)
          if (!piece) throw notFound('not_found', { blob: id, piece: one })
          yield bytesOf(piece.data)
        }
      }
    },
    ready: () =>
      ensureIndexes(pieces, [{ keys: { files_id: 1, n: 1 }, unique: true, serves: 'remove(), GridFS tools' }]),
  }
}

/** A store in use now, and the one before it: what was written there is still read, and removed, where it is. */
export const withOlder = (blobs: BlobStore, older: BlobStore): BlobStore => ({
  write: (id, source) => blobs.write(id, source),
  async *read(id) {
    let isBegun = false
    try {
      for await (const piece of blobs.read(id)) {
        isBegun = true
        yield piece
      }
    } catch (error) {
      if (isBegun || !(error instanceof AppError && error.kind === 'not_found')) throw error
      yield* older.read(id)
    }
  },
  async remove(id) {
    await blobs.remove(id)
    await older.remove(id)
  },
  async ready() {
    await Promise.all([blobs.ready(), older.ready()])
  },
})

/** The driver gives a Binary for what was written as a Buffer. */
export const bytesOf = (data: PieceRow['data']): Buffer =>
  Buffer.isBuffer(data) ? data : Buffer.from(data.buffer.buffer, data.buffer.byteOffset, data.buffer.byteLength)
