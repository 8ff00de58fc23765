/** By which treatment a customer's words are judged, and until when a doctor has time. */
import { describe, expect, test } from 'vitest'
import {
  alarmOf,
  dueByOf,
  opened,
  passed,
  type Report,
  reported,
  rings,
  spoken,
  taken,
} from '../../../src/care/cases/rules.ts'
import { FALLBACK_WINDOW } from '../../../src/care/rows.ts'
import { judge } from '../../../src/care/signals/rules.ts'
import type { Treatment } from '../../../src/treatments/index.ts'
import type { Level, Words } from '../../../src/triage/index.ts'

const at = (time: string) => new Date(`${time.replace(' ', 'T')}:00+08:00`)
const treatment = (code: string, day: string, more: Partial<Treatment> = {}) =>
  ({
    id: code,
    code,
    storeId: 's',
    treatedOn: day,
    endedAt: at(`${day} 15:00`),
    status: 'completed',
    ...more,
  }) as Treatment
/** Says by code what it would say. */
const says =
  (levels: Record<string, Level>) =>
  ({ treatment: code }: Words) => ({
    level: levels[code ?? 'none'] ?? 'none',
    rule: null,
    explanation: '',
    signs: [],
    matched: [],
  })
const judged = (levels: Record<string, Level>, done: Treatment[], now = '2026-03-10 10:00') => {
  const { verdict, treatment: by, day } = judge(says(levels), { text: '肿', at: at(now) }, done, () => 'Asia/Shanghai')
  return [verdict.level, by?.code ?? null, day]
}
const [filler, rf] = [treatment('filler', '2026-03-08'), treatment('rf', '2026-01-08')]

describe('several treatments', () => {
  test('the most urgent reading counts', () => {
    expect(judged({ filler: 'expected', rf: 'abnormal' }, [filler, rf])).toEqual(['abnormal', 'rf', 61])
    expect(judged({ filler: 'watch', rf: 'watch' }, [rf, filler])).toEqual(['watch', 'filler', 2])
  })
  test('what one of them explains is normal', () => {
    expect(judged({ filler: 'expected', rf: 'watch' }, [rf, filler])).toEqual(['expected', 'filler', 2])
  })
  test('cancelled ones, later ones and those of another year explain nothing', () => {
    const others = [
      treatment('cancelled', '2026-03-09', { status: 'cancelled' }),
      treatment('later', '2026-03-11'),
      treatment('old', '2025-06-01'),
    ]
    expect(judged({ cancelled: 'emergency', later: 'emergency', old: 'emergency', none: 'watch' }, others)).toEqual([
      'watch',
      null,
      null,
    ])
  })
  test('days are those of the store', () => {
    expect(judged({ filler: 'watch' }, [filler], '2026-03-09 00:10')).toEqual(['watch', 'filler', 1])
  })
})

const window = {
  ...FALLBACK_WINDOW,
  contactWindows: [
    { from: '11:00', to: '12:30' },
    { from: '14:30', to: '20:30' },
  ],
}
const report = (state: string, when: string, more: Partial<Report> = {}): Report => ({
  contactId: `${state} ${when}`,
  customerId: 'c',
  storeId: 's',
  treatmentId: 't',
  stepId: null,
  byUserId: null,
  state,
  at: at(when),
  isJoint: false,
  dueBy: dueByOf(state === 'emergency' ? 'emergency' : 'abnormal', at(when), window),
  ...more,
})

describe('how long a doctor has', () => {
  test.each([
    ['emergency', '2026-03-02 15:00', '2026-03-02 17:00'],
    ['emergency', '2026-03-02 23:30', '2026-03-03 01:30'],
    ['abnormal', '2026-03-02 08:00', '2026-03-02 20:30'],
    ['abnormal', '2026-03-02 20:00', '2026-03-02 22:00'],
  ] as const)('%s at %s: until %s', (level, said, until) => {
    expect(dueByOf(level, at(said), window)).toEqual(at(until))
  })
})

describe('an alarm', () => {
  const ringing = opened(report('emergency', '2026-03-02 15:00'))
  test('goes up after 5 and 10 minutes, then rings each quarter of an hour until the two hours are over', () => {
    let row = ringing
    const looks: string[] = []
    while (row.dueAt && row.escalated === 0) {
      looks.push(row.dueAt.toISOString().slice(11, 16))
      row = { ...row, ...passed(row, row.dueAt, window) }
    }
    expect(looks).toEqual(['07:05', '07:10', '07:15', '07:30', '07:45', '08:00', '08:15', '08:30', '08:45', '09:00'])
    expect(row.escalated).toBe(1)
  })
  test('is over when somebody takes it, once', () => {
    const by = { byUserId: 'u', at: at('2026-03-02 15:03') }
    const after = { ...ringing, ...taken(ringing, by) }
    expect([rings(ringing), rings(after), after.dueAt]).toEqual([true, false, ringing.dueBy])
    expect(alarmOf(after)).toMatchObject({ takenBy: 'u', takenAt: by.at })
    expect(taken(after, { ...by, byUserId: 'v' })).toBeNull()
  })
  test('is over when the doctor speaks, or tries to', () => {
    for (const reached of [true, false]) {
      const said = { reached, followUp: reached ? ('1' as const) : null, byUserId: 'd', at: at('2026-03-02 15:08') }
      expect(rings({ ...ringing, ...spoken(ringing, said, window) })).toBe(false)
    }
  })
  test('of a case that waits for something less takes its place; within itself it is the same', () => {
    const mild = opened(report('abnormal', '2026-03-02 10:00'))
    const set = reported(mild, report('emergency', '2026-03-02 11:00'), at('2026-03-02 11:00'))
    expect(set).toMatchObject({ round: 1, dueBy: at('2026-03-02 13:00'), alarms: [{ round: 1 }] })
    const again = reported(ringing, report('emergency', '2026-03-02 15:01'), at('2026-03-02 15:01'))
    expect(Object.keys(again ?? {})).toEqual(['reports'])
  })
})
