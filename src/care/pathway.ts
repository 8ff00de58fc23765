/** Pathway files: their shape, how they are matched, and what a careful reader would refuse. */
import { z } from 'zod'
import type { TemplateBook } from '../messaging/index.ts'
import { ROLES, type StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { type GuideBook, momentOf } from './guides.ts'
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
  z.strictObject({ month: z.int().min(-12).max(24) }),
  z.strictObject({ fromDay: Offset, toMonth: z.int().min(1).max(24) }),
])
export type When = z.output<typeof When>

const Step = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]*$/),
  stage: z.enum(STAGES),
  kind: z.enum(['contact', 'guidance', 'survey', 'reminder']),
  /** `call` needs a person; `message` goes by itself. */
  action: z.enum(['message', 'call']),
  when: When,
  /** What the days count from; hours count from the treatment's end, days from its day unless said otherwise. */
  anchor: z.enum(ANCHORS).optional(),
  /** Only for these techniques, or kinds of product. */
  techniques: z.array(z.string()).min(1).optional(),
  /** Of a course: only after its last session, or only before it. */
  sessions: z.enum(['last', 'not_last']).optional(),
  /** The first role of the stage table owns the step. */
  owner: z.enum(ROLES),
  class: z.enum(['greeting', 'care', 'promotion']),
  template: z.string().min(1),
  /** Title of the task card and of lists. */
  title: z.string().min(1).max(16),
  /** What to ask and say, for a call. */
  script: z.string().max(150).optional(),
  /** Asks effect, satisfaction and NPS. */
  asks: z.literal('month').optional(),
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
  name: z.string().min(1),
  /** Of merged contacts the wording and owner come from the highest. */
  specificity: z.int().min(0).max(100),
  matches: z.strictObject({
    codes: z.array(z.string()).min(1).optional(),
    categories: z.array(z.string()).min(1).optional(),
    notCategories: z.array(z.string()).min(1).optional(),
    storeTypes: z
      .array(z.enum(['hospital', 'clinic', 'salon']))
      .min(1)
      .optional(),
    techniques: z.array(z.string()).min(1).optional(),
    /** Sessions of a course. */
    course: z.literal(true).optional(),
    /** Booked visits instead of what was done. */
    appointments: z.literal(true).optional(),
  }),
  /** An operation: further ones within a year shift what is to come, and it has sutures, which usually come out on that day. */
  operation: z.strictObject({ sutureDay: z.union([z.int().min(1).max(60), z.literal('none')]) }).optional(),
  steps: z.array(Step).min(1),
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
}

/** Every condition that is given must hold; none means everything that was done. */
export const matches = ({ matches: wanted }: Pathway, facts: MatchFacts): boolean =>
  (wanted.appointments ?? false) === (facts.isAppointment ?? false) &&
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
  'care.ask_effect',
  'care.ask_satisfaction',
  'care.ask_nps',
  'care.ask_done',
] as const

export interface PathwayProblem {
  pathway: string
  /** Path inside the file. */
  path: (string | number)[]
  message: string
}

