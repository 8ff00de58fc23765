/** `config/knowledge/training.yaml`: short quizzes and scenario exercises for staff, and how they are scored. Pure. */
import { z } from 'zod'
import { ROLES } from '../staff/index.ts'

const ExerciseId = z
  .string()
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be kebab-case')
  .max(64)
const Text = z.string().trim().min(1).max(300)
const RolesOf = z.array(z.enum(ROLES)).min(1)

const Question = z
  .strictObject({
    id: ExerciseId,
    ask: Text,
    options: z.array(Text).min(2).max(6),
    /** Numbers of the right options, from 1. */
    right: z.array(z.int().min(1)).min(1),
    /** Shown once it was answered. */
    why: Text,
  })
  .refine(({ options, right }) => right.every((number) => number <= options.length), {
    path: ['right'],
    message: 'names an option that isn’t there',
  })

export const TrainingFile = z
  .strictObject({
    version: z.int().positive(),
    handbooks: z.strictObject({
      /** Articles of what is done first in an emergency, in order: in every handbook. */
      crisis: z.array(ExerciseId).min(1),
      roles: z.array(z.strictObject({ role: z.enum(ROLES), title: Text })).min(1),
    }),
    quizzes: z.array(
      z.strictObject({
        id: ExerciseId,
        title: Text,
        roles: RolesOf,
        /** Of 100. */
        passFrom: z.int().min(1).max(100),
        questions: z.array(Question).min(8),
      }),
    ),
    scenarios: z.array(
      z
        .strictObject({
          id: ExerciseId,
          title: Text,
          roles: RolesOf,
          situation: Text,
          options: z
            .array(z.strictObject({ text: Text, points: z.int().min(0).max(10), why: Text }))
            .min(2)
            .max(6),
        })
        .refine(({ options }) => options.some(({ points }) => points === 10), {
          path: ['options'],
          message: 'must have one that is right',
        }),
    ),
  })
  .superRefine(({ quizzes, scenarios }, ctx) => {
    const seen = new Set<string>()
    const groups = { quizzes, scenarios }
    for (const [group, list] of Object.entries(groups))
      for (const [i, { id }] of list.entries()) {
        if (seen.has(id)) ctx.addIssue({ code: 'custom', path: [group, i, 'id'], message: `${id} stands twice` })
        seen.add(id)
      }
  })
  .meta({ title: 'Training of staff' })
export type TrainingFile = z.output<typeof TrainingFile>

/** A quiz, or a scenario as a quiz of one question whose options have points. */
export interface Exercise {
  id: string
  kind: 'quiz' | 'scenario'
  title: string
  roles: readonly string[]
  passFrom: number
  situation: string | null
  questions: readonly { id: string; ask: string; options: readonly string[] }[]
  /** What an answer is worth, 0–1, and why. */
  judge(question: string, chosen: readonly number[]): { worth: number; why: string }
}

/** A scenario is passed with the answer that is right. */
const SCENARIO_PASS = 100
const SCENARIO_ASK = '您会怎么做？'
const SCENARIO_QUESTION = 'choice'

export function exercisesOf({ quizzes, scenarios }: TrainingFile): Map<string, Exercise> {
  const all: Exercise[] = [
    ...quizzes.map(({ questions, ...quiz }): Exercise => {
      const byId = new Map(questions.map((one) => [one.id, one]))
      return {
        ...quiz,
        kind: 'quiz',
        situation: null,
        questions: questions.map(({ id, ask, options }) => ({ id, ask, options })),
        judge(question, chosen) {
          const { right = [], why = '' } = byId.get(question) ?? {}
          const isRight = chosen.length === right.length && right.every((number) => chosen.includes(number))
          return { worth: isRight ? 1 : 0, why }
        },
      }
    }),
    ...scenarios.map(
      ({ options, ...scenario }): Exercise => ({
        ...scenario,
        kind: 'scenario',
        passFrom: SCENARIO_PASS,
        questions: [{ id: SCENARIO_QUESTION, ask: SCENARIO_ASK, options: options.map(({ text }) => text) }],
        judge(_, [number = 0]) {
          const option = options[number - 1]
          return { worth: (option?.points ?? 0) / 10, why: option?.why ?? '' }
        },
      }),
    ),
  ]
  return new Map(all.map((one) => [one.id, one]))
}

export interface Scored {
  /** 0–100; what wasn't answered is worth nothing. */
  score: number
  passed: boolean
  answers: { question: string; worth: number; why: string }[]
}

export function scoreOf(exercise: Exercise, chosen: Readonly<Record<string, readonly number[]>>): Scored {
  const answers = exercise.questions.map(({ id }) => ({
    question: id,
    ...exercise.judge(id, [...new Set(chosen[id])]),
  }))
  const score = Math.round((100 * answers.reduce((sum, { worth }) => sum + worth, 0)) / answers.length)
  return { score, passed: score >= exercise.passFrom, answers }
}
