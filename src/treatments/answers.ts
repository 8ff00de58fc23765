/** What a customer answers to a notice of an appointment: comes, or would rather come at another time. Kept on its record. */
import type { CustomersService } from '../customers/index.ts'
import type { Announcer } from '../platform/announcements.ts'
import { addMs, type Clock, SECOND_MS } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { type AppError, conflict, notFound } from '../platform/errors.ts'
import type { DomainEvent } from '../platform/events.ts'
import { LOST, untilWon } from '../platform/races.ts'
import type { AppointmentRow, RecordStore } from './model.ts'
import type { AnswerInput, Appointment, AppointmentAnswer, MoveWishes, TreatmentsService } from './types.ts'

export interface AnswerDesk {
  answer: TreatmentsService['answerAppointment']
  moveWishes: TreatmentsService['moveWishes']
  hearMove: TreatmentsService['hearMove']
  wishesOf: TreatmentsService['wishesOf']
}

export interface AnswerDeps {
  store: Pick<RecordStore<AppointmentRow>, 'byIds' | 'change'>
  customers: Pick<CustomersService, 'idsOf'>
  announcer: Pick<Announcer, 'fields' | 'announce'>
  clock: Clock
  crypto: FieldCrypto
}

const WISH_FIELD = 'appointments.wish'
/** Each is a card for the front desk: whoever changes their mind more often than that is better off on the phone. */
const MOST_MOVES = 5

export const isOn = ({ status }: Pick<Appointment, 'status'>): boolean => status === 'booked' || status === 'moved'

/** Those that still come, the next first. Pure. */
export const coming = (visits: readonly Appointment[], now: Date): Appointment[] =>
  visits.filter((visit) => isOn(visit) && visit.startsAt > now).sort((a, b) => Number(a.startsAt) - Number(b.startsAt))

const answerOf = ({ what, startsAt, at, isHeard }: AppointmentAnswer): AppointmentAnswer => ({
  ...{ what, startsAt, at },
  ...(isHeard ? { isHeard } : {}),
})

export const appointmentOf = (row: AppointmentRow): Appointment => ({
  id: row._id,
  externalId: row.externalId,
  customerId: row.customerId,
  storeId: row.storeId,
  code: row.code,
  doctorUserId: row.doctorUserId,
  startsAt: row.startsAt,
  status: row.status,
  movedFrom: row.movedFrom,
  answer: row.answer ? answerOf(row.answer) : null,
})

/** An appointment's event, named by the revision that it belongs to. */
export const told = (
  change: string,
  row: Pick<AppointmentRow, '_id' | 'customerId' | 'storeId' | 'code' | 'revision'>,
  now: Date,
): DomainEvent => ({
  id: `appointment.${change}:${row._id}:${row.revision}`,
  type: `appointment.${change}`,
  occurredAt: now,
  data: { appointmentId: row._id, customerId: row.customerId, storeId: row.storeId, code: row.code },
})

type Answerable = Pick<AppointmentRow, '_id' | 'startsAt' | 'status' | 'moves'>

/** Why an answer can't be taken now; null: it can. Pure. */
export function refusalOf(row: Answerable, { what, startsAt }: AnswerInput, now: Date): AppError | null {
  const details = { appointmentId: row._id }
  const isFor = (one: Date) => Number(one) === Number(startsAt)
  if (!isOn(row) || row.startsAt <= now) return conflict('appointment_over', details)
  if (!isFor(row.startsAt)) return conflict('appointment_moved', details)
  const asked = (row.moves ?? []).filter(isFor).length
  return what === 'move' && asked >= MOST_MOVES ? conflict('appointment_asked_often', details) : null
}

/** What chats tell is cut to whole seconds: only what is later than all of that second is surely newer. */
const SECOND_END_MS = SECOND_MS - 1

/** Whether there is a newer answer than one that was given at `saidAt`, or the time is newer itself. Pure. */
export const isOvertaken = ({ answer, standsSince }: Pick<AppointmentRow, 'answer' | 'standsSince'>, saidAt: Date) =>
  [answer?.againAt ?? answer?.at, standsSince].some((at) => at && at > addMs(saidAt, SECOND_END_MS))

