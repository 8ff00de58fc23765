/** Follow-ups of former years: kept with their real authors and dates, and nobody hears of it. */
import { beforeAll, expect, test } from 'vitest'
import type { ContactRow } from '../../../src/care/model.ts'
import { CUSTOMER_HEADINGS, customerRow, importWorld, lines } from './support.ts'

const w = await importWorld()
const HEADINGS = [
  '回访编号',
  '客户编号',
  '门店',
  '治疗单号',
  '回访时间',
  '回访人',
  '回访方式',
  '是否接通',
  '恢复情况',
  '满意度',
  '回访内容',
]
const nurse = w.simulator.world.staff.find(({ position }) => position.includes('护士'))
const FILE = w.file(
  lines([
    HEADINGS,
    [
      'HF-1',
      'HM-1',
      'huayan',
      'ZL-1',
      '2025/6/3 15:20',
      nurse?.name ?? '',
      '电话',
      '已接通',
      '恢复良好',
      '5',
      '术后第三天，无不适',
    ],
    ['HF-2', 'HM-1', 'huayan', '', '2025/6/8', '张三丰', '微信', '', '异常', '非常不满意', '红肿未消，已转医生'],
    ['HF-3', 'HM-2', 'huayan', '', '2026/3/2 08:30', nurse?.name ?? '', '电话', '无人接听', '', '', ''],
    // This very morning, unhappy and abnormal.
    ['HF-4', 'HM-2', 'huayan', '', '2026/3/2 08:45', nurse?.name ?? '', '电话', '是', '异常', '1', '不满意'],
    ['', 'HM-2', 'huayan', '', '2025/7/1', '张三丰', '', '', '', '', '没有编号的旧记录'],
  ]),
)
const contacts = () => w.collection<ContactRow>('contacts').find().sort({ at: 1 }).toArray()

beforeAll(async () => {
  await w.import(w.file(lines([CUSTOMER_HEADINGS, customerRow(1), customerRow(2)])), 'customers')
  const treated = '治疗单号,客户编号,门店,治疗项目,治疗时间\nZL-1,HM-1,huayan,光子,2025/5/31 14:00\n'
  expect(await w.import(w.file(treated), 'treatments')).toMatchObject({ new: 1 })
})

test('they become contact records with author, date and words', async () => {
  const report = await w.import(FILE, 'follow-ups')
  expect(report).toMatchObject({ rows: 5, new: 5, bad: 0, unknownStaff: [['张三丰', 2]] })
  const [first, second, third] = await contacts()
  expect(first).toMatchObject({
    at: new Date('2025-06-03T07:20:00Z'),
    byUserId: nurse?.userId.toLowerCase(),
    byName: nurse?.name,
    channel: 'call',
    reached: true,
    state: 'recovering_well',
    satisfaction: 5,
    stepIds: [],
  })
  expect(first?.treatmentId).not.toBeNull()
  expect(first?.summary).not.toContain('术后')
  expect(w.crypto.open('contacts.summary', first?.summary ?? '')).toBe('术后第三天，无不适')
  // The author is gone: the name stays as it was written.
  expect(second).toMatchObject({
    byUserId: null,
    byName: '张三丰',
    channel: 'wechat',
    state: 'abnormal',
    satisfaction: 1,
  })
  expect(third).toMatchObject({ channel: 'other', reached: null })
  const { items } = (await w.api('GET', `/contacts?customerId=${first?.customerId}`)) as {
    items: Record<string, unknown>[]
  }
  expect(items.map(({ byName }) => byName).sort()).toEqual([nurse?.name, '张三丰'].sort())
})

test('a second run changes nothing; a corrected record replaces the old one', async () => {
  const before = await w.dump()
  expect(await w.import(FILE, 'follow-ups')).toMatchObject({ new: 0, changed: 0, same: 5 })
  expect(await w.dump()).toEqual(before)
  const corrected = w.file(
    lines([HEADINGS, ['HF-2', 'HM-1', 'huayan', '', '2025/6/8', '张三丰', '微信', '', '异常', '2', '已好转']]),
  )
  expect(await w.import(corrected, 'follow-ups')).toMatchObject({ changed: 1 })
  expect(await contacts()).toHaveLength(5)
  expect((await contacts())[1]).toMatchObject({ satisfaction: 2, at: new Date('2025-06-07T16:00:00Z') })
})

test('nothing is sent for them: no message, no task, no line on the evening list', async () => {
  await w.to('2026-03-02 21:30')
  expect(await w.collection('tasks').countDocuments()).toBe(0)
  // What goes out that day are the house's own lists; a director's list of the unhappy would be one of them.
  const told = w.simulator.ledger.entries().map(({ payload }) => JSON.stringify(payload))
  expect(told.filter((text) => text.includes('不满意') || text.includes('异常'))).toEqual([])
  const about = w.simulator.ledger
    .entries()
    .filter(({ person }) => w.simulator.world.customers.some((one) => one.personId === person))
  expect(about).toEqual([])
  const { items } = (await w.api('GET', '/contacts?attention=true')) as { items: unknown[] }
  expect(items).toEqual([])
})

test('a contact of tomorrow, of a stranger or of somebody else’s treatment is refused', async () => {
  const wrong = w.file(
    lines([
      HEADINGS,
      ['HF-8', 'HM-2', 'huayan', '', '2026/3/9', '张三丰', '电话', '', '', '', ''],
      ['HF-9', 'HM-7', 'huayan', '', '2025/6/3', '张三丰', '电话', '', '', '', ''],
      ['HF-10', 'HM-2', 'huayan', 'ZL-1', '2025/6/3', '张三丰', '电话', '', '', '', ''],
      ['HF-11', 'HM-2', 'huayan', '', '2025/6/3', '张三丰', '飞鸽', '', '', '11', ''],
    ]),
  )
  const report = await w.import(wrong, 'follow-ups')
  expect(report).toMatchObject({ new: 0, bad: 4 })
  expect(report.problems.map(({ line, column, code }) => [line, column, code])).toEqual([
    [2, '回访时间', 'past_contact_in_future'],
    [3, '客户编号', 'customer_not_found'],
    [4, '治疗单号', 'treatment_not_found'],
    [5, '回访方式', 'unknown_word'],
  ])
})
