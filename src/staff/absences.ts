/** Absences: entered at any time, told to the other rooms when they begin and end, so that nobody who is away has work. */
import { atTime, type Day, DEFAULT_ZONE } from '../platform/calendar.ts'
import { type DueRow, FREE_CLAIM, type RowResult } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import { due } from '../platform/due.ts'
import { conflict, invalid, notFound } from '../platform/errors.ts'
import type { DomainEvent, Events } from '../platform/events.ts'
import { LOST, untilWon } from '../platform/races.ts'
import type { Random } from '../platform/random.ts'
import type { PageRequest } from '../platform/views.ts'
import type { AbsenceRow, StaffStore } from './model.ts'
import type { Absence, Store } from './types.ts'

export interface AbsencesDeps {
  store: StaffStore
  clock: Clock
  random: Random
  events: Pick<Events, 'publishMany'>
  nudge: (table: string) => void
  leaseMs: number
  stores(ids: readonly string[]): Promise<Map<string, Store>>
}

/** Instants, or whole days in the zone of the person's store, the last one included. */
export interface AbsenceInput extends Pick<Absence, 'reason' | 'delegateUserId'> {
  from: Date | Day
  to: Date | Day
}

export interface Absences {
  /**
   * Writes an absence by the clinic's own number; saying the same again changes nothing.
   *
   * @throws AppError not_found/staff_not_found: the person or the delegate is unknown
   * @throws AppError conflict/absence_overlaps: another absence of the person covers part of the time
   * @throws AppError invalid/invalid_request: it ends before it begins, or people stand in for themselves
   */
  put(userId: string, absenceId: string, input: AbsenceInput): Promise<AbsenceRow>
  /** Takes it back, also while it runs: the person is there again. Safe to repeat. @throws AppError not_found/absence_not_found */
  remove(userId: string, absenceId: string): Promise<AbsenceRow>
  /** Of one person, by number; those taken back are left out. @throws AppError not_found/staff_not_found */
  page(userId: string, request: PageRequest): Promise<AbsenceRow[]>
}

const TABLE = 'staff_absences'
const BATCH = 50
const keyOf = (userId: string, absenceId: string): string => `${userId}:${absenceId}`

