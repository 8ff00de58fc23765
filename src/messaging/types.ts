/** What other rooms may know of messaging: they enqueue contacts and hear how each ended. No feature calls a vendor's send API. */
import type { Reason } from '../platform/reasons.ts'
import type { SubscribeKind } from './templates.ts'

/** When a contact may go out (domain 5). */
export const CONTACT_CLASSES = ['safety', 'greeting', 'reply', 'case_update', 'care', 'promotion'] as const
export type ContactClass = (typeof CONTACT_CLASSES)[number]
export type Channel =
  | 'kf'
  | 'subscribe'
  | 'sms'
  | 'email'
  /** A member confirms it in WeCom (企业群发). */
  | 'mass'
  | 'app'
  | 'card_update'
  | 'kf_event'
  | 'contact_welcome'

export interface CustomerContent {
  kind: 'template'
  /** Key in config/templates/*.yaml. Text is rendered and frozen at enqueue. */
  templateKey: string
  vars: Record<string, string>
  /** A kf menu under the text, e.g. the five satisfaction answers; other channels leave it out. */
  menu?: { id: string; label: string }[]
}
/** Words that are written already: an answer in the customer's own conversation, which no other channel carries. */
export interface WordsContent {
  kind: 'words'
  text: string
  menu?: { id: string; label: string }[]
  /** Instead of the text, which then says what it is. */
  attachment?: Attachment
}
/** What a conversation can carry beside words. Uploads live for three days. */
export type Attachment =
  | { kind: 'media'; type: 'image' | 'voice' | 'video' | 'file'; mediaId: string }
  | { kind: 'link'; title: string; description: string; url: string; thumbMediaId: string }
  | { kind: 'mini_program'; appId: string; title: string; page: string; thumbMediaId: string }
  | { kind: 'location'; name: string; address: string; latitude: number; longitude: number }
/** A message to a member of staff: vendor-neutral card or text, made by tasks. */
export interface StaffContent {
  kind: 'staff'
  /** `text`/`markdown` content or a template card, as WeCom's message/send body without receiver fields. */
  message: Record<string, unknown>
}
/** An update of a card in place; `responseCode` is single use. */
export interface CardUpdateContent {
  kind: 'card_update'
  responseCode: string
  update: Record<string, unknown>
}

export interface EnqueueContact {
  /** The outbox row's id is hash(stepId | occurrence | audience): enqueuing twice is enqueuing once. */
  stepId: string
  /** How often the step was re-opened after its row was definitely cancelled; 0 first. */
  occurrence: number
  /** `customer`, `customer:prelude`, `staff:<userid>` …: distinguishes several contacts of one step. */
  audience: string
  to: { customerId: string } | { staffUserId: string }
  storeId: string
  contactClass: ContactClass
  content: CustomerContent | WordsContent | StaffContent | CardUpdateContent
  /** Earliest instant; classes and windows may move it later. */
  notBefore: Date
  /** After it the row is `expired` with reason `late`, never sent. */
  notAfter: Date
  /** False: not worth a person's time when no channel carries it; it ends `dead`. Default: a task shows the text. */
  handOver?: boolean
  /** The row of an earlier message to the same person: this one waits until that one has left, or never will. */
  after?: string
  /** The customer has just written: whoever wants no messages still gets an answer. */
  isAnswer?: true
  /** Who hears of the end: the room's registered listener; plus ids for it. */
  refs: { owner: string; stepId?: string; taskId?: string; treatmentId?: string; [key: string]: string | undefined }
}

export type Outcome = 'sent' | 'delegated' | 'unknown' | 'expired' | 'cancelled' | 'dead'

export interface SettledMessage {
  id: string
  refs: EnqueueContact['refs']
  outcome: Outcome
  channel: Channel | null
  at: Date
  /** A code of docs/reasons.md when not plainly sent. */
  reason: string | null
  /** The vendor's message id where it gave one. */
  messageId: string | null
  responseCode: string | null
  /** Who confirmed it, where a member did. */
  byUserId: string | null
}

/**
 * Called with everything that settled in one batch, before the rows are closed. Must be idempotent; a throw tries again.
 * A message told as `sent` may be told again with another outcome, when the vendor found later that it can't be delivered.
 */
export type SettledListener = (batch: readonly SettledMessage[]) => Promise<void>

/** Why a customer is told of no offer now. */
export interface PromotionHold {
  reason: Reason
  /** For good, as after a severe complaint; else it waits inside its time. */
  cancels: boolean
}
/** Keyed by the customers' own ids; who may be told is missing. */
export type PromotionHolds = (customerIds: readonly string[]) => Promise<ReadonlyMap<string, PromotionHold>>

/** A medical message that is still to come: what is left on a channel is kept for it. */
export interface ComingMessage {
  at: Date
  templateKey: string
}
/** Of the coming thirty days, keyed by the customers' own ids. */
export type ComingMessages = (
  customerIds: readonly string[],
  until: Date,
) => Promise<ReadonlyMap<string, readonly ComingMessage[]>>

