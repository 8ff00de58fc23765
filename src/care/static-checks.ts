/** What a careful reader would refuse in pathways before a customer waits for it: across files, templates, guides and roles. Pure. */
import { type TemplateBook, type WordLint, wordCode } from '../messaging/index.ts'
import type { Organisation, StoreType } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { type GuideBook, momentOf } from './guides.ts'
import { applies, type MatchFacts, matches, type Pathway, type PathwayStep } from './pathway.ts'
import {
  anchorProblems,
  askedDay,
  channelProblems,
  guidedDay,
  mayAsk,
  mayCarry,
  windowProblems,
} from './static-checks-step.ts'
import type { Anchor } from './types.ts'

export interface CheckFacts {
  templates: TemplateBook
  kinds: readonly TreatmentKind[]
  guides: GuideBook
  organisation: Pick<Organisation, 'roles' | 'people' | 'fallbacks'>
  words: WordLint
  /** Names of surveys that people are invited to. */
  surveys: ReadonlySet<string>
}

export interface PathwayProblem {
  /** Stable, for programs. */
  code: string
  pathway: string
  /** Path inside the file. */
  path: (string | number)[]
  message: string
}

/** Everything that would show only when a customer waits for it, all at once. */
export function checkPathways(pathways: readonly Pathway[], facts: CheckFacts): PathwayProblem[] {
  const askedDays = new Set(pathways.flatMap(({ steps }) => steps.flatMap(askedDay)))
  const lastGuided = Math.max(0, ...pathways.flatMap(({ steps }) => steps.flatMap(guidedDay)))
  return pathways.flatMap((pathway) => {
    const found: PathwayProblem[] = []
    const add: Add = (code, path, message) => found.push({ code, pathway: pathway.id, path, message })
    checkNames(pathway, facts, add)
    const all = casesOf(facts.kinds, pathway)
    const cases = all.filter((one) => matches(pathway, one))
    if (cases.length === 0) add('unreachable', ['matches'], 'no treatment can match all of it')
    const seen = new Set<string>()
    for (const [i, step] of pathway.steps.entries()) {
      const at: Add = (code, path, message) => add(code, ['steps', i, ...path], message)
      if (seen.has(step.id)) at('duplicate_step', ['id'], `${step.id} stands twice`)
      seen.add(step.id)
      checkTexts(step, { lastGuided, askedDays }, facts, at)
      for (const [field, message] of windowProblems(step)) at('impossible_window', [field], message)
      const anchored = anchorProblems(step, pathway)
      for (const [code, field, message] of anchored) at(code, [field], message)
      if (cases.length > 0 && anchored.length === 0) checkReach(step, pathway, cases, at)
      checkOwner(step, pathway, facts, at)
      checkGuidance(step, cases, facts, at)
    }
    return found
  })
}

type Add = (code: string, path: (string | number)[], message: string) => void

function checkNames(pathway: Pathway, { kinds }: CheckFacts, add: Add): void {
  const codes = new Set(kinds.map(({ code }) => code))
  const categories = new Set<string>(kinds.map(({ category }) => category))
  const techniques = new Set(kinds.flatMap((kind) => kind.techniques ?? []))
  const { matches: wanted, steps } = pathway
  for (const [i, code] of (wanted.codes ?? []).entries())
    if (!codes.has(code))
      add('unknown_treatment', ['matches', 'codes', i], `${code} is no treatment of config/treatments.yaml`)
  for (const field of ['categories', 'notCategories'] as const)
    for (const [i, category] of (wanted[field] ?? []).entries())
      if (!categories.has(category))
        add('unknown_category', ['matches', field, i], `no treatment has the category ${category}`)
  const named = [
    { path: ['matches'], list: wanted.techniques },
    ...steps.map((step, i) => ({ path: ['steps', i], list: step.techniques })),
  ]
  for (const { path, list = [] } of named)
    for (const [i, technique] of list.entries())
      if (!techniques.has(technique))
        add('unknown_technique', [...path, 'techniques', i], `no treatment has the technique ${technique}`)
}

