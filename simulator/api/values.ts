/** Reading what comes from outside: requests are JSON of any shape until looked at. */

/** Thrown by handlers: becomes `{ errcode, errmsg }`. */
export class ApiError extends Error {
  readonly errcode: number
  readonly fields: Record<string, unknown>
  constructor(errcode: number, errmsg: string, fields: Record<string, unknown> = {}) {
    super(errmsg)
    this.errcode = errcode
    this.fields = fields
  }
}

export const text = (value: unknown): string => (typeof value === 'string' ? value : '')
export const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
export const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}
/** A table's own entry: names such as `constructor` come from outside and are none. */
export const entryOf = <T>(table: Readonly<Record<string, T>>, name: unknown): T | undefined =>
  Object.hasOwn(table, text(name)) ? table[text(name)] : undefined
/** An integer, also one that an SDK wrote as text, or the fallback. */
export function whole(value: unknown, fallback: number): number {
  if (typeof value === 'string' && /^-?\d{1,15}$/.test(value)) return Number(value)
  return Number.isInteger(value) ? (value as number) : fallback
}
/** A switch, however the SDK writes it: 1, "1" or true. */
export const isOn = (value: unknown): boolean => value === true || whole(value, 0) === 1
/** SDKs of typed languages write what was not given as null. */
export function withoutNulls<T>(value: T): T {
  if (Array.isArray(value)) return value.map(withoutNulls) as T
  if (typeof value !== 'object' || value === null) return value
  const given = Object.entries(value).filter(([, inner]) => inner !== null)
  return Object.fromEntries(given.map(([name, inner]) => [name, withoutNulls(inner)])) as T
}
export const bytes = (value: string): number => Buffer.byteLength(value)

/**
 * The part of a list that was asked for, as the vendor pages: more than `most` gives `most`.
 * @throws ApiError 40058, 50100
 */
export function pageOf<T>(
  rows: readonly T[],
  { limit, cursor }: Record<string, unknown>,
  { usual, most }: { usual: number; most: number },
): { page: T[]; next_cursor: string } {
  const size = Number(limit ?? 0) === 0 ? usual : Number(limit)
  if (!Number.isInteger(size) || size < 1) throw new ApiError(40058, 'invalid parameter: limit')
  const from = Number(text(cursor))
  if (!Number.isInteger(from) || from < 0) throw new ApiError(50100, 'invalid cursor')
  const end = from + Math.min(most, size)
  return { page: rows.slice(from, end), next_cursor: end < rows.length ? String(end) : '' }
}

/** WeCom cuts longer text silently, at a byte limit, never inside a character. */
export function cut(value: string, limit: number): string {
  const raw = Buffer.from(value)
  if (raw.length <= limit) return value
  let end = limit
  // A byte of the form 10xxxxxx continues a character.
  while (end > 0 && ((raw[end] ?? 0) & 0xc0) === 0x80) end -= 1
  return raw.subarray(0, end).toString()
}
