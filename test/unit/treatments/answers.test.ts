/** When a customer's answer to an appointment can be taken, and what ends it. */
import { describe, expect, test } from 'vitest'
import { endOf, isOvertaken, refusalOf } from '../../../src/treatments/answers.ts'
import { answerAfter } from '../../../src/treatments/appointments.ts'

const startsAt = new Date('2026-03-05T02:00:00Z')
const elsewhen = new Date('2026-03-06T02:00:00Z')
const before = new Date('2026-03-04T02:00:00Z')
const row = { _id: 'a', startsAt, status: 'booked' as const }
const move = { what: 'move' as const, wish: null, startsAt }
const confirmed = { what: 'confirmed' as const, wish: null, startsAt }
const times = (n: number, at: Date) => Array.from({ length: n }, () => at)

describe('an answer', () => {
  test.each([
    ['is taken before it begins', row, move, before, undefined],
    ['is taken of one that was moved', { ...row, status: 'moved' as const }, confirmed, before, undefined],
    ['comes too late when it begins', row, confirmed, startsAt, 'appointment_over'],
    ['is of no use once it is cancelled', { ...row, status: 'cancelled' as const }, move, before, 'appointment_over'],
    [
      'is of no use once the customer is there',
      { ...row, status: 'arrived' as const },
      move,
      before,
      'appointment_over',
    ],
    ['is not for another time', row, { ...confirmed, startsAt: elsewhen }, before, 'appointment_moved'],
    ['asks five times for another time', { ...row, moves: times(4, startsAt) }, move, before, undefined],
    ['asks no sixth time', { ...row, moves: times(5, startsAt) }, move, before, 'appointment_asked_often'],
    ['may confirm all the same', { ...row, moves: times(5, startsAt) }, confirmed, before, undefined],
    ['counts for the time that stands', { ...row, moves: times(5, elsewhen) }, move, before, undefined],
  ])('%s', (_, facts, said, now, code) => {
    expect(refusalOf(facts, said, now)?.code).toBe(code)
  })

  test('goes with the time that it was given for, and with a cancellation only when it is booked again', () => {
    const left = (change: Parameters<typeof answerAfter>[1]) => answerAfter('said', change)
    expect([left(null), left('moved'), left('booked'), left('cancelled'), left('arrived')]).toEqual([
      'said',
      null,
      null,
      'said',
      'said',
    ])
  })
})

test('a wish to move stands until it is taken back, or the appointment is moved or over', () => {
  const answered = (what: 'move' | 'confirmed') => ({ what, startsAt, at: before, wish: null })
  expect(endOf({ status: 'booked', answer: answered('move') })).toBeNull()
  expect(endOf({ status: 'booked', answer: answered('confirmed') })).toBe('comes_after_all')
  expect(endOf({ status: 'moved', answer: null })).toBe('superseded')
  expect(endOf({ status: 'cancelled', answer: answered('move') })).toBe('appointment_over')
})

test('what was said before the last answer, or before the time itself, is overtaken', () => {
  const saidAt = new Date('2026-03-04T02:00:00Z')
  const later = (ms: number) => new Date(Number(saidAt) + ms)
  const answer = (at: Date, againAt?: Date) => ({
    answer: { what: 'move' as const, startsAt, at, wish: null, ...(againAt ? { againAt } : {}) },
  })
  expect([{}, { answer: null }, answer(later(0)), answer(later(-1))].map((one) => isOvertaken(one, saidAt))).toEqual([
    ...[false, false, false, false],
  ])
  // Chats tell whole seconds.
  expect([999, 1_000].map((ms) => isOvertaken(answer(later(ms)), saidAt))).toEqual([false, true])
  expect([999, 1_000].map((ms) => isOvertaken({ standsSince: later(ms) }, saidAt))).toEqual([false, true])
  expect(isOvertaken(answer(later(-5_000), later(1_000)), saidAt)).toBe(true)
})
