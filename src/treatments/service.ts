/** Completed treatments: entered once, corrected or cancelled in the open, announced to whoever cares. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import { answerOf, type BulkAnswer, type BulkOptions } from '../platform/bulk.ts'
import { type Day, dayOf } from '../platform/calendar.ts'
import { addMs, type Clock, MINUTE_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError, conflict, notFound } from '../platform/errors.ts'
import type { DomainEvent } from '../platform/events.ts'
import { hashId } from '../platform/hash.ts'
import type { Memory } from '../platform/memory.ts'
import { LOST, untilWon } from '../platform/races.ts'
import { defined, type PageRequest } from '../platform/views.ts'
import { writeMany } from './bulk.ts'
import { type RecordStore, rememberByCustomer, rememberById, type TreatmentRow } from './model.ts'
import { type CustomerRef, type ListFilter, type References, wrongField } from './references.ts'
import type { Treatment, TreatmentsService } from './types.ts'

/** What is said of a treatment, beside the clinic's number. */
export interface TreatmentFacts extends CustomerRef {
  storeId: string
  code: string
  technique?: string | null
  doctorUserId?: string | null
  consultantUserId?: string | null
  assistantUserId?: string | null
  anaesthesia?: Treatment['anaesthesia']
  endedAt: Date
  note?: string | null
  sutureRemovalOn?: Treatment['sutureRemovalOn']
  nextSessionOn?: Treatment['nextSessionOn']
  inHospital?: boolean
  dischargedOn?: Treatment['dischargedOn']
  course?: { id: string; session: number; of?: number | null | undefined } | null
}
export interface TreatmentInput extends TreatmentFacts {
  externalId: string
}

export interface TreatmentDesk {
  get(treatmentId: string): Promise<Treatment | null>
  getMany(treatmentIds: readonly string[]): Promise<Map<string, Treatment>>
  /** In one command, under exactly these customer ids. */
  ofCustomers(customerIds: readonly string[]): Promise<Treatment[]>
  ofCustomer(customerId: string): Promise<Treatment[]>
  page(wanted: ListFilter, request: PageRequest): Promise<(Treatment & { _id: string; hasNote: boolean })[]>
  /**
   * Enters a completed treatment and announces it. The same entry again gives the same record and nothing else.
   *
   * @throws AppError conflict/external_id_conflict: the number is taken by other facts; a correction is `correct`
   * @throws AppError as `References.resolve`; invalid/invalid_request: it would end in the future
   */
  complete(input: TreatmentInput): Promise<Treatment>
  /** Many at once, in a constant number of commands; numbers that exist already are left alone. */
  completeMany(inputs: readonly TreatmentInput[]): Promise<{ ids: string[]; inserted: number }>
  /**
   * Many as a clinic's system has them, each with its own answer: new ones as `complete`, others as `correct`, where a fact
   * that an entry leaves out stays as it is. What was said already, or said first and corrected since, writes nothing. Their
   * numbers differ.
   */
  putMany(inputs: readonly TreatmentInput[], options?: BulkOptions): Promise<BulkAnswer[]>
  /** Cancels those that are known, by the clinic's numbers; `same`: unknown, or cancelled already. */
  cancelMany(externalIds: readonly string[], options?: BulkOptions): Promise<BulkAnswer[]>
  /** Replaces the facts. Saying the same again changes nothing. @throws AppError not_found/treatment_not_found, conflict/treatment_cancelled */
  correct(treatmentId: string, facts: TreatmentFacts): Promise<Treatment>
  setNextSession: TreatmentsService['setNextSession']
  /** Safe to repeat. @throws AppError not_found/treatment_not_found */
  cancel(treatmentId: string): Promise<Treatment>
}

export interface TreatmentDeps {
  store: RecordStore<TreatmentRow>
  references: References
  customers: Pick<CustomersService, 'getMany' | 'idsOf'>
  announcer: Announcer
  clock: Clock
  crypto: FieldCrypto
  memory?: Memory
}

const NOTE_FIELD = 'treatments.note'
// Clocks of two systems differ a little; a treatment that ends tomorrow is a mistake.
const MAX_AHEAD_MS = 10 * MINUTE_MS

export const treatmentIdOf = (externalId: string): string => hashId('treatment', externalId)

