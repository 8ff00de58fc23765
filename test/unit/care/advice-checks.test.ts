/** Guides that one customer may get on one day don't contradict each other, and their tags say what their texts say. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { entryOf, GuideFile, momentsOf } from '../../../src/care/guides.ts'
import { AdviceFile, checkAdvice } from '../../../src/care/static-checks-advice.ts'
import { loadConfig } from '../../../src/config.ts'

const shipped = AdviceFile.parse(parse(readFileSync('config/advice.yaml', 'utf8')))
const KINDS = [
  { code: 'ipl', category: 'laser' },
  { code: 'rf', category: 'energy' },
  { code: 'product', category: 'product', techniques: ['device', 'medical'] },
]
const words = { notice: '护理', brief: '护理', text: '护理' }
const saying = (advice: object) => ({ ...words, advice })
const guide = (more: object) => GuideFile.parse({ version: 1, status: 'approved', urgent: '疼痛', days: {}, ...more })
function found(files: Record<string, object>) {
  return checkAdvice(new Map(Object.entries(files).map(([name, more]) => [name, guide(more)])), shipped, KINDS)
}
/** What is found where the first guide wants what the second avoids, on one day. */
const meeting = (wanted: string, avoided: string, first: object = {}, second: object = {}) =>
  found({
    ipl: { codes: ['ipl'], days: { 3: saying({ do: [wanted] }) }, ...first },
    rf: { codes: ['rf'], days: { 3: saying({ avoid: [avoided] }) }, ...second },
  }).map(({ code }) => code)

describe('two guides contradict each other', () => {
  test('where one wants what the other avoids, and the message says who, when, what and where', () => {
    expect(
      found({
        ipl: { codes: ['ipl'], place: 'eyes', days: { 3: saying({ do: ['walk', 'cold_compress'] }) } },
        rf: { codes: ['rf'], days: { 3: saying({ avoid: ['cold_compress@eyes'] }) } },
      }),
    ).toEqual([
      {
        file: 'ipl',
        path: ['days', '3', 'advice', 'do', 1],
        message:
          'on day 3 ipl.yaml says to do, and rf.yaml to avoid: cold_compress (冷敷), eyes (眼周); treatments of one visit would bring both',
        code: 'contradictory_advice',
      },
    ])
  })

  test.each([
    ['a place that contains it', 'cold_compress@eyes', 'cold_compress@face', true],
    ['any place', 'cold_compress@eyes', 'cold_compress', true],
    ['the whole person', 'exercise', 'exercise', true],
    ['another place', 'cold_compress@eyes', 'cold_compress@nose', false],
    ['a part of it, which can be spared', 'water@face', 'water@eyes', false],
    ['a part of anywhere', 'water', 'water@eyes', false],
    ['something else', 'cold_compress@eyes', 'warm_compress@eyes', false],
  ])('what is wanted is avoided at %s', (_, wanted, avoided, isContradiction) => {
    expect(meeting(wanted, avoided)).toEqual(isContradiction ? ['contradictory_advice'] : [])
  })

  test('the guide’s own place counts where a tag names none, and never for what has no place', () => {
    expect(meeting('cold_compress', 'cold_compress', { place: 'eyes' }, { place: 'nose' })).toEqual([])
    expect(meeting('exercise', 'exercise', { place: 'eyes' }, { place: 'nose' })).toEqual(['contradictory_advice'])
  })

  test('not on days that don’t meet', () => {
    const later = { days: { 4: saying({ avoid: ['cold_compress@eyes'] }) } }
    expect(meeting('cold_compress@eyes', 'cold_compress@eyes', {}, later)).toEqual([])
    const month = (way: string) => ({ days: {}, milestones: { month1: saying({ [way]: ['exercise'] }) } })
    expect(meeting('exercise', 'exercise', {}, month('avoid'))).toEqual([])
    expect(meeting('exercise', 'exercise', month('do'), month('avoid'))).toEqual(['contradictory_advice'])
  })

  test('not as techniques of one treatment, of which a customer has one; but products of one basket do', () => {
    const both = (code: string) =>
      found({
        a: { codes: [code], days: { 3: saying({ do: ['exercise'] }) } },
        b: { codes: [code], techniques: ['device'], days: { 3: saying({ avoid: ['exercise'] }) } },
      }).length
    expect(both('ipl')).toBe(0)
    expect(both('product')).toBe(1)
  })
})

