/** What a clinic's own system enters, and when: the words that a story is written in. */
import type { Customer } from '../../simulator/index.ts'
import { MINUTE_MS } from './calendar.ts'
import type { Felt, Grievance } from './felt.ts'
import type { ClinicStore } from './stores.ts'

/** A treatment as the clinic's system has it. */
export interface Done {
  id: string
  code: string
  technique?: string
  endedAt: Date
  suturesOn?: string | 'none'
  nextSessionOn?: string | 'none'
  inHospital?: boolean
  dischargedOn?: string
  course?: { id: string; session: number; of: number }
}

export interface Booking {
  id: string
  code: string
  startsAt: Date
  status: 'booked' | 'moved' | 'cancelled' | 'arrived'
}

export interface Bought {
  id: string
  name: string
  type: 'skin_care' | 'make_up' | 'fragrance' | 'medical' | 'device'
  paidAt: Date
  amountFen: number
}

/** Somebody who asked; whether they buy is told by what is entered later. */
export interface Asked {
  id: string
  topics: string[]
  askedAt: Date
}

export type Fact =
  /**
   * The customer's file; `atCounter`: they are there, and are asked to add the consultant or to sign in; `agrees`: to be told
   * of offers.
   */
  | { what: 'registered'; atCounter: boolean; agrees?: boolean }
  | { what: 'asked'; asked: Asked }
  | { what: 'treated'; done: Done }
  | { what: 'corrected'; id: string; facts: Partial<Omit<Done, 'id' | 'course'>> }
  | { what: 'booked'; booking: Booking }
  | { what: 'bought'; bought: Bought }
  | { what: 'wished'; wish: 'no messages' | 'no promotion' | 'died' }
  /** Phones the clinic before it calls; whoever answers makes the contact and enters it. `id`: the treatment's. */
  | { what: 'phoned'; id: string }
  /** Writes to us of a complication: nobody enters that, it is said. */
  | { what: 'felt'; felt: Felt }
  /** Complains in the mini-program. */
  | { what: 'complained'; grievance: Grievance }
  /** Deletes the consultant and closes the chat: nobody enters that, it happens. */
  | { what: 'left' }

export type Entry = Fact & { at: Date; customer: Customer; store: ClinicStore }

/** Half an hour before its end the customer is at the counter; the treatment is entered some minutes after it. */
export function visited(customer: Customer, store: ClinicStore, done: Done, enteredAfterMinutes: number): Entry[] {
  const about = { customer, store }
  const at = (minutes: number) => new Date(done.endedAt.getTime() + minutes * MINUTE_MS)
  return [
    { ...about, at: at(-30), what: 'registered', atCounter: true },
    { ...about, at: at(enteredAfterMinutes), what: 'treated', done },
  ]
}
