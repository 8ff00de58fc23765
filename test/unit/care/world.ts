/** Any treatment, whatever may change of it, and a plan at rest as corrections and people find and leave it; pure. */
import fc from 'fast-check'
import type { HandMade, PlanChange } from '../../../src/care/changes.ts'
import { changeOf, type Diff, diffOf, openness, wantsOf } from '../../../src/care/diff.ts'
import type { StepRow } from '../../../src/care/model.ts'
import { movedTo, takenBy, undoOf, withPins } from '../../../src/care/pins.ts'
import { type PlanFacts, type PlannedStep, plan } from '../../../src/care/planner.ts'
import { rowOf } from '../../../src/care/rows.ts'
import { type HandPin, standing } from '../../../src/care/wanted.ts'
import { addDays, type Day, dayOf } from '../../../src/platform/calendar.ts'
import { closedOn, facts, kinds, pathways, WINDOW } from './clinic.ts'

export const ZONE = WINDOW.timeZone
const DAY = 86_400_000
const STORE = { id: 's', timeZone: ZONE } as never
const optional = <T>(some: fc.Arbitrary<T>) => fc.option(some, { nil: null, freq: 2 })
const dayAfter = fc.integer({ min: 1, max: 60 })

/** Everything that can still change after a treatment was entered. */
export const anyChange = fc.record({
  next: fc.oneof(dayAfter, fc.constant('none' as const), fc.constant(null)),
  sutures: fc.oneof(fc.integer({ min: 4, max: 20 }), fc.constant('none' as const), fc.constant(null)),
  stay: optional(fc.integer({ min: 1, max: 12 })),
  operations: fc.array(fc.integer({ min: 1, max: 340 }), { maxLength: 2 }),
  nextDone: optional(dayAfter),
  closed: fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 6 }),
  wish: optional(fc.constantFrom({ from: '10:00', to: '11:00' }, { from: '18:00', to: '20:00' })),
  /** The treatment itself was on another day. */
  daysOff: fc.integer({ min: -3, max: 3 }),
})
export type Change = typeof anyChange extends fc.Arbitrary<infer T> ? T : never

export const anyTreatment = fc.record({
  minutes: fc.integer({ min: 0, max: 700_000 }),
  kind: fc.constantFrom(...kinds),
  store: fc.constantFrom('hospital' as const, 'clinic' as const, 'salon' as const),
  technique: fc.nat(9),
  course: optional(fc.constantFrom([1, 3], [2, 3], [3, 3])),
  lateHours: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 400 })),
  id: fc.uuid(),
})
export type Entry = typeof anyTreatment extends fc.Arbitrary<infer T> ? T : never

export function factsOf(entry: Entry, change: Change, enteredAt?: Date): PlanFacts {
  const { minutes, kind, technique, course, lateHours, id } = entry
  const ended = new Date(Date.parse('2026-01-01T00:00:00Z') + minutes * 60_000 + change.daysOff * DAY)
  const on = dayOf(ended, ZONE)
  const day = (n: number | 'none' | null) => (typeof n === 'number' ? addDays(on, n) : n)
  const known = kind.techniques?.[technique] ?? (kind.category === 'product' ? 'skin_care' : undefined)
  const { sutures, next, stay, operations, nextDone, closed, wish } = change
  return facts(kind.code, '2026-01-01 00:00', {
    treatmentId: id,
    storeType: entry.store,
    techniques: known ? [known] : [],
    course: course ? { isFirst: course[0] === 1, isLast: course[0] === course[1] } : null,
    endedAt: ended,
    enteredAt: enteredAt ?? new Date(ended.getTime() + lateHours * 3_600_000),
    dates: {
      next_session_date: nextDone === null ? day(next) : day(nextDone),
      purchase_date: on,
      ...(sutures === null ? {} : { suture_removal_date: day(sutures) }),
    },
    stayUntil: day(stay),
    operations: operations.map((n) => addDays(on, n)).sort(),
    nextDoneOn: day(nextDone),
    opening: closedOn(...new Set(closed.map((n) => addDays(on, n)))),
    window: { ...WINDOW, preferredTime: wish },
  })
}
export const anyFacts = fc.tuple(anyTreatment, anyChange).map(([entry, change]) => factsOf(entry, change))

const HOUR = 3_600_000
/** What happens to a plan beside time: other facts, or a person's decision about the `n`th step or change. */
const anyAction = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('facts' as const), change: anyChange }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('move' as const), n: fc.nat(40), days: fc.nat(40) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), n: fc.nat(40) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('undo' as const), n: fc.nat(10) }) },
)
export type Action = typeof anyAction extends fc.Arbitrary<infer T> ? T : never
/** What was entered first, and what happens then, with the hours before each. */
export const anyStory = fc.tuple(
  anyTreatment,
  anyChange,
  fc.array(fc.tuple(fc.integer({ min: 0, max: 240 }), anyAction), { minLength: 1, maxLength: 8 }),
)

