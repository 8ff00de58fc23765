/** Customer lists of a size that counts: good rows in, bad ones aside, and nothing the second time. */
import { statSync } from 'node:fs'
import { expect, test } from 'vitest'
import { gbk } from '../../support/gbk.ts'
import { CUSTOMER_HEADINGS, customerRow, customersFile, importWorld, lines, readLines } from './support.ts'

const w = await importWorld()
const COUNT = 2_500
const { text, bad } = customersFile(COUNT)
const path = w.file(text)

test('a dry run says what would happen and changes nothing', async () => {
  const before = await w.dump()
  const plans: unknown[] = []
  const report = await w.import(path, 'customers', { dryRun: true, onPlan: (plan) => plans.push(plan) })
  expect(report).toMatchObject({ rows: COUNT, new: COUNT - 100, changed: 0, same: 0, bad: 100 })
  expect(await w.dump()).toEqual(before)
  expect(plans).toMatchObject([{ encoding: 'utf-8', delimiter: ',', headerLine: 1, ignored: [] }])
  // What is shown shows nobody.
  expect(JSON.stringify(plans)).not.toMatch(/1390000000|客户一|青霉素/)
})

test('2,500 rows: 100 bad ones are reported with line and reason, the good ones are in, and a second run changes nothing', async () => {
  const shares: number[] = []
  const report = await w.import(path, 'customers', { onProgress: ({ share }) => shares.push(share) })
  expect(report).toMatchObject({ rows: COUNT, new: COUNT - 100, changed: 0, same: 0, bad: 100 })
  expect(bad).toHaveLength(100)
  expect(report.problems).toHaveLength(50)
  expect(report.problems[0]).toEqual({
    line: 26,
    column: '手机号',
    code: 'phone_malformed',
    zh: '手机号码格式不正确。',
    en: 'not a phone number',
  })
  const aside = readLines(report.badFile ?? '')
  expect(aside[0]).toBe([...CUSTOMER_HEADINGS, '行号', '列', '错误代码', '原因', 'Reason'].join(','))
  expect(aside.slice(1).map((line) => line.split(',').slice(-5))).toEqual(
    bad.map(({ line, code }) => [
      String(line),
      expect.any(String),
      code,
      expect.stringMatching(/\p{Script=Han}/u),
      expect.stringMatching(/^[a-zA-Z]/),
    ]),
  )
  expect(statSync(report.badFile ?? '').mode & 0o077).toBe(0)
  expect(shares.length).toBeGreaterThan(10)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
  expect(shares.at(-1)).toBe(1)

  expect(await w.collection('customers').countDocuments()).toBe(COUNT - 100)
  // A record and its two names: the clinic's number and the phone.
  expect(await w.collection('customer_identities').countDocuments()).toBe(2 * (COUNT - 100))
  const { items } = (await w.api('GET', '/customers?externalId=HM-35')) as { items: Record<string, unknown>[] }
  expect(items).toMatchObject([
    {
      name: '客户丣',
      gender: 'male',
      phone: '139****0035',
      storeIds: ['huayan'],
      hasAllergies: true,
      tags: ['VIP', '油敏'],
    },
  ])

  const before = await w.dump()
  const again = await w.import(path, 'customers')
  expect(again).toMatchObject({ rows: COUNT, new: 0, changed: 0, same: COUNT - 100, bad: 100 })
  expect(await w.dump()).toEqual(before)
}, 120_000)

test('bad rows that were mended go in by themselves', async () => {
  const [first, ...rest] = readLines(w.file(text) && `${path}.bad.csv`)
  expect(rest).toHaveLength(100)
  const mended = rest.map((line, i) => {
    const { line: number } = bad[i] ?? { line: 0 }
    return [...customerRow(number - 2), ...line.split(',').slice(-5)].join(',')
  })
  const report = await w.import(w.file([first, ...mended].join('\n')), 'customers')
  expect(report).toMatchObject({ new: 100, bad: 0, badFile: null })
  expect(await w.collection('customers').countDocuments()).toBe(COUNT)
})

test('a row that changed is a change, once', async () => {
  const changed = w.file(lines([CUSTOMER_HEADINGS, customerRow(0).with(5, '无'), customerRow(1)]))
  expect(await w.import(changed, 'customers', { dryRun: true })).toMatchObject({ changed: 1, same: 1 })
  expect(await w.import(changed, 'customers')).toMatchObject({ changed: 1, same: 1 })
  expect(await w.import(changed, 'customers')).toMatchObject({ changed: 0, same: 2 })
})

test('GBK, and a mother and daughter with one phone: the number tells nobody apart any more', async () => {
  const both = [
    ['G-1', '王丽', '女', '13700000001', '华颜整形医院', '', ''],
    ['G-2', '王雅', '女', '137 0000 0001', 'huayan', '', ''],
  ]
  const file = w.file(gbk(lines([CUSTOMER_HEADINGS, ...both])))
  expect(await w.import(file, 'customers')).toMatchObject({ new: 2, bad: 0 })
  const { items } = (await w.api('GET', '/customers?externalId=G-2')) as { items: Record<string, unknown>[] }
  expect(items).toMatchObject([{ name: '王雅' }])
  const shared = await w
    .collection<{ _id: string; shared: boolean }>('customer_identities')
    .find({ shared: true })
    .toArray()
  expect(shared).toHaveLength(1)
  const before = await w.dump()
  expect(await w.import(file, 'customers')).toMatchObject({ same: 2 })
  expect(await w.dump()).toEqual(before)
})

test('a number that comes twice: the same row is nothing new, another one is refused', async () => {
  const rows = [customerRow(7_000), customerRow(7_001), customerRow(7_000), customerRow(7_001).with(1, '别人')]
  const report = await w.import(w.file(lines([CUSTOMER_HEADINGS, ...rows])), 'customers')
  expect(report).toMatchObject({ rows: 4, new: 2, same: 1, bad: 1 })
  expect(report.problems).toMatchObject([{ line: 5, column: '客户编号', code: 'number_repeated' }])
})

test('a column of addresses: read as people write them, and a bad one is its row’s problem alone', async () => {
  const headings = ['客户编号', '姓名', '门店', '电子邮箱']
  const rows = [
    ['E-1', '王丽', '华颜整形医院', 'Mei.Wang＠example.com'],
    ['E-2', '王雅', '华颜整形医院', ''],
    ['E-3', '王静', '华颜整形医院', 'mei@'],
  ]
  const plans: unknown[] = []
  const file = w.file(lines([headings, ...rows]))
  const report = await w.import(file, 'customers', { onPlan: (plan) => plans.push(plan) })
  expect(report).toMatchObject({ new: 2, bad: 1 })
  expect(report.problems).toMatchObject([{ line: 4, column: '电子邮箱', code: 'email_malformed' }])
  expect(JSON.stringify(plans)).not.toMatch(/ei\.Wang/)
  const { items } = (await w.api('GET', '/customers?externalId=E-1')) as { items: Record<string, unknown>[] }
  expect(items).toMatchObject([{ email: 'M***@example.com' }])
  expect((await w.dump()).customers).not.toContain('Mei.Wang')
  expect(await w.import(file, 'customers')).toMatchObject({ new: 0, same: 2, bad: 1 })
})
