/**
 * Leases on rows: how several processes share one due-table without doing a row twice at the same time.
 *
 * A row is due when `dueAt <= now`; a finished row has `dueAt: null`. A claim is a lease in machine time with a token
 * (who owns it now) and a fence (how often it was claimed). A worker that comes back late finds another token and
 * writes nothing. What a late worker has already sent is made harmless by the deterministic keys of the outbox.
 */
import type { AnyBulkWriteOperation, Collection, Filter, UpdateFilter } from 'mongodb'
import { addMs, DAY_MS, EPOCH, FOR_EVER, HOUR_MS, MINUTE_MS } from './clock.ts'
import { ONE_PAGE } from './db.ts'

export interface Claim {
  token: string
  /** Machine time at which the lease ends. */
  until: Date
  /** Grows by one with every claim. */
  fence: number
}

/** The fields that every row of a due-table has. */
export interface DueRow {
  _id: string
  /** Business time at which something must be done; null when nothing is left to do. */
  dueAt: Date | null
  claim: Claim
  /** How often work on the row has been tried and failed. */
  attempt: number
}

export const FREE_CLAIM: Claim = Object.freeze({ token: '', until: EPOCH, fence: 0 })

/** Finds a row while whoever claimed it still has it. */
export const ownedBy = ({ _id, claim }: Pick<DueRow, '_id' | 'claim'>) => ({
  _id,
  'claim.token': claim.token,
  'claim.fence': claim.fence,
})
/** Sets a claim free. */
export const GIVEN_BACK = { 'claim.token': '', 'claim.until': EPOCH }

export interface ClaimRequest {
  now: Date
  wall: Date
  limit: number
  leaseMs: number
  token: string
  /** Further conditions, repeated in the write, so that a row which stopped matching isn't taken. */
  where?: Record<string, unknown>
  /**
   * Rows of this table change only in the hands of whoever has claimed them, or stop being due: what was found is still so
   * when it is claimed, and needs no second look.
   */
  frozen?: true
}

/**
 * Claims up to `limit` due rows, oldest first, and returns exactly those that this token now owns.
 * Two or three commands whatever the batch size. SecantusDB fetches all matches before it sorts, so the range is bounded by `now`.
 */
export async function claimDue<T extends DueRow>(rows: Collection<T>, request: ClaimRequest): Promise<T[]> {
  const due = {
    ...request.where,
    // The lower bound matters where nulls sort into the same range: SecantusDB would walk every finished row.
    dueAt: { $gt: EPOCH, $lte: request.now },
    'claim.until': { $lte: request.wall },
  } as unknown as Filter<T>
  const found = await rows
    .find(due, { ...(request.frozen ? {} : { projection: { _id: 1 } }), ...ONE_PAGE })
    .sort({ dueAt: 1, _id: 1 })
    .limit(request.limit)
    .toArray()
  if (found.length === 0) return []
  const ids = found.map((row) => row._id)
  // The id first: SecantusDB walks the index of the first field that has one, and of `dueAt` that is everything due.
  const _id = ids.length === 1 ? ids[0] : { $in: ids }
  const until = addMs(request.wall, request.leaseMs)
  const owned = { _id, ...due } as Filter<T>
  const taking = {
    $set: { 'claim.token': request.token, 'claim.until': until },
    $inc: { 'claim.fence': 1 },
  } as unknown as UpdateFilter<T>
  if (found.length === 1 && !request.frozen) {
    const row = await rows.findOneAndUpdate(owned, taking, { returnDocument: 'after' })
    return row ? [row as T] : []
  }
  const { matchedCount } = await rows.updateMany(owned, taking)
  if (request.frozen && matchedCount === found.length)
    return (found as T[]).map((row) => ({ ...row, claim: { token: request.token, until, fence: row.claim.fence + 1 } }))
  const mine = await rows.find({ _id, 'claim.token': request.token } as unknown as Filter<T>, ONE_PAGE).toArray()
  return (mine as T[]).sort((a, b) => Number(a.dueAt) - Number(b.dueAt) || (a._id < b._id ? -1 : 1))
}