export const treatmentOf = (row: TreatmentRow): Treatment => ({
  id: row._id,
  externalId: row.externalId,
  customerId: row.customerId,
  storeId: row.storeId,
  code: row.code,
  technique: row.technique,
  doctorUserId: row.doctorUserId,
  consultantUserId: row.consultantUserId,
  assistantUserId: row.assistantUserId ?? null,
  anaesthesia: row.anaesthesia ?? null,
  endedAt: row.endedAt,
  treatedOn: row.treatedOn,
  enteredAt: row.enteredAt,
  status: row.status,
  ...plannedOf({ ...row, nextSessionOn: row.nextSessionOn ?? row.nextSaid?.on ?? null }),
})

/** What the doctor and the ward say of it; rows from before these were asked have none of it. */
const plannedOf = ({
  sutureRemovalOn,
  nextSessionOn,
  inHospital,
  dischargedOn,
  course,
}: Partial<Planned>): Planned => ({
  sutureRemovalOn: sutureRemovalOn ?? null,
  nextSessionOn: nextSessionOn ?? null,
  inHospital: inHospital ?? false,
  dischargedOn: dischargedOn ?? null,
  course: course ?? null,
})
type Planned = Pick<Treatment, 'sutureRemovalOn' | 'nextSessionOn' | 'inHospital' | 'dischargedOn' | 'course'>
const plannedFacts = ({ course, ...facts }: TreatmentFacts): Planned =>
  plannedOf({ ...facts, course: course ? { ...course, of: course.of ?? null } : null })
const NOTHING_PLANNED = JSON.stringify(plannedOf({}))

/** Days that can't follow the treatment's own are typing errors. */
function checkDays(
  { sutureRemovalOn, nextSessionOn, inHospital, dischargedOn, course }: Planned,
  treatedOn: Day,
): void {
  const isBefore = (day: Day | 'none' | null) => day !== null && day !== 'none' && day < treatedOn
  const BEFORE = ['must not lie before the treatment', 'before_treatment'] as const
  if (isBefore(sutureRemovalOn)) throw wrongField('sutureRemovalOn', ...BEFORE)
  if (isBefore(nextSessionOn)) throw wrongField('nextSessionOn', ...BEFORE)
  if (isBefore(dischargedOn)) throw wrongField('dischargedOn', ...BEFORE)
  if (dischargedOn !== null && !inHospital) throw wrongField('dischargedOn', 'needs inHospital', 'not_in_hospital')
  if (course?.of != null && course.session > course.of)
    throw wrongField('course.session', 'must not exceed of', 'beyond_course')
}

