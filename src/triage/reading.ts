/** Reads a text for signs: which words stand in it, how they belong together, and how they are meant. Pure. */
import { type Clause, clausesOf, isListed, isNotEvenOne, isOwnAndNow, presence } from './clauses.ts'
import type { TriageFiles } from './files.ts'
import { createMatcher } from './matcher.ts'
import { normalise, soundOf, temperatures } from './text.ts'
import { type Finding, QUALITIES, type Quality } from './types.ts'

/** Groups that say how a sign is; they are never signs. */
const MODIFIERS: ReadonlySet<string> = new Set([...QUALITIES, 'notbetter'])

/** Said with a not, they say nothing: `没加重`, `不严重`. */
const DENIES = /(?:没有?|不是?|未|没再|不再|并不|不算|不怎么|没怎么)(?:再|有|很|太|那么)?$/
const DENIED: ReadonlySet<string> = new Set(['severe', 'strong', 'worse', 'spreading'])

interface Hit {
  group: string
  start: number
  end: number
  clause: number
  /** Whether it stands inside a longer sign, as the black in `眼前发黑`: then it is no sign of its own. */
  isPart: boolean
}

interface Candidate {
  id: string
  start: number
  end: number
  /** The words that carry the sign; the rest names the place. */
  sign: Hit
}

export interface Reading {
  text: string
  findings: readonly Finding[]
}

/** A reader for these files; making it takes a while, reading microseconds. */
export function createReader({ words, findings }: Pick<TriageFiles, 'words' | 'findings'>): (text: string) => Reading {
  const groups = Object.entries(words.groups)
  const exact = createMatcher<string | null>([
    ...groups.flatMap(([group, list]) =>
      [...new Set(list.words)].map((word) => ({ word, value: group as string | null })),
    ),
    ...words.idioms.map((word) => ({ word, value: null })),
  ])
  const sounding = createMatcher(
    groups.flatMap(([group, { typed }]) => typed.map((word) => ({ word, value: { group, word } }))),
    soundOf,
  )
  const exaggerated = new Set(findings.findings.filter((one) => one.exaggerated).map(({ id }) => id))
  const figure = new RegExp(`(?:${words.figurative.map(literally).join('|')})[^，。]{0,3}(?:得|到|的)[^，。]{0,7}$`)
  const others = createMatcher(words.soundsLike.map((word) => ({ word, value: true })))

  // By the groups that carry them: a text has few groups, and each is part of few signs.
  const carriedBy = new Map<string, number[]>()
  for (const [at, { any, near }] of findings.findings.entries())
    for (const group of new Set([...any, ...near.map(([, what]) => what)]))
      carriedBy.set(group, [...(carriedBy.get(group) ?? []), at])

  function hitsIn(text: string, clauses: readonly Clause[]): Hit[] {
    const found = exact(text)
    const idioms = found.filter(({ value }) => value === null)
    const hits: Hit[] = []
    for (const { value, start, end } of found) {
      if (value === null) continue
      if (DENIED.has(value) && DENIES.test(text.slice(Math.max(0, start - 5), start))) continue
      const clause = clauseOf(clauses, idioms, start, end)
      if (clause >= 0) hits.push({ group: value, start, end, clause, isPart: false })
    }
    for (const { value, start, end } of sounding(text)) {
      if (!isTypedFor(value.word, text.slice(start, end))) continue
      if (others(text).some((one) => one.start < end && start < one.end)) continue
      if (hits.some((hit) => hit.start === start && hit.end === end && hit.group === value.group)) continue
      const clause = clauseOf(clauses, idioms, start, end)
      if (clause >= 0) hits.push({ group: value.group, start, end, clause, isPart: false })
    }
    for (const hit of hits)
      hit.isPart = hits.some(
        (other) =>
          !MODIFIERS.has(other.group) &&
          other.start <= hit.start &&
          hit.end <= other.end &&
          other.end - other.start > hit.end - hit.start,
      )
    return hits
  }

  function candidatesIn(hits: readonly Hit[]): Candidate[] {
    const byGroup = new Map<string, Hit[]>()
    for (const hit of hits) {
      const known = byGroup.get(hit.group)
      if (known) known.push(hit)
      else byGroup.set(hit.group, [hit])
    }
    const wanted = new Set<number>()
    for (const group of byGroup.keys()) for (const at of carriedBy.get(group) ?? []) wanted.add(at)
    return [...wanted]
      .sort((a, b) => a - b)
      .flatMap((at) => findings.findings[at] ?? [])
      .flatMap(({ id, any, near, gap, not }) =>
        [
          ...any
            .flatMap((group) => byGroup.get(group) ?? [])
            .filter(({ isPart }) => !isPart)
            .map((sign) => ({ id, start: sign.start, end: sign.end, sign })),
          ...near.flatMap(([place, what]) =>
            (byGroup.get(what) ?? []).flatMap((sign) => {
              const nearest = sign.isPart ? null : nearestOf(sign, byGroup.get(place) ?? [], gap)
              return nearest
                ? [{ id, start: Math.min(sign.start, nearest.start), end: Math.max(sign.end, nearest.end), sign }]
                : []
            }),
          ),
        ].filter(({ sign }) => !not.some((group) => byGroup.get(group)?.some(({ clause }) => clause === sign.clause))),
      )
      .sort((a, b) => a.sign.start - b.sign.start || a.sign.end - b.sign.end)
  }

  return (raw) => {
    const text = normalise(raw)
    const clauses = clausesOf(text)
    const hits = hitsIn(text, clauses)
    const candidates = candidatesIn(hits)
    const present: Finding[] = []
    const absent = new Set<Hit>()
    for (const candidate of candidates) {
      const { id, start, end, sign } = candidate
      const clause = clauses[sign.clause]
      if (!clause) continue
      const after = text.slice(Math.max(end, sign.end), clause.end)
      const before = text.slice(clause.start, sign.start)
      const state = isNotEvenOne(before, text.slice(sign.end, clause.end)) ? 'absent' : presence(before, after)
      const placed =
        start < sign.start && start >= clause.start ? presence(text.slice(clause.start, start), after) : state
      const prior = [...absent].some(
        (one) => one.clause === sign.clause && one.end <= sign.start && isListed(text.slice(one.end, sign.start)),
      )
      if (state === 'absent' || placed === 'absent' || prior) {
        absent.add(sign)
        continue
      }
      if (!isOwnAndNow({ text, clauses }, sign.clause, sign.start, Math.max(end, sign.end))) continue
      if (exaggerated.has(id) && (LAUGHS.test(text) || figure.test(before))) continue
      const qualities = qualitiesOf(candidate, hits, candidates, clauses.length)
      if (state === 'less') {
        qualities.add('mild')
        qualities.add('better')
        for (const one of ['strong', 'severe', 'worse'] as const) qualities.delete(one)
      }
      present.push({ id, words: text.slice(start, end), start, end, qualities })
    }
    return { text, findings: [...present, ...measuredIn(text, clauses)] }
  }
}

