/** What the labelled sentences are fit to show: a figure on ideas that rules were tuned with, or on words they list, would show little. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { parseLines } from '../../../scripts/json-lines.ts'
import { isAtLeast, LEVELS } from '../../../src/triage/index.ts'
import { normalise, temperatures } from '../../../src/triage/text.ts'
import { SHIPPED, triage } from './support.ts'

const FOLDER = 'test/fixtures/triage'
const Line = z.strictObject({
  family: z.string().regex(/^[a-z][a-z0-9.-]*$/),
  text: z.string().min(1),
  treatment: z.string().nullable(),
  day: z.int().nullable(),
  level: z.enum(LEVELS),
})
const LINES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.jsonl'))
  .flatMap((file) =>
    parseLines(Line, file, readFileSync(`${FOLDER}/${file}`, 'utf8')).map((line) => ({ ...line, file })),
  )

/** Those of `LINES` that stand in more than one file, by what names them. */
const inTwoFiles = (nameOf: (line: (typeof LINES)[number]) => string) => {
  const files = new Map<string, Set<string>>()
  for (const line of LINES) files.set(nameOf(line), (files.get(nameOf(line)) ?? new Set()).add(line.file))
  return [...files].filter(([, where]) => where.size > 1).map(([name, where]) => `${name}: ${[...where].join(', ')}`)
}

test('no family of phrases, and no sentence, stands in two files', () => {
  expect(LINES.length).toBeGreaterThan(1_500)
  expect(inTwoFiles(({ family }) => family)).toEqual([])
  expect(inTwoFiles(({ text }) => normalise(text).replace(/[\s，。！？,.!?~]/g, ''))).toEqual([])
})

/**
 * Words that carry a sign, alone or beside a place: what the reader itself looks for. Groups that only name a place or say how
 * a sign is (degree, trend, side, time) are none; neither is a customer's number, which is read by its value.
 */
const SIGN_WORDS = [
  ...new Set(SHIPPED.findings.findings.flatMap(({ any, near }) => [...any, ...near.map(([, sign]) => sign)])),
].flatMap((group) => SHIPPED.words.groups[group]?.words ?? [])
const saysNoSignWord = (text: string) =>
  !SIGN_WORDS.some((word) => text.includes(word)) && temperatures(text).length === 0

test('at least 150 sentences tell of a sign with no word that the lists have for any', () => {
  expect(SIGN_WORDS.length).toBeGreaterThan(1_000)
  const telling = LINES.filter(({ level, text }) => level !== 'none' && saysNoSignWord(normalise(text)))
  expect(telling.length).toBeGreaterThanOrEqual(150)
  expect(new Set(telling.map(({ family }) => family)).size).toBeGreaterThanOrEqual(30)
  expect(new Set(telling.map(({ level }) => level)).size).toBe(4)
})

test('without any word of theirs, three in four emergencies are still an emergency, and nine in ten call a doctor', () => {
  const emergencies = LINES.filter(({ file, level }) => file === 'unlexical.jsonl' && level === 'emergency')
  const levels = emergencies.map((line) => triage(line).level)
  expect(levels.filter((level) => level === 'emergency').length / levels.length).toBeGreaterThanOrEqual(0.75)
  expect(levels.filter((level) => isAtLeast(level, 'abnormal')).length / levels.length).toBeGreaterThanOrEqual(0.9)
})
