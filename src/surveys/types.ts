/** What other rooms may know of surveys. */
import type { Reason } from '../platform/reasons.ts'
import type { Measure } from './definition.ts'

export interface Invite {
  /** What it is for: asked twice for one occasion it is one invitation. */
  occasion: string
  /** Asked together, as one. */
  surveyIds: readonly string[]
  customerId: string
  storeId: string
  treatmentId: string | null
  /** Code of the treatment, of whose kind the questions are. */
  code: string | null
  /** What asks for silence just now. */
  hold?: Reason | null
}

export interface Invited {
  invitationId: string
  title: string
  /** Page of the mini-program, for a notice. */
  page: string
  /** Address that needs no sign-in; null where customers can't reach this server. */
  link: string | null
}

/** The way into one open invitation. */
export interface WayIn {
  title: string
  /** Page of the mini-program. */
  page: string
  /** What a chat can carry; null where neither this server nor WeChat gives an address. */
  link: string | null
}

export interface SurveysService {
  /** Of what the customer has still to answer, the one that lapses first; null: nothing is open. Asked again it is the same address. */
  wayIn(customerId: string): Promise<WayIn | null>
  /** What the customer is invited to and has not answered: the newest few, with the page that asks. */
  questionsFor(customerId: string): Promise<{ title: string; page: string }[]>
  /** Invites whoever may be asked, once per occasion; the answer lacks those who are not. Safe to repeat. */
  invite(invites: readonly Invite[]): Promise<ReadonlyMap<string, Invited>>
  /** What the customer has answered by name, the newest first. */
  copyOf(customerId: string): Promise<AnsweredCopy[]>
  /** What was written into the free-text questions of a submission; null where nothing was. */
  wordsOf(invitationId: string): Promise<string | null>
  /** What suggests a complaint, in words: what was written, else the bad answers; null where nobody has answered. */
  suggestedWords(invitationId: string): Promise<string | null>
  /** These surveys of an occasion are not asked any more, unless they are answered. Safe to repeat. */
  withdraw(occasions: readonly { occasion: string; surveyIds: readonly string[] }[], reason: Reason): Promise<void>
}

/** One submission in words, as a copy of somebody's data has it. */
export interface AnsweredCopy {
  title: string
  answeredAt: Date
  treatmentId: string | null
  storeId: string
  /** Question and answer, one after the other. */
  answers: string[]
}

/** Event `survey.answered:<invitationId>`. */
export interface SurveyAnswered {
  invitationId: string
  /** The step of a care plan, or another occasion. */
  occasion: string
  surveyIds: string[]
  customerId: string
  storeId: string
  treatmentId: string | null
  measures: Partial<Record<Measure, number>>
}

/** Event `survey.low_score:<invitationId>`: what must be heard of at once; a complaint is prepared where one of them says so. */
export interface SurveyLowScore extends Omit<SurveyAnswered, 'measures'> {
  /** The task on whose card somebody decides whether it is a complaint; null: no answer suggests one. */
  decidedBy: string | null
  low: { question: string; measure: Measure | null; opens: 'task' | 'complaint' }[]
}
