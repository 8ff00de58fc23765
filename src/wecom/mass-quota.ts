/** How many mass messages a customer may get, by what the administrator chose in WeCom (wecom.md 4.5). Pure. */
import { addDays, addMonths, type Day, daysBetween, WEEKDAYS, weekdayOf } from '../platform/calendar.ts'

export type MassQuota = 'month' | 'week' | 'day'

interface Policy {
  /** First day of the period that a day lies in. */
  from(day: Day): Day
  /** First day behind it. */
  until(from: Day): Day
  most(from: Day): number
}

const nextMonth = (from: Day) => addMonths(from, 1)
/** `month` is WeCom's default: as many as the month has days. That a week begins on Monday is not documented. */
export const MASS_QUOTAS: Record<MassQuota, Policy> = {
  month: {
    from: (day) => `${day.slice(0, 7)}-01`,
    until: nextMonth,
    most: (from) => daysBetween(from, nextMonth(from)),
  },
  week: {
    from: (day) => addDays(day, -WEEKDAYS.indexOf(weekdayOf(day))),
    until: (from) => addDays(from, 7),
    most: () => 7,
  },
  day: { from: (day) => day, until: (from) => addDays(from, 1), most: () => 1 },
}

/** The period of a day in China: its first day, the first day behind it, and how many a customer may get in it. */
export function massQuotaOn(quota: MassQuota, day: Day): { from: Day; until: Day; most: number } {
  const policy = MASS_QUOTAS[quota]
  const from = policy.from(day)
  return { from, until: policy.until(from), most: policy.most(from) }
}
