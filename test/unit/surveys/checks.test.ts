/** What a survey is refused for at start, each by its code and place. */
import { describe, expect, test } from 'vitest'
import { checkSurveys } from '../../../src/surveys/static-checks.ts'
import { SHIPPED, survey } from './support.ts'

const kinds = SHIPPED.treatments
const words = (text: string) => (text.includes('你') ? ['says 你; customers are addressed with 您'] : [])
const options = [
  { id: 'yes', text: '有' },
  { id: 'no', text: '没有' },
]
const single = (id: string, more: object = {}) => ({ id, kind: 'single', title: '题目', options, ...more })
const found = (questions: unknown[], more: object = {}) =>
  checkSurveys([survey(questions, more)], { kinds, words }).map(({ code, path }) => `${code} ${path.join('.')}`)

test('what is shipped has nothing to refuse, and all ten are there', () => {
  expect(checkSurveys(SHIPPED.surveys, { kinds, words })).toEqual([])
  expect(SHIPPED.surveys.map(({ id }) => id).sort()).toEqual([
    'consultation',
    'month1_effect',
    'month1_satisfaction',
    'opinion_box',
    'post_complaint',
    'product_follow_up',
    'recovery_day7',
    'salon_visit',
    'staff_suggestion',
    'visit_card',
  ])
  const asked = new Set(SHIPPED.surveys.flatMap(({ questions }) => questions.map(({ kind }) => kind)))
  expect([...asked].sort()).toEqual([
    'date',
    'matrix',
    'multiple',
    'nps',
    'number',
    'photo',
    'single',
    'stars',
    'text',
    'vas',
  ])
})

describe('a branch', () => {
  test.each([
    ['to nothing', [single('a', { showIf: { question: 'z', answered: true } })], 'unknown_branch questions.0.showIf'],
    [
      'to an option that is not there',
      [single('a'), single('b', { showIf: { question: 'a', is: ['maybe'] } })],
      'unknown_option questions.1.showIf',
    ],
    [
      'to what comes later',
      [single('a', { showIf: { question: 'b', answered: true } }), single('b')],
      'branch_ahead questions.0.showIf',
    ],
    ['to itself', [single('a', { showIf: { question: 'a', answered: true } })], 'branch_loop questions.0.showIf'],
  ])('%s is refused', (_, questions, line) => expect(found(questions)).toEqual([line]))
  test('round a corner back to itself is refused at each of its corners', () =>
    expect(
      found([
        single('a', { showIf: { question: 'c', answered: true } }),
        single('b', { showIf: { question: 'a', answered: true } }),
        single('c', { showIf: { question: 'b', answered: true } }),
      ]),
    ).toEqual(['branch_loop questions.0.showIf', 'branch_loop questions.1.showIf', 'branch_loop questions.2.showIf']))
})

describe('a question that nobody ever reaches is refused', () => {
  const stars = { id: 's', kind: 'stars', title: '题目' }
  test.each([
    ['more stars than there are', [stars, single('b', { showIf: { question: 's', atLeast: 6 } })]],
    [
      'at least four and at most two',
      [
        stars,
        single('b', {
          showIf: {
            all: [
              { question: 's', atLeast: 4 },
              { question: 's', atMost: 2 },
            ],
          },
        }),
      ],
    ],
    [
      'behind one that contradicts it',
      [
        single('a'),
        single('b', { showIf: { question: 'a', is: ['no'] } }),
        single('c', {
          showIf: {
            all: [
              { question: 'a', is: ['yes'] },
              { question: 'b', answered: true },
            ],
          },
        }),
      ],
    ],
    [
      'only after treatments whose branch is missing',
      [
        single('a', { only: { categories: ['surgery'] } }),
        single('b', { only: { categories: ['laser'] }, showIf: { question: 'a', answered: true } }),
      ],
    ],
  ])('%s', (_, questions) =>
    expect(found(questions)).toEqual([`unreachable_question questions.${questions.length - 1}`]),
  )
  test('and one that some answers reach is not', () =>
    expect(
      found([
        stars,
        single('b', {
          showIf: {
            any: [
              { question: 's', atLeast: 5 },
              { question: 's', atMost: 1 },
            ],
          },
        }),
      ]),
    ).toEqual([]))
})

test.each([
  ['a question twice', [single('a'), single('a')], 'duplicate_question questions.1.id'],
  [
    'an option twice',
    [{ ...single('a'), options: [...options, options[0]] }],
    'duplicate_option questions.0.options.2.id',
  ],
  [
    'an unknown treatment',
    [single('a', { only: { codes: ['tattoo'] } }), single('b')],
    'unknown_treatment questions.0.only.codes',
  ],
  [
    'a score that nobody hears of',
    [{ id: 'n', kind: 'nps', title: '题目', measures: 'nps' }],
    'measure_without_alert questions.0.measures',
  ],
  [
    'a score of another kind',
    [single('a', { measures: 'nps', alert: { is: ['no'] } })],
    'measure_kind questions.0.kind',
  ],
  ['an alarm that never rings', [single('a', { alert: { atMost: 2 } })], 'alert_never questions.0.alert'],
  [
    'a number that there is not',
    [{ id: 'n', kind: 'number', title: '题目', min: 5, max: 5 }],
    'impossible_range questions.0.min',
  ],
  ['a wrong address', [single('a', { title: '你好吗？' })], 'forbidden_word questions.0'],
])('%s is refused', (_, questions, line) => expect(found(questions)).toContain(line))

test('nothing anonymous asks for a photo, and nobody goes without thanks', () => {
  expect(found([{ id: 'p', kind: 'photo', title: '题目' }], { anonymous: true })).toEqual([
    'anonymous_photo questions.0.kind',
  ])
  expect(found([single('a')], { intro: '请填写', thanks: '好的' })).toEqual(['no_thanks thanks'])
})
