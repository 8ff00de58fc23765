/** One MongoDB connection per process, and the few helpers that models share. */

import { BSON, type Collection, type Db } from 'mongodb'
import { type Connection, createConnection } from 'mongoose'
import { AppError, isDuplicateKey } from './errors.ts'

/**
 * Connects, or fails within `timeoutMs` with a sentence a person can act on. `monitored`: `watchWrites` will be asked, which
 * costs a little with every command.
 */
export async function connectDb(uri: string, { timeoutMs = 10_000, monitored = false } = {}): Promise<Connection> {
  try {
    return await createConnection(uri, {
      serverSelectionTimeoutMS: timeoutMs,
      maxPoolSize: 20,
      autoIndex: false,
      autoCreate: false,
      monitorCommands: monitored,
    }).asPromise()
  } catch (cause) {
    throw new AppError('upstream', 'database_unreachable', {}, { cause })
  }
}

/** The driver's own collection: due-tables work on it, because claims and bulks need exact control. */
export function collectionOf<T extends { _id: string }>(db: Connection, name: string): Collection<T> {
  return (db.db as unknown as Db).collection<T>(name)
}

/** A batch in one answer: the driver's own first page ends at 101. */
export const ONE_PAGE = { batchSize: 1_000 }

/** Inserts all rows in one command; rows whose unique key exists are left as they are. Returns how many were new. */
export const insertMissing = async <T extends { _id: string }>(
  collection: Collection<T>,
  rows: readonly T[],
): Promise<number> => (await insertFresh(collection, rows)).length

/** The same; returns the ids that were new. */
export async function insertFresh<T extends { _id: string }>(
  collection: Collection<T>,
  rows: readonly T[],
): Promise<string[]> {
  if (rows.length === 0) return []
  try {
    await collection.insertMany(rows as Parameters<typeof collection.insertMany>[0], { ordered: false })
    return rows.map(({ _id }) => _id)
  } catch (error) {
    if (!isOnlyDuplicates(error)) throw error
    const known = new Set(writeErrorsOf(error).map(({ index }) => index))
    return rows.flatMap(({ _id }, i) => (known.has(i) ? [] : [_id]))
  }
}

/** The same; returns the new rows by their ids, as they would be read. */
export async function insertedRows<T extends { _id: string }>(
  collection: Collection<T>,
  rows: readonly T[],
): Promise<Map<string, T>> {
  const fresh = new Set(await insertFresh(collection, rows))
  return new Map(rows.flatMap((row) => (fresh.has(row._id) ? [[row._id, asRead(row)] as const] : [])))
}

/** What the database would answer: nobody may tell the two apart. */
export const asRead = <T extends object>(row: T): T =>
  BSON.deserialize(BSON.serialize(row, { ignoreUndefined: false })) as T

function isOnlyDuplicates(error: unknown): boolean {
  return isDuplicateKey(error) && writeErrorsOf(error).every(({ code }) => code === 11000)
}

/** A bulk insert's failures, each with the row's place; a driver gives one alone or a list. */
function writeErrorsOf(error: unknown): { index?: number; code?: number }[] {
  const { writeErrors } = error as { writeErrors?: unknown }
  return (Array.isArray(writeErrors) ? writeErrors : writeErrors ? [writeErrors] : []) as ReturnType<
    typeof writeErrorsOf
  >
}

/** One index and the query it serves: models hand these to `ensureIndexes`. */
export interface IndexSpec {
  keys: Record<string, 1 | -1>
  unique?: boolean
  /** Only rows like these are in it: a write of any other row costs nothing here. */
  only?: Record<string, unknown>
  /** The query (or uniqueness promise) that needs it. */
  serves: string
}

/** Creates missing indexes; safe to call from every process at start. */
export async function ensureIndexes<T extends { _id: string }>(
  collection: Collection<T>,
  indexes: readonly IndexSpec[],
): Promise<void> {
  for (const { keys, unique, only } of indexes)
    await collection.createIndex(keys, {
      ...(unique ? { unique } : {}),
      // A name of its own: beside an index of the same keys over all rows, as an older release made it, there is no conflict.
      ...(only ? { partialFilterExpression: only, name: `${Object.entries(keys).flat().join('_')}_only` } : {}),
    })
}

/** Waits for an insert and says whether its unique key existed already; any other failure is thrown. */
export async function isDuplicate(insert: Promise<unknown>): Promise<boolean> {
  try {
    await insert
    return false
  } catch (error) {
    if (isDuplicateKey(error)) return true
    throw error
  }
}
