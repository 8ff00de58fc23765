/** Consultations (FHIR: Encounter): who asked about what, and whether they bought. Written as they stand; each end is announced. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import type { Clock } from '../platform/clock.ts'
import { AppError, invalid, notFound } from '../platform/errors.ts'
import type { DomainEvent } from '../platform/events.ts'
import { hashId, sha256Hex } from '../platform/hash.ts'
import type { Memory } from '../platform/memory.ts'
import { LOST, untilWon } from '../platform/races.ts'
import type { PageRequest } from '../platform/views.ts'
import { type ConsultationRow, type PurchaseRow, type RecordStore, rememberById, type TreatmentRow } from './model.ts'
import type { CustomerRef, ListFilter, References } from './references.ts'
import type { Consultation, ConsultationDecision, ConsultationOutcome } from './types.ts'

export interface ConsultationInput extends CustomerRef {
  externalId: string
  storeId: string
  consultantUserId?: string | null
  consultedAt: Date
  /** Codes of config/treatments.yaml that it was about; the first one gives it its name. */
  topics: string[]
  outcome: ConsultationOutcome
}

export interface ConsultationDesk {
  /**
   * Writes the consultation as the clinic's system has it; saying the same again changes nothing, also after the consultant
   * has closed it here.
   *
   * @throws AppError as `References.resolve`
   */
  put(input: ConsultationInput): Promise<Consultation>
  /** With what was bought since, in a constant number of commands. */
  getMany(ids: readonly string[]): Promise<Map<string, Consultation>>
  /**
   * Keeps what the consultant decided; once per `decision.id`. `close` ends it.
   *
   * @throws AppError not_found/consultation_not_found
   */
  decide(id: string, decision: ConsultationDecision): Promise<Consultation>
  page(wanted: ListFilter, request: PageRequest): Promise<(Consultation & { _id: string })[]>
}

export interface ConsultationDeps {
  store: RecordStore<ConsultationRow>
  treatments: Pick<RecordStore<TreatmentRow>, 'ofCustomers'>
  purchases: Pick<RecordStore<PurchaseRow>, 'ofCustomers'>
  references: References
  customers: Pick<CustomersService, 'getMany' | 'idsOf'>
  announcer: Announcer
  clock: Clock
  memory?: Memory
}

type Standing = Pick<Consultation, 'outcome'> & { digest: string }

/** What a new standing means to others; null when nobody needs to hear of it. Pure. */
export function tellingOf(before: Standing | null, after: Standing): 'recorded' | 'closed' | null {
  if (after.outcome === 'open') return before?.outcome === 'open' && before.digest === after.digest ? null : 'recorded'
  // Over before we ever heard of it: nothing hangs on it.
  return before?.outcome === 'open' ? 'closed' : null
}

/** The first of these instants that is not before the consultation: what was paid or done since. Pure. */
export const firstSince = (consultedAt: Date, all: readonly Date[]): Date | null =>
  all.filter((at) => at >= consultedAt).sort((a, b) => Number(a) - Number(b))[0] ?? null

const consultationOf = (row: ConsultationRow, boughtAt: Date | null = null): Consultation => ({
  id: row._id,
  externalId: row.externalId,
  customerId: row.customerId,
  storeId: row.storeId,
  consultantUserId: row.consultantUserId,
  consultedAt: row.consultedAt,
  topics: row.topics,
  outcome: row.outcome,
  decisions: row.decisions,
  boughtAt,
})

