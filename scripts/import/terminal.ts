/** What a person sees of an import: how the file is understood, how far it is, what became of it. */
import type { ImportPlan, ImportProgress, ImportReport } from '../../src/imports/index.ts'

const REDRAW_MS = 100
const PLAIN_MS = 5_000
const SHOWN = 20

interface Stream {
  write(text: string): unknown
  isTTY?: boolean
}

export interface Terminal {
  plan(plan: ImportPlan): void
  progress(progress: ImportProgress): void
  report(report: ImportReport, dryRun: boolean): void
  failed(message: string): void
  stopped(): void
}

const grouped = (n: number): string => n.toLocaleString('en-US')
const DELIMITER_NAMES: Record<string, string> = { ',': 'comma', ';': 'semicolon', '\t': 'tab', '|': 'bar' }

/** The result goes to `out`; everything on the way to `err`, as one line that changes on a terminal, else as plain lines. */
export function createTerminal(out: Stream, err: Stream, now: () => number = () => performance.now()): Terminal {
  const startedAt = now()
  let drawnAt = 0
  let isDrawn = false
  const endLine = () => {
    if (isDrawn) err.write('\n')
    isDrawn = false
  }
  const seconds = () => ((now() - startedAt) / 1000).toFixed(1)

  return {
    plan({ format, encoding, delimiter, sheet, headerLine, columns, ignored, preview }) {
      const how =
        format === 'xlsx'
          ? `sheet ${sheet}`
          : `${encoding}, separated by ${DELIMITER_NAMES[delimiter ?? ''] ?? delimiter}`
      err.write(`${format}, ${how}, headings in row ${headerLine}\n`)
      for (const { field, zh, from } of columns) err.write(`  ${zh} (${field}) ← ${from}\n`)
      if (ignored.length > 0) err.write(`  not read: ${ignored.join(', ')}\n`)
      for (const { line, values } of preview) err.write(`  row ${line}: ${values.join(' · ')}\n`)
    },
    progress({ rows, share, new: fresh, changed, same, bad }) {
      const line = `${grouped(rows)} rows (${Math.round(share * 100)} %): ${grouped(fresh)} new, ${grouped(changed)} changed, ${grouped(same)} same, ${grouped(bad)} bad; ${seconds()} s`
      // A workbook or a file is read to its end before its last rows are in: the share alone doesn't say that it is over.
      if (now() - drawnAt < (err.isTTY ? REDRAW_MS : PLAIN_MS)) return
      drawnAt = now()
      err.write(err.isTTY ? `\r\u001b[K${line}` : `${line}\n`)
      isDrawn = err.isTTY === true
    },
    report({ rows, problems, badFile, unknownTreatments, unknownStaff, ...counts }, dryRun) {
      endLine()
      for (const { line, column, code, zh, en } of problems.slice(0, SHOWN))
        out.write(`row ${line}${column ? ` [${column}]` : ''} ${code} ${zh} (${en})\n`)
      if (counts.bad > 0) out.write(`${grouped(counts.bad)} bad rows, all of them with their reasons: ${badFile}\n`)
      const names = (list: [string, number][]) =>
        list
          .slice(0, SHOWN)
          .map(([name, count]) => `${name} (${count})`)
          .join(', ')
      if (unknownTreatments.length > 0)
        out.write(`treatments without an entry in config/treatments.yaml or the mapping: ${names(unknownTreatments)}\n`)
      if (unknownStaff.length > 0)
        out.write(`names that no member of staff has, so nobody is assigned: ${names(unknownStaff)}\n`)
      out.write(
        `${dryRun ? 'dry run, nothing was written: ' : ''}${grouped(rows)} rows: ${grouped(counts.new)} new, ${grouped(counts.changed)} changed, ${grouped(counts.same)} same, ${grouped(counts.bad)} bad; ${seconds()} s\n`,
      )
    },
    failed(message) {
      endLine()
      err.write(`${message}\n`)
    },
    stopped() {
      endLine()
      err.write('not finished: run it again, what is in already stays as it is\n')
    },
  }
}
