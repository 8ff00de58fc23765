/** Care guides: what a customer should know at each moment, by treatment and technique, or else by category. Doctors own the words. */
import { z } from 'zod'
import type { PathwayStep, When } from './pathway.ts'

/** Moments that no count of days can name: around the removal of stitches, and calendar months. */
export const MILESTONES = ['suture_eve', 'suture_day', 'suture_after', 'month1', 'month3', 'month6', 'month12'] as const
export type Milestone = (typeof MILESTONES)[number]
export const MILESTONE_NAMES: Record<Milestone, string> = {
  suture_eve: '拆线前一天',
  suture_day: '拆线当天',
  suture_after: '拆线后一天',
  month1: '满一个月',
  month3: '满三个月',
  month6: '满半年',
  month12: '满一年',
}
/** A day after the treatment, or a milestone. Day 0 goes with the greeting. */
export type Moment = number | Milestone

/** A topic of `config/advice.yaml`, and the place that it concerns where that isn't the guide's own: `cold_compress@eyes`. */
const Tag = z.string().regex(/^[a-z_]+(@[a-z_]+)?$/)

const Entry = z.strictObject({
  /** A few words for a mini-program notice, whose fields end at 20 characters. */
  notice: z.string().min(1).max(20),
  /** One sentence for short channels. */
  brief: z.string().min(1).max(60),
  /** The whole text, for chat. */
  text: z.string().min(1).max(500),
  /** Drawings that go with it: file names of `config/illustrations` without ending. */
  pictures: z.array(z.string()).max(4).default([]),
  /** What the text says to do, or allows, and what it says to avoid: for checks, never shown. */
  advice: z.strictObject({ do: z.array(Tag).default([]), avoid: z.array(Tag).default([]) }).optional(),
})
export type GuideEntry = z.output<typeof Entry>

export const GuideFile = z.strictObject({
  version: z.int().positive(),
  /** Shipped texts wait for a doctor; a clinic's doctor approves them here. */
  status: z.enum(['needs_doctor', 'approved']),
  codes: z.array(z.string()).default([]),
  /** Only these techniques of the codes; without it every technique that has no guide of its own. */
  techniques: z.array(z.string()).default([]),
  categories: z.array(z.string()).default([]),
  /** Where on the body its advice belongs that names no place; without it, anywhere. */
  place: z.string().optional(),
  /** Signs that need the emergency number at once; they go with every day's guide. */
  urgent: z.string().min(1).max(40),
  /** Day after the treatment → guide; day 0 goes with the greeting. */
  days: z.record(z.string().regex(/^\d{1,3}$/), Entry),
  milestones: z.partialRecord(z.enum(MILESTONES), Entry).default({}),
})
export type GuideFile = z.output<typeof GuideFile>
export type Guide = GuideEntry & Pick<GuideFile, 'urgent'>

/** Which page: a treatment, with its technique or kind of product, a moment, and the store whose numbers it shows. */
export interface GuideAddress {
  code: string
  technique?: string | null | undefined
  moment: Moment
  storeId?: string | undefined
}

export interface GuideBook {
  /**
   * The guide of the treatment's technique, else the treatment's, else its category's, else the general one. Null where
   * that one is withheld: another treatment's words are no substitute.
   */
  find(code: string, category: string, moment: Moment, technique?: string | null): Guide | null
  /** Every moment for which there is such a guide, in the order in which a customer meets them. */
  moments(code: string, category: string, technique?: string | null): Moment[]
  /** The address of a guide's page; absent where customers can't open one. */
  linkTo?(address: GuideAddress): string
  /** Files that no doctor has approved yet. */
  unapproved: readonly string[]
}

export const entryOf = ({ days, milestones }: GuideFile, moment: Moment): GuideEntry | undefined =>
  typeof moment === 'number' ? days[moment] : milestones[moment]

const sortMoments = (some: ReadonlySet<Moment>): Moment[] => [
  ...[...some].filter((one) => typeof one === 'number').sort((a, b) => a - b),
  ...MILESTONES.filter((one) => some.has(one)),
]
/** Every moment that the file speaks of, in the order in which a customer meets them. */
export const momentsOf = ({ days, milestones }: GuideFile): Moment[] =>
  sortMoments(new Set([...Object.keys(days).map(Number), ...MILESTONES.filter((one) => milestones[one])]))

/** Stitches come out on the anchor's day; the customer hears of it the day before and the day after, too. */
export const AROUND_SUTURES: Record<number, Milestone> = { [-1]: 'suture_eve', 0: 'suture_day', 1: 'suture_after' }
/** Days that are counted from anything else are no days of recovery. */
const FROM_THE_TREATMENT = ['treatment_date', 'treatment_end', 'purchase_date']

/** The moment that a step stands for; null for windows and other dates, which name none. */
export function momentOf({
  when,
  anchor = 'treatment_date',
}: {
  when: When
  anchor?: string | undefined
}): Moment | null {
  if (anchor === 'suture_removal_date') return 'day' in when ? (AROUND_SUTURES[when.day] ?? null) : null
  if (!FROM_THE_TREATMENT.includes(anchor)) return null
  if ('day' in when) return when.day
  return 'month' in when ? (MILESTONES.find((one) => one === `month${when.month}`) ?? null) : null
}

interface Planned {
  step: Pick<PathwayStep, 'kind' | 'when' | 'class'>
}

/**
 * The guide that a contact brings, with all that rides on it. Where the plan has no guidance for its moment, as around
 * stitches and in later months, the contact speaks for itself.
 */
