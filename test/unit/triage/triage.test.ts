/** The whole triage: what it reaches on sentences nobody tuned it with, that it only raises, and what its files are refused for. */
import { readFileSync } from 'node:fs'
import { check, constantFrom, integer, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { parseSentences, readSentences } from '../../../scripts/triage-sentences.ts'
import { checkTriage, isAtLeast } from '../../../src/triage/index.ts'
import { createMatcher } from '../../../src/triage/matcher.ts'
import { normalise, temperatures } from '../../../src/triage/text.ts'
import { RULES_ONLY, SHIPPED, triage } from './support.ts'

const TREATMENTS = new Set(Object.keys(SHIPPED.normal.normal))

test.each(['held-out', 'held-out-2'])(
  'on the sentences of %s: emergencies ≥ 0.98, abnormal ≥ 0.93, and ≥ 0.85 of what is raised is so',
  (name) => {
    const file = `test/fixtures/triage/${name}.jsonl`
    const judged = parseSentences(file, readFileSync(file, 'utf8')).map((line) => ({
      ...line,
      got: triage(line).level,
    }))
    const emergencies = judged.filter(({ level }) => level === 'emergency')
    const abnormal = judged.filter(({ level }) => level === 'abnormal')
    const raised = judged.filter(({ got }) => isAtLeast(got, 'abnormal'))
    const share = (part: readonly unknown[], whole: readonly unknown[]) => part.length / whole.length
    expect(
      share(
        emergencies.filter(({ got }) => got === 'emergency'),
        emergencies,
      ),
    ).toBeGreaterThanOrEqual(0.98)
    expect(
      share(
        abnormal.filter(({ got }) => isAtLeast(got, 'abnormal')),
        abnormal,
      ),
    ).toBeGreaterThanOrEqual(0.93)
    expect(
      share(
        raised.filter(({ level }) => isAtLeast(level, 'abnormal')),
        raised,
      ),
    ).toBeGreaterThanOrEqual(0.85)
  },
)

test('the classifier was trained with the sentences that are there, and with none of the tests', () => {
  const { lines, digest } = readSentences()
  expect(SHIPPED.model.sentences).toBe(digest)
  const learnt = new Set(lines.map(({ text }) => text))
  for (const file of ['tune', 'held-out', 'held-out-2', 'unlexical'].map(
    (name) => `test/fixtures/triage/${name}.jsonl`,
  ))
    expect(parseSentences(file, readFileSync(file, 'utf8')).filter(({ text }) => learnt.has(text))).toEqual([])
})

test('of ordinary talk at most two messages in a hundred call a doctor, whatever was done and however lately', () => {
  const texts = readFileSync('test/fixtures/triage/ordinary.txt', 'utf8').trim().split('\n')
  const calls = (text: string) =>
    [...TREATMENTS].some((treatment) =>
      [0, 1, 3, 10].some((day) => isAtLeast(triage({ text, treatment, day }).level, 'abnormal')),
    )
  expect(texts.filter(calls).length / texts.length).toBeLessThanOrEqual(0.02)
})

const line = {
  treatment: constantFrom(...TREATMENTS, 'of_nobody'),
  day: integer({ min: 0, max: 400 }),
}

test('no text makes it throw, and the same words have the same verdict', () => {
  const words = [...Object.values(SHIPPED.words.groups).flatMap((group) => group.words), ...SHIPPED.words.idioms]
  const pieces = constantFrom(...words, '没有', '不', '我朋友', '，', '。', ' ', '会不会', '39', '度', '🙂', '吗')
  const text = string({ unit: pieces, maxLength: 12 })
  const seen = check(
    property(text, line.treatment, line.day, (said, treatment, day) => {
      const words = { text: said, treatment, day }
      const verdict = triage(words)
      expect(triage(words)).toEqual(verdict)
      // The classifier raises; it never lowers.
      expect(isAtLeast(verdict.level, RULES_ONLY(words).level)).toBe(true)
    }),
    { numRuns: 500 },
  )
  expect(seen.failed, seen.errorInstance ? String(seen.errorInstance) : '').toBe(false)
})

test.each([
  ['烧到39度2', [39.2]],
  ['体温38.5℃', [38.5]],
  ['38度5', [38.5]],
  ['三十八度五', [38.5]],
  ['三十九度了', [39]],
  ['昨天38.5今天39.6了', [38.5, 39.6]],
  ['用40度的热水洗', []],
  ['术后第39天', []],
  ['花了3900块', []],
  ['40℃的天', []],
])('temperatures of %s', (text, values) => {
  expect(temperatures(normalise(text)).map(({ value }) => value)).toEqual(values)
})

test('the search finds what looking word by word finds', () => {
  const letters = constantFrom('红', '肿', '不')
  const word = string({ unit: letters, minLength: 1, maxLength: 3 })
  const seen = check(
    property(string({ unit: letters, maxLength: 12 }), word, word, (text, a, b) => {
      const words = [...new Set([a, b])]
      const naive = words.flatMap((one) =>
        [...text].flatMap((_, at) => (text.startsWith(one, at) ? [`${one} ${at}`] : [])),
      )
      const found = createMatcher(words.map((one) => ({ word: one, value: one })))(text)
      expect(found.map(({ value, start }) => `${value} ${start}`).sort()).toEqual(naive.sort())
    }),
  )
  expect(seen.failed, seen.errorInstance ? String(seen.errorInstance) : '').toBe(false)
})

test('what is shipped has nothing to refuse; each mistake is named with its place', () => {
  expect(checkTriage(SHIPPED, TREATMENTS)).toEqual([])
  const [finding] = SHIPPED.findings.findings
  const [rule] = SHIPPED.rules.rules
  if (!finding || !rule) throw new Error('nothing is shipped')
  const wrong = {
    ...SHIPPED,
    findings: { ...SHIPPED.findings, findings: [{ ...finding, any: ['nothing'] }] },
    normal: { ...SHIPPED.normal, normal: { unknown: { vision: 3 } } },
    rules: {
      ...SHIPPED.rules,
      rules: [{ ...rule, when: ['nowhere', `${finding.id}.purple`], treatments: ['unknown'] }],
    },
  }
  expect(
    checkTriage(wrong, TREATMENTS).map(({ file, path, message }) => `${file} ${path.join('.')} ${message}`),
  ).toEqual([
    'findings findings.0 names the unknown group nothing',
    'normal normal.unknown is no treatment of config/treatments.yaml',
    'normal normal.unknown.vision is no ordinary finding',
    'rules rules.0.when names the unknown finding nowhere',
    `rules rules.0.when names the unknown quality purple`,
    'rules rules.0.treatments names the unknown treatment unknown',
  ])
})

test('what the classifier cannot show is raised by nobody: a bare number calls no doctor', () => {
  for (const text of ['9', '7', '10', '3']) expect(triage({ text, treatment: 'ipl', day: 1 }).level).toBe('none')
})
