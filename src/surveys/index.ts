/** Surveys: who is asked what and how often, answers that count once, and what a bad one leads to. */
import type { CustomersService } from '../customers/index.ts'
import type { Feature, Ports } from '../platform/ports.ts'
import type { StaffService } from '../staff/index.ts'
import type { Choice, TasksService } from '../tasks/index.ts'
import type { TreatmentCancelled, TreatmentsService } from '../treatments/index.ts'
import type { WechatClient } from '../wechat/index.ts'
import { anonymousList, createAnonymousDesk } from './anonymous.ts'
import { createAnswered } from './answered.ts'
import { createCopy, createSuggestedWords, createWordsOf } from './copy.ts'
import type { Survey, SurveyRules } from './definition.ts'
import { createSurveyDesk } from './desk.ts'
import { createSurveyStore } from './model.ts'
import { mpSurveyRoutes } from './mp-routes.ts'
import { surveyPages } from './page.ts'
import { createResults } from './results.ts'
import { surveyRoutes } from './routes.ts'
import { createSurveysService, pageOf } from './service.ts'
import type { SurveysService } from './types.ts'
import { createVersions } from './versions.ts'
import { createWayIn } from './way-in.ts'

export { type Survey, SurveyFile, type SurveyRules, SurveyRulesFile } from './definition.ts'
export { checkSurveys } from './static-checks.ts'
export * from './types.ts'

export interface SurveysDeps extends Ports {
  customers: CustomersService
  staff: StaffService
  treatments: TreatmentsService
  tasks: TasksService
  /** Which of these photos are the customer's own. */
  ownPhotos: (customerId: string, photoIds: readonly string[]) => Promise<ReadonlySet<string>>
  /** What the card asks where answers suggest a complaint; filled by the room of complaints. */
  registerChoice: Choice
  files: readonly Survey[]
  rules: SurveyRules
  /** Null: there is no mini-program. */
  wechat: Pick<WechatClient, 'urlLink'> | null
  /** Where customers reach this server; null where they can't, and messages have no links. */
  publicUrl: string | null
}

/** Of one customer, for the first page. */
const MOST_QUESTIONS = 3

export function createSurveys(deps: SurveysDeps): Feature<SurveysService> {
  const store = createSurveyStore(deps.db)
  const surveys = createVersions(store, deps.files)
  const shared = { ...deps, store, surveys }
  const service = createSurveysService(shared)
  const desk = createSurveyDesk(shared)
  deps.events.subscribe('surveys', {
    async 'treatment.cancelled'({ data }) {
      await store.withdrawAbout((data as unknown as TreatmentCancelled).treatmentId, 'treatment_cancelled')
    },
  })
  return {
    service: {
      ...service,
      copyOf: createCopy(shared),
      wordsOf: createWordsOf(shared),
      suggestedWords: createSuggestedWords(shared),
      wayIn: createWayIn({ ...shared, desk }),
      questionsFor: async (customerId) =>
        (await desk.page(customerId, { limit: MOST_QUESTIONS, after: null }))
          .slice(0, MOST_QUESTIONS)
          .map(({ _id, title }) => ({ title, page: pageOf(_id) })),
    },
    routes: [
      ...mpSurveyRoutes({ desk, anonymous: createAnonymousDesk(shared) }),
      ...surveyRoutes({ ...shared, service, results: createResults(shared) }),
    ],
    pages: surveyPages({ ...deps, desk }),
    due: [createAnswered(shared)],
    routines: [anonymousList(shared)],
    async ready() {
      await store.ready()
      await surveys.keepFiles()
    },
  }
}
