/** Shapes of the surveys' routes. */
import { z } from 'zod'
import { Id, Instant, page } from '../platform/views.ts'

const Name = z.string().regex(/^[a-z][a-z0-9_]{0,39}\.[a-z][a-z0-9_]{0,39}$/)
/** Made by who answers; unlike a number of ours it must be hard to guess. */
const SubmissionId = z.string().regex(/^[0-9A-Za-z_-]{16,64}$/, 'must be 16–64 letters, digits, _ or -')
const Word = z.string().max(64)
const Answer = z.union([
  z.number(),
  z.string().max(2_000),
  z.array(Word).max(30),
  z.record(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/), Word),
])
export const AnswersBody = z.record(Name, Answer)

export const InvitationParams = z.strictObject({ invitationId: Id })
export const LinkParams = z.strictObject({ token: z.string().regex(/^[\w-]{16,64}$/) })
export const SurveyParams = z.strictObject({ surveyId: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/) })
export const DraftBody = z.strictObject({ answers: AnswersBody, revision: z.int().min(0).max(1_000_000) })
export const SubmitBody = z.strictObject({ submissionId: SubmissionId, answers: AnswersBody })
export const OpenSubmitBody = SubmitBody.extend({ storeId: Id.optional() })

const Condition = z.object({
  question: z.string(),
  is: z.array(z.string()).optional(),
  atLeast: z.number().optional(),
  atMost: z.number().optional(),
  answered: z.literal(true).optional(),
})
const Choice = z.object({ id: z.string(), text: z.string(), alone: z.literal(true).optional() })
/** What a page needs to put a question; what an answer leads to stays here. */
const QuestionView = z.object({
  id: z.string(),
  kind: z.string(),
  title: z.string(),
  help: z.string().optional(),
  required: z.boolean(),
  showIf: z.union([z.object({ all: z.array(Condition) }), z.object({ any: z.array(Condition) }), Condition]).optional(),
  options: z.array(Choice).optional(),
  rows: z.array(z.object({ id: z.string(), text: z.string() })).optional(),
  columns: z.array(z.object({ id: z.string(), text: z.string(), score: z.number().optional() })).optional(),
  most: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
  unit: z.string().optional(),
  whole: z.boolean().optional(),
  ends: z.object({ low: z.string(), high: z.string() }).optional(),
})
export const FormView = z.object({
  title: z.string(),
  intro: z.string(),
  thanks: z.string(),
  anonymous: z.boolean(),
  parts: z.array(z.object({ id: z.string(), title: z.string() })),
  questions: z.array(QuestionView),
})
const InvitationView = z.object({
  id: z.string(),
  status: z.string(),
  treatmentId: z.string().nullable(),
  createdAt: Instant,
  expiresAt: Instant,
})
export const OpenInvitationPage = page(InvitationView.extend({ title: z.string(), intro: z.string() }))
export const OpenedView = z.object({
  invitation: InvitationView,
  survey: FormView,
  answers: AnswersBody,
  revision: z.number(),
})
export const DraftView = z.object({ revision: z.number() })
export const TakenView = z.object({ thanks: z.string() })
export const OpenSurveyView = z.object({ survey: FormView })

export const InviteBody = z.strictObject({
  /** The clinic's own name of the occasion: said again it is the same invitation. */
  externalId: z.string().regex(/^[\p{L}\p{N}][\p{L}\p{N}._:@#/-]{0,63}$/u),
  surveyIds: z
    .array(z.string().regex(/^[a-z][a-z0-9_]{0,39}$/))
    .min(1)
    .max(4),
  customerId: Id,
  storeId: Id,
  treatmentId: Id.nullable().default(null),
})
export const InviteView = z.object({
  /** Null: who is asked so often is not asked now; `reason` says why. */
  invitationId: z.string().nullable(),
  reason: z.string().nullable(),
  page: z.string().nullable(),
  link: z.string().nullable(),
})

const CountView = z.object({ value: z.string(), count: z.number() })
export const ResultsView = z.object({
  items: z.array(
    z.object({
      surveyId: z.string(),
      version: z.number(),
      title: z.string(),
      anonymous: z.boolean(),
      invited: z.number(),
      answered: z.number(),
      questions: z.array(
        z.object({
          question: z.string(),
          kind: z.string(),
          title: z.string(),
          answers: z.number(),
          mean: z.number().nullable(),
          values: z.array(CountView),
        }),
      ),
    }),
  ),
})
export const AnswerPage = page(
  z.object({
    id: z.string(),
    storeId: z.string().nullable(),
    code: z.string().nullable(),
    /** Of an anonymous one, the hour. */
    at: Instant,
    answers: z.array(z.object({ question: z.string(), value: z.string() })),
    /** Only of anonymous surveys: signed words stay with the people who care for the customer. */
    words: z.array(z.object({ question: z.string(), text: z.string() })),
  }),
)
export const StatsView = z.object({ invited: z.number(), answered: z.number() })
