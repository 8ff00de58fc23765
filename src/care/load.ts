/**
 * Calls already planned per store, role and day: what a window's choice is balanced against. Reading them costs what a store
 * has planned, so they are read once and then kept up by what this process plans itself. Plans of other processes are seen
 * some seconds later: they only balance.
 */
import type { Collection } from 'mongodb'
import { addDays, type Day } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { ONE_PAGE } from '../platform/db.ts'
import type { Role } from '../staff/index.ts'
import type { StepRow } from './model.ts'

/** Calls by `loadKey`. */
export type Calls = Map<string, number>

type Counted = Pick<StepRow, 'storeId' | 'ownerRole' | 'plannedOn' | 'action' | 'status'>

export const loadKey = (storeId: string, role: Role, day: Day): string => `${storeId} ${role} ${day}`

const weighs = ({ status, action }: Counted): boolean => status === 'planned' && action === 'call'

/** Weighs rows into the counts; only planned calls weigh. */
export function weigh(calls: Calls, rows: Iterable<Counted>): void {
  for (const row of rows) {
    const { storeId, ownerRole, plannedOn } = row
    if (!weighs(row) || plannedOn === null) continue
    const key = loadKey(storeId, ownerRole, plannedOn)
    calls.set(key, (calls.get(key) ?? 0) + 1)
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
  /** The key of each call, by step, so that a single one can be weighed out. */
  planned: Map<string, string>
  /** Ids of steps by treatment; some may be over. */
  ofTreatment: Map<string, string[]>
}
const MEMORY_MS = 5_000
/** What took long to read stands longer: reading is at most a twentieth of the time. */
const READING_SHARE = 20
/** The next reading asks from a little earlier, or a little further: somebody is always entered a day late, and days go on. */
const SPARE_DAYS = 3

/** What a write sets on a step. */
export interface StepWrite {
  _id: string
  set?: Record<string, unknown> | undefined
}
/** Of these fields a step's weight is made. */
const WEIGHING = ['storeId', 'ownerRole', 'plannedOn', 'action', 'treatmentId'] as const

export function createLoad(steps: Collection<StepRow>, clock: Pick<Clock, 'wall'>) {
  const known = new Map<string, Memory>()
  /** Writes begun, and writes under way: a reading while there is none has seen everything that was written. */
  let begun = 0
  let underWay = 0

  async function ofStore(storeId: string, first: Day, last: Day): Promise<Memory> {
    const wall = Number(clock.wall())
    const old = known.get(storeId)
    if (old && old.until > wall && old.first <= first && last <= old.last) return old
    const memory: Memory = {
      first: addDays(first, -SPARE_DAYS),
      last: addDays(last, SPARE_DAYS),
      until: 0,
      calls: new Map(),
      planned: new Map(),
      ofTreatment: new Map(),
    }
    const before = underWay === 0 ? begun : null
    // Equal on every key before the range: with a list of stores SecantusDB walks all their steps.
    const found = await steps
      .find(
        { storeId, action: 'call', status: 'planned', plannedOn: { $gte: memory.first, $lte: memory.last } },
        ONE_PAGE,
      )
      .project<Pick<StepRow, '_id' | 'treatmentId' | 'ownerRole' | 'plannedOn'>>({
        treatmentId: 1,
        ownerRole: 1,
        plannedOn: 1,
      })
      .toArray()
    for (const row of found) weighIn(memory, { ...row, storeId, action: 'call', status: 'planned' })
    const read = Number(clock.wall())
    memory.until = read + Math.max(MEMORY_MS, READING_SHARE * (read - wall))
    if (before === begun) known.set(storeId, memory)
    return memory
  }

  /** `counted`: what is remembered stays true, else it is forgotten. */
  async function writing<T>(write: () => Promise<T>, counted: (done: T) => boolean): Promise<T> {
    begun += 1
    underWay += 1
    let kept = false
    try {
      const done = await write()
      kept = counted(done)
      return done
    } finally {
      underWay -= 1
      if (!kept) known.clear()
    }
  }

  /** Weighs out what such writes end. False: something else may have become of the counts. */
  function follow(writes: readonly StepWrite[], allMet: boolean): boolean {
    for (const { _id, set = {} } of writes) {
      const ends = set.status !== undefined && set.status !== 'planned'
      if (!ends && set.status === undefined && !WEIGHING.some((field) => field in set)) continue
      // Planned again, or elsewhere; or it can't be told whether it is over.
      if (!ends || !allMet) return false
      for (const memory of known.values()) weighOut(memory, _id)
    }
    return true
  }

  return {
    /**
     * A copy of the caller's own: it goes on counting there. Plans that are made anew, or completed after a crash, must not
     * weigh against themselves: `without` are the treatments whose calls don't count.
     */
    async of(storeIds: readonly string[], first: Day, last: Day, without: readonly string[]): Promise<Calls> {
      const memories = await Promise.all(storeIds.map((storeId) => ofStore(storeId, first, last)))
      const calls: Calls = new Map(memories.flatMap((memory) => [...memory.calls]))
      for (const { planned, ofTreatment } of memories)
        for (const id of without.flatMap((treatmentId) => ofTreatment.get(treatmentId) ?? [])) {
          const key = planned.get(id)
          if (key !== undefined) calls.set(key, (calls.get(key) ?? 0) - 1)
        }
      return calls
    },
    /** `insert` tells which of the rows were new: they weigh from now on. */
    inserting: (rows: readonly StepRow[], insert: () => Promise<readonly string[]>): Promise<number> =>
      writing(insert, (ids) => {
        const fresh = new Set(ids)
        for (const row of rows) {
          const memory = known.get(row.storeId)
          if (memory && fresh.has(row._id)) weighIn(memory, row)
        }
        return true
      }).then(({ length }) => length),
    /** Any other write that can end a planned call or move it; `write` tells how many rows it met. */
    changing: (writes: readonly StepWrite[], write: () => Promise<number>): Promise<number> =>
      writing(write, (met) => follow(writes, met === writes.length)),
  }
}

function weighIn({ calls, planned, ofTreatment }: Memory, row: Counted & Pick<StepRow, '_id' | 'treatmentId'>): void {
  const { _id, treatmentId, storeId, ownerRole, plannedOn } = row
  if (!weighs(row) || plannedOn === null || planned.has(_id)) return
  planned.set(_id, loadKey(storeId, ownerRole, plannedOn))
  const ids = ofTreatment.get(treatmentId)
  if (ids) ids.push(_id)
  else ofTreatment.set(treatmentId, [_id])
  weigh(calls, [row])
}

function weighOut({ calls, planned }: Memory, id: string): void {
  const key = planned.get(id)
  if (key === undefined) return
  planned.delete(id)
  calls.set(key, (calls.get(key) ?? 0) - 1)
}
