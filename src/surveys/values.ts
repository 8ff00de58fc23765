/** Answers as they are counted: choices and numbers, one value each; what people wrote is not among them. Pure. */
import type { Answers, Question } from './definition.ts'
import { qualified } from './form.ts'
import type { Value } from './model.ts'

export function valuesOf(questions: readonly Question[], answers: Answers): Value[] {
  return questions.flatMap(({ id, kind }): Value[] => {
    const answer = answers[id]
    if (answer === undefined || kind === 'text' || kind === 'date') return []
    if (kind === 'photo') return [{ q: id, v: String(Array.isArray(answer) ? answer.length : 0) }]
    if (Array.isArray(answer)) return answer.map((v) => ({ q: id, v }))
    if (typeof answer === 'object') return Object.entries(answer).map(([row, v]) => ({ q: qualified(id, row), v }))
    return [{ q: id, v: String(answer) }]
  })
}

/** What people wrote. */
export const wordsOf = (questions: readonly Pick<Question, 'id' | 'kind'>[], answers: Answers) =>
  questions.flatMap(({ id, kind }) => {
    const answer = answers[id]
    return kind === 'text' && typeof answer === 'string' ? [{ question: id, text: answer }] : []
  })
