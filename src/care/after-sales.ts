/**
 * A problem with a product (domain 3): found in a contact, it is one task of the department that it concerns, with a due
 * time; what the department decides is told to the customer, once. Pure.
 */
import { z } from 'zod'
import type { EnqueueContact } from '../messaging/index.ts'
import { addDays, dayOf, nextOpenDay } from '../platform/calendar.ts'
import { addMs, DAY_MS, HOUR_MS } from '../platform/clock.ts'
import { hashId } from '../platform/hash.ts'
import { ROLES } from '../staff/index.ts'
import {
  type ContactOutcome,
  type OpenTask,
  PROBLEM_ITEMS,
  type Problem,
  REMEDIES,
  type Remedy,
  type Task,
} from '../tasks/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import { type LeadFacts, soonest } from './leads.ts'
import type { CARE_TEMPLATES } from './pathway.ts'
import { endOfContacts } from './timing.ts'
import { chineseTime, type StepFacts } from './wording.ts'

const Department = z.strictObject({
  /** Who does the department's work. */
  role: z.enum(ROLES),
  hours: z.int().min(1).max(336),
})
/** `config/after-sales.yaml`. */
export const AfterSalesFile = z.strictObject({
  version: z.int().positive(),
  problems: z.strictObject({
    quality_problem: Department,
    packaging_problem: Department,
    service_problem: Department,
  } satisfies Record<Problem, typeof Department>),
})
/** Whose a problem is, and within how many hours. */
export type Departments = z.output<typeof AfterSalesFile>['problems']

type Kinds = Pick<TreatmentsService, 'kind'>

/** What a contact speaks of, alone or besides a treatment of that day; null where that is no product. */
function productOf({ treatment, also = [] }: StepFacts, treatments: Kinds): string | null {
  const kinds = [treatment, ...also.map((one) => one.treatment)].map((one) => treatments.kind(one?.code ?? ''))
  return kinds.find((kind) => kind?.category === 'product')?.name ?? null
}
export const asksProduct = (facts: StepFacts, treatments: Kinds): boolean => productOf(facts, treatments) !== null
/** A customer may call about a product without saying which one. */
const PRODUCT = '产品'

/**
 * What goes to departments. Where the customer has a reaction the product is the doctor's matter: its quality is looked at in
 * the abnormal case, and nowhere else.
 */
export const problemsIn = ({ checklist }: Pick<ContactOutcome, 'checklist'>, isAbnormal: boolean): Problem[] =>
  PROBLEM_ITEMS.filter((item) => checklist?.includes(item) && !(isAbnormal && item === 'quality_problem'))

/** What the doctor's card says: what was said, and the quality that is looked at with the reaction. Null: nothing was. */
export const doctorsWords = ({ checklist, summary }: Pick<ContactOutcome, 'checklist' | 'summary'>): string | null =>
  checklist?.includes('quality_problem')
    ? `客户同时反映产品质量问题，请一并了解。${summary ?? '请尽快联系客户，了解情况并给出处理意见。'}`
    : summary

const NAMES: Record<Problem, string> = {
  quality_problem: '产品质量问题',
  packaging_problem: '宣传或包装问题',
  service_problem: '使用或服务问题',
}

/** Whoever wants no messages at all gets none about this either: a person says it on the phone. */
export const wantsNoMessages = ({ contact }: StepFacts): boolean => contact?.customer.optOut.all ?? false
const BY_PHONE = '客户不接收消息，结果请电话告知。'

/** One task per contact and problem. `reportedAt`: when the contact was recorded. */
export function afterSalesTasks(
  treatments: Kinds,
  problems: readonly Problem[],
  departments: Departments,
  facts: LeadFacts,
  reportedAt: Date,
): OpenTask[] {
  const { contactId, storeId, customerId, treatmentId, contact, by, words } = facts
  return problems.map((problem) => {
    const { role, hours } = departments[problem]
    return {
      id: `sales_${hashId(contactId, problem)}`,
      kind: 'after_sales',
      form: 'decision',
      storeId,
      role,
      preferredUserIds: [],
      customerId,
      treatmentId,
      stepIds: [],
      title: `${contact?.salutation ?? '客户'} · ${NAMES[problem]}，请处理`,
      facts: [
        { name: '产品', value: productOf(facts, treatments) ?? PRODUCT },
        { name: '问题', value: NAMES[problem] },
        { name: '时限', value: `${hours}小时内` },
        { name: '记录人', value: by },
      ],
      script: `${wantsNoMessages(facts) ? BY_PHONE : ''}${words === null ? '客户没有更多说明，请先联系客户了解。' : `客户反映：${words}`}`,
      openAt: reportedAt,
      dueAt: addMs(reportedAt, hours * HOUR_MS),
    }
  })
}

