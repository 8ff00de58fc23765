/** The words that fill a template: who, what, which day, and the guide of that day. */
import type { Customer, CustomerContact } from '../customers/index.ts'
import { BRIEF_CHARS, GUIDE_BYTES } from '../messaging/index.ts'
import { DEFAULT_ZONE, dayOf, daysBetween, timeOfDay } from '../platform/calendar.ts'
import type { Role, StaffMember, Store } from '../staff/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { GuideBook, Moment } from './guides.ts'
import type { StepRow } from './model.ts'
import type { Subject } from './subjects.ts'
import type { SurveyInvited } from './surveys.ts'

/** The customer's own people, the nearest first: tried where a step is the consultant's. */
export const consultantsOf = (
  treatment: Pick<Treatment, 'consultantUserId'> | undefined,
  customer: Pick<Customer, 'ownerUserId'> | null | undefined,
): string[] => [...new Set([treatment?.consultantUserId, customer?.ownerUserId])].filter((one) => one != null)

export interface StepFacts {
  contact: CustomerContact | undefined
  treatment: Treatment | undefined
  /** Treatments of the same visit that the contact speaks of, too, with the guide of the day. */
  also?: readonly { treatment: Treatment; guideDay: Moment | null }[]
  place: Store | undefined
  /** When it is said. */
  at: Date
  /** Who says it, where that is known. */
  member?: StaffMember | undefined
  /** What it asks in writing. */
  survey?: SurveyInvited | undefined
}

const POSTS: Partial<Record<Role, string>> = {
  consultant: '咨询师',
  customer_service: '客服',
  nurse: '护士',
  front_desk: '前台',
  beautician: '美容师',
  doctor: '医生',
  operations: '客服',
  cs_supervisor: '客服主管',
  store_manager: '店长',
}

const zoneOf = ({ place }: StepFacts): string => place?.timeZone ?? DEFAULT_ZONE

/** The day after the treatment on which it is said: a contact that had to wait must not speak of yesterday. */
export const dayNumber = (facts: StepFacts): number =>
  facts.treatment ? daysBetween(facts.treatment.treatedOn, dayOf(facts.at, zoneOf(facts))) : 0

export const treatmentsOf = ({ treatmentId, carries }: StepRow): string[] => [
  treatmentId,
  ...carries.map((one) => one.treatmentId),
]

/** What of the carried treatments still stands. */
export const carriedOf = ({ carries }: StepRow, done: ReadonlyMap<string, Treatment>) =>
  carries.flatMap(({ treatmentId, guideDay }) => {
    const treatment = done.get(treatmentId)
    return treatment?.status === 'completed' ? [{ treatment, guideDay }] : []
  })

/** 水光针; of a visit with several treatments 水光针、肉毒素. */
export function treatmentName(
  { treatment, also = [] }: StepFacts,
  treatments: Pick<TreatmentsService, 'kind'>,
): string {
  const topics = treatment && 'topics' in treatment ? (treatment as Subject).topics : undefined
  const codes = [...(topics ?? [treatment?.code]), ...also.map((one) => one.treatment.code)]
  const names = codes.flatMap((code) => (code && treatments.kind(code)?.name) || [])
  return names.length > 0 ? [...new Set(names)].join('、') : '治疗'
}

/** The guides of the day; where several treatments have one, each under its name. */
function guidesOf(
  step: StepRow,
  { treatment, also = [], place }: StepFacts,
  guides: GuideBook,
  { kind }: Pick<TreatmentsService, 'kind'>,
) {
  const wanted = [...(treatment ? [{ treatment, guideDay: step.guideDay }] : []), ...also]
  const found = new Map(
    wanted.flatMap(({ treatment: { code, technique }, guideDay }) => {
      const known = kind(code)
      const guide = known && guideDay !== null ? guides.find(code, known.category, guideDay, technique) : null
      if (!known || !guide || guideDay === null) return []
      // A page is worth a tap for its drawings.
      const isDrawn = guide.pictures.length > 0
      const address = { code, technique, moment: guideDay, storeId: place?.id }
      return [[known.name, { ...guide, link: (isDrawn && guides.linkTo?.(address)) || null }] as const]
    }),
  )
  return [...found].map(([name, guide]) => ({ ...guide, name }))
}

