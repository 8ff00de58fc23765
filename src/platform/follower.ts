/**
 * Follows a simulator's clock (`CLOCK_URL`; refused in production). Each round drains what is due, then tells the simulator
 * whether this process is idle and when it next wants to be woken; the answer carries business time. The simulator moves its
 * clock only when every follower has confirmed idleness for the current epoch.
 */
import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { json } from 'node:stream/consumers'
import type { Activity } from './activity.ts'
import { instant, type ManualClock } from './clock.ts'
import type { Log } from './log.ts'

export interface Follower {
  /** Learns the simulator's time once, before anything reads the clock. */
  sync(): Promise<void>
  start(): void
  /** Wakes a waiting round: there is work that the simulator doesn't know of. */
  wake(): void
  stop(): Promise<void>
}

export interface FollowerDeps {
  /** Base address of the simulator, or the full address of its clock. */
  clockUrl: string
  id: string
  clock: ManualClock
  activity: Activity
  /** Drains everything due; resolves with the next due instant, whoever holds the row. */
  drainAll: () => Promise<Date | null>
  log: Log
  /** How long the simulator may hold an idle report; default 200 ms. */
  waitAtMostMs?: number
}

interface Reply {
  now: string
  epoch: number
}

/** Design: a follower reports at least every 200 ms; silent for 3 s it is dropped. */
const REPORT_EVERY_MS = 200
const RETRY_MS = 300
/** Between rounds while there is work. */
const BUSY_MS = 10
/** Rather than every 200 ms: five times within the limit is enough, and a drain is busy. */
const BEAT_MS = 600
const REQUEST_TIMEOUT_MS = 5_000

export function createFollower({
  clockUrl,
  id,
  clock,
  activity,
  drainAll,
  log,
  waitAtMostMs = REPORT_EVERY_MS,
}: FollowerDeps): Follower {
  const address = `${clockUrl.replace(/\/_sim\/clock$/, '')}/_sim/clock/followers`
  const stopping = new AbortController()
  let epoch = -1
  let polling: AbortController | null = null
  let woken = false
  let loop: Promise<void> | null = null

  const report = (body: Record<string, unknown>, signal?: AbortSignal): Promise<Reply> =>
    post<Reply>(address, { id, ...body }, signal)

  function adopt(reply: Reply): boolean {
    const fresh = reply.epoch !== epoch
    clock.set(instant(reply.now))
    epoch = reply.epoch
    return fresh
  }

  /** A long drain isn't silence: the simulator drops whoever says nothing for three seconds, and would move on alone. */
  async function whileReporting<T>(work: () => Promise<T>): Promise<T> {
    const beat = setInterval(() => {
      report({ epoch, idle: false, nextDueAt: null, waitMs: 0 }).catch((error: unknown) =>
        log.warn({ err: error }, 'clock follower has no answer'),
      )
    }, BEAT_MS)
    try {
      return await work()
    } finally {
      clearInterval(beat)
    }
  }

  /** Whoever can't look, because the database is gone, isn't idle: time stands still until it can. */
  async function look(): Promise<{ next: Date | null; failed: boolean }> {
    try {
      return { next: await drainAll(), failed: false }
    } catch (error) {
      log.error({ err: error }, 'clock follower cannot look for work')
      return { next: null, failed: true }
    }
  }

  async function round(): Promise<void> {
    woken = false
    const changesBefore = activity.changes
    const { next, failed } = await whileReporting(look)
    const quiet = activity.inFlight === 0 && activity.changes === changesBefore
    const idle = !failed && quiet && (next === null || next > clock.now())
    polling = new AbortController()
    if (woken) polling.abort()
    const startedAt = performance.now()
    try {
      const waitMs = idle ? waitAtMostMs : 0
      const fresh = adopt(await report({ epoch, idle, nextDueAt: next?.toISOString() ?? null, waitMs }, polling.signal))
      // A simulator without long polls answers at once: then the pause is ours.
      const left = (idle ? waitAtMostMs : failed ? RETRY_MS : BUSY_MS) - (performance.now() - startedAt)
      if (!fresh && left > 0) await pause(left, polling.signal)
    } catch (error) {
      if (woken || stopping.signal.aborted) return
      log.warn({ err: error }, 'clock follower has no answer')
      await pause(RETRY_MS, stopping.signal)
    } finally {
      polling = null
    }
  }

  return {
    async sync() {
      adopt(await report({ epoch, idle: false, nextDueAt: null, waitMs: 0 }))
    },
    start() {
      loop = (async () => {
        while (!stopping.signal.aborted) await round()
      })()
    },
    wake() {
      woken = true
      polling?.abort()
    },
    async stop() {
      stopping.abort()
      polling?.abort()
      await loop
    },
  }
}

const agent = new Agent({ keepAlive: true })

/** Asked thousands of times in a demo; node:http answers in a quarter of what `fetch` takes. */
function post<T>(address: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const text = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, timeout: REQUEST_TIMEOUT_MS, ...(signal ? { signal } : {}) }
    const isSecure = address.startsWith('https:')
    const asked = (isSecure ? httpsRequest(address, options) : httpRequest(address, { ...options, agent })).on(
      'response',
      (answer) => {
        json(answer).then((value) => {
          if (answer.statusCode === 200) resolve(value as T)
          else reject(new Error(`clock answers ${answer.statusCode}`))
        }, reject)
      },
    )
    asked.on('timeout', () => asked.destroy(new Error('clock does not answer')))
    asked.on('error', reject)
    asked.end(text)
  })
}

/** Resolves after `ms` or when aborted; never rejects. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    if (signal.aborted) done()
    else signal.addEventListener('abort', done)
  })
