/** Numbers per subject: an id made from them doesn't depend on who else was faster, so two runs give the same ones. */
import { between } from './chance.ts'

export interface Counters {
  /** 1, 2, 3 … for this subject. */
  next(...subject: readonly string[]): number
  /** A 64-bit id in decimal, as the vendors write MsgId. */
  bigId(...subject: readonly string[]): string
}

export function createCounters(seed: number): Counters {
  const counts = new Map<string, number>()
  function next(...subject: readonly string[]): number {
    const key = subject.join(' ')
    const n = (counts.get(key) ?? 0) + 1
    counts.set(key, n)
    return n
  }
  return {
    next,
    bigId(...subject) {
      const n = next(...subject)
      const half = (part: string) => String(between(0, 999_999_999, seed, part, ...subject, n)).padStart(9, '0')
      return `7${half('high')}${half('low')}`
    },
  }
}
