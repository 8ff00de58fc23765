/** Questions of people with the articles that answer them: `{ q, article }`, a line each. */
import { z } from 'zod'

const Question = z
  .strictObject({
    q: z.string().min(1),
    /** The article that answers it; null: none does, and none must be given. */
    article: z.string().nullable().optional(),
    /** Where several answer it as well. */
    articles: z.array(z.string()).min(1).optional(),
    /** What the asker had, and how many days ago. */
    treatment: z.string().nullable().default(null),
    day: z.int().nullable().default(null),
  })
  .refine(({ article, articles }) => (article === undefined) !== (articles === undefined), {
    message: 'must have either article or articles',
  })
  .transform(({ q, article, articles, treatment, day }) => ({
    q,
    articles: articles ?? (article == null ? [] : [article]),
    treatment,
    day,
  }))
export type Question = z.output<typeof Question>

/** @throws Error with every line that isn't one: file, line, what is wrong; at most twenty */
export function parseQuestions(file: string, text: string): Question[] {
  const problems: string[] = []
  const lines = text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [Question.parse(JSON.parse(line))]
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : 'is not JSON'
      problems.push(`${file}:${at + 1} ${why}`)
      return []
    }
  })
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'))
  return lines
}