export function createConsultationDesk(deps: ConsultationDeps): ConsultationDesk {
  const { store, references, customers, announcer, clock, memory } = deps
  const records = rememberById('consultations', store, { clock, memory }, (row: ConsultationRow) => row)

  function tell(before: Standing | null, row: Omit<ConsultationRow, 'pending' | 'announceAt'>, now: Date) {
    const change = tellingOf(before, row)
    const event = (type: string): DomainEvent => ({
      id: `${type}:${row._id}:${row.revision}`,
      type,
      occurredAt: now,
      data: { consultationId: row._id, customerId: row.customerId, storeId: row.storeId },
    })
    return announcer.fields(change === null ? [] : [event(`consultation.${change}`)], now)
  }

  function rowAfter(before: ConsultationRow | null, input: ConsultationInput, customerId: string, now: Date) {
    const { externalId, storeId, consultedAt, topics, outcome: said } = input
    const consultantUserId = input.consultantUserId?.toLowerCase() ?? null
    const facts = { customerId, storeId, consultantUserId, consultedAt, topics: [...new Set(topics)] }
    const row = {
      _id: hashId('consultation', externalId),
      externalId,
      ...facts,
      // What the consultant decided here stands until the clinic's system says something else than before.
      outcome: before && before.said === said ? before.outcome : said,
      said,
      digest: sha256Hex(JSON.stringify(facts)),
      decisions: before?.decisions ?? [],
      revision: before ? before.revision + 1 : 0,
      updatedAt: now,
    }
    return { ...row, ...tell(before, row, now) }
  }

  /** Writes over `before`. False when somebody else was quicker. */
  async function write(before: ConsultationRow, row: ConsultationRow): Promise<boolean> {
    const { revision: _, _id: __, pending, announceAt, ...set } = row
    if (!(await store.change(before._id, before.revision, set, { pending, announceAt }))) return false
    await announcer.announce('consultations', [row])
    return true
  }

  /** What each of the customers, under whichever of their names, has had done or has paid. */
  async function boughtBy(rows: readonly ConsultationRow[]): Promise<(row: ConsultationRow) => Date[]> {
    const people = await customers.getMany([...new Set(rows.map(({ customerId }) => customerId))])
    const namesOf = ({ customerId }: ConsultationRow) => [
      ...new Set([customerId, people.get(customerId)?.id ?? customerId]),
    ]
    const names = [...new Set(rows.flatMap(namesOf))]
    const [done, paid] = await Promise.all([deps.treatments.ofCustomers(names), deps.purchases.ofCustomers(names)])
    const all = [
      ...done.flatMap(({ customerId, status, endedAt: at }) => (status === 'completed' ? [{ customerId, at }] : [])),
      ...paid.map(({ customerId, paidAt: at }) => ({ customerId, at })),
    ]
    return (row) => {
      const own = namesOf(row)
      return all.flatMap(({ customerId, at }) => (own.includes(customerId) ? [at] : []))
    }
  }

  return {
    async put(input) {
      const [refs] = await references.resolve([input])
      if (!refs) throw new AppError('internal', 'internal')
      const unknown = input.topics.find((code) => !references.kind(code))
      if (unknown) throw invalid('unknown_treatment_code', { code: unknown })
      const now = clock.now()
      return untilWon({ externalId: input.externalId }, async () => {
        const [before] = await store.byIds([hashId('consultation', input.externalId)])
        const row = rowAfter(before ?? null, input, refs.customer.id, now)
        if (!before) {
          if ((await store.insert([row])) === 0) return LOST
          await announcer.announce('consultations', [row])
          return consultationOf(row)
        }
        if (before.digest === row.digest && before.said === row.said) return consultationOf(before)
        return (await write(before, row)) ? consultationOf(row) : LOST
      })
    },
    async getMany(ids) {
      const rows = [...(await records.many(ids)).values()]
      if (rows.length === 0) return new Map()
      const bought = await boughtBy(rows)
      return new Map(rows.map((row) => [row._id, consultationOf(row, firstSince(row.consultedAt, bought(row)))]))
    },
    async decide(id, decision) {
      const now = clock.now()
      return untilWon({ consultationId: id }, async () => {
        const [before] = await store.byIds([id])
        if (!before) throw notFound('consultation_not_found', { consultationId: id })
        if (before.decisions.some((one) => one.id === decision.id)) return consultationOf(before)
        const next = {
          ...before,
          outcome: decision.choice === 'close' && before.outcome === 'open' ? ('closed' as const) : before.outcome,
          decisions: [...before.decisions, decision],
          revision: before.revision + 1,
          updatedAt: now,
        }
        const row = { ...next, ...tell(before, next, now) }
        return (await write(before, row)) ? consultationOf(row) : LOST
      })
    },
    async page({ customer, externalId }, request) {
      const ids = customer === null ? null : await customers.idsOf((await references.customer(customer)).id)
      const one = externalId === null ? null : hashId('consultation', externalId)
      return (await store.page(ids, one, request)).map((row) => ({ ...consultationOf(row), _id: row._id }))
    },
  }
}