function checkTexts(
  step: PathwayStep,
  { lastGuided, askedDays }: { lastGuided: number; askedDays: ReadonlySet<number> },
  { templates, words, surveys }: CheckFacts,
  add: Add,
): void {
  const { title, script = '', action, class: contactClass } = step
  const template = step.template === undefined ? undefined : templates.get(step.template)
  if (step.kind === 'decision') {
    if (action !== 'task' || step.template !== undefined)
      add('decision_speaks', ['action'], 'a decision is a task of staff, without a text to the customer')
  } else if (action === 'task') add('decision_speaks', ['action'], 'only a decision is a task of staff')
  else if (!template) add('missing_template', ['template'], `there is no template ${step.template}`)
  else {
    if (template.class !== contactClass)
      add('class_mismatch', ['class'], `template ${step.template} is of class ${template.class}`)
    // Guidance rides on whatever is said that day, on a call's announcement, too.
    if (mayCarry(step, lastGuided) && !template.chat.includes('{{guide}}'))
      add('template_without_guide', ['template'], 'the text must carry {{guide}}')
    // A survey rides on whatever is said that day.
    const asks = step.survey !== undefined || mayAsk(step, askedDays)
    if (asks && ![template.chat, template.sms].some((text) => text?.includes('{{survey}}')))
      add('template_without_survey', ['template'], 'the text must carry {{survey}}')
    for (const message of channelProblems(step, template)) add('no_channel', ['template'], message)
  }
  if (step.survey !== undefined && !surveys.has(step.survey))
    add(
      'unknown_survey',
      ['survey'],
      `nobody is asked ${step.survey}: config/surveys has no survey of that name with an invitation`,
    )
  if (action === 'call' && !script) add('missing_script', ['script'], 'a call needs a script')
  for (const [field, text] of Object.entries({ title, script }))
    for (const message of words(text, contactClass)) add(wordCode(message) ?? 'forbidden_word', [field], message)
}

interface Case extends MatchFacts {
  sutureDay: number | 'none' | null
}

/** Everything that a record can be to a pathway: each treatment with each technique and place in a course, in each kind of store. */
function casesOf(kinds: readonly TreatmentKind[], { matches: wanted }: Pathway): Case[] {
  const isAppointment = wanted.appointments ?? false
  const isConsultation = wanted.consultations ?? false
  const isAhead = isAppointment || isConsultation
  const places = isAhead ? [null] : [null, { isFirst: true, isLast: false }, { isFirst: false, isLast: true }]
  return kinds.flatMap(({ code, category, techniques = [], sutureDay = null }) =>
    // What a visit is booked for, or somebody asks about, has no technique yet, and a basket is made of kinds of products.
    (isAhead ? [[]] : [...(category === 'product' ? [] : [[]]), ...techniques.map((one) => [one])]).flatMap((how) =>
      places.flatMap((course) =>
        STORE_TYPES.map((storeType) => {
          const usual =
            typeof sutureDay === 'object' && sutureDay !== null ? (sutureDay[how[0] ?? ''] ?? null) : sutureDay
          return { code, category, storeType, techniques: how, course, isAppointment, isConsultation, sutureDay: usual }
        }),
      ),
    ),
  )
}
const STORE_TYPES: readonly StoreType[] = ['hospital', 'clinic', 'salon']

/** Does a record of this kind ever say the day? */
function gives(anchor: Anchor, { category, isAppointment, isConsultation, course, sutureDay }: Case): boolean {
  if (anchor === 'consultation_date') return isConsultation ?? false
  if (anchor === 'appointment_start') return isAppointment ?? false
  if (anchor === 'purchase_date') return category === 'product'
  if (anchor === 'course_end') return course?.isLast ?? false
  if (anchor === 'suture_removal_date') return sutureDay !== 'none'
  if (anchor === 'next_session_date' || anchor === 'discharge_date') return !isAppointment && category !== 'product'
  return true
}

function checkReach(step: PathwayStep, pathway: Pathway, cases: readonly Case[], add: Add): void {
  const its = cases.filter((one) => applies(step, one))
  const { anchor = 'treatment_date' } = step
  if (its.length === 0) add('unreachable', ['id'], `nothing that ${pathway.id} matches ever has the step ${step.id}`)
  else if (!its.some((one) => gives(anchor, one)))
    add('unreachable', ['anchor'], `nothing that ${pathway.id} matches ever has a ${anchor}`)
}

/** Work falls to the store manager and the director in the end; that is no plan. */
function checkOwner(
  { owner }: PathwayStep,
  { matches: wanted }: Pathway,
  { organisation }: CheckFacts,
  add: Add,
): void {
  const { roles, people, fallbacks } = organisation
  const given = new Set([...roles.map(({ role }) => role), ...people.flatMap((one) => one.roles)])
  const without = (wanted.storeTypes ?? STORE_TYPES).filter(
    (type) => ![owner, ...(fallbacks[type][owner] ?? [])].some((role) => given.has(role)),
  )
  if (without.length > 0)
    add(
      'no_owner',
      ['owner'],
      `nobody can be ${owner} in a ${without.join(' or ')}: config/organisation.yaml gives no position that role, nor one that stands in for it`,
    )
}

function checkGuidance(step: PathwayStep, cases: readonly Case[], { guides }: CheckFacts, add: Add): void {
  if (step.kind !== 'guidance') return
  const moment = momentOf(step)
  if (moment === null) {
    add('impossible_window', ['when'], 'guidance has a day')
    return
  }
  const missing = new Set<string>()
  for (const { code, category, techniques = [] } of cases)
    if (!guides.find(code, category, moment, techniques[0] ?? null)) missing.add([code, ...techniques].join('/'))
  for (const what of missing) add('missing_guide', ['when'], `no guide for ${what} on day ${moment}`)
}
