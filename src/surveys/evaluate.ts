/** Which questions are asked given the answers, and what is wrong with an answer. Pure. */
import { readableText } from '../platform/views.ts'
import {
  type Answer,
  type Answers,
  type Condition,
  isAbout,
  type Question,
  type ShowIf,
  type Survey,
} from './definition.ts'

export interface Subject {
  code: string
  category: string
}

/** The survey as it is put after this treatment: its own questions, in its own words. */
export function tailored(survey: Survey, subject: Subject | null): Survey {
  return {
    ...survey,
    questions: survey.questions
      .filter(({ only }) => isAbout(only, subject))
      .map((question): Question => {
        const own = question.variants?.find((variant) => isAbout(variant, subject))
        const { variants: _, only: __, ...plain } = question
        return own ? { ...plain, title: own.title, ...(own.help === undefined ? {} : { help: own.help }) } : plain
      }),
  }
}

/** What conditions compare: a number, or of a matrix the lowest score; null where there is none. */
export function figureOf(question: Question, answer: Answer | undefined): number | null {
  if (typeof answer === 'number') return answer
  if (question.kind !== 'matrix' || typeof answer !== 'object' || Array.isArray(answer)) return null
  const scores = question.columns
    .filter(({ id }) => Object.values(answer).includes(id))
    .flatMap(({ score }) => score ?? [])
  return scores.length === 0 ? null : Math.min(...scores)
}

export const chosenOf = (answer: Answer | undefined): readonly string[] =>
  Array.isArray(answer) ? answer : typeof answer === 'string' ? [answer] : []

export const conditionsOf = (showIf: ShowIf | undefined): readonly Condition[] =>
  showIf === undefined ? [] : 'all' in showIf ? showIf.all : 'any' in showIf ? showIf.any : [showIf]

function holds(condition: Condition, shown: ReadonlyMap<string, Question>, answers: Answers): boolean {
  // What isn't asked has no answer, whatever was said before a branch closed.
  const question = shown.get(condition.question)
  if (!question) return false
  const answer = answers[condition.question]
  if (answer === undefined) return false
  if ('answered' in condition) return true
  if ('is' in condition) return chosenOf(answer).some((one) => condition.is.includes(one))
  const value = figureOf(question, answer)
  if (value === null) return false
  return 'atLeast' in condition ? value >= condition.atLeast : value <= condition.atMost
}

/** The questions that are asked, in order. A condition looks back only: whatever comes later can't open it. */
export function asked(questions: readonly Question[], answers: Answers): Question[] {
  const shown = new Map<string, Question>()
  for (const question of questions) {
    const { showIf } = question
    const conditions = conditionsOf(showIf)
    const isShown =
      showIf !== undefined && 'any' in showIf
        ? conditions.some((one) => holds(one, shown, answers))
        : conditions.every((one) => holds(one, shown, answers))
    if (isShown) shown.set(question.id, question)
  }
  return [...shown.values()]
}

export const ANSWER_PROBLEMS = [
  'required',
  'unknown_question',
  'wrong_type',
  'not_an_option',
  'chosen_twice',
  'not_with_others',
  'too_many',
  'row_missing',
  'out_of_range',
  'not_whole',
  'too_long',
  'not_a_day',
  'photo_unknown',
] as const
export type AnswerProblem = (typeof ANSWER_PROBLEMS)[number]
export interface Problem {
  question: string
  code: AnswerProblem
}

const PHOTO_ID = /^[0-9A-Za-z][\w.:@-]{0,63}$/
const RANGES = { stars: [1, 5], nps: [0, 10], vas: [0, 10] } as const
/** A day that there is. */
const isDay = (text: string): boolean => {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text)
  if (!match) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
  return year >= 1900 && year <= 2199 && day >= 1 && day <= (lengths[month - 1] ?? 0)
}

