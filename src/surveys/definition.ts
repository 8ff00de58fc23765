/** Survey files: their shape, and the answers that their questions take. */
import { z } from 'zod'
import { ROLES } from '../staff/index.ts'

/** Names of questions, options and rows: what answers are kept under. */
const Name = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/)
const Title = z.string().min(1).max(80)
const Label = z.string().min(1).max(40)

const Condition = z.union([
  /** One of these is chosen. */
  z.strictObject({ question: Name, is: z.array(Name).min(1) }),
  /** Stars, points and numbers; of a matrix, its lowest row. */
  z.strictObject({ question: Name, atLeast: z.number() }),
  z.strictObject({ question: Name, atMost: z.number() }),
  z.strictObject({ question: Name, answered: z.literal(true) }),
])
export type Condition = z.output<typeof Condition>
const ShowIf = z.union([
  Condition,
  z.strictObject({ all: z.array(Condition).min(1) }),
  z.strictObject({ any: z.array(Condition).min(1) }),
])
export type ShowIf = z.output<typeof ShowIf>

/** After which treatments; none means after every one. */
const About = {
  codes: z.array(z.string().min(1).max(64)).min(1).optional(),
  categories: z.array(z.string().min(1).max(64)).min(1).optional(),
  notCategories: z.array(z.string().min(1).max(64)).min(1).optional(),
}
export type About = z.output<z.ZodObject<typeof About>>

/** What an answer measures, whichever survey asks it. */
export const MEASURES = ['satisfaction', 'effect', 'nps', 'pain', 'discomfort'] as const
export type Measure = (typeof MEASURES)[number]

const Alert = z.strictObject({
  atMost: z.number().optional(),
  atLeast: z.number().optional(),
  /** Options that mean trouble. */
  is: z.array(Name).min(1).optional(),
  /** A colleague calls, or the complaint is prepared, too. */
  opens: z.enum(['task', 'complaint']).default('task'),
  to: z.enum(ROLES).default('customer_service'),
})
export type Alert = z.output<typeof Alert>

const Option = z.strictObject({
  id: Name,
  text: Label,
  /** Of several: chosen only alone, as "none of these". */
  alone: z.literal(true).optional(),
})
const base = {
  id: Name,
  title: Title,
  help: z.string().min(1).max(120).optional(),
  required: z.boolean().default(true),
  showIf: ShowIf.optional(),
  /** Asked only after these treatments. */
  only: z.strictObject(About).optional(),
  /** Other words after some treatments; the first that fits. */
  variants: z
    .array(z.strictObject({ ...About, title: Title, help: z.string().min(1).max(120).optional() }))
    .min(1)
    .optional(),
  measures: z.enum(MEASURES).optional(),
  alert: Alert.optional(),
}
const ends = z.strictObject({ low: Label, high: Label }).optional()

const Question = z.discriminatedUnion('kind', [
  z.strictObject({ ...base, kind: z.literal('single'), options: z.array(Option).min(2).max(12) }),
  z.strictObject({
    ...base,
    kind: z.literal('multiple'),
    options: z.array(Option).min(2).max(15),
    most: z.int().min(1).max(15).optional(),
  }),
  z.strictObject({
    ...base,
    kind: z.literal('matrix'),
    rows: z
      .array(z.strictObject({ id: Name, text: Label }))
      .min(2)
      .max(8),
    /** The worst first. `score`: 1–5, left out of what doesn't count, as "not used". */
    columns: z
      .array(z.strictObject({ id: Name, text: Label, score: z.int().min(1).max(5).optional() }))
      .min(2)
      .max(6),
  }),
  z.strictObject({ ...base, kind: z.literal('stars'), ends }),
  z.strictObject({ ...base, kind: z.literal('nps'), ends }),
  z.strictObject({ ...base, kind: z.literal('vas'), ends }),
  z.strictObject({
    ...base,
    kind: z.literal('number'),
    min: z.number(),
    max: z.number(),
    unit: z.string().min(1).max(8).optional(),
    whole: z.boolean().default(true),
  }),
  z.strictObject({ ...base, kind: z.literal('text'), most: z.int().min(10).max(1_000).default(500) }),
  z.strictObject({ ...base, kind: z.literal('photo'), most: z.int().min(1).max(9).default(3) }),
  z.strictObject({ ...base, kind: z.literal('date') }),
])
export type Question = z.output<typeof Question>
export type QuestionKind = Question['kind']

export const SurveyFile = z.strictObject({
  version: z.int().positive(),
  /** As a message has room for it. */
  title: z.string().min(1).max(10),
  intro: z.string().min(1).max(200),
  thanks: z.string().min(1).max(120),
  /** Nobody can tell who answered; such a survey is open to everybody and has no invitations. */
  anonymous: z.boolean().default(false),
  /** About the body, or owed to the person: asked whatever else was asked lately. */
  always: z.boolean().default(false),
  /** After which treatments it is asked at all. */
  only: z.strictObject(About).optional(),
  /** An invitation can be answered for so many days. */
  days: z.int().min(1).max(60),
  questions: z.array(Question).min(1).max(40),
})
export type SurveyFile = z.output<typeof SurveyFile>
export interface Survey extends SurveyFile {
  id: string
}

export type Answer = string | number | string[] | Record<string, string>
export type Answers = Record<string, Answer>

/** How often one person may be asked. */
export const SurveyRulesFile = z.strictObject({
  version: z.int().positive(),
  fatigue: z.strictObject({
    /** Between two invitations. */
    minDays: z.int().min(0).max(90),
    /** At most so many invitations in so many days. */
    max: z.int().min(1).max(50),
    inDays: z.int().min(1).max(366),
    /** The same survey again. */
    sameSurveyDays: z.int().min(0).max(366),
  }),
})
export type SurveyRules = z.output<typeof SurveyRulesFile>

/** Whether a survey, question or wording belongs to this treatment; without one, only what belongs to all. Pure. */
export function isAbout(about: About | undefined, subject: { code: string; category: string } | null): boolean {
  if (!about) return true
  const { codes, categories, notCategories } = about
  if (subject === null) return !codes && !categories
  return (
    (!codes && !categories
      ? true
      : (codes?.includes(subject.code) ?? false) || (categories?.includes(subject.category) ?? false)) &&
    !notCategories?.includes(subject.category)
  )
}
