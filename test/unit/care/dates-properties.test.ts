/** What holds for any plan, whatever the facts: every treatment, technique, course, stay, further operation, closed day and wish. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fullness } from '../../../src/care/load.ts'
import type { StepRow } from '../../../src/care/model.ts'
import { applies } from '../../../src/care/pathway.ts'
import { plan } from '../../../src/care/planner.ts'
import { addDays, dayOf, spansOn } from '../../../src/platform/calendar.ts'
import { facts, kinds, pathways, WINDOW } from './clinic.ts'
import { anyFacts, anyMoves, anyTreatment, type Change, endOf, told, world, ZONE } from './world.ts'

const anyLoad = fc.func(fc.nat(5)).map((load) => (role: string, day: string) => load(role, day))
const clinicTime = (at: Date) => new Date(at.getTime() + 8 * 3_600_000).toISOString().slice(11, 16)
const within = (time: string, spans: readonly { from: string; to: string }[]) =>
  spans.some(({ from, to }) => time >= from && time < to)

describe('any plan', () => {
  test('the same facts give the same plan', () => {
    fc.assert(
      fc.property(anyFacts, anyLoad, (input, load) => {
        expect(plan(pathways, input, load)).toEqual(plan(pathways, { ...input }, load))
      }),
    )
  })
  test('no contact comes at an instant that its class forbids, or outside its window, or before it was known', () => {
    fc.assert(
      fc.property(anyFacts, (input) => {
        for (const { status, dueAt, windowFrom, windowTo, step, action, plannedOn } of plan(pathways, input)) {
          if (status !== 'planned') continue
          if (!dueAt || !windowFrom || !windowTo || !plannedOn) throw new Error('planned without a time')
          expect(dueAt >= windowFrom && dueAt >= input.enteredAt).toBe(true)
          const time = clinicTime(dueAt)
          if (step.class === 'greeting') {
            expect(within(time, [{ from: '09:00', to: '23:00' }])).toBe(true)
            continue
          }
          expect(dueAt < windowTo).toBe(true)
          const { preferredTime } = input.window
          expect(within(time, preferredTime ? [...WINDOW.contactWindows, preferredTime] : WINDOW.contactWindows)).toBe(
            true,
          )
          if (action === 'call' && !step.neverMoves) expect(spansOn(input.opening, plannedOn)).not.toEqual([])
        }
      }),
      { numRuns: 200 },
    )
  })
  test('two owners of one day never come together', () => {
    fc.assert(
      fc.property(anyFacts, (input) => {
        const times = new Map<number, string>()
        for (const { status, dueAt, ownerRole, step } of plan(pathways, input)) {
          if (status !== 'planned' || !dueAt || step.class === 'greeting' || step.kind === 'reminder') continue
          expect(times.get(Number(dueAt)) ?? ownerRole).toBe(ownerRole)
          times.set(Number(dueAt), ownerRole)
        }
      }),
    )
  })
  test('nothing disappears without a reason: every step is there once, and what is not planned says why', () => {
    fc.assert(
      fc.property(anyFacts, (input) => {
        const planned = plan(pathways, input)
        const has = (wanted: readonly string[] | undefined, one: string) => !wanted || wanted.includes(one)
        const expected = pathways
          .filter(
            ({ matches: { codes, categories, notCategories, storeTypes, course, appointments, consultations } }) =>
              has(codes, input.code) &&
              has(categories, input.category) &&
              !notCategories?.includes(input.category) &&
              has(storeTypes, input.storeType) &&
              (!course || input.course) &&
              !appointments &&
              !consultations,
          )
          .flatMap((pathway) => {
            const sutures = input.dates?.suture_removal_date ?? input.sutureDay ?? pathway.operation?.sutureDay
            const none = {
              suture_removal_date: sutures === 'none',
              next_session_date: input.dates?.next_session_date === 'none',
            }
            return pathway.steps
              .filter((step) => applies(step, input) && !(step.anchor && none[step.anchor as keyof typeof none]))
              .map((step) => `${input.treatmentId}.${pathway.id}.${step.id}`)
          })
        expect(planned.map(({ id }) => id)).toEqual(expected.sort())
        const byId = new Map(planned.map((step) => [step.id, step]))
        for (const { status, reason, mergedInto, dueAt } of planned) {
          if (status === 'merged') expect(byId.get(mergedInto ?? '')?.status).toBe('planned')
          if (status !== 'planned') expect([reason === null, dueAt]).toEqual([false, null])
        }
      }),
      { numRuns: 200 },
    )
  })
  test('levelling never moves a step out of its window', () => {
    const anyStaffing = fc.func(fc.tuple(fc.nat(4), fc.nat(4)))
    fc.assert(
      fc.property(anyFacts, anyLoad, anyStaffing, (input, calls, staffing) => {
        const load = (role: string, day: string) => {
          const [present, away] = staffing(role, day)
          return fullness(calls(role, day), { all: present + away, present })
        }
        const level = new Map(plan(pathways, input).map((step) => [step.id, step]))
        for (const { id, status, windowFrom, windowTo, plannedOn, step } of plan(pathways, input, load)) {
          if (status !== 'planned' || step.kind !== 'contact' || !windowFrom || !windowTo || !plannedOn) continue
          expect([windowFrom, windowTo]).toEqual([level.get(id)?.windowFrom, level.get(id)?.windowTo])
          const [from, to] = [dayOf(windowFrom, ZONE), dayOf(new Date(windowTo.getTime() - 1), ZONE)]
          expect(plannedOn >= from && plannedOn <= to).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('any sequence of moves', () => {
  test('nothing done repeats: whatever moves, a step that has happened stays as it is', () => {
    fc.assert(
      fc.property(anyTreatment, anyMoves, (entry, moves) => {
        const w = world(entry)
        let now = endOf(entry, moves[0]?.[0] as Change)
        const happened = new Map<string, StepRow>()
        for (const [change, hours] of moves) {
          w.plan(change, now)
          now = new Date(now.getTime() + hours * 3_600_000)
          w.pass(now)
          for (const row of w.rows()) {
            if (happened.has(row._id)) expect(row).toEqual(happened.get(row._id))
            if (row.status === 'done') happened.set(row._id, row)
          }
        }
      }),
      { numRuns: 150 },
    )
  })
  test('ends in the plan that the final facts alone give: the same steps, windows and reasons', () => {
    fc.assert(
      fc.property(anyTreatment, anyMoves, (entry, moves) => {
        const w = world(entry)
        const last = (moves.at(-1) as [Change, number])[0]
        const now = endOf(entry, last)
        for (const [change] of moves) w.plan(change, now)
        expect(told(w.rows())).toEqual(told(w.fresh(last, now)))
      }),
      { numRuns: 200 },
    )
  })
  test('the difference says everything: keep, move and drop are what was there, and to say the same again changes nothing', () => {
    fc.assert(
      fc.property(anyTreatment, anyMoves, (entry, moves) => {
        const w = world(entry)
        const now = endOf(entry, moves[0]?.[0] as Change)
        for (const [change] of moves) {
          const before = w.rows().filter(({ status, reason }) => !(status === 'cancelled' && reason === 'superseded'))
          const { keep, move, drop } = w.plan(change, now)
          const named = new Set([...keep, ...move.map((pair) => pair.before), ...drop].map(({ _id }) => _id))
          expect(before.filter(({ _id }) => !named.has(_id))).toEqual([])
          const again = w.plan(change, now)
          expect([again.move, again.drop, again.add, again.ask]).toEqual([[], [], [], []])
        }
      }),
      { numRuns: 150 },
    )
  })
})

describe('any further operation within a year', () => {
  const operations = kinds.filter(({ category }) => category === 'surgery' || category === 'hair_transplant')
  const anyPair = fc.record({
    first: fc.constantFrom(...operations),
    second: fc.constantFrom(...operations),
    gap: fc.integer({ min: 1, max: 364 }),
    technique: fc.constantFrom('fut', 'fue'),
  })
  test('loses nothing, and what both plans would say on one day is one contact', () => {
    fc.assert(
      fc.property(anyPair, ({ first, second, gap, technique }) => {
        const on = addDays('2026-03-02', gap)
        const of = (code: string, day: string, id: string) =>
          facts(code, `${day} 15:00`, {
            treatmentId: id,
            storeType: 'hospital',
            techniques: code === 'hair_transplant' ? [technique] : [],
            dates: { next_session_date: 'none' },
          })
        const later = plan(pathways, of(second.code, on, 't2'))
        const hosts = later.flatMap(({ id, step, status, ownerRole, kind, action, plannedOn }) =>
          status === 'planned' && plannedOn && step.class !== 'greeting'
            ? [{ id, step: step.id, ownerRole, kind, action, plannedOn, isFollowed: true }]
            : [],
        )
        const input = of(first.code, '2026-03-02', 't1')
        const alone = plan(pathways, input)
        const planned = plan(pathways, { ...input, operations: [on] }, undefined, {
          hosts,
          settled: new Set(),
          days: new Map(),
        })
        expect(planned.map(({ id }) => id)).toEqual(alone.map(({ id }) => id))
        const going = new Set([...planned, ...later].flatMap(({ id, status }) => (status === 'planned' ? [id] : [])))
        for (const { status, mergedInto, shift, ownerRole, kind, action, plannedOn, windowFrom } of planned) {
          if (status === 'merged') expect(going.has(mergedInto ?? '')).toBe(true)
          if (shift !== 'further_operation') continue
          // It follows the new operation, and never goes beside what that one's own plan says to the customer.
          expect(windowFrom && dayOf(windowFrom, ZONE) > on).toBe(true)
          if (status !== 'planned' || kind !== 'contact') continue
          const beside = hosts.filter(
            (host) =>
              host.kind === 'contact' &&
              host.ownerRole === ownerRole &&
              host.plannedOn === plannedOn &&
              (host.action === 'call' || action === 'message'),
          )
          expect(beside).toEqual([])
        }
      }),
      { numRuns: 150 },
    )
  })
})
