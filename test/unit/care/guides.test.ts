/** Care guides: who is told what and when, and what a careful reader would refuse in a guide. */
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { captionOf, lintDrawing } from '../../../src/care/drawings.ts'
import { buildGuides, checkGuides, GuideFile, guideMomentOf, momentOf, momentsOf } from '../../../src/care/guides.ts'
import { loadConfig } from '../../../src/config.ts'

const words = (text: string, more = {}) => ({ notice: text, brief: text, text, ...more })
const guide = (more: Record<string, unknown>) =>
  GuideFile.parse({ version: 1, status: 'approved', urgent: '剧烈疼痛', days: { 1: words('通用') }, ...more })

describe('the most specific guide speaks:', () => {
  const book = buildGuides(
    new Map([
      ['general', guide({ days: { 1: words('通用'), 2: words('通用') } })],
      ['surgery', guide({ categories: ['surgery'], days: { 1: words('手术') } })],
      [
        'whole',
        guide({ codes: ['hair_transplant'], days: { 1: words('植发') }, milestones: { month1: words('满月') } }),
      ],
      [
        'fut',
        guide({
          codes: ['hair_transplant'],
          techniques: ['fut'],
          urgent: '伤口裂开',
          days: { 1: words('有缝线') },
          milestones: { suture_day: words('拆线') },
        }),
      ],
    ]),
  )
  const said = (...[code, category, moment, technique]: Parameters<typeof book.find>) =>
    book.find(code, category, moment, technique)?.text

  test('the technique before the treatment, the treatment before its category, the general one last', () => {
    expect(said('hair_transplant', 'hair_transplant', 1, 'fut')).toBe('有缝线')
    expect(said('hair_transplant', 'hair_transplant', 1, 'fue')).toBe('植发')
    expect(said('hair_transplant', 'hair_transplant', 1)).toBe('植发')
    expect(said('breast', 'surgery', 1)).toBe('手术')
    expect(said('ipl', 'laser', 2)).toBe('通用')
  })

  test('with its own urgent signs', () => {
    expect(book.find('hair_transplant', 'hair_transplant', 1, 'fut')?.urgent).toBe('伤口裂开')
  })

  test('milestones are found by name, and a technique without one falls back to its treatment', () => {
    expect(said('hair_transplant', 'hair_transplant', 'suture_day', 'fut')).toBe('拆线')
    expect(said('hair_transplant', 'hair_transplant', 'month1', 'fut')).toBe('满月')
    expect(said('hair_transplant', 'hair_transplant', 'suture_day', 'fue')).toBeUndefined()
    expect(said('ipl', 'laser', 'month1')).toBeUndefined()
  })
})

describe('a step stands for', () => {
  test.each([
    ['its day', { when: { day: 10 } }, 10],
    ['its month', { when: { month: 3 } }, 'month3'],
    ['the day before stitches come out', { when: { day: -1 }, anchor: 'suture_removal_date' }, 'suture_eve'],
    ['the day itself', { when: { day: 0 }, anchor: 'suture_removal_date' }, 'suture_day'],
    ['the day after', { when: { day: 1 }, anchor: 'suture_removal_date' }, 'suture_after'],
    ['a day after a purchase', { when: { day: 14 }, anchor: 'purchase_date' }, 14],
    ['nothing, when no guide speaks of that month', { when: { month: 2 } }, null],
    ['nothing, when it is a window', { when: { days: [7, 10] as [number, number] } }, null],
    ['nothing, three days after stitches', { when: { day: 3 }, anchor: 'suture_removal_date' }, null],
    ['nothing, before the next session', { when: { day: 2 }, anchor: 'next_session_date' }, null],
  ])('%s', (_, step, moment) => {
    expect(momentOf(step)).toBe(moment)
  })
})

