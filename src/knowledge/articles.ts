/** `config/knowledge/*.yaml`: approved words for customers and staff, each with who keeps it and when it is looked at again. */
import { z } from 'zod'
import type { Day } from '../platform/calendar.ts'
import { DayString, NoteText, ShortText } from '../platform/views.ts'
import type { Role } from '../staff/index.ts'

export const ARTICLE_KINDS = ['faq', 'guide', 'forbidden', 'product', 'script', 'case', 'preop'] as const
export const AUDIENCES = ['customer', 'staff'] as const
export type Audience = (typeof AUDIENCES)[number]
export const KEEPERS = ['doctor', 'nurse', 'customer_service', 'consultant', 'supervisor'] as const
/** The role that a keeper is. */
export const KEEPER_ROLES: Record<(typeof KEEPERS)[number], Role> = {
  doctor: 'doctor',
  nurse: 'nurse',
  customer_service: 'customer_service',
  consultant: 'consultant',
  supervisor: 'cs_supervisor',
}

/** As staff call them. */
export const KEEPER_NAMES: Record<(typeof KEEPERS)[number], string> = {
  doctor: '医生',
  nurse: '护士',
  customer_service: '客服',
  consultant: '咨询师',
  supervisor: '客服主管',
}

/** What is read in a chat without scrolling; staff read theirs at a desk. */
const CUSTOMER_SIGNS = 280
const STAFF_SIGNS = 600
/** Days after a treatment of which anything is said. */
const LAST_DAY = 400

export const ArticleId = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be kebab-case')
  .max(64)

const Fields = z.strictObject({
  kind: z.enum(ARTICLE_KINDS),
  title: ShortText(60),
  /** Other ways in which people ask the same; found, never shown. */
  asks: z.array(ShortText(60)).max(20).default([]),
  audience: z.enum(AUDIENCES),
  /** Codes of `config/treatments.yaml`; none: it is true of all. */
  treatments: z.array(z.string().max(40)).max(40).default([]),
  /** First and last day after the treatment for which it is written. */
  days: z
    .tuple([z.int().min(0).max(LAST_DAY), z.int().min(0).max(LAST_DAY)])
    .refine(([first, last]) => first <= last, 'must begin before they end')
    .optional(),
  owner: z.enum(KEEPERS),
  /** When whoever keeps it looks at it again. */
  reviewOn: DayString,
  /** Medical words wait for a doctor; what isn't medical may be approved as it is written. */
  status: z.enum(['needs_doctor', 'approved']),
  /** What the words rest on, for whoever reviews them: a leaflet, a guideline, the clinic’s own protocol. */
  sources: z.array(ShortText(200)).min(1).max(5).optional(),
  /** Word for word what is answered. */
  answer: NoteText(STAFF_SIGNS),
  /** A longer text for the mini-program. */
  more: NoteText(2_000).optional(),
})

type Said = Pick<z.output<typeof Fields>, 'kind' | 'audience' | 'asks' | 'answer'>
function sound({ kind, audience, asks, answer }: Said, { addIssue }: Pick<z.RefinementCtx, 'addIssue'>): void {
  const problem = (path: string, message: string) => addIssue({ code: 'custom', path: [path], message })
  if (audience === 'staff') return
  if (answer.length > CUSTOMER_SIGNS)
    problem('answer', `has ${answer.length} characters; a chat is read up to ${CUSTOMER_SIGNS}`)
  if (asks.length === 0) problem('asks', 'must say how else customers ask it')
  if (kind === 'script' || kind === 'case') problem('audience', 'scripts and cases are for staff')
}

/** What staff write: anew, or in place of a version. */
export const ArticleDraft = Fields.omit({ status: true, days: true })
  .extend({
    days: z
      .strictObject({ first: z.int().min(0).max(LAST_DAY), last: z.int().min(0).max(LAST_DAY) })
      .refine(({ first, last }) => first <= last, 'must begin before they end')
      .optional(),
    /** Whether it is medical: then a doctor approves it. */
    medical: z.boolean(),
  })
  .superRefine(sound)
export type ArticleDraft = z.output<typeof ArticleDraft>

/** `articles.3`: one of a file. */
export const ArticlesFile = z
  .strictObject({
    articles: z
      .array(
        Fields.extend({
          /** Stable: answers and edits refer to it. */
          id: ArticleId,
          version: z.int().positive(),
        }).superRefine(sound),
      )
      .max(500),
  })
  .meta({ title: 'Articles of the knowledge' })
export type ArticlesFile = z.output<typeof ArticlesFile>
export type Article = ArticlesFile['articles'][number]

/** Kept longer than its day without anybody having looked at it again. Pure. */
export const isOverdue = ({ reviewOn }: Pick<Article, 'reviewOn'>, today: Day): boolean => reviewOn < today
