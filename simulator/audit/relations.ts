/**
 * What a person's records mean to each other, found in the list itself: the next session, booked or done, further operations,
 * and what ended a consultation.
 */
import { Temporal } from 'temporal-polyfill'
import { type Calendar, suturesAfter, type Treatment } from './expected.ts'
import { OWN } from './table.ts'

const CHINA_MS = 8 * 3_600_000
const YEAR_MS = 366 * 24 * 3_600_000
const OPERATIONS = new Set(['surgery', 'hair_transplant'])

/** Days of the shipped stores are China's; another zone's calendar says so. */
const dayOf = ({ endedAt, storeId }: Treatment, calendars: ReadonlyMap<string, Calendar>): string => {
  const timeZone = calendars.get(storeId)?.timeZone
  if (timeZone === undefined) return new Date(endedAt.getTime() + CHINA_MS).toISOString().slice(0, 10)
  return new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(endedAt)
}

export function related(treatments: readonly Treatment[], calendars: ReadonlyMap<string, Calendar>): Treatment[] {
  const byPerson = new Map<string, Treatment[]>()
  const visits = treatments.filter(({ record }) => record === 'appointment')
  for (const one of treatments) {
    if (one.record || one.cancelledAt) continue
    const own = byPerson.get(one.person)
    if (own) own.push(one)
    else byPerson.set(one.person, [one])
  }
  return treatments.map((one) => {
    if (one.record === 'consultation') return { ...one, boughtAt: one.boughtAt ?? boughtSince(one, treatments) }
    if (one.record) return one
    const day = dayOf(one, calendars)
    const later = (byPerson.get(one.person) ?? [])
      .map((other) => ({ other, on: dayOf(other, calendars) }))
      .filter(({ on }) => on > day)
      .sort((a, b) => (a.on < b.on ? -1 : 1))
    const isOperation = OPERATIONS.has(String(OWN[one.code]))
    const next = later.find(({ other }) => other.code === one.code && Boolean(other.course) === Boolean(one.course))
    const operatedOn = later
      .filter(
        ({ other }) =>
          isOperation &&
          OPERATIONS.has(String(OWN[other.code])) &&
          other.endedAt.getTime() - one.endedAt.getTime() <= YEAR_MS,
      )
      .map(({ on, other }) => ({ on, suturesAfter: suturesAfter(other, Temporal.PlainDate.from(on)) }))
    const nextDoneOn = one.nextDoneOn ?? next?.on
    const dayOfVisit = (visit: Treatment) => dayOf(visit, calendars)
    const own = visits.filter(
      (visit) =>
        visit.person === one.person &&
        visit.code === one.code &&
        dayOfVisit(visit) > day &&
        dayOfVisit(visit) <= (nextDoneOn ?? '9999'),
    )
    return {
      ...one,
      ...nextSession(one, own, dayOfVisit),
      nextDoneOn,
      nextDoneAt: one.nextDoneAt ?? next?.other.enteredAt,
      operatedOn: one.operatedOn ?? operatedOn,
    }
  })
}

/** The first treatment or purchase of the person since the consultation. */
const boughtSince = ({ person, endedAt }: Treatment, all: readonly Treatment[]): Date | undefined =>
  all
    .filter(
      (one) =>
        one.person === person &&
        (one.record === undefined || one.record === 'purchase') &&
        !one.cancelledAt &&
        one.endedAt >= endedAt,
    )
    .map((one) => one.endedAt)
    .sort((a, b) => a.getTime() - b.getTime())[0]

/** The booked visit says the day, else the doctor; each for as long as it stood. */
function nextSession(
  { nextSessionOn, enteredAt, earlier = [] }: Treatment,
  visits: readonly Treatment[],
  dayOfVisit: (visit: Treatment) => string,
): Pick<Treatment, 'nextSessionOn' | 'nextToldAt' | 'earlier'> {
  const [visit] = visits
    .filter(({ cancelledAt }) => !cancelledAt)
    .sort((a, b) => (dayOfVisit(a) < dayOfVisit(b) ? -1 : 1))
  const former = [...visits.filter(({ cancelledAt }) => cancelledAt), ...(visit ? [visit] : [])].flatMap((one) => [
    ...(one.earlier ?? []).map(({ until, was }) => ({
      until,
      was: { nextSessionOn: dayOfVisit({ ...one, ...was }) },
    })),
    ...(one.cancelledAt ? [{ until: one.cancelledAt, was: { nextSessionOn: dayOfVisit(one) } }] : []),
  ])
  if (!visit) return former.length > 0 ? { earlier: byTime([...earlier, ...former]) } : {}
  const doctors =
    nextSessionOn && visit.enteredAt > enteredAt ? [{ until: visit.enteredAt, was: { nextSessionOn } }] : []
  return {
    nextSessionOn: dayOfVisit(visit),
    nextToldAt: visit.correctedAt ?? visit.enteredAt,
    earlier: byTime([...earlier, ...former, ...doctors]),
  }
}

const byTime = (changes: NonNullable<Treatment['earlier']>) =>
  [...changes].sort((a, b) => a.until.getTime() - b.until.getTime())
