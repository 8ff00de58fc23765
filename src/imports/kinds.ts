/** What each kind of file can say: its fields, the headings they usually have, and where the entries go. */
import type { CareService } from '../care/index.ts'
import type { CustomersDesk } from '../customers/index.ts'
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import type { AppointmentDesk, PurchaseDesk, TreatmentDesk } from '../treatments/index.ts'
import { appointments } from './appointments.ts'
import { customers } from './customers.ts'
import { followUps } from './follow-ups.ts'
import type { Lookups } from './lookups.ts'
import type { Problem } from './problems.ts'
import { purchases } from './purchases.ts'
import { treatments } from './treatments.ts'

/** Where entries go: the doors that /api/v1 uses. */
export interface Desks {
  customers: Pick<CustomersDesk, 'putMany'>
  treatments: Pick<TreatmentDesk, 'putMany' | 'cancelMany'>
  purchases: Pick<PurchaseDesk, 'recordMany'>
  appointments: Pick<AppointmentDesk, 'putMany'>
  care: Pick<CareService, 'recordPast'>
}

/** What reading a cell may depend on. */
export interface CellContext {
  lookups: Lookups
  /** Of the row's store. */
  storeId: string | null
  zone: string
}

export interface Field {
  name: string
  /** What the preview calls it. */
  zh: string
  /** Headings that mean it, the surest first; two of them: both cells together. */
  headings: readonly (string | readonly [string, string])[]
  required?: boolean
  /** Between the cells of a field that stands in several columns; a space if not given. */
  joint?: string
  /** Never shown whole. */
  secret?: boolean
  /** @throws ValueProblem */
  read: (text: string, context: CellContext) => unknown
  /** A further field that the same cell fills. */
  also?: { name: string; read: Field['read'] }
}

/** What the fields of one row, or of the rows of one receipt, say. */
export type Said = Record<string, unknown>

export interface Kind<Entry = never> {
  fields: readonly Field[]
  /** Name of the field that says what the entry is; without it in a row, the row's contents do. */
  keyField: string
  /** Neighbouring rows with the same key are one entry. */
  manyRows?: boolean
  /** The checked entry, as the API would take it. */
  entryOf: (rows: readonly Said[]) => Entry | EntryProblem[]
  write: (desks: Desks, entries: readonly Entry[], options: BulkOptions) => Promise<BulkAnswer[]>
}

export interface EntryProblem extends Problem {
  /** Null when it is no single one's fault. */
  field: string | null
}

export const KINDS = { customers, treatments, purchases, appointments, 'follow-ups': followUps } as const
export type KindName = keyof typeof KINDS
export const KIND_NAMES = Object.keys(KINDS) as KindName[]
