/** Bytes asked for by count, out of a stream that comes in pieces of any size. Holds no more than was asked for and one piece. */
import { invalid } from '../../platform/errors.ts'

export interface ByteReader {
  /** Exactly `count` bytes. @throws AppError invalid/photo_truncated */
  take(count: number): Promise<Buffer>
  /** Up to `count` bytes that stay where they are; fewer at the end. */
  peek(count: number): Promise<Buffer>
  /** Whatever is there, at least `least` and at most `most` bytes. @throws AppError invalid/photo_truncated */
  some(least: number, most?: number): Promise<Buffer>
  /** Gives bytes back that were taken last. */
  unread(bytes: Buffer): void
  atEnd(): Promise<boolean>
}

export function createByteReader(source: AsyncIterable<Buffer>): ByteReader {
  const pieces = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  let isOver = false

  async function fill(count: number): Promise<void> {
    if (held.length >= count || isOver) return
    const parts = [held]
    let bytes = held.length
    while (bytes < count) {
      const { value, done } = await pieces.next()
      if (done) {
        isOver = true
        break
      }
      parts.push(value)
      bytes += value.length
    }
    held = Buffer.concat(parts)
  }
  function cut(count: number): Buffer {
    const bytes = held.subarray(0, count)
    held = held.subarray(count)
    return bytes
  }
  return {
    async take(count) {
      await fill(count)
      if (held.length < count) throw invalid('photo_truncated')
      return cut(count)
    },
    async peek(count) {
      await fill(count)
      return held.subarray(0, count)
    },
    async some(least, most = Number.POSITIVE_INFINITY) {
      await fill(least)
      if (held.length < least) throw invalid('photo_truncated')
      return cut(Math.min(held.length, most))
    },
    unread(bytes) {
      held = held.length === 0 ? bytes : Buffer.concat([bytes, held])
    },
    async atEnd() {
      await fill(1)
      return held.length === 0
    },
  }
}
