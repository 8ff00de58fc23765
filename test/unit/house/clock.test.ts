/** The rule that time is injected: what it finds, and what it leaves alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { clockReads } from '../../../scripts/checks/clock.ts'

const root = mkdtempSync(join(tmpdir(), 'aftercare-clock-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

test.each([
  ['const a = new Date()', true],
  ['const a = new Date(0)', true],
  ['const a = new Date', true],
  ['const a = Date()', true],
  ['const a = Date.now()', true],
  ['const a = 5 * Date.now()', true],
  ["const a = 'http://a.example' + Date.now()", true],
  ['setTimeout(work, 1, Date.now)', true],
  ['const Moment = Date', true],
  ['const a = Temporal.Now.instant()', true],
  ['// Date.now() is read by the clock', false],
  ['/* new Date() */', false],
  ["const a = 'new Date()'", false],
  ['let a: Date | null = null', false],
  ['const is = (a: unknown): a is Date => a instanceof Date', false],
  ['const schema = { at: { type: Date } }', false],
  ['const a = Date.UTC(2026, 0, 1)', false],
  ['const a = clock.now()', false],
  ['const a = Temporal.PlainDate.from(day)', false],
])('%s', (text, found) => {
  plant('src/care/rules.ts', `\n${text}\n`)
  expect(clockReads(root).map((line) => line.split(' ')[0])).toEqual(found ? ['src/care/rules.ts:2'] : [])
})

test('one file may read it', () => {
  plant('src/care/rules.ts', '')
  plant('src/platform/clock.ts', 'export const now = () => new Date()')
  expect(clockReads(root)).toEqual([])
  plant('src/care/clock.ts', 'export const now = () => new Date()')
  expect(clockReads(root)).toHaveLength(1)
})
