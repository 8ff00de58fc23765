/** What other rooms may know of staff tasks (FHIR: Task). */
import type { Role } from '../staff/index.ts'
import type { ChecklistItem, FollowUp, Interest } from './checklist.ts'

export type TaskKind =
  | 'contact_call'
  | 'consultant_follow'
  | 'doctor_contact'
  /** Customer service's part of the joint follow-up of an abnormal case. */
  | 'case_follow'
  /** A question that isn't about the treatment: a consultant or nurse calls back. */
  | 'call_back'
  /** An abnormal case that nobody has looked after in time: a supervisor or director sees to it. */
  | 'case_escalation'
  /** An emergency that waits for somebody to take it. */
  | 'red_flag'
  | 'send_message'
  | 'check_message'
  /** A day that a plan waits for is to be said in the clinic's system. */
  | 'set_day'
  /** No message may go: a nurse or doctor decides how the customer is cared for. */
  | 'decide_contact'
  /** A consultant decides whether a customer who has not bought is kept in touch with. */
  | 'decide_consultation'
  /** A bad answer in a survey: a colleague calls. */
  | 'survey_low'
  /** A customer asks about the own data: a copy, a correction, erasure. */
  | 'data_request'
  /** Somebody waits for an answer in the chat. */
  | 'chat_reply'
  /** Somebody wants to come. */
  | 'appointment_wish'
  /** Somebody who has an appointment would rather come at another time. */
  | 'appointment_move'
  /** A complaint or an opinion that nobody has taken yet. */
  | 'complaint'
  /** A problem with a product, for the department that it concerns. */
  | 'after_sales'
  /** Articles of the knowledge that their keeper is to look at again this quarter. */
  | 'knowledge_revision'

/**
 * One question on the card of a `confirm` task or of a contact, answered with the button that ends it; a card shows ten
 * options at most. A contact's answer counts at once (`task.answered`).
 */
export interface Choice {
  title: string
  /** `id`s of the caller; texts of at most 16 characters. */
  options: { id: string; text: string }[]
}
/**
 * Which form closes it: reached, state, satisfaction, then the checklist; the same with effect and NPS in between; the
 * doctor's, with the interval of the joint follow-up; one tap; or a decision with its reason.
 */
export type TaskForm = 'contact' | 'contact_month' | 'doctor' | 'confirm' | 'decision'

export interface OpenTask {
  /** Deterministic id `[0-9A-Za-z_-@]`, ≤ 100: opening twice is opening once. */
  id: string
  kind: TaskKind
  form: TaskForm
  storeId: string
  role: Role
  /** Tried before anybody else of the role, in order, if active. */
  preferredUserIds: string[]
  customerId: string | null
  treatmentId: string | null
  stepIds: string[]
  /** A red flag goes to a doctor: where the store has none, to the company's duty doctor. */
  redFlag?: boolean | undefined
  /** Somebody waits for a person to begin: told as `task.taken`. */
  urgent?: boolean | undefined
  /** Card title, ≤ 36 characters. */
  title: string
  /** Up to 6 facts on the card; keyname ≤ 5, value ≤ 30 characters. */
  facts: { name: string; value: string }[]
  /** What to ask and say (call script, or the text to send); shown as the card's sub title, ≤ 160 characters. */
  script: string
  /** Asked on the card; it is done only with an answer. */
  choice?: Choice | undefined
  /** A contact about a product: its checklist has the problems with one, too. */
  asksProduct?: boolean | undefined
  /** Of no use after its deadline: it ends by itself, undone (`task.lapsed`), instead of being overdue. */
  lapses?: boolean | undefined
  /** The card goes out at this instant … */
  openAt: Date
  /** … and the task is overdue after this one. */
  dueAt: Date
}

export interface ContactOutcome {
  reached: boolean
  /** `recovering_well | mild_reaction | abnormal | needs_doctor` */
  state: string | null
  /** 1–5. */
  satisfaction: number | null
  /** 1–5, month 1. */
  effect: number | null
  /** 0–10, month 1; the card has ten options, so its lowest one stands for 0 and 1. */
  nps: number | null
  /** What was covered and what came out of it; null where none is asked. */
  checklist: ChecklistItem[] | null
  interest: Interest | null
  /** Of a doctor's contact about an abnormal case: days until the next one, or that it is over. */
  followUp: FollowUp | null
  /** Words of the staff member, sealed in the contact record. */
  summary: string | null
}

