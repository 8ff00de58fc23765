import { loadConfig } from '../../../src/config.ts'
import { type Answer, type Answers, type Question, type Survey, SurveyFile } from '../../../src/surveys/definition.ts'
import { asked } from '../../../src/surveys/evaluate.ts'

export const SHIPPED = loadConfig('config')

/** A survey of these questions, as a file would have them. */
export const survey = (questions: unknown[], more: object = {}): Survey => ({
  id: 'test',
  ...SurveyFile.parse({
    version: 1,
    title: '测试',
    intro: '谢谢您',
    thanks: '谢谢您',
    days: 7,
    questions,
    ...more,
  }),
})

/** An answer of the right kind, chosen by a number. */
export function someAnswer(question: Question, n: number): Answer {
  const of = <T>(list: readonly T[]): T => list[n % list.length] as T
  switch (question.kind) {
    case 'single':
      return of(question.options).id
    case 'multiple':
      return [of(question.options).id]
    case 'matrix':
      return Object.fromEntries(
        question.rows.map(({ id }, i) => [id, question.columns[(n + i) % question.columns.length]?.id ?? '']),
      )
    case 'stars':
      return 1 + (n % 5)
    case 'nps':
    case 'vas':
      return n % 11
    case 'number':
      return question.min + (n % Math.floor(question.max - question.min + 1))
    case 'text':
      return `第${n}条`
    case 'photo':
      return [`photo-${n}`]
    case 'date':
      return `2026-03-${String(1 + (n % 28)).padStart(2, '0')}`
  }
}

/** Somebody who walks through the page and answers everything that comes up. */
export function walk(questions: readonly Question[], choose: (question: Question) => Answer): Answers {
  const answers: Answers = {}
  for (;;) {
    const next = asked(questions, answers).find(({ id }) => answers[id] === undefined)
    if (!next) return answers
    answers[next.id] = choose(next)
  }
}
