/** What other rooms may know of customers. One human has many identities; the graph is joined by unionid and phone. */
import type { Span } from '../platform/calendar.ts'

export type IdentityKind = 'external_userid' | 'unionid' | 'openid' | 'phone_index' | 'external_id'

export interface Customer {
  id: string
  /** Number in the clinic's own system, if it came from there. */
  externalId: string | null
  storeIds: string[]
  /** The customer's own consultant (WeCom userid), who comes first as owner. */
  ownerUserId: string | null
  /** WeCom userids that follow this customer as an external contact. */
  followUserIds: string[]
  externalUserIds: string[]
  openIds: string[]
  unionId: string | null
  hasPhone: boolean
  /** Preferred time of day for contacts, in the store's zone; overrides the windows outside quiet hours. */
  preferredTime: Span | null
  deceased: boolean
  optOut: { all: boolean; promotion: boolean }
  /** True for a person known only from WeCom/WeChat so far. */
  provisional: boolean
}

/** Opened personal data, only for rendering and sending; never logged, never put into events. */
export interface CustomerContact {
  customerId: string
  /** Full name as the clinic has it. */
  name: string
  /** How a message addresses the person: 王女士, 李先生, or the full name. */
  salutation: string
  phone: string | null
}

export interface CustomersService {
  get(customerId: string): Promise<Customer | null>
  getMany(customerIds: readonly string[]): Promise<Map<string, Customer>>
  contacts(customerIds: readonly string[]): Promise<Map<string, CustomerContact>>
  findByIdentity(kind: IdentityKind, value: string): Promise<Customer | null>
  /**
   * Joins identities of one human: finds the customers that any of them belongs to, merges a provisional one into the
   * known one, adds what is new. Creates a provisional customer when nothing matches and `create` is set. Idempotent.
   * Two different non-provisional customers are never merged: the conflict is recorded, the older one answers.
   */
  join(identities: {
    externalUserId?: string
    unionId?: string
    openId?: string
    phone?: string
    followUserId?: string
    displayName?: string
    create?: boolean
  }): Promise<Customer | null>
}
