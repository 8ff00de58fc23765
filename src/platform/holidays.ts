/** Years whose public holidays nobody has told us: somebody should, before a legal clock counts in them. */
import { type Day, knowsHolidays } from './calendar.ts'
import type { Log } from './log.ts'

/** Told of days that work is planned on; warns of each year that is not known, once per process. */
export function createHolidayWatch(log: Log): (days: Iterable<Day | null>) => void {
  const warned = new Set<string>()
  return (days) => {
    for (const day of days) {
      if (day === null || knowsHolidays(day)) continue
      const year = day.slice(0, 4)
      if (warned.has(year)) continue
      warned.add(year)
      log.warn({ year }, 'the public holidays of this year are not known: update chinese-days')
    }
  }
}
