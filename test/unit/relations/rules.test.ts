import { describe, expect, test } from 'vitest'
import {
  afterResults,
  afterStart,
  type HandedOver,
  handoverNote,
  nextLook,
} from '../../../src/relations/handover-rules.ts'
import { mayWriteRemark, remarkOf, tagChanges } from '../../../src/relations/label-rules.ts'

describe('a remark', () => {
  test.each([
    ['王芳', '热玛吉', '王芳 · 热玛吉'],
    ['王芳', null, '王芳'],
    ['', '热玛吉', ''],
    ['王芳', '超声炮面部提升联合水光针补水护理疗程', '王芳 · 超声炮面部提升联合水光针补水护'],
    ['阿卜杜拉·买买提江·艾力', '双眼皮', '阿卜杜拉·买买提江·艾力 · 双眼皮'],
    ['阿卜杜拉·买买提江·艾力江·吐尔逊', '双眼皮', '阿卜杜拉·买买提江·艾力江·吐尔逊'],
    ['一二三四五六七八九十一二三四五六七八九十一', '双眼皮', '一二三四五六七八九十一二三四五六七八九十'],
  ])('of %s after %s is %s', (name, treatment, remark) => {
    expect(remarkOf(name, treatment)).toBe(remark)
    expect([...remark].length).toBeLessThanOrEqual(20)
  })

  test('that somebody wrote by hand stays', () => {
    const names = ['微信里的芳', '王芳']
    expect(mayWriteRemark('', names, false)).toBe(true)
    for (const name of names) expect(mayWriteRemark(name, names, false)).toBe(true)
    expect(mayWriteRemark('王芳 · 热玛吉', names, true)).toBe(true)
    expect(mayWriteRemark('王姐，怕疼', names, false)).toBe(false)
  })
})

test('tags that others put on stay, and those of ours that no longer hold go', () => {
  expect(tagChanges(['store', 'lin'], ['vip', 'zhao', 'store'], ['store', 'zhao'])).toEqual({
    add: ['lin'],
    remove: ['zhao'],
  })
  expect(tagChanges(['store'], ['store'], [])).toEqual({ add: [], remove: [] })
})

describe('a hand-over', () => {
  const STARTED = new Date('2026-03-02T02:00:00Z')
  const LATER = new Date('2026-03-03T02:10:00Z')
  const one = (externalUserId: string, state: HandedOver['state'] = 'to_ask'): HandedOver => ({
    customerId: `c-${externalUserId}`,
    externalUserId,
    state,
    at: null,
  })
  const states = (all: readonly HandedOver[]) => all.map(({ state }) => state)

  test('keeps why WeCom didn’t begin, and asks again for whom it said nothing of', () => {
    const asked = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((id) => one(id))
    const starts = ['started', 'under_way', 'taker_full', 'too_often', 'same_member', 'not_contact'] as const
    const after = afterStart(
      asked,
      starts.map((start, i) => ({ externalUserId: asked[i]?.externalUserId ?? '', start })),
      STARTED,
    )
    expect(states(after)).toEqual(['waiting', 'waiting', 'taker_full', 'too_often', 'done', 'not_contact', 'to_ask'])
    expect(after[2]?.at).toEqual(STARTED)
    // What is known already, a repeat doesn't change.
    expect(afterStart(after, [{ externalUserId: 'c', start: 'started' }], LATER)[2]).toEqual(after[2])
  })

  test('waits for each customer, three days at most', () => {
    const waiting = ['a', 'b', 'c', 'd'].map((id) => one(id, 'waiting'))
    const results = [
      { externalUserId: 'a', outcome: 'done' as const },
      { externalUserId: 'b', outcome: 'refused' as const },
      { externalUserId: 'c', outcome: 'waiting' as const },
    ]
    expect(states(afterResults(waiting, results, STARTED, LATER))).toEqual(['done', 'refused', 'waiting', 'waiting'])
    const third = new Date('2026-03-05T02:00:00Z')
    expect(states(afterResults(waiting, results, STARTED, third))).toEqual([
      'done',
      'refused',
      'no_answer',
      'no_answer',
    ])
  })

  test('is looked at when the day is over, then by the hour', () => {
    expect(nextLook(STARTED, STARTED)).toEqual(LATER)
    expect(nextLook(STARTED, LATER)).toEqual(new Date('2026-03-03T03:10:00Z'))
  })

  test('is told with numbers and reasons', () => {
    const all = [
      { state: 'done' as const, toUserId: 'zhao' },
      { state: 'done' as const, toUserId: 'lin' },
      { state: 'done' as const, toUserId: 'lin' },
      { state: 'refused' as const, toUserId: 'lin' },
      { state: 'taker_full' as const, toUserId: 'zhao' },
    ]
    const nameOf = (id: string) => ({ lin: '林悦', zhao: '赵敏' })[id] ?? id
    expect(handoverNote(all, '周倩', nameOf)).toBe(
      '【微信交接】周倩的客户好友已交接 3 位，共 5 位。接手：林悦 2 位、赵敏 1 位。未能交接：客户谢绝 1 位、接手人好友数已满 1 位。请您安排接手人与这些客户另行联系。',
    )
    expect(handoverNote(all.slice(0, 1), '周倩', nameOf)).toBe(
      '【微信交接】周倩的客户好友已交接 1 位，共 1 位。接手：赵敏 1 位。',
    )
  })
})
