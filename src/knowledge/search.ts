/**
 * Finding what answers a question: an inverted index of our own with BM25 over fields, then a second look at the best by how
 * near the question is to one way of asking. Pure and in memory; some hundred articles, and fast up to thousands.
 */
import { type Tokens, weightOf } from './tokens.ts'

export interface Findable {
  id: string
  title: string
  /** Other ways of asking the same. */
  asks: readonly string[]
  text: string
  /** Read with less weight. */
  more?: string | undefined
  /** Codes; none: true of all. */
  treatments: readonly string[]
  /** First and last day after the treatment. */
  days?: readonly [number, number] | undefined
}

/** What is known of who asks. */
export interface Asked {
  /** Codes of the treatments that the asker had. */
  treatments?: readonly string[] | undefined
  /** Days since. */
  day?: number | null | undefined
}

export interface Hit<T> {
  item: T
  score: number
  /** 0–1: how much of the question it is about. Below `ANSWERED_FROM` nothing is answered. */
  confidence: number
}

export interface Search<T> {
  /** The best first, at most `limit`; nothing that shares no term with the question. */
  find(question: string, asked?: Asked, limit?: number): Hit<T>[]
}

/** BM25's usual saturation; lengths count for less, because answers are all of a size. */
const K = 1.6
const B = 0.5
const FIELDS = { title: 4, asks: 3, text: 1.5, more: 0.25 } as const
type Field = keyof typeof FIELDS
/** So many of the best are looked at a second time. */
const LOOKED_AT = 40
/** A question that weighs as much as so many words that no article has says enough; a word or two say little. */
const MUCH_SAID = 2.35
/** What is left of the confidence in an article of another treatment, and where nobody knows the treatment. */
const OTHERS_DOUBT = 0.5
const UNKNOWN_DOUBT = 0.85
/** Longer questions are read so far. */
const READ_SIGNS = 200

/** How much it helps to be asked in the article's own way. */
const NEAR = 2

/** An article of a treatment that the question names, of another one, and the same for what the asker had. */
const NAMED = 1.4
const NOT_NAMED = 0.15
const HAD = 1.25
const NOT_HAD = 0.6
const ON_THE_DAY = 1.1
const OTHER_DAY = 0.85

interface Postings {
  /** Places of articles, and what the term adds to each. */
  places: Int32Array
  impacts: Float32Array
  idf: number
}

interface Way {
  terms: ReadonlySet<string>
  /** Weight of all of them. */
  mass: number
}

export function createSearch<T extends Findable>(items: readonly T[], tokens: Tokens): Search<T> {
  const postings = index(items, tokens)
  const rare = Math.log(1 + (items.length + 0.5) / 0.5)
  const mass = (term: string) => (postings.get(term)?.idf ?? rare) * weightOf(term)
  const wayOf = (text: string): Way => {
    const terms = new Set(tokens.asked(text))
    return { terms, mass: sum(terms, mass) }
  }
  const ways = items.map(({ title, asks }) => [title, ...asks].map(wayOf))
  const scores = new Float64Array(items.length)
  const covered = new Float64Array(items.length)

  /** Adds up what each article says of the terms; the places of those that say anything. */
  function add({ terms }: Way): number[] {
    const touched: number[] = []
    for (const term of terms) {
      const found = postings.get(term)
      if (!found) continue
      const weight = weightOf(term) * found.idf
      for (let i = 0; i < found.places.length; i++) {
        const place = found.places[i] as number
        if (scores[place] === 0) touched.push(place)
        scores[place] = (scores[place] as number) + weight * (found.impacts[i] as number)
        covered[place] = (covered[place] as number) + weight
      }
    }
    return touched
  }

  return {
    find(question, asked = {}, limit = 10) {
      const text = question.slice(0, READ_SIGNS)
      const wanted = wayOf(text)
      if (wanted.mass === 0) return []
      const named = tokens.treatmentsIn(text)
      const had = new Set(asked.treatments)
      const touched = add(wanted)
      const looked = highest(touched, Math.max(LOOKED_AT, limit), (place) => {
        const fit = fitOf(items[place] as T, named, had, asked.day)
        return (scores[place] as number) * fit
      }).map(({ place, score }) => ({ place, score, share: (covered[place] as number) / wanted.mass }))
      for (const place of touched) {
        scores[place] = 0
        covered[place] = 0
      }
      return looked
        .map(({ place, score, share }) => {
          const near = nearest(wanted, ways[place] ?? [], mass)
          const item = items[place] as T
          const own = named.size > 0 ? named : had
          const isOwn = isOf(item, own)
          // What is right after one treatment may be wrong after another.
          const doubt = item.treatments.length === 0 || isOwn ? 1 : own.size > 0 ? OTHERS_DOUBT : UNKNOWN_DOUBT
          const confidence = doubt * confidenceOf({ share, near, says: wanted.mass / (MUCH_SAID * rare), isOwn })
          return { item, score: (score / wanted.mass) * (1 + NEAR * near), confidence }
        })
        .sort((a, b) => b.score - a.score || (a.item.id < b.item.id ? -1 : 1))
        .slice(0, limit)
    },
  }
}

