/** What a step does when its hour comes, and the ladder of calls that nobody takes: literal times in Shanghai. */
import { describe, expect, test } from 'vitest'
import type { DueStep } from '../../../src/care/model.ts'
import { callTimes, decide, type FiringFacts, nextAttempt } from '../../../src/care/rules.ts'
import { dailyOpening } from '../../../src/platform/calendar.ts'

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
/** `03-03 11:20` of 2026. */
const at = (text: string) => new Date(`2026-${text.replace(' ', 'T')}:00+08:00`)
const clinic = (date: Date) => new Date(date.getTime() + 8 * 3_600_000).toISOString().slice(5, 16).replace('T', ' ')
const closedOn = (...days: string[]) => ({
  ...dailyOpening(),
  exceptions: days.map((on) => ({ on, spans: [], reason: '台风' })),
})
const customer = { deceased: false, optOut: { all: false, promotion: false } } as FiringFacts['customer']
const facts = (more: Partial<FiringFacts> = {}): FiringFacts => ({
  customer,
  treatment: { status: 'completed' },
  opening: dailyOpening(),
  window: WINDOW,
  ...more,
})
const step = (more: Partial<DueStep> = {}) =>
  ({
    status: 'planned',
    action: 'message',
    contactClass: 'care',
    neverMoves: false,
    windowFrom: at('03-03 00:00'),
    windowTo: at('03-04 00:00'),
    calls: [],
    ...more,
  }) as DueStep
const call = (more: Partial<DueStep> = {}) => step({ action: 'call', ...more })
const wish = (from: string, to: string) => facts({ window: { ...WINDOW, preferredTime: { from, to } } })

describe('a step whose hour has come', () => {
  test('goes inside the windows and waits outside them', () => {
    expect(decide(step(), facts(), at('03-03 11:20'))).toEqual({ do: 'message' })
    expect(decide(step(), facts(), at('03-03 13:00'))).toEqual({
      do: 'wait',
      at: at('03-03 14:30'),
      reason: 'outside_window',
    })
  })
  test('is missed with its reason when nothing of its window is left, and never sent after it', () => {
    expect(decide(step(), facts(), at('03-03 20:40'))).toMatchObject({ do: 'end', status: 'missed' })
    expect(decide(step(), facts(), at('03-04 11:20'))).toEqual({ do: 'end', status: 'missed', reason: 'late' })
  })
  test('keeps the customer’s own time; a time that is over gives way rather than the contact', () => {
    expect(decide(step(), wish('18:00', '20:00'), at('03-03 11:20'))).toMatchObject({ at: at('03-03 18:00') })
    expect(decide(step(), wish('10:00', '11:00'), at('03-03 11:20'))).toEqual({ do: 'message' })
    expect(decide(step(), wish('10:00', '11:00'), at('03-03 13:00'))).toMatchObject({ at: at('03-03 14:30') })
  })
  test('is skipped for who has died, wants nothing, or was not treated after all; a call whose card is out as well', () => {
    const stops: [Partial<FiringFacts>, string][] = [
      [{ customer: { ...customer, deceased: true } as FiringFacts['customer'] }, 'deceased'],
      [{ customer: { ...customer, optOut: { all: true, promotion: true } } as FiringFacts['customer'] }, 'opted_out'],
      [{ treatment: { status: 'cancelled' } }, 'treatment_cancelled'],
    ]
    for (const [stop, reason] of stops)
      for (const status of ['planned', 'calling'] as const)
        expect(decide(call({ status }), facts(stop), at('03-03 11:20'))).toEqual({
          do: 'end',
          status: 'skipped',
          reason,
        })
  })
  test('that opted out of promotion only is still cared for', () => {
    const promotion = { ...customer, optOut: { all: false, promotion: true } } as FiringFacts['customer']
    expect(decide(step(), facts({ customer: promotion }), at('03-03 11:20'))).toEqual({ do: 'message' })
  })
})

describe('a greeting', () => {
  const greeting = (from: string, to: string) =>
    step({ contactClass: 'greeting', windowFrom: at(from), windowTo: at(to) })
  test('goes until 23:00 whatever the windows, later in the morning', () => {
    expect(decide(greeting('03-03 22:30', '03-04 00:30'), facts(), at('03-03 22:59'))).toEqual({ do: 'message' })
    expect(decide(greeting('03-03 22:30', '03-04 00:30'), facts(), at('03-03 23:00'))).toEqual({
      do: 'wait',
      at: at('03-04 09:00'),
      reason: 'quiet_hours',
    })
    expect(decide(greeting('03-03 22:30', '03-04 00:30'), facts(), at('03-04 09:00'))).toEqual({ do: 'message' })
    expect(decide(greeting('03-03 22:30', '03-04 00:30'), facts(), at('03-04 11:00'))).toMatchObject({ reason: 'late' })
  })
  test('of the afternoon is late after its two hours', () => {
    expect(decide(greeting('03-03 15:00', '03-03 17:00'), facts(), at('03-03 17:00'))).toMatchObject({ reason: 'late' })
  })
})

