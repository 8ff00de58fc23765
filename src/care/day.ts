/**
 * The day is laid out in the morning: calls become tasks, so that everybody sees the day's work on the morning list, and
 * times that no longer fit the customer's wish or the store's windows are picked again.
 */
import type { WindowFacts } from '../messaging/index.ts'
import { nextAllowed } from '../messaging/index.ts'
import {
  atTime,
  DEFAULT_ZONE,
  dayOf,
  isOpenOn,
  nextWallTime,
  type Opening,
  type TimeOfDay,
  timeOfDay,
} from '../platform/calendar.ts'
import { earliest } from '../platform/clock.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Store } from '../staff/index.ts'
import { briefingsOf } from './briefing.ts'
import { callOf, callTaskId, type FireDeps } from './fire.ts'
import type { StepRow } from './model.ts'
import { withdrawOvertaken } from './overtaken.ts'
import { windowFacts } from './rows.ts'
import { callTimes, whyNot } from './rules.ts'
import { pick, whenOpen } from './timing.ts'
import { carriedOf, consultantsOf, treatmentsOf } from './wording.ts'

/** Before the morning list, which shows what is laid out here. */
const LAY_OUT_AT: TimeOfDay = '08:40'
/** Later than that the day runs by itself. */
const TOO_LATE: TimeOfDay = '12:00'
const BATCH = 200
const ALONE = { index: 0, of: 1 }

export function layOutDay(deps: FireDeps): Routine {
  const { store, staff, clock } = deps
  return routine({
    name: 'care.lay-out-day',
    async nextAt(after) {
      const zones = new Set([DEFAULT_ZONE, ...(await staff.allStores()).map(({ timeZone }) => timeZone)])
      return earliest([...zones].map((zone) => nextWallTime(after, LAY_OUT_AT, zone))) as Date
    },
    async run(at) {
      const now = clock.now()
      const counts = { calls: 0, moved: 0 }
      const places = (await staff.allStores()).filter(({ timeZone }) => {
        const time = timeOfDay(at, timeZone)
        return time >= LAY_OUT_AT && time < TOO_LATE
      })
      for (const zone of new Set(places.map(({ timeZone }) => timeZone))) {
        const here = new Map(places.filter(({ timeZone }) => timeZone === zone).map((place) => [place.id, place]))
        const endOfDay = atTime(dayOf(now, zone), '24:00', zone)
        const rows = await store.plannedBetween(now, endOfDay)
        const mine = rows.filter(({ storeId }) => here.has(storeId))
        for (let i = 0; i < mine.length; i += BATCH) {
          const { calls, moved } = await layOut(deps, mine.slice(i, i + BATCH), here, now, endOfDay)
          counts.calls += calls
          counts.moved += moved
        }
      }
      return counts
    },
  })
}

async function layOut(
  deps: FireDeps,
  steps: readonly StepRow[],
  places: ReadonlyMap<string, Store>,
  now: Date,
  endOfDay: Date,
): Promise<{ calls: number; moved: number }> {
  const { store, tasks, customers, treatments } = deps
  const calls = steps.filter(({ action }) => action === 'call')
  const [people, contacts, done] = await Promise.all([
    customers.getMany([...new Set(steps.map(({ customerId }) => customerId))]),
    customers.contacts([...new Set(calls.map(({ customerId }) => customerId))]),
    treatments.getMany([...new Set(calls.flatMap(treatmentsOf))]),
  ])
  const planned = steps.map((step) => {
    const place = places.get(step.storeId) as Store
    const customer = people.get(step.customerId)
    const window = { ...windowFacts(place), preferredTime: customer?.preferredTime ?? null }
    const also = carriedOf(step, done)
    return {
      step,
      place,
      customer,
      treatment: done.get(step.treatmentId),
      also,
      window,
      dueAt: timeOf(step, window, place.opening, now),
    }
  })
  const laid = planned.filter(
    ({ step, place, customer, treatment, dueAt }) =>
      step.action === 'call' &&
      whyNot(customer, treatment, step.contactClass) === null &&
      (step.neverMoves || isOpenOn(place.opening, dayOf(dueAt, place.timeZone))),
  )
  const briefings = await briefingsOf(
    deps,
    laid.filter(({ step }) => step.taskId === null),
  )
  await tasks.open(
    laid.map(({ step, place, customer, treatment, also, window, dueAt }) => {
      const contact = contacts.get(step.customerId)
      const facts = { contact, treatment, also, place, at: dueAt, briefing: briefings.get(step._id) }
      return callOf(
        { treatments },
        step,
        facts,
        consultantsOf(treatment, customer),
        callTimes(dueAt, whenOpen(window, place.opening, dayOf(dueAt, place.timeZone))),
      )
    }),
  )
  const calling = new Set(laid.map(({ step }) => step._id))
  const changes = planned.flatMap(({ step, dueAt }) => {
    const isMoved = Number(dueAt) !== Number(step.dueAt)
    const set = {
      ...(isMoved ? { dueAt } : {}),
      ...(calling.has(step._id) && step.taskId === null ? { taskId: callTaskId(step._id, step.occurrence) } : {}),
    }
    const where = { dueAt: step.dueAt, taskId: step.taskId }
    return Object.keys(set).length > 0 ? [{ id: step._id, from: ['planned'] as const, where, set, isMoved }] : []
  })
  if ((await store.change(changes)) < changes.length) {
    const begun = laid.map(({ step }) => ({ step, taskIds: [callTaskId(step._id, step.occurrence)], audiences: [] }))
    await withdrawOvertaken(deps, begun, endOfDay)
  }
  return { calls: laid.length, moved: changes.filter(({ isMoved }) => isMoved).length }
}

/** The planned instant, or another one of that day when it fits no longer. */
function timeOf({ _id, dueAt, contactClass, action }: StepRow, window: WindowFacts, opening: Opening, now: Date): Date {
  const at = dueAt ?? now
  const day = dayOf(at, window.timeZone)
  const isCall = action === 'call'
  const facts = isCall ? whenOpen(window, opening, day) : window
  if (Number(nextAllowed(at, contactClass, facts).at) === Number(at)) return at
  return pick(_id, { contactClass, isCall }, day, ALONE, now, facts)
}