export function guideMomentOf(group: readonly Planned[], plan: readonly Planned[]): Moment | null {
  const guidance = group.find(({ step }) => step.kind === 'guidance')
  if (guidance) return momentOf(guidance.step)
  if (group.some(({ step }) => step.class === 'greeting')) return 0
  const guided = plan.filter(({ step }) => step.kind === 'guidance').map(({ step }) => momentOf(step))
  const own = group.map(({ step }) => momentOf(step))
  return own.find((moment) => moment !== null && !guided.includes(moment)) ?? null
}

const keysOf = ({ codes, techniques, categories }: GuideFile): string[] => [
  ...codes.flatMap((code) =>
    techniques.length > 0 ? techniques.map((technique) => `code:${code}/${technique}`) : [`code:${code}`],
  ),
  ...categories.map((category) => `category:${category}`),
]

/** `withhold`: what no doctor has approved is not sent. */
export function buildGuides(files: ReadonlyMap<string, GuideFile>, { withhold = false } = {}): GuideBook {
  const byKey = new Map<string, GuideFile>()
  for (const file of files.values()) for (const key of keysOf(file)) byKey.set(key, file)
  const general = files.get('general')
  const find: GuideBook['find'] = (code, category, moment, technique = null) => {
    const candidates = [
      byKey.get(`code:${code}/${technique}`),
      byKey.get(`code:${code}`),
      byKey.get(`category:${category}`),
      general,
    ]
    const file = candidates.find((one) => one && entryOf(one, moment))
    const entry = file && entryOf(file, moment)
    return file && entry && !(withhold && file.status !== 'approved') ? { ...entry, urgent: file.urgent } : null
  }
  const everyMoment = sortMoments(new Set([...files.values()].flatMap(momentsOf)))
  return {
    find,
    moments: (code, category, technique) =>
      everyMoment.filter((moment) => find(code, category, moment, technique) !== null),
    unapproved: [...files].filter(([, { status }]) => status === 'needs_doctor').map(([name]) => name),
  }
}

export interface GuideProblem {
  file: string
  /** Path inside the file. */
  path: (string | number)[]
  message: string
  /** Stable, for programs. */
  code?: string
}

/** What the parts of a guide must fit into: treatments, drawings, and the room that a chat message leaves. */
export interface GuideFacts {
  kinds: readonly { code: string; category: string; techniques?: readonly string[] | undefined }[]
  pictures: ReadonlySet<string>
  /** Bytes that a guide with its urgent signs may take in a chat message. */
  room: number
}

const BRACE = 'has a brace; guides have no variables'
const hasBrace = (...texts: string[]): boolean => texts.some((text) => /[{}]/.test(text))

/** Checks across guides: everything that would show only on a customer's phone, or never. Pure. */
export function checkGuides(
  files: ReadonlyMap<string, GuideFile>,
  { kinds, pictures, room }: GuideFacts,
): GuideProblem[] {
  const problems: GuideProblem[] = []
  const owners = new Map<string, string>()
  const general = files.get('general')
  const ofWhole = (code: string, moment: Moment) =>
    [...files.values()].some(
      (one) => one.techniques.length === 0 && one.codes.includes(code) && entryOf(one, moment) !== undefined,
    )
  for (const [name, file] of files) {
    const add = (path: (string | number)[], message: string) => problems.push({ file: name, path, message })
    for (const key of keysOf(file)) {
      const owner = owners.get(key)
      if (owner) add([], `${key.replace(/^\w+:/, '')} has a guide already: ${owner}`)
      owners.set(key, name)
    }
    for (const [i, code] of file.codes.entries())
      if (!kinds.some((kind) => kind.code === code)) add(['codes', i], `${code} is no treatment`)
    for (const [i, category] of file.categories.entries())
      if (!kinds.some((kind) => kind.category === category)) add(['categories', i], `no treatment is of ${category}`)
    if (hasBrace(file.urgent)) add(['urgent'], BRACE)
    if (file.techniques.length > 0 && file.codes.length === 0) add(['techniques'], 'techniques belong to codes')
    for (const [i, technique] of file.techniques.entries())
      for (const code of file.codes)
        if (!kinds.some((kind) => kind.code === code && kind.techniques?.includes(technique)))
          add(['techniques', i], `${code} has no technique ${technique}`)
    // A day left out would be filled by the general guide, whose words may be wrong for this treatment.
    const isFilled = (moment: Moment) =>
      entryOf(file, moment) || (file.techniques.length > 0 && file.codes.every((code) => ofWhole(code, moment)))
    for (const moment of general && file !== general ? momentsOf(general) : [])
      if (!isFilled(moment)) add(['days'], `has no day ${moment}, and the general guide would speak instead`)
    for (const moment of momentsOf(file)) {
      const entry = entryOf(file, moment)
      const path = typeof moment === 'number' ? ['days', String(moment)] : ['milestones', moment]
      for (const [i, picture] of (entry?.pictures ?? []).entries())
        if (!pictures.has(picture)) add([...path, 'pictures', i], `there is no drawing ${picture}`)
      if (entry && hasBrace(entry.notice, entry.brief, entry.text)) add(path, BRACE)
      const bytes = Buffer.byteLength(`${entry?.text}${file.urgent}`)
      if (bytes > room) add([...path, 'text'], `takes ${bytes} bytes with its urgent signs; a chat leaves ${room}`)
    }
  }
  return problems
}
