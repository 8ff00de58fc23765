import { expect, test } from 'vitest'
import { visitToConfirm } from '../../../src/assistant.ts'
import type { AppointmentAnswer } from '../../../src/treatments/index.ts'

const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const visit = (id: string, startsAt: string, status: 'booked' | 'moved' | 'cancelled' | 'arrived' = 'booked') => ({
  ...{ id, externalId: id, customerId: 'c', storeId: 'huayan', code: 'ipl', doctorUserId: null, movedFrom: null },
  ...{ startsAt: at(startsAt), status },
})
const now = at('2026-03-02 11:00')
const answered = (id: string, startsAt: string, what: AppointmentAnswer['what'], said = '2026-03-01 10:00') => ({
  ...visit(id, startsAt),
  answer: { what, startsAt: at(startsAt), at: at(said) },
})
const chosen = (...visits: Parameters<typeof visitToConfirm>[0]) => visitToConfirm(visits, now, now)?.id ?? null

test('a confirmation is of the first appointment of the next three days that still comes', () => {
  const past = visit('past', '2026-03-02 10:00')
  const off = visit('off', '2026-03-02 13:00', 'cancelled')
  const here = visit('here', '2026-03-02 14:00', 'arrived')
  const next = visit('next', '2026-03-05 11:00', 'moved')
  const far = visit('far', '2026-03-05 11:01')
  expect(chosen(far, next, here, off, past)).toBe('next')
  expect(chosen(far, here, off, past)).toBeNull()
})

test('of several it is the one without an answer; where two have none, nobody guesses', () => {
  const open = visit('open', '2026-03-04 16:00')
  const confirmed = answered('confirmed', '2026-03-03 16:00', 'confirmed')
  const moving = answered('moving', '2026-03-03 17:00', 'move')
  expect(chosen(confirmed, open)).toBe('open')
  expect(chosen(moving, open)).toBe('open')
  expect(chosen(visit('sooner', '2026-03-03 16:00'), open)).toBeNull()
})

test('of those with an answer it is the only one, or the first of those that are confirmed', () => {
  const confirmed = answered('confirmed', '2026-03-03 16:00', 'confirmed')
  const moving = answered('moving', '2026-03-04 16:00', 'move')
  expect([chosen(confirmed), chosen(moving)]).toEqual(['confirmed', 'moving'])
  expect(chosen(answered('later', '2026-03-04 16:00', 'confirmed'), confirmed)).toBe('confirmed')
  expect(chosen(confirmed, moving)).toBeNull()
})

test('the same message once more confirms no second one', () => {
  const done = answered('done', '2026-03-04 16:00', 'confirmed', '2026-03-02 11:00')
  expect(chosen(visit('new', '2026-03-03 16:00'), done)).toBe('done')
})
