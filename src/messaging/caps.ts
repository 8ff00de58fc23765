/**
 * How often one customer may hear of offers (domain 5). A place is taken under the message's own key before it is sent, on a
 * revision of the customer's row: of two processes at once one has to look again.
 */
import type { Connection } from 'mongoose'
import { z } from 'zod'
import { addMs, DAY_MS } from '../platform/clock.ts'
import { collectionOf, insertMissing, ONE_PAGE } from '../platform/db.ts'

/** `config/promotion.yaml`: at most `max` in any `days` days; all of them hold. */
export const PromotionFile = z.strictObject({
  version: z.int().positive(),
  caps: z
    .array(z.strictObject({ max: z.int().min(1).max(20), days: z.int().min(1).max(366) }))
    .min(1)
    .max(5),
})
export type Cap = z.output<typeof PromotionFile>['caps'][number]

export interface Spent {
  key: string
  at: Date
}

/** The first instant from `now` on at which one more fits under every cap. Pure. */
export function freeAt(spent: readonly Spent[], caps: readonly Cap[], now: Date): Date {
  const newest = [...spent].sort((a, b) => Number(b.at) - Number(a.at))
  let at = now
  for (const { max, days } of caps) {
    const oldest = newest[max - 1]
    const free = oldest ? addMs(oldest.at, days * DAY_MS) : now
    if (free > at) at = free
  }
  return at
}

/** What still counts at `now`. */
const counting = (spent: readonly Spent[], caps: readonly Cap[], now: Date): Spent[] => {
  const since = addMs(now, -Math.max(...caps.map(({ days }) => days)) * DAY_MS)
  return spent.filter(({ at }) => at > since)
}

interface CapRow {
  /** The customer's own id, after all merges. */
  _id: string
  rev: number
  spent: Spent[]
}

export interface CapWish extends Spent {
  customerId: string
}

/** Who loses a race that often comes again a little later. */
const ROUNDS = 8

export type PromotionCaps = ReturnType<typeof createCaps>

export function createCaps(db: Connection, caps: readonly Cap[]) {
  const rows = collectionOf<CapRow>(db, 'promotion_caps')
  const find = (ids: readonly string[]) => rows.find({ _id: { $in: [...new Set(ids)] } }, ONE_PAGE).toArray()

  /** One round: returns the wishes that others were quicker than. */
  async function round(wishes: readonly CapWish[], held: Set<string>): Promise<CapWish[]> {
    const ids = [...new Set(wishes.map(({ customerId }) => customerId))]
    const known = new Map((await find(ids)).map((row) => [row._id, row]))
    const missing = ids.filter((id) => !known.has(id)).map((_id) => ({ _id, rev: 0, spent: [] as Spent[] }))
    // Whoever inserted it first: it is there at revision 0, or has moved on and the write below says so.
    await insertMissing(rows, missing)
    for (const row of missing) known.set(row._id, row)
    const writes = [...known.values()].flatMap(({ _id, rev, spent: before }) => {
      let spent = before
      for (const { customerId, key, at } of wishes) {
        if (customerId !== _id) continue
        const others = spent.filter((one) => one.key !== key)
        // Taken again it counts from now on: what is sent later than thought keeps the next one off for as long.
        if (freeAt(others, caps, at) <= at) spent = [...counting(others, caps, at), { key, at }]
      }
      return spent === before
        ? []
        : [{ updateOne: { filter: { _id, rev }, update: { $set: { spent }, $inc: { rev: 1 } } } }]
    })
    if (writes.length === 0) return []
    const { matchedCount } = await rows.bulkWrite(writes, { ordered: false })
    const spent = new Map((await find(ids)).map((row) => [row._id, row.spent]))
    const isHeld = ({ customerId, key, at }: CapWish) =>
      spent.get(customerId)?.some((one) => one.key === key && Number(one.at) === Number(at)) ?? false
    for (const wish of wishes) if (isHeld(wish)) held.add(wish.key)
    return matchedCount === writes.length ? [] : wishes.filter((wish) => !isHeld(wish))
  }

  return {
    caps,
    /** What counts for each customer. */
    async spentBy(customerIds: readonly string[]): Promise<Map<string, Spent[]>> {
      return customerIds.length === 0
        ? new Map()
        : new Map((await find(customerIds)).map(({ _id, spent }) => [_id, spent]))
    },
    /** Takes a place for each that the caps leave one. Returns the keys that hold one as of their `at`. */
    async take(wishes: readonly CapWish[]): Promise<Set<string>> {
      const held = new Set<string>()
      let open = [...wishes]
      for (let i = 0; i < ROUNDS && open.length > 0; i++) open = await round(open, held)
      return held
    },
    /** Gives places back of what was not sent after all. */
    async release(places: readonly Omit<CapWish, 'at'>[]): Promise<void> {
      if (places.length === 0) return
      await rows.bulkWrite(
        places.map(({ customerId, key }) => ({
          updateOne: {
            filter: { _id: customerId, 'spent.key': key },
            update: { $pull: { spent: { key } }, $inc: { rev: 1 } },
          },
        })),
        { ordered: false },
      )
    },
  }
}
