/** My care: today, the calendar, guides, and looking something up. */
import type { Answers } from '../typings/api'
import { request } from './request'

export type Home = Answers['GET /home']
export type Calendar = Answers['GET /calendar']
export type Guide = Answers['GET /guides/:treatmentId/:moment']
export type Help = Answers['GET /help']
export type Visit = Answers['POST /appointments/:appointmentId/answer']
export type Step = Calendar['steps'][number]

const guidePath = (treatmentId: string, moment: string): string =>
  `/guides/${encodeURIComponent(treatmentId)}/${encodeURIComponent(moment)}`

export const getHome = (): Promise<Home> => request('GET', '/home')
/** `wish`: when I would rather come. Said again it changes nothing. */
export const answerVisit = (
  { id, startsAt }: Pick<Visit, 'id' | 'startsAt'>,
  answer: NonNullable<Visit['answer']>,
  wish = '',
): Promise<Visit> =>
  request('POST', `/appointments/${encodeURIComponent(id)}/answer`, {
    data: { answer, startsAt, ...(wish === '' ? {} : { wish }) },
  })
export const getCalendar = (): Promise<Calendar> => request('GET', '/calendar')
export const getGuide = (treatmentId: string, moment: string): Promise<Guide> =>
  request('GET', guidePath(treatmentId, moment))
/** All that is ticked, not only what changed: said again it changes nothing. */
export const putTicks = (treatmentId: string, moment: string, ticked: string[]): Promise<{ ticked: string[] }> =>
  request('PUT', `${guidePath(treatmentId, moment)}/ticks`, { data: { ticked } })
export const getHelp = (q: string): Promise<Help> => request('GET', '/help', { data: { q } })
