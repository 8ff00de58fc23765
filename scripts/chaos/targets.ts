/** Where processes are to be killed, and how often yet. */
import type { Document } from 'mongodb'
import type { Observer } from './observe.ts'
import type { Command } from './wire.ts'

/** The simulator has the request · it has acted and not answered · its answer has left. */
export const STAGES = ['received', 'acted', 'answered'] as const
export const CHANNELS = {
  kf: '/cgi-bin/kf/send_msg',
  app: '/cgi-bin/message/send',
  subscribe: '/cgi-bin/message/subscribe/send',
} as const

export type Channel = keyof typeof CHANNELS
export type Stage = (typeof STAGES)[number]

export const cellOf = (stage: Stage, channel: Channel): string => `${stage} · ${channel}`
export const CELLS: readonly string[] = STAGES.flatMap((stage) =>
  (Object.keys(CHANNELS) as Channel[]).map((channel) => cellOf(stage, channel)),
)
export const channelAt = (path: string): Channel | null =>
  (Object.keys(CHANNELS) as Channel[]).find((channel) => CHANNELS[channel] === path) ?? null

/** A place between two commands to the database. */
export interface Point {
  /** `before`: the command never arrives. `after`: it is done and the process doesn't learn of it. */
  when: 'before' | 'after'
  matches: (command: Command) => boolean
  /** Asked after the kill: was the process where it should have been? */
  proof?: (command: Command, observer: Pick<Observer, 'isHalfFired'>) => Promise<boolean>
}

const sets = ({ body }: Command): Record<string, unknown>[] =>
  ((body.updates ?? []) as { u?: { $set?: Record<string, unknown> } }[]).map(({ u }) => u?.$set ?? {})
/** One row, or several that become the same. */
const idsOf = (body: Document): string[] =>
  ((body.updates ?? []) as { q: { _id: string | { $in: string[] } } }[]).flatMap(({ q }) =>
    typeof q._id === 'string' ? [q._id] : q._id.$in,
  )
const isHalfFired: Point['proof'] = ({ body }, observer) => observer.isHalfFired(idsOf(body))
const updating = (collection: string, what: (set: Record<string, unknown>) => boolean) => (command: Command) =>
  command.name === 'update' && command.collection === collection && sets(command).some(what)

const isEnqueued = updating('care_steps', ({ status }) => status === 'enqueued')
const isCalling = updating('care_steps', ({ status }) => status === 'calling')
const isOutcome = updating('outbox', ({ status }) => status === 'settling')

/** In the order of a contact's life. */
export const POINTS: Record<string, Point> = {
  'outbox row inserted, step not marked': { when: 'before', matches: isEnqueued, proof: isHalfFired },
  'announcement inserted, call not marked': { when: 'before', matches: isCalling, proof: isHalfFired },
  'step marked': { when: 'after', matches: (command) => isEnqueued(command) || isCalling(command) },
  'task inserted, card not': {
    when: 'after',
    matches: ({ name, collection }) => name === 'insert' && collection === 'tasks',
  },
  'intent written, nothing sent': { when: 'after', matches: updating('outbox', ({ status }) => status === 'sending') },
  'sent, outcome not written': { when: 'before', matches: isOutcome },
  'outcome written, nobody told': { when: 'after', matches: isOutcome },
  'told, row not closed': {
    when: 'before',
    matches: updating('outbox', ({ status, dueAt, outcome }) => status === 'sent' && dueAt === null && !outcome),
  },
}

export interface Targets {
  /** Something that could be killed for is happening: is it time? Not every first one is: batches are cut in their middle too. */
  meets(name: string): boolean
  killed(name: string): void
  /** Names that have not had their number yet. */
  open(): string[]
  counts(): Record<string, number>
}

/** How many occurrences pass before the first kill at a place, the second, and so on. */
const PASSES = [0, 3, 1, 5, 0, 2, 4]

export function createTargets(wanted: Readonly<Record<string, number>>): Targets {
  const places = new Map(
    Object.entries(wanted).map(([name, kills], i) => [name, { kills, killed: 0, passes: PASSES[i % 3] ?? 0 }]),
  )
  return {
    meets(name) {
      const place = places.get(name)
      if (!place || place.killed >= place.kills) return false
      if (place.passes > 0) {
        place.passes -= 1
        return false
      }
      return true
    },
    killed(name) {
      const place = places.get(name)
      if (!place) return
      place.killed += 1
      place.passes = PASSES[place.killed % PASSES.length] ?? 0
    },
    open: () => [...places].filter(([, { kills, killed }]) => killed < kills).map(([name]) => name),
    counts: () => Object.fromEntries([...places].map(([name, { killed }]) => [name, killed])),
  }
}

/** So many kills at every place there is. */
export const everywhere = (kills: number): Record<string, number> =>
  Object.fromEntries([...CELLS, ...Object.keys(POINTS)].map((place) => [place, kills]))
