import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { BotFile } from '../../../src/bot/config.ts'
import { decide } from '../../../src/bot/decide.ts'
import { type Danger, type Heard, type Memory, NOTHING_KNOWN } from '../../../src/bot/types.ts'

const config = BotFile.parse(parse(readFileSync('config/bot.yaml', 'utf8')))
const at = new Date('2026-03-02T03:00:00Z')
const CALM: Danger = { level: 'none', handled: false, toCaller: false }
const heard = (text: string, kind: Heard['kind'] = 'text'): Heard => ({ messageId: 'm', at, kind, text })
const intent = (text: string, memory: Partial<Memory> = {}, danger: Partial<Danger> = {}) =>
  decide(heard(text), { ...NOTHING_KNOWN, ...memory }, { ...CALM, ...danger }, config)
const menu = (labels: string[], hoursAgo = 1) => ({
  menu: { kind: 'helped' as const, labels, at: new Date(at.getTime() - hoursAgo * 3_600_000), about: 'a' },
})

test.each([
  ['退订', 'opt_out'],
  ['以后别发了好吗', 'opt_out'],
  ['转人工', 'person'],
  ['我要找真人客服', 'person'],
  ['我要投诉你们', 'complaint'],
  ['再不解决我就打12315', 'complaint'],
  ['想预约周六下午', 'booking'],
  ['可以改个时间吗', 'booking'],
  ['确认', 'confirm'],
  ['好的，我会准时到的，谢谢', 'confirm'],
  ['确认预约', 'confirm'],
  ['确认一下要不要空腹', 'question'],
  ['不能准时到，想改时间', 'booking'],
  ['不用确认了', 'question'],
  ['稍后确认', 'question'],
  ['您好，收到，会准时到，谢谢您', 'confirm'],
  ['没问题，确认', 'confirm'],
  ['没事，会准时到', 'confirm'],
  ['没关系，我会按时到的', 'confirm'],
  ['你们确认', 'question'],
  ['你确认', 'question'],
  ['您确认', 'question'],
  ['请问确认', 'greeting'],
  ['确认呢', 'question'],
  ['确认吗', 'question'],
  ['你们会来的', 'question'],
  ['确认收到', 'question'],
  ['收到确认了', 'question'],
  ['没问题，不用确认', 'question'],
  ['护理要点', 'guide'],
  ['做完需要注意什么', 'guide'],
  ['问卷在哪里填', 'survey'],
  ['您好', 'greeting'],
  ['在吗？', 'greeting'],
  ['您好，我今天来做治疗', 'greeting'],
  ['谢谢', 'thanks'],
  ['好的，谢谢提醒', 'thanks'],
  ['👍', 'thanks'],
  ['收到，恢复得挺好的', 'fine'],
  ['一切正常，谢谢你们', 'fine'],
  ['可以洗脸吗', 'question'],
  ['谢谢，请问什么时候可以化妆', 'question'],
  ['您好，请问多久可以运动', 'question'],
  ['人工骨是什么材料', 'question'],
  ['人工智能客服真方便', 'question'],
  ['不用转人工，我自己看看', 'question'],
  ['人工韧带做过可以打吗', 'question'],
  ['轉人工', 'person'],
  ['rengong', 'person'],
  ['叫个人来', 'person'],
  ['不想退订，只是问问', 'question'],
  ['希望痘痘别再发了', 'question'],
  ['怎么才能不要再发红', 'question'],
  ['我不是要投诉，就是问问多久消肿', 'question'],
  ['我是律师，平时熬夜，可以做光子吗', 'question'],
  ['[强]', 'thanks'],
  ['[玫瑰][玫瑰]', 'thanks'],
  ['没有了，谢谢', 'thanks'],
  ['好', 'thanks'],
  ['？', 'question'],
  ['😭😭', 'question'],
  ['…', 'with_person'],
])('%s → %s', (text, is) => {
  expect(intent(text).is).toBe(is)
})