describe('a contact brings', () => {
  const step = (kind: 'contact' | 'guidance', when: object, more = {}) =>
    ({ step: { kind, when, class: 'care', ...more } }) as Parameters<typeof guideMomentOf>[0][number]
  const day1 = step('contact', { day: 1 })
  const guidance1 = step('guidance', { day: 1 })
  const month3 = step('contact', { month: 3 })
  const suture = step('contact', { day: 0 }, { anchor: 'suture_removal_date' })
  const greeting = step('contact', { withinHours: 2 }, { class: 'greeting' })
  const all = [greeting, day1, guidance1, month3, suture]

  test.each([
    ['the guidance that rides on it', [day1, guidance1], 1],
    ['nothing that another contact of the day brings', [day1], null],
    ['day 0 with the greeting', [greeting], 0],
    ['the guide of its month, for which no guidance is planned', [month3], 'month3'],
    ['the guide of its stitches', [suture], 'suture_day'],
  ])('%s', (_, group, moment) => {
    expect(guideMomentOf(group, all)).toBe(moment)
  })

  test('the guide of its day where the plan has no guidance at all', () => {
    expect(guideMomentOf([day1], [day1])).toBe(1)
  })
})

test('moments come in the order in which a customer meets them', () => {
  const file = guide({
    days: { 10: words('十'), 2: words('二') },
    milestones: { month1: words('月'), suture_eve: words('前') },
  })
  expect(momentsOf(file)).toEqual([2, 10, 'suture_eve', 'month1'])
})

describe('a careful reader refuses', () => {
  const kinds = [
    { code: 'ipl', category: 'laser' },
    { code: 'hair_transplant', category: 'hair_transplant', techniques: ['fut', 'fue'] },
  ]
  const found = (files: Record<string, Record<string, unknown>>, room = 1_000) =>
    checkGuides(new Map(Object.entries(files).map(([name, more]) => [name, guide(more)])), {
      kinds,
      pictures: new Set(['cold_compress']),
      room,
    })

  test('nothing in a guide that is whole', () => {
    expect(
      found({
        general: {},
        ipl: { codes: ['ipl'], days: { 1: words('冷敷', { pictures: ['cold_compress'] }), 10: words('防晒') } },
        // Day 1 is said by the guide of all techniques.
        transplant: { codes: ['hair_transplant'] },
        fut: { codes: ['hair_transplant'], techniques: ['fut'], days: { 10: words('拆线') } },
      }),
    ).toEqual([])
  })

  test.each([
    ['a treatment that does not exist', { codes: ['ipl', 'ipll'] }, ['codes', 1], /ipll is no treatment/],
    ['a category of no treatment', { categories: ['dental'] }, ['categories', 0], /dental/],
    [
      'a technique that the treatment lacks',
      { codes: ['ipl'], techniques: ['fut'] },
      ['techniques', 0],
      /no technique fut/,
    ],
    ['a technique of nothing', { techniques: ['fut'] }, ['techniques'], /belong to codes/],
    [
      'a drawing that is not there',
      { codes: ['ipl'], days: { 1: words('冷敷', { pictures: ['cold_compress', 'cold_compres'] }) } },
      ['days', '1', 'pictures', 1],
      /no drawing cold_compres$/,
    ],
    [
      'the same of a milestone',
      { codes: ['ipl'], milestones: { month1: words('复查', { pictures: ['visit'] }) } },
      ['milestones', 'month1', 'pictures', 0],
      /no drawing visit/,
    ],
    ['a day that the general guide would fill', { codes: ['ipl'], days: { 0: words('冷敷') } }, ['days'], /no day 1/],
  ])('%s', (_, more, path, message) => {
    expect(found({ general: {}, own: more })).toEqual([{ file: 'own', path, message: expect.stringMatching(message) }])
  })

  test('a technique whose treatment has no guide of the day either', () => {
    expect(
      found({ general: {}, fut: { codes: ['hair_transplant'], techniques: ['fut'], days: { 10: words('拆线') } } }),
    ).toEqual([{ file: 'fut', path: ['days'], message: expect.stringMatching(/no day 1/) }])
  })

  test('two guides for one treatment, but not for two of its techniques', () => {
    expect(found({ a: { codes: ['ipl'] }, b: { codes: ['ipl'] } })).toEqual([
      { file: 'b', path: [], message: 'ipl has a guide already: a' },
    ])
    const of = (technique: string) => ({ codes: ['hair_transplant'], techniques: [technique] })
    expect(found({ a: of('fut'), b: of('fue') })).toEqual([])
  })

  test('a text that a chat would cut, with its signs counted in', () => {
    // 2 × 3 bytes of text and 4 × 3 of signs.
    expect(found({ general: {} }, 18)).toEqual([])
    expect(found({ general: {} }, 17)).toEqual([
      { file: 'general', path: ['days', '1', 'text'], message: expect.stringMatching(/takes 18 bytes/) },
    ])
  })
})

