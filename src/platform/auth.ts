/** Integration keys of clinic systems: compared in constant time, named in logs only by a short fingerprint. */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { Actor } from './http.ts'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/** The bearer token of an Authorization header, or null. */
export function bearerOf(headers: NodeJS.Dict<string | string[]>): string | null {
  const { authorization } = headers
  const match = typeof authorization === 'string' ? /^Bearer ([\x21-\x7e]{1,2048})$/.exec(authorization) : null
  return match?.[1] ?? null
}

export function createKeyRing(keys: readonly string[]): (token: string | null) => Actor | null {
  const known = keys.map((key) => ({ hash: digest(key), id: digest(key).toString('hex').slice(0, 8) }))
  return (token) => {
    if (token === null) return null
    const given = digest(token)
    let found: Actor | null = null
    // Every key is compared, so that the time taken says nothing about which one matched.
    for (const { hash, id } of known)
      if (timingSafeEqual(hash, given)) found = { kind: 'integration', id, roles: [], stores: 'all' }
    return found
  }
}
