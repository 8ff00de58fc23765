/** What people decide about single steps, among all the facts that may change: whatever the order, nothing is lost and nothing comes twice. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StepRow } from '../../../src/care/model.ts'
import { wantedOf } from '../../../src/care/wanted.ts'
import { addDays, dayOf } from '../../../src/platform/calendar.ts'
import { anyChange, anyStory, anyTreatment, endOf, later, told, world, ZONE } from './world.ts'

const isDropped = ({ status, reason }: StepRow) => status === 'cancelled' && reason === 'superseded'

describe('any story of facts and hands', () => {
  test('nothing done repeats, nothing disappears, and what is not coming says why', () => {
    fc.assert(
      fc.property(anyStory, ([entry, first, story]) => {
        const w = world(entry)
        let now = endOf(entry, first)
        w.plan(first, now)
        const happened = new Map<string, StepRow>()
        for (const [hours, action] of story) {
          const before = w.rows()
          w.act(action, now)
          // Nobody gets a day back that is over.
          if (action.do === 'undo')
            for (const { _id, status } of before)
              if (status === 'planned') expect(w.row(_id).status).not.toBe('missed_before_entry')
          now = later(now, hours)
          w.pass(now)
          const rows = new Map(w.rows().map((row) => [row._id, row]))
          expect(before.filter(({ _id }) => !rows.has(_id))).toEqual([])
          for (const row of rows.values()) {
            if (happened.has(row._id)) expect(row).toEqual(happened.get(row._id))
            if (row.status === 'done') happened.set(row._id, row)
            if (row.status === 'merged') expect(['planned', 'done']).toContain(rows.get(row.mergedInto ?? '')?.status)
            else if (row.status !== 'planned' && row.status !== 'done') expect(row.reason).not.toBeNull()
          }
        }
      }),
      { numRuns: 100 },
    )
  })
  test('the same facts and decisions give the same plan: the one made fresh, and to say them again changes nothing', () => {
    fc.assert(
      fc.property(anyStory, ([entry, first, story]) => {
        const w = world(entry)
        const now = endOf(entry, first)
        w.plan(first, now)
        for (const [, action] of story) w.act(action, now)
        const fresh = w.fresh(w.facts(), now, w.pins())
        expect(told(w.rows())).toEqual(told(fresh))
        // Steps about which nobody decided are where the facts alone put them.
        const pinned = new Set(w.pins().map(({ stepId }) => stepId))
        const free = (rows: readonly StepRow[]) =>
          Object.fromEntries(
            rows.filter((row) => !pinned.has(row._id) && !isDropped(row)).map((row) => [row._id, wantedOf(row)]),
          )
        expect(free(w.rows())).toEqual(free(w.fresh(w.facts(), now)))
        const again = w.plan(w.facts(), now)
        expect([again.move, again.drop, again.add, again.ask]).toEqual([[], [], [], []])
      }),
      { numRuns: 100 },
    )
  })
  test('a step that was set by hand keeps its day whatever the facts say, as long as there is something to keep', () => {
    fc.assert(
      fc.property(
        anyTreatment,
        anyChange,
        fc.nat(40),
        fc.nat(40),
        fc.array(anyChange, { minLength: 1, maxLength: 4 }),
        (entry, first, n, days, changes) => {
          const w = world(entry)
          const now = endOf(entry, first)
          // Every day is open: a call can't be made on a closed one, whoever set it.
          w.plan({ ...first, closed: [] }, now)
          const all = w.movable()
          const row = all[n % Math.max(1, all.length)]
          const day = addDays(dayOf(now, ZONE), days)
          if (!w.move(row, day, now)) return
          const id = (row as StepRow)._id
          expect(w.row(id)).toMatchObject({ plannedOn: day, shift: 'set_by_hand' })
          for (const change of changes) {
            w.plan({ ...change, closed: [] }, now)
            const after = w.row(id)
            if (isDropped(after)) continue
            const isOver = after.anchor === 'next_session_date' && after.reason === 'superseded_by_session'
            if (isOver || after.plannedOn !== day)
              expect([after._id, after.reason]).toEqual([id, 'superseded_by_session'])
          }
        },
      ),
      { numRuns: 100 },
    )
  })
})

describe('an undo right after', () => {
  /** Everything but greetings, which go by the hour; what the change had added is cancelled by hand, so not there. */
  const shown = (rows: readonly StepRow[], ids: ReadonlySet<string>) =>
    told(rows.filter((row) => row.contactClass !== 'greeting' && ids.has(row._id)))
  const going = (rows: readonly StepRow[]) => rows.filter((row) => !isDropped(row))

  test('of other facts gives back the same steps, windows and reasons; undone itself, the change is there again', () => {
    let whole = 0
    fc.assert(
      fc.property(anyTreatment, anyChange, anyChange, (entry, first, second) => {
        const w = world(entry)
        // Closed days and wishes are no matter of the plan: they stay the same days and hours.
        const closed = first.closed.map((n) => n + first.daysOff - second.daysOff)
        const other = { ...second, closed, wish: first.wish }
        const [a, b] = [endOf(entry, first), endOf(entry, other)]
        const now = a > b ? a : b
        w.plan(first, now)
        const before = w.rows()
        w.plan(other, now)
        const changed = w.rows()
        const left = w.undo(1, now)
        if (left === null) return
        const stuck = left.filter(({ why }) => why !== 'goes_by_the_hour')
        expect(stuck.filter(({ why }) => why !== 'day_over')).toEqual([])
        if (stuck.length > 0) return
        whole += 1
        const ids = new Set(going(before).map(({ _id }) => _id))
        expect(shown(w.rows(), ids)).toEqual(shown(before, ids))
        for (const row of going(w.rows()))
          if (!ids.has(row._id)) expect(row).toMatchObject({ status: 'cancelled', reason: 'cancelled_by_hand' })
        const again = w.undo(2, now)
        expect((again ?? []).filter(({ why }) => why !== 'day_over')).toEqual([])
        // What the change had brought too late isn't brought again.
        if (again === null || again.length > 0) return
        const all = new Set(going(changed).map(({ _id }) => _id))
        expect(shown(w.rows(), all)).toEqual(shown(changed, all))
        expect(w.pins()).toEqual([])
      }),
      { numRuns: 150 },
    )
    // Most changes can be taken back as a whole: the property isn't about nothing.
    expect(whole).toBeGreaterThan(50)
  })
  test('of a hand gives back the same steps, windows and reasons', () => {
    fc.assert(
      fc.property(anyTreatment, anyChange, fc.nat(40), fc.nat(40), fc.boolean(), (entry, first, n, days, isMove) => {
        const w = world(entry)
        const now = endOf(entry, first)
        w.plan(first, now)
        const before = w.rows()
        const all = w.movable()
        const row = all[n % Math.max(1, all.length)]
        if (!(isMove ? w.move(row, addDays(dayOf(now, ZONE), days), now) : w.cancel(row, now))) return
        const left = w.undo(1, now)
        // A day that is over can't be given back: then the hand's decision stands.
        if (left === null || left.length > 0) return
        expect(told(w.rows())).toEqual(told(before))
        expect(w.pins()).toEqual([])
      }),
      { numRuns: 150 },
    )
  })
})
