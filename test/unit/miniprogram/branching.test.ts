/** The phone and the server must agree on which questions are asked: each has the rules in its own words. */
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answers, Question } from '../../../src/surveys/definition.ts'
import { asked, checked } from '../../../src/surveys/evaluate.ts'
import { SHIPPED, someAnswer } from '../surveys/support.ts'

const shipped = [...SHIPPED.surveys.values()].flat()
/** The mini-program's modules are resolved as WeChat's tools do, not as Node does: what they take is said here. */
const phone = (name: string): Promise<unknown> => import(join(process.cwd(), 'miniprogram/pages/survey', `${name}.ts`))
const { askedOf } = (await phone('branching')) as {
  askedOf(questions: readonly Question[], answers: Answers): Question[]
}
const { problemsOf } = (await phone('checks')) as {
  problemsOf(questions: readonly Question[], answers: Answers): Record<string, string>
}
const answersOf = (questions: readonly Question[], picks: readonly number[]): Answers =>
  Object.fromEntries(
    questions.flatMap((question, i) => {
      const pick = picks[i % picks.length] ?? 0
      return pick % 4 === 0 ? [] : [[question.id, someAnswer(question, pick)]]
    }),
  )

describe('the questions that are asked', () => {
  test('are the same on the phone and on the server, whatever was answered', () => {
    expect(shipped.length).toBeGreaterThan(9)
    fc.assert(
      fc.property(
        fc.constantFrom(...shipped),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 12 }),
        (survey, picks) => {
          const answers = answersOf(survey.questions, picks)
          const ids = (questions: readonly { id: string }[]) => questions.map(({ id }) => id)
          expect(ids(askedOf(survey.questions, answers))).toEqual(ids(asked(survey.questions, answers)))
        },
      ),
    )
  })
  test('and what is missing is marked before the server has to say so', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...shipped),
        fc.array(fc.nat(60), { minLength: 1, maxLength: 12 }),
        (survey, picks) => {
          const answers = answersOf(survey.questions, picks)
          const marked = Object.keys(problemsOf(askedOf(survey.questions, answers), answers))
          expect(marked).toEqual(checked(survey.questions, answers).problems.map(({ question }) => question))
        },
      ),
    )
  })
})
