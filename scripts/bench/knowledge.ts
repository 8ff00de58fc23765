/** Looking up what answers a question: our index against the scan that a handful of articles would do with. */
import { readFileSync } from 'node:fs'
import { loadConfig } from '../../src/config.ts'
import type { Article } from '../../src/knowledge/index.ts'
import { createLibrary } from '../../src/knowledge/library.ts'
import { parseQuestions } from '../knowledge-questions.ts'
import type { Bench, BenchContext } from './context.ts'
import { figure, interleave, type Measures, percentile } from './rounds.ts'

/** What a person may wait for: the search's own part of it, at the 95th percentile. */
const BUDGET_MS = 10
const QUESTIONS = 'test/fixtures/knowledge/questions.jsonl'

export const knowledge: Bench = {
  name: 'knowledge',
  async run({ sizes, say }: BenchContext) {
    const { knowledge: files, treatments: kinds } = loadConfig('config')
    const articles = varied(
      files.articles.filter(({ audience }) => audience === 'customer'),
      sizes.articles,
    )
    const questions = parseQuestions(QUESTIONS, readFileSync(QUESTIONS, 'utf8'))
      .map(({ q }) => q)
      .slice(0, sizes.questions)
    say(`${articles.length} articles, ${questions.length} questions`)
    const startedAt = performance.now()
    const library = createLibrary({ articles, synonyms: files.synonyms, kinds })
    library.find('', 'customer')
    const indexMs = performance.now() - startedAt
    const scan = createScan(articles)
    const rounds = await interleave(
      sizes.shortRounds,
      {
        ours: async () => spread(questions, (question) => library.find(question, 'customer', {}, 4)),
        // A scan takes so long that a part of the questions says enough.
        peer: async () => spread(questions.slice(0, Math.ceil(questions.length / 10)), scan),
      },
      say,
    )
    const budget = { ours: rounds.ours, peer: rounds.ours.map((): Measures => ({ p95: BUDGET_MS })) }
    return {
      name: 'knowledge',
      ours: 'an inverted index over words, meanings, pairs of signs and of sounds; the best forty looked at a second time',
      peer: 'BM25 over pairs of signs by walking all articles, as the help of the mini-program did with its guides; for the budget: ten milliseconds',
      figures: [
        figure(rounds, 'p95', { name: 'a question, p95', unit: 'ms', target: { atMost: 0.5 } }),
        figure(budget, 'p95', { name: 'a question, p95 against 10 ms', unit: 'ms', target: { atMost: 1 } }),
      ],
      facts: { articles: articles.length, questions: questions.length, indexMs: Math.round(indexMs) },
    }
  },
}

function spread(questions: readonly string[], find: (question: string) => unknown): Measures {
  const times = questions.map((question) => {
    const startedAt = performance.now()
    find(question)
    return performance.now() - startedAt
  })
  return { p50: percentile(times, 0.5), p95: percentile(times, 0.95) }
}

/** As many articles as are wanted: each copy says something of two others as well, so that no two are alike. */
function varied(articles: readonly Article[], count: number): Article[] {
  const at = (i: number) => articles[i % articles.length] as Article
  const sentence = ({ answer }: Article, i: number) => {
    const sentences = answer.split(/(?<=[。；])/)
    return sentences[i % sentences.length] ?? ''
  }
  return Array.from({ length: count }, (_, i): Article => {
    const copy = Math.floor(i / articles.length)
    if (copy === 0) return at(i)
    const [own, one, other] = [at(i), at(i * 7 + copy), at(i * 13 + copy * 3)]
    return {
      ...own,
      id: `${own.id}-${copy}`,
      asks: [...own.asks.slice(copy % 3), ...one.asks.slice(0, 2)],
      treatments: copy % 2 === 0 ? own.treatments : other.treatments,
      answer: `${own.answer}${sentence(one, copy)}${sentence(other, copy + 1)}`,
    }
  })
}

/** Signs and pairs of neighbouring signs, counted per article; each question walks them all. */
function createScan(articles: readonly Article[]): (question: string) => string[] {
  const pairsOf = (text: string) => {
    const pairs: string[] = []
    for (const run of text.match(/\p{Script=Han}+/gu) ?? [])
      for (let i = 0; i < run.length; i++) pairs.push(run.slice(i, i + 1), run.slice(i, i + 2))
    return pairs
  }
  const indexed = articles.map(({ id, title, asks, answer }) => {
    const counts = new Map<string, number>()
    const pairs = pairsOf([title, ...asks, answer].join(' '))
    for (const pair of pairs) counts.set(pair, (counts.get(pair) ?? 0) + 1)
    return { id, counts, size: pairs.length }
  })
  const average = indexed.reduce((sum, { size }) => sum + size, 0) / indexed.length
  const spreadOf = new Map<string, number>()
  for (const { counts } of indexed) for (const pair of counts.keys()) spreadOf.set(pair, (spreadOf.get(pair) ?? 0) + 1)
  return (question) => {
    const wanted = [...new Set(pairsOf(question))]
    const score = ({ counts, size }: (typeof indexed)[number]) =>
      wanted.reduce((sum, pair) => {
        const n = counts.get(pair) ?? 0
        const df = spreadOf.get(pair) ?? 0
        const rarity = Math.log(1 + (indexed.length - df + 0.5) / (df + 0.5))
        return sum + (rarity * n * 2.2) / (n + 1.2 * (0.25 + (0.75 * size) / average))
      }, 0)
    return indexed
      .map((one) => ({ id: one.id, score: score(one) }))
      .sort((a, b) => b.score - a.score)
      .slice(0, 4)
      .map(({ id }) => id)
  }
}
