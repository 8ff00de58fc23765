/** Complaints and opinions: filed once, followed, answered to. */
import type { Answers as Api } from '../typings/api'
import { request } from './request'

export type Complaint = Api['GET /complaints/:complaintId']
export type ListedComplaint = Api['GET /complaints']['items'][number]
export type ComplaintKind = Complaint['kind']
export type ComplaintStatus = Complaint['status']
export type ComplaintType = NonNullable<Complaint['type']>
export interface ComplaintInput {
  submissionId: string
  kind: ComplaintKind
  type: ComplaintType | null
  words: string
  demand: string | null
  treatmentId: string | null
  evidence: string[]
  mayContact: boolean
}

export const fileComplaint = (input: ComplaintInput): Promise<Complaint> =>
  request('POST', '/complaints', { data: { ...input } })

export const getComplaints = (cursor: string | null): Promise<Api['GET /complaints']> =>
  request('GET', '/complaints', { data: cursor ? { cursor } : {} })

const pathOf = (id: string): string => `/complaints/${encodeURIComponent(id)}`

export const getComplaint = (id: string): Promise<Complaint> => request('GET', pathOf(id))
export const acceptReply = (id: string): Promise<Complaint> => request('POST', `${pathOf(id)}/accept`)
export const objectToReply = (id: string, words: string): Promise<Complaint> =>
  request('POST', `${pathOf(id)}/object`, { data: { words } })
export const withdrawComplaint = (id: string): Promise<Complaint> => request('POST', `${pathOf(id)}/withdraw`)
export const rateComplaint = (id: string, stars: number, words: string | null): Promise<Complaint> =>
  request('POST', `${pathOf(id)}/rate`, { data: { stars, words } })
