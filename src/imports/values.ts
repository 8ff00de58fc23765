/** How cells are read: dates, amounts, phones and words, as people and Excel write them. Pure. */
import { addDays, atTime, type Day, type TimeOfDay } from '../platform/calendar.ts'
import { addMs, SECOND_MS } from '../platform/clock.ts'
import { isEmail } from '../platform/email-address.ts'
import { ValueProblem } from './problems.ts'

/** One form of what looks the same: full-width digits and letters, and spaces of every kind. */
export const plain = (text: string): string => text.normalize('NFKC').replace(/\s+/g, ' ').trim()
/** For comparing names and headings: nothing but the letters counts. */
export const bare = (text: string): string => plain(text).toLowerCase().replace(/[\s*]/g, '')

/**
 * What stands in a cell without what was put around it so that Excel leaves it alone: `="0012"`, a leading apostrophe or
 * tab. Line breaks inside stay.
 */
export const unwrapped = (cell: string): string => {
  const text = cell.trim()
  const quoted = /^="(.*)"$/s.exec(text)
  return (quoted?.[1] ?? text).replace(/^'/, '').trim()
}

/** `1.38E+10`: how Excel shows a long number, and then saves it. */
const checkWhole = (text: string): void => {
  if (/^\d(\.\d+)?e\+?\d+$/i.test(text)) throw new ValueProblem('shortened_by_excel')
}

/** A number of the clinic's own: as it is, but one that was a number in a sheet has no `.0`. */
export function readNumber(text: string): string {
  const number = plain(text)
  checkWhole(number)
  return number.replace(/^(\d+)\.0+$/, '$1')
}

/** Digits with an optional +, for the record to judge: spaces, brackets, dashes and 0086 are taken away. */
export function readPhone(text: string): string {
  const number = readNumber(text)
  const digits = number.replace(/[\s()\-–—·.]/g, '').replace(/^00/, '+')
  if (!/^\+?\d{5,20}$/.test(digits)) throw new ValueProblem('phone_malformed')
  return digits.replace(/^\+86(?=1\d{10}$)/, '')
}

/** An address without what sheets put around it: spaces, full-width signs, `mailto:`. */
export function readEmail(text: string): string {
  const address = plain(text)
    .replace(/\s/g, '')
    .replace(/^mailto:/i, '')
  if (!isEmail(address)) throw new ValueProblem('email_malformed')
  return address
}

/** Yuan as written into fen, digit by digit: `¥1,280.50`, `1280元`. */
export function readFen(text: string): number {
  const amount = plain(text)
    .replace(/^(rmb|cny|¥)\s*/i, '')
    .replace(/\s*元$/, '')
  const match = /^(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2})0*)?$/.exec(amount)
  const yuan = match?.[1]?.replaceAll(',', '')
  if (yuan === undefined || yuan.length > 12) throw new ValueProblem('amount_malformed')
  return Number(`${yuan}${(match?.[2] ?? '').padEnd(2, '0')}`)
}

/** `5`, `5.0`, and where a unit is usual `5分`. */
export function readWhole(text: string): number {
  const match = /^(\d{1,9})(?:\.0+)?\s*[分次件个支盒瓶]?$/.exec(plain(text))
  if (!match?.[1]) throw new ValueProblem('number_malformed')
  return Number(match[1])
}

/** One of a closed list, by any of its names. */
export function readWord<T>(text: string, words: ReadonlyMap<string, T>): T {
  const found = words.get(bare(text))
  if (found === undefined) throw new ValueProblem('unknown_word', plain(text).slice(0, 30))
  return found
}
export const wordsOf = <T>(table: readonly (readonly [T, ...string[]])[]): ReadonlyMap<string, T> =>
  new Map(table.flatMap(([value, ...names]) => names.map((name) => [bare(name), value] as const)))

/** Which session of how many: `3`, `第3次`, `3/10`, `第3次/共10次`; `of` is null where the cell doesn't say it. */
export function readSession(text: string): { session: number; of: number | null } {
  const match = /^第?\s*(\d{1,3})\s*次?(?:\s*\/\s*共?\s*(\d{1,3})\s*次?)?$/.exec(plain(text))
  if (!match) throw new ValueProblem('number_malformed')
  return { session: Number(match[1]), of: match[2] === undefined ? null : Number(match[2]) }
}

/** A list in one cell. */
export const readList = (text: string): string[] => [
  ...new Set(
    text
      .split(/[、,，;；|\n]/)
      .map(plain)
      .filter(Boolean),
  ),
]

/** `14:00-16:00`, `14:00~16:00`, `14点至16点`. */
export function readSpan(text: string): { from: TimeOfDay; to: TimeOfDay } {
  const match = /^(\d{1,2})[:点时](\d{2})?分?\s*(?:-|~|–|—|至|到)\s*(\d{1,2})[:点时](\d{2})?分?$/.exec(plain(text))
  const [, h1 = '', m1 = '00', h2 = '', m2 = '00'] = match ?? []
  if (!match || Number(h1) > 23 || Number(h2) > 24) throw new ValueProblem('value_malformed')
  return { from: `${h1.padStart(2, '0')}:${m1}`, to: `${h2.padStart(2, '0')}:${m2}` }
}

