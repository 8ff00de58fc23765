/**
 * The simulator's time. With the real clock it flows and can be jumped ahead; a manual clock stands still until it is moved.
 *
 * Moving goes in hops: to the earliest of what a follower has next, what the simulator has next, and the target. A hop happens
 * only when nothing is in flight, no event is due, and every live follower has said "idle" for the current epoch. The epoch
 * grows with every hop and with everything that can give followers work, so that an older "idle" never counts.
 */

export interface FollowerReport {
  id: string
  epoch: number
  idle: boolean
  nextDueAt: string | null
  /** Hold the answer until the epoch changes, this long at most. */
  waitMs?: number
}

interface FollowerState {
  epoch: number
  idle: boolean
  nextDueAt: number | null
  seenAt: number
}

interface SimEvent {
  at: number
  key: string
  run: () => Promise<void> | void
}

export class ClockTimeout extends Error {
  readonly notIdle: string[]
  constructor(notIdle: string[]) {
    super(`not idle: ${notIdle.join(', ')}`)
    this.notIdle = notIdle
  }
}

const FOLLOWER_SILENCE_MS = 3_000
const MINUTE_MS = 60_000

export interface SimClock {
  readonly mode: 'real' | 'manual'
  now(): Date
  epoch(): number
  /** Runs `run` at business time `at`; events of one instant run in the order of their keys, one after the other. */
  schedule(at: Date, key: string, run: SimEvent['run']): void
  /** Work that the clock must wait for, e.g. a callback on its way. */
  during<T>(what: string, work: () => Promise<T>): Promise<T>
  /** Something happened that may give followers work. */
  touch(): void
  report(report: FollowerReport): Promise<{ now: string; epoch: number }>
  /** @throws ClockTimeout naming who is not idle */
  moveTo(target: Date, timeoutMs: number): Promise<{ now: Date; hops: number }>
  state(): {
    now: Date
    epoch: number
    mode: string
    nextEventAt: Date | null
    inFlight: string[]
    followers: Record<string, unknown>[]
  }
  close(): void
}

export function createClock({ mode, start }: { mode: 'real' | 'manual'; start?: Date }): SimClock {
  let manualNow = (start ?? new Date()).getTime()
  let offset = mode === 'real' && start ? start.getTime() - Date.now() : 0
  let epoch = 1
  let closed = false
  let moving: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null
  const events: SimEvent[] = []
  const followers = new Map<string, FollowerState>()
  const inFlight = new Map<symbol, string>()
  const waiters = new Set<() => void>()

  const now = () => (mode === 'manual' ? manualNow : Date.now() + offset)
  const signal = () => {
    for (const wake of [...waiters]) wake()
  }
  const touch = () => {
    epoch += 1
    signal()
  }
  /** Resolves at the next change of anything, or after `ms`. */
  const change = (ms: number) =>
    new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(limit)
        waiters.delete(done)
        resolve()
      }
      const limit = setTimeout(done, ms)
      waiters.add(done)
    })

  function live(): [string, FollowerState][] {
    const oldest = Date.now() - FOLLOWER_SILENCE_MS
    for (const [id, state] of followers) if (state.seenAt < oldest) followers.delete(id)
    return [...followers]
  }

  async function runDueEvents(): Promise<void> {
    if (running) return running
    running = (async () => {
      while (!closed && events[0] && events[0].at <= now()) {
        const event = events.shift() as SimEvent
        try {
          await event.run()
        } catch (error) {
          process.stderr.write(
            `simulator event ${event.key} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
          )
        }
        touch()
      }
    })()
    try {
      await running
    } finally {
      running = null
      arm()
    }
  }

  /** With the real clock, events come by themselves. */
  function arm(): void {
    if (mode !== 'real' || closed) return
    clearTimeout(timer)
    const next = events[0]
    if (next) timer = setTimeout(() => void runDueEvents(), Math.min(2 ** 31 - 1, Math.max(0, next.at - now())))
  }

  function notIdle(): string[] {
    return [
      ...inFlight.values(),
      ...live().flatMap(([id, state]) => (state.idle && state.epoch === epoch ? [] : [`follower ${id}`])),
    ]
  }

  async function settle(deadline: number): Promise<void> {
    for (;;) {
      if (inFlight.size === 0) await runDueEvents()
      const waitingFor = notIdle()
      if (waitingFor.length === 0 && !(events[0] && events[0].at <= now())) return
      if (Date.now() >= deadline) throw new ClockTimeout(waitingFor)
      await change(Math.min(100, deadline - Date.now()))
    }
  }

  const set = (to: number) => {
    if (mode === 'manual') manualNow = Math.max(manualNow, to)
    else offset += Math.max(0, to - now())
    touch()
  }

  async function move(target: number, timeoutMs: number): Promise<{ now: Date; hops: number }> {
    const deadline = Date.now() + timeoutMs
    touch() // what came in since the last move isn't covered by an older "idle"
    for (let hops = 0; ; hops++) {
      await settle(deadline)
      if (now() >= target) return { now: new Date(now()), hops }
      const dues = live().flatMap(([, { nextDueAt }]) =>
        nextDueAt === null ? [] : [Math.ceil(nextDueAt / MINUTE_MS) * MINUTE_MS],
      )
      const candidates = [target, ...dues, ...(events[0] ? [events[0].at] : [])].filter((at) => at > now())
      set(Math.min(...candidates))
    }
  }

  return {
    mode,
    now: () => new Date(now()),
    epoch: () => epoch,
    touch,
    schedule(at, key, run) {
      const event = { at: at.getTime(), key, run }
      let low = 0
      let high = events.length
      while (low < high) {
        const middle = (low + high) >> 1
        const other = events[middle] as SimEvent
        if (other.at < event.at || (other.at === event.at && other.key <= event.key)) low = middle + 1
        else high = middle
      }
      events.splice(low, 0, event)
      if (low === 0) arm()
    },
    async during(what, work) {
      const id = Symbol(what)
      inFlight.set(id, what)
      try {
        return await work()
      } finally {
        inFlight.delete(id)
        touch()
      }
    },
    async report({ id, epoch: workedFor, idle, nextDueAt, waitMs = 0 }) {
      followers.set(id, {
        epoch: workedFor,
        idle,
        nextDueAt: nextDueAt === null ? null : Date.parse(nextDueAt),
        seenAt: Date.now(),
      })
      signal()
      const until = Date.now() + Math.min(1_000, waitMs)
      while (!closed && epoch === workedFor && Date.now() < until) {
        await change(until - Date.now())
        const state = followers.get(id)
        if (state) state.seenAt = Date.now()
      }
      return { now: new Date(now()).toISOString(), epoch }
    },
    moveTo(target, timeoutMs) {
      const turn = moving.then(() => move(target.getTime(), timeoutMs))
      moving = turn.catch(() => undefined)
      return turn
    },
    state: () => ({
      now: new Date(now()),
      epoch,
      mode,
      nextEventAt: events[0] ? new Date(events[0].at) : null,
      inFlight: [...inFlight.values()],
      followers: live().map(([id, state]) => ({
        id,
        ...state,
        nextDueAt: state.nextDueAt === null ? null : new Date(state.nextDueAt),
      })),
    }),
    close() {
      closed = true
      clearTimeout(timer)
      signal()
    },
  }
}
