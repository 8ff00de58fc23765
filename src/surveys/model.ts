/** Surveys at rest: kept versions, invitations, and answers. What people wrote is sealed; what is counted stands open. */
import type { Connection } from 'mongoose'
import {
  type ClaimRequest,
  claimDue,
  type DueRow,
  finishClaims,
  nextDueAt,
  type RowResult,
} from '../platform/claims.ts'
import { collectionOf, ensureIndexes, insertMissing, isDuplicate, ONE_PAGE } from '../platform/db.ts'
import type { Reason } from '../platform/reasons.ts'
import type { PageRequest } from '../platform/views.ts'
import type { Measure } from './definition.ts'

export interface VersionRow {
  /** `<survey>@<version>`. */
  _id: string
  body: Record<string, unknown>
}

export interface Pinned {
  id: string
  version: number
}

export interface InvitationRow {
  /** Of its occasion: one for each. */
  _id: string
  /** Asked together, in this order, in the versions of the day of the invitation. */
  surveys: Pinned[]
  /** Some of them are owed to the person, and tire nobody. */
  always: boolean
  customerId: string
  storeId: string
  treatmentId: string | null
  /** What the treatment was: its questions are asked in its words. */
  subject: { code: string; category: string } | null
  /** What it was for, e.g. the step of a care plan. */
  occasion: string
  status: 'open' | 'answered' | 'withdrawn' | 'not_asked'
  /** Why it was not asked, or no longer is. */
  reason: string | null
  createdAt: Date
  /** Place in the order of time. */
  order: string
  expiresAt: Date
  /** Hashes of the tokens that open it without a sign-in. */
  links: string[]
  /** Half-finished answers, sealed. */
  draft: string | null
  /** Grows with every draft that is kept. */
  revision: number
  answeredAt: Date | null
}

/** An answer that counts, question by question; `v` as text. */
export interface Value {
  q: string
  v: string
}

export interface AnswerRow extends DueRow {
  /** The invitation: it is answered once. */
  _id: string
  submissionId: string
  surveys: Pinned[]
  customerId: string
  storeId: string
  treatmentId: string | null
  code: string | null
  occasion: string
  at: Date
  values: Value[]
  measures: Partial<Record<Measure, number>>
  index: number | null
  /** All answers, sealed. */
  sealed: string
}

/** Who answered is not in here, nor anything that leads there: no person, no address, no instant within the hour. */
export interface AnonymousRow {
  /** Of the submission's own random number. */
  _id: string
  surveys: Pinned[]
  storeId: string | null
  hour: Date
  values: Value[]
  index: number | null
  sealed: string
  /** Something in it must be heard of; the morning after, so that no card tells the minute. */
  low: boolean
}

export const ANSWERS = 'survey_answers'
export type SurveyStore = ReturnType<typeof createSurveyStore>