export function createAbsences(deps: AbsencesDeps) {
  const { store, clock, random, events, nudge, leaseMs } = deps

  async function known(userId: string, field: string) {
    const [row] = await store.staffByIds([userId])
    if (!row) throw notFound('staff_not_found', { [field]: userId })
    return row
  }

  async function spanOf({ from, to }: AbsenceInput, storeIds: readonly string[]): Promise<{ from: Date; to: Date }> {
    const place = (await deps.stores(storeIds.slice(0, 1))).get(storeIds[0] ?? '')
    const zone = place?.timeZone ?? DEFAULT_ZONE
    return {
      from: typeof from === 'string' ? atTime(from, '00:00', zone) : from,
      to: typeof to === 'string' ? atTime(to, '24:00', zone) : to,
    }
  }

  /** Writes a new state, which the drain then acts upon; whoever drains the old one in this moment writes nothing over it. */
  async function change(before: AbsenceRow, set: Partial<AbsenceRow>): Promise<AbsenceRow | null> {
    const now = clock.now()
    const after = { ...before, ...set, revision: before.revision + 1, updatedAt: now, dueAt: now, claim: FREE_CLAIM }
    if (!(await store.changeAbsence(before, after))) return null
    nudge(TABLE)
    return after
  }

  const absences: Absences = {
    async put(person, absenceId, input) {
      const userId = person.toLowerCase()
      const delegateUserId = input.delegateUserId?.toLowerCase() ?? null
      const { storeIds } = await known(userId, 'userId')
      if (delegateUserId === userId) throw invalid('invalid_request', { field: 'delegateUserId' })
      if (delegateUserId !== null) await known(delegateUserId, 'delegateUserId')
      const { from, to } = await spanOf(input, storeIds)
      if (from >= to) throw invalid('invalid_request', { field: 'to', reason: 'must end after it begins' })
      const _id = keyOf(userId, absenceId)
      const facts = { from, to, reason: input.reason, delegateUserId, isCancelled: false }
      return untilWon({ absenceId }, async () => {
        const meanwhile = await store.absencesWithin(userId, from, to)
        if (meanwhile.some((row) => row._id !== _id)) throw conflict('absence_overlaps', { userId, absenceId })
        const now = clock.now()
        const row: AbsenceRow = {
          _id,
          userId,
          absenceId,
          ...facts,
          revision: 0,
          updatedAt: now,
          ...WAITING,
          dueAt: now,
        }
        const isNew = (await store.insertAbsences([row])) > 0
        const before = isNew ? null : await store.absence(_id)
        if (!isNew && !before) return LOST
        if (before && isSame(before, facts)) return before
        const written = before ? await change(before, facts) : row
        if (!written) return LOST
        nudge(TABLE)
        // Two that were entered at once have not seen each other: whoever sees the other now steps back. Where both do, both
        // are refused, and a repeat says which of them stands.
        if (!(await store.absencesWithin(userId, from, to)).some((one) => one._id !== _id)) return written
        await change(written, before ? factsOf(before) : { isCancelled: true })
        throw conflict('absence_overlaps', { userId, absenceId })
      })
    },
    async remove(person, absenceId) {
      const _id = keyOf(person.toLowerCase(), absenceId)
      return untilWon({ absenceId }, async () => {
        const before = await store.absence(_id)
        if (!before) throw notFound('absence_not_found', { absenceId })
        return before.isCancelled ? before : ((await change(before, { isCancelled: true })) ?? LOST)
      })
    },
    async page(person, request) {
      const userId = person.toLowerCase()
      await known(userId, 'userId')
      return store.pageOfAbsences(userId, request)
    },
  }

  return {
    absences,
    due: due({
      table: TABLE,
      nextDueAt: () => store.nextAbsenceDueAt(),
      whole: true,
      async drain(now) {
        const counts = { absences: 0 }
        for (;;) {
          const token = random.id()
          const rows = await store.claimAbsences({ now, wall: clock.wall(), limit: BATCH, leaseMs, token })
          if (rows.length === 0) return counts
          const turns = rows.map((row) => turnOf(row, now))
          // Told before it is written: whoever dies in between tells the same again.
          await events.publishMany(turns.flatMap(({ tell }) => tell))
          await store.finishAbsences(turns.map(({ result }) => result))
          counts.absences += rows.length
          if (rows.length < BATCH) return counts
        }
      },
    }),
  }
}

const WAITING: Pick<DueRow, 'claim' | 'attempt'> = { claim: FREE_CLAIM, attempt: 0 }

const factsOf = ({ from, to, reason, delegateUserId, isCancelled }: AbsenceRow) => ({
  from,
  to,
  reason,
  delegateUserId,
  isCancelled,
})

const isSame = (row: AbsenceRow, facts: Omit<Absence, 'userId'> & { isCancelled: boolean }): boolean =>
  Number(row.from) === Number(facts.from) &&
  Number(row.to) === Number(facts.to) &&
  row.reason === facts.reason &&
  row.delegateUserId === facts.delegateUserId &&
  row.isCancelled === facts.isCancelled

/** What an absence means now, and when it means something else. Pure. */
export function turnOf(row: AbsenceRow, now: Date): { tell: DomainEvent[]; result: RowResult } {
  const { _id, claim, userId, from, to, revision, isCancelled } = row
  const isAhead = !isCancelled && now < from
  const isAway = !isCancelled && !isAhead && now < to
  const tell = (type: 'staff.absent' | 'staff.available', when = ''): DomainEvent => ({
    id: `${type}:${_id}:${revision}${when}`,
    type,
    occurredAt: now,
    data: { userId },
  })
  if (isAhead)
    // Put off while it ran: the person is there until then. Its end is another event.
    return {
      tell: revision > 0 ? [tell('staff.available', ':ahead')] : [],
      result: { _id, claim, set: { dueAt: from } },
    }
  if (isAway) return { tell: [tell('staff.absent')], result: { _id, claim, set: { dueAt: to } } }
  return { tell: [tell('staff.available')], result: { _id, claim, set: { dueAt: null } } }
}
