/** What somebody wants, from the words and what is known. Pure: the same message and facts, the same intent. */
import type { BotFile } from './config.ts'
import type { Danger, Heard, Memory } from './types.ts'

export type Intent =
  | { is: 'danger'; handled: boolean }
  | { is: 'opt_out' | 'person' | 'complaint' | 'booking' | 'guide' | 'survey' }
  /** `n` counts from one. */
  | { is: 'choice'; n: number }
  | { is: 'photo' | 'unreadable' | 'greeting' | 'thanks' | 'fine' }
  /** `mild`: a sign that isn't urgent, or one that is normal now. */
  | { is: 'question'; mild: 'watch' | 'expected' | null }
  /** Colleagues are talking: nothing to say. */
  | { is: 'with_person' }

const HOUR_MS = 3_600_000
/** A menu that is older isn't what a number answers. */
const MENU_LIFE_MS = 48 * HOUR_MS
/** A greeting with more than this behind it is about something. */
const GREETING_SIGNS = 20

type Word = BotFile['words']['opt_out'][number]

const says = (text: string, words: readonly Word[]): boolean =>
  words.some((one) => {
    if (typeof one === 'string') return text.includes(one)
    return one.except.reduce((rest, phrase) => rest.replaceAll(phrase, '·'), text).includes(one.word)
  })

/** Nothing is left of the text when these words and all signs are taken out. */
function isMadeOf(text: string, words: readonly string[]): boolean {
  const rest = [...words].sort((a, b) => b.length - a.length).reduce((left, word) => left.replaceAll(word, ''), text)
  return !/[\p{L}\p{N}]/u.test(rest)
}

export const plain = (text: string): string => text.normalize('NFKC').trim().toLowerCase()

/** Which item of the open menu is meant: by its number, its words, or both. */
export function choiceIn(text: string, memory: Memory, at: Date): number | null {
  const { menu } = memory
  if (!menu || at.getTime() - menu.at.getTime() > MENU_LIFE_MS) return null
  const said = plain(text).replace(/[。.!！]+$/, '')
  const found = menu.labels.findIndex((label, i) => {
    const n = String(i + 1)
    const words = plain(label)
    return said === n || said === words || said === `${n} ${words}` || said === `${n}.${words}`
  })
  return found < 0 ? null : found + 1
}

export function isWithPerson({ personSince }: Memory, { with_person_hours }: BotFile, at: Date): boolean {
  return personSince !== null && at.getTime() - personSince.getTime() < with_person_hours * HOUR_MS
}

/** Danger first, whatever else is said; then what the customer decides; then what can be answered. */
export function decide(heard: Heard, memory: Memory, danger: Danger, config: BotFile): Intent {
  const { words, asking } = config
  const { level, handled, toCaller } = danger
  const text = plain(heard.text)
  if (level === 'emergency' || level === 'abnormal' || (level === 'watch' && handled)) return { is: 'danger', handled }
  // Before the words: what a button says may be among them.
  const n = heard.kind === 'text' ? choiceIn(text, memory, heard.at) : null
  if (n !== null) return { is: 'choice', n }
  if (heard.kind === 'text' && says(text, words.opt_out)) return { is: 'opt_out' }
  if (isWithPerson(memory, config, heard.at)) return { is: 'with_person' }
  if (heard.kind === 'photo') return { is: 'photo' }
  if (heard.kind === 'other' || text === '') return { is: 'unreadable' }
  if (says(text, words.complaint)) return { is: 'complaint' }
  if (says(text, words.person)) return { is: 'person' }
  if (level === 'watch' || level === 'expected') return { is: 'question', mild: level }
  if (says(text, words.booking)) return { is: 'booking' }
  if (says(text, words.survey)) return { is: 'survey' }
  if (says(text, words.guide)) return { is: 'guide' }
  // Said to whoever is about to call: 方便的，谢谢.
  if (toCaller && isMadeOf(text, [...words.thanks, ...words.fine, ...words.greeting])) return { is: 'with_person' }
  // A sign that somebody is content or has read it: 👍
  if (isMadeOf(text, [])) return { is: 'thanks' }
  if (isMadeOf(text, words.greeting)) return { is: 'greeting' }
  if (isMadeOf(text, words.thanks)) return { is: 'thanks' }
  if (isMadeOf(text, [...words.thanks, ...words.fine])) return { is: 'fine' }
  const isShort = text.length <= GREETING_SIGNS
  if (isShort && words.greeting.some((word) => text.startsWith(word)) && !says(text, asking)) return { is: 'greeting' }
  return { is: 'question', mild: null }
}