export interface ReadInstant {
  at: Date
  /** The cell names a day only, or its first moment, as databases write a day. */
  dayOnly: boolean
}

const DATE = /^(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?/
const COMPACT = /^(\d{4})(\d{2})(\d{2})(?!\d)/
const TIME =
  /^(?:T|\s)*(上午|下午|中午|晚上|早上|am|pm)?\s*(\d{1,2})(?::|时|点)\s*(?:(\d{1,2})(?:(?::|分)\s*(?:(\d{1,2})(?:[.,]\d+)?秒?)?)?)?\s*(am|pm)?\s*(Z|[+-]\d{2}:?\d{2})?$/i
const SERIAL = /^(\d{5})(?:\.(\d+))?$/
/** The digit after the serial's day that Excel can still mean: less than a millisecond of a day. */
const FRACTION_DIGITS = 10
const SECONDS_OF_DAY = 86_400
/** Day 0, for all days after the 29 February 1900 that spreadsheets believe in. */
const SERIAL_ZERO: Day = '1899-12-30'

/** Wall time of a store, or an instant with its own offset, or the serial number of a spreadsheet that has lost its format. */
export function readInstant(text: string, zone: string): ReadInstant {
  const said = plain(text)
  const serial = SERIAL.exec(said)
  if (serial) return fromSerial(Number(serial[1]), serial[2] ?? '', zone)
  const date = DATE.exec(said) ?? COMPACT.exec(said)
  if (!date) throw new ValueProblem('date_malformed')
  const [whole, year = '', month = '', date_ = ''] = date
  const day = dayFrom(Number(year), Number(month), Number(date_))
  const rest = said.slice(whole.length).replace(/^\s*\(?(星期|周)[一二三四五六日天]\)?/, '')
  // A column for the day and one for the time, which repeats the day.
  if (DATE.test(rest.trim())) return readInstant(rest, zone)
  if (rest.trim() === '') return { at: wallTime(day, 0, zone), dayOnly: true }
  const { seconds, offset } = timeFrom(rest)
  if (offset === null) return { at: wallTime(day, seconds, zone), dayOnly: seconds === 0 }
  return { at: addMs(wallTime(day, seconds, 'UTC'), -offset * SECOND_MS), dayOnly: false }
}

function timeFrom(text: string): { seconds: number; offset: number | null } {
  const match = TIME.exec(text)
  if (!match) throw new ValueProblem('date_malformed')
  const [, before = '', hours = '', minutes = '0', seconds = '0', after = '', zone] = match
  const half = (before || after).toLowerCase()
  let hour = Number(hours)
  if (['下午', '晚上', 'pm'].includes(half) && hour < 12) hour += 12
  if (half === '中午' && hour < 11) hour += 12
  if (['上午', '早上', 'am'].includes(half) && hour === 12) hour = 0
  if (hour > 23 || Number(minutes) > 59 || Number(seconds) > 59) throw new ValueProblem('date_out_of_range')
  return { seconds: hour * 3_600 + Number(minutes) * 60 + Number(seconds), offset: zone ? offsetOf(zone) : null }
}

function offsetOf(zone: string): number {
  if (/^z$/i.test(zone)) return 0
  const [, sign, hours, minutes] = /^([+-])(\d{2}):?(\d{2})$/.exec(zone) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3_600 + Number(minutes) * 60)
}

const two = (n: number) => String(n).padStart(2, '0')

/** @throws ValueProblem date_out_of_range: no such day, or a year that is a typing error */
function dayFrom(year: number, month: number, date: number): Day {
  const last = month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
  if (year < 1900 || year > 2199 || month < 1 || month > 12 || date < 1 || date > last)
    throw new ValueProblem('date_out_of_range')
  return `${year}-${two(month)}-${two(date)}`
}
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

const wallTime = (day: Day, seconds: number, zone: string): Date =>
  addMs(
    atTime(day, `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}`, zone),
    (seconds % 60) * SECOND_MS,
  )

function fromSerial(days: number, decimals: string, zone: string): ReadInstant {
  const { day, seconds } = serialParts(days, decimals)
  return { at: wallTime(day, seconds, zone), dayOnly: seconds === 0 }
}

/** The day and the second of the day that a spreadsheet's serial number stands for. */
export function serialParts(days: number, decimals: string): { day: Day; seconds: number } {
  // Whole numbers of ten-billionths: a day's part as a float would round 14:30 to 14:29:59 now and then.
  const part = Number(decimals.slice(0, FRACTION_DIGITS).padEnd(FRACTION_DIGITS, '0'))
  const seconds = Math.round((part * SECONDS_OF_DAY) / 10 ** FRACTION_DIGITS)
  const carry = Math.floor(seconds / SECONDS_OF_DAY)
  return { day: addDays(SERIAL_ZERO, days + carry), seconds: seconds % SECONDS_OF_DAY }
}
