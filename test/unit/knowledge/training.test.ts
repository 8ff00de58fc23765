/** Scores of exercises, and who has to read what. */
import { expect, test } from 'vitest'
import { loadConfig } from '../../../src/config.ts'
import { exercisesOf, scoreOf } from '../../../src/knowledge/training.ts'
import { concerns, quarterOf } from '../../../src/knowledge/training-service.ts'

const { training } = loadConfig('config').knowledge
const exercises = exercisesOf(training)
const nurse = training.quizzes[0]

test('the shipped training has a quiz for three roles and six scenarios at least', () => {
  expect(training.quizzes.length).toBeGreaterThanOrEqual(3)
  expect(new Set(training.quizzes.flatMap(({ roles }) => roles)).size).toBeGreaterThanOrEqual(3)
  expect(training.scenarios.length).toBeGreaterThanOrEqual(6)
})

test('a quiz is worth the share of its right answers; all right options and no other', () => {
  const quiz = exercises.get('nurse-care')
  if (!quiz || !nurse) throw new Error('no quiz')
  const right = Object.fromEntries(nurse.questions.map((one) => [one.id, one.right]))
  expect(scoreOf(quiz, right)).toMatchObject({ score: 100, passed: true })
  expect(scoreOf(quiz, {})).toMatchObject({ score: 0, passed: false })
  // Seven of eight pass, six don't.
  expect(scoreOf(quiz, { ...right, fever: [1] })).toMatchObject({ score: 88, passed: true })
  expect(scoreOf(quiz, { ...right, fever: [1], calf: [1] })).toMatchObject({ score: 75, passed: false })
  // Ticking everything is no knowledge, and twice the same is once.
  const worth = (chosen: number[]) =>
    scoreOf(quiz, { calf: chosen }).answers.find(({ question }) => question === 'calf')?.worth
  expect([worth([1, 3]), worth([3, 1]), worth([1, 2, 3, 4]), worth([1]), worth([1, 1, 3])]).toEqual([1, 1, 0, 0, 1])
})

test('a scenario is worth the points of its choice, and passed with the best only', () => {
  const scenario = exercises.get('blanching-chat')
  if (!scenario) throw new Error('no scenario')
  const score = (number: number) => scoreOf(scenario, { choice: [number] })
  expect([1, 2, 3].map((number) => score(number).score)).toEqual([100, 0, 30])
  expect([score(1).passed, score(3).passed]).toEqual([true, false])
  expect(score(2).answers[0]?.why).toMatch(/不可逆/)
})

test('who speaks with customers reads scripts and cases; nurses also what doctors keep', () => {
  const script = { audience: 'staff', owner: 'customer_service' } as const
  const medical = { audience: 'customer', owner: 'doctor' } as const
  expect([concerns(script, ['consultant']), concerns(script, ['finance']), concerns(script, [])]).toEqual([
    true,
    false,
    false,
  ])
  expect([concerns(medical, ['doctor']), concerns(medical, ['nurse']), concerns(medical, ['consultant'])]).toEqual([
    true,
    true,
    false,
  ])
})

test.each([
  ['2026-01-01', '2026-Q1'],
  ['2026-03-31', '2026-Q1'],
  ['2026-04-01', '2026-Q2'],
  ['2026-12-31', '2026-Q4'],
])('%s is in %s', (day, quarter) => {
  expect(quarterOf(day)).toBe(quarter)
})