test.each([
  ['a topic', { days: { 3: saying({ do: ['cold_compres'] }) } }, 'cold_compres is no topic of config/advice.yaml'],
  ['a place', { days: { 3: saying({ do: ['water@ear'] }) } }, 'ear is no place of config/advice.yaml'],
  ['the guide’s place', { place: 'ear' }, 'ear is no place of config/advice.yaml'],
  [
    'a place of the whole person',
    { days: { 3: saying({ do: ['walk@face'] }) } },
    'walk concerns the whole person and has no place',
  ],
])('%s that the vocabulary lacks is refused', (_, more, message) => {
  expect(found({ ipl: { codes: ['ipl'], ...more } })).toEqual([
    expect.objectContaining({ message, code: 'unknown_advice' }),
  ])
})

test('places that contain each other end nowhere, and a place within nothing is refused', () => {
  const ring = { version: 1, topics: {}, places: { a: { name: '甲', within: 'b' }, b: { name: '乙', within: 'a' } } }
  const files = new Map([
    ['ipl', guide({ codes: ['ipl'], days: { 3: saying({ do: ['water@a'] }) } })],
    ['rf', guide({ codes: ['rf'], days: { 3: saying({ avoid: ['water@c'] }) } })],
  ])
  const places = { ...ring.places, c: { name: '丙' } }
  expect(checkAdvice(files, { ...shipped, places }, KINDS)).toEqual([])
  expect(AdviceFile.safeParse({ ...ring, places: { a: { name: '甲', within: 'c' } } }).error?.issues).toEqual([
    expect.objectContaining({ path: ['places', 'a', 'within'], message: 'c is no place' }),
  ])
})

describe('the shipped guides', () => {
  const { guideFiles, treatments } = loadConfig('config')
  /** A tag is believed only where the words of its day speak of it. */
  const SPOKEN: Record<string, RegExp> = {
    cold_compress: /冷敷/,
    warm_compress: /热敷/,
    massage: /按摩|揉|捏|搓|按压|牵拉|勿压|打圈/,
    water: /水|洗|洁面|清洁|干燥|沐浴|淋浴/,
    make_up: /化妆|淡妆|遮瑕/,
    acids: /去角质|含酸|刷酸/,
    moisturising: /保湿|补水|修复/,
    bath: /泡澡|热水澡/,
    swimming: /游泳|泳池/,
    sauna: /桑拿|高温/,
    sun: /晒|遮阳/,
    exercise: /运动|出汗|剧烈活动/,
    walk: /走动|散步/,
    alcohol: /酒/,
    spicy_food: /辛辣/,
    sleep_raised: /垫高|半卧/,
    bending: /低头|弯腰|提重物|负重/,
    tight_clothing: /弹力衣|紧身/,
    glasses: /墨镜|眼镜/,
    hat: /帽/,
  }

  test('have no contradiction', () => {
    expect(checkAdvice(guideFiles, shipped, treatments)).toEqual([])
  })

  test.each([...guideFiles])('%s is tagged with what it speaks of', (_, file) => {
    for (const moment of momentsOf(file)) {
      const entry = entryOf(file, moment)
      const said = `${entry?.notice}${entry?.brief}${entry?.text}`
      for (const tag of [...(entry?.advice?.do ?? []), ...(entry?.advice?.avoid ?? [])])
        expect(said, `${moment} ${tag}`).toMatch(SPOKEN[tag.split('@')[0] ?? ''] ?? /^$/)
    }
  })

  test('every topic has a word to be known by, and is spoken of', () => {
    const used = new Set(
      [...guideFiles.values()].flatMap((file) =>
        momentsOf(file).flatMap((moment) => {
          const { do: wanted = [], avoid = [] } = entryOf(file, moment)?.advice ?? {}
          return [...wanted, ...avoid].map((tag) => tag.split('@')[0])
        }),
      ),
    )
    expect([...used].sort()).toEqual(Object.keys(shipped.topics).sort())
    expect(Object.keys(SPOKEN).sort()).toEqual(Object.keys(shipped.topics).sort())
  })
})
