/** What somebody wants, from the words and what is known. Pure: the same message and facts, the same intent. */
import type { BotFile } from './config.ts'
import type { Danger, Heard, Memory, MenuKind } from './types.ts'

type Decided = 'opt_out' | 'complaint' | 'person'
export type Intent =
  /** `also`: what the customer decides beside it. */
  | { is: 'danger'; handled: boolean; also: Decided[] }
  | { is: 'opt_out' | 'person' | 'complaint' | 'confirm' | 'booking' | 'guide' | 'survey' }
  /** `n` counts from one. */
  | { is: 'choice'; menu: MenuKind; n: number }
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

/** What the customer promises to do: 确认, 会准时到. 不用确认, 你们确认, 确认收到 are made of the same words, and no promise to come. */
const NO_PROMISE = /[不没别未稍等?你您呢吗么]|请问|确认\p{L}*收到|收到确认/u
/** Nothing of that is meant in 没问题，确认 and 您好，确认，谢谢您. */
const POLITE = /没问题|没关系|没事|[您你]好|(谢谢|感谢|多谢|辛苦)[您你]们?/g

/** Nothing is left of the text when these words and all signs are taken out. */
function isMadeOf(text: string, words: readonly string[]): boolean {
  const rest = [...words].sort((a, b) => b.length - a.length).reduce((left, word) => left.replaceAll(word, ''), text)
  return !/[\p{L}\p{N}]/u.test(rest)
}

/** 👍 is thanks; ？ and 😭 somebody should look at; … says nothing. */
function signs(text: string, thanks: readonly string[]): Intent {
  const rest = thanks.reduce((left, word) => left.replaceAll(word, ''), text)
  if (/[?\p{Extended_Pictographic}]/u.test(rest)) return { is: 'question', mild: null }
  return { is: rest === text ? 'with_person' : 'thanks' }
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

/** A button of a menu that isn't open any more still says what it says: customers scroll up. */
function tappedLate(text: string, menus: BotFile['menus']): { menu: MenuKind; n: number } | null {
  for (const menu of ['helped', 'opt_out'] as const)
    for (const [i, label] of menus[menu].entries()) if (text === `${i + 1} ${plain(label)}`) return { menu, n: i + 1 }
  return null
}

export function isWithPerson({ personSince }: Memory, { with_person_hours }: BotFile, at: Date): boolean {
  return personSince !== null && at.getTime() - personSince.getTime() < with_person_hours * HOUR_MS
}

/** Danger first, whatever else is said; then what the customer decides; then what can be answered. */
export function decide(heard: Heard, memory: Memory, danger: Danger, config: BotFile): Intent {
  const { words, asking } = config
  const { level, handled, toCaller } = danger
  const text = plain(heard.text)
  const decided = (['opt_out', 'complaint', 'person'] as const).filter((one) => says(text, words[one]))
  if (level === 'emergency' || level === 'abnormal') return { is: 'danger', handled, also: decided }
  // Before the words: what a button says may be among them.
  const n = heard.kind === 'text' ? choiceIn(text, memory, heard.at) : null
  if (n !== null && memory.menu) return { is: 'choice', menu: memory.menu.kind, n }
  const late = tappedLate(text, config.menus)
  if (late) return { is: 'choice', ...late }
  if (decided.includes('opt_out')) return { is: 'opt_out' }
  if (isWithPerson(memory, config, heard.at)) return { is: 'with_person' }
  if (heard.kind === 'photo') return { is: 'photo' }
  if (heard.kind === 'other' || text === '') return { is: 'unreadable' }
  const [first] = decided
  if (first !== undefined) return { is: first }
  if (level === 'watch' && handled) return { is: 'danger', handled, also: [] }
  if (level === 'watch' || level === 'expected') return { is: 'question', mild: level }
  const beside = [...words.thanks, ...words.fine, ...words.greeting]
  const promise = text.replace(POLITE, '·')
  if (!NO_PROMISE.test(promise) && says(promise, words.confirm) && isMadeOf(promise, [...words.confirm, ...beside]))
    return { is: 'confirm' }
  if (says(text, words.booking)) return { is: 'booking' }
  if (says(text, words.survey)) return { is: 'survey' }
  if (says(text, words.guide)) return { is: 'guide' }
  // Said to whoever is about to call: 方便的，谢谢.
  if (toCaller && isMadeOf(text, beside)) return { is: 'with_person' }
  if (!/[\p{L}\p{N}]/u.test(text)) return signs(text, words.thanks)
  if (isMadeOf(text, words.greeting)) return { is: 'greeting' }
  if (isMadeOf(text, words.thanks)) return { is: 'thanks' }
  if (isMadeOf(text, [...words.thanks, ...words.fine])) return { is: 'fine' }
  const isShort = text.length <= GREETING_SIGNS
  if (isShort && words.greeting.some((word) => text.startsWith(word)) && !says(text, asking)) return { is: 'greeting' }
  return { is: 'question', mild: null }
}