/** A plan at rest, as corrections and people find and leave it; pure. */
export function world(entry: Entry) {
  const rows = new Map<string, StepRow>()
  const changes: PlanChange[] = []
  let pins: readonly HandPin[] = []
  let facts: Change | null = null
  const subject = { id: entry.id, externalId: null, customerId: 'c' } as never
  const rowsOf = (planned: readonly PlannedStep[]) => planned.map((one) => rowOf(one, planned, subject, STORE))
  const seen = () => {
    const all = [...rows.values()]
    return { rows: all, isOpen: openness(all, []) }
  }
  function make(change: Change, now: Date, under: readonly HandPin[], days: ReadonlyMap<string, Day> = new Map()) {
    const { rows: all, isOpen } = seen()
    const open = all.filter(isOpen)
    const settled = new Set(all.filter((row) => !isOpen(row)).map(({ _id }) => _id))
    const told = open.flatMap(({ _id, status, plannedOn }) =>
      status === 'planned' && plannedOn ? [[_id, plannedOn] as const] : [],
    )
    const existing = { hosts: [], settled, days: new Map([...told, ...days]), pins: under }
    const fresh = rowsOf(plan(pathways, factsOf(entry, change, now), undefined, existing))
    return { fresh, diff: diffOf(open, fresh) }
  }
  /** Plans it anew, as `replan` does. */
  function apply(
    now: Date,
    cause: string,
    decision?: { decided: Parameters<typeof withPins>[1]; days?: Map<string, Day> },
  ) {
    const current = facts as Change
    const { pins: under, kept } = withPins(pins, decision?.decided ?? [])
    const { diff } = make(current, now, under, decision?.days)
    pins = standing(pathways, factsOf(entry, current, now), under)
    for (const row of [...diff.move.map(({ after }) => after), ...diff.add]) rows.set(row._id, row)
    for (const row of diff.drop)
      rows.set(row._id, { ...row, status: 'cancelled', reason: 'superseded', dueAt: null, mergedInto: null })
    const change = changeOf(diff, { id: cause, type: cause }, now)
    const hand = { byUserId: 'd', words: '', digest: '', pins: kept, undoes: null, left: [] }
    changes.push({ ...change, ...(decision ? { hand } : { wants: wantsOf(diff) }) })
    return diff
  }
  const idOf = () => `c${changes.length}`
  const movable = () => {
    const { rows: all, isOpen } = seen()
    return all.filter(
      (row) =>
        isOpen(row) &&
        row.status !== 'merged' &&
        row.contactClass !== 'greeting' &&
        !(row.status === 'cancelled' && row.reason === 'superseded'),
    )
  }
  return {
    rows: () => [...rows.values()],
    row: (id: string) => rows.get(id) as StepRow,
    pins: () => pins,
    changes: () => changes,
    movable,
    plan(change: Change, now: Date): Diff {
      facts = change
      return apply(now, idOf())
    },
    /** To that day, as `moveByHand` does; false where it is refused. */
    move(row: StepRow | undefined, day: Day, now: Date): boolean {
      if (!row) return false
      const decided = movedTo(row, [...rows.values()], day, idOf())
      const { fresh } = make(facts as Change, now, withPins(pins, decided).pins)
      const made = fresh.find(({ _id }) => _id === row._id)
      if (!made || !['planned', 'merged'].includes(made.status) || made.plannedOn !== day) return false
      apply(now, idOf(), { decided })
      return true
    },
    cancel(row: StepRow | undefined, now: Date): boolean {
      if (row) apply(now, idOf(), { decided: takenBy(row, [...rows.values()], idOf()) })
      return row !== undefined
    },
    /** As `undoChange` does; null where nothing can be put back. */
    undo(n: number, now: Date): HandMade['left'] | null {
      const target = changes[n]
      if (!target) return null
      const planned = (under: readonly HandPin[]) => make(facts as Change, now, under).fresh
      const { decided, left, days } = undoOf(target, pins, seen(), planned, idOf())
      if (decided.length === 0) return null
      apply(now, idOf(), { decided, days })
      return left
    },
    act(action: Action, now: Date): void {
      if (action.do === 'facts') this.plan(action.change, now)
      else if (action.do === 'undo') this.undo(action.n % Math.max(1, changes.length), now)
      else {
        const all = movable()
        const row = all[action.n % Math.max(1, all.length)]
        if (action.do === 'cancel') this.cancel(row, now)
        else this.move(row, addDays(dayOf(now, ZONE), action.days), now)
      }
    },
    /** What is due by then happens, with what rides on it. */
    pass(now: Date): void {
      for (const row of rows.values())
        if (row.status === 'planned' && row.dueAt && row.dueAt <= now)
          rows.set(row._id, { ...row, status: 'done', dueAt: null })
    },
    facts: () => facts as Change,
    fresh: (change: Change, now: Date, under: readonly HandPin[] = []) =>
      rowsOf(plan(pathways, factsOf(entry, change, now), undefined, { ...NOTHING, pins: under })),
  }
}
const NOTHING = { hosts: [], settled: new Set<string>(), days: new Map<string, Day>() }
/** Steps, windows and reasons, as two plans are held against each other; the picked day may differ. */
export const told = (rows: readonly StepRow[]) =>
  Object.fromEntries(
    rows
      .filter(({ status, reason }) => !(status === 'cancelled' && reason === 'superseded'))
      .map(({ _id, kind, status, reason, windowFrom, windowTo, mergedInto, action, shift }) => [
        _id,
        // What rides along rides on whatever is picked for its day: the pick may differ, so may the carrier.
        (kind === 'guidance' || kind === 'survey') && (status === 'planned' || status === 'merged')
          ? 'promised'
          : { status, reason, windowFrom, windowTo, mergedInto, action, shift },
      ]),
  )
export const later = (at: Date, hours: number) => new Date(at.getTime() + hours * HOUR)
export const anyMoves = fc.array(fc.tuple(anyChange, fc.integer({ min: 0, max: 240 })), { minLength: 1, maxLength: 5 })
export const endOf = (entry: Entry, change: Change) => factsOf(entry, change).enteredAt
