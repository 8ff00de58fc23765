/** Appointments: the clinic's calendar as it stands now; each change is announced. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import type { BulkAnswer, BulkOptions } from '../platform/bulk.ts'
import type { Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError } from '../platform/errors.ts'
import { hashId } from '../platform/hash.ts'
import type { Memory } from '../platform/memory.ts'
import { LOST, untilWon } from '../platform/races.ts'
import type { PageRequest } from '../platform/views.ts'
import { type AnswerDesk, appointmentOf, createAnswerDesk, isOn, told } from './answers.ts'
import { writeMany } from './bulk.ts'
import { type AppointmentRow, type RecordStore, rememberByCustomer, rememberById } from './model.ts'
import type { CustomerRef, ListFilter, References } from './references.ts'
import type { Appointment, AppointmentStatus } from './types.ts'

export interface AppointmentInput extends CustomerRef {
  externalId: string
  storeId: string
  code: string
  doctorUserId?: string | null
  startsAt: Date
  status: AppointmentStatus
}

export interface AppointmentDesk extends AnswerDesk {
  /** Writes the appointment as it stands; saying the same again changes and tells nothing. @throws AppError as `References.resolve` */
  put(input: AppointmentInput): Promise<Appointment>
  /** Many as they stand, each with its own answer. Their numbers differ. */
  putMany(inputs: readonly AppointmentInput[], options?: BulkOptions): Promise<BulkAnswer[]>
  getMany(ids: readonly string[]): Promise<Map<string, Appointment>>
  /** In one command, under exactly these customer ids. */
  ofCustomers(customerIds: readonly string[]): Promise<Appointment[]>
  ofCustomer(customerId: string): Promise<Appointment[]>
  page(wanted: ListFilter, request: PageRequest): Promise<(Appointment & { _id: string })[]>
}

export interface AppointmentDeps {
  store: RecordStore<AppointmentRow>
  references: References
  customers: Pick<CustomersService, 'idsOf'>
  announcer: Announcer
  clock: Clock
  crypto: FieldCrypto
  memory?: Memory
}

type Change = 'booked' | 'moved' | 'cancelled' | 'arrived'
type Standing = Pick<Appointment, 'startsAt' | 'status'>

/** What a new standing means to others; null when nobody needs to hear of it. Pure. */
export function changeOf(before: Standing | null, after: Standing): Change | null {
  if (!isOn(after)) {
    // Cancelled before we ever heard of it: nothing hangs on it.
    if (after.status === 'cancelled' && before === null) return null
    return before?.status === after.status ? null : (after.status as Change)
  }
  if (before === null || !isOn(before)) return 'booked'
  return Number(before.startsAt) === Number(after.startsAt) ? null : 'moved'
}

/** An answer belongs to the time that it was given for: one that is moved, or booked again, has none. Pure. */
export const answerAfter = <T>(answer: T, change: Change | null): T | null =>
  change === 'moved' || change === 'booked' ? null : answer

export function createAppointmentDesk(deps: AppointmentDeps): AppointmentDesk {
  const { store, references, customers, announcer, clock, memory } = deps
  const records = rememberById('appointments', store, { clock, memory }, appointmentOf)
  const byCustomer = rememberByCustomer('appointments', store, { clock, memory })

  /** The record after an entry, and what others must hear of it. */
  function rowAfter(before: AppointmentRow | null, input: AppointmentInput, customerId: string, now: Date) {
    const { externalId, storeId, code, startsAt } = input
    const change = changeOf(before, { startsAt, status: input.status })
    // Once moved it stays so, also for systems that only know "booked".
    const isMoved = change === 'moved' || (change === null && before?.status === 'moved' && input.status === 'booked')
    const row = {
      _id: hashId('appointment', externalId),
      externalId,
      customerId,
      storeId,
      code,
      doctorUserId: input.doctorUserId?.toLowerCase() ?? null,
      startsAt,
      status: isMoved ? ('moved' as const) : input.status,
      movedFrom: change === 'moved' ? (before?.startsAt ?? null) : (before?.movedFrom ?? null),
      answer: answerAfter(before?.answer ?? null, change),
      ...(change === 'booked' || change === 'moved' ? { standsSince: now } : {}),
      revision: before ? before.revision + 1 : 0,
      updatedAt: now,
    }
    return { ...row, ...announcer.fields(change === null ? [] : [told(change, row, now)], now) }
  }
  const isSamePerson = async (a: string, b: string) => a === b || (await customers.idsOf(b)).includes(a)
  const saysTheSame = (before: AppointmentRow, row: AppointmentRow): boolean =>
    JSON.stringify(appointmentOf(before)) === JSON.stringify(appointmentOf(row))

  async function put(input: AppointmentInput): Promise<Appointment> {
    const [refs] = await references.resolve([input])
    if (!refs) throw new AppError('internal', 'internal')
    const _id = hashId('appointment', input.externalId)
    const now = clock.now()
    return untilWon({ appointmentId: _id }, async () => {
      const [before] = await store.byIds([_id])
      const row = rowAfter(before ?? null, input, refs.customer.id, now)
      // What one person said isn't shown to another who gets the number.
      if (before && row.answer && !(await isSamePerson(before.customerId, row.customerId))) {
        row.answer = null
        // Nor is anybody called for it. Where more has changed, that is told already.
        if (row.pending.length === 0) Object.assign(row, announcer.fields([told('answered', row, now)], now))
      }
      if (!before) {
        if ((await store.insert([row])) === 0) return LOST
      } else {
        if (saysTheSame(before, row)) return appointmentOf(before)
        const { revision: _, _id: __, pending, announceAt, ...set } = row
        if (!(await store.change(_id, before.revision, set, { pending, announceAt }))) return LOST
      }
      await announcer.announce('appointments', [row])
      return appointmentOf(row)
    })
  }

  return {
    ...createAnswerDesk(deps),
    put,
    async putMany(inputs, options = {}) {
      const now = clock.now()
      const resolved = await references.resolveEach(inputs)
      const rows = inputs.map((input, i) => {
        const refs = resolved[i]
        if (!refs) throw new AppError('internal', 'internal')
        return refs instanceof AppError ? refs : rowAfter(null, input, refs.customer.id, now)
      })
      const inputOf = new Map(inputs.map((input) => [input.externalId, input]))
      return writeMany(
        {
          store,
          announcer,
          collection: 'appointments',
          rows,
          judge: (before, { externalId, customerId }) =>
            saysTheSame(before, rowAfter(before, inputOf.get(externalId) as AppointmentInput, customerId, now))
              ? 'same'
              : 'changed',
          change: (i) => put(inputs[i] as AppointmentInput),
        },
        options,
      )
    },
    getMany: records.many,
    ofCustomers: async (customerIds) => [...(await byCustomer.many(customerIds)).values()].flat().map(appointmentOf),
    async ofCustomer(customerId) {
      const known = await byCustomer.many(await customers.idsOf(customerId))
      return [...known.values()]
        .flat()
        .map(appointmentOf)
        .sort((a, b) => Number(b.startsAt) - Number(a.startsAt) || (a.id < b.id ? -1 : 1))
    },
    async page({ customer, externalId }, request) {
      const ids = customer === null ? null : await customers.idsOf((await references.customer(customer)).id)
      const one = externalId === null ? null : hashId('appointment', externalId)
      return (await store.page(ids, one, request)).map((row) => ({ ...appointmentOf(row), _id: row._id }))
    },
  }
}
