/** From signs to a level: the rules of `config/triage/rules.yaml`, and for ordinary signs the days in which they are normal. Pure. */
import type { TriageFiles } from './files.ts'
import { type Finding, isAtLeast, type Level, type Quality } from './types.ts'

export interface Judgement {
  level: Level
  rule: string
  why: string
  findings: readonly Finding[]
}

/** On these days swelling and bruises still grow by themselves. */
const GROWING_DAYS = 2

/** Every judgement on these findings, in no order; the highest counts. `day` null: nothing is known to be normal. */
export function createRules({ rules, normal, findings }: Pick<TriageFiles, 'rules' | 'normal' | 'findings'>) {
  const parsed = rules.rules.map((rule) => ({
    ...rule,
    when: rule.when.map(alternatives),
    unless: rule.unless.map(alternatives),
  }))
  // By the findings of their first condition: of a hundred rules one finding can meet a few.
  const startingWith = new Map<string, number[]>()
  for (const [at, { when }] of parsed.entries())
    for (const id of new Set(when[0]?.map((one) => one.id))) startingWith.set(id, [...(startingWith.get(id) ?? []), at])
  const ordinary = new Map(findings.findings.filter((one) => one.ordinary).map(({ id, name }) => [id, name]))

  return (read: readonly Finding[], treatment: string | null, day: number | null): Judgement[] => {
    if (read.length === 0) return []
    const judgements: Judgement[] = []
    const days = (treatment !== null && normal.normal[treatment]) || {}
    const found = read.map((finding) => {
      if (day === null || !ordinary.has(finding.id) || day <= (days[finding.id] ?? 0)) return finding
      return { ...finding, qualities: new Set<Quality>([...finding.qualities, 'late']) }
    })
    const ids = new Set(found.map(({ id }) => id))
    const wanted = new Set<number>()
    for (const id of ids) for (const at of startingWith.get(id) ?? []) wanted.add(at)
    for (const at of [...wanted].sort((a, b) => a - b)) {
      const rule = parsed[at]
      if (!rule) continue
      const { id, level, why, when, unless, treatments, after, until } = rule
      if (!when.every((condition) => condition.some((one) => ids.has(one.id)))) continue
      if (treatments && (treatment === null || !treatments.includes(treatment))) continue
      if (day !== null && ((after !== undefined && day < after) || (until !== undefined && day > until))) continue
      if (unless.some((condition) => holding(condition, found).length > 0)) continue
      const held = when.map((condition) => holding(condition, found))
      if (held.every((one) => one.length > 0)) judgements.push({ level, rule: id, why, findings: held.flat() })
    }
    for (const finding of found) {
      const name = ordinary.get(finding.id)
      if (name === undefined) continue
      const last = day === null ? undefined : days[finding.id]
      const level = ordinaryLevel(finding.qualities, day ?? 0, last)
      judgements.push({ level, rule: `ordinary_${finding.id}`, why: whyOf(name, level, last), findings: [finding] })
    }
    return judgements
  }
}

/**
 * The level of a reaction that may be normal. `last`: until which day it is; undefined: it never is.
 * Growing after its days, or strong where it isn't expected, a doctor sees it the same day.
 */
export function ordinaryLevel(qualities: ReadonlySet<Quality>, day: number, last: number | undefined): Level {
  const isStrong = qualities.has('severe') || qualities.has('strong')
  if (last === undefined) {
    if (qualities.has('better')) return 'watch'
    return qualities.has('severe') || qualities.has('worse') ? 'abnormal' : 'watch'
  }
  const isWithin = day <= last
  if (qualities.has('worse')) {
    if (day > GROWING_DAYS && !qualities.has('mild')) return 'abnormal'
    return isWithin ? 'expected' : 'watch'
  }
  if (qualities.has('better')) return isWithin || day <= last * 2 ? 'expected' : 'watch'
  if (qualities.has('severe')) return isWithin ? 'watch' : 'abnormal'
  if (isWithin) return 'expected'
  return isStrong && day > last * 2 ? 'abnormal' : 'watch'
}

const whyOf = (name: string, level: Level, last: number | undefined): string =>
  last === undefined
    ? `${name}，不是这项治疗的常见反应`
    : level === 'expected'
      ? `${name}，术后 ${last} 天内常见`
      : `${name}，超出常见范围（${last} 天内）或在加重`

interface Condition {
  id: string
  quality: string | undefined
}

const alternatives = (condition: string): Condition[] =>
  condition.split('|').map((one) => {
    const [id = '', quality] = one.split('.')
    return { id, quality }
  })

const holding = (condition: readonly Condition[], found: readonly Finding[]): Finding[] =>
  found.filter(({ id, qualities }) =>
    condition.some((one) => one.id === id && (one.quality === undefined || qualities.has(one.quality as Quality))),
  )

/** The highest judgement, the first of equals; null without any. */
export function highest(judgements: readonly Judgement[]): Judgement | null {
  let best: Judgement | null = null
  for (const one of judgements) if (!best || (one.level !== best.level && isAtLeast(one.level, best.level))) best = one
  return best
}
