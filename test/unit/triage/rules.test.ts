/** Each rule by its sentence, with the treatment and the day that make the difference. The classifier is left out. */
import { describe, expect, test } from 'vitest'
import { RULES_ONLY } from './support.ts'

const level = (text: string, treatment: string | null, day: number | null) => RULES_ONLY({ text, treatment, day }).level

describe('emergency: a doctor within minutes to two hours', () => {
  test.each([
    ['打完玻尿酸鼻子旁边白了一块，好痛', 'hyaluronic_filler', 0],
    ['填充的地方发凉，有点花纹一样的紫色', 'hyaluronic_filler', 1],
    ['右眼看不清东西了', 'hyaluronic_filler', 0],
    ['看人有重影', 'botulinum', 3],
    ['喘不上气', 'product', 0],
    ['嗓子眼发紧', 'skin_booster', 0],
    ['刚才晕倒了', 'liposuction', 1],
    ['血止不住，纱布全红了', 'rhinoplasty', 0],
    ['烧到39度2', 'liposuction', 2],
    ['體溫三十九度五', 'liposuction', 2],
    ['浑身发抖，打寒战', 'liposuction', 3],
    ['胸口疼', 'liposuction', 4],
    ['小腿又肿又疼', 'liposuction', 5],
    ['说话大舌头，左手抬不起来', 'rhinoplasty', 1],
    ['鼻尖发黑了', 'rhinoplasty', 3],
    ['不想活了', 'double_eyelid', 20],
  ])('%s', (text, treatment, day) => {
    expect(level(text, treatment, day)).toBe('emergency')
  })
})

describe('abnormal: a doctor looks the same day', () => {
  test.each([
    ['起了几个水泡', 'ipl', 1],
    ['伤口化浓了', 'liposuction', 6],
    ['傷口流膿', 'liposuction', 6],
    ['切口裂开了', 'double_eyelid', 5],
    ['38.5度', 'liposuction', 2],
    ['三十八度五了怎么办', 'liposuction', 2],
    ['线头冒出来一截', 'thread_lift', 12],
    ['左边眼皮耷拉下来了', 'botulinum', 5],
    ['还是很肿，一天比一天厉害', 'double_eyelid', 40],
    ['烫伤了', 'hair_removal', 1],
    ['下巴麻木十几天了，一点没好转', 'rf', 12],
    ['不疼了但是起了个水泡', 'ipl', 1],
  ])('%s', (text, treatment, day) => {
    expect(level(text, treatment, day)).toBe('abnormal')
  })
})

test('the same swelling is expected on day 2, asked after on day 40, and a doctor’s when it grows', () => {
  expect(level('眼睛有点肿', 'double_eyelid', 2)).toBe('expected')
  expect(level('眼睛还有点肿', 'double_eyelid', 40)).toBe('watch')
  expect(level('眼睛越来越肿', 'double_eyelid', 40)).toBe('abnormal')
})

test('the same words depend on the treatment: scabs after a laser darken, skin after a filler must not', () => {
  expect(level('结的痂发黑了', 'picosecond', 4)).toBe('expected')
  expect(level('打针的地方皮肤发黑', 'hyaluronic_filler', 2)).toBe('emergency')
  expect(level('种的头发开始掉了', 'hair_transplant', 20)).toBe('expected')
})

test('without a treatment nothing is known to be normal', () => {
  expect(level('脸有点肿', null, null)).toBe('watch')
  expect(level('呼吸困难', null, null)).toBe('emergency')
})

describe('none: no present sign of the speaker', () => {
  test.each([
    ['没有发烧、红肿、流脓，挺好的', 'denied, one for all'],
    ['不肿也不疼了', 'denied'],
    ['之前发烧，现在已经退了', 'over'],
    ['会不会失明啊', 'asked'],
    ['万一起水泡怎么办', 'supposed'],
    ['听说有人打完呼吸困难', 'heard of'],
    ['我闺蜜打完玻尿酸失明了', 'of somebody else'],
    ['美到窒息，谢谢你们', 'a saying'],
    ['价格让我吐血哈哈', 'a joke'],
    ['可以用39度的温水洗脸吗', 'warm water'],
    ['流脓那篇科普再发我一遍', 'an article'],
    ['请问明天几点换药', 'a question of times'],
    ['', 'nothing'],
  ])('%s: %s', (text) => {
    expect(level(text, 'hyaluronic_filler', 3)).toBe('none')
  })
})

test('another’s sign beside an own one: the own one counts', () => {
  expect(level('我朋友打完没事，我这边鼻子发白还很痛', 'hyaluronic_filler', 0)).toBe('emergency')
})

test('the answer says which words, which rule and why', () => {
  expect(RULES_ONLY({ text: '今天起了水泡，有点疼', treatment: 'ipl', day: 1 })).toEqual({
    level: 'abnormal',
    rule: 'blister',
    explanation: '起水泡（水泡：“水泡”）',
    signs: ['水泡'],
    matched: ['水泡'],
  })
})

describe('what is named to say that it isn’t there', () => {
  test.each([
    ['一个泡都没起，这次能量刚刚好', 'hair_removal', 3],
    ['你问的那几样，胸痛、气短、晕倒，都没有哈', 'liposuction', 5],
    ['发烧、流脓这些都没有', 'liposuction', 5],
  ])('%s', (text, treatment, day) => {
    expect(level(text, treatment, day)).toBe('none')
  })
  test.each([
    ['起了一个泡，都没人管', 'hair_removal', 3, 'abnormal'],
    ['伤口流脓，药都没有', 'liposuction', 5, 'abnormal'],
    ['胸口疼，都没有人回我', 'liposuction', 5, 'emergency'],
  ] as const)('%s: that something else isn’t there says nothing', (text, treatment, day, wanted) => {
    expect(level(text, treatment, day)).toBe(wanted)
  })
})
