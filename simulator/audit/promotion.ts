/** Offers as the world saw them: how many a person heard of, whether the caps held, and decisions that nobody was asked for. */
import type { Claim, Evidence } from './evidence.ts'
import { type Calendar, possibleOf, rowOf, type Treatment, windowOf } from './expected.ts'
import type { Found } from './faults.ts'
import { CAPS } from './table.ts'

const DAY_MS = 24 * 3_600_000
const timeOf = ({ at }: Found): number => Date.parse(at)

/** Per person, oldest first: messages, and what colleagues passed on by hand. */
export function promotionsOf(
  claims: readonly Claim[],
  evidence: Evidence,
  treatmentOf: ReadonlyMap<string, Treatment>,
): Map<string, Found[]> {
  const heard = new Map<string, Found[]>()
  for (const claim of claims) {
    const person = treatmentOf.get(claim.treatmentExternalId ?? '')?.person
    if (!person || !rowOf(claim.pathway, claim.step)?.promotion) continue
    const arrived = [...evidence.messages(claim, person), ...evidence.handed(claim, person)]
    heard.set(person, [...(heard.get(person) ?? []), ...arrived.map(({ text, at }) => ({ person, text, at }))])
  }
  for (const all of heard.values()) all.sort((a, b) => timeOf(a) - timeOf(b))
  return heard
}

/** Each message that came too soon after others. */
export const overCap = (heard: ReadonlyMap<string, readonly Found[]>): Found[] =>
  [...heard.values()].flatMap((all) =>
    all.filter((one, i) =>
      CAPS.some(({ most, days }) => {
        const before = all[i - most]
        return before !== undefined && timeOf(one) - timeOf(before) < days * DAY_MS
      }),
    ),
  )

/** Whether one more at this instant would have been too many. */
export const isCapped = (heard: readonly Found[], at: Date): boolean =>
  CAPS.some(
    ({ most, days }) =>
      heard.filter((one) => timeOf(one) < at.getTime() && timeOf(one) > at.getTime() - days * DAY_MS).length >= most,
  )

/** Rows of colleagues whose day is over and of which no card ever came, although nothing had ended the matter before. */
export function unasked({
  treatments,
  calendars,
  claims,
  evidence,
  end,
  wishes,
}: {
  treatments: readonly Treatment[]
  calendars: ReadonlyMap<string, Calendar>
  /** By number, pathway and step. */
  claims: ReadonlyMap<string, Claim>
  evidence: Evidence
  end: Date
  wishes: ReadonlyMap<string, { optedOutAt?: Date; diedAt?: Date }>
}): string[] {
  return treatments.flatMap((treatment) => {
    const calendar = calendars.get(treatment.storeId) ?? { closed: new Set<string>() }
    const { optedOutAt, diedAt } = wishes.get(treatment.person) ?? {}
    return possibleOf(treatment).flatMap(({ pathway, step, row }) => {
      if (!row.staff) return []
      const { to, lastChance } = windowOf(row, treatment, calendar)
      const over = [treatment.boughtAt, treatment.closedAt, optedOutAt, diedAt].some(
        (at) => at !== undefined && at < to,
      )
      if (to > end || over || treatment.enteredAt >= lastChance) return []
      const claim = claims.get(`${treatment.externalId} ${pathway}.${step}`)
      return claim && evidence.hasCard(claim, to) ? [] : [`${treatment.externalId}.${pathway}.${step}`]
    })
  })
}
