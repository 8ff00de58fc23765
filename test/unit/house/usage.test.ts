import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { instantOf, reportFile, UsageError, whole } from '../../../scripts/demo/usage.ts'

describe('a start of the demo', () => {
  test.each([
    ['2026-03-02', '2026-03-01T16:00:00.000Z'],
    ['2026-03-02T23:30', '2026-03-02T15:30:00.000Z'],
    ['2026-03-02T00:00+08:00', '2026-03-01T16:00:00.000Z'],
    ['2026-03-02T00:00:00Z', '2026-03-02T00:00:00.000Z'],
    ['2028-02-29', '2028-02-28T16:00:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(instantOf(text).toISOString()).toBe(instant)
  })
  test.each([
    '2026-02-30',
    '2026-02-29',
    '2026-04-31T10:00Z',
    '2026-13-01',
    '2026-3-2',
    '2026',
    'tomorrow',
    '2026-03-02T25:00',
    '0001-01-01',
    '9999-12-31',
    '',
  ])('%j is none', (text) => {
    expect(() => instantOf(text)).toThrow(UsageError)
  })
})

test('a figure is digits within bounds', () => {
  expect(whole('seed', '7', 0, 10)).toBe(7)
  for (const text of ['', ' ', '1e1', '0x5', '-1', '1.5', '11', 'abc'])
    expect(() => whole('seed', text, 0, 10), text).toThrow('--seed must be a whole number from 0 to 10')
})

test('a report that could not be written is refused before the run', () => {
  expect(reportFile('json', undefined)).toBeNull()
  expect(reportFile('json', 'out.json')).toBe('out.json')
  const file = join(tmpdir(), 'aftercare-report.json')
  expect(reportFile('json', file)).toBe(file)
  for (const path of ['', tmpdir(), join(tmpdir(), 'no', 'such', 'folder', 'out.json')])
    expect(() => reportFile('json', path), path).toThrow(UsageError)
})
