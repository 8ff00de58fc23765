/** The handbooks of roles, as data and as a page to be printed. */
import { Readable } from 'node:stream'
import { z } from 'zod'
import { DEFAULT_ZONE, dayOf } from '../platform/calendar.ts'
import type { Clock } from '../platform/clock.ts'
import { notFound } from '../platform/errors.ts'
import { answering, type Route, route } from '../platform/http.ts'
import { ROLES } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { ARTICLE_KINDS } from './articles.ts'
import { type Handbook, handbookOf, printHandbook } from './handbook.ts'
import type { TrainingFile } from './training.ts'
import type { ArticleVersions } from './versions.ts'

const View = z.object({
  role: z.enum(ROLES),
  title: z.string(),
  chapters: z.array(
    z.object({
      title: z.string(),
      articles: z.array(
        z.object({
          id: z.string(),
          version: z.number(),
          kind: z.enum(ARTICLE_KINDS),
          title: z.string(),
          answer: z.string(),
          more: z.string().optional(),
        }),
      ),
    }),
  ),
})
const HTML = 'text/html; charset=utf-8'

export interface HandbookRouteDeps {
  versions: Pick<ArticleVersions, 'refresh' | 'standing'>
  handbooks: TrainingFile['handbooks']
  kinds: readonly TreatmentKind[]
  clock: Pick<Clock, 'now'>
}

export function handbookRoutes({ versions, handbooks, kinds, clock }: HandbookRouteDeps): Route[] {
  const params = z.strictObject({ role: z.enum(ROLES) })

  async function handbook(role: (typeof ROLES)[number]): Promise<Handbook> {
    const known = handbooks.roles.find((one) => one.role === role)
    if (!known) throw notFound('handbook_not_found', { role })
    await versions.refresh()
    const articles = versions.standing().effective
    return handbookOf(role, known.title, { articles, kinds, crisis: handbooks.crisis })
  }

  return [
    route({
      method: 'get',
      path: '/api/v1/knowledge/handbooks/:role',
      summary: 'The handbook of a role: emergencies, wordings, cases, and what is known by treatment',
      tag: 'knowledge',
      auth: 'integration',
      params,
      response: View,
      errors: ['handbook_not_found'],
      handle: ({ params: { role } }) => handbook(role),
    }),
    answering({
      method: 'get',
      path: '/api/v1/knowledge/handbooks/:role/print',
      summary: 'The same as a page to be printed',
      tag: 'knowledge',
      auth: 'integration',
      params,
      answers: [HTML],
      errors: ['handbook_not_found'],
      async handle({ params: { role } }) {
        const bytes = Buffer.from(printHandbook(await handbook(role), dayOf(clock.now(), DEFAULT_ZONE)))
        return { type: HTML, length: bytes.length, stream: Readable.from([bytes]) }
      },
    }),
  ]
}
