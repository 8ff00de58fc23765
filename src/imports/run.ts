/** One run: rows in, entries in batches through the rooms' doors, bad rows aside. Running again changes nothing. */
import type { BulkAnswer } from '../platform/bulk.ts'
import { AppError } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import { type BadRows, createBadRows } from './bad-rows.ts'
import { type Layout, layoutOf, readRow } from './columns.ts'
import { type Desks, type EntryProblem, KINDS, type Kind, type KindName, type Said } from './kinds.ts'
import type { Lookups } from './lookups.ts'
import { type ColumnMap, loadMap } from './map.ts'
import { previewOf } from './preview.ts'
import { ImportFileError, isRowCode, type RowProblem, rowProblem } from './problems.ts'
import { openSheet, type Sheet, type SheetRow } from './sheet.ts'
import type { Encoding } from './text.ts'

export interface ImportRequest {
  path: string
  kind: KindName
  /** Path of a mapping file. */
  map?: string | undefined
  /** Overrides what is found out by itself, and the mapping file. */
  encoding?: Encoding | undefined
  /** Nothing is written but the file of bad rows. */
  dryRun?: boolean
  /** Where bad rows go; beside the file if not given. */
  badPath?: string | undefined
  /** How the file is understood; before anything is written. */
  onPlan?: (plan: ImportPlan) => void
  onProgress?: (progress: ImportProgress) => void
}

export interface ImportPlan {
  format: Sheet['format']
  encoding: string | null
  delimiter: string | null
  sheet: string | null
  headerLine: number
  columns: { field: string; zh: string; from: string }[]
  ignored: string[]
  /** The first rows as they are understood, personal data masked. */
  preview: { line: number; values: string[] }[]
}

export interface Counts {
  new: number
  changed: number
  same: number
  /** Rows, not entries: a receipt of three lines is three. */
  bad: number
}

export interface ImportProgress extends Counts {
  rows: number
  /** Share of the file, 0 to 1. */
  share: number
}

export interface ImportReport extends Counts {
  rows: number
  /** The first ones; all are in the file of bad rows. */
  problems: RowProblem[]
  badFile: string | null
  /** Names that nobody here has, with how often they occur. */
  unknownTreatments: [string, number][]
  unknownStaff: [string, number][]
}

const BATCH = 200
const PREVIEWED = 5
const SHOWN_PROBLEMS = 50
const HEAD_ROWS = 1_000

/** One record's worth of rows. */
interface Entry {
  rows: SheetRow[]
  said: Said[]
  key: string
  /** What is wrong with each row by itself. */
  problems: EntryProblem[][]
}

type Verdict = { body: unknown } | { problems: readonly EntryProblem[][] } | 'same'

/** @throws ImportFileError: the file or its columns can't be understood, or the rest of it can't be read */
export async function runImport(request: ImportRequest, desks: Desks, lookups: Lookups): Promise<ImportReport> {
  const kind: Kind<unknown> = KINDS[request.kind] as Kind<unknown>
  const map = request.map === undefined ? null : loadMap(request.map, kind)
  const sheet = await openSheet(request.path, {
    encoding: request.encoding ?? map?.encoding,
    delimiter: map?.delimiter,
    sheet: map?.sheet,
  })
  try {
    return await runSheet(request, sheet, kind, map, desks, lookups)
  } finally {
    await sheet.close()
  }
}

