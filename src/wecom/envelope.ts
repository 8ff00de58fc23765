/**
 * WeCom's message envelope on `@wecom/crypto`, with the guards that the library leaves out: single parameters, age, a
 * constant-time signature before anything is decrypted, exact padding and length, the receiver's id. All crypto faults look alike
 * from outside.
 */
import { createDecipheriv, createHash, timingSafeEqual } from 'node:crypto'
import { encrypt, getSignature } from '@wecom/crypto'
import { type Clock, SECOND_MS } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'

export interface EnvelopeSettings {
  token: string
  aesKey: string
  /** CorpID for WeCom, AppID for a mini-program. */
  receiveId: string
  /** Largest difference between the timestamp and business time; 0 = not checked. */
  maxAgeSeconds: number
}

export interface Envelope {
  /**
   * The plaintext of an encrypted push or echo.
   * @throws AppError unauthenticated/bad_signature for every fault of signature, age, cipher or receiver; invalid/bad_callback for malformed parameters
   */
  open(encrypted: string, query: Record<string, unknown>): string
  /** Plain three-part signature of mini-program verification. */
  checkPlain(query: Record<string, unknown>): void
  /** An encrypted passive reply. */
  seal(message: string, nonce: string): { encrypt: string; signature: string; timestamp: string; nonce: string }
}

const BLOCK = 32
const refused = () => new AppError('unauthenticated', 'bad_signature')

/** A query parameter that is one string of the expected shape; repeats arrive as arrays and are refused. */
function single(query: Record<string, unknown>, name: string, shape: RegExp): string {
  const value = query[name]
  if (typeof value !== 'string' || !shape.test(value))
    throw new AppError('invalid', 'bad_callback', { parameter: name })
  return value
}

const sameText = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

export function createEnvelope({ token, aesKey, receiveId, maxAgeSeconds }: EnvelopeSettings, clock: Clock): Envelope {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  if (key.length !== 32) throw new AppError('invalid', 'bad_callback', { reason: 'AES key' })

  function common(query: Record<string, unknown>): { timestamp: string; nonce: string } {
    const timestamp = single(query, 'timestamp', /^\d{10}$/)
    const nonce = single(query, 'nonce', /^[\w-]{1,64}$/)
    return { timestamp, nonce }
  }
  /** After the signature, so that a forger learns nothing about our clock. */
  function checkAge(timestamp: string): void {
    const ageSeconds = Math.abs(clock.now().getTime() / SECOND_MS - Number(timestamp))
    if (maxAgeSeconds > 0 && ageSeconds > maxAgeSeconds) throw refused()
  }

  return {
    open(encrypted, query) {
      const { timestamp, nonce } = common(query)
      const signature = single(query, 'msg_signature', /^[0-9a-f]{40}$/)
      if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encrypted))
        throw new AppError('invalid', 'bad_callback', { parameter: 'encrypt' })
      if (!sameText(getSignature(token, timestamp, nonce, encrypted), signature)) throw refused()
      checkAge(timestamp)
      const { message, id } = decryptStrictly(key, encrypted)
      if (!sameText(id, receiveId)) throw refused()
      return message
    },
    checkPlain(query) {
      const { timestamp, nonce } = common(query)
      const signature = single(query, 'signature', /^[0-9a-f]{40}$/)
      const expected = createHash('sha1').update([token, timestamp, nonce].sort().join('')).digest('hex')
      if (!sameText(expected, signature)) throw refused()
      checkAge(timestamp)
    },
    seal(message, nonce) {
      const timestamp = String(Math.floor(clock.now().getTime() / SECOND_MS))
      const encrypted = encrypt(aesKey, message, receiveId)
      return { encrypt: encrypted, signature: getSignature(token, timestamp, nonce, encrypted), timestamp, nonce }
    },
  }
}

/**
 * The library's `decrypt` clamps a wrong length and looks at the last padding byte only (measured with 1.0.1), so this side
 * is our own: every padding byte, the length and the encoding must be right.
 */
function decryptStrictly(key: Buffer, encrypted: string): { message: string; id: string } {
  try {
    const data = Buffer.from(encrypted, 'base64')
    if (data.length === 0 || data.length % 16 !== 0) throw refused()
    const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(data), decipher.final()])
    const pad = padded.at(-1) ?? 0
    if (pad < 1 || pad > BLOCK || padded.length % BLOCK !== 0 || padded.length < pad) throw refused()
    for (const byte of padded.subarray(padded.length - pad)) if (byte !== pad) throw refused()
    const plain = padded.subarray(0, padded.length - pad)
    if (plain.length < 20) throw refused()
    const length = plain.readUInt32BE(16)
    if (20 + length > plain.length) throw refused()
    const text = new TextDecoder('utf-8', { fatal: true })
    return { message: text.decode(plain.subarray(20, 20 + length)), id: text.decode(plain.subarray(20 + length)) }
  } catch {
    throw refused()
  }
}
