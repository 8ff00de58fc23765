/** Rows of a text file: quoted cells, any line ends, columns that are missing at a line's end. */
import { pipeline, Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { ImportFileError } from './problems.ts'
import type { SheetRow } from './sheet.ts'
import type { Delimiter } from './text.ts'

// A quote that is never closed would otherwise take the rest of the file for one cell.
const MAX_ROW = 1_000_000

interface Told {
  record: string[]
  info: { lines: number }
}

/** `text` comes in chunks; a row's line is the one it begins in. @throws ImportFileError: a quote that nothing closes */
export async function* csvRows(text: AsyncIterable<string>, delimiter: Delimiter): AsyncGenerator<SheetRow> {
  // Where the row begins that is being parsed, some rows ahead of those that are read.
  let parsing = 1
  const parser = parse({
    delimiter,
    record_delimiter: '\n',
    bom: true,
    info: true,
    relax_column_count: true,
    // Quotes inside an unquoted cell: 3" needles.
    relax_quotes: true,
    max_record_size: MAX_ROW,
    on_record(record, { lines }) {
      parsing = lines + 1
      return record
    },
  })
  // A fault of the source ends the parser, and so is thrown where its rows are read.
  pipeline(Readable.from(withPlainLines(text)), parser, () => undefined)
  let line = 1
  try {
    for await (const told of parser as AsyncIterable<Told>) {
      const { record, info } = told
      const from = line
      line = info.lines + 1
      if (record.some((cell) => cell.trim() !== '')) yield { line: from, cells: record }
    }
  } catch (error) {
    const { code, lines } = error as { code?: string; lines?: number }
    if (!code?.startsWith('CSV_')) throw error
    throw new ImportFileError(
      `line ${parsing}: a quote (") is opened that nothing closes (read up to line ${lines ?? parsing})`,
    )
  }
}

/** Every line ends in one character, so that lines are counted as editors count them; also inside quotes. */
async function* withPlainLines(text: AsyncIterable<string>): AsyncGenerator<string> {
  let held = ''
  for await (const chunk of text) {
    const all = held + chunk
    // Half of a line's end may be in the next chunk.
    held = all.endsWith('\r') ? '\r' : ''
    yield all.slice(0, all.length - held.length).replace(/\r\n?/g, '\n')
  }
  if (held) yield '\n'
}
