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
const K = 1.2
const B = 0.5
const FIELDS = { title: 2.5, asks: 2, text: 1, more: 0.4 } as const
type Field = keyof typeof FIELDS
/** So many of the best are looked at a second time. */
const LOOKED_AT = 40
/** Longer questions are read so far. */
const READ_SIGNS = 200

/** An article of a treatment that the question names, of another one, and the same for what the asker had. */
const NAMED = 1.3
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

export function createSearch<T extends Findable>(items: readonly T[], tokens: Tokens): Search<T> {
  const postings = index(items, tokens)
  const rare = Math.log(1 + (items.length + 0.5) / 0.5)
  const ways = items.map(({ title, asks }) => [title, ...asks].map((way) => termsOf(tokens, way)))
  const scores = new Float64Array(items.length)
  const covered = new Float64Array(items.length)
  const mass = (term: string) => (postings.get(term)?.idf ?? rare) * weightOf(term)

  return {
    find(question, asked = {}, limit = 10) {
      const text = question.slice(0, READ_SIGNS)
      const wanted = termsOf(tokens, text)
      const whole = sum(wanted, mass)
      if (whole === 0) return []
      const touched: number[] = []
      for (const term of wanted) {
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
      const named = tokens.treatmentsIn(text)
      const ranked = touched
        .map((place) => {
          const fit = fitOf(items[place] as T, named, asked)
          return { place, fit, score: (scores[place] as number) * fit, share: (covered[place] as number) / whole }
        })
        .sort((a, b) => b.score - a.score || a.place - b.place)
        .slice(0, Math.max(LOOKED_AT, limit))
      for (const place of touched) {
        scores[place] = 0
        covered[place] = 0
      }
      return ranked
        .map(({ place, score, share, fit }) => {
          const near = Math.max(...(ways[place] ?? []).map((way) => nearness(wanted, way, mass)))
          return {
            item: items[place] as T,
            score: (score / whole) * (1 + 2 * near),
            confidence: Math.min(
              1,
              (0.6 * share + 0.6 * near) * (whole / (whole + 8)) * Math.min(1, fit + 0.3) + (named.size > 0 ? 0.05 : 0),
            ),
          }
        })
        .sort((a, b) => b.score - a.score || (a.item.id < b.item.id ? -1 : 1))
        .slice(0, limit)
    },
  }
}

const termsOf = (tokens: Tokens, text: string): Set<string> => new Set(tokens.terms(text))

function sum(terms: Iterable<string>, of: (term: string) => number): number {
  let total = 0
  for (const term of terms) total += of(term)
  return total
}

/** How much two ways of asking have in common, by the weight of their terms (Dice). */
function nearness(a: ReadonlySet<string>, b: ReadonlySet<string>, mass: (term: string) => number): number {
  let common = 0
  let all = 0
  for (const term of a) {
    const weight = mass(term)
    all += weight
    if (b.has(term)) common += weight
  }
  for (const term of b) all += mass(term)
  return all === 0 ? 0 : (2 * common) / all
}

function fitOf(
  { treatments, days }: Findable,
  named: ReadonlySet<string>,
  { treatments: had = [], day }: Asked,
): number {
  const isOf = (codes: Iterable<string>) => [...codes].some((code) => treatments.includes(code))
  let fit = 1
  if (treatments.length > 0) {
    if (named.size > 0) fit *= isOf(named) ? NAMED : NOT_NAMED
    else if (had.length > 0) fit *= isOf(had) ? HAD : NOT_HAD
  }
  if (days && day != null) fit *= days[0] <= day && day <= days[1] ? ON_THE_DAY : OTHER_DAY
  return fit
}

function index(items: readonly Findable[], tokens: Tokens): Map<string, Postings> {
  const counted = items.map(({ title, asks, text, more = '' }) => {
    const fields: Record<Field, Map<string, number>> = {
      title: counts(tokens.terms(title)),
      asks: counts(asks.flatMap((ask) => tokens.terms(ask))),
      text: counts(tokens.terms(text)),
      more: counts(tokens.terms(more)),
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
