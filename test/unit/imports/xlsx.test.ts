/** Workbooks made by two other programs: openpyxl (hidden sheet, shared texts) and exceljs (rich texts, formulas, inline texts). */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { cellText } from '../../../src/imports/cells.ts'
import { openSheet, type SheetRow } from '../../../src/imports/sheet.ts'

const folder = mkdtempSync(join(tmpdir(), 'imports-'))
afterAll(() => rmSync(folder, { recursive: true }))
const FILES = 'test/fixtures/imports'

async function rowsOf(path: string, sheet?: string): Promise<{ name: string | null; rows: SheetRow[] }> {
  const opened = await openSheet(path, { sheet })
  try {
    const rows: SheetRow[] = []
    for await (const row of opened.rows) rows.push(row)
    return { name: opened.name, rows }
  } finally {
    await opened.close()
  }
}

test('the first sheet that is shown: texts, numbers, days, times, line breaks, and the rows’ own numbers', async () => {
  const { name, rows } = await rowsOf(`${FILES}/openpyxl.xlsx`)
  expect(name).toBe('治疗记录')
  expect(rows.slice(1)).toEqual([
    { line: 2, cells: ['导出时间', '2026-03-02 09:00:00'] },
    { line: 3, cells: ['治疗单号', '客户编号', '门店', '治疗项目', '治疗时间', '主诊医生', '备注'] },
    { line: 4, cells: ['ZL-1', '1001', '华颜整形医院', '水光针', '2026-03-01 14:30:00', '陈医生', '轻微红肿'] },
    { line: 5, cells: ['20002', '1002', '华颜整形医院', '光子嫩肤', '2026-02-28', '', '第一行\n第二行'] },
    { line: 7, cells: ['ZL-3', '1003', '华颜整形医院', 'IPL', '2026-02-28 18:00:00'] },
    { line: 8, cells: ['ZL-4', '1004', '华颜整形医院', '脱毛', '2026年3月2日 9:05', '', "'=文字"] },
  ])
})

test('a sheet by its name, also a hidden one', async () => {
  expect((await rowsOf(`${FILES}/openpyxl.xlsx`, '说明')).rows).toEqual([{ line: 1, cells: ['请勿修改'] }])
  await expect(rowsOf(`${FILES}/openpyxl.xlsx`, '客户')).rejects.toThrow('it has: 说明, 治疗记录')
})

test('rich texts, results of formulas, numbers as they are shown, errors, times without a day', async () => {
  const { rows } = await rowsOf(`${FILES}/exceljs.xlsx`)
  expect(rows.slice(1).map(({ cells }) => cells.slice(3))).toEqual([
    ['2026-02-03 16:20:30', '修复面膜', '2', '0.3', '1280.4'],
    ['2026-02-03 16:20:30', '精华液', '1', '1280.1', '1280.4'],
    ['2026-02-04', '防晒霜', '1', '是', '', '09:15:00'],
    [],
  ])
  expect(rows.at(-1)?.cells).toEqual(['13800138000', '#N/A'])
})

test('texts that stand in their cells', async () => {
  const { rows } = await rowsOf(`${FILES}/inline.xlsx`)
  expect(rows.map(({ cells }) => cells)).toEqual([0, 1, 2].map((i) => [`编号${i}`, String(i + 0.5), 'a&b <c>']))
})

test('a workbook that was cut off or bent is refused in words', async () => {
  const whole = readFileSync(`${FILES}/openpyxl.xlsx`)
  const path = join(folder, 'bad.xlsx')
  writeFileSync(path, whole.subarray(0, whole.length - 200))
  await expect(rowsOf(path)).rejects.toThrow('damaged')
  for (let at = 40; at < whole.length; at += 97) {
    const bent = Buffer.from(whole)
    bent[at] = (bent[at] ?? 0) ^ 0xff
    writeFileSync(path, bent)
    // Some bytes mean nothing; any other ends in words and not in a fault of ours.
    await rowsOf(path).catch((error: Error) => expect(error.name).toBe('ImportFileError'))
  }
})

describe('cells', () => {
  test.each([
    ['n', '1280.0999999999999', false, '1280.1'],
    ['n', '0.30000000000000004', false, '0.3'],
    ['n', '1.3800138000E+10', false, '13800138000'],
    ['n', '310101199003070012', false, '3.1010119900307e+17'],
    ['n', '0.0000001', false, '0.0000001'],
    ['n', '-5', false, '-5'],
    ['n', '00012', false, '12'],
    ['n', '0.604166666666667', true, '14:30:00'],
    ['n', '46083', true, '2026-03-02'],
    ['n', '99999999', true, '99999999'],
    ['b', '1', false, '是'],
    ['e', '#N/A', false, '#N/A'],
    ['d', '2026-03-02T14:30:00', true, '2026-03-02T14:30:00'],
    ['n', '', true, ''],
  ])('%s %s', (type, value, isDate, text) => {
    expect(cellText(type, value, isDate)).toBe(text)
  })
  test('workbooks that count from 1904', () => {
    expect(cellText('n', '44621.5', true, true)).toBe('2026-03-02 12:00:00')
  })
})
