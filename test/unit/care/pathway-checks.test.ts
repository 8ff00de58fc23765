/** What a careful reader of a pathway file would refuse before a customer waits for it. */
import { expect, test } from 'vitest'
import { checkPathways, type PathwayFile, PathwayFile as Shape } from '../../../src/care/index.ts'
import { loadConfig } from '../../../src/config.ts'

const { templates, treatments, guides, pathways } = loadConfig('config')
const STEP = {
  id: 'one',
  stage: 'recovery_guidance',
  kind: 'contact',
  action: 'message',
  when: { day: 1 },
  owner: 'nurse',
  class: 'care',
  template: 'care.skin_day1',
  title: '术后关怀',
}
function problemsOf(step: object, file: object = {}): string[] {
  const parsed = Shape.parse({
    version: 1,
    name: '测试',
    specificity: 1,
    matches: {},
    steps: [{ ...STEP, ...step }],
    ...file,
  })
  const found = checkPathways([{ id: 'test', ...(parsed as PathwayFile) }], templates, treatments, guides)
  return found.map(({ path, message }) => `${path.join('.')} ${message}`)
}

test('the shipped pathways have no problem, and neither has a plain step', () => {
  expect(checkPathways(pathways, templates, treatments, guides)).toEqual([])
  expect(problemsOf({})).toEqual([])
})
test.each([
  ['hours from another anchor', { when: { withinHours: 2 }, anchor: 'discharge_date' }, {}, 'steps.0.anchor hours'],
  ['days before the treatment', { when: { day: -1 } }, {}, 'steps.0.when nobody'],
  ['sutures of no operation', { anchor: 'suture_removal_date' }, {}, 'steps.0.anchor only an operation'],
  ['a move with sutures of no operation', { movesWithSutures: true }, {}, 'steps.0.movesWithSutures only'],
  ['guidance without a treatment day', { kind: 'guidance', anchor: 'discharge_date' }, {}, 'steps.0.anchor guidance'],
  ['a consultation, of which there is no record', { anchor: 'consultation_date' }, {}, 'steps.0.anchor there is no'],
  ['a visit of no appointment', { anchor: 'appointment_start' }, {}, 'steps.0.anchor steps of appointments'],
  ['a session of no course', { sessions: 'last' }, {}, 'steps.0.sessions only a course'],
  ['a technique that nobody has', { techniques: ['fuu'] }, {}, 'steps.0.techniques.0 no treatment'],
  ['a category that nobody has', {}, { matches: { notCategories: ['cars'] } }, 'matches.notCategories.0 no treatment'],
] as const)('%s is refused', (_, step, file, problem) => {
  expect(problemsOf(step, file).join('\n')).toContain(problem)
})
test('an operation may hang on its sutures, before and after', () => {
  const file = { operation: { sutureDay: 7 } }
  expect(problemsOf({ anchor: 'suture_removal_date', when: { day: -1 } }, file)).toEqual([])
})
test('a contact on which guidance may ride has room for it', () => {
  const quiet = { template: 'care.effect_month' }
  const file = {
    steps: [
      { ...STEP, kind: 'guidance', id: 'guide', when: { day: 7 } },
      { ...STEP, ...quiet, when: { day: 5 } },
    ],
  }
  expect(problemsOf({}, file).join()).toContain('steps.1.template the text must carry {{guide}}')
  expect(problemsOf({ ...quiet, when: { month: 1 } })).toEqual([])
  expect(problemsOf({ ...quiet, anchor: 'discharge_date', when: { day: 1 } }).join()).toContain('must carry {{guide}}')
})
