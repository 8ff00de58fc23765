/**
 * What the clinic's people have moved by hand, by the clinic's own record: the promise is then that of the new days. A server
 * that says so alone has moved nothing.
 */
import { Temporal } from 'temporal-polyfill'
import { type Calendar, type Expected, spread, type Treatment, takenBy, type Window, windowOf } from './expected.ts'
import type { Row } from './table.ts'

export interface Promised {
  window: Window
  isCancelled: boolean
  /** Why the world itself doesn't expect it any more. */
  taken: string | null
}

export interface Carrier extends Expected {
  /** Of the same treatment: whoever moves it moves what it has taken along. */
  isOwn: boolean
}

/** `carrier`: the contact that it is merged into. */
export function promised(
  expected: Expected,
  carrier: Carrier | null,
  treatment: Treatment,
  calendar: Calendar,
): Promised {
  const { row } = expected
  const own = windowOf(row, treatment, calendar, carrier?.row ?? null)
  const taken = takenBy(row, treatment, calendar)
  const moved = follow(expected, own, treatment, calendar, carrier?.row ?? null)
  // What a person has set stays, whatever facts take away; but a session that has been needs no reminder.
  if (moved) return { ...moved, taken: row.of === 'next session' ? taken : null }
  if (carrier?.isOwn && !row.guidance) {
    const before = windowOf(carrier.row, treatment, calendar)
    const along = follow(carrier, before, treatment, calendar, null)
    // They were one contact, because their days had met.
    if (along && !along.isCancelled && before.from < own.to && own.from < before.to) return { ...along, taken: null }
  }
  return { window: own, isCancelled: false, taken }
}

/** Where the moves lead, each made while there was something to move; null where there are none. */
function follow(
  { pathway, step, row }: Expected,
  own: Window,
  { movedByHand = [] }: Treatment,
  calendar: Calendar,
  carriedBy: Row | null,
): { window: Window; isCancelled: boolean } | null {
  let window = own
  let found: { window: Window; isCancelled: boolean } | null = null
  for (const move of movedByHand) {
    if (move.pathway !== pathway || move.step !== step) continue
    // A promise that is broken already isn't mended by moving it. Of a day that nobody had said there was none.
    if (move.at >= window.to && (found || row.of === undefined)) continue
    if (move.to !== null) {
      const [first, last] = typeof move.to === 'string' ? [move.to, move.to] : move.to
      window = spread([Temporal.PlainDate.from(first), Temporal.PlainDate.from(last)], row, calendar, carriedBy)
    }
    found = { window, isCancelled: move.to === null }
  }
  return found
}
