/** The lists of the day: in the morning to everybody who has tasks, in the evening to supervisors what is left. */
import type { MessagingService } from '../messaging/index.ts'
import { atTime, type Day, DEFAULT_ZONE, dayOf, nextWallTime, type TimeOfDay, timeOfDay } from '../platform/calendar.ts'
import { type Clock, earliest, HOUR_MS } from '../platform/clock.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Role, StaffService, Store } from '../staff/index.ts'
import { noteTo } from './contacts.ts'
import { morningList, nothingSetList, overdueList } from './lists.ts'
import type { TasksStore } from './model.ts'
import { readersOf } from './notes.ts'

export interface DaysDeps {
  store: TasksStore
  messaging: MessagingService
  staff: StaffService
  clock: Clock
}

const MORNING_AT: TimeOfDay = '09:00'
/** Before the quiet hours, after the last contact window. */
const EVENING_AT: TimeOfDay = '20:40'
/** After the list of what is left. */
const NOTHING_SET_AT: TimeOfDay = '20:45'
/** A list that couldn't be made for so long is no news any more. */
const USEFUL_MS = 3 * HOUR_MS
const SUPERVISOR: Role = 'cs_supervisor'

/** Stores by zone for which the list of `time` is due at `at`, with their day. Pure. */
export function zonesDue(
  places: readonly Store[],
  time: TimeOfDay,
  at: Date,
): { zone: string; day: Day; places: Store[] }[] {
  return [...new Set(places.map(({ timeZone }) => timeZone))].sort().flatMap((zone) => {
    const day = dayOf(at, zone)
    const late = Number(at) - Number(atTime(day, time, zone))
    return late >= 0 && late < USEFUL_MS
      ? [{ zone, day, places: places.filter(({ timeZone }) => timeZone === zone) }]
      : []
  })
}

/** The time of day; of another day, with its date. */
const timeAsOf = (today: Day, zone: string) => (at: Date) => {
  const [, month, day] = dayOf(at, zone).split('-').map(Number)
  const time = timeOfDay(at, zone)
  return dayOf(at, zone) === today ? time : `${month}月${day}日 ${time}`
}

export function tasksRoutines({ store, messaging, staff, clock }: DaysDeps): Routine[] {
  const daily = (time: TimeOfDay) => async (after: Date) => {
    const zones = [...new Set((await staff.allStores()).map(({ timeZone }) => timeZone))]
    return earliest(zones.map((zone) => nextWallTime(after, time, zone))) ?? nextWallTime(after, time, DEFAULT_ZONE)
  }
  const markdown = (userId: string, storeId: string, key: string, content: string) =>
    noteTo({ userId, storeId, key }, { markdown: content }, clock.now())

  async function morning(at: Date): Promise<Record<string, number>> {
    const due = zonesDue(await staff.allStores(), MORNING_AT, at)
    const lists = []
    for (const { zone, day, places } of due) {
      const here = new Set(places.map(({ id }) => id))
      const open = (await store.openUntil(atTime(day, '24:00', zone))).filter(
        ({ storeId, ownerUserId }) => here.has(storeId) && ownerUserId !== '',
      )
      const roster = await staff.roster()
      const byOwner = new Map<string, typeof open>()
      for (const task of open) byOwner.set(task.ownerUserId, [...(byOwner.get(task.ownerUserId) ?? []), task])
      for (const [userId, tasks] of [...byOwner].sort(([a], [b]) => (a < b ? -1 : 1))) {
        if (!roster.isHere(userId, at)) continue
        const content = morningList(tasks, timeAsOf(day, zone), at)
        lists.push(markdown(userId, tasks[0]?.storeId ?? '', `morning:${zone}:${day}`, content))
      }
    }
    await messaging.enqueueMany(lists)
    return { lists: lists.length }
  }

  async function evening(at: Date): Promise<Record<string, number>> {
    const lists = []
    let overdue = 0
    for (const { zone, day, places } of zonesDue(await staff.allStores(), EVENING_AT, at)) {
      const endOfDay = atTime(day, '24:00', zone)
      const [open, done, roster] = await Promise.all([
        store.openUntil(at),
        store.doneBetween(atTime(day, '00:00', zone), at),
        staff.roster(),
      ])
      // Reached, with only the summary's ten minutes running, is done.
      // What a doctor has still to set has a list of its own.
      const left = open.filter(
        ({ deadlineAt, status, kind }) => deadlineAt <= endOfDay && status !== 'summary' && kind !== 'set_day',
      )
      const members = await staff.members([...new Set(left.map(({ ownerUserId }) => ownerUserId))])
      for (const { id, displayName } of places) {
        const mine = left.filter(({ storeId }) => storeId === id)
        overdue += mine.length
        // "All done" is news only where there was something to do.
        if (mine.length === 0 && (done.get(id) ?? 0) === 0) continue
        const content = overdueList(displayName, mine, (userId) => members.get(userId)?.name ?? '未分配')
        for (const userId of readersOf(roster.candidates(id, SUPERVISOR, { at }), SUPERVISOR, id))
          lists.push(markdown(userId, id, `evening:${id}:${day}`, content))
      }
    }
    await messaging.enqueueMany(lists)
    return { lists: lists.length, overdue }
  }

  /** "Treated, nothing set" (domain 3): what the day's treatments still wait for, to the supervisor; an empty list is none. */
  async function nothingSet(at: Date): Promise<Record<string, number>> {
    const lists = []
    for (const { day, places } of zonesDue(await staff.allStores(), NOTHING_SET_AT, at)) {
      const [open, roster] = await Promise.all([store.openUntil(at), staff.roster()])
      const unset = open.filter(({ kind }) => kind === 'set_day')
      const members = await staff.members([...new Set(unset.map(({ ownerUserId }) => ownerUserId))])
      const nameOf = (userId: string) => members.get(userId)?.name ?? '未分配'
      for (const { id, displayName, timeZone } of places) {
        const mine = unset.filter(({ storeId }) => storeId === id)
        if (mine.length === 0) continue
        const content = nothingSetList(displayName, mine, nameOf, (when) => dayOf(when, timeZone).slice(5))
        for (const userId of readersOf(roster.candidates(id, SUPERVISOR, { at }), SUPERVISOR, id))
          lists.push(markdown(userId, id, `nothing-set:${id}:${day}`, content))
      }
    }
    await messaging.enqueueMany(lists)
    return { lists: lists.length }
  }

  return [
    routine({ name: 'tasks.nothing-set-list', nextAt: daily(NOTHING_SET_AT), run: nothingSet }),
    routine({ name: 'tasks.morning-list', nextAt: daily(MORNING_AT), run: morning }),
    routine({ name: 'tasks.evening-list', nextAt: daily(EVENING_AT), run: evening }),
  ]
}