describe('a call', () => {
  test('opens its card ten minutes after the message and is due by the end of the day’s windows', () => {
    expect(decide(call(), facts(), at('03-03 11:20'))).toEqual({
      do: 'call',
      openAt: at('03-03 11:30'),
      overdueAt: at('03-03 20:30'),
    })
  })
  test('has half an hour also where the customer’s own time ends the day', () => {
    const late = { ...WINDOW, preferredTime: { from: '20:30', to: '21:00' } }
    expect(callTimes(at('03-03 20:35'), late)).toEqual({ openAt: at('03-03 20:45'), overdueAt: at('03-03 21:05') })
  })
  test('moves when the store closes after the planning, window included; a day-1 call does not', () => {
    const closed = facts({ opening: closedOn('2026-03-03', '2026-03-04') })
    expect(decide(call(), closed, at('03-03 11:20'))).toEqual({
      do: 'wait',
      at: at('03-05 11:00'),
      reason: 'store_closed',
      window: { from: at('03-05 00:00'), to: at('03-06 00:00') },
    })
    expect(decide(call({ windowTo: at('03-10 00:00') }), closed, at('03-03 11:20'))).toEqual({
      do: 'wait',
      at: at('03-05 11:00'),
      reason: 'store_closed',
    })
    expect(decide(call({ neverMoves: true }), closed, at('03-03 11:20'))).toMatchObject({ do: 'call' })
    expect(decide(step(), closed, at('03-03 11:20'))).toEqual({ do: 'message' })
  })
  test('that nobody made is carried over inside its window and then missed', () => {
    const open = call({ status: 'calling', windowTo: at('03-05 00:00') })
    expect(decide(open, facts(), at('03-03 20:30'))).toEqual({
      do: 'wait',
      at: at('03-04 20:30'),
      reason: 'carried_over',
    })
    expect(decide(open, facts(), at('03-04 20:30'))).toEqual({
      do: 'wait',
      at: at('03-05 00:00'),
      reason: 'staff_overdue',
    })
    expect(decide(open, facts(), at('03-05 00:00'))).toEqual({ do: 'end', status: 'missed', reason: 'staff_overdue' })
  })
  test('with a recorded attempt counts as done for the day', () => {
    const tried = call({ status: 'calling', calls: [{ byUserId: 'a', at: at('03-03 11:35'), reached: false }] })
    expect(decide(tried, facts(), at('03-03 20:30'))).toEqual({ do: 'end', status: 'done', reason: 'not_reached' })
  })
})

describe('a call that nobody takes', () => {
  const ladder = (missed: string[], { opening = dailyOpening(), window = WINDOW } = {}) => {
    const times = missed.map(at)
    const next = nextAttempt(times, times.at(-1) ?? at('03-03 11:35'), window as typeof WINDOW, opening)
    return next.kind === 'again' ? [clinic(next.openAt), clinic(next.overdueAt)] : next.kind
  }
  test('is tried twice on the due day in different windows, then once on each of the next two open days', () => {
    expect(ladder(['03-03 11:35'])).toEqual(['03-03 14:40', '03-03 20:30'])
    expect(ladder(['03-03 11:35', '03-03 14:50'])).toEqual(['03-04 19:40', '03-04 20:30'])
    expect(ladder(['03-03 11:35', '03-03 14:50', '03-04 19:50'])).toEqual(['03-05 11:10', '03-05 20:30'])
    expect(ladder(['03-03 11:35', '03-03 14:50', '03-04 19:50', '03-05 11:20'])).toBe('unreachable')
  })
  test('in the last window of the day has only that one try, and still two days more', () => {
    expect(ladder(['03-03 19:45'])).toEqual(['03-04 11:10', '03-04 20:30'])
    expect(ladder(['03-03 19:45', '03-04 11:20'])).toEqual(['03-05 14:40', '03-05 20:30'])
    expect(ladder(['03-03 19:45', '03-04 11:20', '03-05 14:50'])).toBe('unreachable')
  })
  test('skips closed days', () => {
    const opening = closedOn('2026-03-04', '2026-03-05')
    expect(ladder(['03-03 11:35', '03-03 14:50'], { opening })).toEqual(['03-06 19:40', '03-06 20:30'])
  })
  test('keeps to the customer’s own time, one call a day', () => {
    const window = { ...WINDOW, preferredTime: { from: '18:00', to: '19:00' } } as never
    expect(ladder(['03-03 18:15'], { window })).toEqual(['03-04 18:10', '03-04 19:00'])
  })
})
