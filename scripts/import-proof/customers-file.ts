/** A clinic's list of customers as its system exports it, some rows of which are wrong. */
import { seededRandom } from '../../src/platform/random.ts'

export const lines = (rows: readonly (readonly string[])[]): string =>
  `${rows.map((row) => row.join(',')).join('\r\n')}\r\n`

export const CUSTOMER_HEADINGS = ['客户编号', '姓名', '性别', '手机号', '门店', '过敏史', '标签']
export const customerRow = (i: number): string[] => [
  `HM-${i}`,
  `客户${String.fromCodePoint(0x4e00 + (i % 5_000))}`,
  i % 2 === 0 ? '女' : '男',
  `139${String(i).padStart(8, '0')}`,
  '华颜整形医院',
  i % 7 === 0 ? '青霉素' : '',
  i % 5 === 0 ? 'VIP、油敏' : '',
]

export interface BadRow {
  /** Counted from 1, the headings first. */
  line: number
  code: string
}

const WAYS = [
  [3, '13', 'phone_malformed'],
  [4, '别家医院', 'unknown_store'],
  [1, '', 'value_missing'],
  [3, '1.39E+10', 'shortened_by_excel'],
] as const

/**
 * `count` customers, `wrong` of whom (a twenty-fifth, unless said otherwise) are wrong in one of four ways. They are spread over
 * the whole file: the last of each equal part, or with a seed any one of it.
 */
export function customersFile(
  count: number,
  { wrong = Math.floor(count / 25), seed }: { wrong?: number; seed?: number } = {},
): { text: string; bad: BadRow[] } {
  const part = Math.floor(count / wrong)
  const random = seed === undefined ? null : seededRandom(seed)
  const rows = Array.from({ length: count }, (_, i) => customerRow(i))
  const bad = Array.from({ length: wrong }, (_, n): BadRow => {
    const i = n * part + (random ? Math.floor(random.unit() * part) : part - 1)
    const [column, value, code] = WAYS[n % WAYS.length] ?? WAYS[0]
    rows[i] = customerRow(i).with(column, value)
    return { line: i + 2, code }
  })
  return { text: lines([CUSTOMER_HEADINGS, ...rows]), bad }
}
