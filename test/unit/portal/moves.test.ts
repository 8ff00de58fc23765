/** What the front desk is asked to do for a customer who would rather come at another time. */
import { expect, test } from 'vitest'
import { dailyOpening } from '../../../src/platform/calendar.ts'
import { moveTask } from '../../../src/portal/moves.ts'

const at = (text: string) => new Date(`${text.replace(' ', 'T')}:00+08:00`)
const store = { opening: dailyOpening([{ from: '09:30', to: '21:00' }]), timeZone: 'Asia/Shanghai' }
const appointment = (startsAt: string) => ({
  ...{ id: 'a', externalId: 'A-1', customerId: 'c', storeId: 'huayan', code: 'ipl', doctorUserId: null },
  ...{ startsAt: at(startsAt), status: 'booked' as const, movedFrom: null },
})
const task = (startsAt: string, answeredAt: string, wish: string | null = null) =>
  moveTask({ appointment: appointment(startsAt), answeredAt: at(answeredAt), wish }, store, '光子嫩肤')

test('it is a call of the front desk within two hours, with the time that stands and the wish', () => {
  const asked = task('2026-03-05 10:00', '2026-03-03 15:00', '周六下午')
  expect(asked).toMatchObject({ role: 'front_desk', preferredUserIds: [], kind: 'appointment_move', form: 'confirm' })
  expect([asked.openAt, asked.dueAt]).toEqual([at('2026-03-03 15:00'), at('2026-03-03 17:00')])
  expect(asked.facts.map(({ value }) => value)).toEqual(['光子嫩肤', '3月5日 10:00'])
  expect(asked.script).toContain('客户希望：周六下午')
  expect(task('2026-03-05 10:00', '2026-03-03 15:00').script).toContain('未填写')
})

test('asked in the night it waits for the morning, unless the appointment comes first', () => {
  expect(task('2026-03-05 10:00', '2026-03-03 23:00').openAt).toEqual(at('2026-03-04 09:30'))
  expect(task('2026-03-04 09:30', '2026-03-03 23:00').openAt).toEqual(at('2026-03-03 23:00'))
})

test('it is overdue when the appointment begins, at the latest', () => {
  expect(task('2026-03-03 16:00', '2026-03-03 15:00').dueAt).toEqual(at('2026-03-03 16:00'))
})

test('a card takes a wish of two hundred signs, cut to what it shows', () => {
  expect([...task('2026-03-05 10:00', '2026-03-03 15:00', '想'.repeat(200)).script]).toHaveLength(150)
})
