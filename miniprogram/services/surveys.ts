/** Surveys: one that I was invited to, one behind a link, or one that nobody signs. */
import { request } from './request'

export interface Condition {
  question: string
  is?: string[]
  atLeast?: number
  atMost?: number
  answered?: true
}
export interface Question {
  id: string
  kind: 'single' | 'multiple' | 'matrix' | 'stars' | 'nps' | 'vas' | 'number' | 'text' | 'photo' | 'date'
  title: string
  help?: string
  required: boolean
  showIf?: Condition | { all: Condition[] } | { any: Condition[] }
  options?: { id: string; text: string; alone?: true }[]
  rows?: { id: string; text: string }[]
  columns?: { id: string; text: string; score?: number }[]
  most?: number
  min?: number
  max?: number
  unit?: string
  whole?: boolean
  ends?: { low: string; high: string }
}
export interface Form {
  title: string
  intro: string
  thanks: string
  anonymous: boolean
  parts: { id: string; title: string }[]
  questions: Question[]
}
export type Answer = string | number | string[] | Record<string, string>
export type Answers = Record<string, Answer>

export interface OpenedSurvey {
  invitation: { id: string; status: string; treatmentId: string | null; createdAt: string; expiresAt: string }
  survey: Form
  answers: Answers
  revision: number
}

/** How somebody comes to a survey: by name, by a link without a sign-in, or as nobody in particular. */
export type Way = { invitationId: string } | { token: string } | { surveyId: string }

interface Asked {
  path: string
  isPublic: boolean
}
const asked = (way: Way): Asked => {
  if ('invitationId' in way) return { path: `/surveys/${encodeURIComponent(way.invitationId)}`, isPublic: false }
  if ('token' in way) return { path: `/survey-links/${encodeURIComponent(way.token)}`, isPublic: true }
  return { path: `/open-surveys/${encodeURIComponent(way.surveyId)}`, isPublic: true }
}

/** What nobody signs has no invitation, and no answers of an earlier sitting. */
export type Opened = Pick<OpenedSurvey, 'survey' | 'answers' | 'revision'> & Partial<OpenedSurvey>

export async function openSurvey(way: Way): Promise<Opened> {
  const { path, isPublic } = asked(way)
  const {
    survey,
    answers = {},
    revision = 0,
    invitation,
  } = await request<Partial<OpenedSurvey> & { survey: Form }>('GET', path, { isPublic })
  return { survey, answers, revision, ...(invitation ? { invitation } : {}) }
}

export function keepDraft(way: Way, answers: Answers, revision: number): Promise<{ revision: number }> {
  const { path, isPublic } = asked(way)
  return request('PUT', `${path}/draft`, { isPublic, data: { answers, revision } })
}

export function submitSurvey(way: Way, submissionId: string, answers: Answers): Promise<{ thanks: string }> {
  const { path, isPublic } = asked(way)
  return request('POST', `${path}/submit`, { isPublic, data: { submissionId, answers } })
}
