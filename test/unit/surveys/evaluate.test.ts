/** Branching, checking and scoring of answers, by example and by property over everything that is shipped. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Answers } from '../../../src/surveys/definition.ts'
import { asked, checked, draftProblems, problemOf, tailored } from '../../../src/surveys/evaluate.ts'
import { formOf } from '../../../src/surveys/form.ts'
import { lowAnswers, scoreOf } from '../../../src/surveys/score.ts'
import { valuesOf } from '../../../src/surveys/values.ts'
import { SHIPPED, someAnswer, survey, walk } from './support.ts'

const yesNo = [
  { id: 'yes', text: '有' },
  { id: 'no', text: '没有' },
]
const branching = survey([
  {
    id: 'ill',
    kind: 'single',
    title: '不适？',
    options: yesNo,
    measures: 'discomfort',
    alert: { is: ['yes'], to: 'nurse' },
  },
  {
    id: 'pain',
    kind: 'vas',
    title: '多痛？',
    showIf: { question: 'ill', is: ['yes'] },
    measures: 'pain',
    alert: { atLeast: 7 },
  },
  { id: 'where', kind: 'text', title: '哪里？', showIf: { question: 'pain', atLeast: 5 } },
  { id: 'words', kind: 'text', title: '还有？', required: false },
]).questions
const idsOf = (answers: Answers) => asked(branching, answers).map(({ id }) => id)

describe('a branch', () => {
  test('opens by an answer, and closes with everything behind it', () => {
    expect(idsOf({})).toEqual(['ill', 'words'])
    expect(idsOf({ ill: 'yes' })).toEqual(['ill', 'pain', 'words'])
    expect(idsOf({ ill: 'yes', pain: 5 })).toEqual(['ill', 'pain', 'where', 'words'])
    // The pain that was told before stays unsaid once nothing is wrong.
    expect(idsOf({ ill: 'no', pain: 9 })).toEqual(['ill', 'words'])
  })
  test('takes along nothing that nobody was asked', () => {
    const { answers, problems } = checked(branching, { ill: 'no', pain: 9, where: '脸' })
    expect([answers, problems]).toEqual([{ ill: 'no' }, []])
  })
  test('needs what it has opened', () =>
    expect(checked(branching, { ill: 'yes' }).problems).toEqual([{ question: 'pain', code: 'required' }]))
  test('may want one of several conditions, or all', () => {
    const one = { question: 'a', is: ['yes'] }
    const two = { question: 'b', is: ['yes'] }
    const both = (showIf: object) =>
      survey([
        { id: 'a', kind: 'single', title: '甲', options: yesNo },
        { id: 'b', kind: 'single', title: '乙', options: yesNo },
        { id: 'c', kind: 'text', title: '丙', showIf },
      ]).questions
    const shows = (showIf: object, answers: Answers) => asked(both(showIf), answers).some(({ id }) => id === 'c')
    expect(shows({ any: [one, two] }, { a: 'yes', b: 'no' })).toBe(true)
    expect(shows({ all: [one, two] }, { a: 'yes', b: 'no' })).toBe(false)
    expect(shows({ all: [one, two] }, { a: 'yes', b: 'yes' })).toBe(true)
    expect(shows({ question: 'a', answered: true }, { a: 'no' })).toBe(true)
  })
})

test('every wrong answer has the code of what is wrong with it', () => {
  const options = [
    { id: 'a', text: '甲' },
    { id: 'b', text: '乙' },
    { id: 'none', text: '都没有', alone: true },
  ]
  const matrix = {
    kind: 'matrix',
    rows: options.slice(0, 2).map(({ id, text }) => ({ id, text })),
    columns: [
      { id: 'x', text: '好', score: 5 },
      { id: 'y', text: '差', score: 1 },
    ],
  }
  const wrong: [object, unknown, string | null][] = [
    [{ kind: 'single', options }, 'c', 'not_an_option'],
    [{ kind: 'single', options }, ['a'], 'wrong_type'],
    [{ kind: 'single', options }, 'a', null],
    [{ kind: 'multiple', options, most: 1 }, ['a', 'b'], 'too_many'],
    [{ kind: 'multiple', options }, ['a', 'a'], 'chosen_twice'],
    [{ kind: 'multiple', options }, ['a', 'none'], 'not_with_others'],
    [{ kind: 'multiple', options }, 'a', 'wrong_type'],
    [{ kind: 'multiple', options }, ['a', 'b'], null],
    [matrix, { a: 'x' }, 'row_missing'],
    [matrix, { a: 'x', c: 'x' }, 'not_an_option'],
    [matrix, { a: 'x', b: 'z' }, 'not_an_option'],
    [matrix, { a: 'x', b: 'y' }, null],
    [{ kind: 'stars' }, 0, 'out_of_range'],
    [{ kind: 'stars' }, 4.5, 'not_whole'],
    [{ kind: 'stars' }, '4', 'wrong_type'],
    [{ kind: 'nps' }, 11, 'out_of_range'],
    [{ kind: 'nps' }, 0, null],
    [{ kind: 'vas' }, -1, 'out_of_range'],
    [{ kind: 'number', min: 34, max: 43, whole: false }, 37.5, null],
    [{ kind: 'number', min: 34, max: 43 }, 37.5, 'not_whole'],
    [{ kind: 'number', min: 34, max: 43 }, Number.NaN, 'wrong_type'],
    [{ kind: 'text', most: 10 }, '一二三四五六七八九十一', 'too_long'],
    [{ kind: 'text', most: 10 }, '一二三四五六七八九十', null],
    [{ kind: 'photo', most: 1 }, ['p1', 'p2'], 'too_many'],
    [{ kind: 'photo' }, ['../etc'], 'wrong_type'],
    [{ kind: 'date' }, '2026-02-29', 'not_a_day'],
    [{ kind: 'date' }, '2024-02-29', null],
    [{ kind: 'date' }, '昨天', 'not_a_day'],
  ]
  for (const [shape, answer, code] of wrong) {
    const [question] = survey([{ id: 'q', title: '题', ...shape }]).questions
    expect([shape, answer, question && problemOf(question, answer as never)]).toEqual([shape, answer, code])
  }
  expect(checked(branching, { ill: 'no', other: 'x' }).problems).toEqual([
    { question: 'other', code: 'unknown_question' },
  ])
})

test('what somebody wrote is taken without signs that nobody sees, and such signs alone are no answer', () => {
  const { questions } = survey([{ id: 'q', title: '题', kind: 'text', most: 20 }])
  const { answers, problems } = checked(questions, { q: ' \u202e\u0000红肿\n没有\ud83d消😀 ' })
  expect([answers, problems]).toEqual([{ q: '红肿\n没有消😀' }, []])
  expect(checked(questions, { q: '\u200b\u202e' }).problems).toEqual([{ question: 'q', code: 'required' }])
})

test('half a matrix may be kept, a wrong half may not', () => {
  const [question] = survey([
    {
      id: 'q',
      kind: 'matrix',
      title: '题',
      rows: [
        { id: 'a', text: '甲' },
        { id: 'b', text: '乙' },
      ],
      columns: [
        { id: 'x', text: '好', score: 5 },
        { id: 'y', text: '差', score: 1 },
      ],
    },
  ]).questions
  if (!question) throw new Error('no question')
  expect(draftProblems([question], { q: { a: 'x' } })).toEqual([])
  expect(draftProblems([question], { q: { a: 'z' } })).toEqual([{ question: 'q', code: 'not_an_option' }])
})

describe('scores', () => {
  test('are taken where they are asked, with an index over all stars', () => {
    const { questions } = survey([
      { id: 'satisfaction', kind: 'stars', title: '满意？', measures: 'satisfaction', alert: { atMost: 2 } },
      {
        id: 'parts',
        kind: 'matrix',
        title: '分项',
        rows: [
          { id: 'a', text: '甲' },
          { id: 'b', text: '乙' },
        ],
        columns: [
          { id: 'bad', text: '差', score: 1 },
          { id: 'good', text: '好', score: 5 },
          { id: 'none', text: '未涉及' },
        ],
      },
      { id: 'nps', kind: 'nps', title: '推荐？', measures: 'nps', alert: { atMost: 6 } },
    ])
    const score = scoreOf(questions, { satisfaction: 3, parts: { a: 'good', b: 'none' }, nps: 9 })
    expect(score).toEqual({ measures: { satisfaction: 3, nps: 9 }, index: 75 })
    expect(valuesOf(questions, { satisfaction: 3, parts: { a: 'good', b: 'none' } })).toEqual([
      { q: 'satisfaction', v: '3' },
      { q: 'parts.a', v: 'good' },
      { q: 'parts.b', v: 'none' },
    ])
  })
  test.each([
    ['month1_satisfaction', 'satisfaction', [1, 2], [3, 4, 5]],
    ['month1_satisfaction', 'nps', [0, 3, 6], [7, 8, 10]],
    ['recovery_day7', 'pain', [7, 10], [0, 6]],
    ['recovery_day7', 'discomfort', ['yes'], ['no']],
    ['month1_effect', 'discomfort', ['yes'], ['no']],
    ['visit_card', 'overall', [1, 2], [3]],
    ['post_complaint', 'nps', [0, 7], [8, 10]],
  ])('%s: %s is heard of at %j and not at %j', (id, question, bad, good) => {
    const { questions } = SHIPPED.surveys.find((one) => one.id === id) ?? survey([])
    const low = (answer: string | number) => lowAnswers(questions, { [question]: answer }).map((one) => one.question)
    for (const answer of bad) expect([answer, low(answer)]).toEqual([answer, [question]])
    for (const answer of good) expect([answer, low(answer)]).toEqual([answer, []])
  })
})

describe('over everything that is shipped', () => {
  const forms = SHIPPED.surveys.flatMap((one) =>
    [null, ...SHIPPED.treatments].map((subject) => formOf([one], subject).questions),
  )
  const form = fc.constantFrom(...forms)
  const choices = fc.array(fc.nat(1_000), { minLength: 40, maxLength: 40 })

  test('whoever answers what comes up is never refused, and nothing is lost', () => {
    fc.assert(
      fc.property(form, choices, (questions, numbers) => {
        let at = 0
        const given = walk(questions, (question) => someAnswer(question, numbers[at++ % numbers.length] ?? 0))
        const { answers, problems } = checked(questions, given)
        expect(problems).toEqual([])
        expect(answers).toEqual(given)
      }),
    )
  })
  test('an answer never changes what was asked before it', () => {
    fc.assert(
      fc.property(form, choices, fc.nat(39), (questions, numbers, n) => {
        let at = 0
        const given = walk(questions, (question) => someAnswer(question, numbers[at++ % numbers.length] ?? 0))
        const question = questions[n % questions.length]
        if (!question) return
        const before = questions.slice(0, questions.indexOf(question)).map(({ id }) => id)
        const shown = (answers: Answers) =>
          asked(questions, answers).flatMap(({ id }) => (before.includes(id) ? [id] : []))
        expect(shown({ ...given, [question.id]: someAnswer(question, n) })).toEqual(shown(given))
      }),
    )
  })
  test('checking what was checked changes nothing, and hidden answers count nowhere', () => {
    fc.assert(
      fc.property(form, fc.array(fc.option(fc.nat(1_000)), { minLength: 40, maxLength: 40 }), (questions, numbers) => {
        // Anything at all, also for questions that nobody is asked.
        const given = Object.fromEntries(
          questions.flatMap((question, i) => {
            const n = numbers[i % numbers.length]
            return n == null ? [] : [[question.id, someAnswer(question, n)] as const]
          }),
        )
        const { answers } = checked(questions, given)
        expect(checked(questions, answers).answers).toEqual(answers)
        const shown = new Set(asked(questions, given).map(({ id }) => id))
        expect(Object.keys(answers).every((id) => shown.has(id))).toBe(true)
        expect(lowAnswers(asked(questions, answers), answers).every(({ question }) => shown.has(question))).toBe(true)
      }),
    )
  })
})

test('a treatment has its own questions, in its own words', () => {
  const recovery = SHIPPED.surveys.find(({ id }) => id === 'recovery_day7')
  if (!recovery) throw new Error('no survey')
  const of = (code: string, category: string) => tailored(recovery, { code, category }).questions
  const state = (code: string, category: string) => of(code, category)[0]?.title
  expect(state('rhinoplasty', 'surgery')).toContain('伤口')
  expect(state('botulinum', 'injection')).toContain('注射部位')
  expect(state('ipl', 'laser')).toBe('您觉得目前恢复得怎么样？')
  expect(of('rhinoplasty', 'surgery').map(({ id }) => id)).toContain('temperature')
  expect(of('ipl', 'laser').map(({ id }) => id)).not.toContain('temperature')
})
