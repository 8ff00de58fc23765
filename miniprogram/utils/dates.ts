/** Days and hours in words, in the clinics' own zone: whoever travels still sees when the clinic means. */

const OFFSET_MS = 8 * 3_600_000
const DAY_MS = 86_400_000
const WEEKDAYS = ['日', '一', '二', '三', '四', '五', '六']

const two = (n: number): string => String(n).padStart(2, '0')
const utcOf = (day: string): Date => new Date(`${day}T00:00:00Z`)

/** 3月12日 周四; with the year where it is not `today`'s. */
export function dayWords(day: string, today?: string): string {
  const date = utcOf(day)
  const year = today !== undefined && today.slice(0, 4) !== day.slice(0, 4) ? `${day.slice(0, 4)}年` : ''
  return `${year}${date.getUTCMonth() + 1}月${date.getUTCDate()}日 周${WEEKDAYS[date.getUTCDay()]}`
}

/** 3月12日 周四 14:30 */
export function instantWords(instant: string): string {
  const local = new Date(Date.parse(instant) + OFFSET_MS)
  return `${dayWords(local.toISOString().slice(0, 10))} ${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`
}

/** 2026年3月12日 14:30 */
export function fullInstantWords(instant: string): string {
  const local = new Date(Date.parse(instant) + OFFSET_MS)
  return `${local.getUTCFullYear()}年${local.getUTCMonth() + 1}月${local.getUTCDate()}日 ${two(local.getUTCHours())}:${two(local.getUTCMinutes())}`
}

export const addDays = (day: string, n: number): string =>
  new Date(utcOf(day).getTime() + n * DAY_MS).toISOString().slice(0, 10)

/** 今天, 明天, 后天, 3 天后; null for what is past or further than two weeks away. */
export function nearWords(day: string, today: string): string | null {
  const days = Math.round((utcOf(day).getTime() - utcOf(today).getTime()) / DAY_MS)
  if (days < 0 || days > 14) return null
  return ['今天', '明天', '后天'][days] ?? `${days} 天后`
}

/** An instant or a day as the server writes it in words; anything else as it is. */
export function timeWords(text: string): string {
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return fullInstantWords(text)
  return /^\d{4}-\d\d-\d\d$/.test(text) ? dayWords(text, '') : text
}
