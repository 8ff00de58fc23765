/** Pathway files: their shape, how they are matched, and what a careful reader would refuse. */
import { z } from 'zod'
import type { TemplateBook } from '../messaging/index.ts'
import { ROLES, type StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { type GuideBook, momentOf } from './guides.ts'
import { STAGES } from './types.ts'

const When = z.union([
  /** Within so many hours of the treatment's end. */
  z.strictObject({ withinHours: z.int().min(1).max(24) }),
  /** That day after the treatment; day 0 is the treatment's own. */
  z.strictObject({ day: z.int().min(0).max(400) }),
  /** One contact on any working day from first to last. */
  z.strictObject({ days: z.tuple([z.int().min(0).max(400), z.int().min(0).max(400)]) }),
  /** The same day so many calendar months later, clamped at the month's end. */
  z.strictObject({ month: z.int().min(1).max(24) }),
  z.strictObject({ fromDay: z.int().min(0).max(400), toMonth: z.int().min(1).max(24) }),
])
export type When = z.output<typeof When>

const Step = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]*$/),
  stage: z.enum(STAGES),
  kind: z.enum(['contact', 'guidance', 'survey']),
  /** `call` needs a person; `message` goes by itself. */
  action: z.enum(['message', 'call']),
  when: When,
  /** The first role of the stage table owns the step. */
  owner: z.enum(ROLES),
  class: z.enum(['greeting', 'care']),
  template: z.string().min(1),
  /** Title of the task card and of lists. */
  title: z.string().min(1).max(16),
  /** What to ask and say, for a call. */
  script: z.string().max(150).optional(),
  /** Asks effect, satisfaction and NPS. */
  asks: z.literal('month').optional(),
  /** Day-1 contacts don't move for a closed day: duty staff do them. */
  neverMoves: z.boolean().default(false),
})
export type PathwayStep = z.output<typeof Step>

export const PathwayFile = z.strictObject({
  version: z.int().positive(),
  name: z.string().min(1),
  /** Of merged contacts the wording and owner come from the highest. */
  specificity: z.int().min(0).max(100),
  matches: z.strictObject({
    codes: z.array(z.string()).optional(),
    categories: z.array(z.string()).optional(),
    storeTypes: z.array(z.enum(['hospital', 'clinic', 'salon'])).optional(),
  }),
  steps: z.array(Step).min(1),
})
export type PathwayFile = z.output<typeof PathwayFile>

export interface Pathway extends PathwayFile {
  id: string
}

/** Every condition that is given must hold; none means every treatment. */
export const matches = (
  { matches: { codes, categories, storeTypes } }: Pathway,
  kind: Pick<TreatmentKind, 'code' | 'category'>,
  storeType: StoreType,
): boolean =>
  (!codes || codes.includes(kind.code)) &&
  (!categories || categories.includes(kind.category)) &&
  (!storeTypes || storeTypes.includes(storeType))

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
  for (const pathway of pathways) {
    const add = (path: (string | number)[], message: string) => problems.push({ pathway: pathway.id, path, message })
    for (const [i, code] of (pathway.matches.codes ?? []).entries())
      if (!codes.has(code)) add(['matches', 'codes', i], `${code} is no treatment of config/treatments.yaml`)
    for (const [i, category] of (pathway.matches.categories ?? []).entries())
      if (!categories.has(category)) add(['matches', 'categories', i], `no treatment has the category ${category}`)
    const seen = new Set<string>()
    for (const [i, step] of pathway.steps.entries()) {
      if (seen.has(step.id)) add(['steps', i, 'id'], `${step.id} stands twice`)
      seen.add(step.id)
      const template = templates.get(step.template)
      if (!template) add(['steps', i, 'template'], `there is no template ${step.template}`)
      else if (template.class !== step.class)
        add(['steps', i, 'class'], `template ${step.template} is of class ${template.class}`)
      // Guidance rides on a call's announcement, too.
      if (template && (step.kind === 'guidance' || step.action === 'call') && !template.chat.includes('{{guide}}'))
        add(['steps', i, 'template'], 'the text must carry {{guide}}')
      if (step.action === 'call' && !step.script) add(['steps', i, 'script'], 'a call needs a script')
      if (step.action === 'call' && step.class === 'greeting')
        add(['steps', i, 'class'], 'nobody is called outside the contact windows')
      const problem = windowProblem(step.when)
      if (problem) add(['steps', i, 'when'], problem)
      if (step.kind === 'guidance') {
        const moment = momentOf(step)
        const { storeTypes: _, ...what } = pathway.matches
        const met = kinds.filter((kind) => matches({ ...pathway, matches: what }, kind, 'hospital'))
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

function windowProblem(when: When): string | null {
  if ('days' in when && when.days[0] > when.days[1]) return 'the window ends before it begins'
  if ('fromDay' in when && when.fromDay > when.toMonth * 28) return 'the window ends before it begins'
  return null
}
