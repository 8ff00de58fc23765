/** `config/triage/*.yaml`: the words, how they make findings, what is normal, and which finding has which level. */
import { z } from 'zod'
import type { TriageModel } from './classifier.ts'
import { QUALITIES } from './types.ts'

const Id = z.string().regex(/^[a-z][a-z0-9_]{1,39}$/, 'must be lower-case letters, digits and _')
const Word = z.string().min(1).max(20)
const Han = z.string().min(1).max(40)

export const TriageWordsFile = z
  .strictObject({
    version: z.int().min(1),
    groups: z.record(
      Id,
      z.strictObject({
        words: z.array(Word).min(1),
        /** Words for which other characters of the same sound are read, too. */
        typed: z.array(Word.min(2)).default([]),
      }),
    ),
    /** Never read as a typo of a word. */
    soundsLike: z.array(Word),
    /** Sayings; what stands in them is no sign. */
    idioms: z.array(Word),
    /** `激动得差点晕过去`: what follows such a word and 得 or 到 exaggerates. */
    figurative: z.array(Word),
  })
  .meta({ title: 'Words of the triage' })

export const TriageFindingsFile = z
  .strictObject({
    version: z.int().min(1),
    findings: z.array(
      z.strictObject({
        id: Id,
        name: Han,
        /** Groups; a word of one of them is the finding. */
        any: z.array(Id).default([]),
        /** Pairs of groups: a word of each, near one another. */
        near: z.array(z.tuple([Id, Id])).default([]),
        /** Characters between the two at most. */
        gap: z.int().min(0).max(20).default(8),
        /** Groups; with a word of one of them in the clause something else is meant. */
        not: z.array(Id).default([]),
        /** Judged by the days in `normal.yaml`. */
        ordinary: z.boolean().default(false),
        /** Often said without being meant: not after a figurative word, nor in a laughing text. */
        exaggerated: z.boolean().default(false),
      }),
    ),
  })
  .meta({ title: 'Findings of the triage' })

export const TriageNormalFile = z
  .strictObject({
    version: z.int().min(1),
    /** Treatment → finding → last day on which it is normal. */
    normal: z.record(Id, z.record(Id, z.int().min(0).max(400))),
  })
  .meta({ title: 'Normal reactions by treatment' })

export const TriageRulesFile = z
  .strictObject({
    version: z.int().min(1),
    /** From this share on the classifier raises: to `emergency`; to `abnormal` with the shares of both. */
    classifier: z.strictObject({ emergency: z.number().min(0).max(1), abnormal: z.number().min(0).max(1) }),
    rules: z.array(
      z.strictObject({
        id: Id,
        level: z.enum(['emergency', 'abnormal', 'watch']),
        why: Han,
        /** All of them must hold; `a|b.worse` is one of several. */
        when: z.array(z.string().min(1)).min(1),
        /** With one of these it doesn't hold. */
        unless: z.array(z.string()).default([]),
        /** Left out: after any treatment. */
        treatments: z.array(Id).optional(),
        /** First and last day, counted from the treatment. */
        after: z.int().min(0).optional(),
        until: z.int().min(0).optional(),
      }),
    ),
  })
  .meta({ title: 'Rules of the triage' })

export interface TriageFiles {
  words: z.output<typeof TriageWordsFile>
  findings: z.output<typeof TriageFindingsFile>
  normal: z.output<typeof TriageNormalFile>
  rules: z.output<typeof TriageRulesFile>
  model: TriageModel
}

/** Read from numbers, not from words. */
export const MEASURED = ['temperature_39', 'temperature_38', 'temperature_low'] as const

export interface TriageProblem {
  file: keyof TriageFiles
  path: (string | number)[]
  message: string
}

/** What the files say of one another that can't be: unknown groups, findings, qualities, treatments. `treatments`: the known codes; null: any. Pure. */
export function checkTriage(files: TriageFiles, treatments: ReadonlySet<string> | null): TriageProblem[] {
  const problems: TriageProblem[] = []
  const groups = new Set(Object.keys(files.words.groups))
  const ordinary = new Set(files.findings.findings.filter((one) => one.ordinary).map(({ id }) => id))
  const known = new Set<string>([...files.findings.findings.map(({ id }) => id), ...MEASURED])
  const report = (file: keyof TriageFiles, path: (string | number)[], message: string) =>
    problems.push({ file, path, message })
  for (const [at, { any, near, not }] of files.findings.findings.entries())
    for (const group of [...any, ...near.flat(), ...not])
      if (!groups.has(group)) report('findings', ['findings', at], `names the unknown group ${group}`)
  for (const [treatment, days] of Object.entries(files.normal.normal)) {
    if (treatments && !treatments.has(treatment))
      report('normal', ['normal', treatment], 'is no treatment of config/treatments.yaml')
    for (const finding of Object.keys(days))
      if (!ordinary.has(finding)) report('normal', ['normal', treatment, finding], `is no ordinary finding`)
  }
  for (const [at, { when, unless, treatments: only = [] }] of files.rules.rules.entries()) {
    for (const one of [...when, ...unless].flatMap((condition) => condition.split('|'))) {
      const [id = '', quality] = one.split('.')
      if (!known.has(id)) report('rules', ['rules', at, 'when'], `names the unknown finding ${id}`)
      if (quality !== undefined && !QUALITIES.some((each) => each === quality))
        report('rules', ['rules', at, 'when'], `names the unknown quality ${quality}`)
    }
    for (const code of only)
      if (treatments && !treatments.has(code))
        report('rules', ['rules', at, 'treatments'], `names the unknown treatment ${code}`)
  }
  return problems
}
