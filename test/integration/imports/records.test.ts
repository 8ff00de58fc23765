/** Treatments, receipts and appointments of an old system. */
import { beforeAll, describe, expect, test } from 'vitest'
import { gbk } from '../../support/gbk.ts'
import { CUSTOMER_HEADINGS, customerRow, importWorld, lines } from './support.ts'

const w = await importWorld()
type Row = { _id: string } & Record<string, unknown>
const rows = (name: string, filter: object = {}) => w.collection<Row>(name).find(filter).sort({ _id: 1 }).toArray()
const steps = async (externalId: string) => rows('care_steps', { treatmentExternalId: externalId })
const TREATMENTS = ['治疗单号', '客户编号', '门店', '治疗项目', '治疗时间', '主诊医生', '备注', '状态']
const treated = (...all: string[][]) => lines([TREATMENTS, ...all])

beforeAll(async () => {
  const ids = ['HM-1', 'HM-2', '1001', '1002', '1003', '1004']
  const entered = ids.map((id, i) => customerRow(i).with(0, id))
  expect(await w.import(w.file(lines([CUSTOMER_HEADINGS, ...entered])), 'customers')).toMatchObject({ new: 6, bad: 0 })
})

describe('treatments', () => {
  test('of a GBK file are announced like those of the API, and only what is still useful is planned', async () => {
    const doctor = w.simulator.world.staff.find(({ position }) => position.includes('医生'))
    const text = treated(
      // On Sunday 1 March, entered on Monday morning; and one of the year before.
      ['ZL-101', 'HM-1', '华颜整形医院', '光子', '2026/3/1 15:00', doctor?.name ?? '', '轻微红', '已完成'],
      ['ZL-102', 'HM-2', '华颜整形医院', '水光针', '2025年3月1日', '', '', ''],
    )
    const report = await w.import(w.file(gbk(text)), 'treatments')
    expect(report).toMatchObject({ new: 2, bad: 0, unknownStaff: [] })
    const [late, old] = await rows('treatments', { externalId: { $in: ['ZL-101', 'ZL-102'] } }).then((found) =>
      found.sort((a, b) => (String(a.externalId) < String(b.externalId) ? -1 : 1)),
    )
    expect(late).toMatchObject({
      code: 'ipl',
      doctorUserId: doctor?.userId.toLowerCase(),
      treatedOn: '2026-03-01',
      pending: [],
    })
    expect(old).toMatchObject({ code: 'skin_booster', treatedOn: '2025-03-01', doctorUserId: null })
    await w.work()
    const planned = await steps('ZL-101')
    expect(planned.find(({ step }) => step === 'greeting')).toMatchObject({ status: 'missed_before_entry' })
    expect(planned.filter(({ status }) => status === 'planned').length).toBeGreaterThan(3)
    const past = await steps('ZL-102')
    expect(past.length).toBeGreaterThan(5)
    expect(new Set(past.map(({ status }) => status))).toEqual(new Set(['missed_before_entry']))
    expect(await rows('outbox')).toEqual([])
  })

  test('of a workbook, with a title above and a gap between', async () => {
    const report = await w.import('test/fixtures/imports/openpyxl.xlsx', 'treatments', {
      badPath: w.file('', 'bad.csv'),
    })
    expect(report).toMatchObject({ rows: 4, new: 4, bad: 0, unknownStaff: [['陈医生', 1]] })
    const found = await rows('treatments', { externalId: { $in: ['ZL-1', '20002', 'ZL-3', 'ZL-4'] } })
    expect(Object.fromEntries(found.map((one) => [one.externalId, one.endedAt]))).toEqual({
      'ZL-1': new Date('2026-03-01T06:30:00Z'),
      '20002': new Date('2026-02-27T16:00:00Z'),
      'ZL-3': new Date('2026-02-28T10:00:00Z'),
      'ZL-4': new Date('2026-03-02T01:05:00Z'),
    })
  })

  test('corrected and cancelled ones are told, once; those that nobody knew are nothing', async () => {
    const file = w.file(
      treated(
        ['ZL-101', 'HM-1', '华颜整形医院', '皮秒', '2026/3/1 15:00', '', '', ''],
        ['ZL-102', 'HM-2', '华颜整形医院', '水光针', '2025年3月1日', '', '', '已作废'],
        ['ZL-103', 'HM-2', '华颜整形医院', '水光针', '2026/3/1', '', '', '已作废'],
      ),
    )
    expect(await w.import(file, 'treatments', { dryRun: true })).toMatchObject({ changed: 2, same: 1 })
    expect(await w.import(file, 'treatments')).toMatchObject({ changed: 2, same: 1, bad: 0 })
    expect(await rows('treatments', { externalId: 'ZL-103' })).toEqual([])
    const events = (await rows('event_deliveries')).map(({ _id }) => _id.split(':')[0])
    expect(events.filter((type) => type !== 'treatment.completed')).toEqual([
      'treatment.cancelled',
      'treatment.corrected',
    ])
    const before = await w.dump()
    expect(await w.import(file, 'treatments')).toMatchObject({ changed: 0, same: 3 })
    expect(await w.dump()).toEqual(before)
  })

  test('what they point to must exist, and the treatments that nobody knows are listed', async () => {
    const file = w.file(
      treated(
        ['ZL-201', 'HM-9', '华颜整形医院', '水光针', '2026/3/1', '', '', ''],
        ['ZL-202', 'HM-1', '华颜整形医院', '点痣', '2026/3/1', '', '', ''],
        ['ZL-203', 'HM-1', '华颜整形医院', '水光针', '2026/3/3', '', '', ''],
        ['ZL-102', 'HM-1', '华颜整形医院', '水光针', '2026/3/1', '', '', ''],
      ),
    )
    const report = await w.import(file, 'treatments')
    expect(report).toMatchObject({ new: 0, bad: 4, unknownTreatments: [['点痣', 1]] })
    expect(report.problems.map(({ line, column, code }) => [line, column, code])).toEqual([
      [2, '客户编号', 'customer_not_found'],
      [3, '治疗项目', 'unknown_treatment'],
      [4, '治疗时间', 'in_future'],
      [5, null, 'treatment_cancelled'],
    ])
  })
})

