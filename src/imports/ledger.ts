/** The counts of a run, and the way of bad rows into their file. */
import type { BulkAnswer } from '../platform/bulk.ts'
import { AppError } from '../platform/errors.ts'
import { createBadRows } from './bad-rows.ts'
import type { Layout } from './columns.ts'
import type { Entry } from './entries.ts'
import type { EntryProblem } from './kinds.ts'
import { isRowCode, type RowProblem, rowProblem } from './problems.ts'

export interface Counts {
  new: number
  changed: number
  same: number
  /** Rows, not entries: a receipt of three lines is three. */
  bad: number
}

export interface Ledger {
  readonly counts: Readonly<Counts & { rows: number }>
  /** The first ones; all are in the file of bad rows. */
  readonly problems: readonly RowProblem[]
  /** `problems`: of each row. */
  refuse(entry: Entry, problems: readonly EntryProblem[][]): void
  settle(entry: Entry, answer: BulkAnswer): void
  /** Returns the path of the file of bad rows; null when there is none. */
  close(): string | null
}

const SHOWN_PROBLEMS = 50

export function createLedger({ columns, headings }: Layout, badPath: string): Ledger {
  const aside = createBadRows(badPath, headings)
  const counts = { rows: 0, new: 0, changed: 0, same: 0, bad: 0 }
  const problems: RowProblem[] = []
  const columnOf = (field: string | null): string | null => {
    const column = columns.find((one) => one.field.name === field || one.field.also?.name === field)
    return column?.headings.join(' + ') || null
  }
  function refuse({ rows }: Entry, found: readonly EntryProblem[][]): void {
    counts.rows += rows.length
    counts.bad += rows.length
    for (const [i, row] of rows.entries()) {
      const own = (found[i] ?? []).map(({ field, ...problem }) => rowProblem(row.line, columnOf(field), problem))
      problems.push(...own.slice(0, SHOWN_PROBLEMS - problems.length))
      aside.add(row, own)
    }
  }
  return {
    counts,
    problems,
    refuse,
    settle(entry, answer) {
      if (answer instanceof AppError) {
        refuse(
          entry,
          entry.rows.map(() => [problemOf(answer)]),
        )
        return
      }
      counts.rows += entry.rows.length
      counts[answer] += 1
    },
    close: () => aside.close(),
  }
}

/** Fields that the rooms' refusals are about. */
const FIELDS: Record<string, string> = {
  customer_not_found: 'customerExternalId',
  treatment_not_found: 'treatmentExternalId',
  store_not_found: 'storeId',
  unknown_treatment_code: 'code',
  phone_malformed: 'phone',
  email_malformed: 'email',
  external_id_conflict: 'externalId',
  past_contact_in_future: 'at',
}

function problemOf({ code, details }: AppError): EntryProblem {
  const field = FIELDS[code] ?? (typeof details.field === 'string' ? details.field : null)
  if (typeof details.reason === 'string' && isRowCode(details.reason)) return { field, code: details.reason }
  if (code === 'invalid_request' && field) return { field, code: field === 'endedAt' ? 'in_future' : 'value_malformed' }
  return isRowCode(code) ? { field, code } : { field, code: 'refused', detail: code }
}
