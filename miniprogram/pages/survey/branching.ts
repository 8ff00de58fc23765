/** Which questions are asked, given the answers so far. The server judges by the same rules; a test holds both against each other. Pure. */
import type { Answer, Answers, Condition, Question } from '../../services/surveys'

/** What conditions compare: a number, or of a matrix the lowest score; null where there is none. */
function figureOf({ kind, columns = [] }: Question, answer: Answer): number | null {
  if (typeof answer === 'number') return answer
  if (kind !== 'matrix' || typeof answer !== 'object' || Array.isArray(answer)) return null
  const chosen = Object.values(answer)
  const scores = columns.flatMap(({ id, score }) => (score !== undefined && chosen.includes(id) ? [score] : []))
  return scores.length === 0 ? null : Math.min(...scores)
}

const chosenOf = (answer: Answer): readonly string[] =>
  Array.isArray(answer) ? answer : typeof answer === 'string' ? [answer] : []

function holds(condition: Condition, shown: readonly Question[], answers: Answers): boolean {
  // What isn't asked has no answer, whatever was said before a branch closed.
  const question = shown.find(({ id }) => id === condition.question)
  const answer = answers[condition.question]
  if (!question || answer === undefined) return false
  if (condition.answered) return true
  if (condition.is) return chosenOf(answer).some((one) => condition.is?.includes(one))
  const figure = figureOf(question, answer)
  if (figure === null) return false
  return condition.atLeast === undefined ? figure <= (condition.atMost ?? -Infinity) : figure >= condition.atLeast
}

function isAsked({ showIf }: Question, shown: readonly Question[], answers: Answers): boolean {
  if (!showIf) return true
  if ('any' in showIf) return showIf.any.some((one) => holds(one, shown, answers))
  return ('all' in showIf ? showIf.all : [showIf]).every((one) => holds(one, shown, answers))
}

/** In order; a condition looks back only. */
export function askedOf(questions: readonly Question[], answers: Answers): Question[] {
  const shown: Question[] = []
  for (const question of questions) if (isAsked(question, shown, answers)) shown.push(question)
  return shown
}
