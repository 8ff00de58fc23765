/** What the control API takes in, checked. */
import { text } from './api/types.ts'
import type { CallbackTargets } from './callbacks.ts'
import type { FollowerReport } from './clock.ts'
import type { FaultSpec } from './faults.ts'

const UNIT_MS: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds, a whole number with its unit such as `90m`, or an ISO duration up to days; NaN for anything else. */
export function durationMs(value: unknown): number {
  if (typeof value === 'number') return value
  const short = /^(\d+)(ms|s|m|h|d)$/.exec(text(value))
  if (short) return Number(short[1]) * (UNIT_MS[short[2] ?? ''] ?? Number.NaN)
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

/** Callbacks as a place of faults, beside the paths of APIs. */
export const CALLBACK = 'callback'

/** The path that is meant: as it is, or the end of one path only (`kf/send_msg`); null when there is none. */
function pathOf(given: string, known: readonly string[]): string | null {
  if (given === '*' || known.includes(given)) return given
  const end = `/${given.replace(/^\/+/, '')}`
  const found = known.filter((path) => path.endsWith(end))
  return found.length === 1 ? (found[0] ?? null) : null
}

/**
 * The fault, or a sentence on what is wrong with it: one that could never be met is refused, or a test would wait for it.
 *
 * @param paths of every API
 */
export function faultOf(body: Record<string, unknown>, paths: readonly string[]): FaultSpec | string {
  const { errcode, latencyMs, drop, duplicate, reorder, delayMs, times, rate } = body
  const path = pathOf(text(body.path), [...paths, CALLBACK])
  if (!path) return 'path is that of an API here, or *, or callback'
  const ifGiven = (value: unknown, holds: boolean) => value === undefined || holds
  if (!ifGiven(errcode, Number.isInteger(errcode) && errcode !== 0)) return 'errcode is a whole number, not 0'
  if (!ifGiven(times, Number.isInteger(times) && Number(times) > 0)) return 'times is a whole number from 1'
  if (!ifGiven(latencyMs, typeof latencyMs === 'number' && latencyMs >= 0)) return 'latencyMs is a number from 0'
  if (!ifGiven(delayMs, typeof delayMs === 'number' && delayMs >= 0)) return 'delayMs is a number from 0'
  if (!ifGiven(rate, typeof rate === 'number' && rate >= 0 && rate <= 1)) return 'rate is a number from 0 to 1'
  if (!ifGiven(drop, drop === 'before' || drop === 'after')) return 'drop is "before" or "after"'
  if (![duplicate, reorder].every((one) => ifGiven(one, typeof one === 'boolean')))
    return 'duplicate and reorder are true or false'
  if ([errcode, latencyMs, drop, delayMs].every((one) => one === undefined) && !duplicate && !reorder)
    return 'a fault needs one of errcode, latencyMs, drop, duplicate, reorder, delayMs'
  if (path === CALLBACK && errcode !== undefined) return 'a callback has no errcode'
  if (path !== CALLBACK && (duplicate || reorder || delayMs !== undefined))
    return 'only a callback is duplicated, reordered or delayed'
  const given = { errcode, latencyMs, drop, duplicate, reorder, delayMs, times, rate }
  return { path, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) }
}

/** Dates beyond it have more digits than an instant is written with. */
export const LATEST = Date.parse('9999-12-31T00:00:00Z')

/** Where time shall move to and how long that may take, or a sentence on what is wrong with it. */
export function clockMoveOf(
  { advance, to, timeoutMs }: Record<string, unknown>,
  now: Date,
): { target: Date; timeoutMs: number | undefined } | string {
  if ((advance === undefined) === (to === undefined)) return 'give advance (ms, 90m, ISO duration) or to (ISO instant)'
  const target = to === undefined ? now.getTime() + durationMs(advance) : Date.parse(text(to))
  if (!(target <= LATEST))
    return 'advance is ms, like 90m, or an ISO duration; to is an ISO instant before the year 10000'
  if (timeoutMs !== undefined && !(typeof timeoutMs === 'number' && timeoutMs >= 0))
    return 'timeoutMs is a number from 0'
  return { target: new Date(target), timeoutMs }
}

const ADDRESSES = ['wecomUrl', 'wechatUrl', 'appUrl'] as const

/** What is to change about where callbacks go, null for an address that is emptied; or a sentence on what is wrong with it. */
export function targetsOf(body: Record<string, unknown>): Partial<CallbackTargets> | string {
  const named = ADDRESSES.filter((name) => body[name] !== undefined)
  const isEmpty = (value: unknown) => value === null || value === ''
  const isAddress = (value: unknown) => /^https?:\/\//.test(text(value)) && URL.canParse(text(value))
  const wrong = named.find((name) => !isEmpty(body[name]) && !isAddress(body[name]))
  if (wrong) return `${wrong} is an http(s) address, or null`
  const chosen: [string, readonly string[]][] = [
    ['wecomFormat', ['xml', 'json']],
    ['wechatFormat', ['json', 'xml']],
    ['wechatMode', ['safe', 'plain', 'compatible']],
  ]
  const bad = chosen.find(([name, choices]) => body[name] !== undefined && !choices.includes(text(body[name])))
  if (bad) return `${bad[0]} is one of ${bad[1].join(', ')}`
  const addresses = Object.fromEntries(named.map((name) => [name, isEmpty(body[name]) ? null : text(body[name])]))
  const modes = chosen.flatMap(([name]) => (body[name] === undefined ? [] : [[name, body[name]]]))
  return { ...addresses, ...Object.fromEntries(modes) }
}
