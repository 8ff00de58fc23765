/** What happened in customer service, in order, for three days: the log that `kf/sync_msg` reads by cursor. */
import type { Callbacks } from '../callbacks.ts'
import { chance, opaque } from '../chance.ts'
import type { SimClock } from '../clock.ts'
import { createCounters } from '../counters.ts'
import type { Customer, World } from '../state.ts'
import { ApiError, text, whole } from './values.ts'

const LOG_MS = 3 * 24 * 3_600_000
const TOKEN_MS = 10 * 60_000
const PAGE = 1_000
const EMPTY_PAGES = 0.05

export interface LogPorts {
  clock: SimClock
  callbacks: Callbacks
}

export interface KfLog {
  /** Adds a message and signals the server, which then pulls. Returns the msgid. */
  push(ports: LogPorts, customer: Customer, message: Record<string, unknown>): string
  /** An event carries its ids inside; the message around it has none. */
  pushEvent(ports: LogPorts, customer: Customer, eventType: string, fields: Record<string, unknown>): string
  /** As `kf/sync_msg` answers. @throws ApiError 40058, 50100, 95007 */
  page(now: Date, body: Record<string, unknown>): Record<string, unknown>
  /** Ids of the messages that the next page would bring. */
  waiting(now: Date, body: Record<string, unknown>): string[]
}

export function createKfLog(world: World): KfLog {
  const log: { seq: number; at: number; message: Record<string, unknown> & { msgid: string } }[] = []
  const tokens = new Map<string, number>()
  const counters = createCounters(world.seed)
  let seq = 0

  function forget(now: number): void {
    while (log[0] && log[0].at <= now - LOG_MS) log.shift()
    for (const [token, until] of tokens) {
      if (until > now) break
      tokens.delete(token)
    }
  }

  function after(now: Date, body: Record<string, unknown>): typeof log {
    forget(now.getTime())
    const from = Number(text(body.cursor).split('e')[0]) || 0
    return log.filter((entry) => entry.seq > from)
  }
  const limitOf = (body: Record<string, unknown>) => whole(body.limit, 0) || PAGE

  function push({ clock, callbacks }: LogPorts, { personId }: Customer, message: Record<string, unknown>): string {
    const now = clock.now().getTime()
    const n = counters.next(personId)
    const msgid = opaque(32, world.seed, 'kf logged', personId, n)
    const token = `ENC${opaque(60, world.seed, 'kf token', personId, n)}`
    forget(now)
    seq += 1
    log.push({ seq, at: now, message: { msgid, send_time: Math.floor(now / 1000), ...message } })
    tokens.set(token, now + TOKEN_MS)
    callbacks.wecom(`kf ${personId}`, {
      MsgType: 'event',
      Event: 'kf_msg_or_event',
      Token: token,
      OpenKfId: world.corp.openKfId,
    })
    return msgid
  }

  return {
    push,
    pushEvent: (ports, customer, eventType, fields) =>
      push(ports, customer, {
        origin: 4,
        msgtype: 'event',
        event: {
          event_type: eventType,
          open_kfid: world.corp.openKfId,
          external_userid: customer.externalUserId,
          ...fields,
        },
      }),
    page(now, body) {
      const limit = limitOf(body)
      if (limit < 1 || limit > PAGE) throw new ApiError(40058, 'invalid parameter: limit')
      const token = text(body.token)
      if (token && (tokens.get(token) ?? 0) <= now.getTime()) throw new ApiError(95007, 'invalid sync token')
      const cursor = text(body.cursor)
      if (cursor && !/^\d+(e\d+)?$/.test(cursor)) throw new ApiError(50100, 'invalid cursor')
      const [from = 0, empties = 0] = cursor.split('e').map(Number)
      // Of another world, or made up.
      if (from > seq) throw new ApiError(50100, 'invalid cursor')
      const found = after(now, body)
      // The vendor says that a page may be empty while more follows: now and then it is.
      if (found.length > 0 && empties === 0 && chance(world.seed, 'empty page', from) < EMPTY_PAGES)
        return { next_cursor: `${from}e1`, has_more: 1, msg_list: [] }
      const page = found.slice(0, limit)
      return {
        next_cursor: String(page.at(-1)?.seq ?? from),
        has_more: found.length > limit ? 1 : 0,
        msg_list: page.map(({ message }) => message),
      }
    },
    waiting: (now, body) =>
      after(now, body)
        .slice(0, limitOf(body))
        .map(({ message }) => message.msgid),
  }
}
