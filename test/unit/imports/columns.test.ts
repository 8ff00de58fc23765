/** Which column is which field, and what a row says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { layoutOf, readRow } from '../../../src/imports/columns.ts'
import { KINDS, type KindName } from '../../../src/imports/kinds.ts'
import { createLookups } from '../../../src/imports/lookups.ts'
import { type ColumnMap, loadMap } from '../../../src/imports/map.ts'
import type { SheetRow } from '../../../src/imports/sheet.ts'
import { createConfigLoader } from '../../../src/platform/config.ts'
import type { StaffMember, Store } from '../../../src/staff/index.ts'
import { TreatmentsSchema } from '../../../src/treatments/index.ts'

const folder = mkdtempSync(join(tmpdir(), 'imports-'))
afterAll(() => rmSync(folder, { recursive: true }))
const kinds = createConfigLoader('config').load('treatments.yaml', TreatmentsSchema)?.kinds ?? []
const store = (id: string, displayName: string, timeZone = 'Asia/Shanghai') => ({ id, displayName, timeZone }) as Store
const member = (userId: string, name: string, storeIds: string[], active = true): StaffMember => ({
  userId,
  name,
  roles: ['doctor'],
  storeIds,
  active,
})
const lookupsOf = (stores = [store('huayan', '华颜整形医院'), store('urumqi', '乌鲁木齐分院', 'Asia/Urumqi')]) =>
  createLookups({
    stores,
    kinds,
    staff: [
      member('chen', '陈浩然', ['huayan']),
      member('li1', '李静怡', ['huayan']),
      member('li2', '李静怡', ['urumqi']),
      member('wang1', '王丽华', ['huayan'], false),
      member('wang2', '王丽华', ['huayan']),
      member('zhao1', '赵俊杰', ['huayan']),
      member('zhao2', '赵俊杰', ['huayan']),
    ],
  })

const rowsOf = (...cells: string[][]): SheetRow[] => cells.map((one, i) => ({ line: i + 1, cells: one }))
const mapOf = (text: string, kind: KindName = 'treatments'): ColumnMap => {
  const path = join(folder, 'map.yaml')
  writeFileSync(path, text)
  return loadMap(path, KINDS[kind])
}
const from = ({ columns }: ReturnType<typeof layoutOf>['layout']) =>
  Object.fromEntries(columns.map(({ field, headings, fixed }) => [field.name, fixed ?? headings.join('+')]))

const HEADINGS = ['治疗单号', '客户编号', '门店', '治疗项目', '治疗时间', '主诊医生']
const ROW = ['ZL-1', 'HM-1', '华颜整形医院', '水光', '2026/3/2 14:30', '陈浩然']

describe('headings', () => {
  test('titles above them, stars, units and spaces are no matter', () => {
    const rows = rowsOf(
      ['华颜整形医院 收费明细'],
      ['客户', '导出于 2026-03-01'],
      ['*单号', '会员卡号（必填）', '门 店', '收费时间', '商品名称', '实收金额（元）', '经手人'],
      ['R-1'],
    )
    const { layout, above } = layoutOf(rows, KINDS.purchases, null, lookupsOf())
    expect(above).toBe(3)
    expect(from(layout)).toEqual({
      storeId: '门 店',
      externalId: '*单号',
      customerExternalId: '会员卡号（必填）',
      paidAt: '收费时间',
      itemName: '商品名称',
      itemFen: '实收金额（元）',
    })
    expect(layout.ignored).toEqual(['经手人'])
  })

  test('day and time in two columns are one instant', () => {
    const rows = rowsOf([...HEADINGS.slice(0, 4), '治疗日期', '治疗时间'], [...ROW.slice(0, 4), '2026-03-02', '14:30'])
    const { layout } = layoutOf(rows, KINDS.treatments, null, lookupsOf())
    expect(from(layout).endedAt).toBe('治疗日期+治疗时间')
    expect(readRow(rows[1] as SheetRow, layout, null, lookupsOf()).said.endedAt).toBe('2026-03-02T06:30:00.000Z')
  })

  test('everything that is missing is named at once, with where it was looked for', () => {
    const read = () => layoutOf(rowsOf(['姓名', '门店']), KINDS.treatments, null, lookupsOf())
    expect(read).toThrow(
      /externalId \(治疗单号\)[\s\S]+customerExternalId[\s\S]+code \(项目\)[\s\S]+endedAt[\s\S]+headings \(row 1\)/,
    )
  })

  test('a clinic with one store needs no column for it', () => {
    const rows = rowsOf(HEADINGS.filter((one) => one !== '门店'))
    const one = lookupsOf([store('huayan', '华颜整形医院')])
    expect(from(layoutOf(rows, KINDS.treatments, null, one).layout).storeId).toBe('huayan')
    expect(() => layoutOf(rows, KINDS.treatments, null, lookupsOf())).toThrow('no column for storeId')
  })
})

describe('a mapping', () => {
  test('names columns, fixes values, explains words', () => {
    const map = mapOf(`version: 1
headerRow: 2
columns: { externalId: [单, 行], code: 做了什么, endedAt: 何时, note: null }
fixed: { storeId: urumqi }
values: { code: { 美白第三代: ipl } }
`)
    const rows = rowsOf(
      ['治疗单号'],
      ['单', '行', '客户编号', '做了什么', '何时', '备注'],
      ['A', '2', 'HM-1', '美白 第三代', '2026/3/2', 'x'],
    )
    const { layout } = layoutOf(rows, KINDS.treatments, map, lookupsOf())
    expect(readRow(rows[2] as SheetRow, layout, map, lookupsOf())).toEqual({
      said: {
        storeId: 'urumqi',
        externalId: 'A-2',
        customerExternalId: 'HM-1',
        code: 'ipl',
        // Midnight in Urumqi.
        endedAt: '2026-03-01T18:00:00.000Z',
      },
      problems: [],
    })
  })

  test('as the manual shows it is understood', () => {
    const [, example = ''] = /```yaml\n([\s\S]+?)```/.exec(readFileSync('docs/import.md', 'utf8')) ?? []
    expect(mapOf(example)).toMatchObject({ columns: { note: null }, values: { code: { 热玛吉五代: 'rf' } } })
    expect(mapOf(example.replace(/^# encoding(.*)$/m, (line) => line.slice(2).replace(/ {4,}/g, '\n')))).toMatchObject({
      encoding: 'gb18030',
      delimiter: ';',
      sheet: '客户资料',
      headerRow: 3,
    })
  })

  test('all its problems are told at once, each with its line', () => {
    const text = `version: 1
colums: {}
encoding: big5
columns:
  externalID: 单号
  code: []
fixed: { amount: 3 }
`
    const lines = [
      /map.yaml:2 .*colums/,
      /map.yaml:3 encoding/,
      /map.yaml:5 columns .*externalID/,
      /map.yaml:6 columns.code/,
      /map.yaml:7 fixed .*amount/,
    ]
    for (const line of lines) expect(() => mapOf(text)).toThrow(line)
  })

  test('columns that the file does not have are told with their lines', () => {
    const map = mapOf('version: 1\ncolumns:\n  note: 说明\n  technique: 方法\n')
    const read = () => layoutOf(rowsOf(HEADINGS), KINDS.treatments, map, lookupsOf())
    expect(read).toThrow('map.yaml:3 columns.note the file has no column 说明')
    expect(read).toThrow('map.yaml:4 columns.technique the file has no column 方法')
  })
})

describe('a row', () => {
  const { layout } = layoutOf(rowsOf(HEADINGS), KINDS.treatments, null, lookupsOf())
  const read = (cells: string[], lookups = lookupsOf()) => readRow({ line: 2, cells }, layout, null, lookups)

  test('says what its cells say', () => {
    expect(read(ROW).said).toEqual({
      storeId: 'huayan',
      externalId: 'ZL-1',
      customerExternalId: 'HM-1',
      code: 'skin_booster',
      endedAt: '2026-03-02T06:30:00.000Z',
      doctorUserId: 'chen',
    })
  })

  test('tells everything that is wrong with it', () => {
    const wrong = ['', 'HM-1', '别家', '点痣', '2026-02-30', '\uFFFD']
    expect(read(wrong).problems).toEqual([
      { field: null, code: 'undecodable' },
      { field: 'storeId', code: 'unknown_store', said: '别家' },
      { field: 'externalId', code: 'value_missing' },
      { field: 'code', code: 'unknown_treatment', said: '点痣' },
      { field: 'endedAt', code: 'date_out_of_range' },
    ])
  })

  test('times are those of the row’s own store', () => {
    expect(read(ROW.with(2, '乌鲁木齐分院')).said.endedAt).toBe('2026-03-02T08:30:00.000Z')
  })

  test.each([
    ['a userid', 'CHEN', 'chen'],
    ['a name', '陈 浩然', 'chen'],
    ['of two with one name the one of the store', '李静怡', 'li1'],
    ['of two with one name the one who is still here', '王丽华', 'wang2'],
    ['two who can’t be told apart are nobody', '赵俊杰', null],
    ['who was never here is nobody', '张三丰', null],
  ])('%s', (_, text, userId) => {
    const lookups = lookupsOf()
    expect(read(ROW.with(5, text), lookups).said.doctorUserId).toBe(userId)
    expect([...lookups.unknown.staff]).toEqual(userId === null ? [[text, 1]] : [])
  })

  test('treatments that nobody knows are counted by name', () => {
    const lookups = lookupsOf()
    for (const name of ['点痣', 'ＩＰＬ', '点痣', '热玛吉']) read(ROW.with(3, name), lookups)
    expect([...lookups.unknown.treatments]).toEqual([['点痣', 2]])
  })
})
