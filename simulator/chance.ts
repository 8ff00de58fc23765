/** Chance without a stream: every decision is a hash of the seed and what it is about, so order never matters. */
import { createHash } from 'node:crypto'

const digest = (parts: readonly (string | number)[]): Buffer =>
  createHash('sha256').update(parts.join('\u0000')).digest()

/** A number in [0, 1). */
export const chance = (...about: readonly (string | number)[]): number => digest(about).readUInt32BE(0) / 2 ** 32
/** A whole number in [low, high]. */
export const between = (low: number, high: number, ...about: readonly (string | number)[]): number =>
  low + Math.floor(chance(...about) * (high - low + 1))
/** One of the choices, by weight. */
export function pick<T>(choices: readonly (readonly [T, number])[], ...about: readonly (string | number)[]): T {
  const total = choices.reduce((sum, [, weight]) => sum + weight, 0)
  let left = chance(...about) * total
  for (const [choice, weight] of choices) {
    left -= weight
    if (left < 0) return choice
  }
  return (choices.at(-1) as readonly [T, number])[0]
}
/** Letters and digits that look like a vendor's id. */
export function opaque(length: number, ...about: readonly (string | number)[]): string {
  const first = digest(about)
  // Thirty bytes are forty letters that nothing after them changes: nearly always enough, at a third of the work.
  const short = letters(first.subarray(0, 30))
  if (short.length >= length) return short.slice(0, length)
  return letters(Buffer.concat([first, digest([...about, 'more']), digest([...about, 'and more'])])).slice(0, length)
}

const letters = (bytes: Buffer): string => bytes.toString('base64').replace(/[^A-Za-z0-9]/g, '')
