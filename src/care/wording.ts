/** The words that fill a template: who, what, which day, and the guide of that day. */
import type { CustomerContact } from '../customers/index.ts'
import { DEFAULT_ZONE, dayOf, daysBetween, timeOfDay } from '../platform/calendar.ts'
import type { Role, StaffMember, Store } from '../staff/index.ts'
import type { Treatment, TreatmentsService } from '../treatments/index.ts'
import type { GuideBook } from './guides.ts'
import type { StepRow } from './model.ts'

export interface StepFacts {
  contact: CustomerContact | undefined
  treatment: Treatment | undefined
  place: Store | undefined
  /** When it is said. */
  at: Date
  /** Who says it, where that is known. */
  member?: StaffMember | undefined
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

export const treatmentName = ({ treatment }: StepFacts, treatments: Pick<TreatmentsService, 'kind'>): string =>
  (treatment && treatments.kind(treatment.code)?.name) ?? '治疗'

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
  const { contact, treatment, place, at, member } = facts
  const kind = treatment ? treatments.kind(treatment.code) : null
  const guide = kind && step.guideDay !== null ? guides.find(kind.code, kind.category, step.guideDay) : null
  return {
    salutation: contact?.salutation ?? '您好',
    store: place?.displayName ?? '我们',
    sender: `${place?.displayName ?? ''}${callerOf(step.ownerRole, member)}`,
    staff: member?.name ?? callerOf(step.ownerRole, undefined),
    treatment: treatmentName(facts, treatments),
    title: step.title,
    day: String(dayNumber(facts)),
    phone: place?.callbackPhone ?? '',
    emergency: place?.emergencyPhone ?? place?.callbackPhone ?? '',
    doctor: '医生',
    time: `${dayOf(at, zoneOf(facts))} ${timeOfDay(at, zoneOf(facts))}`,
    guide: guide ? `\n${guide.text}` : '',
    brief: guide?.brief ?? '',
    text: '',
  }
}
