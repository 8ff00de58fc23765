/** `config/knowledge/synonyms.yaml`: different words for the same thing, and which words name which treatment. */
import { z } from 'zod'

const Word = z.string().trim().min(1).max(20)

export const SynonymsFile = z
  .strictObject({
    version: z.int().positive(),
    /** Each list: one meaning. */
    groups: z.array(z.array(Word).min(2)).min(1),
    /** Treatment → further words by which people call it, beside those of `config/treatments.yaml`. */
    treatments: z.record(z.string(), z.array(Word).min(1)).default({}),
    /** Words that say nothing about what is asked. */
    fillers: z.array(Word).default([]),
  })
  .superRefine(({ groups }, ctx) => {
    const seen = new Map<string, number>()
    for (const [at, group] of groups.entries())
      for (const word of group) {
        const other = seen.get(word)
        if (other !== undefined)
          ctx.addIssue({ code: 'custom', path: ['groups', at], message: `${word} stands in group ${other}, too` })
        seen.set(word, at)
      }
  })
  .meta({ title: 'Synonyms of the knowledge' })
export type SynonymsFile = z.output<typeof SynonymsFile>
