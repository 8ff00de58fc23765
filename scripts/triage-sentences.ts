/** Labelled sentences of the triage: `{ text, treatment, day, level }`, a line each. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256Hex } from '../src/platform/hash.ts'
import { LEVELS } from '../src/triage/index.ts'
import { parseLines } from './json-lines.ts'

const Sentence = z.object({
  text: z.string().min(1),
  treatment: z.string().nullable().default(null),
  day: z.int().nullable().default(null),
  level: z.enum(LEVELS),
})
export type Sentence = z.output<typeof Sentence>

/** @throws Error as `parseLines` */
export const parseSentences = (file: string, text: string): Sentence[] => parseLines(Sentence, file, text)

/** What the classifier learns from, and the SHA-256 of it. */
export function readSentences(folder = 'config/triage/sentences'): { lines: Sentence[]; digest: string } {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.jsonl'))
    .sort()
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'))
  return {
    lines: texts.flatMap((text, at) => parseSentences(files[at] ?? '', text)),
    digest: sha256Hex(texts.join('')),
  }
}
