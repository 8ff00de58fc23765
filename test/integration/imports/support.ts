/** A clinic to import into, and what its database holds. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from 'mongoose'
import { afterAll } from 'vitest'
import type { ImportRequest, KindName } from '../../../src/imports/index.ts'
import { careWorld } from '../care/support.ts'

export async function importWorld(options: Parameters<typeof careWorld>[0] = {}) {
  const world = await careWorld({ customers: 4, ...options })
  const folder = mkdtempSync(join(tmpdir(), 'imports-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  let serial = 0
  return {
    ...world,
    file(content: string | Uint8Array, name = 'file.csv'): string {
      serial += 1
      const path = join(folder, `${serial}-${name}`)
      writeFileSync(path, content)
      return path
    },
    import: (path: string, kind: KindName, more: Partial<ImportRequest> = {}) =>
      world.app.imports.run({ path, kind, ...more }),
    dump: () => dump(world.db),
  }
}

/** Every document of every collection, to the letter. */
export async function dump(db: Connection): Promise<Record<string, string>> {
  const names = ((await db.db?.listCollections().toArray()) ?? []).map(({ name }) => name).sort()
  const all: Record<string, string> = {}
  for (const name of names) {
    const rows = await db.collection(name).find().toArray()
    all[name] = rows
      .map((row) => JSON.stringify(row))
      .sort()
      .join('\n')
  }
  return all
}

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
/** `count` customers, each twenty-fifth of whom is wrong in one of four ways. */
export const customersFile = (count: number): { text: string; bad: { line: number; code: string }[] } => {
  const bad: { line: number; code: string }[] = []
  const WAYS = [
    [3, '13', 'phone_malformed'],
    [4, '别家医院', 'unknown_store'],
    [1, '', 'value_missing'],
    [3, '1.39E+10', 'shortened_by_excel'],
  ] as const
  const rows = Array.from({ length: count }, (_, i) => {
    if (i % 25 !== 24) return customerRow(i)
    const [column, value, code] = WAYS[bad.length % WAYS.length] ?? WAYS[0]
    bad.push({ line: i + 2, code })
    return customerRow(i).with(column, value)
  })
  return { text: lines([CUSTOMER_HEADINGS, ...rows]), bad }
}

export const readLines = (path: string): string[] =>
  readFileSync(path, 'utf8')
    .replace(/^\uFEFF/, '')
    .split('\r\n')
    .filter(Boolean)
