/** The call script's checklist: what a contact has covered, and what came out of it. One tap each. */

/** What is asked or said in every contact (domain 6). */
export const TOPICS = {
  reaction: '已问有无异常反应',
  care: '已核对医嘱执行',
  recovery: '已了解恢复情况',
  worries: '已安抚顾虑',
  recheck: '已提醒并约好复查',
} as const
/** What the customer made of it; most of these lead to something. */
export const FINDINGS = {
  care_not_followed: '医嘱未完全执行',
  ask_consultant: '另有问题，咨询师回电',
  ask_nurse: '另有问题，护士回电',
  interest: '对其他项目有意向',
  silent: '接通但不愿多谈',
  declined: '暂不复查或下次治疗',
  objection: '客户有异议',
  unhappy: '客户不满意',
} as const

/** What is wrong with a product, and whose it is; on the cards of contacts about products only. */
export const PROBLEMS = {
  quality_problem: '产品质量，转研发',
  packaging_problem: '宣传与包装，转市场',
  service_problem: '使用与服务，转客服',
} as const
export type Problem = keyof typeof PROBLEMS
export const PROBLEM_ITEMS = Object.keys(PROBLEMS) as [Problem, ...Problem[]]

export type ChecklistItem = keyof typeof TOPICS | keyof typeof FINDINGS | Problem
export const CHECKLIST: Readonly<Record<ChecklistItem, string>> = { ...TOPICS, ...FINDINGS, ...PROBLEMS }
export const CHECKLIST_ITEMS = Object.keys(CHECKLIST) as [ChecklistItem, ...ChecklistItem[]]

/** Whoever has asked after these has made the contact that a step promises. */
const COVERS: readonly ChecklistItem[] = ['reaction', 'care', 'recovery']
export const covers = (checklist: readonly ChecklistItem[] | null): boolean =>
  checklist !== null && COVERS.every((item) => checklist.includes(item))

/** The boxes that a card shows. */
export const itemsOf = (asksProduct: boolean): readonly ChecklistItem[] =>
  asksProduct ? CHECKLIST_ITEMS : CHECKLIST_ITEMS.filter((item) => !Object.hasOwn(PROBLEMS, item))

export const STRENGTHS = { strong: '很想了解', some: '有些兴趣', weak: '随口问起' } as const
export type Strength = keyof typeof STRENGTHS
export const STRENGTH_NAMES = Object.keys(STRENGTHS) as [Strength, ...Strength[]]

export interface Interest {
  /** A code of config/treatments.yaml. */
  code: string
  strength: Strength
}

/** Days until doctor and customer service call again about an abnormal state, as the doctor sets them. */
export const FOLLOW_UPS = {
  '1': '1 天后再随访',
  '2': '2 天后再随访',
  '3': '3 天后再随访',
  '7': '7 天后再随访',
  resolved: '已解决，结束随访',
} as const
export type FollowUp = keyof typeof FOLLOW_UPS

/** What a department does about a problem with a product (domain 3). */
export const REMEDIES = {
  exchange: '换货',
  refund: '退款',
  usage_advice: '使用指导',
  suggestion: '建议已记录',
} as const
export type Remedy = keyof typeof REMEDIES
