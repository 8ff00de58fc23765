import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addDays,
  addMonths,
  atTime,
  DEFAULT_ZONE,
  dailyOpening,
  dayInterval,
  dayOf,
  daysBetween,
  holidayName,
  intersect,
  isOfficeDay,
  nextOpenDay,
  parseSpans,
  weekdayOf,
} from '../../../src/platform/calendar.ts'

const at = (text: string) => new Date(text)

describe('days and months', () => {
  test('a month is a calendar month, clamped at the month end', () => {
    expect(addMonths('2026-01-31', 1)).toBe('2026-02-28')
    expect(addMonths('2028-01-31', 1)).toBe('2028-02-29')
    expect(addMonths('2026-03-31', 6)).toBe('2026-09-30')
    expect(addMonths('2025-12-15', 1)).toBe('2026-01-15')
  })
  test('days cross month ends, leap days and year ends', () => {
    expect(addDays('2028-02-28', 1)).toBe('2028-02-29')
    expect(addDays('2026-02-28', 1)).toBe('2026-03-01')
    expect(addDays('2026-12-31', 1)).toBe('2027-01-01')
    expect(daysBetween('2026-02-27', '2026-03-02')).toBe(3)
    expect(weekdayOf('2026-03-02')).toBe('mon')
  })
  test('what is remembered cannot be spoiled, and more questions than are remembered get right answers', () => {
    atTime('2026-03-02', '11:00', DEFAULT_ZONE).setUTCFullYear(1999)
    expect(atTime('2026-03-02', '11:00', DEFAULT_ZONE)).toEqual(at('2026-03-02T03:00:00Z'))
    const start = Date.parse('2000-01-01T00:00:00Z')
    for (let i = 0; i < 21_000; i++) {
      const day = new Date(start + i * 86_400_000).toISOString().slice(0, 10)
      if (addDays('2000-01-01', i) !== day) throw new Error(`day ${i} is ${addDays('2000-01-01', i)}, not ${day}`)
    }
    expect(addDays('2000-01-01', 1)).toBe('2000-01-02')
    // Neighbouring questions are different ones.
    expect([addDays('2026-03-02', 11), addDays('2026-03-02', 1)]).toEqual(['2026-03-13', '2026-03-03'])
    expect(dayOf(at('2026-03-01T16:00:00Z'), 'UTC')).toBe('2026-03-01')
  })
  test('a day belongs to the zone of the store, not to UTC', () => {
    expect(dayOf(at('2026-03-01T16:00:00Z'), DEFAULT_ZONE)).toBe('2026-03-02')
    expect(dayOf(at('2026-03-01T15:59:59Z'), DEFAULT_ZONE)).toBe('2026-03-01')
    expect(dayInterval('2026-03-02', DEFAULT_ZONE)).toEqual({
      from: at('2026-03-01T16:00:00Z'),
      to: at('2026-03-02T16:00:00Z'),
    })
  })
  test('24:00 is the start of the next day', () => {
    expect(atTime('2026-12-31', '24:00', DEFAULT_ZONE)).toEqual(at('2026-12-31T16:00:00Z'))
  })
  test('a day with a daylight-saving gap has 23 hours', () => {
    const { from, to } = dayInterval('2026-03-08', 'America/New_York')
    expect((Number(to) - Number(from)) / 3_600_000).toBe(23)
  })
  test('every instant lies inside the interval of its own day', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000 }),
        fc.constantFrom(DEFAULT_ZONE, 'America/New_York', 'UTC', 'Asia/Kathmandu'),
        (seconds, zone) => {
          const instant = new Date(seconds * 1000)
          const { from, to } = dayInterval(dayOf(instant, zone), zone)
          expect(from <= instant && instant < to).toBe(true)
        },
      ),
    )
  })
})

describe('opening', () => {
  const opening = {
    ...dailyOpening(),
    exceptions: [
      { on: '2026-10-01', spans: [], reason: '国庆' },
      { on: '2026-10-02', spans: [], reason: '国庆' },
    ],
  }
  test('a closed day moves to the next open one; a public holiday by itself closes nothing', () => {
    expect(nextOpenDay(opening, '2026-10-01')).toBe('2026-10-03')
    expect(nextOpenDay(opening, '2026-10-03')).toBe('2026-10-03')
    expect(holidayName('2026-10-03')).not.toBeNull()
  })
  test('a store that never opens answers the day itself instead of looking for ever', () => {
    expect(nextOpenDay(dailyOpening([]), '2026-10-01')).toBe('2026-10-01')
  })
})

test('office days know public holidays and working weekends', () => {
  expect(isOfficeDay('2026-02-17')).toBe(false) // Spring Festival
  expect(isOfficeDay('2026-02-14')).toBe(true) // a Saturday worked in exchange
  expect(isOfficeDay('2026-03-07')).toBe(false) // an ordinary Saturday
  expect(isOfficeDay('2026-03-09')).toBe(true)
})

test('spans parse, intervals intersect half-open', () => {
  expect(parseSpans('11:00-12:30, 14:30-17:30')).toEqual([
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '17:30' },
  ])
  const a = { from: at('2026-01-01T00:00Z'), to: at('2026-01-02T00:00Z') }
  expect(intersect(a, { from: a.to, to: at('2026-01-03T00:00Z') })).toBeNull()
  expect(intersect(a, { from: at('2026-01-01T12:00Z'), to: at('2026-01-03T00:00Z') })).toEqual({
    from: at('2026-01-01T12:00Z'),
    to: a.to,
  })
})
