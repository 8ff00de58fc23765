/** What is found for which words: synonyms, typos, other scripts, treatments and days; and what must find nothing. */
import { describe, expect, test } from 'vitest'
import { createKnowledgeService } from '../../../src/knowledge/service.ts'
import { withDigits } from '../../../src/knowledge/tokens.ts'
import { article, HANDFUL, libraryOf } from './support.ts'

const library = libraryOf()
/** Nobody changes articles, and nothing is counted. */
const STILL = {
  versions: { refresh: async () => undefined },
  gaps: { count: async () => undefined, countCase: async () => undefined },
}
const first = (question: string, treatments: string[] = [], day: number | null = null) =>
  library.find(question, 'customer', { treatments, day })[0]?.item.id

describe('the same is found for', () => {
  test.each([
    ['its own words', '玻尿酸填充后淤青多久退'],
    ['another word for it', '打玻尿酸的地方瘀血'],
    ['another name of the treatment', '透明质酸打完乌青'],
    ['signs that sound alike', '余青'],
    ['little words in between', '打完了玻尿酸的地方青了'],
    ['the traditional script', '玻尿酸填充後淤青多久退'],
    ['full width and capitals', 'ＨＡ打完紫了'],
  ])('%s', (_, question) => {
    expect(first(question)).toBe('filler-bruise')
  })
})

test('letters inside a foreign word are no name', () => {
  expect(library.find('blockchain', 'customer')).toEqual([])
  expect(first('ha青了')).toBe('filler-bruise')
})

test('a treatment that is named decides, else the one that the asker had', () => {
  expect(first('光子以后洗脸')).toBe('ipl-wash')
  expect(first('填充以后洗脸')).toBe('filler-wash')
  expect(first('什么时候能洗脸', ['ipl'])).toBe('ipl-wash')
  expect(first('什么时候能洗脸', ['hyaluronic_filler'])).toBe('filler-wash')
  // Whoever had one may still ask about the other.
  expect(first('光子以后洗脸', ['hyaluronic_filler'])).toBe('ipl-wash')
})

test('of two that say the same, the one for the day comes first', () => {
  const [early, late] = [
    article('early', '肿了怎么办', '请您冷敷，注意休息，不要揉搓。', { days: [0, 3] }),
    article('late', '肿了怎么办', '请您拍照发给我们看一看，再由医生判断。', { days: [10, 30] }),
  ]
  const both = libraryOf([early, late])
  const on = (day: number) => both.find('肿了怎么办', 'customer', { day })[0]?.item.id
  expect([on(1), on(20)]).toEqual(['early', 'late'])
})

test('customers never find what is for staff; staff find both', () => {
  expect(library.find('客户等了很久怎么说', 'customer').map(({ item }) => item.id)).not.toContain('script-late')
  expect(library.find('客户等了很久怎么说', 'staff')[0]?.item.id).toBe('script-late')
  expect(library.find('怎么开发票', 'staff')[0]?.item.id).toBe('invoice')
})

test('what no article answers is left to a person', async () => {
  const service = createKnowledgeService({ ...STILL, library })
  const asking = { audience: 'customer' } as const
  expect(await service.answer('玻尿酸填充后淤青多久退', asking)).toMatchObject({ article: { id: 'filler-bruise' } })
  for (const question of ['今天天气怎么样', '附近哪家火锅好吃', '孩子发烧吃什么药', '你好', '???', '', '的了吗'])
    expect([question, await service.answer(question, asking)]).toEqual([question, null])
})

test('a short question is answered by the article of the treatment that the asker had, and else by a person', async () => {
  const service = createKnowledgeService({ ...STILL, library })
  const answered = async (treatment: string | null) =>
    (await service.answer('能洗脸吗', { treatment, day: 1, audience: 'customer' }))?.article.id
  expect([await answered('ipl'), await answered('hyaluronic_filler')]).toEqual(['ipl-wash', 'filler-wash'])
  expect([await answered(null), await answered('liposuction')]).toEqual([undefined, undefined])
})

test('an article is there by its id, and not once it is taken away', async () => {
  const own = libraryOf()
  const service = createKnowledgeService({ ...STILL, library: own })
  expect((await service.article('invoice'))?.title).toBe('怎么开发票？')
  own.take(HANDFUL.filter(({ id }) => id !== 'invoice'))
  expect(await service.article('invoice')).toBeNull()
  expect(own.find('怎么开发票', 'customer').map(({ item }) => item.id)).not.toContain('invoice')
})

test('the order doesn’t depend on what was asked before', () => {
  const once = library.find('淤青', 'customer').map(({ item, score }) => [item.id, score])
  library.find('洗脸 喝酒 发票', 'customer')
  expect(library.find('淤青', 'customer').map(({ item, score }) => [item.id, score])).toEqual(once)
})

test('a very long text is read in part, and in time', () => {
  const startedAt = performance.now()
  expect(library.find('淤青'.repeat(100_000), 'customer')[0]?.item.id).toBe('filler-bruise')
  expect(performance.now() - startedAt).toBeLessThan(2_000)
})

test.each([
  ['三天', '3天'],
  ['十二天', '12天'],
  ['二十一天后两周', '21天后2周'],
  ['第十次', '第10次'],
  ['一定天天', '一定天天'],
  ['三点五十', '3点五十'],
])('numbers before what is counted: %s', (from, to) => {
  expect(withDigits(from)).toBe(to)
})
