/** One run: rows in, entries in batches through the rooms' doors, bad rows aside. Running again changes nothing. */
import { layoutOf } from './columns.ts'
import { digestOf, type Entry, entriesOf, incomplete } from './entries.ts'
import { type Desks, type EntryProblem, KINDS, type Kind, type KindName } from './kinds.ts'
import { type Counts, createLedger } from './ledger.ts'
import type { Lookups } from './lookups.ts'
import { type ColumnMap, loadMap } from './map.ts'
import { previewOf } from './preview.ts'
import { ImportFileError, type RowProblem } from './problems.ts'
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
const HEAD_ROWS = 1_000

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
  const rows = sheet.rows[Symbol.asyncIterator]()
  try {
    return await runSheet(request, sheet, rows, kind, map, desks, lookups)
  } finally {
    // Also of a file that is left half read.
    await rows.return?.(undefined)
    await sheet.close()
  }
}

async function runSheet(
  request: ImportRequest,
  sheet: Sheet,
  rows: AsyncIterator<SheetRow>,
  kind: Kind<unknown>,
  map: ColumnMap | null,
  desks: Desks,
  lookups: Lookups,
): Promise<ImportReport> {
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

  const ledger = createLedger(layout, request.badPath ?? `${request.path}.bad.csv`)
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
      if (verdict === 'same') ledger.settle(entry, 'same')
      else if ('problems' in verdict) ledger.refuse(entry, verdict.problems)
      else ledger.settle(entry, answers[next++] ?? 'same')
  }

  let badFile: string | null = null
  try {
    let batch: Entry[] = []
    for await (const entry of entriesOf(data, { layout, map, lookups, kind })) {
      batch.push(entry)
      if (batch.length < BATCH) continue
      await write(batch)
      batch = []
      request.onProgress?.({ ...ledger.counts, share: sheet.progress() })
    }
    await write(batch)
    request.onProgress?.({ ...ledger.counts, share: 1 })
  } finally {
    badFile = ledger.close()
  }
  return {
    ...ledger.counts,
    problems: [...ledger.problems],
    badFile,
    unknownTreatments: ranked(lookups.unknown.treatments),
    unknownStaff: ranked(lookups.unknown.staff),
  }
}

const isProblems = (body: unknown): body is EntryProblem[] => Array.isArray(body)
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
