/** The auditor of red flags believes the ledger and the taps, and misses nothing that must be there. */
import { expect, test } from 'vitest'
import { judgeRedFlags, type RedFlag } from '../../../simulator/audit/red-flags.ts'
import type { LedgerEntry } from '../../../simulator/ledger.ts'

const at = (minutes: number) => new Date(Date.parse('2026-03-02T07:00:00Z') + minutes * 60_000)
const flag: RedFlag = { person: 'c1', phone: '13812345678', at: at(0), urgency: 'emergency' }
const staff = (tapped: { minutes: number; taskId: string; key: string }[] = []) => [
  { personId: 's1', position: '医生', tapped: tapped.map(({ minutes, ...tap }) => ({ at: at(minutes), ...tap })) },
  { personId: 's2', position: '客服主管', tapped: [] },
]
const word = (minutes: number, text = '症状加重请立即拨打 120'): LedgerEntry => ({
  at: at(minutes).toISOString(),
  person: 'c1',
  kind: 'kf',
  messageId: `m${minutes}`,
  channel: 'kf/send_msg',
  payload: {},
  text,
})
const card = (
  person: string,
  minutes: number,
  title = '王女士 · 紧急！请医生立即联系',
  phone = '138****5678',
): LedgerEntry => ({
  at: at(minutes).toISOString(),
  person,
  kind: 'card',
  messageId: `k${person}${minutes}`,
  channel: 'message/send',
  payload: {
    card: {
      task_id: `t_${person}-0`,
      main_title: { title },
      horizontal_content_list: [{ keyname: '手机', value: phone }],
    },
  },
  text: '',
})
const faultOf = (
  ledger: LedgerEntry[],
  tapped: Parameters<typeof staff>[0] = [],
  urgency: RedFlag['urgency'] = 'emergency',
) => judgeRedFlags([{ ...flag, urgency }], { ledger, staff: staff(tapped) })[0]?.fault
const took = (minutes: number, key = 'take') => [{ minutes, taskId: 't_s1-0', key }]

test('met at once and taken in time there is nothing to say', () => {
  expect(faultOf([word(0), card('s1', 0), card('s2', 0)], took(14))).toBeNull()
})
test.each([
  ['no word to the customer at once', [card('s1', 0), card('s2', 0)], took(3)],
  ['no word to the customer at once', [word(9), card('s1', 0), card('s2', 0)], took(3)],
  ['no word to the customer at once', [word(0, '好的'), card('s1', 0), card('s2', 0)], took(3)],
  ['not everybody was called at once', [word(0), card('s1', 0)], took(3)],
  ['not everybody was called at once', [word(0), card('s1', 0), card('s2', 7)], took(3)],
  ['not everybody was called at once', [word(0), card('s1', 0), card('s2', 0, '紧急', '139****0000')], took(3)],
  ['taken after 16 minutes', [word(0), card('s1', 0), card('s2', 0)], took(16)],
  ['taken after ∞ minutes', [word(0), card('s1', 0), card('s2', 0)], took(3, 'transfer')],
] as const)('%s', (fault, ledger, tapped) => {
  expect(faultOf([...ledger], [...tapped])).toBe(fault)
})
test('something abnormal needs a doctor’s card, from yesterday too, and no quarter of an hour', () => {
  const title = '王女士 · 请医生联系（异常反应）'
  expect(faultOf([word(0), card('s1', 0, title)], [], 'abnormal')).toBeNull()
  expect(faultOf([word(0), card('s1', -600, title)], [], 'abnormal')).toBeNull()
  expect(faultOf([word(0), card('s2', 0, title)], [], 'abnormal')).toBe('not everybody was called at once')
})
