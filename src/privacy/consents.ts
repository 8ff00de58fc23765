/** What customers are asked to agree to: the words stand in `config/consents.yaml`, versioned, one document per purpose. */
import { z } from 'zod'

/** PIPL art. 14: one consent per purpose. `service` is the agreement without which there is no account. */
export const PURPOSES = ['service', 'photos_care', 'photos_teaching', 'photos_publicity', 'promotion'] as const
export type Purpose = (typeof PURPOSES)[number]

const Document = z
  .strictObject({
    purpose: z.enum(PURPOSES),
    version: z.int().positive(),
    /** Consents to older versions than this one no longer count. */
    validSince: z.int().positive(),
    /** Without it the service can't be given; any other may be refused without a loss. */
    needed: z.boolean(),
    title: z.string().min(1).max(20),
    text: z.string().min(1).max(1_000),
  })
  .refine(({ version, validSince }) => validSince <= version, { path: ['validSince'], error: 'is a version to come' })
export type ConsentDocument = z.output<typeof Document>

export const ConsentsFile = z.strictObject({
  consents: z
    .array(Document)
    .refine(
      (all) => PURPOSES.every((purpose) => all.filter((one) => one.purpose === purpose).length === 1),
      `needs each purpose once: ${PURPOSES.join(', ')}`,
    ),
})

export interface Decision {
  version: number
  granted: boolean
  at: Date
}

/** Whether what was decided last still allows it. Pure. */
export const stands = ({ validSince }: Pick<ConsentDocument, 'validSince'>, last: Decision | null): boolean =>
  last?.granted === true && last.version >= validSince

/** What the customer has said of it: null while nothing that still counts was said. Pure. */
export const sayingOf = (document: ConsentDocument, last: Decision | null): boolean | null =>
  last === null || (last.granted && !stands(document, last)) ? null : last.granted
