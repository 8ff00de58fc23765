/** A spreadsheet's cell as the text that a person sees. Pure. */
import { serialParts } from './values.ts'

/** Days between the two beginnings of time that spreadsheets know. */
const SHIFT_1904 = 1_462
/** 31 December 9999. */
const LAST_DAY = 2_958_465
/** What a spreadsheet shows of a number; more digits are only how it keeps it: 1280.1 as 1280.0999999999999. */
const SHOWN_DIGITS = 15

/** `type` as in the file: n, b, e, str, inlineStr, d. */
export function cellText(type: string, value: string, isDate: boolean, since1904 = false): string {
  if (value === '') return ''
  if (type === 'b') return value === '1' ? '是' : '否'
  if (type === 'd') return value
  if (type !== 'n') return value
  const number = decimal(value)
  if (number === null) return value
  return isDate ? dateText(number, since1904) : number
}

/** Without the last, invisible digits. A longer whole number has lost some, and keeps the exponent that says so. */
function decimal(value: string): string | null {
  const number = Number(value)
  if (!Number.isFinite(number)) return null
  const shown = Number(number.toPrecision(SHOWN_DIGITS))
  if (Math.abs(shown) >= 10 ** SHOWN_DIGITS) return shown.toExponential()
  return Math.abs(shown) < 1e-6 ? shown.toFixed(12).replace(/\.?0+$/, '') : String(shown)
}

const two = (n: number) => String(n).padStart(2, '0')

/** `2026-03-02`, `2026-03-02 14:30:00`, or `14:30:00` where the cell has no day. */
function dateText(number: string, since1904: boolean): string {
  const match = /^(\d+)(?:\.(\d+))?$/.exec(number)
  const whole = Number(match?.[1])
  if (!match || whole > LAST_DAY) return number
  const days = whole + (since1904 ? SHIFT_1904 : 0)
  const { day, seconds } = serialParts(days, match[2] ?? '')
  const time = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  if (whole === 0) return time
  return seconds === 0 ? day : `${day} ${time}`
}
