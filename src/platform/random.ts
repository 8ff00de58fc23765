/** Chance, injected, so that a seeded run repeats itself. */
import { randomBytes } from 'node:crypto'

export interface Random {
  /** A new id, 24 letters and digits. */
  id(): string
  /** Url-safe secret text of `bytes` random bytes. */
  token(bytes: number): string
  /** A number in [0, 1). */
  unit(): number
}

export const systemRandom: Random = {
  id: () => randomBytes(12).toString('hex'),
  token: (bytes) => randomBytes(bytes).toString('base64url'),
  unit: () => randomBytes(4).readUInt32BE() / 2 ** 32,
}

/** Repeatable chance for tests and the demo (mulberry32). Never for secrets in production. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const unit = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  const bytes = (n: number) => Buffer.from(Array.from({ length: n }, () => Math.floor(unit() * 256)))
  return { id: () => bytes(12).toString('hex'), token: (n) => bytes(n).toString('base64url'), unit }
}
