/** Frequency limits per corp and API, on business time: past one, the API answers 45009 until the block ends. */
import { ApiError } from './values.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000

export interface Limits {
  /** Calls of one API per minute and hour. */
  perMinute: number
  perHour: number
  /** Calls of one API at the same time; no limit when null. */
  concurrent: number | null
  /** A call begins. @throws ApiError 45033 while too many others go on; otherwise what to call, once or more, at its end */
  begin(path: string): () => void
  /** Counts one call. @throws ApiError 45009 while blocked */
  count(path: string, now: Date): void
}

interface Window {
  startedAt: number
  calls: number
}

export function createLimits(): Limits {
  const minutes = new Map<string, Window>()
  const hours = new Map<string, Window>()
  const blockedUntil = new Map<string, number>()
  const running = new Map<string, number>()

  function isOver(windows: Map<string, Window>, path: string, now: number, length: number, limit: number): boolean {
    const known = windows.get(path)
    const window = known && now - known.startedAt < length ? known : { startedAt: now, calls: 0 }
    window.calls += 1
    windows.set(path, window)
    return window.calls > limit
  }

  const limits: Limits = {
    perMinute: 10_000,
    perHour: 150_000,
    concurrent: null,
    begin(path) {
      const others = running.get(path) ?? 0
      if (limits.concurrent !== null && others >= limits.concurrent)
        throw new ApiError(45033, 'api concurrent out of limit')
      running.set(path, others + 1)
      let isOn = true
      return () => {
        if (isOn) running.set(path, (running.get(path) ?? 1) - 1)
        isOn = false
      }
    },
    count(path, at) {
      const now = at.getTime()
      if ((blockedUntil.get(path) ?? 0) > now) throw new ApiError(45009, 'reach max api frequency limit')
      const overMinute = isOver(minutes, path, now, MINUTE_MS, limits.perMinute)
      const overHour = isOver(hours, path, now, HOUR_MS, limits.perHour)
      if (!overMinute && !overHour) return
      // A minute's limit blocks for a minute, an hour's for an hour; the windows then begin anew.
      blockedUntil.set(path, now + (overHour ? HOUR_MS : MINUTE_MS))
      minutes.delete(path)
      if (overHour) hours.delete(path)
      throw new ApiError(45009, 'reach max api frequency limit')
    },
  }
  return limits
}
