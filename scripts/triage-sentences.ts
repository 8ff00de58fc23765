/** Labelled sentences of the triage: `{ text, treatment, day, level }`, a line each. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { sha256Hex } from '../src/platform/hash.ts'
import { LEVELS } from '../src/triage/index.ts'

const Sentence = z.object({
  text: z.string().min(1),
  treatment: z.string().nullable().default(null),
  day: z.int().nullable().default(null),
  level: z.enum(LEVELS),
})
export type Sentence = z.output<typeof Sentence>

/** @throws Error with every line that isn't one: file, line, what is wrong; at most twenty */
export function parseSentences(file: string, text: string): Sentence[] {
  const problems: string[] = []
  const lines = text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [Sentence.parse(JSON.parse(line))]
    } catch (error) {
      const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : 'is not JSON'
      problems.push(`${file}:${at + 1} ${why}`)
      return []
    }
  })
  if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'))
  return lines
}

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
