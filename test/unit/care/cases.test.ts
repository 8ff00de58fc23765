/** The life of an abnormal case, as rules. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CaseRow } from '../../../src/care/cases/model.ts'
import { caseIdOf, opened, passed, type Report, reported, spoken } from '../../../src/care/cases/rules.ts'
import { decide } from '../../../src/care/rules.ts'
import { dailyOpening } from '../../../src/platform/calendar.ts'

const HOUR = 3_600_000
const shanghai = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const WINDOW = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
const REPORT: Report = {
  contactId: 'k1',
  customerId: 'c1',
  storeId: 'huayan',
  treatmentId: 't1',
  stepId: 't1.base.day1',
  byUserId: 'anna',
  state: 'abnormal',
  at: shanghai('2026-03-03 11:20'),
  isJoint: false,
}
const said = (followUp: '1' | '2' | '3' | '7' | 'resolved', at: Date) => ({
  reached: true,
  followUp,
  byUserId: 'doc',
  at,
})

describe('an abnormal case', () => {
  test('is one per treatment; told outside any treatment it is the customer’s', () => {
    expect(caseIdOf(REPORT)).toBe('t1')
    expect(caseIdOf({ ...REPORT, treatmentId: null })).toBe('c1')
  })

  test('gives the doctor 24 hours', () => {
    expect(opened(REPORT)).toMatchObject({ dueBy: shanghai('2026-03-04 11:20'), dueAt: shanghai('2026-03-04 11:20') })
  })

  test('what was seen before the doctor’s last word is kept, and opens nothing again', () => {
    const at = shanghai('2026-03-03 15:00')
    const over: CaseRow = { ...opened(REPORT), ...spoken(opened(REPORT), said('resolved', at), WINDOW) }
    const seen = (contactId: string, when: string) => ({ ...REPORT, contactId, at: shanghai(when) })
    const before = reported(over, seen('k2', '2026-03-03 14:50'), shanghai('2026-03-03 15:10'))
    expect(Object.keys(before ?? {})).toEqual(['reports'])
    expect(reported(over, seen('k3', '2026-03-03 15:20'), shanghai('2026-03-03 15:30'))).toMatchObject({
      status: 'open',
    })
  })

  test.each([
    ['1', '2026-03-04 11:00'],
    ['2', '2026-03-05 11:00'],
    ['3', '2026-03-06 11:00'],
    ['7', '2026-03-10 11:00'],
  ] as const)('after the doctor’s “%s days” the next round begins on %s', (followUp, next) => {
    const at = shanghai('2026-03-03 15:00')
    expect(spoken(opened(REPORT), said(followUp, at), WINDOW)).toMatchObject({ contactedAt: at, dueAt: shanghai(next) })
  })

  test('a joint round ends with the day’s contacts; one that begins late has a day', () => {
    const waiting: CaseRow = { ...opened(REPORT), contactedAt: REPORT.at }
    expect(passed(waiting, shanghai('2026-03-05 11:00'), WINDOW)).toMatchObject({ dueBy: shanghai('2026-03-05 20:30') })
    expect(passed(waiting, shanghai('2026-03-05 19:00'), WINDOW)).toMatchObject({ dueBy: shanghai('2026-03-06 19:00') })
  })

  test('goes up to the supervisor when it is due, to the director a day later, and then no further', () => {
    const row = opened(REPORT)
    const first = passed(row, row.dueBy, WINDOW)
    expect(first).toEqual({ escalated: 1, dueAt: shanghai('2026-03-05 11:20') })
    const second = passed({ ...row, ...first }, shanghai('2026-03-05 11:20'), WINDOW)
    expect(second).toEqual({ escalated: 2, dueAt: null })
    expect(passed({ ...row, ...second }, shanghai('2026-03-09 11:20'), WINDOW)).toBeNull()
  })

  test('still abnormal in the joint follow-up is no news; “needs a doctor” is, and so is anybody else’s finding', () => {
    const row: CaseRow = { ...opened(REPORT), contactedAt: REPORT.at, dueAt: shanghai('2026-03-10 11:00') }
    const at = shanghai('2026-03-05 11:30')
    const again = (more: Partial<Report>) => reported(row, { ...REPORT, contactId: 'k2', at, ...more }, at)
    expect(again({ isJoint: true })?.round).toBeUndefined()
    expect(again({ isJoint: true, state: 'needs_doctor' })).toMatchObject({ round: 1, contactedAt: null })
    expect(again({})).toMatchObject({ round: 1, dueBy: new Date(at.getTime() + 24 * HOUR) })
    expect(again({ contactId: 'k1' })).toBeNull()
    // While the doctor is still to call nothing more is asked of anybody.
    expect(Object.keys(reported(opened(REPORT), { ...REPORT, contactId: 'k2', at }, at) ?? {})).toEqual(['reports'])
  })
})

test('whatever happens to it, an open case is never forgotten, and no round goes up twice to the same person', () => {
  const deed = fc.oneof(
    fc.record({
      do: fc.constant('report' as const),
      n: fc.nat(4),
      isJoint: fc.boolean(),
      state: fc.constantFrom('abnormal', 'needs_doctor'),
    }),
    fc.record({
      do: fc.constant('speak' as const),
      reached: fc.boolean(),
      followUp: fc.constantFrom('1', '3', '7', 'resolved'),
    }),
    fc.record({ do: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 80 }) }),
  )
  fc.assert(
    fc.property(fc.array(deed, { maxLength: 30 }), (deeds) => {
      let row = opened(REPORT)
      let now = REPORT.at
      const raised: string[] = []
      const take = (set: Partial<CaseRow> | null) => {
        if (set?.escalated) raised.push(`${row.round} ${set.escalated}`)
        // A case that is over has no round that goes on.
        if (set?.round !== undefined) expect(set.round).toBe(row.round + 1)
        row = { ...row, ...set }
      }
      for (const one of deeds) {
        if (one.do === 'report') take(reported(row, { ...REPORT, ...one, contactId: `k${one.n}`, at: now }, now))
        if (one.do === 'speak' && row.status === 'open' && row.contactedAt === null)
          take(spoken(row, { reached: one.reached, followUp: one.followUp as '1', byUserId: 'doc', at: now }, WINDOW))
        if (one.do === 'wait') {
          const end = new Date(now.getTime() + one.hours * HOUR)
          for (let i = 0; i < 100 && row.dueAt && row.dueAt <= end; i++) take(passed(row, row.dueAt, WINDOW))
          now = end
        }
        if (row.status !== 'open') expect(row.dueAt).toBeNull()
        // Nothing more comes by itself only where the director has it already.
        else expect(row.dueAt !== null || row.escalated === 2).toBe(true)
      }
      expect(new Set(raised).size).toBe(raised.length)
    }),
    { seed: 7, numRuns: 500 },
  )
})

describe('while a case is open nothing is offered', () => {
  const step = {
    status: 'planned',
    action: 'message',
    contactClass: 'promotion',
    windowFrom: shanghai('2026-03-03 00:00'),
    windowTo: shanghai('2026-03-06 00:00'),
    calls: [],
    neverMoves: false,
  } as never
  const customer = { deceased: false, optOut: { all: false, promotion: false } } as never
  const at = (text: string, isAbnormal: boolean, over: object = {}) =>
    decide(
      Object.assign({}, step, over),
      { customer, treatment: undefined, opening: dailyOpening(), window: WINDOW, isAbnormal },
      shanghai(text),
    )

  test('an offer is held day by day, and skipped with the reason when its time is over', () => {
    expect(at('2026-03-03 11:10', false)).toEqual({ do: 'message' })
    expect(at('2026-03-03 11:10', true)).toEqual({
      do: 'wait',
      at: shanghai('2026-03-04 11:10'),
      reason: 'abnormal_case',
    })
    expect(at('2026-03-05 11:10', true)).toEqual({ do: 'end', status: 'skipped', reason: 'abnormal_case' })
  })

  test('care goes on', () => {
    expect(at('2026-03-03 11:10', true, { contactClass: 'care' })).toEqual({ do: 'message' })
  })
})
