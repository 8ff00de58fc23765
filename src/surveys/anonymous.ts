/**
 * Surveys that anybody answers and nobody can be found by: no person, no address, no instant within the hour, no number that
 * was made for it here. What must be heard of is told with the next morning's list, which says nothing of the minute either.
 */
import { addDays, atTime, DEFAULT_ZONE, dayOf, nextWallTime, type TimeOfDay } from '../platform/calendar.ts'
import { type Clock, HOUR_MS, instant } from '../platform/clock.ts'
import type { FieldCrypto } from '../platform/crypto.ts'
import { notFound } from '../platform/errors.ts'
import { sha256Hex } from '../platform/hash.ts'
import { type Routine, routine } from '../platform/routines.ts'
import type { Role, StaffService } from '../staff/index.ts'
import type { StaffNote, TasksService } from '../tasks/index.ts'
import type { Answers, Survey } from './definition.ts'
import { refused } from './desk.ts'
import { asked, checked } from './evaluate.ts'
import { type Form, formOf } from './form.ts'
import type { AnonymousRow, SurveyStore } from './model.ts'
import { lowAnswers, scoreOf } from './score.ts'
import { valuesOf } from './values.ts'
import type { Surveys } from './versions.ts'

export interface AnonymousDeps {
  store: SurveyStore
  surveys: Surveys
  staff: Pick<StaffService, 'store' | 'allStores'>
  tasks: Pick<TasksService, 'tell'>
  crypto: FieldCrypto
  clock: Clock
}

export const ANONYMOUS_FIELD = 'survey_anonymous_answers.sealed'
const LIST_AT: TimeOfDay = '09:10'
/** Who reads what nobody signed: the store's own, or the company's. */
const READER: Role = 'store_manager'
const COMPANY_READER: Role = 'operations'

export type AnonymousDesk = ReturnType<typeof createAnonymousDesk>

export function createAnonymousDesk({ store, surveys, staff, crypto, clock }: AnonymousDeps) {
  function find(surveyId: string): Survey {
    const survey = surveys.current.get(surveyId)
    if (!survey?.anonymous) throw notFound('survey_not_found')
    return survey
  }
  return {
    open: (surveyId: string): Form => formOf([find(surveyId)], null),

    /** @throws AppError not_found/survey_not_found, not_found/store_not_found, invalid/survey_answers_invalid */
    async submit(
      surveyId: string,
      { submissionId, answers: given, storeId }: { submissionId: string; answers: Answers; storeId: string | null },
    ): Promise<{ thanks: string }> {
      const survey = find(surveyId)
      if (storeId !== null && !(await staff.store(storeId))) throw notFound('store_not_found')
      const form = formOf([survey], null)
      const { answers, problems } = checked(form.questions, given)
      if (problems.length > 0) throw refused(problems)
      const shown = asked(form.questions, answers)
      const row: AnonymousRow = {
        _id: sha256Hex(`anonymous ${surveyId} ${submissionId}`),
        surveys: [{ id: survey.id, version: survey.version }],
        storeId,
        hour: instant(Math.floor(clock.now().getTime() / HOUR_MS) * HOUR_MS),
        values: valuesOf(shown, answers),
        index: scoreOf(shown, answers).index,
        sealed: crypto.seal(ANONYMOUS_FIELD, JSON.stringify(answers)),
        low: lowAnswers(shown, answers).length > 0,
      }
      // A second tap finds the first one's row.
      await store.insertAnonymous(row)
      return { thanks: form.thanks }
    },
  }
}

/** Each morning: how many wrote yesterday, by store, and whether something can't wait. */
export function anonymousList({ store, surveys, staff, tasks }: AnonymousDeps): Routine {
  return routine({
    name: 'surveys.anonymous-list',
    nextAt: async (after) => nextWallTime(after, LIST_AT, DEFAULT_ZONE),
    async run(at) {
      const today = dayOf(at, DEFAULT_ZONE)
      const [from, to] = [addDays(today, -1), today].map((day) => atTime(day, '00:00', DEFAULT_ZONE)) as [Date, Date]
      const rows = await store.anonymousBetween(from, to)
      const places = await staff.allStores()
      const notes = [...places.map(({ id }) => id), null].flatMap((storeId): StaffNote[] => {
        const own = rows.filter((row) => row.storeId === storeId)
        if (own.length === 0) return []
        const lines = [...surveys.current.values()].flatMap(({ id, title }) => {
          const some = own.filter((row) => row.surveys.some((one) => one.id === id))
          const low = some.filter((row) => row.low).length
          return some.length > 0 ? [`> ${title} ${some.length} 份${low > 0 ? `，其中 ${low} 份请尽快查看` : ''}`] : []
        })
        return [
          {
            key: `anonymous:${storeId ?? 'company'}:${today}`,
            storeId: storeId ?? places[0]?.id ?? '',
            role: storeId === null ? COMPANY_READER : READER,
            said: { markdown: [`**昨日匿名意见 ${own.length} 份**`, ...lines].join('\n') },
            at,
          },
        ]
      })
      await tasks.tell(notes)
      return { lists: notes.length }
    },
  })
}
