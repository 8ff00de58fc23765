/** The mapping file: which column is which field where headings or words differ from what is understood by itself. */
import { basename, dirname } from 'node:path'
import { z } from 'zod'
import { type ConfigLoader, createConfigLoader, formatProblem } from '../platform/config.ts'
import { ShortText } from '../platform/views.ts'
import type { Kind } from './kinds.ts'
import { ImportFileError } from './problems.ts'
import { DELIMITERS, ENCODINGS, encodingNamed } from './text.ts'

const Heading = ShortText(100)
const Word = z.union([
  ShortText(100),
  z.number().transform(String),
  z.boolean().transform((yes) => (yes ? '是' : '否')),
])

const EncodingName = z.string().transform((name, ctx) => {
  const encoding = encodingNamed(name)
  if (!encoding) ctx.addIssue({ code: 'custom', message: `must be one of ${ENCODINGS.join(', ')}` })
  return encoding ?? z.NEVER
})

const schemaFor = (kind: Pick<Kind, 'fields'>) => {
  const each = <T extends z.ZodType>(value: T) =>
    z.strictObject(Object.fromEntries(kind.fields.map(({ name }) => [name, value.optional()])))
  return z.strictObject({
    version: z.literal(1),
    encoding: EncodingName.optional(),
    delimiter: z.enum(DELIMITERS).optional(),
    /** Name of the workbook's sheet. */
    sheet: ShortText(100).optional(),
    /** Row of the headings, where titles stand above them. */
    headerRow: z.int().min(1).max(1_000).optional(),
    /** Heading, or several whose cells belong together; null: not to be read. */
    columns: each(z.union([Heading, z.array(Heading).min(1).max(4)]).nullable()).default({}),
    /** What every row says, where the file has no column for it. */
    fixed: each(Word).default({}),
    /** What words of the file mean. */
    values: each(z.record(z.string(), Word)).default({}),
  })
}

export interface ColumnMap extends z.output<ReturnType<typeof schemaFor>> {
  /** A problem that shows only beside the file, as the mapping's own problems look. */
  at(path: readonly string[], message: string): string
}

/** @throws ImportFileError with every problem of the file, each with its line */
export function loadMap(path: string, kind: Pick<Kind, 'fields'>): ColumnMap {
  const loader: ConfigLoader = createConfigLoader(dirname(path))
  const map = loader.load(basename(path), schemaFor(kind))
  if (!map) throw new ImportFileError(...loader.problems.map(formatProblem))
  return {
    ...map,
    at: (where, message) =>
      formatProblem({ file: path, line: loader.lineOf(basename(path), where), path: where.join('.'), message }),
  }
}