export function createTreatmentDesk({
  store,
  references,
  customers,
  announcer,
  clock,
  crypto,
  memory,
}: TreatmentDeps): TreatmentDesk {
  /** Keyed, because a note has few words to guess; without the customer, who may be named in two ways and be merged. */
  const digestOf = (facts: TreatmentFacts): string =>
    crypto.blindIndex(
      'treatments.digest',
      JSON.stringify([
        facts.storeId,
        facts.code,
        facts.technique ?? null,
        facts.doctorUserId?.toLowerCase() ?? null,
        facts.consultantUserId?.toLowerCase() ?? null,
        facts.endedAt.toISOString(),
        facts.note ?? null,
        ...plannedDigest(facts),
        ...attendedDigest(facts),
      ]),
    )

  /** Nothing where nothing was said, so that entries from before these facts existed keep their digest. */
  const plannedDigest = (facts: TreatmentFacts): string[] => {
    const planned = JSON.stringify(plannedFacts(facts))
    return planned === NOTHING_PLANNED ? [] : [planned]
  }

  const attendedDigest = ({ assistantUserId, anaesthesia }: TreatmentFacts): string[] =>
    assistantUserId || anaesthesia
      ? [JSON.stringify({ assistant: assistantUserId?.toLowerCase() ?? null, anaesthesia: anaesthesia ?? null })]
      : []

  const tell = (
    type: string,
    row: Pick<TreatmentRow, '_id' | 'customerId' | 'storeId' | 'code'>,
    now: Date,
    key: string,
  ): DomainEvent => ({
    id: `${type}:${row._id}${key}`,
    type,
    occurredAt: now,
    data: { treatmentId: row._id, customerId: row.customerId, storeId: row.storeId, code: row.code },
  })

  /** Each entry's facts, or why it has none: whatever is thrown for one entry is that entry's answer alone. */
  async function factsOfEach(entries: readonly TreatmentFacts[], now: Date) {
    const resolved = await references.resolveEach(entries)
    return Promise.all(
      entries.map((facts, i) =>
        answerOf(() => {
          const found = resolved[i]
          if (!found) throw new AppError('internal', 'internal', { reason: 'an entry was not resolved' })
          if (facts.endedAt > addMs(now, MAX_AHEAD_MS)) throw wrongField('endedAt', 'must not lie in the future')
          if (found instanceof AppError) throw found
          const treatedOn = dayOf(facts.endedAt, found.store.timeZone)
          const planned = plannedFacts(facts)
          checkDays(planned, treatedOn)
          return {
            customerId: found.customer.id,
            storeId: facts.storeId,
            code: facts.code,
            technique: facts.technique ?? null,
            doctorUserId: facts.doctorUserId?.toLowerCase() ?? null,
            consultantUserId: facts.consultantUserId?.toLowerCase() ?? null,
            assistantUserId: facts.assistantUserId?.toLowerCase() ?? null,
            anaesthesia: facts.anaesthesia ?? null,
            endedAt: facts.endedAt,
            treatedOn,
            ...planned,
            note: facts.note == null ? null : crypto.seal(NOTE_FIELD, facts.note),
            digest: digestOf(facts),
          }
        }),
      ),
    )
  }

  async function rowsOfEach(inputs: readonly TreatmentInput[], now: Date): Promise<(TreatmentRow | AppError)[]> {
    const facts = await factsOfEach(inputs, now)
    return facts.map((one, i) => {
      if (one instanceof AppError) return one
      const externalId = inputs[i]?.externalId ?? ''
      const row = { _id: treatmentIdOf(externalId), externalId, ...one }
      return {
        ...row,
        entryDigest: one.digest,
        enteredAt: now,
        updatedAt: now,
        status: 'completed',
        revision: 0,
        ...announcer.fields([tell('treatment.completed', row, now, '')], now),
      }
    })
  }
  const rowsOf = async (inputs: readonly TreatmentInput[], now: Date): Promise<TreatmentRow[]> =>
    (await rowsOfEach(inputs, now)).map(orThrow)

  async function found(id: string): Promise<TreatmentRow> {
    const [row] = await store.byIds([id])
    if (!row) throw notFound('treatment_not_found', { treatmentId: id })
    return row
  }
  const samePerson = async (a: string, b: string): Promise<boolean> => {
    if (a === b) return true
    const people = await customers.getMany([a, b])
    return people.get(a)?.id !== undefined && people.get(a)?.id === people.get(b)?.id
  }

  /** What was said first may be said again after a correction. */
  const saysTheSame = async (known: TreatmentRow, row: TreatmentRow): Promise<boolean> =>
    (known.digest === row.digest || known.entryDigest === row.digest) &&
    (await samePerson(known.customerId, row.customerId))

  /** An entry with what it leaves out as the record has it: a list without the column empties no day that a doctor set. */
  function amended(row: TreatmentRow, input: TreatmentInput): TreatmentInput {
    const { technique, doctorUserId, consultantUserId, note } = row
    const { dischargedOn, ...planned } = plannedOf(row)
    const isSameCode = row.code === input.code
    const isStaying = input.inHospital ?? planned.inHospital
    return {
      ...(isSameCode ? { technique } : {}),
      doctorUserId,
      consultantUserId,
      note: note === null ? null : crypto.open(NOTE_FIELD, note),
      ...planned,
      ...(isStaying ? { dischargedOn } : {}),
      ...defined(input),
    }
  }

  /** `decide` gives what to set and what to tell, or null when nothing is to be done. */
  const change = (
    id: string,
    decide: (row: TreatmentRow, now: Date) => Promise<{ set: Partial<TreatmentRow>; tell: DomainEvent } | null>,
  ): Promise<Treatment> =>
    untilWon({ treatmentId: id }, async () => {
      const row = await found(id)
      const now = clock.now()
      const decision = await decide(row, now)
      if (!decision) return treatmentOf(row)
      const told = announcer.fields([decision.tell], now)
      const set = { ...decision.set, updatedAt: now }
      if (!(await store.change(id, row.revision, set, told))) return LOST
      await announcer.announce('treatments', [{ _id: id, pending: told.pending }])
      return treatmentOf({ ...row, ...set })
    })

  const getMany = rememberById('treatments', store, { clock, memory }, treatmentOf).many
  const byCustomer = rememberByCustomer('treatments', store, { clock, memory })

  const correct = (id: string, input: TreatmentFacts): Promise<Treatment> => correctBy(id, () => input)
  function correctBy(id: string, inputFor: (row: TreatmentRow) => TreatmentFacts): Promise<Treatment> {
    return change(id, async (row, now) => {
      if (row.status === 'cancelled') throw conflict('treatment_cancelled', { treatmentId: id })
      const facts = (await factsOfEach([inputFor(row)], now)).map(orThrow)[0]
      if (!facts || (facts.digest === row.digest && (await samePerson(facts.customerId, row.customerId)))) return null
      return {
        set: facts,
        tell: tell('treatment.corrected', { _id: id, ...facts }, now, `:${row.revision + 1}`),
      }
    })
  }
  function cancel(id: string): Promise<Treatment> {
    return change(id, async (row, now) =>
      row.status === 'cancelled'
        ? null
        : { set: { status: 'cancelled' }, tell: tell('treatment.cancelled', row, now, '') },
    )
  }

  return {
    getMany,
    get: async (id) => (await getMany([id])).get(id) ?? null,
    ofCustomers: async (customerIds) => [...(await byCustomer.many(customerIds)).values()].flat().map(treatmentOf),
    async ofCustomer(customerId) {
      const known = await byCustomer.many(await customers.idsOf(customerId))
      return [...known.values()]
        .flat()
        .map(treatmentOf)
        .sort((a, b) => Number(a.endedAt) - Number(b.endedAt) || (a.id < b.id ? -1 : 1))
    },
    async page({ customer, externalId }, request) {
      const ids = customer === null ? null : await customers.idsOf((await references.customer(customer)).id)
      const one = externalId === null ? null : treatmentIdOf(externalId)
      const rows = await store.page(ids, one, request)
      return rows.map((row) => ({ ...treatmentOf(row), _id: row._id, hasNote: row.note !== null }))
    },

    async complete(input) {
      const [row] = await rowsOf([input], clock.now())
      if (!row) throw new AppError('internal', 'internal')
      if ((await store.insert([row])) > 0) {
        await announcer.announce('treatments', [row])
        return treatmentOf(row)
      }
      const known = await found(row._id)
      if (!(await saysTheSame(known, row))) throw conflict('external_id_conflict', { treatmentId: row._id })
      return treatmentOf(known)
    },
    async completeMany(inputs) {
      if (inputs.length === 0) return { ids: [], inserted: 0 }
      const rows = await rowsOf(inputs, clock.now())
      const inserted = await store.insert(rows)
      // Rows that were there before announce the same ids again, which adds nothing.
      await announcer.announce('treatments', rows)
      return { ids: rows.map((row) => row._id), inserted }
    },

    async putMany(inputs, options = {}) {
      const said = new Map(inputs.map((input) => [treatmentIdOf(input.externalId), input]))
      const whole = (row: TreatmentRow) => amended(row, said.get(row._id) as TreatmentInput)
      return writeMany(
        {
          store,
          announcer,
          collection: 'treatments',
          rows: await rowsOfEach(inputs, clock.now()),
          judge: async (before, row) => {
            if (await saysTheSame(before, row)) return 'same'
            if (await saysTheSame(before, { ...row, digest: digestOf(whole(before)) })) return 'same'
            if (before.status === 'cancelled') throw conflict('treatment_cancelled', { treatmentId: row._id })
            return 'changed'
          },
          change: (i) => correctBy(treatmentIdOf(inputs[i]?.externalId ?? ''), whole),
        },
        options,
      )
    },
    async cancelMany(externalIds, { dryRun = false } = {}) {
      const known = await getMany(externalIds.map(treatmentIdOf))
      const open = externalIds.map((one) => known.get(treatmentIdOf(one))).filter((one) => one?.status === 'completed')
      if (!dryRun) for (const one of open) if (one) await cancel(one.id)
      return externalIds.map((one) => (known.get(treatmentIdOf(one))?.status === 'completed' ? 'changed' : 'same'))
    },
    correct,
    cancel,
    async setNextSession(id, { on, byUserId, at }) {
      await change(id, async (row) =>
        row.status === 'cancelled' || row.nextSaid?.on === on
          ? null
          : {
              set: { nextSaid: { on, byUserId, at } },
              tell: tell('treatment.corrected', row, at, `:${row.revision + 1}`),
            },
      )
    },
  }
}

function orThrow<T>(found: T | AppError): T {
  if (found instanceof AppError) throw found
  return found
}
