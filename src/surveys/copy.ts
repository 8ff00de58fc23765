/** What somebody has answered, in words: their part of a copy of their data. */
import type { CustomersService } from '../customers/index.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import type { Answer, Answers, Question } from './definition.ts'
import { ANSWERS_FIELD } from './desk.ts'
import { asked, chosenOf } from './evaluate.ts'
import { formOf } from './form.ts'
import type { SurveyStore } from './model.ts'
import { lowAnswers } from './score.ts'
import type { AnsweredCopy } from './types.ts'
import type { Surveys } from './versions.ts'

export interface CopyDeps {
  store: Pick<SurveyStore, 'answersOf' | 'answers' | 'invitations'>
  surveys: Surveys
  customers: Pick<CustomersService, 'idsOf'>
  crypto: Pick<FieldCrypto, 'open'>
}

export const createCopy =
  ({ store, surveys, customers, crypto }: CopyDeps) =>
  async (customerId: string): Promise<AnsweredCopy[]> => {
    const rows = await store.answersOf(await customers.idsOf(customerId))
    const invitations = new Map((await store.invitations(rows.map(({ _id }) => _id))).map((one) => [one._id, one]))
    return Promise.all(
      rows.map(async ({ _id, surveys: pinned, at, treatmentId, storeId, sealed }) => {
        const { title, questions } = formOf(await surveys.of(pinned), invitations.get(_id)?.subject ?? null)
        const answers = JSON.parse(crypto.open(ANSWERS_FIELD, sealed)) as Answers
        const said = inWords({ shown: asked(questions, answers), answers })
        return { title, answeredAt: at, treatmentId, storeId, answers: said }
      }),
    )
  }

/** What was written in somebody's own words: an own question's text, not what was chosen or dated. */
export const createWordsOf =
  (deps: Omit<CopyDeps, 'customers'>) =>
  async (invitationId: string): Promise<string | null> => {
    const said = await saidIn(deps, invitationId)
    return said && writtenIn(said)
  }

/** What suggests a complaint: what was written, else the bad answers, in words. */
export const createSuggestedWords =
  (deps: Omit<CopyDeps, 'customers'>) =>
  async (invitationId: string): Promise<string | null> => {
    const said = await saidIn(deps, invitationId)
    return said && (writtenIn(said) ?? badIn(said))
  }

interface Said {
  shown: Question[]
  answers: Answers
}

function writtenIn({ shown, answers }: Said): string | null {
  const words = shown.flatMap(({ id, kind }) => {
    const answer = answers[id]
    return kind === 'text' && typeof answer === 'string' && answer.trim() !== '' ? [answer.trim()] : []
  })
  return words.length > 0 ? words.join('。') : null
}

function badIn({ shown, answers }: Said): string {
  const bad = new Set(lowAnswers(shown, answers).map(({ question }) => question))
  return inWords({ shown: shown.filter(({ id }) => bad.has(id)), answers }).join('。')
}

const inWords = ({ shown, answers }: Said): string[] =>
  shown.flatMap((question) => {
    const answer = answers[question.id]
    return answer === undefined ? [] : [`${question.title} ${wordsFor(question, answer)}`]
  })

async function saidIn(
  { store, surveys, crypto }: Omit<CopyDeps, 'customers'>,
  invitationId: string,
): Promise<Said | null> {
  const [[row], [invitation]] = await Promise.all([store.answers([invitationId]), store.invitations([invitationId])])
  if (!row) return null
  const { questions } = formOf(await surveys.of(row.surveys), invitation?.subject ?? null)
  const answers = JSON.parse(crypto.open(ANSWERS_FIELD, row.sealed)) as Answers
  return { shown: asked(questions, answers), answers }
}

/** An answer as people say it. Pure. */
export function wordsFor(question: Question, answer: Answer): string {
  switch (question.kind) {
    case 'single':
    case 'multiple':
      return question.options
        .filter(({ id }) => chosenOf(answer).includes(id))
        .map(({ text }) => text)
        .join('、')
    case 'matrix':
      return Object.entries(answer)
        .map(([row, column]) => `${textOf(question.rows, row)} ${textOf(question.columns, column)}`)
        .join('，')
    case 'stars':
      return `${answer} 星`
    case 'nps':
    case 'vas':
      return `${answer} 分`
    case 'number':
      return `${answer}${question.unit ? ` ${question.unit}` : ''}`
    case 'photo':
      return `${chosenOf(answer).length} 张照片`
    case 'text':
    case 'date':
      return String(answer)
  }
}

const textOf = (choices: readonly { id: string; text: string }[], id: string): string =>
  choices.find((one) => one.id === id)?.text ?? id
