/**
 * The simulator's time. With the real clock it flows and can be jumped ahead; a manual clock stands still until it is moved.
 *
 * Moving goes in hops: to the earliest of what a follower has next, what the simulator has next, and the target. A hop happens
 * only when nothing is in flight, no event is due, and every live follower has said "idle" for the current epoch. The epoch
 * grows with every hop and with everything that can give followers work, so that an older "idle" never counts. While
 * something is still on its way the growth is held back to its end: one new epoch then covers all of it.
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
  /** Beat. */
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

/**
 * Silence is counted in beats of our own, not by the wall: what keeps this process busy for seconds may be what keeps a follower
 * in it from speaking, and a follower that is merely unheard must not be left behind.
 */
const BEAT_MS = 250
const FOLLOWER_SILENCE_BEATS = 12
const MINUTE_MS = 60_000
const LONGEST_WAIT_MS = 1_000

export interface SimClock {
  readonly mode: 'real' | 'manual'
  now(): Date
  epoch(): number
  /** Runs `run` at business time `at`; events of one instant run in the order of their keys, one after the other. */
  schedule(at: Date, key: string, run: SimEvent['run']): void
  /**
   * Work that the clock must wait for, e.g. a callback on its way. At its end followers must confirm again, unless it is
   * `quiet`: a request of theirs gives them no work that they don't know of.
   */
  during<T>(what: string, work: () => Promise<T>, options?: { quiet?: boolean }): Promise<T>
  /** Something happened that may give followers work. */
  touch(): void
  /** `gone` tells that nobody waits for the answer any more; such a follower is silent from its report on. */
  report(report: FollowerReport, gone?: AbortSignal): Promise<{ now: string; epoch: number }>
  /** A follower that stops says so; otherwise its silence is waited for. */
  leave(id: string): void
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
  /** Drops all scheduled events; time stays. */
  clear(): void
  close(): void
}

export interface ClockOptions {
  mode: 'real' | 'manual'
  start?: Date
  /** Told after each hop. */
  onMove?: (now: Date, epoch: number) => void
}

export function createClock({ mode, start, onMove }: ClockOptions): SimClock {
  let manualNow = (start ?? new Date()).getTime()
  let offset = mode === 'real' && start ? start.getTime() - Date.now() : 0
  let epoch = 1
  let closed = false
  let moving: Promise<unknown> = Promise.resolve()
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | null = null
  let unconfirmed = false
  let loud = 0
  const events: SimEvent[] = []
  const followers = new Map<string, FollowerState>()
  const inFlight = new Map<symbol, string>()
  const waiters = new Set<() => void>()
  let beats = 0
  const heart = setInterval(() => {
    beats += 1
  }, BEAT_MS)
  heart.unref()

  const now = () => (mode === 'manual' ? manualNow : Date.now() + offset)
  const signal = () => {
    for (const wake of [...waiters]) wake()
  }
  const touch = () => {
    unconfirmed = true
    bumpWhenQuiet()
  }
  function bumpWhenQuiet(): void {
    if (unconfirmed && loud === 0 && running === null) {
      unconfirmed = false
      epoch += 1
    }
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
    const oldest = beats - FOLLOWER_SILENCE_BEATS
    for (const [id, state] of followers) if (state.seenAt < oldest) followers.delete(id)
    return [...followers]
  }

  const isEventDue = () => events[0] !== undefined && events[0].at <= now()

  async function runDueEvents(): Promise<void> {
    if (running) return running
    if (!isEventDue()) return arm()
    running = (async () => {
      while (!closed && isEventDue()) {
        const event = events.shift() as SimEvent
        try {
          await event.run()
        } catch (error) {
          const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
          process.stderr.write(`simulator event ${event.key} failed: ${detail}\n`)
        }
        unconfirmed = true
        // What one event sends has arrived before the next of the same instant begins: the order never depends on the network.
        while (mode === 'manual' && loud > 0 && !closed) await change(1_000)
      }
    })()
    try {
      await running
    } finally {
      running = null
      bumpWhenQuiet()
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
      ...(running ? ['the simulated people'] : []),
      ...new Set(inFlight.values()),
      ...live().flatMap(([id, state]) => (state.idle && state.epoch === epoch ? [] : [`follower ${id}`])),
    ]
  }

  async function settle(deadline: number): Promise<void> {
    for (;;) {
      const waitingFor = notIdle()
      if (waitingFor.length === 0) {
        if (!isEventDue()) return
        // People act when the server has come to rest at this instant: who was first never depends on the machine.
        void runDueEvents()
        continue
      }
      if (Date.now() >= deadline) throw new ClockTimeout(waitingFor)
      await change(Math.min(100, deadline - Date.now()))
    }
  }

  const set = (to: number) => {
    if (mode === 'manual') manualNow = Math.max(manualNow, to)
    else offset += Math.max(0, to - now())
    touch()
    arm()
    onMove?.(new Date(now()), epoch)
  }

  async function move(target: number, timeoutMs: number): Promise<{ now: Date; hops: number }> {
    const deadline = Date.now() + timeoutMs
    touch() // what came in since the last move isn't covered by an older "idle"
    for (let hops = 0; ; hops++) {
      await settle(deadline)
      const reached = now()
      if (reached >= target) return { now: new Date(reached), hops }
      const dues = live().flatMap(([, { nextDueAt }]) =>
        nextDueAt === null ? [] : [Math.ceil(nextDueAt / MINUTE_MS) * MINUTE_MS],
      )
      const candidates = [target, ...dues, ...(events[0] ? [events[0].at] : [])].filter((at) => at > reached)
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
    async during(what, work, { quiet = false } = {}) {
      const id = Symbol(what)
      inFlight.set(id, what)
      if (!quiet) loud += 1
      try {
        return await work()
      } finally {
        inFlight.delete(id)
        if (quiet) signal()
        else {
          loud -= 1
          touch()
        }
      }
    },
    async report({ id, epoch: workedFor, idle, nextDueAt, waitMs = 0 }, gone) {
      const state = {
        epoch: workedFor,
        idle,
        nextDueAt: nextDueAt === null ? null : Date.parse(nextDueAt),
        seenAt: beats,
      }
      followers.set(id, state)
      gone?.addEventListener('abort', signal, { once: true })
      signal()
      const until = Date.now() + Math.min(LONGEST_WAIT_MS, waitMs)
      while (!closed && !gone?.aborted && epoch === workedFor && Date.now() < until) await change(until - Date.now())
      if (!gone?.aborted) state.seenAt = beats
      return { now: new Date(now()).toISOString(), epoch }
    },
    leave(id) {
      followers.delete(id)
      signal()
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
    clear() {
      events.length = 0
      touch()
    },
    close() {
      closed = true
      clearTimeout(timer)
      clearInterval(heart)
      signal()
    },
  }
}