export function createSurveyStore(db: Connection) {
  const versions = collectionOf<VersionRow>(db, 'survey_versions')
  const invitations = collectionOf<InvitationRow>(db, 'survey_invitations')
  const answers = collectionOf<AnswerRow>(db, ANSWERS)
  const anonymous = collectionOf<AnonymousRow>(db, 'survey_anonymous_answers')

  return {
    async ready(): Promise<void> {
      await ensureIndexes(invitations, [
        { keys: { customerId: 1, order: -1 }, serves: 'ofCustomers, openPage' },
        { keys: { links: 1 }, serves: 'byLink' },
        { keys: { 'surveys.id': 1 }, serves: 'countInvited' },
        { keys: { treatmentId: 1 }, only: { status: 'open' }, serves: 'withdrawAbout' },
      ])
      await ensureIndexes(answers, [
        { keys: { dueAt: 1 }, serves: 'claimDue, nextDueAt' },
        { keys: { 'surveys.id': 1, _id: 1 }, serves: 'answersPage, counts' },
        { keys: { customerId: 1, at: -1 }, serves: 'answersOf' },
      ])
      await ensureIndexes(anonymous, [
        { keys: { 'surveys.id': 1, _id: 1 }, serves: 'anonymousPage, counts' },
        { keys: { hour: 1 }, serves: 'anonymousBetween' },
      ])
    },

    keepVersions: (rows: readonly VersionRow[]) => insertMissing(versions, rows),
    versions: (ids: readonly string[]) =>
      ids.length === 0 ? Promise.resolve([]) : versions.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),

    insertInvitations: (rows: readonly InvitationRow[]) => insertMissing(invitations, rows),
    invitation: (_id: string) => invitations.findOne({ _id }),
    invitations: (ids: readonly string[]) =>
      ids.length === 0 ? Promise.resolve([]) : invitations.find({ _id: { $in: [...ids] } }, ONE_PAGE).toArray(),
    byLink: (hash: string) => invitations.findOne({ links: hash }),
    async addLinks(links: readonly { id: string; hash: string }[]): Promise<void> {
      if (links.length === 0) return
      await invitations.bulkWrite(
        links.map(({ id, hash }) => ({ updateOne: { filter: { _id: id }, update: { $addToSet: { links: hash } } } })),
        { ordered: false },
      )
    },
    /** What these people were invited to, open or not. */
    ofCustomers: (customerIds: readonly string[]) =>
      customerIds.length === 0
        ? Promise.resolve([])
        : invitations
            .find(
              { customerId: { $in: [...customerIds] }, status: { $in: ['open', 'answered'] } },
              { ...ONE_PAGE, projection: { draft: 0, links: 0 } },
            )
            .toArray(),
    /** The newest first. */
    openPage: (customerIds: readonly string[], now: Date, { limit, after }: PageRequest) =>
      invitations
        .find({
          customerId: { $in: [...customerIds] },
          status: 'open',
          expiresAt: { $gt: now },
          ...(after === null ? {} : { order: { $lt: after } }),
        })
        .sort({ order: -1 })
        .limit(limit + 1)
        .toArray(),
    /** False: somebody has kept another draft meanwhile, or it is over. */
    async keepDraft(_id: string, revision: number, draft: string): Promise<boolean> {
      const { matchedCount } = await invitations.updateOne(
        { _id, status: 'open', revision },
        { $set: { draft }, $inc: { revision: 1 } },
      )
      return matchedCount > 0
    },
    /** Of an open one. */
    changeInvitation: (_id: string, set: Partial<InvitationRow>) =>
      invitations.updateOne({ _id, status: 'open' }, { $set: set }),
    /** It is answered, whatever somebody withdrew at that moment. Safe to repeat. */
    close: ({ _id, at }: Pick<AnswerRow, '_id' | 'at'>) =>
      invitations.updateOne({ _id }, { $set: { status: 'answered', reason: null, answeredAt: at, draft: null } }),
    /** Everything open about a treatment. */
    withdrawAbout: (treatmentId: string, reason: Reason) =>
      invitations.updateMany({ treatmentId, status: 'open' }, { $set: { status: 'withdrawn', reason, draft: null } }),
    countInvited: (surveyId: string) =>
      invitations.countDocuments({ 'surveys.id': surveyId, status: { $in: ['open', 'answered'] } }),
    async countAll(): Promise<{ invited: number; answered: number }> {
      const [invited, answered] = await Promise.all([
        invitations.countDocuments({ status: { $in: ['open', 'answered'] } }),
        answers.countDocuments({}),
      ])
      return { invited, answered }
    },

    /** False: it has been answered before. */
    insertAnswer: async (row: AnswerRow): Promise<boolean> => !(await isDuplicate(answers.insertOne(row))),
    answer: (_id: string) => answers.findOne({ _id }),
    nextDueAt: (now: Date, until?: Date) => nextDueAt(answers, now, until),
    claim: (request: ClaimRequest) => claimDue(answers, request),
    finish: (results: readonly RowResult[]) => finishClaims(answers, results),
    answersPage: (surveyId: string, { limit, after }: PageRequest) =>
      answers
        .find({ 'surveys.id': surveyId, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    answers: (invitationIds: readonly string[]) => answers.find({ _id: { $in: [...invitationIds] } }).toArray(),
    /** What these people have answered, the newest first: nobody answers so many in a life. */
    answersOf: (customerIds: readonly string[]) =>
      answers
        .find({ customerId: { $in: [...customerIds] } }, ONE_PAGE)
        .sort({ at: -1 })
        .limit(1_000)
        .toArray(),
    countAnswers: (surveyId: string) => answers.countDocuments({ 'surveys.id': surveyId }),

    insertAnonymous: async (row: AnonymousRow): Promise<boolean> => !(await isDuplicate(anonymous.insertOne(row))),
    anonymousAnswer: (_id: string) => anonymous.findOne({ _id }),
    anonymousPage: (surveyId: string, { limit, after }: PageRequest) =>
      anonymous
        .find({ 'surveys.id': surveyId, ...(after === null ? {} : { _id: { $gt: after } }) })
        .sort({ _id: 1 })
        .limit(limit + 1)
        .toArray(),
    /** Of whole hours in [from, to). */
    anonymousBetween: (from: Date, to: Date) =>
      anonymous
        .find({ hour: { $gte: from, $lt: to } }, ONE_PAGE)
        .sort({ _id: 1 })
        .limit(1_000)
        .toArray(),
    countAnonymous: (surveyId: string) => anonymous.countDocuments({ 'surveys.id': surveyId }),

    /** How often each answer was given, over everything that is kept. */
    async counts(surveyId: string, isAnonymous: boolean): Promise<{ q: string; v: string; count: number }[]> {
      const rows = isAnonymous ? anonymous : answers
      const found = await rows
        .aggregate<{ _id: Value; count: number }>([
          { $match: { 'surveys.id': surveyId } },
          { $unwind: '$values' },
          { $group: { _id: { q: '$values.q', v: '$values.v' }, count: { $sum: 1 } } },
        ])
        .toArray()
      return found.map(({ _id: { q, v }, count }) => ({ q, v, count }))
    },
  }
}
