/** Imports: what a clinic's former systems exported, brought in through the rooms' own doors. */
import type { StaffDesk } from '../staff/index.ts'
import type { TreatmentKind } from '../treatments/index.ts'
import { type Desks, type Field, KINDS, type KindName } from './kinds.ts'
import { createLookups } from './lookups.ts'
import { type ImportReport, type ImportRequest, runImport } from './run.ts'

export { KIND_NAMES, type KindName } from './kinds.ts'
export { ImportFileError } from './problems.ts'
export type { ImportPlan, ImportProgress, ImportReport, ImportRequest } from './run.ts'
export { ENCODINGS, type Encoding, encodingNamed } from './text.ts'

/** What each kind of file can say, for the documents. */
export const IMPORT_FIELDS: Record<KindName, readonly Field[]> = {
  customers: KINDS.customers.fields,
  treatments: KINDS.treatments.fields,
  purchases: KINDS.purchases.fields,
  appointments: KINDS.appointments.fields,
  'follow-ups': KINDS['follow-ups'].fields,
}

export interface ImportsService {
  /**
   * Brings one file in. Entries are known by the clinic's own numbers, so a run that ended half-way is simply repeated, and
   * a repeated one writes nothing. Bad rows go into a file of their own, with the reasons; the others go in.
   *
   * @throws ImportFileError: the file, its mapping or its columns can't be understood
   */
  run(request: ImportRequest): Promise<ImportReport>
}

export interface ImportsDeps extends Desks {
  staff: Pick<StaffDesk, 'allStores' | 'staffPage'>
  kinds: readonly TreatmentKind[]
}

const PAGE = 500

export function createImports({ staff, kinds, ...desks }: ImportsDeps): ImportsService {
  async function everybody() {
    const all = []
    for (let after: string | null = null; ; ) {
      const page = await staff.staffPage({}, { limit: PAGE, after })
      all.push(...page.slice(0, PAGE))
      if (page.length <= PAGE) return all.map(({ _id, ...row }) => ({ ...row, userId: _id }))
      after = page[PAGE - 1]?._id ?? null
    }
  }
  return {
    async run(request) {
      const [stores, members] = await Promise.all([staff.allStores(), everybody()])
      return runImport(request, desks, createLookups({ stores, staff: members, kinds }))
    },
  }
}
