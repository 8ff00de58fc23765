/** Words that no text to a customer may use: a clinic's list, `config/wording.yaml`, with the law beside it. Pure. */
import { z } from 'zod'
import type { ContactClass } from './types.ts'

const Word = z.union([
  z
    .string()
    .min(1)
    .transform((word) => ({ word, except: [] as string[] })),
  z.strictObject({
    word: z.string().min(1),
    /** Plain speech that only contains the word: 最近 is no superlative. */
    except: z.array(z.string().min(1)).min(1),
  }),
])

export const WordingFile = z
  .strictObject({
    version: z.int().positive(),
    /** How a customer is never addressed. */
    address: Word,
    /** Never, whatever the text is part of. */
    forbidden: z.array(z.strictObject({ law: z.string().min(1), words: z.array(Word).min(1) })).min(1),
    /** Only in promotion. */
    offers: z.array(Word).min(1),
  })
  .superRefine(({ address, forbidden, offers }, ctx) => {
    const groups = [
      { path: ['address'], words: [address] },
      ...forbidden.map(({ words }, i) => ({ path: ['forbidden', i], words })),
      { path: ['offers'], words: offers },
    ]
    const seen = new Set<string>()
    for (const { path, words } of groups)
      for (const { word, except } of words) {
        if (seen.has(word)) ctx.addIssue({ code: 'custom', path, message: `${word} stands twice` })
        seen.add(word)
        for (const phrase of except)
          if (!phrase.includes(word))
            ctx.addIssue({ code: 'custom', path, message: `${phrase} does not contain ${word}` })
      }
  })
export type WordingFile = z.output<typeof WordingFile>

/** What is wrong with a text, one line each. */
export type WordLint = (text: string, contactClass?: ContactClass) => string[]

/** Finds a word where it does not stand inside one of its exceptions. */
const finder = ({ word, except }: { word: string; except: string[] }) => {
  // The longest first: 最后一次 must not be cut to 一次 by 最后.
  const plain = [...except].sort((a, b) => b.length - a.length)
  return (text: string): boolean => plain.reduce((rest, phrase) => rest.replaceAll(phrase, '·'), text).includes(word)
}

export function buildWordLint({ address, forbidden, offers }: WordingFile): WordLint {
  const addressed = finder(address)
  const never = forbidden.flatMap(({ law, words }) =>
    words.map((one) => ({ message: `contains the forbidden word ${one.word} (${law})`, stands: finder(one) })),
  )
  const selling = offers.map((one) => ({ message: `sells (${one.word}) in a message of care`, stands: finder(one) }))
  return (text, contactClass = 'care') => [
    ...(addressed(text) ? [`says ${address.word}; customers are addressed with 您`] : []),
    ...[...never, ...(contactClass === 'promotion' ? [] : selling)]
      .filter(({ stands }) => stands(text))
      .map(({ message }) => message),
  ]
}

/** The stable code of such a line, for programs; undefined for what this lint doesn't say. */
export const wordCode = (message: string): 'offer_in_care' | 'forbidden_word' | undefined =>
  message.startsWith('sells ')
    ? 'offer_in_care'
    : /^(?:says |contains the forbidden word )/.test(message)
      ? 'forbidden_word'
      : undefined
