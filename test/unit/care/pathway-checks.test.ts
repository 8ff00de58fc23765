/** What a careful reader of a pathway file would refuse before a customer waits for it. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { checkPathways, type PathwayFile, PathwayFile as Shape } from '../../../src/care/index.ts'
import { loadConfig } from '../../../src/config.ts'
import { buildWordLint, WordingFile } from '../../../src/messaging/index.ts'

const { review, pathways, templates, treatments } = loadConfig('config')
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
  const found = review([{ id: 'test', ...(parsed as PathwayFile) }])
  return found.map(({ code, path, message }) => `${path.join('.')} ${message} [${code}]`)
}

test('the shipped pathways have no problem, and neither has a plain step', () => {
  expect(review(pathways)).toEqual([])
  expect(problemsOf({})).toEqual([])
})
test.each([
  ['hours from another anchor', { when: { withinHours: 2 }, anchor: 'discharge_date' }, {}, 'steps.0.anchor hours'],
  ['days before the treatment', { when: { day: -1 } }, {}, 'steps.0.when nobody'],
  ['sutures of no operation', { anchor: 'suture_removal_date' }, {}, 'steps.0.anchor only an operation'],
  ['a move with sutures of no operation', { movesWithSutures: true }, {}, 'steps.0.movesWithSutures only'],
  ['guidance without a treatment day', { kind: 'guidance', anchor: 'discharge_date' }, {}, 'steps.0.anchor guidance'],
  ['a consultation of something else', { anchor: 'consultation_date' }, {}, 'steps.0.anchor steps of consultations'],
  ['a decision that writes to the customer', { kind: 'decision' }, {}, 'steps.0.action a decision is a task'],
  ['a task that decides nothing', { action: 'task' }, {}, 'steps.0.action only a decision'],
  ['a contact without a text', { template: undefined }, {}, 'steps.0.template there is no template'],
  ['a visit of no appointment', { anchor: 'appointment_start' }, {}, 'steps.0.anchor steps of appointments'],
  ['a session of no course', { sessions: 'last' }, {}, 'steps.0.sessions only a course'],
  ['a technique that nobody has', { techniques: ['fuu'] }, {}, 'steps.0.techniques.0 no treatment'],
  ['a category that nobody has', {}, { matches: { notCategories: ['cars'] } }, 'matches.notCategories.0 no treatment'],
] as const)('%s is refused', (_, step, file, problem) => {
  expect(problemsOf(step, file).join('\n')).toContain(problem)
})
test.each([
  [
    'a step of a technique that none of its treatments has',
    { techniques: ['fut'] },
    { matches: { codes: ['ipl'] } },
    'steps.0.id nothing that test matches ever has the step one [unreachable]',
  ],
  [
    'a day that none of its records gives',
    { anchor: 'next_session_date', when: { day: -2 } },
    { matches: { categories: ['product'] } },
    'steps.0.anchor nothing that test matches ever has a next_session_date [unreachable]',
  ],
  [
    'sutures of an operation that has none',
    { anchor: 'suture_removal_date' },
    { matches: { codes: ['thread_lift'] }, operation: { sutureDay: 7 } },
    'steps.0.anchor nothing that test matches ever has a suture_removal_date [unreachable]',
  ],
  [
    'a pathway of which no treatment has everything',
    {},
    { matches: { codes: ['ipl'], categories: ['surgery'] } },
    'matches no treatment can match all of it [unreachable]',
  ],
  [
    'a template that nobody wrote',
    { template: 'care.none' },
    {},
    'steps.0.template there is no template care.none [missing_template]',
  ],
  [
    'a survey that nobody wrote',
    { survey: 'visit_cart' },
    {},
    'steps.0.survey nobody is asked visit_cart: config/surveys has no survey of that name with an invitation [unknown_survey]',
  ],
  [
    'a survey that its text cannot carry',
    { survey: 'visit_card', template: 'care.injection_month3', when: { month: 3 } },
    {},
    'steps.0.template the text must carry {{survey}} [template_without_survey]',
  ],
  [
    'days that end before they begin',
    { when: { days: [5, 3] } },
    {},
    'the window ends before it begins [impossible_window]',
  ],
  [
    'days that end before they begin in February',
    { when: { fromDay: 29, toMonth: 1 } },
    {},
    'steps.0.when the window ends before it begins [impossible_window]',
  ],
  [
    'a greeting on a later day',
    { class: 'greeting', template: 'care.greeting' },
    {},
    'steps.0.class a greeting is said within hours of the end; on a day it would ignore the contact windows [impossible_window]',
  ],
  [
    'hours that must wait for a contact window',
    { when: { withinHours: 2 } },
    {},
    'steps.0.when within hours only a greeting is sent; care waits for the contact windows [impossible_window]',
  ],
  [
    'a reminder after its day',
    { kind: 'reminder', anchor: 'next_session_date' },
    {},
    'steps.0.when a reminder comes before its day, not after [impossible_window]',
  ],
  [
    'an offer in a call',
    { action: 'call', template: 'care.prelude', script: '告诉客户本周有优惠' },
    {},
    'steps.0.script sells (优惠) in a message of care [offer_in_care]',
  ],
] as const)('%s is refused by its code', (_, step, file, problem) => {
  expect(problemsOf(step, file).join('\n')).toContain(problem)
})

describe('what an installation lacks', () => {
  const check = (step: object, more: object = {}) => {
    const config = loadConfig('config')
    const wording = WordingFile.parse(parse(readFileSync('config/wording.yaml', 'utf8')))
    const facts = {
      templates,
      kinds: treatments,
      guides: config.guides,
      organisation: config.organisation,
      words: buildWordLint(wording),
      surveys: new Set(['visit_card']),
    }
    const file = Shape.parse({ version: 1, name: '测试', specificity: 1, matches: {}, steps: [{ ...STEP, ...step }] })
    return checkPathways([{ id: 'test', ...file }], { ...facts, ...more }).map(
      ({ code, path, message }) => `${path.join('.')} ${message} [${code}]`,
    )
  }
  const change = (key: string, forms: object) => {
    const one = templates.get(key)
    if (!one) throw new Error('no such template')
    const { sms: _, subscribe: __, ...bare } = one
    return { templates: new Map([...templates, [key, { ...bare, ...forms }]]) }
  }

  test('nobody whose position gives the role, nor one that stands in for it', () => {
    const { organisation } = loadConfig('config')
    const roles = organisation.roles.filter(({ role }) => role !== 'operations')
    expect(check({ owner: 'operations' }, { organisation: { ...organisation, roles } })).toEqual([
      expect.stringMatching(
        /^steps\.0\.owner nobody can be operations in a hospital or clinic or salon: .* \[no_owner\]$/,
      ),
    ])
    // A salon has no nurse of its own, and the beautician stands in.
    const noNurse = organisation.roles.filter(
      ({ role }) => role !== 'nurse' && role !== 'doctor' && role !== 'department_head',
    )
    expect(check({ owner: 'nurse' }, { organisation: { ...organisation, roles: noNurse } })).toEqual([
      expect.stringContaining('in a hospital or clinic: '),
    ])
    expect(check({ owner: 'nurse' })).toEqual([])
  })

  test('a text that no channel carries to whoever is not in a chat', () => {
    expect(check({}, change('care.skin_day1', {}))).toEqual([
      'steps.0.template care.skin_day1 has no form for SMS or a notice: outside a chat no channel carries it [no_channel]',
    ])
    const subscribe = templates.get('care.skin_day1')?.subscribe
    expect(check({}, change('care.skin_day1', { subscribe }))).toEqual([])
    expect(check({ safety: true }, change('care.skin_day1', { subscribe }))).toEqual([
      expect.stringContaining('has no form for SMS, and safety depends on the step [no_channel]'),
    ])
    const promotion = { class: 'promotion' as const, sms: '【{{store}}】谢谢', subscribe }
    expect(check({ class: 'promotion' }, change('care.skin_day1', promotion))).toEqual([
      expect.stringContaining(
        'is promotion, which WeChat allows in no notice: leave the subscribe form out [no_channel]',
      ),
    ])
  })
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
