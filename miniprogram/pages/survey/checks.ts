/** What is still wrong with the answers, in words beside the question; the server has the last word. Pure. */
import type { Answer, Answers, Question } from '../../services/surveys'
import { readable } from '../../utils/readable'

const WORDS: Record<string, string> = {
  required: '请回答这一题',
  row_missing: '还有几项没有选择',
  out_of_range: '数值超出了范围',
  not_whole: '请填写整数',
  too_long: '字数超出了上限',
  too_many: '选择的数量超出了上限',
  not_with_others: '这个选项不能与其他选项同时选择',
  not_a_day: '请选择一个日期',
  photo_going: '还有照片没有发送完，请稍等，或先移除再提交',
  photo_unknown: '其中有照片没有找到，或不是由受邀的本人上传的，请移除后再提交',
}

export const problemWords = (code: string): string => WORDS[code] ?? '请检查这一题的回答'

export const isEmpty = (answer: Answer | undefined): boolean =>
  answer === undefined ||
  (typeof answer === 'string' && readable(answer) === '') ||
  (typeof answer === 'object' && Object.keys(answer).length === 0)

function problemOf(
  { kind, required, rows = [], min, max, whole = true }: Question,
  answer: Answer | undefined,
): string | null {
  if (answer === undefined || isEmpty(answer)) return required ? 'required' : null
  if (kind === 'matrix') return Object.keys(answer).length < rows.length ? 'row_missing' : null
  if (kind !== 'number') return null
  if (typeof answer !== 'number' || Number.isNaN(answer)) return 'out_of_range'
  if ((min !== undefined && answer < min) || (max !== undefined && answer > max)) return 'out_of_range'
  return whole && !Number.isInteger(answer) ? 'not_whole' : null
}

/** By question. */
export function problemsOf(questions: readonly Question[], answers: Answers): Record<string, string> {
  const found: Record<string, string> = {}
  for (const question of questions) {
    const code = problemOf(question, answers[question.id])
    if (code) found[question.id] = problemWords(code)
  }
  return found
}

/** What may be kept on the way: the server takes no number that isn't one yet, and nothing that is empty. */
export function keepable(questions: readonly Question[], answers: Answers): Answers {
  return Object.fromEntries(
    questions.flatMap((question): [string, Answer][] => {
      const answer = answers[question.id]
      if (answer === undefined || isEmpty(answer)) return []
      const isHalf = question.kind === 'number' && problemOf(question, answer) !== null
      if (isHalf) return []
      return [[question.id, typeof answer === 'string' ? readable(answer) : answer]]
    }),
  )
}
