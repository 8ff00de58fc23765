/**
 * A text as the search reads it. Chinese has no spaces and is typed by sound, so each text is read in four ways: as words, as
 * what its words mean, as pairs of neighbouring signs, and as pairs of sounds. Pure, but for the dictionary of words.
 */
import { Jieba } from '@node-rs/jieba'
import { dict } from '@node-rs/jieba/dict.js'
import type { TreatmentKind } from '../treatments/index.ts'
import { normalise, soundOf } from '../triage/index.ts'
import type { SynonymsFile } from './synonyms.ts'

/** Weight of each reading; the first letter of a term says which one it is. */
export const READINGS = { treatment: 0.5, meaning: 1.8, word: 1, pair: 0.4, sound: 0.3 } as const
type Reading = keyof typeof READINGS
const LETTERS: Record<Reading, string> = { treatment: '@', meaning: '=', word: 'w', pair: 'b', sound: 'p' }
const BY_LETTER = new Map(Object.entries(LETTERS).map(([reading, letter]) => [letter, READINGS[reading as Reading]]))
export const weightOf = (term: string): number => BY_LETTER.get(term.charAt(0)) ?? 0

export interface Tokens {
  /** Terms of a question, with repetition. */
  asked(text: string): string[]
  /** Terms by which a text is found: those, and the signs and sounds of its phrases. */
  said(text: string): string[]
  /** Codes of the treatments that a text names. */
  treatmentsIn(text: string): ReadonlySet<string>
  /** Every word in order, what lies between them, too; and whether it is somebody's name. */
  spoken(text: string): { word: string; isName: boolean }[]
}

/** Parts of speech that say nothing about what is asked: particles, prepositions, conjunctions, pronouns, adverbs, numbers. */
const SILENT = /^[upcyeordqmhkx]/
const RUNS = /\p{Script=Han}+|[a-z0-9.]+/gu
const isHan = (text: string): boolean => text >= '㐀' && text < 'ꀀ'

const DIGITS = '零一二三四五六七八九'
/** 三天 as 3天: of numbers up to ninety-nine, before what is counted. */
export const withDigits = (text: string): string =>
  text.replace(
    /([一二两三四五六七八九]?)(十?)([一二三四五六七八九]?)(?=[天日周月年次小个支针点])/g,
    (whole, tens, ten, ones) => {
      const digit = (sign: string) => (sign === '两' ? 2 : DIGITS.indexOf(sign))
      if (whole === '') return ''
      if (ten === '') return tens !== '' && ones === '' ? String(digit(tens)) : whole
      return String((tens === '' ? 1 : digit(tens)) * 10 + (ones === '' ? 0 : digit(ones)))
    },
  )

