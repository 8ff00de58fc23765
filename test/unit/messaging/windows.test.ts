import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  allowedSpans,
  CONTACT_CLASSES,
  type ContactClass,
  nextAllowed,
  type WindowFacts,
} from '../../../src/messaging/index.ts'
import { timeOfDay } from '../../../src/platform/calendar.ts'

const facts: WindowFacts = {
  timeZone: 'Asia/Shanghai',
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
    { from: '19:30', to: '20:30' },
  ],
  quietHours: { from: '21:00', to: '09:00' },
  preferredTime: null,
}
const at = (time: string) => new Date(`2026-03-02T${time}:00+08:00`)
const next = (time: string, contactClass: ContactClass, more: Partial<WindowFacts> = {}) => {
  const { at: when, reason } = nextAllowed(at(time), contactClass, { ...facts, ...more })
  return { when: when.toISOString(), reason }
}
const utc = (text: string) => new Date(text).toISOString()

describe('when a contact may go out', () => {
  /** Each line: written at, goes at, why not at once. */
  const goes = (contactClass: ContactClass, lines: [string, string, string | null][]) => {
    for (const [time, when, reason] of lines)
      expect([time, next(time, contactClass)]).toEqual([time, { when: utc(when), reason }])
  }
  test('safety: at any time', () => {
    goes('safety', [
      ['03:00', '2026-03-02T03:00+08:00', null],
      ['22:30', '2026-03-02T22:30+08:00', null],
    ])
  })
  test('greeting: at once until 23:00 whatever the windows, later at 09:00 with the reason', () => {
    goes('greeting', [
      ['13:30', '2026-03-02T13:30+08:00', null],
      ['22:59', '2026-03-02T22:59+08:00', null],
      ['23:00', '2026-03-03T09:00+08:00', 'quiet_hours'],
      ['06:00', '2026-03-02T09:00+08:00', 'quiet_hours'],
    ])
  })
  test('reply: at any time, because the customer just wrote', () => {
    goes('reply', [['03:00', '2026-03-02T03:00+08:00', null]])
  })
  test('case_update: outside the quiet hours', () => {
    goes('case_update', [
      ['13:30', '2026-03-02T13:30+08:00', null],
      ['20:59', '2026-03-02T20:59+08:00', null],
      ['21:00', '2026-03-03T09:00+08:00', 'quiet_hours'],
    ])
  })
  test('care: in the windows 11:00–12:30, 14:30–17:30 and 19:30–20:30', () => {
    goes('care', [
      ['10:59', '2026-03-02T11:00+08:00', 'outside_window'],
      ['11:00', '2026-03-02T11:00+08:00', null],
      ['12:29', '2026-03-02T12:29+08:00', null],
      ['12:30', '2026-03-02T14:30+08:00', 'outside_window'],
      ['17:30', '2026-03-02T19:30+08:00', 'outside_window'],
      ['20:29', '2026-03-02T20:29+08:00', null],
      ['20:30', '2026-03-03T11:00+08:00', 'outside_window'],
    ])
  })
  test('promotion: in the windows', () => {
    goes('promotion', [
      ['12:29', '2026-03-02T12:29+08:00', null],
      ['20:30', '2026-03-03T11:00+08:00', 'outside_window'],
    ])
  })

  test('the own wish of a customer replaces the windows, and is cut by the quiet hours', () => {
    const wish = (from: string, to: string) => ({ preferredTime: { from, to } })
    expect(next('11:30', 'care', wish('18:00', '19:00')).when).toBe(utc('2026-03-02T18:00+08:00'))
    expect(next('07:00', 'care', wish('08:00', '10:00')).when).toBe(utc('2026-03-02T09:00+08:00'))
    // A wish that lies in the quiet hours can't be granted: the windows hold.
    expect(next('10:00', 'care', wish('22:00', '23:00')).when).toBe(utc('2026-03-02T11:00+08:00'))
  })

  test('quiet hours that do not run over midnight are kept as well', () => {
    const night = { quietHours: { from: '00:00', to: '07:00' } }
    expect(next('03:00', 'case_update', night)).toEqual({ when: utc('2026-03-02T07:00+08:00'), reason: 'quiet_hours' })
    expect(next('23:30', 'case_update', night).when).toBe(utc('2026-03-02T23:30+08:00'))
    const siesta = { quietHours: { from: '12:00', to: '15:00' } }
    expect(allowedSpans('care', { ...facts, ...siesta })).toEqual([
      { from: '11:00', to: '12:00' },
      { from: '15:00', to: '17:30' },
      { from: '19:30', to: '20:30' },
    ])
  })

  test('windows that all lie in the quiet hours never open the night', () => {
    const mistake = { contactWindows: [{ from: '22:00', to: '23:00' }] }
    expect(next('22:10', 'care', mistake).when).toBe(utc('2026-03-03T09:00+08:00'))
  })
})

const minutes = fc.integer({ min: 0, max: 24 * 60 - 1 })
const clockTime = minutes.map(
  (n) => `${String(Math.floor(n / 60)).padStart(2, '0')}:${String(n % 60).padStart(2, '0')}`,
)
const span = fc
  .tuple(clockTime, clockTime)
  .filter(([a, b]) => a !== b)
  .map(([a, b]) => (a < b ? { from: a, to: b } : { from: b, to: a }))
const anyFacts = fc.record({
  timeZone: fc.constantFrom('Asia/Shanghai', 'Asia/Urumqi', 'Europe/Berlin', 'America/New_York'),
  contactWindows: fc.array(span, { maxLength: 4 }),
  quietHours: fc.constantFrom(
    { from: '21:00', to: '09:00' },
    { from: '23:30', to: '06:00' },
    { from: '01:00', to: '08:00' },
  ),
  preferredTime: fc.option(span),
})
const instants = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true })

describe('for all instants, stores and wishes', () => {
  test('the answer is never earlier, has a reason exactly when it is later, and is itself allowed', () => {
    fc.assert(
      fc.property(instants, anyFacts, fc.constantFrom(...CONTACT_CLASSES), (now, some, contactClass) => {
        const { at: when, reason } = nextAllowed(now, contactClass, some)
        expect(when.getTime()).toBeGreaterThanOrEqual(now.getTime())
        expect(reason === null).toBe(when.getTime() === now.getTime())
        expect(nextAllowed(when, contactClass, some)).toEqual({ at: when, reason: null })
      }),
      { numRuns: 500 },
    )
  })

  test('care and promotion never reach anybody in the quiet hours', () => {
    fc.assert(
      fc.property(
        instants,
        anyFacts,
        fc.constantFrom('care', 'promotion', 'case_update'),
        (now, some, contactClass) => {
          const time = timeOfDay(nextAllowed(now, contactClass, some).at, some.timeZone)
          const { from, to } = some.quietHours
          expect(from < to ? time >= from && time < to : time >= from || time < to).toBe(false)
        },
      ),
      { numRuns: 500 },
    )
  })
})