export interface RowResult {
  _id: string
  claim: Claim
  /** Fields to set, usually with the next `dueAt` (null = finished). The claim is given back. */
  set: Record<string, unknown>
  push?: Record<string, unknown>
  inc?: Record<string, number>
}

/**
 * Writes results in one unordered bulk, each only if this worker still owns its row. Rows of one claim that become the
 * same, as most do, are one write. Returns how many rows were written.
 */
export async function finishClaims<T extends DueRow>(
  rows: Collection<T>,
  results: readonly RowResult[],
): Promise<number> {
  if (results.length === 0) return 0
  const { matchedCount } = await rows.bulkWrite(alike(results).map(writeOf<T>), { ordered: false })
  return matchedCount
}

function alike(results: readonly RowResult[]): [RowResult, ...RowResult[]][] {
  const groups = new Map<string, [RowResult, ...RowResult[]]>()
  for (const result of results) {
    const { _id, claim, set, push, inc } = result
    const key = push || inc ? _id : JSON.stringify([claim.token, claim.fence, set])
    const group = groups.get(key)
    if (group) group.push(result)
    else groups.set(key, [result])
  }
  return [...groups.values()]
}

function writeOf<T extends DueRow>(group: [RowResult, ...RowResult[]]): AnyBulkWriteOperation<T> {
  const [{ _id, claim, set, push, inc }] = group
  const owned = { 'claim.token': claim.token, 'claim.fence': claim.fence }
  const update = {
    $set: { ...set, 'claim.token': '', 'claim.until': EPOCH },
    ...(push ? { $push: push } : {}),
    ...(inc ? { $inc: inc } : {}),
  } as unknown as UpdateFilter<T>
  if (group.length === 1) return { updateOne: { filter: { _id, ...owned } as unknown as Filter<T>, update } }
  const ids = { $in: group.map((one) => one._id) }
  return { updateMany: { filter: { _id: ids, ...owned } as unknown as Filter<T>, update } }
}

/** How far ahead the next due instant is looked for, step by step: near instants are the usual case. */
export const HORIZONS_MS = [HOUR_MS, DAY_MS, 10 * DAY_MS, 100 * DAY_MS, 40_000 * DAY_MS] as const

/**
 * The earliest `dueAt` of an unfinished row up to `until`, whoever has claimed it; null when there is none. Without
 * `until` the look widens step by step, because SecantusDB reads every match before it sorts.
 */
export async function nextDueAt<T extends DueRow>(rows: Collection<T>, now: Date, until?: Date): Promise<Date | null> {
  for (const limit of until ? [until] : HORIZONS_MS.map((ms) => addMs(now, ms))) {
    const [first] = await rows
      .find({ dueAt: { $gt: EPOCH, $lte: limit } } as unknown as Filter<T>, { projection: { dueAt: 1 } })
      .sort({ dueAt: 1 })
      .limit(1)
      .toArray()
    if (first) return (first as unknown as DueRow).dueAt
  }
  return null
}

/** A row and when it is due. */
export type Upcoming = readonly [id: string, at: Date]

/** The next due rows up to `until`, whoever has claimed them, the earliest first: at most `limit` of them. */
export async function upcomingOf<T extends DueRow>(
  rows: Collection<T>,
  until: Date,
  limit: number,
): Promise<Upcoming[]> {
  const found = await rows
    .find({ dueAt: { $gt: EPOCH, $lte: until } } as unknown as Filter<T>, { projection: { dueAt: 1 }, ...ONE_PAGE })
    .sort({ dueAt: 1 })
    .limit(limit)
    .toArray()
  return (found as unknown as DueRow[]).map(({ _id, dueAt }) => [_id, dueAt as Date])
}

/** The same for all time: for tables with few rows ahead, where one look is cheaper than widening ones. */
export const everDueAt = <T extends DueRow>(rows: Collection<T>): Promise<Date | null> =>
  nextDueAt(rows, EPOCH, FOR_EVER)

/** Exponential back-off with a ceiling: 10 s, 20 s, 40 s … 30 min. Pure. */
export const backoffMs = (attempt: number, baseMs = 10_000, maxMs = 30 * MINUTE_MS): number =>
  Math.min(maxMs, baseMs * 2 ** Math.max(0, attempt - 1))
