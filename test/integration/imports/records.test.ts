/** Treatments, receipts and appointments of an old system. */
import { beforeAll, describe, expect, test } from 'vitest'
import { gbk } from '../../support/gbk.ts'
import { CUSTOMER_HEADINGS, customerRow, importWorld, lines } from './support.ts'

const w = await importWorld({ pathways: ['base', 'treatment_call', 'injection', 'product'] })
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
    // One event has a delivery for each room that listens to it.
    const events = new Set((await rows('event_deliveries')).map(({ _id }) => _id.split('|')[0]))
    const types = [...events].map((id) => id?.split(':')[0])
    expect(types.filter((type) => type?.startsWith('treatment.') && type !== 'treatment.completed')).toEqual([
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

describe('what doctor and ward have said of a treatment', () => {
  const HEADINGS = [
    ...['治疗单号', '客户编号', '门店', '治疗项目', '术式', '手术日期', '拆线日期', '下次治疗日期'],
    ...['是否住院', '出院日期', '疗程编号', '第几次', '疗程总次数'],
  ]
  const file = (...all: string[][]) => w.file(lines([HEADINGS, ...all]))
  const on = (id: string, code: string, ...more: string[]) => [
    id,
    'HM-1',
    '华颜整形医院',
    code,
    '',
    '2026/3/1',
    ...more,
  ]
  const facts = async (externalId: string) => {
    const [row] = await rows('treatments', { externalId })
    if (!row) throw new Error(`no treatment ${externalId}`)
    const { sutureRemovalOn, nextSessionOn, inHospital, dischargedOn, course, technique } = row
    return { sutureRemovalOn, nextSessionOn, inHospital, dischargedOn, course, technique }
  }
  const NONE = { sutureRemovalOn: null, nextSessionOn: null, inHospital: false, dischargedOn: null, course: null }

  test('who assisted and how it was made painless stand in the record; a word that nobody knows is said with its line', async () => {
    const attended = [['治疗单号', '客户编号', '门店', '治疗项目', '手术日期', '手术助手', '麻醉方式']]
    const of = (id: string, helper: string, how: string) => [
      id,
      'HM-1',
      '华颜整形医院',
      '双眼皮',
      '2026/3/1',
      helper,
      how,
    ]
    const [helper] = await rows('staff', { roles: 'nurse' })
    const name = String(helper?.name)
    const path = w.file(
      lines([...attended, of('ZL-401', name, '局麻'), of('ZL-402', '', ''), of('ZL-403', '', '冰敷')]),
    )
    const report = await w.import(path, 'treatments')
    expect(report).toMatchObject({ new: 2, bad: 1 })
    expect(report.problems.map(({ line, column, code }) => [line, column, code])).toEqual([
      [4, '麻醉方式', 'unknown_word'],
    ])
    expect((await rows('treatments', { externalId: 'ZL-401' }))[0]).toMatchObject({
      assistantUserId: helper?._id,
      anaesthesia: 'local',
    })
    expect(await w.import(path, 'treatments')).toMatchObject({ new: 0, changed: 0, same: 2 })
  })

  test('goes in with it, steps hang on it, and a second run changes nothing', async () => {
    const path = file(
      on('ZL-301', '双眼皮', '2026-03-09 10:00', '无需', '', '2026年3月4日', '', '', ''),
      on('ZL-302', '埋线提升', '不拆线', '待定', '否', '', '', '', ''),
      on('ZL-303', '皮秒', '', '2026/4/2', '', '', 'K-77', '第2次/共5次', ''),
      on('ZL-304', '皮秒', '', '', '', '', 'K-78', '3', '6'),
      on('ZL-305', '毛发移植', '', '', '是', '', '', '', '').with(4, 'FUT'),
      on('ZL-306', '水光针', '', '', '', '', '', '', ''),
    )
    expect(await w.import(path, 'treatments')).toMatchObject({ new: 6, bad: 0 })
    expect(await facts('ZL-301')).toMatchObject({
      sutureRemovalOn: '2026-03-09',
      nextSessionOn: 'none',
      // Who was discharged had been there.
      inHospital: true,
      dischargedOn: '2026-03-04',
    })
    expect(await facts('ZL-302')).toMatchObject({ ...NONE, sutureRemovalOn: 'none' })
    expect(await facts('ZL-303')).toMatchObject({
      nextSessionOn: '2026-04-02',
      course: { id: 'K-77', session: 2, of: 5 },
    })
    expect(await facts('ZL-304')).toMatchObject({ course: { id: 'K-78', session: 3, of: 6 } })
    expect(await facts('ZL-305')).toMatchObject({ technique: 'fut', inHospital: true, dischargedOn: null })
    expect(await facts('ZL-306')).toMatchObject({ ...NONE, technique: null })
    await w.work()
    const before = await w.dump()
    expect(await w.import(path, 'treatments')).toMatchObject({ new: 0, changed: 0, same: 6, bad: 0 })
    expect(await w.dump()).toEqual(before)
    // Later the discharge is known: the same number, once more to say.
    const later = file(on('ZL-305', '毛发移植', '', '', '是', '2026/3/2', '', '', '').with(4, 'FUT'))
    expect(await w.import(later, 'treatments')).toMatchObject({ changed: 1 })
    expect(await facts('ZL-305')).toMatchObject({ inHospital: true, dischargedOn: '2026-03-02' })
  })

  test('is refused where it is wrong, with line, column and reason; the good ones go in', async () => {
    const report = await w.import(
      file(
        on('ZL-311', '双眼皮', '2026/2/28', '', '', '', '', '', ''),
        on('ZL-312', '双眼皮', '2026-02-30', '', '', '', '', '', ''),
        on('ZL-313', '双眼皮', '无', '', '', '', '', '', ''),
        on('ZL-314', '双眼皮', '', '', '也许', '', '', '', ''),
        on('ZL-315', '双眼皮', '', '', '否', '2026/3/4', '', '', ''),
        on('ZL-316', '双眼皮', '', '', '', '2026/2/27', '', '', ''),
        on('ZL-317', '皮秒', '', '', '', '', 'K-79', '6', '5'),
        on('ZL-318', '皮秒', '', '', '', '', 'K-79', '第三次', ''),
        on('ZL-319', '皮秒', '', '', '', '', '', '3', '5'),
        on('ZL-320', '皮秒', '', '', '', '', 'K-79', '', '5'),
        on('ZL-321', '皮秒', '', '', '', '', '疗程七', '1', '5'),
        on('ZL-322', '皮秒', '', '2026/2/1', '', '', '', '', ''),
        on('ZL-323', '毛发移植', '', '', '', '', '', '', '').with(4, 'FUX'),
        on('ZL-324', '皮秒', '', '', '', '', 'K-79', '0', '5'),
        on('ZL-325', '皮秒', '', '', '', '', 'K-79', '5', '5'),
      ),
      'treatments',
    )
    expect(report).toMatchObject({ new: 1, bad: 14 })
    expect(report.problems.map(({ line, column, code }) => [line, column, code])).toEqual([
      [2, '拆线日期', 'before_treatment'],
      [3, '拆线日期', 'date_out_of_range'],
      [4, '拆线日期', 'date_malformed'],
      [5, '是否住院', 'unknown_word'],
      [6, '出院日期', 'not_in_hospital'],
      [7, '出院日期', 'before_treatment'],
      [8, '第几次', 'beyond_course'],
      [9, '第几次', 'number_malformed'],
      [10, '疗程编号', 'course_unnamed'],
      [11, '第几次', 'value_missing'],
      [12, '疗程编号', 'value_malformed'],
      [13, '下次治疗日期', 'before_treatment'],
      [14, '术式', 'value_malformed'],
      [15, '第几次', 'value_malformed'],
    ])
    expect(report.problems[0]).toMatchObject({ zh: '日期早于治疗日期', en: 'lies before the treatment' })
    expect(await rows('treatments', { externalId: /^ZL-3[12]\d$/ })).toMatchObject([{ externalId: 'ZL-325' }])
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

describe('kinds of products', () => {
  const headings = '单号,客户编号,门店,收费时间,商品名称,商品分类,实收金额'
  test('decide when a purchase is asked after; what is no product has none; the same again is nothing', async () => {
    const path = w.file(
      `${headings}\nR-31,HM-2,huayan,2026/3/1,修复面膜,医用敷料,199\nR-31,HM-2,huayan,2026/3/1,美容仪,家用仪器,2999\nR-31,HM-2,huayan,2026/3/1,水光针,项目,1280\nR-31,HM-2,huayan,2026/3/1,小样,,0\n`,
    )
    expect(await w.import(path, 'purchases')).toMatchObject({ rows: 4, new: 1, bad: 0 })
    const [receipt] = await rows('purchases', { externalId: 'R-31' })
    const items = (receipt?.items ?? []) as { type?: string }[]
    expect(items.map(({ type }) => type)).toEqual(['medical', 'device', undefined, undefined])
    await w.work()
    const asked = await rows('care_steps', { treatmentId: receipt?._id })
    expect(asked.map(({ step, plannedOn }) => [step, plannedOn])).toEqual([
      ['device', '2026-03-31'],
      ['medical', '2026-03-08'],
    ])
    const before = await w.dump()
    expect(await w.import(path, 'purchases')).toMatchObject({ same: 1, bad: 0 })
    expect(await w.dump()).toEqual(before)
  })
  test('that nobody has explained keep their receipt out, with the word', async () => {
    const file = w.file(
      `${headings}\nR-32,HM-2,huayan,2026/3/1,口红,唇部,199\nR-33,HM-2,huayan,2026/3/1,口红,彩妆,199\n`,
    )
    const report = await w.import(file, 'purchases')
    expect(report).toMatchObject({ new: 1, bad: 1 })
    expect(report.problems).toMatchObject([
      { line: 2, column: '商品分类', code: 'unknown_word', zh: '无法识别的内容：唇部' },
    ])
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
