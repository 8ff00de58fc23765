/** Where the world tells the killer that something is happening: at the simulator's taps, and at the doors to the database. */
import type { Simulator } from '../../simulator/index.ts'
import type { Cut } from './gateway.ts'
import type { Killer, Slot } from './killer.ts'
import type { Observer } from './observe.ts'
import { cellOf, channelAt, POINTS } from './targets.ts'
import type { Command } from './wire.ts'

/** Kills whoever asks the simulator for something, when it is time. */
export function killAtRequests(simulator: Simulator, killer: Killer, slots: readonly Slot[]): void {
  simulator.tap(async ({ stage, path, host }) => {
    const channel = channelAt(path)
    const slot = slots.find((one) => host.startsWith(`${one.host}:`))
    if (!channel || !slot) return undefined
    const place = cellOf(stage, channel)
    if (!killer.meets(slot, place)) return undefined
    const earlier = killer.kills.filter((kill) => kill.place === place).length
    await killer.kill(slot, place)
    // A request whose sender is dead may still be worked on, or get lost on the way: by turns.
    return stage === 'received' && earlier % 2 === 1 ? 'drop' : undefined
  })
}

/** The cut, if it is time, for a command that comes through the door of `slot`. */
export function cutAt(killer: Killer, observer: Observer, slot: Slot, command: Command): Cut | null {
  for (const [place, { when, matches, proof }] of Object.entries(POINTS)) {
    if (!matches(command) || !killer.meets(slot, place)) continue
    return { when, run: () => void killer.kill(slot, place, proof && (() => proof(command, observer))) }
  }
  return null
}
