/** Surveys in the mini-program: who opens one, how it is answered, and by whom it is forgotten half-way. Over HTTP, as a phone does it. */
import { list, record, text } from '../api/types.ts'
import { between, chance, opaque, pick } from '../chance.ts'
import type { Customer, LedgerEntry, Simulator } from '../index.ts'
import { agreesToService, type Call, openProgram } from './mini-program.ts'
import { showRecovery } from './photos.ts'

const MINUTE = 60_000
/** People act on marks, as everywhere. */
const MARK = 10 * MINUTE
const ANSWERS = 0.72
const LOOKS_AROUND = 0.3
const PAUSES = 0.3
const SURVEY_PAGE = /^pages\/survey\/index\?invitationId=([\w.:@-]+)$/

type Json = Record<string, unknown>

/** A notice that leads to a survey: most people answer within a day. Another one leads to the first page, where open ones are listed. */
export function onSurveyNotice(simulator: Simulator, customer: Customer, entry: LedgerEntry): void {
  const { world, context } = simulator
  const { seed } = world
  const { personId } = customer
  const [, invitationId] = SURVEY_PAGE.exec(text(entry.payload.page)) ?? []
  // The number is the server's; what somebody does hangs on what was asked and when.
  const likely = invitationId === undefined ? LOOKS_AROUND : ANSWERS
  if (chance(seed, personId, entry.text, 'answers a survey') > likely) return
  const after = between(4, 20 * 60, seed, personId, entry.text, 'survey, when')
  const at = new Date(Math.ceil((context.clock.now().getTime() + after * MINUTE) / MARK) * MARK)
  context.clock.schedule(at, `${personId} survey ${entry.text}`, () =>
    answer(simulator, customer, invitationId, entry.text),
  )
}

async function answer(
  simulator: Simulator,
  customer: Customer,
  known: string | undefined,
  about: string,
): Promise<void> {
  const call = await openProgram(simulator, customer)
  if (!call || !(await agreesToService(simulator.world.seed, customer.personId, call))) return
  await answerSurvey(simulator.world.seed, customer.personId, call, known, about)
  await showRecovery(simulator.world.seed, customer.personId, call, about)
}

async function answerSurvey(
  seed: number,
  personId: string,
  call: Call,
  known: string | undefined,
  about: string,
): Promise<void> {
  const open = known === undefined ? list((await call('GET', '/surveys'))?.items) : []
  const invitationId = known ?? text(record(open[0]).id)
  if (!invitationId) return
  const path = `/surveys/${invitationId}`
  const opened = await call('GET', path)
  if (!opened) return
  const questions = list(record(opened.survey).questions).map(record)
  const answers: Json = {}
  let revision = Number(opened.revision)
  for (const [i, question] of questions.entries()) {
    if (!isShown(question, questions, answers)) continue
    const said = choose(question, seed, personId, about)
    if (said !== undefined) answers[text(question.id)] = said
    // Half of it, then something else came up for a moment.
    if (i === Math.floor(questions.length / 2) && chance(seed, personId, about, 'pauses') < PAUSES)
      revision = Number((await call('PUT', `${path}/draft`, { answers, revision }))?.revision ?? revision)
  }
  const submissionId = opaque(24, seed, personId, about, 'submission')
  await call('POST', `${path}/submit`, { submissionId, answers })
}

/** As the page does it: a condition looks at what is answered above. */
function isShown({ showIf }: Json, questions: readonly Json[], answers: Json): boolean {
  if (showIf === undefined) return true
  const holds = (one: Json): boolean => {
    const said = answers[text(one.question)]
    if (said === undefined) return false
    if (one.answered !== undefined) return true
    if (one.is !== undefined) return (Array.isArray(said) ? said : [said]).some((each) => list(one.is).includes(each))
    const of = questions.find(({ id }) => id === one.question)
    const scores = typeof said === 'number' ? [said] : scoresIn(said, of)
    if (scores.length === 0) return false
    const lowest = Math.min(...scores)
    return one.atLeast === undefined ? lowest <= Number(one.atMost) : lowest >= Number(one.atLeast)
  }
  const { all, any } = record(showIf)
  if (any !== undefined) return list(any).some((one) => holds(record(one)))
  return all === undefined ? holds(record(showIf)) : list(all).every((one) => holds(record(one)))
}

const scoresIn = (said: unknown, question: Json | undefined): number[] =>
  typeof said === 'object' && said !== null && !Array.isArray(said)
    ? list(question?.columns)
        .map(record)
        .filter(({ id, score }) => score !== undefined && Object.values(said).includes(id))
        .map(({ score }) => Number(score))
    : []

const STARS = [[5, 46] as const, [4, 38] as const, [3, 10] as const, [2, 4] as const, [1, 2] as const]
const POINTS = [
  [10, 30] as const,
  [9, 28] as const,
  [8, 20] as const,
  [7, 10] as const,
  [6, 6] as const,
  [4, 4] as const,
  [1, 2] as const,
]
const PAIN = [[0, 50] as const, [1, 24] as const, [2, 14] as const, [4, 9] as const, [7, 2] as const, [8, 1] as const]
/** What most people choose stands first in a clinic's lists, or is the answer that all is well. */
const WELL = new Set(['no', 'well', 'good', 'clear', 'none', 'all', 'under_10', 's5', 's4'])

/** Undefined: left out. */
function choose(question: Json, seed: number, personId: string, about: string): unknown {
  const { id, kind, required } = question
  const key = [seed, personId, about, text(id)] as const
  const isAnswered = required === true || chance(...key, 'bothers') < 0.4
  if (!isAnswered) return undefined
  const oneOf = (choices: readonly unknown[], ...more: string[]): string => {
    const ids = choices.map((one) => text(record(one).id))
    return pick(
      ids.map((one, i) => [one, WELL.has(one) ? 40 : i === 0 ? 8 : 3] as const),
      ...key,
      ...more,
    )
  }
  switch (kind) {
    case 'stars':
      return pick(STARS, ...key)
    case 'nps':
      return pick(POINTS, ...key)
    case 'vas':
      return pick(PAIN, ...key)
    case 'number':
      return between(Number(question.min), Number(question.max), ...key)
    case 'single':
      return oneOf(list(question.options))
    case 'multiple':
      return [oneOf(list(question.options))]
    case 'matrix':
      return Object.fromEntries(
        list(question.rows).map((row) => [text(record(row).id), oneOf(list(question.columns), text(record(row).id))]),
      )
    case 'text':
      return pick(
        [['挺好的，谢谢', 5] as const, ['等的时间有点长', 3] as const, ['希望讲得再细一点', 2] as const],
        ...key,
      )
    // Photos are another room's, and dates nobody remembers.
    default:
      return undefined
  }
}