/** A contact as a plan has it: when it would go, and until when it is worth going. */
export interface PlannedContact extends ComingMessage {
  id: string
  storeId: string
  until: Date
  contactClass: ContactClass
  /** False: nobody passes it on where no channel carries it. */
  handOver?: boolean
}
export interface ContactReach {
  id: string
  /** When it would go; null when it would not. */
  at: Date | null
  /** `mass`: no channel carries it by itself, and a member confirms it; `person`: a colleague passes it on. */
  channel: Channel | 'person' | null
  /** The member who would be asked to confirm it. */
  confirmBy: string | null
  /** Why not, or why not earlier or by itself. */
  reason: Reason | null
  /** Every rung at that instant; that of members only where it comes to them. */
  channels: { channel: Channel; ok: boolean; reason: Reason | null }[]
}
export interface ReachPlan {
  contacts: ContactReach[]
  /** Notices that medical contacts lack a grant for: so many more are to be asked for. */
  grants: { kind: SubscribeKind; count: number; ids: string[] }[]
}

/** A notice that a customer can allow, once per tap. */
export interface Subscription {
  kind: SubscribeKind
  /** What it tells, in the customer's words. */
  title: string
  templateId: string
  /** How many may still be sent. */
  left: number
}

export interface MessagingService {
  /** What a customer can allow in the mini-program; empty where there is none, or nobody has signed in. */
  subscriptions(customerId: string): Promise<Subscription[]>
  enqueue(contact: EnqueueContact): Promise<{ id: string }>
  /** One bulk insert; existing rows stay as they are. */
  enqueueMany(contacts: readonly EnqueueContact[]): Promise<void>
  /** Cancels rows that have not left; returns the ids that are definitely cancelled, also by an earlier call. `sending` ones can't be recalled. */
  cancel(ids: readonly string[], reason: string): Promise<string[]>
  /**
   * Greets somebody who has just become a member's contact, once per code and at once: a code is good for twenty seconds, and a
   * welcome that is later than that goes to nobody. Safe to repeat.
   */
  welcomeContact(entry: {
    customerId: string
    storeId: string
    code: string
    /** When the contact was added. */
    at: Date
    /** Whom the customer has added, as customers know them: 咨询师林悦. */
    sender: string
  }): Promise<void>
  onSettled(owner: string, listener: SettledListener): void
  /** Asked before anything of the class `promotion` goes; whoever says no wins, and a final no before one that waits. */
  holdPromotions(owner: string, holds: PromotionHolds): void
  /** Text of a stored inbound kf message, for the room that works on it. */
  inbound(messageId: string): Promise<{
    messageId: string
    customerId: string | null
    externalUserId: string
    openKfId: string
    at: Date
    type: string
    text: string | null
    menuId: string | null
    mediaId: string | null
    /** The vendor's body of kinds that are neither text nor file. */
    content: Record<string, unknown> | null
    /** The customer took it back then. */
    recalledAt: Date | null
  } | null>
  /** Asked before anything of the class `promotion` goes: it leaves what these will need. */
  reserve(owner: string, coming: ComingMessages): void
  /** How each of these would reach the customer, one after the other, as things stand; null for unknown customers. */
  reachPlan(customerId: string, contacts: readonly PlannedContact[], now: Date): Promise<ReachPlan | null>
  /** Instants and channels at which the customer could be reached now, with the reason why not. */
  reach(customerId: string, now: Date): Promise<{ channel: Channel; ok: boolean; reason: string | null }[]>
  /** What a contact with a customer says, for the person who passes it on; null for unknown rows and those to staff. */
  text(outboxId: string): Promise<{ chat: string; sms: string | null } | null>
  /** How a message ended; `open` while it may still go, null where there is none. */
  outcome(outboxId: string): Promise<Outcome | 'open' | null>
  /** Nobody has passed on what was handed to a person, and nobody will: it doesn't count under the caps. Safe to repeat. */
  unsaid(outboxId: string): Promise<void>
  outboxId(stepId: string, occurrence: number, audience: string): string
}

/** Event `customer.message_received` (kf): data. */
export interface MessageReceived {
  messageId: string
  customerId: string
  /** Set when the customer tapped a menu item. */
  menuId: string | null
}
/** Event `conversation.taken` and `conversation.ended`: a colleague writes with the customer from now on, or no longer. */
export interface ConversationChanged {
  customerId: string
}
/** Event `message.needs_person`: the ladder ended at the last rung, or a send is `unknown`. A task shows the text. */
export interface MessageNeedsPerson {
  outboxId: string
  customerId: string
  storeId: string
  reason: string
  unknown: boolean
  contactClass: ContactClass
  refs: EnqueueContact['refs']
}
