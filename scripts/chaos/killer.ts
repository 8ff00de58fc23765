/** Kills a worker at the instant that is asked for, and starts another in its place. One at a time. */
import type { SimClock } from '../../simulator/index.ts'
import type { Kill } from './judge.ts'
import type { Observer } from './observe.ts'
import type { ServerProcess } from './processes.ts'
import type { Targets } from './targets.ts'

/** One of the two places for a worker; whoever works there comes by its own name and door. */
export interface Slot {
  name: string
  /** Under which the simulator is asked from here. */
  host: string
  process: ServerProcess | null
  start(): Promise<ServerProcess>
}

export interface Killer {
  /** Whether to kill now. Yes means that `kill` follows: until it is over, nobody else is killed. */
  meets(slot: Slot, place: string): boolean
  /** Resolves when the process is dead. `counts` says afterwards whether it was where it should have been. */
  kill(slot: Slot, place: string, counts?: () => Promise<boolean>): Promise<void>
  kills: readonly Kill[]
  /** Rejects as soon as a process can't be killed or started. */
  failed: Promise<never>
}

interface KillerDeps {
  targets: Targets
  clock: SimClock
  observer: Observer
  onKill: (place: string, slot: Slot) => void
}

/** So long, a dead process's last commands may still be on their way into the database. */
const LAST_WORDS_MS = 100

export function createKiller({ targets, clock, observer, onKill }: KillerDeps): Killer {
  const kills: Kill[] = []
  let isBusy = false
  let fail: (error: unknown) => void = () => undefined
  const failed = new Promise<never>((_, reject) => {
    fail = reject
  })
  failed.catch(() => undefined)

  async function bury(kill: Kill, counts: () => Promise<boolean>): Promise<void> {
    const before = await observer.sending()
    await new Promise((done) => setTimeout(done, LAST_WORDS_MS))
    kill.inFlight = [...new Set([...before, ...(await observer.sending())])]
    if (await counts()) targets.killed(kill.place)
    isBusy = false
  }
  async function replace(slot: Slot): Promise<void> {
    slot.process = await slot.start()
  }

  return {
    meets(slot, place) {
      if (isBusy || slot.process === null || !targets.meets(place)) return false
      isBusy = true
      return true
    },
    async kill(slot, place, counts = async () => true) {
      const victim = slot.process
      if (!victim) return fail(new Error(`nobody to kill at ${slot.name}`))
      slot.process = null
      const kill: Kill = { place, worker: slot.name, inFlight: [] }
      kills.push(kill)
      const isDead = await victim.kill()
      if (!isDead) return fail(new Error(`process ${victim.pid} ended before it was killed`))
      onKill(place, slot)
      // Its silence would be waited for; what it leaves behind is due and holds the clock.
      for (const { id } of clock.state().followers)
        if (String(id).startsWith(`worker-${victim.pid}-`)) clock.leave(String(id))
      // Time stands until two work again.
      const work = () => Promise.all([bury(kill, counts), replace(slot)])
      clock.during('a worker starts', work, { quiet: true }).catch(fail)
    },
    kills,
    failed,
  }
}
