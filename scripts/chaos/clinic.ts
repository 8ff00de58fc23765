/**
 * The clinic of a fault run. Every night the same kind of visits, ended after eleven: their greetings are promised for nine in
 * the morning, so that many messages fall due at one instant, over every channel.
 */
import type { Customer, Simulator } from '../../simulator/index.ts'
import { attempt, type CustomerKind, kindOf } from '../../simulator/people/index.ts'
import { type Entry, visited } from '../demo/entries.ts'
import type { ClinicStore } from '../demo/stores.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const ENDED = (23 * 60 + 10) * MINUTE
const HABIT = (8 * 60 + 30) * MINUTE

/** Visits per night of people who write to us, and of people who use the mini-program. */
export type PerNight = Readonly<Record<'chatty' | 'mini', number>>

/**
 * Who writes to us comes to the hospital, whose staff call; who uses the mini-program comes to the salon, which writes only.
 *
 * @param start Shanghai midnight of the first day
 */
export function planNights(
  { world: { seed, customers } }: Simulator,
  [hospital, salon]: readonly [ClinicStore, ClinicStore],
  { start, nights, perNight }: { start: Date; nights: number; perNight: PerNight },
): Entry[] {
  const waiting = (kind: CustomerKind) => customers.filter(({ personId }) => kindOf(seed, personId) === kind)
  const queues = { chatty: waiting('chatty'), mini: waiting('mini') }
  return Array.from({ length: nights }, (_, night) => new Date(start.getTime() + night * DAY + ENDED)).flatMap((at) => [
    ...queues.chatty.splice(0, perNight.chatty).flatMap((customer) => visitOf(customer, hospital, 'skin_booster', at)),
    ...queues.mini.splice(0, perNight.mini).flatMap((customer) => visitOf(customer, salon, 'salon_care', at)),
  ])
}

const visitOf = (customer: Customer, store: ClinicStore, code: string, endedAt: Date): Entry[] =>
  visited(customer, store, { id: `T-${customer.personId}`, code, endedAt }, 0)

/** Keeps the channels open: every morning they write, or allow further notices. */
export function scheduleHabits(
  simulator: Simulator,
  entries: readonly Entry[],
  { start, days }: { start: Date; days: number },
): void {
  for (let day = 1; day <= days; day++) {
    const at = new Date(start.getTime() + day * DAY + HABIT)
    for (const { customer, what, at: enteredAt } of entries)
      if (what === 'treated' && enteredAt < at)
        simulator.schedule(at, `habit ${customer.personId}`, () => attempt(() => keepOpen(simulator, customer)))
  }
}

function keepOpen({ world: { seed, templates }, act }: Simulator, { personId: id }: Customer): void {
  if (kindOf(seed, id) === 'chatty') act({ as: 'customer', id, do: 'say', text: '早上好' })
  else for (const { priTmplId } of templates) act({ as: 'customer', id, do: 'mp-subscribe', templateId: priTmplId })
}
