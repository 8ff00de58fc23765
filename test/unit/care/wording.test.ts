/** The words that fill a template: the guide of the day for each treatment, and what gives way when there is too much of it. */
import { expect, test } from 'vitest'
import { buildGuides, GuideFile } from '../../../src/care/guides.ts'
import type { StepRow } from '../../../src/care/model.ts'
import { type StepFacts, varsOf } from '../../../src/care/wording.ts'
import type { Treatment } from '../../../src/treatments/index.ts'

const names: Record<string, string> = { double_eyelid: '双眼皮', rhinoplasty: '隆鼻', hair_transplant: '毛发移植' }
const treatments = { kind: (code: string) => ({ code, name: names[code] ?? code, category: 'surgery' as const }) }
const guide = (more: Record<string, unknown>) => GuideFile.parse({ version: 1, status: 'approved', ...more })
const words = (text: string, brief = text) => ({ notice: '护理', brief, text })
const treatment = (code: string, technique: string | null = null) =>
  ({ id: code, code, technique, treatedOn: '2026-03-02', endedAt: new Date('2026-03-02T02:30:00Z') }) as Treatment
const step = (guideDay: StepRow['guideDay']) => ({ guideDay, ownerRole: 'nurse', title: '回访' }) as StepRow
const facts = (one: Treatment, ...also: Treatment[]) =>
  ({
    contact: undefined,
    treatment: one,
    also: also.map((other) => ({ treatment: other, guideDay: 1 })),
    place: { displayName: '华颜', callbackPhone: '021-1', emergencyPhone: '120' },
    at: new Date('2026-03-03T03:00:00Z'),
  }) as unknown as StepFacts

test('the technique that was used decides what is said, on milestones too', () => {
  const book = buildGuides(
    new Map([
      ['all', guide({ codes: ['hair_transplant'], urgent: '发热', days: { 1: words('勿碰') } })],
      [
        'fut',
        guide({
          codes: ['hair_transplant'],
          techniques: ['fut'],
          urgent: '伤口裂开',
          days: {},
          milestones: { suture_day: words('勿沾水') },
        }),
      ],
    ]),
  )
  const said = (technique: string | null, moment: StepRow['guideDay']) =>
    varsOf(step(moment), facts(treatment('hair_transplant', technique)), book, treatments).guide
  expect(said('fut', 'suture_day')).toBe('\n勿沾水\n· 如出现伤口裂开，请立即拨打120。')
  expect(said('fut', 1)).toBe('\n勿碰\n· 如出现发热，请立即拨打120。')
  expect(said('fue', 'suture_day')).toBe('')
})

test('several long guides are said in one sentence each, so that the urgent signs are never cut off', () => {
  const long = (name: string, chars: number) => words(name.repeat(chars), `${name}短`)
  const book = (chars: number) =>
    buildGuides(
      new Map([
        ['eye', guide({ codes: ['double_eyelid'], urgent: '视力下降', days: { 1: long('眼', chars) } })],
        ['nose', guide({ codes: ['rhinoplasty'], urgent: '皮肤发黑', days: { 1: long('鼻', chars) } })],
      ]),
    )
  const said = (chars: number) =>
    varsOf(step(1), facts(treatment('double_eyelid'), treatment('rhinoplasty')), book(chars), treatments).guide
  const signs = '\n· 如出现视力下降；皮肤发黑，请立即拨打120。'
  expect(said(200)).toBe(`\n【双眼皮】\n${'眼'.repeat(200)}\n【隆鼻】\n${'鼻'.repeat(200)}${signs}`)
  expect(said(300)).toBe(`\n【双眼皮】\n眼短\n【隆鼻】\n鼻短${signs}`)
})

test('of several long short forms the few words of the notice are left, and the signs stay whole', () => {
  const brief = (name: string, chars: number) => ({ notice: `${name}勿碰`, brief: name.repeat(chars), text: name })
  const book = (chars: number) =>
    buildGuides(
      new Map([
        ['eye', guide({ codes: ['double_eyelid'], urgent: '视力下降', days: { 1: brief('眼', chars) } })],
        ['nose', guide({ codes: ['rhinoplasty'], urgent: '皮肤发黑', days: { 1: brief('鼻', chars) } })],
      ]),
    )
  const said = (chars: number, ...also: Treatment[]) =>
    varsOf(step(1), facts(treatment('double_eyelid'), ...also), book(chars), treatments)
  const nose = treatment('rhinoplasty')
  expect(said(30, nose).brief).toBe(`双眼皮：${'眼'.repeat(30)}隆鼻：${'鼻'.repeat(30)}`)
  expect(said(60, nose).urgent).toBe('如出现视力下降；皮肤发黑，请立即拨打120。')
  expect(said(60, nose).brief).toBe('双眼皮：眼勿碰。隆鼻：鼻勿碰。')
  expect(said(60).brief).toBe('眼'.repeat(60))
})
