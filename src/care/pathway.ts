/** Pathway files: their shape, and how they are matched. */
import { z } from 'zod'
import { ROLES, type StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { ANCHORS, type CoursePlace, STAGES } from './types.ts'

/** Days after the anchor; before it they are negative. */
const Offset = z.int().min(-60).max(400)
const When = z.union([
  /** Within so many hours of the treatment's end. */
  z.strictObject({ withinHours: z.int().min(1).max(24) }),
  /** That day after the anchor; day 0 is the anchor's own. */
  z.strictObject({ day: Offset }),
  /** One contact on any working day from first to last. */
  z.strictObject({ days: z.tuple([Offset, Offset]) }),
  /** The same day so many calendar months later, clamped at the month's end. */
  z.strictObject({
    month: z.int().min(-12).max(24),
    /** And so many days more, for what may have to wait. */
    within: z.int().min(1).max(20).optional(),
  }),
  z.strictObject({ fromDay: Offset, toMonth: z.int().min(1).max(24) }),
])
export type When = z.output<typeof When>

/** A code of treatments or techniques, or the key of a template. */
const Name = z.string().min(1).max(64)

const Step = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]{0,39}$/),
  stage: z.enum(STAGES),
  /** `decision`: a member of staff decides something; the customer hears nothing. */
  kind: z.enum(['contact', 'guidance', 'survey', 'reminder', 'decision']),
  /** `call` needs a person; `message` goes by itself; `task` is a decision's. */
  action: z.enum(['message', 'call', 'task']),
  when: When,
  /** What the days count from; hours count from the treatment's end, days from its day unless said otherwise. */
  anchor: z.enum(ANCHORS).optional(),
  /** Only for these techniques, or kinds of product. */
  techniques: z.array(Name).min(1).optional(),
  /** Of a course: only after its last session, or only before it. */
  sessions: z.enum(['last', 'not_last']).optional(),
  /** The first role of the stage table owns the step. */
  owner: z.enum(ROLES),
  class: z.enum(['greeting', 'care', 'promotion']),
  /** Of a decision there is none. */
  template: Name.optional(),
  /** Title of the task card and of lists. */
  title: z.string().min(1).max(16),
  /** What to ask and say, for a call. */
  script: z.string().max(150).optional(),
  /** Asks effect, satisfaction and NPS. */
  asks: z.literal('month').optional(),
  /** Asked in writing with it, if the customer may be asked; with `asks`, in person where somebody speaks. */
  survey: Name.optional(),
  /** Day-1 and suture contacts don't move for a closed day: duty staff do them. */
  neverMoves: z.boolean().default(false),
  /** Where sutures come out on day 10 or later it moves by what they are later than day 7. */
  movesWithSutures: z.boolean().default(false),
  /** Ends with the next treatment of the kind. */
  untilNext: z.boolean().default(false),
  /** The customer's safety depends on it: where no message may go, a nurse or doctor decides. */
  safety: z.boolean().default(false),
})
export type PathwayStep = z.output<typeof Step>

export const PathwayFile = z.strictObject({
  version: z.int().positive(),
  name: z.string().min(1).max(40),
  /** Of merged contacts the wording and owner come from the highest. */
  specificity: z.int().min(0).max(100),
  matches: z.strictObject({
    codes: z.array(Name).min(1).optional(),
    categories: z.array(Name).min(1).optional(),
    notCategories: z.array(Name).min(1).optional(),
    storeTypes: z
      .array(z.enum(['hospital', 'clinic', 'salon']))
      .min(1)
      .optional(),
    techniques: z.array(Name).min(1).optional(),
    /** Sessions of a course. */
    course: z.literal(true).optional(),
    /** Booked visits instead of what was done. */
    appointments: z.literal(true).optional(),
    /** People who asked and have not bought. */
    consultations: z.literal(true).optional(),
  }),
  /** An operation: further ones within a year shift what is to come, and it has sutures, which usually come out on that day. */
  operation: z.strictObject({ sutureDay: z.union([z.int().min(1).max(60), z.literal('none')]) }).optional(),
  steps: z.array(Step).min(1).max(100),
})
export type PathwayFile = z.output<typeof PathwayFile>

export interface Pathway extends PathwayFile {
  id: string
}

export interface MatchFacts extends Pick<TreatmentKind, 'code' | 'category'> {
  storeType: StoreType
  /** How it was done; of a purchase, the kinds of products in it. */
  techniques?: readonly string[]
  course?: CoursePlace | null
  isAppointment?: boolean
  isConsultation?: boolean
}

/** Every condition that is given must hold; none means everything that was done. */
export const matches = ({ matches: wanted }: Pathway, facts: MatchFacts): boolean =>
  (wanted.appointments ?? false) === (facts.isAppointment ?? false) &&
  (wanted.consultations ?? false) === (facts.isConsultation ?? false) &&
  (!wanted.codes || wanted.codes.includes(facts.code)) &&
  (!wanted.categories || wanted.categories.includes(facts.category)) &&
  !wanted.notCategories?.includes(facts.category) &&
  (!wanted.storeTypes || wanted.storeTypes.includes(facts.storeType)) &&
  (!wanted.techniques || includesAny(wanted.techniques, facts.techniques)) &&
  (!wanted.course || Boolean(facts.course))

/** Whether a step of a pathway that matches is made at all. */
export const applies = (
  { techniques, sessions }: PathwayStep,
  facts: { techniques?: readonly string[]; course?: CoursePlace | null },
): boolean =>
  (!techniques || includesAny(techniques, facts.techniques)) &&
  (!sessions || (sessions === 'last') === (facts.course?.isLast ?? false))

const includesAny = (wanted: readonly string[], given: readonly string[] = []) =>
  given.some((one) => wanted.includes(one))

/** Texts that care sends beside those that pathways name. */
export const CARE_TEMPLATES = [
  'care.missed',
  'care.after_sales_exchange',
  'care.after_sales_refund',
  'care.after_sales_usage_advice',
  'care.after_sales_suggestion',
  'care.ask_effect',
  'care.ask_satisfaction',
  'care.ask_nps',
  'care.ask_done',
  'care.holding_emergency',
  'care.holding_crisis',
  'care.holding_abnormal',
  'care.holding_watch',
  'care.holding_unknown',
] as const
