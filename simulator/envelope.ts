/** WeCom's message encryption, written from the vendor's description and independent of the server's. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const BLOCK = 32

export const signatureOf = (...parts: readonly string[]): string =>
  createHash('sha1')
    .update([...parts].sort().join(''))
    .digest('hex')

export function encrypt(aesKey: string, message: string, receiveId: string): string {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  const text = Buffer.from(message)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const plain = Buffer.concat([randomBytes(16), length, text, Buffer.from(receiveId)])
  const pad = BLOCK - (plain.length % BLOCK)
  const cipher = createCipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(Buffer.concat([plain, Buffer.alloc(pad, pad)])), cipher.final()]).toString(
    'base64',
  )
}

/** Null for what was not encrypted so. */
export function decrypt(aesKey: string, encrypted: string): { message: string; receiveId: string } | null {
  const key = Buffer.from(`${aesKey}=`, 'base64')
  try {
    const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(Buffer.from(encrypted, 'base64')), decipher.final()])
    const pad = padded.at(-1) ?? 0
    if (pad < 1 || pad > BLOCK || padded.length < 20 + pad) return null
    const plain = padded.subarray(16, padded.length - pad)
    const length = plain.readUInt32BE(0)
    if (4 + length > plain.length) return null
    return { message: plain.subarray(4, 4 + length).toString(), receiveId: plain.subarray(4 + length).toString() }
  } catch {
    return null
  }
}

const escapeCdata = (text: string) => text.replaceAll(']]>', ']]]]><![CDATA[>')

/** Numbers bare, also those of 64 bits, text in CDATA, arrays as repeated tags, as WeCom writes it. */
export function toXml(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => {
      if (Array.isArray(value)) return value.map((one) => toXml({ [name]: one })).join('')
      if (typeof value === 'object') return `<${name}>${toXml(value as Record<string, unknown>)}</${name}>`
      if (typeof value === 'number' || name === 'MsgId') return `<${name}>${value}</${name}>`
      return `<${name}><![CDATA[${escapeCdata(String(value))}]]></${name}>`
    })
    .join('')
}
