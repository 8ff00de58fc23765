/** What answers come to, question by question, for whoever reads figures: nobody's name, and of signed answers no words. */
import type { FieldCrypto } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import type { PageRequest } from '../platform/views.ts'
import { ANONYMOUS_FIELD } from './anonymous.ts'
import type { Answers, Question, Survey } from './definition.ts'
import { formOf, qualified } from './form.ts'
import type { SurveyStore, Value } from './model.ts'
import { wordsOf } from './values.ts'
import type { Surveys } from './versions.ts'

export interface ResultsDeps {
  store: SurveyStore
  surveys: Surveys
  crypto: FieldCrypto
}

interface AnswerSummary {
  _id: string
  storeId: string | null
  code: string | null
  at: Date
  values: Value[]
  words: { question: string; text: string }[]
}

const CHOICES: readonly Question['kind'][] = ['single', 'multiple', 'matrix']

export function createResults({ store, surveys, crypto }: ResultsDeps) {
  async function ofOne(survey: Survey) {
    const { id, version, title, anonymous } = survey
    const [invited, answered, counts] = await Promise.all([
      anonymous ? 0 : store.countInvited(id),
      anonymous ? store.countAnonymous(id) : store.countAnswers(id),
      store.counts(id, anonymous),
    ])
    // Without a treatment's own wording, but with every question that some treatment has.
    const questions = formOf(
      [{ ...survey, questions: survey.questions.map(({ only: _, ...one }) => one) }],
      null,
    ).questions
    return {
      surveyId: id,
      version,
      title,
      anonymous,
      invited,
      answered,
      questions: questions
        .filter(({ kind }) => kind !== 'text' && kind !== 'date')
        .flatMap((question) => partsOf(question).map((part) => countedOf(question, part, counts))),
    }
  }

  return {
    all: () => Promise.all([...surveys.current.values()].map(ofOne)),
    stats: () => store.countAll(),

    /** @throws AppError not_found/survey_not_found */
    async answers(surveyId: string, request: PageRequest): Promise<AnswerSummary[]> {
      const survey = surveys.current.get(surveyId)
      if (!survey) throw notFound('survey_not_found')
      const isOf = (q: string) => q.startsWith(`${surveyId}.`)
      if (!survey.anonymous)
        return (await store.answersPage(surveyId, request)).map((row) => ({
          _id: row._id,
          storeId: row.storeId,
          code: row.code,
          at: row.at,
          values: row.values.filter(({ q }) => isOf(q)),
          words: [],
        }))
      const questions = formOf([survey], null).questions
      return (await store.anonymousPage(surveyId, request)).map((row) => ({
        _id: row._id,
        storeId: row.storeId,
        code: null,
        at: row.hour,
        values: row.values,
        words: wordsOf(questions, JSON.parse(crypto.open(ANONYMOUS_FIELD, row.sealed)) as Answers),
      }))
    },
  }
}
export type SurveyResults = ReturnType<typeof createResults>

/** A matrix is counted row by row. */
const partsOf = (question: Question): { id: string; title: string }[] =>
  question.kind === 'matrix'
    ? question.rows.map(({ id, text }) => ({ id: qualified(question.id, id), title: `${question.title} · ${text}` }))
    : [{ id: question.id, title: question.title }]

function countedOf(
  { kind }: Question,
  { id, title }: { id: string; title: string },
  counts: readonly { q: string; v: string; count: number }[],
) {
  const own = counts.filter(({ q }) => q === id)
  const total = own.reduce((sum, { count }) => sum + count, 0)
  const mean =
    CHOICES.includes(kind) || total === 0
      ? null
      : Math.round((own.reduce((sum, { v, count }) => sum + Number(v) * count, 0) / total) * 100) / 100
  return {
    question: id,
    kind,
    title,
    answers: total,
    mean,
    values: own.map(({ v, count }) => ({ value: v, count })).sort((a, b) => (a.value < b.value ? -1 : 1)),
  }
}
