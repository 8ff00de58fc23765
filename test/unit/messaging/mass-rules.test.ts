import { describe, expect, test } from 'vitest'
import {
  ConfirmingFile,
  confirmUntil,
  isToRemind,
  lookAgainAt,
  mayBeConfirmed,
  memberFor,
} from '../../../src/messaging/mass-rules.ts'
import { at } from '../care/clinic.ts'
import { row, window } from './support.ts'

const config = ConfirmingFile.parse({
  version: 1,
  quota: 'month',
  remindAfterMinutes: [20, 40],
  giveUpAfterMinutes: 60,
  members: 2,
})
const now = at('2026-03-02 11:30')

describe('who is asked', () => {
  const facts = { members: ['lin', 'wu'], asked: [], had: 0, most: 31, until: at('2026-03-02 12:30') }
  test.each([
    ['the first who has the customer and is there', {}, { userId: 'lin' }],
    ['the next one after the first', { asked: ['lin'] }, { userId: 'wu' }],
    ['nobody after two', { asked: ['lin', 'wu'], members: ['lin', 'wu', 'he'] }, { reason: 'not_confirmed' }],
    ['nobody twice', { members: ['lin'], asked: ['lin'] }, { reason: 'not_confirmed' }],
    ['nobody where nobody has the customer', { members: [] }, { reason: 'no_contact_member' }],
    ['nobody when the period’s are used up', { had: 31 }, { reason: 'mass_quota' }],
    ['nobody when too little time is left', { until: null }, { reason: 'outside_window' }],
  ])('%s', (_, more, choice) => {
    expect(memberFor({ ...facts, ...more }, config)).toEqual(choice)
  })
  test('nobody where the clinic doesn’t want it', () => {
    expect(memberFor(facts, { ...config, members: 0 })).toEqual({ reason: 'channel_off' })
  })
  test('never for safety, answers, and what is worth nobody’s time', () => {
    expect(mayBeConfirmed(row())).toBe(true)
    for (const more of [{ contactClass: 'safety' }, { contactClass: 'reply' }, { handOver: false }] as const)
      expect(mayBeConfirmed(row(more))).toBe(false)
  })
})

describe('how long', () => {
  const until = (time: string, more: Parameters<typeof row>[0] = {}) =>
    confirmUntil(row({ notAfter: at('2026-03-03 00:00'), ...more }), window, config, at(time))
  test('an hour, but not into the quiet hours and not past its own end; a greeting until eleven', () => {
    expect(until('2026-03-02 11:30')).toEqual(at('2026-03-02 12:30'))
    expect(until('2026-03-02 20:20')).toEqual(at('2026-03-02 21:00'))
    expect(until('2026-03-02 20:51')).toBeNull()
    expect(until('2026-03-02 22:00')).toBeNull()
    expect(until('2026-03-02 22:30', { contactClass: 'greeting' })).toEqual(at('2026-03-02 23:00'))
    expect(until('2026-03-02 11:30', { notAfter: at('2026-03-02 12:00') })).toEqual(at('2026-03-02 12:00'))
    expect(until('2026-03-02 11:30', { notAfter: at('2026-03-02 11:35') })).toBeNull()
  })
  test('looked at every five minutes at first, then every ten, at each reminder and at the end', () => {
    const confirm = { askedAt: now, until: at('2026-03-02 12:30'), reminded: 0 }
    const looks: string[] = []
    for (let time = now; time < confirm.until; ) {
      time = lookAgainAt(confirm, config, time)
      looks.push(time.toISOString().slice(14, 16))
    }
    expect(looks).toEqual(['35', '40', '45', '50', '00', '10', '20', '30'])
    expect(lookAgainAt(confirm, config, at('2026-03-02 12:06'))).toEqual(at('2026-03-02 12:10'))
  })
  test('each reminder once', () => {
    const confirm = { askedAt: now, until: at('2026-03-02 12:30'), reminded: 0 }
    expect(isToRemind(confirm, config, at('2026-03-02 11:49'))).toBe(false)
    expect(isToRemind(confirm, config, at('2026-03-02 11:50'))).toBe(true)
    expect(isToRemind({ ...confirm, reminded: 1 }, config, at('2026-03-02 12:09'))).toBe(false)
    expect(isToRemind({ ...confirm, reminded: 2 }, config, at('2026-03-02 12:29'))).toBe(false)
  })
})

test('reminders that don’t grow, or come after the end, are refused', () => {
  for (const remindAfterMinutes of [
    [40, 20],
    [20, 60],
    [10, 20, 30, 40],
  ])
    expect(ConfirmingFile.safeParse({ ...config, remindAfterMinutes }).success).toBe(false)
})
