/** Rows become entries: one by one, or all neighbours of one receipt together. */
import { sha256Hex } from '../platform/hash.ts'
import { type Layout, readRow } from './columns.ts'
import type { EntryProblem, Kind, Said } from './kinds.ts'
import type { Lookups } from './lookups.ts'
import type { ColumnMap } from './map.ts'
import type { SheetRow } from './sheet.ts'

/** One record's worth of rows. */
export interface Entry {
  rows: SheetRow[]
  said: Said[]
  key: string
  /** What is wrong with each row by itself. */
  problems: EntryProblem[][]
}

export interface Reading {
  layout: Layout
  map: ColumnMap | null
  lookups: Lookups
  kind: Kind<unknown>
}

export async function* entriesOf(
  rows: AsyncIterable<SheetRow>,
  { layout, map, lookups, kind }: Reading,
): AsyncGenerator<Entry> {
  let open: Entry | undefined
  for await (const row of rows) {
    const { said, problems } = readRow(row, layout, map, lookups)
    const number = said[kind.keyField]
    const key = number === undefined || number === null ? `row ${digestOf([said])}` : `number ${number}`
    if (open && kind.manyRows && open.key === key) {
      open.rows.push(row)
      open.said.push(said)
      open.problems.push(problems)
      continue
    }
    if (open) yield open
    open = { rows: [row], said: [said], key, problems: [problems] }
  }
  if (open) yield open
}

export const incomplete = ({ keyField }: Pick<Kind, 'keyField'>): EntryProblem => ({
  field: keyField,
  code: 'receipt_incomplete',
})
export const digestOf = (said: readonly Said[]): string => sha256Hex(JSON.stringify(said)).slice(0, 16)
