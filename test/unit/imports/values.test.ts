/** Cells as people and Excel write them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellText } from '../../../src/imports/cells.ts'
import { ValueProblem } from '../../../src/imports/problems.ts'
import {
  readEmail,
  readFen,
  readInstant,
  readList,
  readNumber,
  readPhone,
  readSession,
  readSpan,
  readWhole,
  serialParts,
  unwrapped,
} from '../../../src/imports/values.ts'

const ZONE = 'Asia/Shanghai'
const codeOf = (read: () => unknown): string => {
  try {
    return `read as ${String(read())}`
  } catch (error) {
    return error instanceof ValueProblem ? error.code : 'something else'
  }
}

describe('dates', () => {
  test.each([
    ['2026/3/2', '2026-03-01T16:00:00.000Z'],
    ['2026-03-02 14:30', '2026-03-02T06:30:00.000Z'],
    ['2026-03-02 14:30:05', '2026-03-02T06:30:05.000Z'],
    ['2026年3月2日', '2026-03-01T16:00:00.000Z'],
    ['2026年3月2日 14时30分', '2026-03-02T06:30:00.000Z'],
    ['2026年3月2日14点', '2026-03-02T06:00:00.000Z'],
    ['2026年03月02日 下午2:30', '2026-03-02T06:30:00.000Z'],
    ['2026.3.2 9:05', '2026-03-02T01:05:00.000Z'],
    ['２０２６／３／２　９：０５', '2026-03-02T01:05:00.000Z'],
    ['2026/3/2 12:10 AM', '2026-03-01T16:10:00.000Z'],
    ['2026/3/2 2:30 PM', '2026-03-02T06:30:00.000Z'],
    ['2026/3/2 星期一 14:30', '2026-03-02T06:30:00.000Z'],
    ['20260302', '2026-03-01T16:00:00.000Z'],
    ['20260302 14:30', '2026-03-02T06:30:00.000Z'],
    ['2026-03-02T14:30:00+08:00', '2026-03-02T06:30:00.000Z'],
    ['2026-03-02T06:30:00.000Z', '2026-03-02T06:30:00.000Z'],
    ['2026-03-02 2026-03-02 14:30', '2026-03-02T06:30:00.000Z'],
    ['46083', '2026-03-01T16:00:00.000Z'],
    ['46083.604166666664', '2026-03-02T06:30:00.000Z'],
    ['46083.99999999999', '2026-03-02T16:00:00.000Z'],
    ['2024-02-29', '2024-02-28T16:00:00.000Z'],
  ])('%s', (text, iso) => {
    expect(readInstant(text, ZONE).at.toISOString()).toBe(iso)
  })

  test.each([
    ['2026-02-30', 'date_out_of_range'],
    ['2025/2/29', 'date_out_of_range'],
    ['2026-13-01', 'date_out_of_range'],
    ['1026-03-02', 'date_out_of_range'],
    ['2026-03-02 25:00', 'date_out_of_range'],
    ['26/3/2', 'date_malformed'],
    ['3月2日', 'date_malformed'],
    ['2026-03-02 晚点', 'date_malformed'],
    ['明天', 'date_malformed'],
    ['123', 'date_malformed'],
  ])('%s is none: %s', (text, code) => {
    expect(codeOf(() => readInstant(text, ZONE).at)).toBe(code)
  })

  test('the time is the store’s, whatever its zone', () => {
    expect(readInstant('2026-03-02 14:30', 'Asia/Urumqi').at.toISOString()).toBe('2026-03-02T08:30:00.000Z')
    expect(readInstant('2026-07-01 14:30', 'Europe/Berlin').at.toISOString()).toBe('2026-07-01T12:30:00.000Z')
  })

  const minutes = fc.integer({ min: 0, max: 99 * 365 * 1_440 })
  const wall = (n: number) => new Date(Date.UTC(1980, 0, 1) + n * 60_000)

  test('every minute of a century is read back from each way of writing it, and from its serial number', () => {
    fc.assert(
      fc.property(minutes, (n) => {
        const at = wall(n)
        const [year, month, date] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()]
        const [hour, minute] = [at.getUTCHours(), String(at.getUTCMinutes()).padStart(2, '0')]
        const serial = (at.getTime() - Date.UTC(1899, 11, 30)) / 86_400_000
        const written = [
          `${year}/${month}/${date} ${hour}:${minute}`,
          `${year}年${month}月${date}日 ${hour}时${minute}分`,
          at.toISOString().slice(0, 16).replace('T', ' '),
          String(serial),
          cellText('n', String(serial), true),
        ]
        for (const text of written) expect(readInstant(text, 'UTC').at.getTime()).toBe(at.getTime())
      }),
    )
  })

  test('a serial number is the day that spreadsheets count', () => {
    expect(serialParts(61, '')).toEqual({ day: '1900-03-01', seconds: 0 })
    expect(serialParts(46_083, '5')).toEqual({ day: '2026-03-02', seconds: 43_200 })
  })
})

describe('phones', () => {
  test.each([
    ['13800138000', '13800138000'],
    ['138 0013 8000', '13800138000'],
    ['+86 138-0013-8000', '13800138000'],
    ['0086 13800138000', '13800138000'],
    ['１３８００１３８０００', '13800138000'],
    ['13800138000.0', '13800138000'],
    ['(021) 6000-0001', '02160000001'],
    ['+852 9123 4567', '+85291234567'],
  ])('%s', (text, phone) => {
    expect(readPhone(text)).toBe(phone)
  })
  test.each([
    ['1380', 'phone_malformed'],
    ['王女士', 'phone_malformed'],
    ['13800138000/13900139000', 'phone_malformed'],
    ['1.38001E+10', 'shortened_by_excel'],
    ['1.38E10', 'shortened_by_excel'],
  ])('%s is none: %s', (text, code) => {
    expect(codeOf(() => readPhone(text))).toBe(code)
  })
})

describe('email addresses', () => {
  test.each([
    ' Mei.Wang@example.com ',
    'Ｍei.Wang＠example.com',
    'mailto:Mei.Wang@example.com',
    'Mei.Wang @ example.com',
  ])('%s', (text) => {
    expect(readEmail(text)).toBe('Mei.Wang@example.com')
  })
  test.each(['mei', 'mei@qq', '无', 'a@example.com;b@example.com'])('%s is none', (text) => {
    expect(codeOf(() => readEmail(text))).toBe('email_malformed')
  })
})

describe('amounts', () => {
  test.each([
    ['1280.5', 128_050],
    ['1280.50', 128_050],
    ['¥1,280.50', 128_050],
    ['￥ 1280', 128_000],
    ['1280元', 128_000],
    ['0.29', 29],
    ['4.35', 435],
    ['1280.1000', 128_010],
    ['0', 0],
    ['123,456,789.01', 12_345_678_901],
  ])('%s', (text, fen) => {
    expect(readFen(text)).toBe(fen)
  })
  test.each(['1280.555', '-5', '12,80', '1.28万', '', '1e3', '１２.'])('%s is none', (text) => {
    expect(codeOf(() => readFen(text))).toBe('amount_malformed')
  })
  test('every amount is read back, also as the spreadsheet keeps it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000_00 }), (fen) => {
        const yuan = `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
        expect(readFen(yuan)).toBe(fen)
        expect(readFen(cellText('n', String(fen / 100), false))).toBe(fen)
        expect(readFen(cellText('n', (fen / 100).toPrecision(17), false))).toBe(fen)
      }),
    )
  })
})

describe('other values', () => {
  test.each([
    ['="0012"', '0012'],
    ["'0012", '0012'],
    ['\t0012 ', '0012'],
    ['a\nb', 'a\nb'],
  ])('what keeps Excel away is taken off: %j', (cell, text) => {
    expect(unwrapped(cell)).toBe(text)
  })
  test('numbers of a clinic keep their zeros', () => {
    expect(readNumber('0012')).toBe('0012')
    expect(readNumber('1001.0')).toBe('1001')
    expect(codeOf(() => readNumber('1.00001E+11'))).toBe('shortened_by_excel')
  })
  test('lists, spans, whole numbers', () => {
    expect(readList('VIP、油敏，VIP; 老客户')).toEqual(['VIP', '油敏', '老客户'])
    expect(readSpan('14:00-16:30')).toEqual({ from: '14:00', to: '16:30' })
    expect(readSpan('9点至11点')).toEqual({ from: '09:00', to: '11:00' })
    expect(readWhole('3次')).toBe(3)
    expect(codeOf(() => readWhole('2.5'))).toBe('number_malformed')
  })
})

describe('sessions of a course', () => {
  test.each([
    ['3', 3, null],
    ['第3次', 3, null],
    ['第 3 次', 3, null],
    ['3/10', 3, 10],
    ['第３次／共１０次', 3, 10],
    ['第3次/共10次', 3, 10],
  ])('%s', (text, session, of) => {
    expect(readSession(text)).toEqual({ session, of })
  })
  test.each(['第三次', '3-10', '10/', '已做3次', '2026/3/2', '-1', '3.5'])('%s is none', (text) => {
    expect(codeOf(() => JSON.stringify(readSession(text)))).toBe('number_malformed')
  })
})
