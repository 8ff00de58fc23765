/** What a contact leads to besides its record: a consultant who follows an interest up, a colleague who calls back. Pure. */
import { nextAllowed, type WindowFacts } from '../messaging/index.ts'
import { addDays, atTime, type Day, dayOf, nextOpenDay, type Opening } from '../platform/calendar.ts'
import { hashId } from '../platform/hash.ts'
import type { Reason } from '../platform/reasons.ts'
import type { Role } from '../staff/index.ts'
import { type ContactOutcome, type Interest, type OpenTask, STRENGTHS } from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { endOfContacts, whenOpen } from './timing.ts'
import { type StepFacts, treatmentName } from './wording.ts'

export interface LeadFacts extends StepFacts {
  /** The contact's id. */
  contactId: string
  customerId: string
  treatmentId: string | null
  storeId: string
  window: WindowFacts
  opening: Opening
  /** The customer's own consultants, who come first. */
  consultants: string[]
  /** Who made the contact. */
  by: string
  words: string | null
}

type Kinds = Pick<TreatmentsService, 'kind'>

/** Why an interest is kept, and nobody follows it up. */
export function whyHeld({
  isAbnormal,
  promotionOff,
  isGone,
}: {
  isAbnormal: boolean
  promotionOff: boolean
  isGone: boolean
}): Reason | null {
  if (isGone) return 'deceased'
  if (isAbnormal) return 'abnormal_case'
  return promotionOff ? 'promotion_opted_out' : null
}

/** The next open day: nobody is called about an offer on the day of a contact. */
export function interestTask(treatments: Kinds, { code, strength }: Interest, facts: LeadFacts): OpenTask {
  const { window, opening, at, consultants, words } = facts
  const day = nextOpenDay(opening, addDays(dayOf(at, window.timeZone), 1))
  const wanted = treatments.kind(code)?.name ?? '其他项目'
  return {
    ...taskOf(facts),
    id: `interest_${hashId(facts.contactId)}`,
    kind: 'consultant_follow',
    role: 'consultant',
    preferredUserIds: consultants,
    title: `${facts.contact?.salutation ?? '客户'} · 对${wanted}有意向`,
    facts: [
      { name: '意向', value: `${wanted}（${STRENGTHS[strength]}）` },
      { name: '项目', value: treatmentName(facts, treatments) },
      { name: '记录人', value: facts.by },
    ],
    script: `客户在回访中对${wanted}表示${STRENGTHS[strength]}。请先关心恢复情况，再按客户意愿介绍，不催促。${words ?? ''}`,
    openAt: atTime(day, window.contactWindows[0]?.from ?? '11:00', window.timeZone),
    dueAt: endOfContacts(day, window),
  }
}

/** Whose questions they are: a consultant's, or a nurse's. */
const ASKED = [
  ['ask_consultant', 'consultant'],
  ['ask_nurse', 'nurse'],
] as const satisfies readonly (readonly [string, Role])[]

export function callBacks(treatments: Kinds, outcome: Pick<ContactOutcome, 'checklist'>, facts: LeadFacts): OpenTask[] {
  const { window, opening, at, consultants, words, contactId } = facts
  const openAt = soonest(at, window, opening)
  return ASKED.filter(([item]) => outcome.checklist?.includes(item)).map(([, role]) => ({
    ...taskOf(facts),
    id: `back_${hashId(contactId, role)}`,
    kind: 'call_back',
    role,
    preferredUserIds: role === 'consultant' ? consultants : [],
    title: `${facts.contact?.salutation ?? '客户'} · 另有问题，请回电`,
    facts: [
      { name: '项目', value: treatmentName(facts, treatments) },
      { name: '记录人', value: facts.by },
    ],
    script: `客户在回访中提出了治疗之外的问题，请回电解答。${words ?? ''}`,
    openAt,
    dueAt: endOfContacts(nextOpenDay(opening, addDays(dayOf(openAt, window.timeZone), 1)), window),
  }))
}

const taskOf = ({ storeId, customerId, treatmentId }: LeadFacts) => ({
  form: 'contact' as const,
  storeId,
  customerId,
  treatmentId,
  stepIds: [],
})

/** The next instant at which a person may call the customer. */
export function soonest(from: Date, window: WindowFacts, opening: Opening): Date {
  const today = dayOf(from, window.timeZone)
  const open = nextOpenDay(opening, today)
  const begin = open === today ? from : atTime(open, '00:00', window.timeZone)
  const { at } = nextAllowed(begin, 'care', whenOpen(window, opening, open))
  const day: Day = dayOf(at, window.timeZone)
  if (day === open) return at
  const next = nextOpenDay(opening, day)
  return nextAllowed(atTime(next, '00:00', window.timeZone), 'care', whenOpen(window, opening, next)).at
}
