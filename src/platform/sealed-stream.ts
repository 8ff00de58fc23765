/**
 * Encryption of files while they stream: a reader gets the first bytes before it has the last, and never one that wasn't verified.
 *
 * `AFS1`, 16 bytes of salt, then frames of 64 KiB, each with its AES-256-GCM tag. Every file has a key of its own, by HKDF from
 * the purpose's key, the salt and the file's name: so the frame's number can be its nonce, and a file under another name doesn't
 * open. The last frame is marked in the nonce: a file that was cut doesn't open either.
 */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import type { FieldCrypto } from './crypto.ts'
import { AppError } from './errors.ts'

export interface SealedStreams {
  /** The key that `seal` uses now; kept beside the file. */
  readonly keyId: string
  seal(name: string, plain: AsyncIterable<Buffer>): AsyncIterable<Buffer>
  /** @throws AppError internal/field_unreadable in the middle of reading: other key, other name, cut or damaged */
  open(name: string, keyId: string, sealed: AsyncIterable<Buffer>): AsyncIterable<Buffer>
  /** Small ones in one piece. */
  sealAll(name: string, plain: Buffer): Promise<Buffer>
  openAll(name: string, keyId: string, sealed: Buffer): Promise<Buffer>
}

const MAGIC = Buffer.from('AFS1')
const SALT = 16
const TAG = 16
export const FRAME = 64 * 1024

export function createSealedStreams(crypto: Pick<FieldCrypto, 'derive'>, purpose: string): SealedStreams {
  const { keyId: current } = crypto.derive(purpose)
  const fileKey = (name: string, keyId: string, salt: Buffer) =>
    Buffer.from(hkdfSync('sha256', crypto.derive(purpose, keyId).key, salt, `file ${name}`, 32))

  async function* seal(name: string, plain: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    const salt = randomBytes(SALT)
    const key = fileKey(name, current, salt)
    yield Buffer.concat([MAGIC, salt])
    let frame = 0
    for await (const { piece, last } of pieces(plain, FRAME)) {
      const cipher = createCipheriv('aes-256-gcm', key, nonce(frame, last))
      frame += 1
      // In parts: joined they would be copied once more, and of a large file every copy counts.
      yield cipher.update(piece)
      cipher.final()
      yield cipher.getAuthTag()
    }
  }

  async function* open(name: string, keyId: string, sealed: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
    let key: Buffer | null = null
    let frame = 0
    // The head is shorter than a frame: it is cut off the first piece, which is as much longer.
    for await (const { piece, last } of pieces(sealed, FRAME + TAG, MAGIC.length + SALT)) {
      if (!key) {
        if (!piece.subarray(0, MAGIC.length).equals(MAGIC)) throw unreadable(name, keyId)
        key = fileKey(name, keyId, piece.subarray(MAGIC.length, MAGIC.length + SALT))
      }
      const body = frame === 0 ? piece.subarray(MAGIC.length + SALT) : piece
      if (body.length < TAG) throw unreadable(name, keyId)
      const end = body.length - TAG
      const decipher = createDecipheriv('aes-256-gcm', key, nonce(frame, last), { authTagLength: TAG })
      decipher.setAuthTag(body.subarray(end))
      frame += 1
      try {
        yield Buffer.concat([decipher.update(body.subarray(0, end)), decipher.final()])
      } catch (cause) {
        throw unreadable(name, keyId, cause)
      }
    }
    if (!key) throw unreadable(name, keyId)
  }

  return {
    keyId: current,
    seal,
    open,
    sealAll: (name, plain) => all(seal(name, once(plain))),
    openAll: (name, keyId, sealed) => all(open(name, keyId, once(sealed))),
  }
}

const unreadable = (name: string, keyId: string, cause?: unknown) =>
  new AppError('internal', 'field_unreadable', { file: name, keyId }, { cause })

function nonce(frame: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32BE(frame, 4)
  bytes[11] = last ? 1 : 0
  return bytes
}

/**
 * Pieces of `size` bytes, the first one `extra` longer; the last, which is shorter and may be empty, says that it is. A piece is
 * good until the next one is asked for: all of them stand in the same memory.
 */
async function* pieces(
  source: AsyncIterable<Buffer>,
  size: number,
  extra = 0,
): AsyncIterable<{ piece: Buffer; last: boolean }> {
  const held = Buffer.allocUnsafe(size + extra)
  let bytes = 0
  let wanted = size + extra
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; ) {
      // One byte more must be there: only then it isn't the last.
      if (bytes === wanted) {
        yield { piece: held.subarray(0, wanted), last: false }
        bytes = 0
        wanted = size
      }
      const taken = chunk.copy(held, bytes, at, at + wanted - bytes)
      bytes += taken
      at += taken
    }
  }
  yield { piece: held.subarray(0, bytes), last: true }
}

async function* once(bytes: Buffer): AsyncIterable<Buffer> {
  yield bytes
}

async function all(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const parts: Buffer[] = []
  for await (const part of source) parts.push(part)
  return Buffer.concat(parts)
}
