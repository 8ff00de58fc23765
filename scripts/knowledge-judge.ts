/** How well the search finds what answers: shares of questions, and those that it gets wrong. */
import type { Library } from '../src/knowledge/library.ts'
import { ANSWERED_FROM } from '../src/knowledge/service.ts'
import type { Question } from './knowledge-questions.ts'

export interface Judged {
  n: number
  /** Of questions that an article answers: it is the first, or among the first three. */
  'hit@1': number | null
  'hit@3': number | null
  /** Of them, those that get an answer at all; and of what is answered, the share that gets the right one. */
  answered: number | null
  right: number | null
  /** Of questions that nothing answers: those that get an answer all the same. */
  wronglyAnswered: number | null
  misses: { q: string; treatment: string | null; expected: string[]; got: string[]; confidence: number }[]
}

const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 1e4) / 1e4

export function judgeQuestions(library: Library, questions: readonly Question[]): Judged {
  const judged = questions.map(({ q, articles, treatment, day }) => {
    const hits = library.find(q, 'customer', { treatments: treatment ? [treatment] : [], day }, 3)
    const got = hits.map(({ item }) => item.id)
    const rank = got.findIndex((id) => articles.includes(id))
    const confidence = Math.round((hits[0]?.confidence ?? 0) * 100) / 100
    return { q, treatment, expected: articles, got, rank, confidence, isAnswered: confidence >= ANSWERED_FROM }
  })
  const answerable = judged.filter(({ expected }) => expected.length > 0)
  const others = judged.filter(({ expected }) => expected.length === 0)
  const answered = answerable.filter(({ isAnswered }) => isAnswered)
  return {
    n: judged.length,
    'hit@1': share(answerable.filter(({ rank }) => rank === 0).length, answerable.length),
    'hit@3': share(answerable.filter(({ rank }) => rank >= 0).length, answerable.length),
    answered: share(answered.length, answerable.length),
    right: share(answered.filter(({ rank }) => rank === 0).length, answered.length),
    wronglyAnswered: share(others.filter(({ isAnswered }) => isAnswered).length, others.length),
    misses: judged
      .filter(({ expected, rank, isAnswered }) => (expected.length > 0 ? rank < 0 : isAnswered))
      .map(({ q, treatment, expected, got, confidence }) => ({ q, treatment, expected, got, confidence })),
  }
}
