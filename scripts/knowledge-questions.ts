/** Questions of people with the articles that answer them: `{ q, article }`, a line each. */
import { z } from 'zod'
import { parseLines } from './json-lines.ts'

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

/** @throws Error as `parseLines` */
export const parseQuestions = (file: string, text: string): Question[] => parseLines(Question, file, text)