/** 客服林悦: the post is the person's own where somebody stands in for the role. */
function callerOf(role: Role, member: StaffMember | undefined): string {
  const own = !member || member.roles.includes(role) ? role : member.roles.find((one) => POSTS[one])
  return `${POSTS[own ?? role] ?? '客服'}${member?.name ?? ''}`
}

/** Every variable of the house has a value, so that no template can fail on a customer. */
export function varsOf(
  step: StepRow,
  facts: StepFacts,
  guides: GuideBook,
  treatments: Pick<TreatmentsService, 'kind'>,
): Record<string, string> {
  const { contact, place, at, member, survey } = facts
  const found = guidesOf(step, facts, guides, treatments)
  const several = found.length > 1
  const emergency = place?.emergencyPhone ?? place?.callbackPhone ?? ''
  const signs = [...new Set(found.map(({ urgent }) => urgent))].join('；')
  const urgent = signs === '' ? '' : `如出现${signs}，请立即拨打${emergency}。`
  const ending = urgent && `\n· ${urgent}`
  const saying = (field: 'text' | 'brief', isLinked: boolean) =>
    found
      .map((one) => {
        const words = several ? `\n【${one.name}】\n${one[field]}` : `\n${one[field]}`
        return isLinked && one.link ? `${words}\n· 图文版：${one.link}` : words
      })
      .join('') + ending
  const briefly = (field: 'brief' | 'notice') =>
    found.map((one) => (several ? `${one.name}：${one[field]}${field === 'notice' ? '。' : ''}` : one[field])).join('')
  // Cut at the end it would lose the signs or the number: several long guides are said in one sentence each, or less. The
  // words come before the address of their drawings.
  const forms = [saying('text', true), saying('text', false), saying('brief', true), saying('brief', false)]
  const guide = forms.find((form) => Buffer.byteLength(form) <= GUIDE_BYTES) ?? saying('brief', false)
  const isLongInBrief = several && [...briefly('brief'), ...urgent].length > BRIEF_CHARS
  return {
    salutation: contact?.salutation ?? '贵宾',
    store: place?.displayName ?? '',
    sender: `${place?.displayName ?? ''}${callerOf(step.ownerRole, member)}`,
    caller: callerOf(step.ownerRole, member),
    staff: member?.name ?? callerOf(step.ownerRole, undefined),
    treatment: treatmentName(facts, treatments),
    title: step.title,
    day: String(dayNumber(facts)),
    when: ['今天', '昨天'][dayNumber(facts)] ?? '日前',
    phone: place?.callbackPhone ?? '',
    emergency,
    doctor: '医生',
    time: chineseTime(at, zoneOf(facts)),
    address: place?.address ?? '',
    // Of an appointment: when it is.
    visit: facts.treatment ? chineseTime(facts.treatment.endedAt, zoneOf(facts)) : '',
    // The signs stand with the guide, wherever it goes.
    guide,
    brief: briefly(isLongInBrief ? 'notice' : 'brief'),
    notice: found[0]?.notice ?? '如有不适请随时与我们联系',
    urgent,
    // Both of it, so that nobody opens a strange address.
    survey: survey?.link ? `\n问卷《${survey.title}》：${survey.link}` : '',
    ...(survey ? { page: survey.page } : {}),
    text: '',
  }
}

/** 2026年3月2日 11:20, as notices show it. */
export function chineseTime(at: Date, zone: string = DEFAULT_ZONE): string {
  const [year, month, day] = dayOf(at, zone).split('-').map(Number)
  return `${year}年${month}月${day}日 ${timeOfDay(at, zone)}`
}

/** Guidance without a guide has nothing to say: none that a doctor has approved. */
export const hasGuide = (
  step: StepRow,
  facts: StepFacts,
  guides: GuideBook,
  treatments: Pick<TreatmentsService, 'kind'>,
): boolean => guidesOf(step, facts, guides, treatments).length > 0
