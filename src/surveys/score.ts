/** What answers come to: what they measure, one figure for all, and what somebody must hear of at once. Pure. */
import type { Alert, Answer, Answers, Measure, Question } from './definition.ts'
import { chosenOf, figureOf } from './evaluate.ts'

export interface Score {
  /** Satisfaction and effect 1–5, NPS and pain 0–10; discomfort 1 (yes) or 0. */
  measures: Partial<Record<Measure, number>>
  /** 0–100 over everything that was rated in stars; null where nothing was. */
  index: number | null
}

export interface LowAnswer {
  question: string
  measure: Measure | null
  opens: Alert['opens']
  to: Alert['to']
}

const STARS = 5

/** Stars of a question: its own, or those of each row that counts. */
function starsOf(question: Question, answer: Answer): number[] {
  if (question.kind === 'stars' && typeof answer === 'number') return [answer]
  if (question.kind !== 'matrix' || typeof answer !== 'object' || Array.isArray(answer)) return []
  return Object.values(answer).flatMap((column) => question.columns.find(({ id }) => id === column)?.score ?? [])
}

const isAlarming = ({ atMost, atLeast, is = [] }: Alert, question: Question, answer: Answer): boolean => {
  const value = figureOf(question, answer)
  return (
    (value !== null && atMost !== undefined && value <= atMost) ||
    (value !== null && atLeast !== undefined && value >= atLeast) ||
    chosenOf(answer).some((one) => is.includes(one))
  )
}

/** `questions`: those that were asked. */
export function scoreOf(questions: readonly Question[], answers: Answers): Score {
  const measures: Score['measures'] = {}
  const stars: number[] = []
  for (const question of questions) {
    const answer = answers[question.id]
    if (answer === undefined) continue
    stars.push(...starsOf(question, answer))
    const { measures: measure, alert } = question
    if (measure === 'discomfort') measures.discomfort = alert && isAlarming(alert, question, answer) ? 1 : 0
    else if (measure !== undefined) {
      const value = figureOf(question, answer)
      if (value !== null) measures[measure] = value
    }
  }
  const sum = stars.reduce((total, one) => total + one, 0)
  return {
    measures,
    index: stars.length === 0 ? null : Math.round(((sum / stars.length - 1) / (STARS - 1)) * 100),
  }
}

/** Answers that open somebody's work, in the order of the questions. */
export const lowAnswers = (questions: readonly Question[], answers: Answers): LowAnswer[] =>
  questions.flatMap((question): LowAnswer[] => {
    const { id, alert, measures = null } = question
    const answer = answers[id]
    if (!alert || answer === undefined || !isAlarming(alert, question, answer)) return []
    return [{ question: id, measure: measures, opens: alert.opens, to: alert.to }]
  })
