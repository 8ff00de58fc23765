/** Days of the demo's clinics, which are all in China. */
export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS
const CHINA_MS = 8 * 60 * MINUTE_MS

/** `YYYY-MM-DD` of an instant in China, some days later. */
export const chinaDay = (at: Date, later = 0): string =>
  new Date(at.getTime() + CHINA_MS + later * DAY_MS).toISOString().slice(0, 10)

/** An instant of a day in China; minutes after midnight. */
export const chinaTime = (day: string, minutes: number): Date =>
  new Date(Date.parse(`${day}T00:00:00+08:00`) + minutes * MINUTE_MS)
