/**
 * Encryption of single fields (phone, ID, notes) and the blind index that keeps a phone searchable.
 *
 * Stored text is `v1.<keyId>.<iv>.<tag>.<ciphertext>`, all base64url, AES-256-GCM with the field's name as associated data,
 * so that a value copied into another field doesn't open. Keys rotate: the first key writes, every listed key reads.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { AppError } from './errors.ts'

export interface FieldCrypto {
  /** Seals `plain` for the named field, e.g. `customer.phone`. Two calls give different text. */
  seal(field: string, plain: string): string
  /** @throws AppError internal/field_unreadable: unknown key id, wrong field or damaged text */
  open(field: string, sealed: string): string
  /** 32 hex digits that equal values share under one installation: for lookups, never for display. */
  blindIndex(field: string, plain: string): string
  /** Whether the value was written with an older key (rotation rewrites it). */
  isStale(sealed: string): boolean
  /**
   * A key of its own for another way of sealing, e.g. `photos`: of the first key, or of the named one.
   *
   * @throws AppError internal/field_unreadable: unknown key id
   */
  derive(purpose: string, keyId?: string): { keyId: string; key: Buffer }
}

/** `FIELD_KEYS` is `id:base64,id2:base64`; each key has 32 bytes; the first writes. The last is the oldest and keys the blind index. */
export function parseFieldKeys(text: string): Map<string, Buffer> {
  const keys = new Map<string, Buffer>()
  for (const part of text.split(',').map((piece) => piece.trim())) {
    const at = part.indexOf(':')
    const id = part.slice(0, at)
    const key = Buffer.from(part.slice(at + 1), 'base64')
    if (at < 1 || !/^[\w-]{1,16}$/.test(id) || key.length !== 32 || keys.has(id))
      throw new AppError('invalid', 'field_key_malformed', { id })
    keys.set(id, key)
  }
  return keys
}

export function createFieldCrypto(keys: Map<string, Buffer>): FieldCrypto {
  const ids = [...keys.keys()]
  const [current] = ids
  const oldest = ids.at(-1)
  if (current === undefined || oldest === undefined) throw new AppError('invalid', 'field_keys_missing')
  const keyOf = (id: string): Buffer => {
    const key = keys.get(id)
    if (!key) throw new AppError('internal', 'field_unreadable', { keyId: id })
    return key
  }
  // The index key stays the oldest one: rotating it would lose every lookup.
  const indexKey = Buffer.from(hkdfSync('sha256', keyOf(oldest), '', 'aftercare blind index', 32))
  return {
    seal(field, plain) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', keyOf(current), iv).setAAD(Buffer.from(field))
      const data = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()])
      return ['v1', current, ...[iv, cipher.getAuthTag(), data].map((part) => part.toString('base64url'))].join('.')
    },
    open(field, sealed) {
      const [version, keyId = '', iv = '', tag = '', data = ''] = sealed.split('.')
      if (version !== 'v1') throw new AppError('internal', 'field_unreadable', { field })
      try {
        const decipher = createDecipheriv('aes-256-gcm', keyOf(keyId), Buffer.from(iv, 'base64url'), {
          authTagLength: 16,
        })
        decipher.setAAD(Buffer.from(field)).setAuthTag(Buffer.from(tag, 'base64url'))
        return Buffer.concat([decipher.update(Buffer.from(data, 'base64url')), decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new AppError('internal', 'field_unreadable', { field, keyId }, { cause })
      }
    },
    blindIndex: (field, plain) =>
      createHmac('sha256', indexKey).update(`${field}\u0000${plain}`).digest('hex').slice(0, 32),
    isStale: (sealed) => sealed.split('.')[1] !== current,
    derive: (purpose, keyId = current) => ({
      keyId,
      key: Buffer.from(hkdfSync('sha256', keyOf(keyId), '', `aftercare ${purpose}`, 32)),
    }),
  }
}

/** Mainland mobiles in one form: digits only, without +86. Other numbers keep their digits. */
export const normalizePhone = (text: string): string => {
  const digits = text.replace(/[^\d]/g, '')
  return digits.length === 13 && digits.startsWith('86') ? digits.slice(2) : digits
}
/** `138****5678`: how a phone is shown unless a person opens it on purpose. */
export const maskPhone = (phone: string): string =>
  phone.length < 8 ? '****' : `${phone.slice(0, 3)}****${phone.slice(-4)}`
