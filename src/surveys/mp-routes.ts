/** What people who answer call: signed in, by a link, or as nobody. */
import type { z } from 'zod'
import { type Actor, type Route, route } from '../platform/http.ts'
import { listing, PageQuery } from '../platform/views.ts'
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
const openedView = ({ invitation, isOver, form, answers }: Opened) => ({
  invitation: {
    ...invitationView(invitation),
    // Its time is over: whoever answered it all would learn so at the end.
    status: isOver && invitation.status === 'open' ? 'expired' : invitation.status,
  },
  survey: form,
  answers,
  revision: invitation.revision,
})

export const mpSurveyRoutes = ({ desk, anonymous }: MpRouteDeps): Route[] => [
  route({
    method: 'get',
    path: '/api/mp/surveys',
    summary: 'Surveys that I am invited to and have not answered, the newest first',
    tag: 'mini-program',
    auth: 'customer',
    query: PageQuery,
    response: OpenInvitationPage,
    handle: ({ actor, query }) =>
      listing(
        query,
        (request) => desk.page(actor.id, request),
        (row) => ({ ...invitationView(row), title: row.title, intro: row.intro }),
        ({ order }) => order,
      ),
  }),
  ...actsOn(desk, {
    path: '/api/mp/surveys/:invitationId',
    auth: 'customer',
    params: InvitationParams,
    wayOf: ({ invitationId }, { id: customerId }) => ({ customerId, invitationId }),
    of: 'that I am invited to',
  }),
  ...actsOn(desk, {
    path: '/api/mp/survey-links/:token',
    auth: 'public',
    params: LinkParams,
    wayOf: ({ token }) => ({ token }),
    of: 'behind a link, without a sign-in',
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

/** The three acts are the same whoever may do them; `wayOf` says whose invitation it is. */
function actsOn<P extends z.ZodType>(
  desk: SurveyDesk,
  {
    path,
    auth,
    params,
    wayOf,
    of,
  }: {
    path: string
    auth: 'customer' | 'public'
    params: P
    wayOf: (params: z.output<P>, actor: Pick<Actor, 'id'>) => Way
    of: string
  },
): Route[] {
  const shared = { tag: 'mini-program', auth, params } as const
  return [
    route({
      ...shared,
      method: 'get',
      path,
      summary: `A survey ${of}, with what was answered so far`,
      response: OpenedView,
      errors: ['survey_not_found'],
      handle: async (input) => openedView(await desk.open(wayOf(input.params, input.actor))),
    }),
    route({
      ...shared,
      method: 'put',
      path: `${path}/draft`,
      summary: `Keep half-finished answers to a survey ${of}`,
      body: DraftBody,
      response: DraftView,
      errors: ['survey_not_found', 'survey_closed', 'survey_answers_invalid', 'survey_draft_outdated'],
      handle: (input) => desk.keep(wayOf(input.params, input.actor), input.body.answers, input.body.revision),
    }),
    route({
      ...shared,
      method: 'post',
      path: `${path}/submit`,
      summary: `Send the answers to a survey ${of}; the same submission again is answered as the first time`,
      body: SubmitBody,
      response: TakenView,
      errors: ['survey_not_found', 'survey_closed', 'survey_answered', 'survey_answers_invalid'],
      handle: (input) => desk.submit(wayOf(input.params, input.actor), input.body.submissionId, input.body.answers),
    }),
  ]
}
