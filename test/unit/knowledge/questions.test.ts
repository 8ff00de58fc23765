/** The shipped articles, asked as people ask: what must be found, and what must not be answered. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { judgeQuestions } from '../../../scripts/knowledge-judge.ts'
import { parseQuestions, type Question } from '../../../scripts/knowledge-questions.ts'
import { loadConfig } from '../../../src/config.ts'
import { createLibrary } from '../../../src/knowledge/library.ts'

const { knowledge, treatments } = loadConfig('config')
const library = createLibrary({ ...knowledge, kinds: treatments })
const read = (name: string) => {
  const file = `test/fixtures/knowledge/${name}.jsonl`
  return parseQuestions(file, readFileSync(file, 'utf8'))
}
const customers = [...library.articles.values()].filter(({ audience }) => audience === 'customer')
const all = read('questions')
/** The others were looked at while synonyms were collected. */
const unseen = all.filter((_, at) => at % 2 === 0)

const bigrams = (text: string) => {
  const signs = [...text.replace(/[^\p{L}\p{N}]/gu, '')]
  return new Set(signs.slice(1).map((sign, i) => `${signs[i]}${sign}`))
}
function alike({ q, articles }: Question): number {
  const asked = bigrams(q)
  const shares = articles.map((id) => {
    const title = bigrams(library.articles.get(id)?.title ?? '')
    return [...asked].filter((pair) => title.has(pair)).length / Math.max(1, asked.size)
  })
  return Math.max(...shares)
}

test('the questions are about articles that exist, and in other words', () => {
  expect(all.length).toBeGreaterThanOrEqual(300)
  const ids = new Set(customers.map(({ id }) => id))
  expect(all.flatMap(({ articles }) => articles.filter((id) => !ids.has(id)))).toEqual([])
  expect(all.filter((one) => alike(one) >= 0.5).map(({ q }) => q)).toEqual([])
})

describe('the right article is among the first three', () => {
  test.each([
    ['of all questions', all],
    ['of those that nobody looked at before', unseen],
    ['of customers whose treatment and day are known', read('questions-in-care')],
  ])('%s', (_, questions) => {
    const judged = judgeQuestions(library, questions)
    expect(judged['hit@3']).toBeGreaterThanOrEqual(0.9)
    expect(judged['hit@1']).toBeGreaterThanOrEqual(0.78)
    // Most are answered, and an answer is mostly the right one; the others stand beside it.
    expect(judged.answered).toBeGreaterThanOrEqual(0.6)
    expect(judged.right).toBeGreaterThanOrEqual(0.85)
  })
})

test('every article is found by its own title, and by each way of asking it where the treatment is known', () => {
  const missed = customers.flatMap(({ id, title, asks, treatments: had }) =>
    [title, ...asks].filter(
      (way, at) =>
        !library.find(way, 'customer', { treatments: at === 0 ? [] : had }, 3).some(({ item }) => item.id === id),
    ),
  )
  // Of some two thousand ways a few are asked of several articles.
  expect(missed.length, missed.join('、')).toBeLessThanOrEqual(5)
})

test('other topics are left to people', () => {
  const others = read('other-topics')
  expect(others.length).toBeGreaterThan(50)
  expect(judgeQuestions(library, others).wronglyAnswered).toBeLessThanOrEqual(0.02)
})
