/** What the triage of a customer's words takes and says. */

/** From harmless to urgent; a person may lower a level, the machine only raises it. */
export const LEVELS = ['none', 'expected', 'watch', 'abnormal', 'emergency'] as const
/**
 * - `emergency`: a doctor within minutes to two hours
 * - `abnormal`: a doctor looks the same day
 * - `watch`: mild or unclear; a person asks back today
 * - `expected`: normal for this treatment and day
 * - `none`: the speaker tells of no present symptom
 */
export type Level = (typeof LEVELS)[number]

export const isAtLeast = (level: Level, other: Level): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(other)

export interface Words {
  text: string
  /** Code of `config/treatments.yaml`; null where no treatment is known. */
  treatment: string | null
  /** Days since the treatment in the store's zone, 0 on the day itself; null where no treatment is known. */
  day: number | null
}

export interface Verdict {
  level: Level
  /** The rule that decided; null where nothing was found. */
  rule: string | null
  /** One line in Chinese for staff: what was read, and why it has this level. */
  explanation: string
  /** What the deciding rule is about, as staff call it: 水泡, 发热. */
  signs: readonly string[]
  /** The words that were read as signs, as the customer wrote them; traditional characters as simplified ones. */
  matched: readonly string[]
}

/** How a sign is said to be; `late` isn't said: it is past the days in which it is normal. */
export const QUALITIES = [
  'severe',
  'strong',
  'mild',
  'worse',
  'better',
  'lasting',
  'oneside',
  'spreading',
  'late',
] as const
export type Quality = (typeof QUALITIES)[number]

/** A present sign of the speaker. */
export interface Finding {
  id: string
  /** What it was read from. */
  words: string
  start: number
  end: number
  qualities: ReadonlySet<Quality>
}
