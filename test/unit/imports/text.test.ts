/** Text files as they come: encodings, separators, quotes, line ends. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { csvRows } from '../../../src/imports/csv.ts'
import { openSheet, type SheetRow } from '../../../src/imports/sheet.ts'
import { DELIMITERS, delimiterOf } from '../../../src/imports/text.ts'
import { gbk } from '../../support/gbk.ts'

const folder = mkdtempSync(join(tmpdir(), 'imports-'))
afterAll(() => rmSync(folder, { recursive: true }))

async function sheetOf(content: Uint8Array | string, options = {}) {
  const path = join(folder, 'file')
  writeFileSync(path, content)
  const sheet = await openSheet(path, options)
  const rows: SheetRow[] = []
  for await (const row of sheet.rows) rows.push(row)
  return { ...sheet, rows }
}

const TEXT = '客户编号,姓名\r\nHM-1,王小美\r\n'
const ROWS = [
  { line: 1, cells: ['客户编号', '姓名'] },
  { line: 2, cells: ['HM-1', '王小美'] },
]

describe('encodings', () => {
  test.each<[string, Uint8Array, string]>([
    ['UTF-8', Buffer.from(TEXT), 'utf-8'],
    ['UTF-8 with its mark', Buffer.from(`\uFEFF${TEXT}`), 'utf-8'],
    ['GBK', gbk(TEXT), 'gb18030'],
    ['what Excel calls Unicode text', Buffer.from(`\uFEFF${TEXT.replaceAll(',', '\t')}`, 'utf16le'), 'utf-16le'],
  ])('%s', async (_, bytes, encoding) => {
    const sheet = await sheetOf(bytes)
    expect(sheet.encoding).toBe(encoding)
    expect(sheet.rows).toEqual(ROWS)
  })

  test('a letter of GB18030 that GBK does not have', async () => {
    const { rows } = await sheetOf(Buffer.concat([gbk('编号,姓名\n1,'), Buffer.from('8139ef30', 'hex')]))
    expect(rows[1]?.cells).toEqual(['1', '㐁'])
  })

  test('the first Chinese letter far down decides all the same', async () => {
    const plain = 'a,b\n'.repeat(40_000)
    const { encoding, rows } = await sheetOf(Buffer.concat([Buffer.from(plain), gbk('丽,雅\n')]))
    expect(encoding).toBe('gb18030')
    expect(rows.at(-1)).toEqual({ line: 40_001, cells: ['丽', '雅'] })
    expect((await sheetOf(`${plain}丽,雅\n`)).encoding).toBe('utf-8')
  })

  test('what is said overrides what is found out', async () => {
    expect((await sheetOf(gbk(TEXT), { encoding: 'gb18030' })).rows).toEqual(ROWS)
    expect((await sheetOf(gbk(TEXT), { encoding: 'utf-8' })).rows[1]?.cells[1]).toContain('\uFFFD')
  })

  test('a letter is never cut in two where chunks meet', async () => {
    const text = `编号\n${'丽'.repeat(200_000)}\n`
    for (const bytes of [Buffer.from(`a${text}`), Buffer.concat([Buffer.from('a'), gbk(text)])])
      expect((await sheetOf(bytes)).rows[1]?.cells[0]).toBe('丽'.repeat(200_000))
  })
})

describe('rows', () => {
  test.each([
    ['编号,姓名,备注\n', ','],
    ['编号;姓名;备注, 说明\n1;a;"x,y,z,w"\n', ';'],
    ['编号\t姓名\t备注\n', '\t'],
    ['编号|姓名\n', '|'],
    ['只有一列\n', ','],
  ])('the separator of %j', (text, delimiter) => {
    expect(delimiterOf(text)).toBe(delimiter)
  })

  test('quoted cells, line breaks inside, quotes inside, empty rows, short and long rows', async () => {
    const { rows } = await sheetOf('a,b,c\r\n"x, ""y""","1\r\n2",\r\n\r\n,,\r\nonly\r\n1,2,3,4\r\n3" needle,b,c')
    expect(rows).toEqual([
      { line: 1, cells: ['a', 'b', 'c'] },
      { line: 2, cells: ['x, "y"', '1\n2', ''] },
      { line: 6, cells: ['only'] },
      { line: 7, cells: ['1', '2', '3', '4'] },
      { line: 8, cells: ['3" needle', 'b', 'c'] },
    ])
  })

  test('a quote that nothing closes is told with the line that it stands in', async () => {
    await expect(sheetOf('a,b\n1,2\n"3,4\n5,6\n')).rejects.toThrow('line 3:')
    await expect(sheetOf(`a,b\n${'1,"x\ny"\n'.repeat(500)}1,"2\n3,4\n`)).rejects.toThrow('line 1002:')
  })

  const cell = fc.string({ unit: fc.constantFrom('a', '丽', ' ', '"', ',', ';', '\t', '\n', '\r\n', '\r', '|', '1') })
  const plainLines = (text: string) => text.replace(/\r\n?/g, '\n')
  const table = fc.array(fc.array(cell, { minLength: 1, maxLength: 5 }), { minLength: 1, maxLength: 12 })
  test('whatever is written comes back, on the line that it begins in', async () => {
    await fc.assert(
      fc.asyncProperty(
        table,
        fc.constantFrom(...DELIMITERS),
        fc.constantFrom('\n', '\r\n', '\r'),
        async (cells, by, end) => {
          let line = 1
          const expected: SheetRow[] = []
          const lines = cells.map((row) => {
            const written = row.map((one) => `"${one.replaceAll('"', '""')}"`).join(by)
            if (row.some((one) => one.trim() !== '')) expected.push({ line, cells: row.map(plainLines) })
            line += plainLines(written).split('\n').length
            return written
          })
          async function* text() {
            // In small pieces, as they come from a disk.
            for (const piece of (lines.join(end) + end).match(/[\s\S]{1,3}/g) ?? []) yield piece
          }
          const found: SheetRow[] = []
          for await (const row of csvRows(text(), by)) found.push(row)
          expect(found).toEqual(expected)
        },
      ),
      { numRuns: 60 },
    )
  })
})

test.each<[string, Uint8Array | string, string]>([
  ['an old workbook', Buffer.from('d0cf11e0a1b11ae1', 'hex'), 'save it as .xlsx'],
  ['a web page called a workbook', '\n<html><table><tr><td>1</td></tr></table></html>', 'save it as .xlsx'],
  ['half a workbook', Buffer.from('504b030414000600', 'hex'), 'damaged'],
  ['nothing', '', 'empty'],
])('%s is refused in words', async (_, content, words) => {
  await expect(sheetOf(content)).rejects.toThrow(words)
})
