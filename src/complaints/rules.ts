/** What may become of a complaint at the customer's hand, and what is promised at once (domain 7). Pure. */
import { addMs, HOUR_MS } from '../platform/clock.ts'

export const COMPLAINT_KINDS = ['complaint', 'opinion'] as const
export type ComplaintKind = (typeof COMPLAINT_KINDS)[number]
export const COMPLAINT_KIND_NAMES: Record<ComplaintKind, string> = { complaint: '投诉', opinion: '意见' }

/** With the words that customers read. */
export const COMPLAINT_TYPES = {
  effect: '效果未达预期',
  service: '服务态度',
  price: '价格收费',
  privacy: '隐私泄露',
  medical_safety: '医疗安全',
  product: '产品质量',
  environment: '环境设施',
  appointment: '预约安排',
  other: '其他',
} as const
export type ComplaintType = keyof typeof COMPLAINT_TYPES

/** registered → acknowledged → replied → accepted | objected (→ replied); withdrawn from any of them but the last. */
export const COMPLAINT_STATUSES = [
  'registered',
  'acknowledged',
  'replied',
  'accepted',
  'objected',
  'withdrawn',
] as const
export type ComplaintStatus = (typeof COMPLAINT_STATUSES)[number]

/**
 * What answers of a survey suggested, until a person decides: registered from then on, or dismissed. No complaint yet: the
 * customer sees none of it, and nothing is promised.
 */
export type DraftStatus = 'draft' | 'dismissed'

/** What a card asks about such answers. */
export const DRAFT_CHOICES = { register: '登记为投诉', dismiss: '已沟通，不登记' } as const

/** What it seems to be about, from the answers that suggested it; null: whoever takes it finds out. */
export const proposedType = (low: readonly { measure: string | null; opens: string }[]): ComplaintType | null =>
  low.some(({ measure, opens }) => opens === 'complaint' && measure === 'effect') ? 'effect' : null

/** What a customer can do, by where it stands. */
const CUSTOMER_MOVES: Record<ComplaintStatus, readonly ComplaintStatus[]> = {
  registered: ['withdrawn'],
  acknowledged: ['withdrawn'],
  replied: ['accepted', 'objected', 'withdrawn'],
  objected: ['withdrawn'],
  accepted: [],
  withdrawn: [],
}
export const mayMove = (from: ComplaintStatus, to: ComplaintStatus): boolean => CUSTOMER_MOVES[from].includes(to)

/** The clinic answers once, and again after each objection. */
export const mayReply = (from: ComplaintStatus): boolean => ['registered', 'acknowledged', 'objected'].includes(from)

/** Over for the customer: now it can be rated. */
export const isOver = (status: ComplaintStatus): boolean => status === 'accepted' || status === 'withdrawn'

/** Preset `medical`, grade 1 (domain 7): a person within the hour, a finding within a day. An opinion is read within three days. */
const PROMISES: Record<ComplaintKind, readonly { what: ComplaintStatus; hours: number }[]> = {
  complaint: [
    { what: 'acknowledged', hours: 1 },
    { what: 'replied', hours: 24 },
  ],
  opinion: [{ what: 'replied', hours: 72 }],
}

export interface Promised {
  what: ComplaintStatus
  by: Date
  /** When it was kept; null: not yet. */
  keptAt: Date | null
  /** Kept too late, or not kept and its time is over. */
  late: boolean
}

export const promisesOf = (
  {
    kind,
    createdAt,
    history,
  }: { kind: ComplaintKind; createdAt: Date; history: readonly { at: Date; what: string }[] },
  now: Date,
): Promised[] =>
  PROMISES[kind].map(({ what, hours }) => {
    const by = addMs(createdAt, hours * HOUR_MS)
    // Whoever answers at once has taken it, too.
    const keptAt = history.find((one) => one.what === what || one.what === 'replied')?.at ?? null
    // Of what was taken back nothing is owed any more.
    const end = keptAt ?? history.find((one) => one.what === 'withdrawn')?.at ?? now
    return { what, by, keptAt, late: end > by }
  })