/** What became of the last wish to move. Pure. */
export function endOf({ status, answer }: Pick<AppointmentRow, 'status' | 'answer'>): MoveWishes['endedBy'] | null {
  if (!isOn({ status })) return 'appointment_over'
  if (answer?.what === 'move') return null
  return answer ? 'comes_after_all' : 'superseded'
}

export function createAnswerDesk({ store, customers, announcer, clock, crypto }: AnswerDeps): AnswerDesk {
  const wishIn = (row: AppointmentRow): string | null =>
    row.answer?.wish ? crypto.open(WISH_FIELD, row.answer.wish) : null
  const saidAlready = (row: AppointmentRow, { what, wish }: AnswerInput): boolean =>
    row.answer?.what === what && (what === 'confirmed' || (!row.answer.isHeard && wishIn(row) === wish))
  /** A write over what was read; with what is told of it, if anything is. */
  async function write(row: AppointmentRow, set: Partial<AppointmentRow>, now: Date, tells = true) {
    const after = { ...row, ...set, updatedAt: now, revision: row.revision + 1 }
    const fields = announcer.fields(tells ? [told('answered', after, now)] : [], now)
    if (!(await store.change(row._id, row.revision, { ...set, updatedAt: now }, fields))) return LOST
    if (tells) await announcer.announce('appointments', [{ _id: row._id, pending: fields.pending }])
    return appointmentOf(after)
  }

  return {
    answer: (customerId, id, said) =>
      untilWon({ appointmentId: id }, async () => {
        const [[row], ids] = await Promise.all([store.byIds([id]), customers.idsOf(customerId)])
        if (!row || !ids.includes(row.customerId)) throw notFound('appointment_not_found', { appointmentId: id })
        const now = clock.now()
        const again = saidAlready(row, said)
        // Said again it is no further wish, however many there were.
        const refusal = refusalOf(again ? { ...row, moves: [] } : row, said, now)
        if (refusal) throw refusal
        const { what, wish, startsAt, saidAt } = said
        if (again && row.answer) {
          const { at, againAt = at } = row.answer
          // The call may be over and that not known here yet: `hearMove` then sees that the wish is younger.
          return what === 'move' && againAt < now
            ? write(row, { answer: { ...row.answer, againAt: now } }, now, false)
            : appointmentOf(row)
        }
        if (saidAt && isOvertaken(row, saidAt)) throw conflict('appointment_answered_since', { appointmentId: id })
        const set = {
          answer: {
            ...{ what, startsAt, at: saidAt ?? now },
            wish: what === 'move' && wish !== null ? crypto.seal(WISH_FIELD, wish) : null,
          },
          ...(what === 'move' ? { moves: [...(row.moves ?? []), startsAt] } : {}),
        }
        return write(row, set, now)
      }),
    async hearMove(id, n, at) {
      await untilWon({ appointmentId: id }, async () => {
        const [row] = await store.byIds([id])
        const { answer, moves = [] } = row ?? {}
        if (!row || answer?.what !== 'move' || answer.isHeard || moves.length !== n) return null
        const { againAt, ...wish } = answer
        const now = clock.now()
        return againAt && againAt > at
          ? write(row, { answer: { ...wish, at: againAt }, moves: [...moves, wish.startsAt] }, now)
          : write(row, { answer: { ...wish, isHeard: true } }, now, false)
      })
    },
    async moveWishes(id) {
      const [row] = await store.byIds([id])
      if (!row) return null
      const ended = endOf(row)
      const standing = row.answer && ended === null ? { answeredAt: row.answer.at, wish: wishIn(row) } : null
      return {
        asked: row.moves?.length ?? 0,
        standing: standing && { appointment: appointmentOf(row), ...standing },
        endedBy: ended ?? 'superseded',
      }
    },
    async wishesOf(ids) {
      const rows = await store.byIds(ids)
      return new Map(rows.flatMap((row) => (row.answer?.wish ? [[row._id, wishIn(row) ?? '']] : [])))
    },
  }
}
