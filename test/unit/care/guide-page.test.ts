/** Pages of care guides: each guide has one, each drawing stands on it, and nothing that a store is called becomes markup. */
import { describe, expect, test } from 'vitest'
import { guidePath, momentIn, renderGuide } from '../../../src/care/guide-page.ts'
import type { GuideBook } from '../../../src/care/guides.ts'
import type { StepRow } from '../../../src/care/model.ts'
import { guidePages } from '../../../src/care/page-routes.ts'
import { type StepFacts, varsOf } from '../../../src/care/wording.ts'
import { loadConfig } from '../../../src/config.ts'
import type { TreatmentsService } from '../../../src/treatments/index.ts'

const { guides, drawings, treatments } = loadConfig('config')
const kindOf = (code: string) => treatments.find((one) => one.code === code) ?? null
const records = { kind: kindOf } as Pick<TreatmentsService, 'kind'>
const noStore = { store: () => Promise.resolve(null) }
const [page] = guidePages({ guides, drawings, treatments: records, staff: noStore })
if (!page) throw new Error('no page')
const open = (code: string, day: string, query: Record<string, string> = {}) =>
  page.show({ params: { code, day }, query })

const every = treatments.flatMap(({ code, category, techniques = [] }) =>
  [null, ...techniques].flatMap((technique) =>
    guides.moments(code, category, technique).map((moment) => ({ code, category, technique, moment })),
  ),
)

const hasNone = (code: string, technique: string | null) => code === 'thread_lift' || technique === 'fue'

