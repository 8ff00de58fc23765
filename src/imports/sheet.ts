/** An opened file, whatever its format: rows of text cells, one after the other. */
import { open } from 'node:fs/promises'
import { csvRows } from './csv.ts'
import { ImportFileError } from './problems.ts'
import { type Delimiter, delimiterOf, type Encoding, encodingOf, textOf } from './text.ts'
import { openWorkbook } from './xlsx.ts'

export interface SheetRow {
  /** Line of a text file, row of a sheet; the first is 1. */
  line: number
  cells: string[]
}

export interface Sheet {
  format: 'csv' | 'xlsx'
  encoding: Encoding | null
  delimiter: Delimiter | null
  /** Name of the workbook's sheet. */
  name: string | null
  /** Rows that aren't empty. To be read once. */
  rows: AsyncIterable<SheetRow>
  /** Share of the file that was read, 0 to 1. */
  progress(): number
  close(): Promise<void>
}

export interface SheetOptions {
  encoding?: Encoding | undefined
  delimiter?: Delimiter | undefined
  /** Name of the sheet; the first one that is shown if not given. */
  sheet?: string | undefined
}

const SAMPLE_BYTES = 65_536
const ZIP = [0x50, 0x4b, 0x03, 0x04]
const OLD_EXCEL = [0xd0, 0xcf, 0x11, 0xe0]
const begins = (bytes: Uint8Array, with_: readonly number[]) => with_.every((byte, i) => bytes[i] === byte)

/** Told by its content: names of exports often lie. @throws ImportFileError */
export async function openSheet(path: string, options: SheetOptions = {}): Promise<Sheet> {
  const { begin, size } = await beginOf(path)
  if (begins(begin, OLD_EXCEL))
    throw new ImportFileError(
      'this is a workbook of Excel 97–2003 (.xls), or one with a password: open it in Excel or WPS and save it as .xlsx without one',
    )
  if (begins(begin, ZIP)) return openWorkbook(path, options.sheet)

  const encoding = options.encoding ?? (await encodingOf(path, begin))
  const sample = new TextDecoder(encoding).decode(begin)
  if (/^\s*<(!doctype|html|table|\?xml)/i.test(sample))
    throw new ImportFileError(
      'this is a web page that is only called a workbook: open it in Excel or WPS and save it as .xlsx',
    )
  if (sample.trim() === '') throw new ImportFileError('the file is empty')
  const delimiter = options.delimiter ?? delimiterOf(sample)
  let read = 0
  const text = textOf(path, encoding, (count) => {
    read += count
  })
  return {
    format: 'csv',
    encoding,
    delimiter,
    name: null,
    rows: csvRows(text, delimiter),
    progress: () => (size === 0 ? 1 : read / size),
    close: async () => undefined,
  }
}

async function beginOf(path: string): Promise<{ begin: Uint8Array; size: number }> {
  const file = await open(path).catch(() => {
    throw new ImportFileError('the file is missing or unreadable')
  })
  try {
    const stats = await file.stat()
    if (!stats.isFile()) throw new ImportFileError('this is not a file')
    const { bytesRead, buffer } = await file.read(Buffer.alloc(SAMPLE_BYTES), 0, SAMPLE_BYTES, 0)
    return { begin: buffer.subarray(0, bytesRead), size: stats.size }
  } finally {
    await file.close()
  }
}