describe('the shipped guides', () => {
  const { guides, treatments } = loadConfig('config')
  const SURGERY = ['thread_lift', 'double_eyelid', 'canthoplasty', 'rhinoplasty', 'liposuction', 'hair_transplant']

  test.each(treatments.map(({ code, category }) => [code, category]))(
    '%s has one of its own on every guidance day',
    (code, category) => {
      const own = [0, 1, 2, 3, 5, 7].map((day) => guides.find(code, category, day)?.text)
      const other = [0, 1, 2, 3, 5, 7].map((day) => guides.find('unknown', 'unknown', day)?.text)
      expect(own.every((text, i) => text !== undefined && text !== other[i])).toBe(true)
    },
  )

  test.each(SURGERY)('%s has its later days', (code) => {
    for (const moment of [10, 'month1', 'month3', 'month6', 'month12'] as const)
      expect(guides.find(code, 'none', moment), String(moment)).not.toBeNull()
  })

  test('the removal of stitches is spoken of where there are stitches, and nowhere else', () => {
    const sutured = ['double_eyelid', 'canthoplasty', 'rhinoplasty', 'liposuction']
    for (const moment of ['suture_eve', 'suture_day', 'suture_after'] as const) {
      for (const code of sutured) expect(guides.find(code, 'none', moment), `${code} ${moment}`).not.toBeNull()
      expect(guides.find('thread_lift', 'none', moment)).toBeNull()
      expect(guides.find('hair_transplant', 'none', moment, 'fut')).not.toBeNull()
      expect(guides.find('hair_transplant', 'none', moment, 'fue')).toBeNull()
    }
  })

  test('FUT and FUE are told different things about the place where hair was taken', () => {
    const of = (technique: string, day: number) =>
      guides.find('hair_transplant', 'hair_transplant', day, technique)?.text
    expect(of('fut', 10)).toMatch(/拆线/)
    expect(of('fue', 10)).not.toMatch(/拆线/)
    expect(of('fue', 2)).toMatch(/不需要拆线/)
  })

  test.each([
    ['hyaluronic_filler', /发白发凉.*视物模糊/],
    ['double_eyelid', /视力突然下降.*眼睑迅速肿大/],
    ['canthoplasty', /视力突然下降/],
    ['rhinoplasty', /发白或发紫发黑/],
    ['liposuction', /呼吸困难、小腿肿痛/],
    ['thread_lift', /线头外露/],
    ['rf', /焦痂/],
  ])('%s names its own dangers', (code, signs) => {
    expect(guides.find(code, 'none', 0)?.urgent).toMatch(signs)
  })
})

describe('drawings', () => {
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240"><title>冷敷</title><path d="M0 0"/></svg>'

  test('have a caption and shapes, and nothing else', () => {
    expect(lintDrawing(svg)).toEqual([])
    expect(captionOf(svg)).toBe('冷敷')
  })

  test.each([
    [svg.replace('<title>冷敷</title>', ''), /no <title>/],
    [svg.replace('0 0 240 240', '0 0 24 24'), /not drawn on/],
    [svg.replace('<svg ', '<g '), /no SVG/],
    [svg.replace('<path', '<script/><path'), /contains <script/],
    [svg.replace('<path', '<image href="https://example.org/a.png"/><path'), /contains <image/],
    [svg.replace('<path', '<path onload="x()"'), /contains onload=/],
    [svg.replace('<path', '<path fill="url(#a)"'), /contains url\(/],
  ])('%s is refused', (text, message) => {
    expect(lintDrawing(text)).toEqual([expect.stringMatching(message)])
  })

  test('every shipped one is used by a guide, and is small', () => {
    const used = readdirSync('config/guides').flatMap((name) => {
      const { days, milestones } = GuideFile.parse(parse(readFileSync(`config/guides/${name}`, 'utf8')))
      return [...Object.values(days), ...Object.values(milestones)].flatMap(({ pictures }) => pictures)
    })
    for (const file of readdirSync('config/illustrations')) {
      expect(used).toContain(file.replace('.svg', ''))
      expect(readFileSync(`config/illustrations/${file}`).length).toBeLessThan(4_096)
    }
  })
})