export function createTokens(
  { groups, treatments, fillers }: SynonymsFile,
  kinds: readonly Pick<TreatmentKind, 'code' | 'name' | 'synonyms'>[],
): Tokens {
  const meanings = new Map<string, string>()
  for (const [at, group] of groups.entries()) for (const word of group) meanings.set(read(word), `=${at}`)
  const named = new Map<string, Set<string>>()
  for (const { code, name, synonyms = [] } of kinds)
    for (const word of [name, ...synonyms, ...(treatments[code] ?? [])]) {
      const codes = named.get(read(word)) ?? new Set()
      named.set(read(word), codes.add(code))
    }
  const silent = new Set(fillers.map(read))
  const phrases = [...new Set([...meanings.keys(), ...named.keys()])]
  const cutter = cutterOf(phrases)
  const namesAt = finder(named)
  const phrasesAt = finder(
    new Map(
      phrases.map((phrase) => [
        phrase,
        [
          ...[...(named.get(phrase) ?? [])].map((code) => `@${code}`),
          ...(meanings.has(phrase) ? [meanings.get(phrase) ?? ''] : []),
        ],
      ]),
    ),
  )

  /**
   * What is left between the phrases that are known: its words that say something, and all pairs but of fillers: of a word that
   * was mistyped nobody knows what part of speech it is.
   */
  function ways(part: string, terms: string[]): void {
    let said = ''
    for (const { word, tag } of cutter.tag(part, true)) {
      const isFiller = silent.has(word)
      // A single sign means what it means alone only where it is a word: 打 isn't in 打扮.
      const meaning = word.length === 1 ? meanings.get(word) : undefined
      if (meaning !== undefined) terms.push(meaning)
      else if (!isFiller && !SILENT.test(tag)) terms.push(`w${word}`)
      said += isFiller || meaning !== undefined ? ' ' : word
    }
    for (const run of said.split(' ')) if (isHan(run)) pairs(run, terms)
  }

  function asked(text: string): string[] {
    const terms: string[] = []
    for (const run of read(text).match(RUNS) ?? []) {
      let rest = run
      // A phrase that is known is what it means, and nothing else: two words for one thing are the same question.
      for (const { phrase, found } of phrasesAt(run)) {
        terms.push(...found)
        rest = rest.replaceAll(phrase, ' ')
      }
      for (const part of rest.split(' ')) ways(part, terms)
    }
    return terms
  }

  return {
    asked,
    said(text) {
      const terms = asked(text)
      // Whoever mistypes a phrase still finds it, by its signs and sounds.
      for (const run of read(text).match(RUNS) ?? [])
        for (const { phrase } of phrasesAt(run)) {
          terms.push(`w${phrase}`)
          if (isHan(phrase)) pairs(phrase, terms)
        }
      return terms
    },
    treatmentsIn: (text) => new Set(namesAt(read(text)).flatMap(({ found }) => [...found])),
    spoken: (text) =>
      cutter.tag(normalise(text), true).map(({ word, tag }) => ({
        word,
        isName: /^nr/.test(tag) && !meanings.has(word) && !named.has(word),
      })),
  }
}

/** 割了双眼皮, 吸完脂: the little words between what is done and to what say only that it is over. */
const OVER =
  /(?<=[割开做打种吸抽脱埋隆垫整填植注洗敷涂擦抹吃喝戴换拆])(?:完了|过了|好了|完|了|过|好)(?=\p{Script=Han})/gu

const read = (text: string): string => withDigits(normalise(text)).replace(OVER, '')

function pairs(run: string, terms: string[]): void {
  for (let at = 0; at + 1 < run.length; at++) {
    terms.push(`b${run.slice(at, at + 2)}`)
    terms.push(`p${soundOf(run.charCodeAt(at))}.${soundOf(run.charCodeAt(at + 1))}`)
  }
}

/** HA is a name, and no part of "charm": whether Latin letters or digits go on where a phrase of them begins or ends. */
const LATIN = /[a-z0-9]/
const isInside = (text: string, from: number, to: number): boolean =>
  (LATIN.test(text.charAt(from)) && LATIN.test(text.charAt(from - 1))) ||
  (LATIN.test(text.charAt(to - 1)) && LATIN.test(text.charAt(to)))

/** Finds the longest phrases of two signs and more, from left to right, without overlaps. */
function finder<T>(phrases: ReadonlyMap<string, T>): (text: string) => { phrase: string; found: T }[] {
  const longest = Math.max(0, ...[...phrases.keys()].map(({ length }) => length))
  return (text) => {
    const all: { phrase: string; found: T }[] = []
    for (let at = 0; at < text.length - 1; ) {
      let step = 1
      for (let length = Math.min(longest, text.length - at); length > 1; length--) {
        const phrase = text.slice(at, at + length)
        const found = phrases.get(phrase)
        if (found === undefined || isInside(text, at, at + length)) continue
        all.push({ phrase, found })
        step = length
        break
      }
      at += step
    }
    return all
  }
}

/** The dictionary of words takes a fifth of a second to load: once in a process, when somebody asks first. */
function cutterOf(phrases: readonly string[]): Pick<Jieba, 'tag'> {
  let cutter: Jieba | null = null
  const made = (): Jieba => {
    if (cutter) return cutter
    cutter = Jieba.withDict(dict)
    // What the clinic calls things are words, too, whatever the dictionary would make of them.
    cutter.loadDict(
      Buffer.from(
        phrases
          .filter((word) => word.length > 1)
          .map((word) => `${word} 1000 n`)
          .join('\n'),
      ),
    )
    return cutter
  }
  return {
    tag: (text, hmm) => made().tag(text, hmm),
  }
}