test('every guide of every treatment and technique has its page, with its words, its drawings and the way to the others', async () => {
  expect(every.length).toBeGreaterThan(100)
  for (const { code, category, technique, moment } of every) {
    const guide = guides.find(code, category, moment, technique)
    const html = await open(code, String(moment), technique ? { t: technique } : {})
    const named = [...html.matchAll(/<figcaption>([^<]*)</g)].map(([, caption]) => caption)
    expect(named).toEqual(guide?.pictures.map((name) => drawings.get(name)?.caption))
    expect(html.match(/<svg /g) ?? []).toHaveLength(guide?.pictures.length ?? 0)
    for (const line of guide?.text.split('\n') ?? []) expect(html).toContain(line.replace(/^\s*·\s*/, '').trim())
    expect(html).toContain(guide?.urgent)
    const links = [...html.matchAll(/href="(\/p\/[^"]*)"/g)].map(([, href]) => href?.replaceAll('&amp;', '&'))
    expect(links).toEqual(
      guides
        .moments(code, category, technique)
        .filter((one) => one !== moment && !(hasNone(code, technique) && String(one).startsWith('suture')))
        .map((one) => guidePath({ code, technique, moment: one })),
    )
    expect(html).not.toMatch(/<script|undefined|null|\{\{/)
  }
})

test('days are named as people say them', async () => {
  const titleOf = async (code: string, day: string) => /<title>(.*)<\/title>/.exec(await open(code, day))?.[1]
  expect(await titleOf('ipl', '0')).toBe('光子嫩肤 · 治疗后当天护理要点')
  expect(await titleOf('ipl', '3')).toBe('光子嫩肤 · 治疗后第 3 天护理要点')
  expect(await titleOf('double_eyelid', 'month3')).toBe('双眼皮 · 术后满三个月护理要点')
  expect(await titleOf('double_eyelid', 'suture_eve')).toBe('双眼皮 · 拆线前一天护理要点')
})

test('an address leads back to what it was made of', () => {
  for (const address of every) {
    const { pathname, searchParams } = new URL(guidePath({ ...address, storeId: 'huayan' }), 'https://care.example')
    const [, , , code, day] = pathname.split('/')
    expect([code, momentIn(day ?? ''), searchParams.get('t'), searchParams.get('s')]).toEqual([
      address.code,
      address.moment,
      address.technique,
      'huayan',
    ])
  }
  for (const odd of ['', '1e3', '-1', '+1', '0x1', 'month2', '1000', '__proto__']) expect(momentIn(odd)).toBeNull()
})

test('names and numbers of a store are text, and numbers can be dialled', () => {
  const guide = guides.find('ipl', 'laser', 1)
  if (!guide) throw new Error('no guide')
  const html = renderGuide({
    address: { code: 'ipl', moment: 1 },
    kind: { name: '光子<b>', category: 'laser' },
    guide,
    drawings: [],
    moments: [1],
    store: { displayName: '<script>alert(1)</script>"&', callbackPhone: '021-6000 0001', emergencyPhone: '120" x="' },
  })
  expect(html).not.toMatch(/<script|<b>|120" x/)
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;')
  expect(html).toContain('<a href="tel:02160000001">021-6000 0001</a>')
  expect(html).toContain('<a href="tel:120">')
})

test('an extension is dialled after a pause, not as part of the number', () => {
  const guide = guides.find('ipl', 'laser', 1)
  if (!guide) throw new Error('no guide')
  const html = renderGuide({
    address: { code: 'ipl', moment: 1 },
    kind: { name: '光子嫩肤', category: 'laser' },
    guide,
    drawings: [],
    moments: [1],
    store: { displayName: '华颜', callbackPhone: '+86 21-6000 0001转208', emergencyPhone: '400-123-4567转8' },
  })
  expect(html).toContain('<a href="tel:4001234567,8">400-123-4567转8</a>')
  expect(html).toContain('<a href="tel:+862160000001,208">+86 21-6000 0001转208</a>')
})

describe('what cannot be shown is refused:', () => {
  test.each([
    ['nothing', '1'],
    ['ipl', '4'],
    ['ipl', 'suture_day'],
    ['ipl', 'x'],
  ])('%s on day %s', async (code, day) => {
    await expect(open(code, day)).rejects.toMatchObject({ code: 'guide_not_found' })
  })
  test('what no doctor has approved, where that is withheld', async () => {
    const { guides: withheld } = loadConfig('config', { withholdUnapproved: true })
    const [same] = guidePages({ guides: withheld, drawings, treatments: records, staff: noStore })
    const shown = every.filter(({ code, category, moment }) => withheld.find(code, category, moment))
    expect(shown).toEqual([])
    await expect(same?.show({ params: { code: 'ipl', day: '1' }, query: {} })).rejects.toMatchObject({ status: 404 })
  })
})

describe('the link in a message', () => {
  const linkTo: NonNullable<GuideBook['linkTo']> = (address) => `https://care.example${guidePath(address)}`
  const said = (book: GuideBook, code: string, also: string[] = [], guideDay: StepRow['guideDay'] = 1) => {
    const treatment = (one: string) => ({
      id: one,
      code: one,
      technique: null,
      treatedOn: '2026-03-02',
      endedAt: new Date('2026-03-02T15:00:00+08:00'),
    })
    const step = { guideDay, ownerRole: 'nurse', title: '回访' } as StepRow
    const facts = {
      ...{ contact: undefined, treatment: treatment(code), at: new Date('2026-03-03T11:20:00+08:00') },
      also: also.map((one) => ({ treatment: treatment(one), guideDay })),
      place: { id: 'huayan', displayName: '华颜', callbackPhone: '021-1', emergencyPhone: '120' },
    } as unknown as StepFacts
    return varsOf(step, facts, book, records)
  }
  const linked = { ...guides, linkTo }
  test('follows the words and comes before the urgent signs', () => {
    const { guide } = said(linked, 'ipl')
    const plain = said(guides, 'ipl').guide ?? ''
    const [words, signs] = plain.split('\n· 如出现')
    expect(guide).toBe(`${words}\n· 图文版：https://care.example/p/guides/ipl/1?s=huayan\n· 如出现${signs}`)
  })
  test('is not in short forms: carriers refuse a text with an address that was not registered', () => {
    const { brief, notice, urgent } = said(linked, 'ipl')
    expect([brief, notice, urgent].join()).not.toContain('http')
  })
  test('gives way to the words when there is no room for both', () => {
    const far = { ...guides, linkTo: () => `https://care.example/${'x'.repeat(1_400)}` }
    expect(said(far, 'ipl').guide).toBe(said(guides, 'ipl').guide)
    const many = ['double_eyelid', 'rhinoplasty', 'liposuction', 'thread_lift', 'canthoplasty']
    const all = said(linked, 'hair_transplant', many).guide ?? ''
    expect(Buffer.byteLength(all)).toBeLessThanOrEqual(1_500)
    expect(all).toContain('请立即拨打120')
  })
  test('is left out where there is nothing to see', () => {
    const bare: GuideBook = {
      ...linked,
      find(...args) {
        const guide = guides.find(...args)
        return guide && { ...guide, pictures: [] }
      },
    }
    expect(said(bare, 'ipl').guide).not.toContain('http')
  })
})
