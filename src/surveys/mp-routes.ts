/** What people who answer call: signed in, by a link, or as nobody. */
import { type Route, route } from '../platform/http.ts'
import { PageQuery, pageOf, pageRequest } from '../platform/views.ts'
import type { AnonymousDesk } from './anonymous.ts'
import type { Opened, SurveyDesk, Way } from './desk.ts'
import {
  DraftBody,
  DraftView,
  InvitationParams,
  LinkParams,
  OpenedView,
  OpenInvitationPage,
  OpenSubmitBody,
  OpenSurveyView,
  SubmitBody,
  SurveyParams,
  TakenView,
} from './views.ts'

export interface MpRouteDeps {
  desk: SurveyDesk
  anonymous: AnonymousDesk
}

const invitationView = ({ _id, status, treatmentId, createdAt, expiresAt }: Opened['invitation']) => ({
  id: _id,
  status,
  treatmentId,
  createdAt,
  expiresAt,
})
const openedView = ({ invitation, form, answers }: Opened) => ({
  invitation: invitationView(invitation),
  survey: form,
  answers,
  revision: invitation.revision,
})

/** The three acts are the same whoever may do them; `way` says whose invitation it is. */
const mine = ({ invitationId }: { invitationId: string }, actor: { id: string }): Way => ({
  customerId: actor.id,
  invitationId,
})

export const mpSurveyRoutes = ({ desk, anonymous }: MpRouteDeps): Route[] => [
  route({
    method: 'get',
    path: '/api/mp/surveys',
    summary: 'Surveys that I am invited to and have not answered',
    tag: 'mini-program',
    auth: 'customer',
    query: PageQuery,
    response: OpenInvitationPage,
    async handle({ actor, query }) {
      const request = pageRequest(query)
      const { items, nextCursor } = pageOf(await desk.page(actor.id, request), request.limit)
      return { items: items.map((row) => ({ ...invitationView(row), title: row.title, intro: row.intro })), nextCursor }
    },
  }),
  route({
    method: 'get',
    path: '/api/mp/surveys/:invitationId',
    summary: 'One survey with what I have answered so far',
    tag: 'mini-program',
    auth: 'customer',
    params: InvitationParams,
    response: OpenedView,
    errors: ['survey_not_found'],
    handle: async ({ actor, params }) => openedView(await desk.open(mine(params, actor))),
  }),
  route({
    method: 'put',
    path: '/api/mp/surveys/:invitationId/draft',
    summary: 'Keep half-finished answers',
    tag: 'mini-program',
    auth: 'customer',
    params: InvitationParams,
    body: DraftBody,
    response: DraftView,
    errors: ['survey_not_found', 'survey_closed', 'survey_answers_invalid', 'survey_draft_outdated'],
    handle: ({ actor, params, body }) => desk.keep(mine(params, actor), body.answers, body.revision),
  }),
  route({
    method: 'post',
    path: '/api/mp/surveys/:invitationId/submit',
    summary: 'Send the answers; the same submission again is answered as the first time',
    tag: 'mini-program',
    auth: 'customer',
    params: InvitationParams,
    body: SubmitBody,
    response: TakenView,
    errors: ['survey_not_found', 'survey_closed', 'survey_answered', 'survey_answers_invalid'],
    handle: ({ actor, params, body }) => desk.submit(mine(params, actor), body.submissionId, body.answers),
  }),
  route({
    method: 'get',
    path: '/api/mp/survey-links/:token',
    summary: 'The survey behind a link, without a sign-in',
    tag: 'mini-program',
    auth: 'public',
    params: LinkParams,
    response: OpenedView,
    errors: ['survey_not_found'],
    handle: async ({ params }) => openedView(await desk.open(params)),
  }),
  route({
    method: 'put',
    path: '/api/mp/survey-links/:token/draft',
    summary: 'Keep half-finished answers behind a link',
    tag: 'mini-program',
    auth: 'public',
    params: LinkParams,
    body: DraftBody,
    response: DraftView,
    errors: ['survey_not_found', 'survey_closed', 'survey_answers_invalid', 'survey_draft_outdated'],
    handle: ({ params, body }) => desk.keep(params, body.answers, body.revision),
  }),
  route({
    method: 'post',
    path: '/api/mp/survey-links/:token/submit',
    summary: 'Send the answers behind a link, once',
    tag: 'mini-program',
    auth: 'public',
    params: LinkParams,
    body: SubmitBody,
    response: TakenView,
    errors: ['survey_not_found', 'survey_closed', 'survey_answered', 'survey_answers_invalid'],
    handle: ({ params, body }) => desk.submit(params, body.submissionId, body.answers),
  }),
  route({
    method: 'get',
    path: '/api/mp/open-surveys/:surveyId',
    summary: 'A survey that anybody may answer without being known',
    tag: 'mini-program',
    auth: 'public',
    unlogged: true,
    params: SurveyParams,
    response: OpenSurveyView,
    errors: ['survey_not_found'],
    handle: async ({ params }) => ({ survey: anonymous.open(params.surveyId) }),
  }),
  route({
    method: 'post',
    path: '/api/mp/open-surveys/:surveyId/submit',
    summary: 'Send answers that nobody can trace; the same submission again counts once',
    tag: 'mini-program',
    auth: 'public',
    unlogged: true,
    params: SurveyParams,
    body: OpenSubmitBody,
    response: TakenView,
    errors: ['survey_not_found', 'store_not_found', 'survey_answers_invalid'],
    handle: ({ params, body: { submissionId, answers, storeId = null } }) =>
      anonymous.submit(params.surveyId, { submissionId, answers, storeId }),
  }),
]
