/** A photo on its way in: counted, hashed, cleaned, sealed and stored while it streams. Nothing of a refused one is kept. */
import { createHash } from 'node:crypto'
import type { BlobStore } from '../platform/blobs.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Random } from '../platform/random.ts'
import type { SealedStreams } from '../platform/sealed-stream.ts'
import { sparing } from '../platform/young.ts'
import { cleanImage } from './image/clean.ts'
import { type Facts, MAX_BYTES } from './image/limits.ts'
import type { PhotoStore, StoredFile } from './model.ts'

export interface ReceiveDeps {
  store: Pick<PhotoStore, 'files'>
  blobs: BlobStore
  sealed: SealedStreams
  clock: Clock
  random: Random
}

export interface Received {
  file: StoredFile
  facts: Facts
  /** Of what was sent. */
  sent: { bytes: number; sha256: string }
}

export interface Receiver {
  /** @throws AppError too_large/photo_too_large, invalid/photo_…; whatever the source throws */
  receive(source: AsyncIterable<Buffer>): Promise<Received>
  /** Any bytes of ours, for a photo that exists. */
  store(photoId: string, bytes: Buffer): Promise<StoredFile>
  read(file: StoredFile): AsyncIterable<Buffer>
  /** At once as far as it goes; the sweep does what is left. */
  discard(fileIds: readonly string[]): Promise<void>
}

export function createReceiver({ store, blobs, sealed, clock, random }: ReceiveDeps): Receiver {
  async function discard(fileIds: readonly string[]): Promise<void> {
    for (const fileId of fileIds) {
      await blobs.remove(fileId)
      await store.files.forget(fileId)
    }
  }
  return {
    discard,
    async receive(source) {
      const fileId = random.id()
      const hash = createHash('sha256')
      let bytes = 0
      async function* counted() {
        for await (const part of sparing(source)) {
          bytes += part.length
          if (bytes > MAX_BYTES) throw new AppError('too_large', 'photo_too_large')
          hash.update(part)
          yield part
        }
      }
      const image = cleanImage(counted())
      let cleanBytes = 0
      async function* clean() {
        for await (const part of image.bytes) {
          cleanBytes += part.length
          yield part
        }
      }
      await store.files.add(fileId, clock.now())
      try {
        await blobs.write(fileId, sealed.seal(fileId, clean()))
      } catch (error) {
        // What can't be undone now is found by the row.
        await discard([fileId]).catch(() => undefined)
        throw error
      }
      const file = { fileId, keyId: sealed.keyId, bytes: cleanBytes }
      return { file, facts: image.facts(), sent: { bytes, sha256: hash.digest('hex') } }
    },
    async store(photoId, bytes) {
      const fileId = random.id()
      await store.files.add(fileId, clock.now(), photoId)
      async function* plain() {
        yield bytes
      }
      await blobs.write(fileId, sealed.seal(fileId, plain()))
      return { fileId, keyId: sealed.keyId, bytes: bytes.length }
    },
    read: ({ fileId, keyId }) => sealed.open(fileId, keyId, blobs.read(fileId)),
  }
}
