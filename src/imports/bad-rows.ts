/** Rows that did not go in, as they were, with the reasons beside them: to be mended in Excel and imported again. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { ImportFileError, type RowProblem } from './problems.ts'
import type { SheetRow } from './sheet.ts'

export interface BadRows {
  /** @throws ImportFileError: the file can't be written */
  add(row: SheetRow, problems: readonly RowProblem[]): void
  /** Returns the file's path, or null when no row was bad. */
  close(): string | null
}

const REASONS = ['行号', '列', '错误代码', '原因', 'Reason']
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const lineOf = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`

/** An earlier run's file of this name goes away: its rows are judged again. Only its owner may read it. */
export function createBadRows(path: string, headings: readonly string[]): BadRows {
  let file: number | null = null
  function write(text: string): void {
    try {
      file ??= openSync(path, 'w', 0o600)
      writeSync(file, text)
    } catch {
      throw new ImportFileError(`the file of bad rows cannot be written: ${path}; name another one with --bad`)
    }
  }
  try {
    rmSync(path, { force: true })
  } catch {
    throw new ImportFileError(`the file of an earlier run cannot be replaced: ${path}; name another one with --bad`)
  }
  return {
    add({ line, cells }, problems) {
      // With its mark, or Excel takes UTF-8 for the system's own encoding.
      if (file === null) write(`\uFEFF${lineOf([...headings, ...REASONS])}`)
      const all = (pick: (one: RowProblem) => string) => problems.map(pick).join('；')
      const reasons = [
        String(line),
        all(({ column }) => column ?? ''),
        all(({ code }) => code),
        all(({ zh }) => zh),
        problems.map(({ en }) => en).join('; '),
      ]
      write(lineOf([...headings.map((_, i) => cells[i] ?? ''), ...reasons]))
    },
    close() {
      if (file === null) return null
      closeSync(file)
      return path
    },
  }
}
