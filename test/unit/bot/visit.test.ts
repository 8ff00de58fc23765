import { expect, test } from 'vitest'
import { nextVisit } from '../../../src/assistant.ts'

const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const visit = (id: string, startsAt: string, status: 'booked' | 'moved' | 'cancelled' | 'arrived' = 'booked') => ({
  ...{ id, externalId: id, customerId: 'c', storeId: 'huayan', code: 'ipl', doctorUserId: null, movedFrom: null },
  ...{ startsAt: at(startsAt), status },
})

test('a confirmation is of the first appointment of the next three days that still comes', () => {
  const now = at('2026-03-02 11:00')
  const past = visit('past', '2026-03-02 10:00')
  const off = visit('off', '2026-03-02 13:00', 'cancelled')
  const here = visit('here', '2026-03-02 14:00', 'arrived')
  const next = visit('next', '2026-03-05 11:00', 'moved')
  const far = visit('far', '2026-03-05 11:01')
  expect(nextVisit([far, next, here, off, past], now)?.id).toBe('next')
  expect(nextVisit([next, visit('sooner', '2026-03-03 16:00')], now)?.id).toBe('sooner')
  expect(nextVisit([far, here, off, past], now)).toBeNull()
})
