/**
 * Calls already planned per store, role and day: what a window's choice is balanced against. Reading them costs what a store
 * has planned, so they are read once and then kept up by what this process plans itself. Plans of other processes are seen
 * some seconds later: they only balance.
 */
import type { Collection } from 'mongodb'
import { addDays, type Day } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import type { Role } from '../staff/index.ts'
import type { StepRow } from './model.ts'

/** Calls by `loadKey`. */
export type Calls = Map<string, number>

type Counted = Pick<StepRow, 'storeId' | 'ownerRole' | 'plannedOn' | 'action' | 'status'>

export const loadKey = (storeId: string, role: Role, day: Day): string => `${storeId} ${role} ${day}`

/** Weighs rows into the counts, or out of them; only planned calls weigh. */
export function weigh(calls: Calls, rows: Iterable<Counted>, by: 1 | -1): void {
  for (const { storeId, ownerRole, plannedOn, action, status } of rows) {
    if (status !== 'planned' || action !== 'call' || plannedOn === null) continue
    const key = loadKey(storeId, ownerRole, plannedOn)
    calls.set(key, (calls.get(key) ?? 0) + by)
  }
}

/** A day without anybody of the role comes last, however little is planned for it. */
const NOBODY = 1_000_000
/**
 * How full a day is with so many calls already: one more, shared by those of the role who work that day. Where everybody
 * does, days compare as their calls do, and an empty one is 0. Pure.
 */
export function fullness(counted: number, { all, present }: { all: number; present: number }): number {
  // Another process's calls are weighed out before this one has heard of them.
  const calls = Math.max(0, counted)
  // Whoever stands in for a role that the store doesn't have is there on all days alike.
  if (all === 0) return calls
  return present === 0 ? NOBODY + calls : (calls + 1) / present - 1 / all
}

interface Memory {
  first: Day
  last: Day
  until: number
  calls: Calls
}
const MEMORY_MS = 5_000
/** The next reading asks from a little earlier: somebody is always entered a day late. */
const EARLIER_DAYS = 3

export function createLoad(steps: Collection<StepRow>, clock: Pick<Clock, 'wall'>) {
  const known = new Map<string, Memory>()
  /** Writes begun, and writes under way: a reading while there is none has seen everything that was written. */
  let begun = 0
  let underWay = 0

  async function ofStore(storeId: string, first: Day, last: Day): Promise<Calls> {
    const wall = Number(clock.wall())
    const old = known.get(storeId)
    if (old && old.until > wall && old.first <= first && last <= old.last) return old.calls
    const from = addDays(first, -EARLIER_DAYS)
    const before = underWay === 0 ? begun : null
    // Equal on every key before the range: with a list of stores SecantusDB walks all their steps.
    const found = await steps
      .aggregate<{ _id: { role: Role; day: Day }; count: number }>([
        { $match: { storeId, action: 'call', status: 'planned', plannedOn: { $gte: from, $lte: last } } },
        { $group: { _id: { role: '$ownerRole', day: '$plannedOn' }, count: { $sum: 1 } } },
      ])
      .toArray()
    const calls: Calls = new Map(found.map(({ _id, count }) => [loadKey(storeId, _id.role, _id.day), count]))
    if (before === begun) known.set(storeId, { first: from, last, until: wall + MEMORY_MS, calls })
    return calls
  }

  /** `counted`: what is remembered stays true, else it is forgotten. */
  async function writing<T>(write: () => Promise<T>, counted?: (done: T) => void): Promise<T> {
    begun += 1
    underWay += 1
    let kept = false
    try {
      const done = await write()
      counted?.(done)
      kept = counted !== undefined
      return done
    } finally {
      underWay -= 1
      if (!kept) known.clear()
    }
  }

  return {
    /** A copy of the caller's own: it goes on counting there. */
    async of(storeIds: readonly string[], first: Day, last: Day): Promise<Calls> {
      const each = await Promise.all(storeIds.map((storeId) => ofStore(storeId, first, last)))
      return new Map(each.flatMap((calls) => [...calls]))
    },
    /** `insert` tells which of the rows were new: they weigh from now on. */
    inserting: (rows: readonly StepRow[], insert: () => Promise<readonly string[]>): Promise<number> =>
      writing(insert, (ids) => {
        const fresh = new Set(ids)
        const added = rows.filter(({ _id }) => fresh.has(_id))
        for (const [id, { calls }] of known)
          weigh(
            calls,
            added.filter(({ storeId }) => storeId === id),
            1,
          )
      }).then(({ length }) => length),
    /** Any other write that can end a planned call or move it. */
    changing: <T>(write: () => Promise<T>): Promise<T> => writing(write),
  }
}