async function runSheet(
  request: ImportRequest,
  sheet: Sheet,
  kind: Kind<unknown>,
  map: ColumnMap | null,
  desks: Desks,
  lookups: Lookups,
): Promise<ImportReport> {
  const rows = sheet.rows[Symbol.asyncIterator]()
  const head = await take(rows, map?.headerRow ? HEAD_ROWS : BATCH)
  const { layout, above } = layoutOf(head, kind, map, lookups)
  const data = chain(head.slice(above), rows)
  request.onPlan?.({
    format: sheet.format,
    encoding: sheet.encoding,
    delimiter: sheet.delimiter,
    sheet: sheet.name,
    headerLine: head[above - 1]?.line ?? 1,
    columns: layout.columns.map(({ field, headings, fixed }) => ({
      field: field.name,
      zh: field.zh,
      from: fixed === null ? headings.join(' + ') : `= ${fixed}`,
    })),
    ignored: layout.ignored,
    preview: head.slice(above, above + PREVIEWED).map((row) => previewOf(row, layout, map, lookups)),
  })
  // Counted anew: the preview has read its rows once already.
  lookups.unknown.staff.clear()
  lookups.unknown.treatments.clear()

  const bad = createBadRows(request.badPath ?? `${request.path}.bad.csv`, layout.headings)
  const report: ImportReport = {
    rows: 0,
    new: 0,
    changed: 0,
    same: 0,
    bad: 0,
    problems: [],
    badFile: null,
    unknownTreatments: [],
    unknownStaff: [],
  }
  const ledger = createLedger(layout, report, bad)
  /** Keys that were entered, with what they said. */
  const seen = new Map<string, string>()

  function judge({ rows: all, said, key, problems }: Entry): Verdict {
    if (problems.some((found) => found.length > 0))
      return { problems: problems.map((found) => (found.length > 0 ? found : [incomplete(kind)])) }
    const body = kind.entryOf(said)
    if (isProblems(body)) return { problems: all.map(() => body) }
    const digest = digestOf(said)
    const before = seen.get(key)
    if (before === digest) return 'same'
    if (before !== undefined) return { problems: all.map(() => [{ field: kind.keyField, code: 'number_repeated' }]) }
    seen.set(key, digest)
    return { body }
  }

  async function write(entries: readonly Entry[]): Promise<void> {
    const judged = entries.map((entry) => ({ entry, verdict: judge(entry) }))
    const bodies = judged.flatMap(({ verdict }) => (verdict !== 'same' && 'body' in verdict ? [verdict.body] : []))
    const answers = await kind.write(desks, bodies, { dryRun: request.dryRun ?? false })
    // In the order of the file: so stand the bad rows in theirs.
    let next = 0
    for (const { entry, verdict } of judged)
      if (verdict === 'same') report.same += 1
      else if ('problems' in verdict) ledger.refuse(entry, verdict.problems)
      else ledger.settle(entry, answers[next++])
  }

  try {
    let batch: Entry[] = []
    for await (const entry of entriesOf(data, { layout, map, lookups, kind })) {
      report.rows += entry.rows.length
      batch.push(entry)
      if (batch.length < BATCH) continue
      await write(batch)
      batch = []
      request.onProgress?.({ ...report, share: sheet.progress() })
    }
    await write(batch)
    request.onProgress?.({ ...report, share: 1 })
  } finally {
    report.badFile = bad.close()
  }
  return {
    ...report,
    unknownTreatments: ranked(lookups.unknown.treatments),
    unknownStaff: ranked(lookups.unknown.staff),
  }
}

interface Ledger {
  /** `problems`: of each row. */
  refuse(entry: Entry, problems: readonly EntryProblem[][]): void
  settle(entry: Entry, answer: BulkAnswer | undefined): void
}

/** Keeps the counts and hands bad rows on. */
function createLedger({ columns }: Layout, report: ImportReport, bad: BadRows): Ledger {
  const columnOf = (field: string | null): string | null => {
    const column = columns.find((one) => one.field.name === field || one.field.also?.name === field)
    return column?.headings.join(' + ') || null
  }
  function refuse({ rows }: Entry, problems: readonly EntryProblem[][]): void {
    for (const [i, row] of rows.entries()) {
      const found = (problems[i] ?? []).map(({ field, code, said }) =>
        rowProblem(row.line, columnOf(field), code, said),
      )
      report.bad += 1
      report.problems.push(...found.slice(0, SHOWN_PROBLEMS - report.problems.length))
      bad.add(row, found)
    }
  }
  return {
    refuse,
    settle(entry, answer = 'same') {
      if (answer instanceof AppError)
        refuse(
          entry,
          entry.rows.map(() => [problemOf(answer)]),
        )
      else report[answer] += 1
    },
  }
}

/** The rooms' refusals, with the field that they are about. */
function problemOf({ code, details }: AppError): EntryProblem {
  const fields: Record<string, string> = {
    customer_not_found: 'customerExternalId',
    treatment_not_found: 'treatmentExternalId',
    store_not_found: 'storeId',
    unknown_treatment_code: 'code',
    phone_malformed: 'phone',
    external_id_conflict: 'externalId',
    past_contact_in_future: 'at',
  }
  const field = fields[code] ?? (typeof details.field === 'string' ? details.field : null)
  if (code === 'invalid_request' && field) return { field, code: field === 'endedAt' ? 'in_future' : 'value_malformed' }
  return isRowCode(code) ? { field, code } : { field, code: 'refused', said: code }
}

interface Reading {
  layout: Layout
  map: ColumnMap | null
  lookups: Lookups
  kind: Kind<unknown>
}

/** Rows with what they say, one by one or all neighbours of one receipt together. */
async function* entriesOf(
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

const incomplete = ({ keyField }: Pick<Kind, 'keyField'>): EntryProblem => ({
  field: keyField,
  code: 'receipt_incomplete',
})
const isProblems = (body: unknown): body is EntryProblem[] => Array.isArray(body)
const digestOf = (said: readonly Said[]): string => sha256Hex(JSON.stringify(said)).slice(0, 16)
const ranked = (counts: ReadonlyMap<string, number>): [string, number][] =>
  [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))

async function take<T>(from: AsyncIterator<T>, count: number): Promise<T[]> {
  const taken: T[] = []
  while (taken.length < count) {
    const { value, done } = await from.next()
    if (done) break
    taken.push(value)
  }
  if (taken.length === 0) throw new ImportFileError('the file has no rows')
  return taken
}
async function* chain<T>(first: readonly T[], rest: AsyncIterator<T>): AsyncGenerator<T> {
  yield* first
  for (;;) {
    const { value, done } = await rest.next()
    if (done) return
    yield value
  }
}
