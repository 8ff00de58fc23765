/** Training for the clinic's own screens: what a member has to read, exercises, attempts, and how a store stands. */
import { z } from 'zod'
import { type Route, route } from '../platform/http.ts'
import { Id, listing, PageQuery, page } from '../platform/views.ts'
import { ARTICLE_KINDS, ArticleId } from './articles.ts'
import type { Standing, Training } from './training-service.ts'

const Reading = z.object({
  id: z.string(),
  version: z.number(),
  kind: z.enum(ARTICLE_KINDS),
  title: z.string(),
  answer: z.string(),
})
const Exercises = z.array(
  z.object({
    id: z.string(),
    kind: z.enum(['quiz', 'scenario']),
    title: z.string(),
    attempts: z.number(),
    /** 0–100; null where nobody has tried. */
    best: z.number().nullable(),
    passed: z.boolean(),
  }),
)
const Member = z.object({
  userId: z.string(),
  name: z.string(),
  /** 2026-Q1. */
  quarter: z.string(),
  toRead: z.array(Reading),
  read: z.number(),
  exercises: Exercises,
})
const Report = Member.omit({ toRead: true }).extend({ toRead: z.number() })
const Questions = z.object({
  id: z.string(),
  kind: z.enum(['quiz', 'scenario']),
  title: z.string(),
  situation: z.string().nullable(),
  passFrom: z.number(),
  questions: z.array(z.object({ id: z.string(), ask: z.string(), options: z.array(z.string()) })),
})
const Scored = z.object({
  score: z.number(),
  passed: z.boolean(),
  answers: z.array(z.object({ question: z.string(), worth: z.number(), why: z.string() })),
})

export function trainingRoutes(training: Training): Route[] {
  const api = { tag: 'knowledge', auth: 'integration' } as const
  const params = z.strictObject({ userId: Id })
  return [
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/training/members/:userId',
      summary: 'What a member of staff has to read this quarter, and how the exercises went',
      params,
      response: Member,
      errors: ['staff_not_found'],
      handle: ({ params: { userId } }) => training.standingOf(userId),
    }),
    route({
      ...api,
      method: 'post',
      path: '/api/v1/knowledge/training/members/:userId/acknowledgements',
      summary: 'A member of staff has read these versions of articles',
      params,
      body: z.strictObject({
        articles: z
          .array(z.strictObject({ id: ArticleId, version: z.int().positive() }))
          .min(1)
          .max(500),
      }),
      response: Member,
      errors: ['staff_not_found', 'article_version_outdated'],
      handle: ({ params: { userId }, body: { articles } }) => training.acknowledge(userId, articles),
    }),
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/training/exercises/:exerciseId',
      summary: 'A quiz or scenario as it is shown, without what is right',
      params: z.strictObject({ exerciseId: ArticleId }),
      response: Questions,
      errors: ['exercise_not_found'],
      handle: async ({ params: { exerciseId } }) => {
        const { questions, ...exercise } = training.exercise(exerciseId)
        return { ...exercise, questions: questions.map((one) => ({ ...one, options: [...one.options] })) }
      },
    }),
    route({
      ...api,
      method: 'post',
      path: '/api/v1/knowledge/training/members/:userId/attempts',
      summary: 'Submit answers: they are scored here, kept as an attempt, and explained',
      params,
      body: z.strictObject({
        attemptId: Id,
        exerciseId: ArticleId,
        answers: z
          .array(z.strictObject({ question: ArticleId, chosen: z.array(z.int().min(1).max(6)).max(6) }))
          .max(50),
      }),
      response: Scored,
      errors: ['staff_not_found', 'exercise_not_found', 'exercise_answers_invalid'],
      handle: ({ params: { userId }, body }) => training.attempt(userId, body),
    }),
    route({
      ...api,
      method: 'get',
      path: '/api/v1/knowledge/training/stores/:storeId',
      summary: 'How the training of a store stands this quarter, member by member',
      params: z.strictObject({ storeId: Id }),
      query: PageQuery,
      response: page(Report),
      errors: ['store_not_found'],
      async handle({ params: { storeId }, query }) {
        const rows = (await training.ofStore(storeId)).map((one: Standing) => ({
          ...one,
          _id: one.userId,
          toRead: one.toRead.length,
        }))
        return listing(query, async ({ after }) => rows.filter(({ userId }) => after === null || userId > after))
      },
    }),
  ]
}