/** The places with the highest scores, without sorting all of them; of equal ones the earlier. */
function highest(places: readonly number[], count: number, scoreOf: (place: number) => number) {
  const best: { place: number; score: number }[] = []
  for (const place of places) {
    const score = scoreOf(place)
    const last = best.length < count ? undefined : best[count - 1]
    if (last && (score < last.score || (score === last.score && place > last.place))) continue
    let at = best.length
    while (at > 0) {
      const other = best[at - 1] as { place: number; score: number }
      if (other.score > score || (other.score === score && other.place < place)) break
      at -= 1
    }
    best.splice(at, 0, { place, score })
    if (best.length > count) best.pop()
  }
  return best
}

/**
 * How sure it is that an article is about a question, from the share of the question that it speaks of, how near one of its ways
 * of asking is, whether it is of the treatment in question, and how much the question says at all. A logistic curve, fitted on
 * half of `test/fixtures/knowledge/questions.jsonl` and `other-topics-tune.jsonl`.
 */
function confidenceOf(of: { share: number; near: number; says: number; isOwn: boolean }): number {
  const { share, near, isOwn } = of
  const says = Math.min(1, of.says)
  const own = isOwn ? 2.74 - 1.09 * share : 0
  return 1 / (1 + Math.exp(6.67 - 2.9 * share - 2.72 * near - 0.71 * share * near - own - 3.17 * says))
}

function sum(terms: Iterable<string>, of: (term: string) => number): number {
  let total = 0
  for (const term of terms) total += of(term)
  return total
}

/** How much a question has in common with the nearest of some ways of asking, by the weight of their terms (Dice). */
function nearest({ terms, mass: whole }: Way, ways: readonly Way[], mass: (term: string) => number): number {
  const weighed = [...terms].map((term) => ({ term, weight: mass(term) }))
  return Math.max(
    0,
    ...ways.map((way) => {
      let common = 0
      for (const { term, weight } of weighed) if (way.terms.has(term)) common += weight
      return common === 0 ? 0 : (2 * common) / (whole + way.mass)
    }),
  )
}

const isOf = ({ treatments }: Findable, codes: ReadonlySet<string>): boolean =>
  treatments.some((code) => codes.has(code))

function fitOf(
  item: Findable,
  named: ReadonlySet<string>,
  had: ReadonlySet<string>,
  day: number | null | undefined,
): number {
  let fit = 1
  if (item.treatments.length > 0 && (named.size > 0 || had.size > 0)) {
    const isHad = isOf(item, had)
    // Whoever had one and names another may ask whether the two go together.
    if (named.size > 0) fit *= isOf(item, named) ? NAMED : isHad ? 1 : NOT_NAMED
    else fit *= isHad ? HAD : NOT_HAD
  }
  if (item.days && day != null) fit *= item.days[0] <= day && day <= item.days[1] ? ON_THE_DAY : OTHER_DAY
  return fit
}

function index(items: readonly Findable[], tokens: Tokens): Map<string, Postings> {
  const counted = items.map(({ title, asks, text, more = '' }) => {
    const fields: Record<Field, Map<string, number>> = {
      title: counts(tokens.said(title)),
      asks: counts(asks.flatMap((ask) => tokens.said(ask))),
      text: counts(tokens.said(text)),
      more: counts(tokens.said(more)),
    }
    return fields
  })
  const names = Object.keys(FIELDS) as Field[]
  const sizeOf = (terms: ReadonlyMap<string, number>) => sum(terms.keys(), (term) => terms.get(term) ?? 0)
  const averages = Object.fromEntries(
    names.map((field) => [field, sum2(counted, (one) => sizeOf(one[field])) / Math.max(1, items.length) || 1]),
  ) as Record<Field, number>
  const lists = new Map<string, { places: number[]; impacts: number[] }>()
  for (const [place, fields] of counted.entries()) {
    const weights = new Map<string, number>()
    for (const field of names) {
      const length = 1 - B + (B * sizeOf(fields[field])) / averages[field]
      for (const [term, count] of fields[field])
        weights.set(term, (weights.get(term) ?? 0) + (FIELDS[field] * count) / length)
    }
    for (const [term, weight] of weights) {
      const list = lists.get(term) ?? { places: [], impacts: [] }
      lists.set(term, list)
      list.places.push(place)
      list.impacts.push((weight * (K + 1)) / (weight + K))
    }
  }
  return new Map(
    [...lists].map(([term, { places, impacts }]) => [
      term,
      {
        places: Int32Array.from(places),
        impacts: Float32Array.from(impacts),
        idf: Math.log(1 + (items.length - places.length + 0.5) / (places.length + 0.5)),
      },
    ]),
  )
}

function counts(terms: readonly string[]): Map<string, number> {
  const found = new Map<string, number>()
  for (const term of terms) found.set(term, (found.get(term) ?? 0) + 1)
  return found
}

function sum2<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((total, one) => total + of(one), 0)
}
