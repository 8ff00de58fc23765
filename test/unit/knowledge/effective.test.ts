/** Which version of an article is said: files against what staff wrote, approvals and retirements. */
import { expect, test } from 'vitest'
import { type Decided, digestOf, standingOf } from '../../../src/knowledge/effective.ts'
import type { Article } from '../../../src/knowledge/index.ts'
import { article } from './support.ts'

const file = (version: number, status: Article['status'] = 'needs_doctor') =>
  article('a', '肿了怎么办', `第 ${version} 版：请您冷敷，注意休息。`, { version, status, asks: ['肿'] })
const row = (
  version: number,
  status: Decided['status'],
  source: Decided['source'] = 'staff',
  of = file(version),
): Decided => ({
  article: 'a',
  version,
  source,
  status,
  digest: digestOf(of),
  body: { ...of },
})
const at = (files: Article[], rows: Decided[], withholdUnapproved = true) => {
  const { effective, waiting } = standingOf(files, rows, { withholdUnapproved })
  return [effective.get('a')?.version ?? null, ...waiting.map(({ version }) => -version)]
}

test.each<[string, Article[], Decided[], (number | null)[]]>([
  ['a file that waits', [file(1)], [], [null, -1]],
  ['a file that needs nobody', [file(1, 'approved')], [], [1]],
  ['a file whose words were approved', [file(1)], [row(1, 'approved', 'file')], [1]],
  ['a file with other words than those approved', [file(1)], [row(1, 'approved', 'file', file(9))], [null, -1]],
  ['staff’s newer version', [file(1, 'approved')], [row(2, 'approved')], [2]],
  ['staff’s draft', [file(1, 'approved')], [row(2, 'draft')], [1]],
  ['a release that is newer and waits', [file(5)], [row(2, 'approved')], [2, -5]],
  ['a release that is newer and needs nobody', [file(5, 'approved')], [row(2, 'approved')], [5]],
  ['both with one number', [file(2, 'approved')], [row(2, 'approved')], [2]],
  ['retired', [file(1, 'approved')], [row(1, 'retired', 'file')], [null]],
  ['retired with what is below', [file(1, 'approved')], [row(3, 'retired')], [null]],
  ['retired, and a higher one approved', [file(1, 'approved')], [row(3, 'retired'), row(4, 'approved')], [4]],
  [
    'of another release, which can’t be read',
    [file(1, 'approved')],
    [{ ...row(2, 'approved'), body: { id: 'a', version: 2, title: 5 } }],
    [1],
  ],
])('%s', (_, files, rows, expected) => {
  expect(at(files, rows)).toEqual(expected)
})

test('of both with one number staff’s words are said', () => {
  const own = { ...file(2), answer: '请您先联系我们，再决定是否冷敷。' }
  const { effective } = standingOf([file(2, 'approved')], [row(2, 'approved', 'staff', own)], {
    withholdUnapproved: true,
  })
  expect(effective.get('a')?.answer).toBe(own.answer)
})

test('where nothing is withheld, a file is said without approval', () => {
  expect(at([file(1)], [], false)).toEqual([1])
  expect(at([file(5)], [row(2, 'approved')], false)).toEqual([5])
})

test('a digest is of the words, not of the order of fields, nor of whether they wait', () => {
  const { id, version, ...rest } = file(1)
  expect(digestOf({ ...rest, version, id })).toBe(digestOf(file(1, 'approved')))
  expect(digestOf({ ...file(1), answer: '别的话，请您放心。' })).not.toBe(digestOf(file(1)))
})
