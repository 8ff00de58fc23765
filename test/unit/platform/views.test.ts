import { describe, expect, test } from 'vitest'
import {
  ExternalId,
  Id,
  InstantString,
  NoteText,
  PageQuery,
  pageOf,
  pageRequest,
  ShortText,
} from '../../../src/platform/views.ts'

describe('ids', () => {
  test.each(['a', 'HM-1', 'zhang.san', 'T:2026_1', 'x@y', 'a'.repeat(64)])('%s is an id', (id) => {
    expect(Id.safeParse(id).success).toBe(true)
  })
  test.each(['', ' a', '$gt', '../x', 'a b', 'a/b', 'a\n', 'a'.repeat(65), '客户'])('%j is no id', (id) => {
    expect(Id.safeParse(id).success).toBe(false)
  })
  test('numbers of clinic systems may be Chinese', () => {
    expect(ExternalId.safeParse('会员0001/2026').success).toBe(true)
    for (const text of ['', '$x', 'a\u0000', 'a b', '-1']) expect(ExternalId.safeParse(text).success).toBe(false)
  })
})

describe('instants', () => {
  test('an offset is read, a wall time without one is refused', () => {
    expect(InstantString.parse('2026-03-02T10:00:00+08:00')).toEqual(new Date('2026-03-02T02:00:00Z'))
    for (const text of ['2026-03-02T10:00:00', '2026-03-02', '2026-02-30T10:00:00Z', '0000-01-01T00:00:00Z', 'now', ''])
      expect(InstantString.safeParse(text).success, text).toBe(false)
  })
})

test('text is trimmed, bounded and free of control characters', () => {
  expect(ShortText(3).parse(' 王小美 ')).toBe('王小美')
  for (const text of ['', '   ', '王小美美', 'a\u0007']) expect(ShortText(3).safeParse(text).success).toBe(false)
})

test.each([
  ['zero-width spaces', '\u200b\u200b'],
  ['half an emoji', '\ud83d小美'],
  ['a turned reading direction', '\u202e美小王'],
  ['an isolate that never ends', '小美\u2067'],
])('text of %s is refused', (_, text) => {
  expect(ShortText(60).safeParse(text).success).toBe(false)
  expect(NoteText(60).safeParse(text).success).toBe(false)
})

test.each(['👩‍⚕️小美', '王·小美', '😀', 'Zoë', 'علي'])('%s is text', (text) => {
  expect(ShortText(60).parse(text)).toBe(text)
})

describe('pages', () => {
  const rows = ['a', 'b', 'c', 'd', 'e'].map((_id) => ({ _id }))
  const read = (limit: number, after: string | null) =>
    rows.filter(({ _id }) => after === null || _id > after).slice(0, limit + 1)

  test('following the cursor shows every row once', () => {
    for (const limit of [1, 2, 4, 5, 6]) {
      const seen: string[] = []
      let cursor: string | null = null
      do {
        const request = pageRequest({ limit, ...(cursor ? { cursor } : {}) })
        const page = pageOf(read(limit, request.after), limit)
        seen.push(...page.items.map(({ _id }) => _id))
        cursor = page.nextCursor
      } while (cursor)
      expect(seen).toEqual(['a', 'b', 'c', 'd', 'e'])
    }
  })

  test('limits and cursors from elsewhere are refused', () => {
    expect(PageQuery.parse({ limit: '200' })).toEqual({ limit: 200 })
    for (const query of [
      { limit: '0' },
      { limit: '201' },
      { limit: '-1' },
      { limit: ['1', '2'] },
      { cursor: 'a b' },
      { x: '1' },
    ])
      expect(PageQuery.safeParse(query).success, JSON.stringify(query)).toBe(false)
    expect(() => pageRequest({ cursor: '_w' })).toThrow('invalid_request')
  })
})