test('what needs a doctor comes before everything, whatever else is said', () => {
  for (const level of ['abnormal', 'emergency'] as const)
    for (const text of ['谢谢，就是有点化脓', '我要投诉，鼻子发黑了', '退订', '可以洗脸吗'])
      expect(intent(text, {}, { level })).toMatchObject({ is: 'danger', handled: false })
})

test('what is decided beside it counts all the same', () => {
  const also = (text: string) => intent(text, {}, { level: 'emergency', handled: true })
  expect(also('我要投诉，鼻子发黑了')).toEqual({ is: 'danger', handled: true, also: ['complaint'] })
  expect(also('退订，还要投诉，转人工')).toMatchObject({ also: ['opt_out', 'complaint', 'person'] })
  // What is mild somebody asks back about today: it holds nothing up.
  const mild = (text: string) => intent(text, {}, { level: 'watch', handled: true }).is
  expect([mild('有点疼，我要投诉'), mild('有点疼，退订'), mild('有点疼，转人工')]).toEqual([
    'complaint',
    'opt_out',
    'person',
  ])
})

test('what somebody has been called about already is not said twice', () => {
  expect(intent('有点疼', {}, { level: 'watch', handled: true })).toMatchObject({ is: 'danger', handled: true })
  expect(intent('有点疼', {}, { level: 'watch' })).toEqual({ is: 'question', mild: 'watch' })
})

test('what is normal for the day is still a question', () => {
  expect(intent('还有点红正常吗', {}, { level: 'expected' })).toEqual({ is: 'question', mild: 'expected' })
})

describe('an open menu', () => {
  const labels = ['有帮助', '没有帮助', '转人工']
  test.each(['2', '没有帮助', '2 没有帮助', '2。', ' 2.没有帮助'])('%s is its second button', (text) => {
    expect(intent(text, menu(labels))).toEqual({ is: 'choice', menu: 'helped', n: 2 })
  })
  test('a button may say what means something else in words', () => {
    expect(intent('2 护理提醒不要发了', menu(['继续', '护理提醒不要发了']))).toEqual({
      is: 'choice',
      menu: 'helped',
      n: 2,
    })
  })
  test('a button of an older menu still says what it says', () => {
    const stopAll = { is: 'choice', menu: 'opt_out', n: 2 }
    expect(intent('2 护理提醒也停止')).toEqual(stopAll)
    expect(intent('2 护理提醒也停止', menu(labels))).toEqual(stopAll)
    expect(intent('1 有帮助', menu(labels, 49))).toEqual({ is: 'choice', menu: 'helped', n: 1 })
  })
  test('after two days a number answers nothing', () => {
    expect(intent('2', menu(labels, 49)).is).toBe('question')
  })
  test('other words are not a choice', () => {
    expect(intent('没有帮助到我，还是红', menu(labels)).is).toBe('question')
  })
})

describe('a colleague has the conversation', () => {
  const personSince = new Date(at.getTime() - 3_600_000)
  test('the assistant says nothing', () => {
    expect(intent('可以洗脸吗', { personSince }).is).toBe('with_person')
    expect(decide(heard('', 'photo'), { ...NOTHING_KNOWN, personSince }, CALM, config).is).toBe('with_person')
  })
  test('danger and a wish for no messages are heard all the same', () => {
    expect(intent('眼睛看不见了', { personSince }, { level: 'emergency' }).is).toBe('danger')
    expect(intent('退订', { personSince }).is).toBe('opt_out')
  })
  test('for half a day, where nobody says that it is over', () => {
    expect(intent('可以洗脸吗', { personSince: new Date(at.getTime() - 13 * 3_600_000) }).is).toBe('question')
  })
})

test('what is said to whoever is about to call is left to them', () => {
  expect(intent('方便的，谢谢', {}, { toCaller: true }).is).toBe('with_person')
  expect(intent('可以洗脸吗', {}, { toCaller: true }).is).toBe('question')
})

test('pictures, and what cannot be read', () => {
  expect(decide(heard('', 'photo'), NOTHING_KNOWN, CALM, config).is).toBe('photo')
  expect(decide(heard('', 'other'), NOTHING_KNOWN, CALM, config).is).toBe('unreadable')
})
