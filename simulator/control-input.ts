/** What the control API takes in, checked. */
import { text } from './api/types.ts'
import type { FollowerReport } from './clock.ts'
import type { FaultSpec } from './faults.ts'

/** Milliseconds, or an ISO duration of days, hours, minutes and seconds; NaN for anything else. */
export function durationMs(value: unknown): number {
  if (typeof value === 'number') return value
  const match = /^P(?=.)(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(text(value))
  if (!match) return Number.NaN
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map((part) => Number(part ?? 0))
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
}

/** Null when it is no report. */
export function followerReportOf(body: Record<string, unknown>): FollowerReport | null {
  const { id, epoch, idle, nextDueAt = null, waitMs = 0 } = body
  const isDue = nextDueAt === null || !Number.isNaN(Date.parse(text(nextDueAt)))
  if (!text(id) || !Number.isInteger(epoch) || typeof idle !== 'boolean' || !isDue) return null
  return {
    id: text(id),
    epoch: Number(epoch),
    idle,
    nextDueAt: nextDueAt === null ? null : text(nextDueAt),
    waitMs: Number(waitMs) || 0,
  }
}

/** The fault, or a sentence on what is wrong with it. */
export function faultOf(body: Record<string, unknown>): FaultSpec | string {
  const { path, errcode, latencyMs, drop, duplicate, reorder, times, rate } = body
  if (!text(path)) return 'a fault needs a path (or *, or callback)'
  const isWhole = (value: unknown) => value === undefined || Number.isInteger(value)
  if (!isWhole(errcode) || !isWhole(times)) return 'errcode and times are whole numbers'
  const isAmount = (value: unknown) => value === undefined || (typeof value === 'number' && value >= 0)
  if (!isAmount(latencyMs) || !isAmount(rate)) return 'latencyMs and rate are numbers from 0'
  if (drop !== undefined && drop !== 'before' && drop !== 'after') return 'drop is "before" or "after"'
  if ([errcode, latencyMs, drop, duplicate, reorder].every((one) => one === undefined))
    return 'a fault needs one of errcode, latencyMs, drop, duplicate, reorder'
  const given = { errcode, latencyMs, drop, duplicate, reorder, times, rate }
  return { path: text(path), ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}
