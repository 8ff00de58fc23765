/**
 * Rows that a process inserts and works on at once. They are claimed from birth, so that nobody has to look for them first:
 * that is half the commands of a callback. In the database they are rows like any other: when the process dies, their lease
 * ends and somebody else finds them.
 */
import type { DueRow } from './claims.ts'
import { addMs, type Clock } from './clock.ts'
import { asRead } from './db.ts'
import type { Random } from './random.ts'

export interface FirstHand<T extends DueRow> {
  /** The rows as they are to be inserted: those that are due already are claimed, as long as this process can keep up. */
  adopt(rows: readonly T[]): T[]
  /** Of the adopted rows those that were new. The others were there already, and belong to whoever finds them. */
  keep(rows: readonly T[]): void
  /**
   * What to work on next: up to `limit` own rows, oldest first, else what `look` claims. Now and then `look` comes first, so
   * that what others left behind is not forgotten.
   */
  next(limit: number, look: () => Promise<T[]>): Promise<T[]>
  /** Takes rows back that nobody has begun with; returns the tokens they are claimed with. */
  release(ids: readonly string[]): string[]
  /** Whether own rows are left. */
  waiting(): boolean
}

/** More than this is left for everybody to find. */
const ROOM = 500
/** Own rows are passed over once in so many times. */
const TURN = 20

export interface FirstHandDeps {
  clock: Clock
  random: Random
  leaseMs: number
  /** Whether this process drains due-tables at all. */
  works?: boolean
}

export function createFirstHand<T extends DueRow>(deps: FirstHandDeps): FirstHand<T> {
  const { clock, random, leaseMs, works = false } = deps
  let mine: T[] = []
  let turns = 0
  /** With less of its lease left a row might soon have a second owner. */
  const isSafe = ({ claim }: T): boolean => Number(claim.until) - Number(clock.wall()) > leaseMs / 2

  return {
    adopt(rows) {
      if (!works || mine.length + rows.length > ROOM) return [...rows]
      const now = clock.now()
      const claim = { token: random.id(), until: addMs(clock.wall(), leaseMs), fence: 1 }
      return rows.map((row) => (row.dueAt !== null && row.dueAt <= now ? { ...row, claim } : row))
    },
    keep(rows) {
      mine.push(...rows.filter(({ claim }) => claim.token !== '').map(asRead))
    },
    async next(limit, look) {
      if (mine.length === 0) return look()
      turns += 1
      if (turns % TURN === 0) return look()
      const rows = mine.filter(isSafe).sort((a, b) => Number(a.dueAt) - Number(b.dueAt) || (a._id < b._id ? -1 : 1))
      mine = rows.slice(limit)
      return rows.length > 0 ? rows.slice(0, limit) : look()
    },
    release(ids) {
      const wanted = new Set(ids)
      const released = mine.filter(({ _id }) => wanted.has(_id))
      mine = mine.filter(({ _id }) => !wanted.has(_id))
      return released.map(({ claim }) => claim.token)
    },
    waiting: () => mine.length > 0,
  }
}
