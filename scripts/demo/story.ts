/** The means that the demo's stories are told with: visits, bookings and corrections of one customer. */
import type { Customer } from '../../simulator/index.ts'
import { DAY_MS, MINUTE_MS } from './calendar.ts'
import { type Done, type Entry, type Fact, visited } from './entries.ts'
import type { ClinicStore } from './stores.ts'

/** One customer, and the means to tell their story with. */
export interface Case {
  customer: Customer
  /** Of the same story, which one. */
  nth: number
  days: number
  hospital: ClinicStore
  salon: ClinicStore
  draw(low: number, high: number, about: string): number
  /** A day in the first share of the run. */
  within(share: number, about?: string): number
  /** So many days of a run of three months; fewer of a shorter one. */
  scaled(days: number): number
  on(day: number): string
  at(day: number, minutes: number): Date
}

export type Story = (it: Case) => Entry[]
export type Treat = Omit<Done, 'id' | 'endedAt'>

export const HOUR = 60
/** What people do at the counter falls on half hours: a run of months then has fewer instants. */
export const MARK = 30

export const entry = (it: Case, store: ClinicStore, at: Date, fact: Fact): Entry => ({
  ...fact,
  at,
  customer: it.customer,
  store,
})
export const numberOf = ({ customer }: Case, kind: string, n: number | string) => `${kind}-${customer.personId}-${n}`

/** Ends between half past nine and nine in the evening; an operation while there is daylight. */
export const ending = (it: Case, day: number, n: number | string, isOperation: boolean): Date =>
  it.at(day, 9 * HOUR + 30 + MARK * it.draw(0, isOperation ? 14 : 23, `end ${n}`))

const OPERATIONS = new Set([
  'thread_lift',
  'double_eyelid',
  'canthoplasty',
  'rhinoplasty',
  'liposuction',
  'hair_transplant',
])

interface Visit {
  done: Done
  entries: Entry[]
}

export function visitOf(it: Case, store: ClinicStore, day: number, treat: Treat, n: number | string = 1): Visit {
  const done = {
    id: numberOf(it, 'T', n),
    endedAt: ending(it, day, n, OPERATIONS.has(treat.code)),
    ...treat,
  }
  return { done, entries: visited(it.customer, store, done, MARK * it.draw(0, 1, `entered ${n}`)) }
}

export const corrected = (it: Case, store: ClinicStore, at: Date, id: string, facts: Partial<Done>): Entry =>
  entry(it, store, at, { what: 'corrected', id, facts })

/** Booked, and what became of it; the entry of the visit itself is the caller's. */
export function booked(
  it: Case,
  store: ClinicStore,
  { code, day, minutes, at }: { code: string; day: number; minutes: number; at: Date },
  fate: 'comes' | 'moves' | 'cancels',
  n: number | string = 1,
): { startsAt: Date; entries: Entry[] } {
  const id = numberOf(it, 'A', n)
  const say = (when: Date, startsAt: Date, status: 'booked' | 'moved' | 'cancelled' | 'arrived') =>
    entry(it, store, when, { what: 'booked', booking: { id, code, startsAt, status } })
  const first = it.at(day, minutes)
  const told = it.at(Math.max(0, day - it.draw(1, 4, `told ${n}`)), 15 * HOUR + 30)
  const changed = told > at ? told : new Date(at.getTime() + MARK * MINUTE_MS)
  if (fate === 'cancels')
    return { startsAt: first, entries: [say(at, first, 'booked'), say(changed, first, 'cancelled')] }
  const startsAt = fate === 'moves' ? new Date(first.getTime() + it.draw(1, 3, `moved ${n}`) * DAY_MS) : first
  return {
    startsAt,
    entries: [
      say(at, first, 'booked'),
      ...(fate === 'moves' ? [say(changed, startsAt, 'moved')] : []),
      say(startsAt, startsAt, 'arrived'),
    ],
  }
}

/** The treatment of a booked visit ends an hour after it began. */
export function treatedAfter(
  it: Case,
  store: ClinicStore,
  startsAt: Date,
  treat: Treat,
  n: number | string = 2,
): Entry[] {
  const done = { id: numberOf(it, 'T', n), endedAt: new Date(startsAt.getTime() + HOUR * MINUTE_MS), ...treat }
  return visited(it.customer, store, done, MARK)
}

export const dayNumber = (it: Case, at: Date): number => Math.floor((at.getTime() - it.at(0, 0).getTime()) / DAY_MS)
