/** `npm run import` as a process: killed in the middle and run again, on a screen and without one, with a wrong call. */
import { type ChildProcess, spawn } from 'node:child_process'
import { afterAll, describe, expect, test } from 'vitest'
import { vendorSettings } from '../../../scripts/demo/vendor-settings.ts'
import { createTerminal } from '../../../scripts/import/terminal.ts'
import { createFieldCrypto, parseFieldKeys } from '../../../src/platform/crypto.ts'
import { testDb } from '../../support/db.ts'
import { TEST_FIELD_KEYS } from '../../support/ports.ts'
import { customersFile, importWorld } from './support.ts'

const w = await importWorld()
const other = await testDb()
const crypto = createFieldCrypto(parseFieldKeys(TEST_FIELD_KEYS))
const running = new Set<ChildProcess>()
afterAll(() => {
  for (const child of running) child.kill('SIGKILL')
})

function start(args: string[], database = w.db.name) {
  const uri = new URL(process.env.MONGODB_URI ?? '')
  uri.pathname = `/${database}`
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/import.ts', ...args], {
    env: {
      ...process.env,
      ...vendorSettings(w.simulator.ready),
      MONGODB_URI: uri.toString(),
      FIELD_KEYS: TEST_FIELD_KEYS,
      SESSION_SECRET: 'a session secret of tests, 32 characters',
    },
  })
  running.add(child)
  const said = { out: '', err: '' }
  child.stdout.on('data', (text) => {
    said.out += text
  })
  child.stderr.on('data', (text) => {
    said.err += text
  })
  const ended = new Promise<{ code: number | null; out: string; err: string }>((resolve) =>
    child.once('close', (code) => {
      running.delete(child)
      resolve({ code, ...said })
    }),
  )
  return { child, ended }
}

/** What is known of the customers, without what differs from run to run: seals and times of writing. */
async function known(db: typeof w.db) {
  type Row = { _id: string; name: string; phone: string | null; allergies: string | null } & Record<string, unknown>
  const rows = await db.collection<Row>('customers').find().sort({ _id: 1 }).toArray()
  const open = (field: string, sealed: string | null) =>
    sealed === null ? null : crypto.open(`customers.${field}`, sealed)
  const identities = await db.collection<{ _id: string }>('customer_identities').find().sort({ _id: 1 }).toArray()
  return {
    identities,
    customers: rows.map(({ createdAt: _, updatedAt: __, name, phone, allergies, ...row }) => ({
      ...row,
      name: open('name', name),
      phone: open('phone', phone),
      allergies: open('allergies', allergies),
    })),
  }
}

test('killed in the middle and run again: the same as if nothing had happened', async () => {
  const { text } = customersFile(2_500)
  const path = w.file(text)
  const { child, ended } = start([path, '--kind', 'customers'])
  const count = () => w.db.collection('customers').countDocuments()
  while (running.has(child) && (await count()) < 800) await new Promise((resolve) => setTimeout(resolve, 20))
  child.kill('SIGKILL')
  await ended
  const left = await count()
  // Otherwise the kill came before or after everything, and proves nothing.
  expect(left).toBeGreaterThanOrEqual(800)
  expect(left).toBeLessThan(2_400)

  const again = await start([path, '--kind', 'customers']).ended
  expect(again.code).toBe(1)
  expect(again.out).toMatch(
    new RegExp(
      `2,500 rows: ${(2_400 - left).toLocaleString('en-US')} new, 0 changed, ${left.toLocaleString('en-US')} same, 100 bad`,
    ),
  )

  const stores = await w.db.collection('stores').find().toArray()
  await other.collection('stores').insertMany(stores)
  const whole = await start([w.file(text), '--kind', 'customers'], other.name).ended
  expect(whole.out).toContain('2,500 rows: 2,400 new, 0 changed, 0 same, 100 bad')
  expect(await known(w.db)).toEqual(await known(other))
  expect(await w.db.collection('customers').countDocuments({ announceAt: { $ne: null } })).toBe(0)
}, 120_000)

test('without a screen: plain lines, the result on stdout, personal data on neither', async () => {
  const path = w.file('客户编号,姓名,手机号,门店\nZ-1,欧阳静怡,13611112222,huayan\nZ-2,欧阳雨桐,136111,不存在\n')
  const { code, out, err } = await start([path, '--kind', 'customers', '--dry-run']).ended
  expect(code).toBe(1)
  expect(err).toContain('csv, utf-8, separated by comma, headings in row 1')
  expect(err).toContain('row 2: 门店 huayan · 客户编号 Z-1 · 姓名 欧*** · 手机 136****2222')
  expect(out).toContain('row 3 [门店] unknown_store 没有这家门店：不存在')
  expect(out).toContain('dry run, nothing was written: 2 rows: 1 new, 0 changed, 0 same, 1 bad')
  for (const unwanted of ['静怡', '雨桐', '13611112222', '\u001b', '\r']) expect(out + err).not.toContain(unwanted)
})

test('a file that is damaged far down: what stands above is in, and the run says that it did not end', async () => {
  const rows = Array.from({ length: 300 }, (_, i) => `Q-${i},客户,13511${String(i).padStart(6, '0')},huayan`)
  const path = w.file(`客户编号,姓名,手机号,门店\n${rows.join('\n')}\nQ-300,"客户,13511000300,huayan\n`)
  const { code, err } = await start([path, '--kind', 'customers']).ended
  expect(code).toBe(1)
  expect(err).toContain('line 302: a quote (") is opened that nothing closes')
  expect(err).toContain('not finished: run it again')
  expect(await w.collection('customers').countDocuments({ externalId: /^Q-/ })).toBe(200)
})

describe('a call that cannot work', () => {
  test.each<[string, () => string[], string]>([
    ['no such kind', () => ['x.csv', '--kind', 'people'], '--kind must be one of customers, treatments'],
    ['no such file', () => ['/nowhere/x.csv', '--kind', 'customers'], 'the file is missing'],
    ['a wrong mapping', () => [w.file('a,b\n'), '--kind', 'customers', '--map', w.file('version: 2\n')], 'version'],
    [
      'columns that mean nothing',
      () => [w.file('a,b\n1,2\n'), '--kind', 'customers'],
      'no column for externalId (客户编号)',
    ],
  ])('%s ends with 2 and says why', async (_, args, why) => {
    const { code, err, out } = await start(args()).ended
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(why)
  })

  test('settings that are missing are all named', async () => {
    const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/import.ts', 'x.csv', '--kind', 'customers'], {
      env: { PATH: process.env.PATH },
    })
    let err = ''
    child.stderr.on('data', (text) => {
      err += text
    })
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(2)
    expect(err).toMatch(/MONGODB_URI is missing[\s\S]+FIELD_KEYS is missing/)
  })
})

test('on a screen one line changes, a few times a second; without one there is a line every five seconds', () => {
  const progress = { rows: 1_200, share: 0.5, new: 1_000, changed: 0, same: 190, bad: 10 }
  const lines = (isTTY: boolean) => {
    let now = 0
    let err = ''
    const terminal = createTerminal({ write: () => undefined }, { isTTY, write: (text) => (err += text) }, () => now)
    for (now = 1_000; now <= 11_000; now += 50) terminal.progress(progress)
    return err
  }
  expect(lines(false).split('\n').filter(Boolean)).toHaveLength(2)
  expect(lines(false)).toContain('1,200 rows (50 %): 1,000 new, 0 changed, 190 same, 10 bad; ')
  expect(lines(true).split('\r\u001b[K').length - 1).toBeGreaterThan(80)
  expect(lines(true)).not.toContain('\n')
})
