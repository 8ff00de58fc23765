/** What the assistant knows, remembers and can do; filled by the composition root. */
import type { BotText } from './config.ts'

export type Level = 'none' | 'expected' | 'watch' | 'abnormal' | 'emergency'

/** How urgent the words are, and whether somebody has been called and the customer answered already. */
export interface Danger {
  level: Level
  handled: boolean
  /** Whoever is about to call has the words. */
  toCaller: boolean
}

/** Who is speaking, as far as it matters to an answer. */
export interface TalkFacts {
  customerId: string
  salutation: string
  storeId: string
  store: string
  phone: string
  emergency: string
  /** Whether people are there now; else when they are again, in words: 明天09:00. */
  opensAt: string | null
  /** The last one that still counts: what questions are about. */
  treatment: { id: string; code: string; name: string; day: number } | null
}

export interface Heard {
  messageId: string
  at: Date
  kind: 'text' | 'photo' | 'other'
  text: string
}

export type MenuKind = 'helped' | 'opt_out' | 'photo'
export interface OpenMenu {
  kind: MenuKind
  labels: string[]
  at: Date
  /** What it is about: the article, or the message with the photo. */
  about: string
  /** The question that was answered. */
  question?: string
}

/** What is kept between two messages of one customer. No words of theirs beyond the open question. */
export interface Memory {
  menu: OpenMenu | null
  /** When what is said once a day was last said. */
  said: Partial<Record<BotText, Date>>
  /** A colleague has the conversation since. */
  personSince: Date | null
  /** A complaint that was filed here. */
  complaintAt: Date | null
}
export const NOTHING_KNOWN: Memory = { menu: null, said: {}, personSince: null, complaintAt: null }

export interface Article {
  id: string
  title: string
  text: string
}

export type Reason = 'asked' | 'no_answer' | 'not_helped' | 'unreadable' | 'watch' | 'danger' | 'no_guide' | 'photo'

export interface OpenSurvey {
  title: string
  link: string | null
}

/** What an answer leads to. Everything has an id of the message's own: a repeat changes nothing. */
export interface Acts {
  /** Words for people: whoever is about to call, else the customer's own; with a task where somebody must answer. */
  toPerson(heard: Heard, facts: TalkFacts, reason: Reason): Promise<void>
  /** A colleague reads it; nobody has to answer. */
  show(heard: Heard, facts: TalkFacts): Promise<void>
  booking(heard: Heard, facts: TalkFacts): Promise<void>
  /** Keeps that the customer comes to the appointment of the next days; null: it isn't clear to which, or to none. */
  confirmVisit(heard: Heard, facts: TalkFacts): Promise<{ time: string; store: string } | null>
  /** Tells the number by itself. */
  complain(heard: Heard, facts: TalkFacts): Promise<void>
  optOut(facts: TalkFacts, what: 'promotion' | 'all'): Promise<void>
  /** What is open, with its address where a chat can carry one; null: nothing is. */
  openSurvey(facts: TalkFacts): Promise<OpenSurvey | null>
  /** `elsewhere`: the agreement to the service comes first, and is read in the mini-program. */
  photoConsent(facts: TalkFacts): Promise<'given' | 'ask' | 'elsewhere'>
  allowPhotos(facts: TalkFacts): Promise<void>
  /** False: it is no photo that can be kept. */
  keepPhoto(messageId: string, facts: TalkFacts, bytes: Buffer): Promise<boolean>
}

export interface Knowledge {
  /** The approved article that answers it; null: a person does. */
  answer(question: string, about: { treatment: string | null; day: number | null }): Promise<Article | null>
  /** Goes on the list of what is still to be written. */
  unanswered(
    question: string,
    about: { messageId: string; treatment: string | null; day: number | null },
  ): Promise<void>
  /** What matters on that day, or null. */
  guide(facts: TalkFacts): Promise<string | null>
}

/**
 * A language model may say an approved article in other words, and nothing else: it sees no level, no record and no name. Off
 * where there is none; whatever it does wrong, the article is said as it stands.
 */
export type Rephrase = (article: Article, question: string) => Promise<string | null>