/** Codes of the lists of the task's kind. */
export interface TaskDecision {
  choice: string
  reason: string
}

/**
 * open → taken → form (→ month_form) → checklist (→ interest) → summary → done; `transfer` is the form that asks for the next owner.
 * A call that wasn't reached goes back to `taken` and is opened anew by whoever planned it; other contacts end with the
 * recorded attempt (`outcome.reached` false). A task in `summary` has its outcome; it ends by itself.
 */
export const TASK_STATUSES = [
  'open',
  'taken',
  'form',
  'month_form',
  'checklist',
  'interest',
  'transfer',
  'summary',
  'done',
  'cancelled',
] as const
export type TaskStatus = (typeof TASK_STATUSES)[number]

export interface Task extends OpenTask {
  status: TaskStatus
  /** Empty (`no_owner`) while nobody is there; given out as soon as somebody is. */
  ownerUserId: string
  /** Number of the owner's newest card: grows with each further attempt and each new owner. */
  occurrence: number
  attempts: { at: Date; byUserId: string; result: 'reached' | 'not_reached' }[]
  outcome: ContactOutcome | null
  /** Which option of `choice` was taken. */
  answer: string | null
  /** Of a task that ends in a decision. */
  decision: TaskDecision | null
  completedAt: Date | null
}

export type Said = { text: string } | { markdown: string }

export interface StaffNote {
  /** Deterministic: a person gets it once. */
  key: string
  storeId: string
  /** Who is told by name … */
  userIds?: readonly string[]
  /** … and everybody of a role in the store, else one who stands in for it. */
  role?: Role
  /** Who knows already. */
  except?: string
  said: Said
  at: Date
}

export interface TasksService {
  /**
   * Inserts the tasks and their cards in two bulks; existing ids are left alone, and their cards are made sure of. None begins
   * for a customer who has died; for one who wants no contact none that nobody asked for, unless it concerns safety.
   * Returns the owner of each, empty where nobody active could be found; those that don't begin are missing.
   */
  open(tasks: readonly OpenTask[]): Promise<ReadonlyMap<string, string>>
  /**
   * Sends a further card for the same task (next attempt, or another time), with a new due time; once per pair of times.
   * A card that nobody has touched yet is withdrawn. Finished tasks and those in `summary` stay as they are.
   */
  reopen(taskId: string, at: { openAt: Date; dueAt: Date }): Promise<void>
  /** Ends open tasks without an outcome; cards not sent yet stay unsent, delivered ones turn grey. Safe to repeat. */
  cancel(taskIds: readonly string[], reason: string): Promise<void>
  get(taskId: string): Promise<Task | null>
  /** Something to know, with nothing to do: a message in WeCom to each reader, once per key. */
  tell(notes: readonly StaffNote[]): Promise<void>
  /**
   * Shows what a customer wrote to whoever is to call the customer, else to the customer's own people, else to customer
   * service; once per `messageId`. `words` null: something that isn't text. Returns whether a call was about to be made.
   * `onlyToCaller`: nobody else is told.
   */
  showWords(said: {
    messageId: string
    customerId: string
    words: string | null
    onlyToCaller?: boolean
  }): Promise<boolean>
}

/** Events, ids `task.attempted:<taskId>:<n>` and `task.completed:<taskId>`; data carries ids and codes only. */
export interface TaskAttempted {
  taskId: string
  kind: TaskKind
  stepIds: string[]
  customerId: string | null
  byUserId: string
  result: 'not_reached'
  /** 1 for the first. */
  attempt: number
}
/** `task.taken:<taskId>`: the first person has begun with an urgent task. */
export interface TaskTaken {
  taskId: string
  kind: TaskKind
  customerId: string | null
  byUserId: string
}
/** `task.answered:<taskId>`: the question on a contact's card has its answer; the contact itself may go on for a while. */
export interface TaskAnswered {
  taskId: string
  kind: TaskKind
  customerId: string | null
  byUserId: string
}
/** `task.unanswered:<taskId>`: a contact was cancelled before the question on its card had an answer. */
export interface TaskUnanswered {
  taskId: string
  kind: TaskKind
  /** Why it was cancelled: `deceased` … */
  reason: string
}
/** `task.lapsed:<taskId>`: nobody did it while it was of use. */
export interface TaskLapsed {
  taskId: string
  kind: TaskKind
  stepIds: string[]
}
export interface TaskCompleted {
  taskId: string
  kind: TaskKind
  stepIds: string[]
  customerId: string | null
  byUserId: string
}