/** Nothing was said, in whichever shape a page says that. */
export const isEmpty = (answer: Answer | undefined): boolean =>
  answer === undefined ||
  (typeof answer === 'string' && readableText(answer) === '') ||
  (typeof answer === 'object' && Object.keys(answer).length === 0)

/** What is wrong with one answer that is not empty; `partial`: rows of a matrix may still be missing. */
export function problemOf(question: Question, answer: Answer, partial = false): AnswerProblem | null {
  switch (question.kind) {
    case 'single':
      if (typeof answer !== 'string') return 'wrong_type'
      return question.options.some(({ id }) => id === answer) ? null : 'not_an_option'
    case 'multiple': {
      if (!Array.isArray(answer)) return 'wrong_type'
      const options = new Map(question.options.map((one) => [one.id, one]))
      if (answer.some((one) => !options.has(one))) return 'not_an_option'
      if (new Set(answer).size < answer.length) return 'chosen_twice'
      if (answer.length > 1 && answer.some((one) => options.get(one)?.alone)) return 'not_with_others'
      return answer.length > (question.most ?? answer.length) ? 'too_many' : null
    }
    case 'matrix': {
      if (typeof answer !== 'object' || Array.isArray(answer)) return 'wrong_type'
      const rows = new Set(question.rows.map(({ id }) => id))
      const columns = new Set(question.columns.map(({ id }) => id))
      if (Object.entries(answer).some(([row, column]) => !rows.has(row) || !columns.has(column))) return 'not_an_option'
      return !partial && Object.keys(answer).length < rows.size ? 'row_missing' : null
    }
    case 'stars':
    case 'nps':
    case 'vas':
    case 'number': {
      if (typeof answer !== 'number' || !Number.isFinite(answer)) return 'wrong_type'
      const [min, max] = question.kind === 'number' ? [question.min, question.max] : RANGES[question.kind]
      if (answer < min || answer > max) return 'out_of_range'
      return (question.kind !== 'number' || question.whole) && !Number.isInteger(answer) ? 'not_whole' : null
    }
    case 'text':
      if (typeof answer !== 'string') return 'wrong_type'
      return [...answer].length > question.most ? 'too_long' : null
    case 'photo':
      if (!Array.isArray(answer) || answer.some((one) => !PHOTO_ID.test(one))) return 'wrong_type'
      if (new Set(answer).size < answer.length) return 'chosen_twice'
      return answer.length > question.most ? 'too_many' : null
    case 'date':
      if (typeof answer !== 'string') return 'wrong_type'
      return isDay(answer) ? null : 'not_a_day'
  }
}

/** What may be kept of half-finished answers: every answer that is there is one. */
export function draftProblems(questions: readonly Question[], answers: Answers): Problem[] {
  const known = new Map(questions.map((one) => [one.id, one]))
  return Object.entries(answers).flatMap(([id, answer]): Problem[] => {
    const question = known.get(id)
    if (!question) return [{ question: id, code: 'unknown_question' }]
    const code = isEmpty(answer) ? null : problemOf(question, answer, true)
    return code ? [{ question: id, code }] : []
  })
}

/** Everything that keeps a submission from being taken, and what is left of it: answers that nobody asked for fall away. */
export function checked(questions: readonly Question[], answers: Answers): { answers: Answers; problems: Problem[] } {
  const shown = asked(questions, answers)
  const known = new Set(questions.map(({ id }) => id))
  const problems: Problem[] = Object.keys(answers)
    .filter((id) => !known.has(id))
    .map((id) => ({ question: id, code: 'unknown_question' }))
  const kept: Answers = {}
  for (const question of shown) {
    const { id, required } = question
    const answer = answers[id]
    if (answer === undefined || isEmpty(answer)) {
      if (required) problems.push({ question: id, code: 'required' })
      continue
    }
    const code = problemOf(question, answer)
    if (code) problems.push({ question: id, code })
    else kept[id] = typeof answer === 'string' ? readableText(answer) : answer
  }
  return { answers: kept, problems }
}
