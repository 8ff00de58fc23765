/** What clinic systems call: invite somebody, read what came of it. */
import type { CustomersService } from '../customers/index.ts'
import { notFound } from '../platform/errors.ts'
import { type Route, route } from '../platform/http.ts'
import { listing, PageQuery } from '../platform/views.ts'
import type { StaffService } from '../staff/index.ts'
import type { TreatmentsService } from '../treatments/index.ts'
import type { SurveyStore } from './model.ts'
import type { SurveyResults } from './results.ts'
import { invitationId } from './service.ts'
import type { SurveysService } from './types.ts'
import type { Surveys } from './versions.ts'
import { AnswerPage, InviteBody, InviteView, ResultsView, StatsView, SurveyParams } from './views.ts'

export interface SurveyRouteDeps {
  service: Pick<SurveysService, 'invite' | 'withdraw'>
  results: SurveyResults
  surveys: Surveys
  store: Pick<SurveyStore, 'invitation'>
  customers: Pick<CustomersService, 'get'>
  staff: Pick<StaffService, 'store'>
  treatments: Pick<TreatmentsService, 'get'>
}

export const surveyRoutes = (deps: SurveyRouteDeps): Route[] => [
  route({
    method: 'post',
    path: '/api/v1/survey-invitations',
    summary: 'Invite a customer to surveys, unless asked too often lately; repeating changes nothing',
    tag: 'surveys',
    auth: 'integration',
    body: InviteBody,
    response: InviteView,
    errors: ['survey_not_found', 'customer_not_found', 'store_not_found', 'treatment_not_found'],
    async handle({ body: { externalId, surveyIds, customerId, storeId, treatmentId } }) {
      const { service, surveys, store, customers, staff, treatments } = deps
      for (const id of surveyIds) {
        const survey = surveys.current.get(id)
        // Nobody is invited to what is answered by nobody in particular.
        if (!survey || survey.anonymous) throw notFound('survey_not_found', { surveyId: id })
      }
      const [customer, place, treatment] = await Promise.all([
        customers.get(customerId),
        staff.store(storeId),
        treatmentId === null ? null : treatments.get(treatmentId),
      ])
      if (!customer) throw notFound('customer_not_found', { customerId })
      if (!place) throw notFound('store_not_found', { storeId })
      if (treatmentId !== null && treatment?.customerId !== customer.id) throw notFound('treatment_not_found')
      const occasion = `clinic:${externalId}`
      const code = treatment?.code ?? null
      const invited = await service.invite([
        { occasion, surveyIds, customerId: customer.id, storeId, treatmentId, code },
      ])
      const found = invited.get(occasion)
      if (found) return { ...found, reason: null }
      const row = await store.invitation(invitationId(occasion))
      return { invitationId: null, reason: row?.reason ?? null, page: null, link: null }
    },
  }),
  route({
    method: 'get',
    path: '/api/v1/surveys/results',
    summary: 'Every survey with how many were invited and answered, and how often each answer was given',
    tag: 'surveys',
    auth: 'integration',
    response: ResultsView,
    handle: async () => ({ items: await deps.results.all() }),
  }),
  route({
    method: 'get',
    path: '/api/v1/surveys/:surveyId/answers',
    summary: 'The answers to a survey, one by one, without who gave them',
    tag: 'surveys',
    auth: 'integration',
    params: SurveyParams,
    query: PageQuery,
    response: AnswerPage,
    errors: ['survey_not_found'],
    handle: ({ params, query }) =>
      listing(
        query,
        (request) => deps.results.answers(params.surveyId, request),
        ({ _id, values, ...row }) => ({
          ...row,
          id: _id,
          answers: values.map(({ q, v }) => ({ question: q, value: v })),
        }),
      ),
  }),
  route({
    method: 'get',
    path: '/api/v1/stats/surveys',
    summary: 'How many people were invited, and how many have answered',
    tag: 'statistics',
    auth: 'integration',
    response: StatsView,
    handle: () => deps.results.stats(),
  }),
]
