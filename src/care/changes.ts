/** What a plan keeps of its changes: what facts have moved, and what people have decided. */
import type { Day } from '../platform/calendar.ts'
import type { HandPin, Wanted } from './wanted.ts'

/** What a correction did to a plan: ids of steps. Those that are left out stayed as they were. */
export interface PlanChange {
  /** What caused it: a repeat is not a second change. */
  id: string
  at: Date
  cause: string
  moved: string[]
  dropped: string[]
  added: string[]
  /** The days of those that moved, and why where the rules say so. */
  moves: { id: string; from: Day | null; to: Day | null; reason: string | null }[]
  /** Anchors of which a doctor was asked for the day. */
  asked: string[]
  /** What had been wanted of each step that other facts moved, and what is wanted now: what can be put back. */
  wants?: { id: string; before: Wanted; after: Wanted }[]
  /** Of a change that a person made. */
  hand?: HandMade
  /** Of a migration: what the plan follows instead. */
  versions?: { pathway: string; from: number; to: number }[]
}

export interface HandMade {
  byUserId: string
  /** Sealed: why, in the person's words. */
  words: string
  /** Keyed digest of what was asked for: the same number with another wish is refused. */
  digest: string
  /** Decisions about steps, as they were and as they are now. */
  pins: { stepId: string; before: HandPin | null; after: HandPin | null }[]
  /** Days inside windows that it brings back. */
  days?: { id: string; day: Day }[]
  /** The change that it takes back. */
  undoes: string | null
  /** Steps of that change which stayed where they were. */
  left: { id: string; why: NotPutBack }[]
}
/** Why a step is not put back: `happened` or `under_way`, its old day is over, it has changed since, or it goes by the hour. */
export const NOT_PUT_BACK = ['happened', 'under_way', 'day_over', 'changed_since', 'goes_by_the_hour'] as const
export type NotPutBack = (typeof NOT_PUT_BACK)[number]
