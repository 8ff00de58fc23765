/** Who is there, and who stands in for whom: the people of one moment as rules see them. Pure. */
import { atTime, type Day, DEFAULT_ZONE, dayOf, timeOfDay, weekdayOf } from '../platform/calendar.ts'
import type { Organisation } from './config.ts'
import type { Absence, CandidatesFor, Role, Roster, StaffMember, Store, WeeklyHours } from './types.ts'

export interface RosterFacts {
  people: readonly StaffMember[]
  stores: ReadonlyMap<string, Store>
  absences: readonly Absence[]
  /** Who is missing works at any hour. */
  hours: ReadonlyMap<string, WeeklyHours>
  organisation: Pick<Organisation, 'fallbacks' | 'dutyDoctors'>
}

/** Half a day off is judged in the afternoon, where most contacts are made. */
const MIDDAY = '15:00'
/** Work of the role itself; then who answers for the store; last, so that work never goes to nobody, everyone. */
type Rank = 'role' | 'leaders' | 'rest'
interface Step {
  rank: Rank
  fits(member: StaffMember): boolean
}

export function createRoster({ people, stores, absences, hours, organisation }: RosterFacts): Roster {
  const active = people
    .filter((member) => member.active && member.roles.length > 0)
    .sort((a, b) => (a.userId < b.userId ? -1 : 1))
  const byId = new Map(active.map((member) => [member.userId, member]))
  const awayOf = new Map<string, Absence[]>()
  for (const absence of absences) awayOf.set(absence.userId, [...(awayOf.get(absence.userId) ?? []), absence])
  const absenceOf = (userId: string, at: Date) => awayOf.get(userId)?.find(({ from, to }) => from <= at && at < to)
  const isHere = (userId: string, at: Date) => byId.has(userId) && !absenceOf(userId, at)

  function standInOf(userId: string, at: Date): string | null {
    const asked = new Set<string>()
    for (let one: string | null | undefined = userId; one && !asked.has(one); ) {
      if (isHere(one, at)) return one
      asked.add(one)
      // Who has left has no say any more in who does the work.
      one = byId.has(one) ? absenceOf(one, at)?.delegateUserId : null
    }
    return null
  }
  const zoneOf = (storeId: string) => stores.get(storeId)?.timeZone ?? DEFAULT_ZONE
  function dutyAt(at: Date, zone: string): (member: StaffMember) => boolean {
    const time = timeOfDay(at, zone)
    const day = weekdayOf(dayOf(at, zone))
    return ({ userId }) => hours.get(userId)?.[day].some(({ from, to }) => from <= time && time < to) ?? true
  }

  function stepsOf(store: Pick<Store, 'id' | 'type'> | null, role: Role, redFlag: boolean): Step[] {
    const here = (member: StaffMember) => store !== null && member.storeIds.includes(store.id)
    const hereAs = (wanted: Role) => (member: StaffMember) => here(member) && member.roles.includes(wanted)
    const standIns = store === null ? [] : (organisation.fallbacks[store.type][role] ?? [])
    const as =
      (rank: Rank) =>
      (fits: Step['fits']): Step => ({ rank, fits })
    return [
      // A company-wide role (finance, legal) has no store of its own.
      as('role')((member) => member.roles.includes(role) && (here(member) || member.storeIds.length === 0)),
      ...(redFlag ? dutyDoctors().map(as('role')) : []),
      ...standIns.map(hereAs).map(as('role')),
      as('leaders')(hereAs('store_manager')),
      as('leaders')((member) => member.roles.includes('director')),
      as('rest')(here),
      as('rest')(() => true),
    ]
  }
  /** One after the other as configured, then any doctor of the company. */
  const dutyDoctors = (): Step['fits'][] => [
    ...organisation.dutyDoctors.map(
      (id) =>
        ({ userId }: StaffMember) =>
          userId === id.toLowerCase(),
    ),
    ({ roles }) => roles.includes('doctor'),
  ]

  function candidates(storeId: string, role: Role, { at, work = false, redFlag = false }: CandidatesFor) {
    const tiers: { rank: Rank; members: StaffMember[] }[] = []
    const placed = new Set<string>()
    const add = (rank: Rank, members: readonly StaffMember[]) => {
      const fresh = members.filter(({ userId }) => !placed.has(userId))
      for (const { userId } of fresh) placed.add(userId)
      if (fresh.length > 0) tiers.push({ rank, members: fresh })
    }
    for (const { rank, fits } of stepsOf(stores.get(storeId) ?? null, role, redFlag)) {
      const fitting = active.filter(fits)
      add(
        rank,
        fitting.filter(({ userId }) => isHere(userId, at)),
      )
      if (rank === 'rest') continue
      const away = fitting.filter(({ userId }) => !isHere(userId, at))
      const delegates = new Set(away.flatMap(({ userId }) => standInOf(userId, at) ?? []))
      add(
        rank,
        active.filter(({ userId }) => delegates.has(userId)),
      )
    }
    const all = tiers.map(({ members }) => members)
    if (!work || hours.size === 0) return all
    const onDuty = dutyAt(at, zoneOf(storeId))
    if (!tiers.some(({ rank, members }) => rank === 'role' && members.some(onDuty))) return all
    return all.map((members) => members.filter(onDuty)).filter((members) => members.length > 0)
  }

  const having = (storeId: string, role: Role): StaffMember[] =>
    active.filter(({ storeIds, roles }) => roles.includes(role) && storeIds.includes(storeId))

  function mayActAs(userId: string, storeId: string, role: Role, at: Date): boolean {
    const place = stores.get(storeId)
    const asks = (one: Role) => having(storeId, one).some((member) => member.userId === userId)
    const member = byId.get(userId)
    if (!place || !member) return false
    if (asks(role) || (member.roles.includes(role) && member.storeIds.length === 0)) return true
    const isThere = (one: Role) => having(storeId, one).some((other) => isHere(other.userId, at))
    const first = [role, ...(organisation.fallbacks[place.type][role] ?? [])].find(isThere)
    return first !== undefined && asks(first)
  }

  const counted = new Map<string, { all: number; present: number }>()
  function staffing(storeId: string, role: Role, day: Day) {
    const key = `${storeId} ${role} ${day}`
    let found = counted.get(key)
    if (!found) {
      const all = having(storeId, role)
      const midday = atTime(day, MIDDAY, zoneOf(storeId))
      const works = ({ userId }: StaffMember) =>
        (hours.get(userId)?.[weekdayOf(day)].length ?? 1) > 0 && !absenceOf(userId, midday)
      found = { all: all.length, present: all.filter(works).length }
      counted.set(key, found)
    }
    return found
  }

  return {
    candidates,
    isActive: (userId) => byId.has(userId),
    member: (userId) => byId.get(userId) ?? null,
    isHere,
    standInOf,
    having,
    mayActAs,
    staffing,
  }
}
