/** Rows that did not go in, as they were, with the reasons beside them: to be mended in Excel and imported again. */
import { once } from 'node:events'
import { createWriteStream, rmSync, type WriteStream } from 'node:fs'
import { finished } from 'node:stream/promises'
import type { RowProblem } from './problems.ts'
import type { SheetRow } from './sheet.ts'

export interface BadRows {
  add(row: SheetRow, problems: readonly RowProblem[]): Promise<void>
  /** Returns the file's path, or null when no row was bad. */
  close(): Promise<string | null>
}

const REASONS = ['行号', '列', '错误代码', '原因', 'Reason']
const quoted = (cell: string): string => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)
const lineOf = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`

/** An earlier run's file of this name goes away: its rows are judged again. Only its owner may read it. */
export function createBadRows(path: string, headings: readonly string[]): BadRows {
  rmSync(path, { force: true })
  let file: WriteStream | null = null
  return {
    async add({ line, cells }, problems) {
      if (!file) {
        file = createWriteStream(path, { mode: 0o600 })
        // With its mark, or Excel takes UTF-8 for the system's own encoding.
        file.write(`\uFEFF${lineOf([...headings, ...REASONS])}`)
      }
      const padded = headings.map((_, i) => cells[i] ?? '')
      const all = (pick: (one: RowProblem) => string) => problems.map(pick).join('；')
      const reasons = [
        String(line),
        all(({ column }) => column ?? ''),
        all(({ code }) => code),
        all(({ zh }) => zh),
        problems.map(({ en }) => en).join('; '),
      ]
      if (!file.write(lineOf([...padded, ...reasons]))) await once(file, 'drain')
    },
    async close() {
      if (!file) return null
      file.end()
      await finished(file)
      return path
    },
  }
}
