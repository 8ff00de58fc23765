import { expect, test } from 'vitest'
import { changeOf } from '../../../src/treatments/appointments.ts'

const one = new Date('2026-03-05T02:00:00Z')
const other = new Date('2026-03-06T02:00:00Z')

test.each([
  ['a new one is booked', null, { startsAt: one, status: 'booked' }, 'booked'],
  [
    'a new one that says "moved" is booked: nobody heard of the first date',
    null,
    { startsAt: one, status: 'moved' },
    'booked',
  ],
  ['cancelled before we heard of it means nothing', null, { startsAt: one, status: 'cancelled' }, null],
  ['arriving without a booking is told', null, { startsAt: one, status: 'arrived' }, 'arrived'],
  ['another time is a move', { startsAt: one, status: 'booked' }, { startsAt: other, status: 'booked' }, 'moved'],
  ['the same time is nothing', { startsAt: one, status: 'moved' }, { startsAt: one, status: 'booked' }, null],
  ['a cancellation is told', { startsAt: one, status: 'moved' }, { startsAt: one, status: 'cancelled' }, 'cancelled'],
  ['and only once', { startsAt: one, status: 'cancelled' }, { startsAt: other, status: 'cancelled' }, null],
  [
    'a cancelled one can be booked again',
    { startsAt: one, status: 'cancelled' },
    { startsAt: one, status: 'booked' },
    'booked',
  ],
] as const)('%s', (_, before, after, expected) => {
  expect(changeOf(before, after)).toBe(expected)
})