/** How a record says what was arranged about problems. */
export function arranged(
  { checklist }: Pick<ContactOutcome, 'checklist'>,
  isAbnormal: boolean,
  departments: Departments,
): string[] {
  const hours = new Set(problemsIn({ checklist }, isAbnormal).map((problem) => departments[problem].hours))
  return [
    ...[...hours].map((limit) => `产品问题${limit}小时内处理`),
    ...(isAbnormal && checklist?.includes('quality_problem') ? ['产品质量由医生一并了解'] : []),
  ]
}

/** What a finished task says is done; null for tasks of other kinds. */
export function remedyOf({ kind, decision }: Pick<Task, 'kind' | 'decision'>): Remedy | null {
  const choice = decision?.choice ?? ''
  return kind === 'after_sales' && Object.hasOwn(REMEDIES, choice) ? (choice as Remedy) : null
}

/**
 * Decided, but nobody has spoken with the customer: somebody arranges it, by the end of the next open day. A suggestion asks for nothing
 * more, unless no message says that it was heard.
 */
export function arrangements(
  treatments: Kinds,
  remedy: Remedy | undefined,
  reached: boolean,
  facts: LeadFacts,
): OpenTask[] {
  const { contactId, storeId, customerId, treatmentId, contact, by, words, window, opening, at } = facts
  const isByPhone = wantsNoMessages(facts)
  if (remedy === undefined || reached || (remedy === 'suggestion' && !isByPhone)) return []
  const openAt = soonest(at, window, opening)
  return [
    {
      id: `arrange_${hashId(contactId)}`,
      // The customer's claim goes on: it outlives a wish for no contact as the department's task does.
      kind: 'after_sales',
      form: 'contact',
      storeId,
      role: 'customer_service',
      preferredUserIds: [],
      customerId,
      treatmentId,
      stepIds: [],
      asksProduct: true,
      title: `${contact?.salutation ?? '客户'} · 产品售后待与客户约定`,
      facts: [
        { name: '产品', value: productOf(facts, treatments) ?? PRODUCT },
        { name: '结果', value: REMEDIES[remedy] },
        { name: '记录人', value: by },
      ],
      script: `${isByPhone ? BY_PHONE : ''}处理时暂未联系上客户，请致电说明处理结果，并约定具体安排。${words ?? ''}`,
      openAt,
      dueAt: endOfContacts(nextOpenDay(opening, addDays(dayOf(openAt, window.timeZone), 1)), window),
    },
  ]
}

/** How the record of a decision says what comes next. */
export const afterRemedy = (arranging: readonly OpenTask[], facts: StepFacts): string[] => [
  wantsNoMessages(facts) ? '客户不接收消息，结果以电话告知' : '结果以消息告知客户',
  ...arranging.map(() => '客服致电约定'),
]

const LETTERS = {
  exchange: 'care.after_sales_exchange',
  refund: 'care.after_sales_refund',
  usage_advice: 'care.after_sales_usage_advice',
  suggestion: 'care.after_sales_suggestion',
} as const satisfies Record<Remedy, (typeof CARE_TEMPLATES)[number]>
/** Later the customer has been called about it. */
const TOLD_MS = 3 * DAY_MS

/** What the customer hears of it: one message per task, whoever asks for it again. */
export function remedyLetter(
  treatments: Kinds,
  { id, storeId, treatmentId }: Pick<Task, 'id' | 'storeId' | 'treatmentId'>,
  customerId: string,
  remedy: Remedy,
  facts: StepFacts,
): EnqueueContact {
  const { contact, place, member, at } = facts
  return {
    stepId: `after_sales:${id}`,
    occurrence: 0,
    audience: 'customer',
    to: { customerId },
    storeId,
    contactClass: 'case_update',
    content: {
      kind: 'template',
      templateKey: LETTERS[remedy],
      vars: {
        salutation: contact?.salutation ?? '贵宾',
        store: place?.displayName ?? '',
        treatment: productOf(facts, treatments) ?? PRODUCT,
        staff: member?.name ?? '客服',
        phone: place?.callbackPhone ?? '',
        time: chineseTime(at, place?.timeZone),
      },
    },
    notBefore: at,
    notAfter: addMs(at, TOLD_MS),
    refs: { owner: 'care', part: 'after_sales', taskId: id, ...(treatmentId ? { treatmentId } : {}) },
  }
}
