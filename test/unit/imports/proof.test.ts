/** What the proof of a large import finds wrong. */
import { expect, test } from 'vitest'
import { customersFile } from '../../../scripts/import-proof/customers-file.ts'
import { type Expected, judge, type Seen } from '../../../scripts/import-proof/judge.ts'

const bad = [
  { line: 3, code: 'phone_malformed' },
  { line: 5, code: 'unknown_store' },
]
const expected: Expected = { rows: 4, bad, numbers: ['HM-0', 'HM-2'], found: ['HM-2', 'HM-0'] }
const rows = new Map([
  ['customers a', '1'],
  ['customers b', '2'],
])
const first: Seen = {
  code: 1,
  out: '4 rows: 2 new, 0 changed, 0 same, 2 bad; 1.0 s\n',
  seconds: 1,
  memory: 200,
  bad,
  rows,
}
const again: Seen = { ...first, out: '4 rows: 0 new, 0 changed, 2 same, 2 bad; 1.0 s\n' }

test('an import as it should be leaves nothing to be found', () => {
  expect(judge(expected, first, again)).toEqual([])
  expect(judge(expected, { ...first, memory: 299.9 }, again)).toEqual([])
})

test('300 MB are too much, and memory that nobody could read is not little', () => {
  expect(judge(expected, { ...first, memory: 300 }, again)).toEqual(['the first run took 300 MB, not less than 300'])
  expect(judge(expected, first, { ...again, memory: null })).toEqual([
    'the memory of the second run could not be read from /proc',
  ])
})

test('a row that the second run changes, adds or removes is found, whatever the run says itself', () => {
  const after = new Map([
    ['customers a', '3'],
    ['customers c', '4'],
  ])
  expect(judge(expected, first, { ...again, rows: after })).toEqual([
    'the second run changed customers a',
    'the second run added customers c',
    'the second run removed customers b',
  ])
})

test('exactly the bad rows are reported: none too few, none too many, none for another reason', () => {
  const other = [bad[0], { line: 5, code: 'value_missing' }, { line: 4, code: 'unknown_store' }] as typeof bad
  expect(judge(expected, { ...first, bad: other }, again)).toEqual([
    'the first run does not report row 5 unknown_store',
    'the first run reports row 5 value_missing, or reports it twice',
    'the first run reports row 4 unknown_store, or reports it twice',
  ])
})

test('customers that are not in, or in twice, are found, and so is a run that ended otherwise or says something else', () => {
  expect(judge({ ...expected, found: ['HM-0', 'HM-0'] }, first, { ...again, code: 0, out: first.out })).toEqual([
    'the second run ended with 0, not 1',
    'the second run says “4 rows: 2 new, 0 changed, 0 same, 2 bad; 1.0 s”, not “4 rows: 0 new, 0 changed, 2 same, 2 bad”',
    'HM-2 is missing',
    'HM-0 is in and should not be, or is in twice',
  ])
})

test('the file has as many bad rows as asked for, each in its own part, the same for the same seed', () => {
  const seeded = (seed: number) => customersFile(50_000, { wrong: 100, seed })
  const { text, bad: wrong } = seeded(1)
  expect(text.trimEnd().split('\r\n')).toHaveLength(50_001)
  expect(wrong.map(({ line }) => Math.floor((line - 2) / 500))).toEqual(Array.from({ length: 100 }, (_, n) => n))
  expect(seeded(1)).toEqual({ text, bad: wrong })
  expect(seeded(2).bad).not.toEqual(wrong)
  expect(customersFile(50).bad.map(({ line }) => line)).toEqual([26, 51])
})
