/** What stands on a page: one survey or several as one, each question under its survey's name. Pure. */
import type { Condition, Question, ShowIf, Survey } from './definition.ts'
import { type Subject, tailored } from './evaluate.ts'

export interface Form {
  title: string
  intro: string
  thanks: string
  anonymous: boolean
  questions: Question[]
  parts: { id: string; title: string }[]
}

export const qualified = (survey: string, question: string): string => `${survey}.${question}`

const renamed = (survey: string, showIf: ShowIf): ShowIf => {
  const one = (condition: Condition): Condition => ({ ...condition, question: qualified(survey, condition.question) })
  if ('all' in showIf) return { all: showIf.all.map(one) }
  return 'any' in showIf ? { any: showIf.any.map(one) } : one(showIf)
}

export function formOf(surveys: readonly Survey[], subject: Subject | null): Form {
  const [first] = surveys
  return {
    title: first?.title ?? '',
    intro: first?.intro ?? '',
    thanks: surveys.at(-1)?.thanks ?? '',
    anonymous: surveys.some(({ anonymous }) => anonymous),
    parts: surveys.map(({ id, title }) => ({ id, title })),
    questions: surveys.flatMap((survey) =>
      tailored(survey, subject).questions.map((question) => ({
        ...question,
        id: qualified(survey.id, question.id),
        ...(question.showIf ? { showIf: renamed(survey.id, question.showIf) } : {}),
      })),
    ),
  }
}
