/** What is kept of a question that nobody could answer: what was asked, and nothing of who asked. */
import { describe, expect, test } from 'vitest'
import { anonymous, gapNote, isNamed, saying } from '../../../src/knowledge/gaps.ts'
import { HANDFUL, libraryOf } from './support.ts'

const { tokens } = libraryOf()

describe('who asked is cut out:', () => {
  test.each([
    ['我叫李晓明，能带宠物来吗', '李晓明'],
    ['王医生周六在吗', '王'],
    ['我的电话13812345678，什么时候回我', '13812345678'],
    ['电话是138 1234 5678', '1234'],
    ['加我微信 xiaoming_88 可以吗', 'xiaoming_88'],
    ['身份证310101199001011234要带吗', '310101'],
    ['发到 li.ming@example.com 行吗', 'li.ming'],
    ['手机一三八一二三四五六七八', '一三八一二'],
    ['我住南京路1288号能上门吗', '1288'],
    ['看看 https://a.example/x?u=7 这个', 'example'],
  ])('%s', (question, secret) => {
    const kept = anonymous(question, tokens)
    expect(kept).not.toContain(secret)
    expect(kept).toContain('○')
  })
})

test('what was asked stays, with its days', () => {
  expect(anonymous('打完3天能带宠物来吗', tokens)).toBe('打完3天能带宠物来吗')
  expect(anonymous('请问医生几点下班', tokens)).toBe('请问医生几点下班')
})

test('the same question in another order, with other little words, is one', () => {
  const of = (question: string) => saying(anonymous(question, tokens), tokens)
  expect(of('请问肿胀和淤青正常吗')).toBe(of('乌青了、浮肿，要不要紧'))
  expect(of('能带宠物吗')).not.toBe(of('能带孩子吗'))
  expect([of('的了吗'), of('？？？'), of('我叫李晓明'), of('13812345678')].map((key) => key.length > 4)).toEqual([
    false,
    false,
    false,
    false,
  ])
})

test('the note of the month names the most frequent, and what is late', () => {
  const gaps = Array.from({ length: 12 }, (_, i) => ({ kind: 'question' as const, sample: `问题${i}`, count: 20 - i }))
  const cases = [{ kind: 'case' as const, sample: '水光针：水泡', count: 2 }]
  expect(gapNote('2026-03', [...gaps, ...cases], [{ title: '肿了怎么办？' }]).split('\n')).toEqual([
    '【知识库月度清单】2026年3月',
    '客户问了 12 个没有现成答案的问题（共 174 次），请您补充或修订：',
    ...gaps.slice(0, 10).map(({ sample, count }, i) => `${i + 1}. ${sample}（${count} 次）`),
    '其余 2 个请在知识库的“待补充问题”里查看。',
    '有 1 类异常情况知识库里没有对应条目（共 2 例），请您补充：',
    '1. 水光针：水泡（2 次）',
    '有 1 个条目已过复核日期，请您重新核对：',
    '· 肿了怎么办？',
  ])
})

describe('a sign is named', () => {
  const [first] = HANDFUL
  if (!first) throw new Error('there are no articles')
  const about = (treatments: string[], answer: string) => [{ ...first, title: '恢复', asks: [], treatments, answer }]
  const named = (treatment: string | null, signs: string[], articles: ReturnType<typeof about>) =>
    isNamed({ treatment, signs }, articles, tokens)

  test('in an article of its treatment, also by another word for it, and all of several in one', () => {
    const articles = about(['hyaluronic_filler'], '出现乌青、浮肿时请留言。')
    expect(named('hyaluronic_filler', ['淤青'], articles)).toBe(true)
    expect(named('hyaluronic_filler', ['淤青', '肿胀'], articles)).toBe(true)
    expect(named('hyaluronic_filler', ['淤青', '瘙痒'], articles)).toBe(false)
  })
  test('neither by an article of another treatment, nor of none where there is one', () => {
    expect(named('botulinum', ['淤青'], about(['hyaluronic_filler'], '淤青'))).toBe(false)
    expect(named('botulinum', ['淤青'], about([], '淤青'))).toBe(false)
    expect(named(null, ['淤青'], about([], '淤青'))).toBe(true)
    expect(named(null, ['淤青'], about(['botulinum'], '淤青'))).toBe(false)
  })
})
