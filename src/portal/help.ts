/**
 * Looking something up in the care guides. Chinese has no spaces, so words are pairs of neighbouring signs; what few guides
 * say weighs more. In memory: some hundred short texts that change only with a start.
 */
import type { Moment, MyCare } from '../care/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'

export interface HelpEntry {
  code: string
  name: string
  moment: Moment
  title: string
  text: string
}

interface Indexed {
  entry: HelpEntry
  pairs: Map<string, number>
  size: number
}

const MOST = 20
/** BM25's usual figures. */
const K = 1.2
const B = 0.75

/** Signs and pairs of neighbouring ones (喝酒 finds 饮酒 by its second), words of Latin letters and digits as they are. Pure. */
export function pairsOf(text: string): string[] {
  const pairs: string[] = []
  for (const run of text.toLowerCase().match(/\p{Script=Han}+|[a-z0-9]+/gu) ?? []) {
    if (/[a-z0-9]/.test(run)) pairs.push(run)
    else
      for (let i = 0; i < run.length; i++)
        pairs.push(run.slice(i, i + 1), ...(i + 1 < run.length ? [run.slice(i, i + 2)] : []))
  }
  return pairs
}

export interface Help {
  /** The best first; `codes` are the asker's own treatments, which come before others that fit as well. */
  find(words: string, codes: ReadonlySet<string>): HelpEntry[]
}

export function createHelp(care: Pick<MyCare, 'guide' | 'moments'>, kinds: readonly TreatmentKind[]): Help {
  const all = kinds.flatMap((kind) => entriesOf(care, kind)).map(indexed)
  const average = all.reduce((sum, { size }) => sum + size, 0) / Math.max(1, all.length)
  const spread = new Map<string, number>()
  for (const { pairs } of all) for (const pair of pairs.keys()) spread.set(pair, (spread.get(pair) ?? 0) + 1)
  const rarity = (pair: string) => {
    const n = spread.get(pair) ?? 0
    return Math.log(1 + (all.length - n + 0.5) / (n + 0.5))
  }
  const score = ({ pairs, size }: Indexed, wanted: readonly string[]) =>
    wanted.reduce((sum, pair) => {
      const n = pairs.get(pair) ?? 0
      return n === 0 ? sum : sum + (rarity(pair) * n * (K + 1)) / (n + K * (1 - B + (B * size) / average))
    }, 0)
  return {
    find(words, codes) {
      const wanted = [...new Set(pairsOf(words))]
      return all
        .map((one) => ({ entry: one.entry, score: score(one, wanted) * (codes.has(one.entry.code) ? 2 : 1) }))
        .filter((one) => one.score > 0)
        .sort((a, b) => b.score - a.score || a.entry.title.localeCompare(b.entry.title))
        .slice(0, MOST)
        .map(({ entry }) => entry)
    },
  }
}

const entriesOf = (care: Pick<MyCare, 'guide' | 'moments'>, kind: TreatmentKind): HelpEntry[] =>
  care.moments(kind, null).flatMap((moment) => {
    const guide = care.guide(kind, null, moment)
    const text = guide?.lines.map((line) => line.text).join(' ')
    return guide && text
      ? [{ code: kind.code, name: kind.name, moment, title: `${kind.name} · ${guide.name}`, text }]
      : []
  })

function indexed(entry: HelpEntry): Indexed {
  const pairs = new Map<string, number>()
  const found = pairsOf(`${entry.title} ${entry.text}`)
  for (const pair of found) pairs.set(pair, (pairs.get(pair) ?? 0) + 1)
  return { entry, pairs, size: found.length }
}