/** The clause in which words stand whole; -1 for words across two, or that belong to an idiom. */
function clauseOf(
  clauses: readonly Clause[],
  idioms: readonly { start: number; end: number }[],
  start: number,
  end: number,
): number {
  if (idioms.some((idiom) => idiom.start <= start && end <= idiom.end)) return -1
  return clauses.findIndex((one) => one.start <= start && end <= one.end)
}

/** Whether what was typed is another spelling of a word: it sounds the same, and half of it is the same. */
function isTypedFor(word: string, typed: string): boolean {
  if (typed === word) return false
  let same = 0
  for (let at = 0; at < typed.length; at++) if (typed[at] === word[at]) same++
  return same * 2 >= typed.length
}

/** A number is said of the present unless its clause says otherwise. */
function measuredIn(text: string, clauses: readonly Clause[]): Finding[] {
  return temperatures(text).flatMap(({ value, start, end }): Finding[] => {
    const at = clauses.findIndex((one) => one.start <= start && start < one.end)
    if (value < 37.3 || !isOwnAndNow({ text, clauses }, at, start, end)) return []
    const id = value >= 39 ? 'temperature_39' : value >= 38 ? 'temperature_38' : 'temperature_low'
    return [{ id, words: text.slice(start, end), start, end, qualities: new Set() }]
  })
}

function nearestOf(sign: Hit, places: readonly Hit[], gap: number): Hit | null {
  let best: Hit | null = null
  let least = gap + 1
  for (const place of places) {
    if (place.isPart || Math.abs(place.clause - sign.clause) > 1) continue
    const between =
      place.end <= sign.start ? sign.start - place.end : place.start >= sign.end ? place.start - sign.end : null
    // Across a comma the place comes first: `打针的地方，白了一片`.
    if (between === null || (place.clause !== sign.clause && place.start > sign.start)) continue
    if (between < least) {
      best = place
      least = between
    }
  }
  return best
}

const LAUGHS = /哈哈|嘻嘻|hhh|嘿嘿|😂|🤣|😆|狗头|doge/

/** So far before a sign `有点` or `很` belongs to it; behind it, so far. */
const BEFORE = 5
const BEHIND = 8

function qualitiesOf(
  { sign }: Candidate,
  hits: readonly Hit[],
  candidates: readonly Candidate[],
  clauses: number,
): Set<Quality> {
  const taken = new Set(candidates.map((one) => one.sign.clause))
  // What is said in a clause without a sign is said of the sign before it, or, at the start, of the one behind.
  const reach = new Set([sign.clause])
  for (let at = sign.clause + 1; at < clauses && !taken.has(at); at++) reach.add(at)
  for (let at = sign.clause - 1; at >= 0 && !taken.has(at); at--) reach.add(at)
  const around = hits.filter(({ group, clause }) => MODIFIERS.has(group) && reach.has(clause))
  const better = around.filter(({ group }) => group === 'better')
  const not = around.filter(({ group }) => group === 'notbetter')
  const qualities = new Set<Quality>()
  for (const hit of around) {
    if (hit.group === 'notbetter') qualities.add('lasting')
    if (!isQuality(hit.group)) continue
    const isClose =
      hit.clause === sign.clause &&
      (hit.end <= sign.start ? sign.start - hit.end <= BEFORE : hit.start - sign.end <= BEHIND)
    if ((hit.group === 'strong' || hit.group === 'mild') && !isClose) continue
    if (hit.group === 'worse' && better.some((one) => overlaps(one, hit))) continue
    if (hit.group === 'better' && not.some((one) => overlaps(one, hit))) continue
    qualities.add(hit.group)
  }
  if (qualities.has('better')) qualities.delete('worse')
  if (qualities.has('mild')) qualities.delete('strong')
  return qualities
}

const overlaps = (a: Hit, b: Hit): boolean => a.start < b.end && b.start < a.end
const isQuality = (group: string): group is Quality => QUALITIES.some((one) => one === group)
const literally = (word: string): string => word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
