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
  /** Since when the customer agrees to be told of offers; null: has not agreed, or no longer does. */
  promotionConsentAt: Date | null
  /** True for a person known only from WeCom/WeChat so far. */
  provisional: boolean
}

/** A customer with opened personal data, only for rendering and sending; never logged, never put into events. */
export interface CustomerContact {
  customer: Customer
  /** Full name as the clinic has it. */
  name: string
  /** How a message addresses the person: 王女士, 李先生, or the full name. */
  salutation: string
  phone: string | null
  email: string | null
  /** Something of that kind stands in the file; what it is stays there. */
  hasAllergies: boolean
  hasNotes: boolean
}

export interface CustomersService {
  /** Follows merges: the answer's `id` may differ from the one asked for. */
  get(customerId: string): Promise<Customer | null>
  /** Keyed by the ids asked for; unknown ones are missing. One command, one more when somebody was merged. */
  getMany(customerIds: readonly string[]): Promise<Map<string, Customer>>
  /** As `getMany`, with the opened name, phone and email address. */
  contacts(customerIds: readonly string[]): Promise<Map<string, CustomerContact>>
  /**
   * Who owns an identity, after all merges. For `phone_index` the value is a phone number or its blind index; a number
   * that several known customers share belongs to nobody: null.
   */
  findByIdentity(kind: IdentityKind, value: string): Promise<Customer | null>
  /** Who owns each of the identities, as they are stored, keyed by value; unknown and shared ones are missing. Two commands. */
  findByIdentities(
    kind: Exclude<IdentityKind, 'phone_index'>,
    values: readonly string[],
  ): Promise<Map<string, Customer>>
  /** The customer's own id and those that were merged into it: old records may carry any of them. */
  idsOf(customerId: string): Promise<string[]>
  /** The same of many, by the ids that were asked for, in as many commands as merges are deep. */
  idsOfMany(customerIds: readonly string[]): Promise<Map<string, string[]>>
  /** Who got another consultant for one cause (`customers.passed_on:<cause>`), with those who have none. */
  passedOn(cause: string): Promise<
    {
      customerId: string
      storeId: string
      ownerUserId: string | null
      followUserIds: string[]
      externalUserIds: string[]
    }[]
  >
  /** The store of somebody who has none yet. Safe to repeat. */
  addStore(customerId: string, storeId: string): Promise<void>
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

/** Somebody has added a member, or was added. */
export interface ContactAdded {
  customerId: string
  externalUserId: string
  /** The member. */
  userId: string
  /** Of the way that led there. */
  state: string | null
  /** Good for one welcome within twenty seconds of `at`. */
  welcomeCode: string | null
  at: Date
}
export type ContactAddedListener = (added: ContactAdded) => Promise<void>

/** Published when a provisional person turned out to be `intoCustomerId`: id `customer.merged:<customerId>`. */
export interface CustomerMerged {
  customerId: string
  intoCustomerId: string
}
/** `customers.passed_on`: somebody has left, and the customers have other consultants, or none. By the customers' first store. */
export interface CustomersPassedOn {
  userId: string
  stores: { storeId: string; to: { userId: string; count: number }[]; left: number }[]
}
/** `customer.deceased`, `customer.opted_out` (what is off now: `all`, `promotion`). */
export interface CustomerStopped {
  customerId: string
  all: boolean
  promotion: boolean
}
/** `identity.conflict`: two people who can't be told to be one; a person decides. Id `identity.conflict:<conflictId>`. */
export interface IdentityConflictFound {
  conflictId: string
}
