/** Which column is which field. Pure. */
import type { CellContext, EntryProblem, Field, Kind, Said } from './kinds.ts'
import type { Lookups } from './lookups.ts'
import type { ColumnMap } from './map.ts'
import { ImportFileError, ValueProblem } from './problems.ts'
import type { SheetRow } from './sheet.ts'
import { bare, unwrapped } from './values.ts'

export interface Column {
  field: Field
  /** As they stand in the file; empty for what every row says. */
  headings: string[]
  indexes: number[]
  /** What every row says. */
  fixed: string | null
}

export interface Layout {
  headings: string[]
  columns: Column[]
  /** Headings that mean nothing here. */
  ignored: string[]
}

/** Titles and dates of an export stand above its headings. */
const HEADER_WITHIN = 10

/** `金额（元）*` and `*金额(必填)` are the same column. */
const heading = (text: string): string => bare(text).replace(/(\([^)]*\)|必填)$/, '')

/**
 * Finds the headings among the first rows and what they mean. Returns the layout and how many of the rows lie above the data.
 *
 * @throws ImportFileError with everything that is missing or named wrongly
 */
export function layoutOf(
  first: readonly SheetRow[],
  kind: Pick<Kind, 'fields'>,
  map: ColumnMap | null,
  lookups: Pick<Lookups, 'onlyStore'>,
): { layout: Layout; above: number } {
  const candidates = map?.headerRow ? first.filter(({ line }) => line === map.headerRow) : first.slice(0, HEADER_WITHIN)
  if (map?.headerRow && candidates.length === 0)
    throw new ImportFileError(map.at(['headerRow'], 'this row is empty or not in the file'))
  const read = candidates.map((row) => ({ row, columns: columnsOf(row.cells, kind, map) }))
  const found = (columns: readonly Column[]) => columns.filter(({ indexes }) => indexes.length > 0).length
  const [best] = [...read].sort((a, b) => found(b.columns) - found(a.columns) || a.row.line - b.row.line)
  if (!best) throw new ImportFileError('the file has no rows')

  const headings = best.row.cells.map((cell) => unwrapped(cell))
  const columns = [...best.columns]
  const only = lookups.onlyStore()
  const storeField = kind.fields.find(({ name }) => name === 'storeId' || name === 'storeIds')
  if (only && storeField && !columns.some(({ field }) => field === storeField))
    columns.push({ field: storeField, headings: [], indexes: [], fixed: only })
  const missing = kind.fields.filter(
    ({ name, required }) => required && !columns.some(({ field }) => field.name === name),
  )
  const problems = [
    ...unknownColumns(headings, map),
    ...missing.map(
      ({ name, zh, headings: known }) =>
        `no column for ${name} (${zh}): it is looked for as ${known.map((one) => (typeof one === 'string' ? one : one.join('+'))).join(', ')}; name it under columns or fixed in a mapping file (--map)`,
    ),
  ]
  if (problems.length > 0)
    throw new ImportFileError(...problems, `headings (row ${best.row.line}): ${headings.filter(Boolean).join(' | ')}`)
  const used = new Set(columns.flatMap(({ indexes }) => indexes))
  return {
    layout: { headings, columns, ignored: headings.filter((text, i) => text !== '' && !used.has(i)) },
    above: first.indexOf(best.row) + 1,
  }
}

function unknownColumns(headings: readonly string[], map: ColumnMap | null): string[] {
  if (!map) return []
  const known = new Set(headings.map(heading))
  return Object.entries(map.columns).flatMap(([field, named]) =>
    [named ?? []]
      .flat()
      .flatMap((one) => (known.has(heading(one)) ? [] : map.at(['columns', field], `the file has no column ${one}`))),
  )
}

function columnsOf(cells: readonly string[], { fields }: Pick<Kind, 'fields'>, map: ColumnMap | null): Column[] {
  const places = new Map<string, number>()
  for (const [i, cell] of cells.entries()) {
    const text = heading(unwrapped(cell))
    if (text !== '' && !places.has(text)) places.set(text, i)
  }
  const at = (texts: readonly string[]) => texts.map((text) => places.get(heading(text)) ?? -1)
  const taken = new Set<number>()
  const columns: Column[] = []
  const take = (field: Field, indexes: number[]) => {
    for (const i of indexes) taken.add(i)
    columns.push({ field, indexes, headings: indexes.map((i) => unwrapped(cells[i] ?? '')), fixed: null })
  }
  // What is named comes first, so that no other field takes its column.
  for (const field of fields) {
    const named = map?.columns[field.name]
    const fixed = map?.fixed[field.name]
    if (fixed !== undefined) columns.push({ field, headings: [], indexes: [], fixed })
    else if (named) {
      const indexes = at([named].flat())
      if (!indexes.includes(-1)) take(field, indexes)
    }
  }
  for (const field of fields) {
    if (map?.columns[field.name] !== undefined || map?.fixed[field.name] !== undefined) continue
    for (const known of field.headings) {
      const indexes = at([known].flat())
      if (indexes.some((i) => i === -1 || taken.has(i))) continue
      take(field, indexes)
      break
    }
  }
  return columns
}

/** What one row says, or what is wrong with it: all of it at once. */
export function readRow(
  { cells }: SheetRow,
  { columns }: Layout,
  map: ColumnMap | null,
  lookups: Lookups,
): { said: Said; problems: EntryProblem[] } {
  const said: Said = {}
  const problems: EntryProblem[] = []
  const context: CellContext = { lookups, storeId: null, zone: lookups.zoneOf('') }
  if (cells.some((cell) => cell.includes('\uFFFD'))) problems.push({ field: null, code: 'undecodable' })
  // Stores stand first in every kind: names and times are read as that store means them.
  for (const { field, indexes, fixed } of byField(columns)) {
    const parts = fixed === null ? indexes.map((i) => unwrapped(cells[i] ?? '')) : [fixed]
    const given = parts.filter(Boolean).join(field.joint ?? ' ')
    if (given === '') {
      if (field.required) problems.push({ field: field.name, code: 'value_missing' })
      continue
    }
    const text = meaningOf(given, map?.values[field.name])
    try {
      const value = field.read(text, context)
      said[field.name] = value
      if (field.also) said[field.also.name] = field.also.read(text, context)
      if (field.name === 'storeId' || field.name === 'storeIds') {
        context.storeId = String([value].flat()[0])
        context.zone = lookups.zoneOf(context.storeId)
      }
    } catch (error) {
      if (!(error instanceof ValueProblem)) throw error
      problems.push({ field: field.name, code: error.code, ...(error.said === undefined ? {} : { said: error.said }) })
    }
  }
  return { said, problems }
}

const isStore = ({ name }: Field): boolean => name === 'storeId' || name === 'storeIds'
const byField = (columns: readonly Column[]): Column[] =>
  [...columns].sort((a, b) => Number(isStore(b.field)) - Number(isStore(a.field)))

const meaningOf = (text: string, words: Record<string, string> | undefined): string =>
  Object.entries(words ?? {}).find(([word]) => bare(word) === bare(text))?.[1] ?? text
