/**
 * What was read a moment ago, for rooms that are asked for the same few rows with every step. It stands until this process
 * writes to one of the collections, or for a short while of machine time, in which other processes' writes go unseen: no
 * longer than a read that was on its way. Whoever decides a write by what it read doesn't ask here.
 */
import type { Clock } from './clock.ts'
import { UNSEEN, type Writes } from './writes.ts'

export interface Memory {
  writes: Writes
  /** Machine time; 0 = nothing is remembered. */
  standsMs: number
}

export const FORGETFUL: Memory = { writes: UNSEEN, standsMs: 0 }

export interface Recall<T> {
  /** By the ids asked for; one that there isn't is missing. What comes back is shared: nobody changes it. */
  many(ids: readonly string[]): Promise<Map<string, T>>
  /** For a process whose writes aren't watched. */
  forget(): void
}

export interface RecallOptions {
  clock: Pick<Clock, 'wall'>
  memory?: Memory | undefined
  /** Where the rows come from. */
  collections: readonly string[]
  /** What changes this seldom stands so long at least. */
  atLeastMs?: number
}

const ROOM = 5_000

export function createRecall<T>(
  { clock, memory: { writes, standsMs } = FORGETFUL, collections, atLeastMs = 0 }: RecallOptions,
  load: (ids: readonly string[]) => Promise<Iterable<readonly [string, T]>>,
): Recall<T> {
  const known = new Map<string, { value: T; until: number }>()
  const lifeMs = Math.max(standsMs, atLeastMs)
  let stamp = 0
  return {
    async many(ids) {
      const count = collections.reduce((sum, one) => sum + writes.count(one), 0)
      if (count !== stamp || known.size > ROOM) known.clear()
      stamp = count
      const wall = Number(clock.wall())
      const found = new Map<string, T>()
      const asked = new Set<string>()
      for (const id of ids) {
        const one = known.get(id)
        if (one && one.until > wall) found.set(id, one.value)
        else asked.add(id)
      }
      if (asked.size === 0) return found
      for (const [id, value] of await load([...asked])) {
        found.set(id, value)
        // Read beside a write it may be what was there before: that isn't kept.
        if (stamp === count) known.set(id, { value, until: wall + lifeMs })
      }
      return found
    },
    forget: () => known.clear(),
  }
}
