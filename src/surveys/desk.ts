/** What somebody who answers does: see, keep half of it, send it once. */
import type { CustomersService } from '../customers/index.ts'
import { FREE_CLAIM } from '../platform/claims.ts'
import type { Clock } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { AppError, conflict, invalid, notFound } from '../platform/errors.ts'
import type { PageRequest } from '../platform/views.ts'
import type { Answers } from './definition.ts'
import { asked, checked, chosenOf, draftProblems, type Problem } from './evaluate.ts'
import { type Form, formOf } from './form.ts'
import { ANSWERS, type AnswerRow, type InvitationRow, type SurveyStore } from './model.ts'
import { scoreOf } from './score.ts'
import { linkHash } from './service.ts'
import { valuesOf } from './values.ts'
import type { Surveys } from './versions.ts'

export interface DeskDeps {
  store: SurveyStore
  surveys: Surveys
  customers: Pick<CustomersService, 'idsOf'>
  /** Which of these photos are the customer's own. */
  ownPhotos: (customerId: string, photoIds: readonly string[]) => Promise<ReadonlySet<string>>
  crypto: FieldCrypto
  clock: Clock
  nudge: (table: string) => void
}

/** Whose invitation it is: a customer's own by its id, or whoever has the link. */
export type Way = { customerId: string; invitationId: string } | { token: string }
export interface Opened {
  invitation: InvitationRow
  /** Nothing is taken any more, whatever the row says. */
  isOver: boolean
  form: Form
  answers: Answers
}

export const ANSWERS_FIELD = 'survey_answers.sealed'
const DRAFT_FIELD = 'survey_invitations.draft'

export const refused = (problems: readonly Problem[]): AppError =>
  invalid(
    'survey_answers_invalid',
    // Names of questions, never what was said.
    { problems: problems.map(({ question, code }) => `${question}:${code}`) },
    { publicDetails: { problems } },
  )

export type SurveyDesk = ReturnType<typeof createSurveyDesk>

export function createSurveyDesk({ store, surveys, customers, ownPhotos, crypto, clock, nudge }: DeskDeps) {
  /** @throws AppError not_found/survey_not_found: also for what belongs to somebody else */
  async function find(way: Way): Promise<InvitationRow> {
    const row = 'token' in way ? await store.byLink(linkHash(way.token)) : await store.invitation(way.invitationId)
    const isTheirs = row && ('token' in way || (await customers.idsOf(way.customerId)).includes(row.customerId))
    if (!row || !isTheirs || row.status === 'not_asked') throw notFound('survey_not_found')
    return row
  }
  const formFor = async (row: InvitationRow) => formOf(await surveys.of(row.surveys), row.subject)
  const draftOf = ({ draft }: InvitationRow): Answers =>
    draft === null ? {} : (JSON.parse(crypto.open(DRAFT_FIELD, draft)) as Answers)
  /** Without those to a survey that has been withdrawn since the page was opened. */
  const stillAsked = (row: InvitationRow, answers: Answers): Answers =>
    Object.fromEntries(
      Object.entries(answers).filter(([name]) => row.surveys.some(({ id }) => name.startsWith(`${id}.`))),
    )

  /** A photo of somebody else is as unknown as none. */
  async function photoProblems({ customerId }: InvitationRow, form: Form, answers: Answers): Promise<Problem[]> {
    const named = form.questions
      .filter(({ kind }) => kind === 'photo')
      .map(({ id }) => ({ id, photoIds: chosenOf(answers[id]) }))
      .filter(({ photoIds }) => photoIds.length > 0)
    if (named.length === 0) return []
    const own = await ownPhotos(
      customerId,
      named.flatMap(({ photoIds }) => photoIds),
    )
    return named
      .filter(({ photoIds }) => photoIds.some((id) => !own.has(id)))
      .map(({ id }) => ({ question: id, code: 'photo_unknown' }))
  }

  const isOver = ({ status, expiresAt }: InvitationRow): boolean => status !== 'open' || expiresAt <= clock.now()

  return {
    /** Open invitations of a person. */
    async page(customerId: string, request: PageRequest) {
      const ids = await customers.idsOf(customerId)
      const rows = ids.length === 0 ? [] : await store.openPage(ids, clock.now(), request)
      const forms = await Promise.all(rows.map(formFor))
      return rows.map((row, i) => ({ ...row, title: forms[i]?.title ?? '', intro: forms[i]?.intro ?? '' }))
    },

    async open(way: Way): Promise<Opened> {
      const invitation = await find(way)
      const answers = stillAsked(invitation, draftOf(invitation))
      return { invitation, isOver: isOver(invitation), form: await formFor(invitation), answers }
    },

    /**
     * Keeps half of the answers; a repeat of what is kept already is no other draft.
     *
     * @throws AppError conflict/survey_closed, conflict/survey_draft_outdated: somebody else's device was later
     */
    async keep(way: Way, given: Answers, revision: number): Promise<{ revision: number }> {
      const row = await find(way)
      if (isOver(row)) throw conflict('survey_closed')
      const answers = stillAsked(row, given)
      const form = await formFor(row)
      const problems = [...draftProblems(form.questions, answers), ...(await photoProblems(row, form, answers))]
      if (problems.length > 0) throw refused(problems)
      const text = JSON.stringify(answers)
      if (await store.keepDraft(row._id, revision, crypto.seal(DRAFT_FIELD, text))) return { revision: revision + 1 }
      const now = await find(way)
      if (isOver(now)) throw conflict('survey_closed')
      if (now.revision === revision + 1 && JSON.stringify(draftOf(now)) === text) return { revision: now.revision }
      throw new AppError('conflict', 'survey_draft_outdated', {}, { publicDetails: { revision: now.revision } })
    },

    /**
     * Takes the answers once. The same submission again is answered as it was the first time.
     *
     * @throws AppError invalid/survey_answers_invalid, conflict/survey_answered, conflict/survey_closed
     */
    async submit(way: Way, submissionId: string, given: Answers): Promise<{ thanks: string }> {
      const row = await find(way)
      const form = await formFor(row)
      const before = await store.answer(row._id)
      if (before?.submissionId === submissionId) return { thanks: form.thanks }
      if (before) throw conflict('survey_answered')
      if (isOver(row)) throw conflict(row.status === 'answered' ? 'survey_answered' : 'survey_closed')
      const { answers, problems } = checked(form.questions, stillAsked(row, given))
      problems.push(...(await photoProblems(row, form, answers)))
      if (problems.length > 0) throw refused(problems)
      const answer = answerOf(row, form, submissionId, answers)
      if (await store.insertAnswer(answer)) {
        // What it leads to may take a while: meanwhile nobody is asked again.
        await store.close(answer)
      } else if ((await store.answer(row._id))?.submissionId !== submissionId) {
        // Of two taps at once the other one was quicker.
        throw conflict('survey_answered')
      }
      nudge(ANSWERS)
      return { thanks: form.thanks }
    },
  }

  function answerOf(row: InvitationRow, form: Form, submissionId: string, answers: Answers): AnswerRow {
    const shown = asked(form.questions, answers)
    const now = clock.now()
    return {
      _id: row._id,
      submissionId,
      surveys: row.surveys,
      customerId: row.customerId,
      storeId: row.storeId,
      treatmentId: row.treatmentId,
      code: row.subject?.code ?? null,
      occasion: row.occasion,
      at: now,
      values: valuesOf(shown, answers),
      ...scoreOf(shown, answers),
      sealed: crypto.seal(ANSWERS_FIELD, JSON.stringify(answers)),
      dueAt: now,
      claim: FREE_CLAIM,
      attempt: 0,
    }
  }
}
