/** The shapes that every room's HTTP views share: ids, instants, days, pages. */
import { z } from 'zod'
import { isTimeOfDay } from './calendar.ts'
import { instant } from './clock.ts'
import { invalid } from './errors.ts'

/** An id of ours or of WeCom: ASCII, at most 64, nothing that means something to a path, a query or a log. */
export const Id = z.string().regex(/^[0-9A-Za-z][\w.:@-]{0,63}$/, 'must be 1–64 letters, digits or . _ : @ -')
/** A number of the clinic's own system; Chinese letters and a few separators occur in real ones. */
export const ExternalId = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N}._:@#/-]{0,63}$/u, 'must be 1–64 letters, digits or . _ : @ # / -')
/** Half a character, which no database keeps, and signs that turn the reading direction of what stands around them. */
const UNREADABLE = /[\p{Cs}\u202a-\u202e\u2066-\u2069]/u
/** The same, and control signs but for line breaks. */
const UNSEEN = new RegExp(`${UNREADABLE.source}|(?![\\n\\r\\t])\\p{Cc}`, 'gu')
/** Something to see: a name of zero-width spaces would greet nobody. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u
const readable = (text: string) => VISIBLE.test(text) && !UNREADABLE.test(text)
/** Free text beside choices, where a refusal would cost all of them: without what can't be read; '' where nothing else is left. */
export function readableText(text: string): string {
  const seen = text.replace(UNSEEN, '').trim()
  return VISIBLE.test(seen) ? seen : ''
}
const READABLE = 'must have something to read, and no signs that turn the direction of text'

/** Text that people read: trimmed, not empty, without control characters, at most `max` characters. */
export const ShortText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')
    .refine(readable, READABLE)
/** Longer notes: line breaks are welcome, other control characters aren't. */
export const NoteText = (max: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(max)
    .regex(/^[\P{Cc}\n\r\t]*$/u, 'must not contain control characters')
    .refine(readable, READABLE)

// Outside these a typing error is likely, and year 0 can't be stored by every database.
const FIRST_YEAR = 1900
const LAST_YEAR = 2199
/**
 * ISO 8601 with an offset or `Z`, read into a Date: a wall time without its zone is refused, and so is a year outside
 * 1900–2199.
 */
export const InstantString = z.iso
  .datetime({ offset: true })
  .transform((text) => instant(text))
  .refine(
    (at) => at.getUTCFullYear() >= FIRST_YEAR && at.getUTCFullYear() <= LAST_YEAR,
    `must be in the years ${FIRST_YEAR} to ${LAST_YEAR}`,
  )
/** A Date on its way out, as ISO text in UTC. */
export const Instant = z
  .date()
  .transform((at) => at.toISOString())
  .pipe(z.iso.datetime())
/** A calendar day, `YYYY-MM-DD`, of the same years. */
export const DayString = z.iso
  .date()
  .refine(
    (day) => Number(day.slice(0, 4)) >= FIRST_YEAR && Number(day.slice(0, 4)) <= LAST_YEAR,
    `must be in the years ${FIRST_YEAR} to ${LAST_YEAR}`,
  )
/** Wall time of a day, `HH:MM`; `24:00` is the end of the day. */
export const TimeString = z.string().refine(isTimeOfDay, 'must be HH:MM')
/** A span inside one day. */
export const SpanView = z
  .strictObject({ from: TimeString, to: TimeString })
  .refine(({ from, to }) => from < to, 'must end after it begins')

const MAX_PAGE = 200
/** `limit` (1–200, default 50) and the `cursor` that the page before gave. Extend it with a room's own filters. */
export const PageQuery = z.strictObject({
  limit: z
    .string()
    .regex(/^\d{1,3}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.int().min(1).max(MAX_PAGE))
    .optional(),
  cursor: z
    .string()
    .regex(/^[\w-]{1,200}$/, 'must be the nextCursor of a page')
    .optional(),
})

/** A page of a list; `nextCursor` is null on the last one. */
export const page = <T extends z.ZodType>(view: T) =>
  z.object({ items: z.array(view), nextCursor: z.string().nullable() })

export interface PageRequest {
  limit: number
  /** Key of the last row of the page before; null = from the start. */
  after: string | null
}

/** @throws AppError invalid/invalid_request: the cursor isn't one of ours */
export function pageRequest(query: { limit?: number | undefined; cursor?: string | undefined }): PageRequest {
  const after = query.cursor === undefined ? null : Buffer.from(query.cursor, 'base64url').toString('utf8')
  if (after !== null && cursorOf(after) !== query.cursor) throw invalid('invalid_request', { reason: 'cursor' })
  return { limit: query.limit ?? 50, after }
}

const cursorOf = (key: string): string => Buffer.from(key, 'utf8').toString('base64url')

/** Cuts `limit + 1` rows down to a page; the extra row only tells that there is more. */
export function pageOf<T extends { _id: string }>(
  rows: readonly T[],
  limit: number,
): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit)
  const last = items.at(-1)
  return { items, nextCursor: rows.length > limit && last ? cursorOf(last._id) : null }
}

/**
 * One page of a list as a route answers it. `read` hands over one row more than the page holds, where there is one; `keyOf`
 * is a row's place in the list's order, which the cursor remembers.
 *
 * @throws AppError invalid/invalid_request: the cursor isn't one of ours
 */
export async function listing<T extends { _id: string }, V = T>(
  query: { limit?: number | undefined; cursor?: string | undefined },
  read: (request: PageRequest) => Promise<readonly T[]>,
  viewOf: (row: T) => V = (row) => row as T & V,
  keyOf: (row: T) => string = ({ _id }) => _id,
): Promise<{ items: V[]; nextCursor: string | null }> {
  const request = pageRequest(query)
  const rows = (await read(request)).map((row) => ({ _id: keyOf(row), row }))
  const { items, nextCursor } = pageOf(rows, request.limit)
  return { items: items.map(({ row }) => viewOf(row)), nextCursor }
}

/** Place of a row in the order of time, also of two of one instant; sorts as text, behind the instant alone. */
export const orderOf = (at: Date, id: string): string => `${at.toISOString()} ${id}`

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }
/** Drops keys whose value is undefined, as optional fields of a body give them: "not said" isn't "emptied". */
export const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as Defined<T>
