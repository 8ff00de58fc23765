/** A question with its answer, as the page draws it. Pure. */
import type { Answer, Question } from '../../../services/surveys'

export interface Choice {
  id: string
  text: string
  isChosen: boolean
}
export interface QuestionView {
  choices: Choice[]
  rows: { id: string; text: string; columns: Choice[] }[]
  points: { value: number; label: string; isChosen: boolean }[]
  text: string
  photos: string[]
}

const RANGES: Partial<Record<Question['kind'], readonly [number, number]>> = {
  stars: [1, 5],
  nps: [0, 10],
  vas: [0, 10],
}

const isRow = (answer: Answer | undefined): answer is Record<string, string> =>
  typeof answer === 'object' && !Array.isArray(answer)

export function viewOf(question: Question, answer: Answer | undefined): QuestionView {
  const { kind, options = [], rows = [], columns = [] } = question
  const chosen = Array.isArray(answer) ? answer : [answer]
  const [from, to] = RANGES[kind] ?? [1, 0]
  const given = typeof answer === 'number' ? answer : null
  return {
    choices: options.map(({ id, text }) => ({ id, text, isChosen: chosen.includes(id) })),
    rows: rows.map(({ id, text }) => ({
      id,
      text,
      columns: columns.map((one) => ({ id: one.id, text: one.text, isChosen: isRow(answer) && answer[id] === one.id })),
    })),
    points: Array.from({ length: to - from + 1 }, (_, i) => {
      const value = from + i
      const isChosen = given !== null && (kind === 'stars' ? value <= given : value === given)
      return { value, label: kind === 'stars' ? `${value}星` : `${value}分`, isChosen }
    }),
    text: typeof answer === 'string' ? answer : given === null ? '' : String(given),
    photos: kind === 'photo' && Array.isArray(answer) ? answer : [],
  }
}

/** After a tap on one of several; "none of these" stands alone. `null`: one more than may be chosen. */
export function toggled({ options = [], most }: Question, answer: Answer | undefined, id: string): string[] | null {
  const before = Array.isArray(answer) ? answer : []
  if (before.includes(id)) return before.filter((one) => one !== id)
  const isAlone = (one: string) => options.some((option) => option.id === one && option.alone)
  const after = isAlone(id) ? [id] : [...before.filter((one) => !isAlone(one)), id]
  return after.length > (most ?? after.length) ? null : after
}

/** Also as Chinese keyboards write it: ３６．５, 36。5. Null: none, or none yet. */
export function numberOf(typed: string): number | null {
  const text = typed
    .normalize('NFKC')
    .replace(/[。，,]/, '.')
    .trim()
  return text === '' || Number.isNaN(Number(text)) ? null : Number(text)
}

/** What stands in the field: as it was typed, as long as it says the same; a point would be gone before its digit comes. */
export const textOf = (typed: string, answer: Answer | null, text: string): string =>
  typed !== '' && numberOf(typed) === answer ? typed : text