describe('receipts', () => {
  test('lines of one number are one purchase, in whole fen; a wrong line keeps the whole receipt out', async () => {
    const report = await w.import('test/fixtures/imports/exceljs.xlsx', 'purchases', { badPath: w.file('', 'bad.csv') })
    expect(report).toMatchObject({ rows: 4, new: 1, bad: 2 })
    const [receipt] = await rows('purchases')
    expect(receipt).toMatchObject({
      externalId: 'R-1',
      amountFen: 128_040,
      paidAt: new Date('2026-02-03T08:20:30Z'),
      items: [
        { name: '修复面膜', code: null, quantity: 2, amountFen: 30 },
        { name: '精华液', code: null, quantity: 1, amountFen: 128_010 },
      ],
    })
    const headings = '单号,客户编号,门店,收费时间,商品名称,实收金额'
    const file = w.file(
      `${headings}\nR-8,HM-1,huayan,2026/2/1,防晒霜,"1,280.10"\nR-8,HM-1,huayan,2026/2/1,面膜,六十\nR-9,HM-1,huayan,2026/2/1,面膜,60\nR-9,HM-2,huayan,2026/2/1,面膜,60\nR-7,HM-2,huayan,2026/2/1,面膜,60\nR-7,HM-2,huayan,2026/2/1,面膜,0.05\n`,
    )
    const mixed = await w.import(file, 'purchases')
    expect(mixed).toMatchObject({ rows: 6, new: 1, bad: 4 })
    expect(mixed.problems.map(({ line, column, code }) => [line, column, code])).toEqual([
      [2, '单号', 'receipt_incomplete'],
      [3, '实收金额', 'amount_malformed'],
      [4, '客户编号', 'receipt_differs'],
      [5, '客户编号', 'receipt_differs'],
    ])
    expect(await rows('purchases', { externalId: 'R-7' })).toMatchObject([{ amountFen: 6_005 }])
  })

  test('a number that other facts have is refused, the same again is nothing', async () => {
    const headings = '单号,客户编号,门店,收费时间,商品名称,实收金额'
    const file = (fen: string) => w.file(`${headings}\nR-20,HM-1,huayan,2026/2/1,防晒霜,${fen}\n`)
    expect(await w.import(file('1280.10'), 'purchases')).toMatchObject({ new: 1 })
    const before = await w.dump()
    expect(await w.import(file('"¥1,280.1"'), 'purchases')).toMatchObject({ same: 1 })
    const other = await w.import(file('1280.20'), 'purchases')
    expect(other).toMatchObject({ bad: 1, problems: [{ line: 2, column: '单号', code: 'external_id_conflict' }] })
    expect(await w.dump()).toEqual(before)
  })
})

describe('appointments', () => {
  const file = (time: string, status = '已预约') =>
    w.file(
      `预约号,客户编号,门店,预约项目,预约日期,预约时间,状态\nY-1,HM-1,huayan,水光针,2026-03-09,${time},${status}\n`,
    )
  test('are booked, moved, arrived; each change is told once', async () => {
    expect(await w.import(file('14:30'), 'appointments')).toMatchObject({ new: 1, bad: 0 })
    expect(await w.import(file('14:30'), 'appointments')).toMatchObject({ same: 1 })
    expect(await w.import(file('16:00'), 'appointments')).toMatchObject({ changed: 1 })
    const before = await w.dump()
    expect(await w.import(file('16:00'), 'appointments')).toMatchObject({ same: 1 })
    expect(await w.dump()).toEqual(before)
    expect(await rows('appointments')).toMatchObject([
      { status: 'moved', startsAt: new Date('2026-03-09T08:00:00Z'), movedFrom: new Date('2026-03-09T06:30:00Z') },
    ])
    expect(await w.import(file('16:00', '已到院'), 'appointments')).toMatchObject({ changed: 1 })
    for (const none of ['', '00:00:00'])
      expect(await w.import(file(none), 'appointments')).toMatchObject({ bad: 1, problems: [{ code: 'time_missing' }] })
  })
})
