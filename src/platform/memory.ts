/**
 * What was read before, for rooms that are asked for the same few rows with every step. It stands until this process writes to
 * what it was read from: it is remembered only where no other process writes (the headless demo), or of what hardly changes,
 * for a second. Whoever decides a write by what it read doesn't ask here.
 */
import type { Clock } from './clock.ts'
import { UNSEEN, type Writes } from './writes.ts'

export interface Memory {
  writes: Writes
  /** Machine time; 0 = nothing is remembered, because other processes write, too. */
  standsMs: number
}

export const FORGETFUL: Memory = { writes: UNSEEN, standsMs: 0 }

/** Whether no other process works on this database. */
export const isAlone = ({ standsMs }: Memory = FORGETFUL): boolean => standsMs > 0

export interface Recall<T> {
  /** By the ids asked for; one that there isn't is missing. What comes back is shared: nobody changes it. */
  many(ids: readonly string[]): Promise<Map<string, T>>
  /**
   * Writes rows with one command, which tells what they are from now on; who isn't named was not written. They need not be read
   * again, if nothing else wrote to them meanwhile. Only where answers are told apart by rows that have their ids.
   */
  through(ids: readonly string[], write: () => Promise<ReadonlyMap<string, T>>): Promise<ReadonlyMap<string, T>>
  /** For a process whose writes aren't watched. */
  forget(): void
}

export interface RecallOptions<T> {
  clock: Pick<Clock, 'wall'>
  memory?: Memory | undefined
  /** Where the rows come from. */
  collections: readonly string[]
  /**
   * The ids of the rows that an answer was read from, of one collection; null: there was none. Then that there is none is
   * remembered, too. Without it any write to the collections may have changed the answer.
   */
  rowsOf?: (id: string, value: T | null) => readonly string[]
  /** Only writes that may give this field a value can change an answer. */
  field?: string
  /** What changes this seldom stands so long at least. */
  atLeastMs?: number
}

const ROOM = 5_000
/** Its begin and its end. */
const MARKS_OF_A_WRITE = 2

export function createRecall<T>(
  { clock, memory: { writes, standsMs } = FORGETFUL, collections, rowsOf, field, atLeastMs = 0 }: RecallOptions<T>,
  load: (ids: readonly string[]) => Promise<Iterable<readonly [string, T]>>,
): Recall<T> {
  const known = new Map<string, { value: T | null; until: number; stamp: number }>()
  if (rowsOf && collections.length !== 1) throw new Error('rows are told apart within one collection')
  const lifeMs = Math.max(standsMs, atLeastMs)
  if (field) for (const one of collections) writes.watch(one, field)
  const stampOf = () => collections.reduce((sum, one) => sum + writes.count(one, field), 0)
  /** Whether nothing was written to it since `stamp`. */
  const stands = (id: string, value: T | null, stamp: number): boolean =>
    stampOf() === stamp ||
    (rowsOf?.(id, value).every((row) => !writes.wrote(collections[0] ?? '', row, stamp)) ?? false)
  return {
    async many(ids) {
      if (known.size > ROOM) known.clear()
      const stamp = stampOf()
      const wall = Number(clock.wall())
      const found = new Map<string, T>()
      const asked = new Set<string>()
      for (const id of ids) {
        const one = known.get(id)
        if (!one || one.until <= wall || !stands(id, one.value, one.stamp)) asked.add(id)
        else if (one.value !== null) found.set(id, one.value)
      }
      if (asked.size === 0) return found
      // Read beside a write an answer may be what was there before: then it doesn't stand.
      const keep = (id: string, value: T | null) => {
        if (lifeMs > 0) known.set(id, { value, until: wall + lifeMs, stamp })
      }
      for (const [id, value] of await load([...asked])) {
        found.set(id, value)
        asked.delete(id)
        keep(id, value)
      }
      if (rowsOf) for (const id of asked) keep(id, null)
      return found
    },
    async through(ids, write) {
      const [collection = ''] = collections
      const before = ids.map((id) => writes.marks(collection, id))
      const rows = await write()
      if (lifeMs === 0) return rows
      const [until, stamp] = [Number(clock.wall()) + lifeMs, stampOf()]
      for (const [i, id] of ids.entries()) {
        const value = rows.get(id)
        const isOurs = writes.marks(collection, id) === (before[i] ?? 0) + MARKS_OF_A_WRITE
        if (value !== undefined && isOurs) known.set(id, { value, until, stamp })
      }
      return rows
    },
    forget: () => known.clear(),
  }
}
