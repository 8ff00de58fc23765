/** `config/treatments.yaml`: what can be done to a customer, by fixed codes. */
import { z } from 'zod'
import { ShortText } from '../platform/views.ts'

export const CATEGORIES = [
  'skin',
  'injection',
  'laser',
  'hair_removal',
  'energy',
  'surgery',
  'hair_transplant',
  'salon',
  'product',
] as const

const Code = z.string().regex(/^[a-z][a-z0-9_]{1,39}$/, 'must be lower-case letters, digits and _')

const SutureDay = z.union([z.int().min(1).max(60), z.literal('none')])

/** Codes and names are unique; a synonym names one treatment only. */
export const TreatmentsSchema = z
  .strictObject({
    version: z.int().min(1),
    kinds: z
      .array(
        z.strictObject({
          code: Code,
          name: ShortText(30),
          category: z.enum(CATEGORIES),
          /** Other names that customers, staff and imported files use. */
          synonyms: z.array(ShortText(30)).default([]),
          /** When given, an entry may name one of them and nothing else. */
          techniques: z.array(Code).default([]),
          /** Days until the sutures of an operation come out, or none; by technique where that decides. */
          sutureDay: z.union([SutureDay, z.record(Code, SutureDay)]).optional(),
        }),
      )
      .min(1),
  })
  .superRefine(({ kinds }, ctx) => {
    const codes = new Set<string>()
    const names = new Map<string, string>()
    for (const [i, { code, name, synonyms, techniques, sutureDay }] of kinds.entries()) {
      for (const technique of typeof sutureDay === 'object' ? Object.keys(sutureDay) : [])
        if (!techniques.includes(technique))
          ctx.addIssue({
            code: 'custom',
            path: ['kinds', i, 'sutureDay', technique],
            message: `${code} has no such technique`,
          })
      if (codes.has(code))
        ctx.addIssue({ code: 'custom', path: ['kinds', i, 'code'], message: `${code} appears twice` })
      codes.add(code)
      for (const text of [name, ...synonyms]) {
        const other = names.get(text)
        if (other !== undefined)
          ctx.addIssue({ code: 'custom', path: ['kinds', i], message: `${text} is also a name of ${other}` })
        names.set(text, code)
      }
    }
  })

export type TreatmentsConfig = z.output<typeof TreatmentsSchema>
