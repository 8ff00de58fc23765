/** The list of words that no customer reads, as shipped and as a clinic could break it. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { buildWordLint, WordingFile } from '../../../src/messaging/index.ts'

const shipped = parse(readFileSync('config/wording.yaml', 'utf8')) as Record<string, unknown>
const lint = buildWordLint(WordingFile.parse(shipped))

describe('the shipped list strikes out', () => {
  test.each([
    ['你', '今天你感觉怎么样'],
    ['最', '这是最好的护理'],
    ['最', '目前最先进的技术'],
    ['第一', '全市第一的团队'],
    ['顶级', '顶级仪器为您服务'],
    ['唯一', '唯一获得认证的机构'],
    ['根治', '可以根治色斑'],
    ['治愈', '治愈之后请您放心'],
    ['永久', '效果永久保持'],
    ['永久', '永久脱毛护理'],
    ['保证', '我们保证您满意'],
    ['绝对', '绝对安心'],
    ['百分百', '百分百有变化'],
    ['100%', '100%有变化'],
    ['无副作用', '本产品无副作用'],
    ['安全无痛', '整个过程安全无痛'],
    ['立竿见影', '立竿见影的变化'],
    ['有效率', '有效率九成'],
    ['明星同款', '明星同款项目'],
    ['冻龄', '让您冻龄'],
  ])('%s in %s', (word, text) => {
    expect(lint(text)).toEqual([expect.stringContaining(word)])
  })

  test('and names the law', () => {
    expect(lint('全市第一')).toEqual(['contains the forbidden word 第一 (广告法第九条：国家级、最高级、最佳等用语)'])
    expect(lint('可以根治')).toEqual([expect.stringContaining('广告法第十六条')])
  })
})

describe('plain speech passes', () => {
  test.each([
    '最近一切都好吗？',
    '术后第一天请您注意保湿，第一次换药在明天，有事请第一时间联系我们。',
    '每次冷敷最多 15 分钟，最后按干。',
    '请保证充足睡眠，我们不能保证每位客户恢复快慢相同。',
    '一周内绝对禁止抽烟。',
    '延误处理可能造成永久损伤。',
    '您可以用迷你喷瓶轻喷。',
    '欢迎预约医生免费复查。',
  ])('%s', (text) => {
    expect(lint(text)).toEqual([])
  })

  test('but an exception excuses only itself', () => {
    expect(lint('最近推出最先进的项目')).toEqual([expect.stringContaining('最')])
    expect(lint('第一天就能做到全市第一')).toEqual([expect.stringContaining('第一')])
  })
})

describe('an offer', () => {
  test.each(['今天到店有优惠', '复查赠送面膜一盒', '充值即可', '买一送一'])('has no place in care: %s', (text) => {
    expect(lint(text)).toEqual([expect.stringMatching(/^sells .* in a message of care$/)])
    for (const one of ['greeting', 'reply', 'safety', 'case_update'] as const) expect(lint(text, one)).toHaveLength(1)
  })

  test('may stand in promotion, whose other words are held to the same law', () => {
    expect(lint('为您保留了优惠', 'promotion')).toEqual([])
    expect(lint('优惠价享永久效果', 'promotion')).toEqual([expect.stringContaining('永久')])
  })
})

describe('a list is refused', () => {
  const problems = (change: Record<string, unknown>) =>
    WordingFile.safeParse({ ...shipped, ...change }).error?.issues.map(({ message }) => message) ?? []

  test.each([
    ['whose exception excuses nothing', { address: { word: '你', except: ['迷您'] } }, /迷您 does not contain 你/],
    ['that names a word twice', { offers: ['折扣', '折扣'] }, /折扣 stands twice/],
    ['that forbids a word and calls it an offer', { offers: ['根治'] }, /根治 stands twice/],
    ['without the law of its words', { forbidden: [{ words: ['最'] }] }, /expected string/],
  ])('%s', (_, change, message) => {
    expect(problems(change)).toEqual([expect.stringMatching(message)])
  })

  test('of which the shipped one is none', () => {
    expect(problems({})).toEqual([])
  })
})