/** Checks across files: everything that would show only when a customer waits for it. */
export function checkPathways(
  pathways: readonly Pathway[],
  templates: TemplateBook,
  kinds: readonly TreatmentKind[],
  guides: GuideBook,
): PathwayProblem[] {
  const problems: PathwayProblem[] = []
  const codes = new Set(kinds.map(({ code }) => code))
  const categories = new Set<string>(kinds.map(({ category }) => category))
  const techniques = new Set(kinds.flatMap((kind) => kind.techniques ?? []))
  const lastGuided = Math.max(0, ...pathways.flatMap(({ steps }) => steps.flatMap(guidedDay)))
  for (const pathway of pathways) {
    const add = (path: (string | number)[], message: string) => problems.push({ pathway: pathway.id, path, message })
    for (const [i, code] of (pathway.matches.codes ?? []).entries())
      if (!codes.has(code)) add(['matches', 'codes', i], `${code} is no treatment of config/treatments.yaml`)
    for (const field of ['categories', 'notCategories'] as const)
      for (const [i, category] of (pathway.matches[field] ?? []).entries())
        if (!categories.has(category)) add(['matches', field, i], `no treatment has the category ${category}`)
    for (const [i, technique] of (pathway.matches.techniques ?? []).entries())
      if (!techniques.has(technique)) add(['matches', 'techniques', i], `no treatment has the technique ${technique}`)
    const seen = new Set<string>()
    for (const [i, step] of pathway.steps.entries()) {
      if (seen.has(step.id)) add(['steps', i, 'id'], `${step.id} stands twice`)
      seen.add(step.id)
      const template = templates.get(step.template)
      if (!template) add(['steps', i, 'template'], `there is no template ${step.template}`)
      else if (template.class !== step.class)
        add(['steps', i, 'class'], `template ${step.template} is of class ${template.class}`)
      // Guidance rides on whatever is said that day, on a call's announcement, too.
      if (template && mayCarry(step, lastGuided) && !template.chat.includes('{{guide}}'))
        add(['steps', i, 'template'], 'the text must carry {{guide}}')
      if (step.action === 'call' && !step.script) add(['steps', i, 'script'], 'a call needs a script')
      if (step.action === 'call' && step.class === 'greeting')
        add(['steps', i, 'class'], 'nobody is called outside the contact windows')
      const problem = windowProblem(step.when)
      if (problem) add(['steps', i, 'when'], problem)
      for (const [field, message] of anchorProblems(step, pathway)) add(['steps', i, field], message)
      for (const [j, technique] of (step.techniques ?? []).entries())
        if (!techniques.has(technique))
          add(['steps', i, 'techniques', j], `no treatment has the technique ${technique}`)
      if (step.kind === 'guidance') {
        const moment = momentOf(step)
        const { storeTypes: _, ...what } = pathway.matches
        const met = kinds.filter((kind) => matches({ ...pathway, matches: what }, { ...kind, storeType: 'hospital' }))
        if (moment === null) add(['steps', i, 'when'], 'guidance has a day')
        else
          for (const { code, category, techniques = [] } of met)
            for (const technique of [null, ...techniques])
              if (!guides.find(code, category, moment, technique))
                add(['steps', i, 'when'], `no guide for ${[code, technique ?? []].flat().join('/')} on day ${moment}`)
      }
    }
  }
  return problems
}

const guidedDay = ({ kind, when }: PathwayStep) => (kind === 'guidance' && 'day' in when ? [when.day] : [])

/** Whether the guidance of a day may be on it: by its day, or because nobody knows which day that will be. */
function mayCarry({ kind, action, when, anchor, class: contactClass }: PathwayStep, lastGuided: number): boolean {
  if (kind === 'guidance' || action === 'call') return true
  if (kind !== 'contact' || contactClass === 'greeting') return false
  if (anchor !== undefined && anchor !== 'treatment_date') return true
  return 'fromDay' in when || ('day' in when ? when.day : 'days' in when ? when.days[0] : lastGuided + 1) <= lastGuided
}

/** What would leave a step without a day for ever, or on a day that means nothing. */
function anchorProblems(
  { when, anchor, kind, movesWithSutures, sessions }: PathwayStep,
  { operation, matches: wanted }: Pathway,
) {
  const problems: [string, string][] = []
  const fromTreatment = anchor === undefined || anchor === 'treatment_date' || anchor === 'treatment_end'
  const earliest = 'day' in when ? when.day : 'days' in when ? when.days[0] : 'month' in when ? when.month : 0
  if ('withinHours' in when && anchor !== undefined && anchor !== 'treatment_end')
    problems.push(['anchor', 'hours count from the treatment’s end'])
  if (fromTreatment && earliest < 0) problems.push(['when', 'nobody is contacted about what has not been done'])
  if (!fromTreatment && kind === 'guidance') problems.push(['anchor', 'guidance counts from the treatment'])
  if (anchor === 'suture_removal_date' && !operation) problems.push(['anchor', 'only an operation has sutures'])
  if (movesWithSutures && !operation) problems.push(['movesWithSutures', 'only an operation has sutures'])
  if (anchor === 'consultation_date') problems.push(['anchor', 'there is no record of consultations yet'])
  if ((anchor === 'appointment_start') !== (wanted.appointments ?? false))
    problems.push(['anchor', 'steps of appointments, and only they, count from the appointment'])
  if (sessions && !wanted.course) problems.push(['sessions', 'only a course has sessions'])
  return problems
}

function windowProblem(when: When): string | null {
  if ('days' in when && when.days[0] > when.days[1]) return 'the window ends before it begins'
  if ('fromDay' in when && when.fromDay > when.toMonth * 28) return 'the window ends before it begins'
  return null
}
