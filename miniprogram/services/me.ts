/** Who I am to the clinic, what it may do with my data, and what it may send me. */
import type { Answers } from '../typings/api'
import { request } from './request'

export type Me = Answers['GET /me']
export type Consent = Answers['GET /consents']['items'][number]
export type MyData = Answers['GET /my-data']
export type DataRequests = Answers['GET /data-requests']
export type DataRequest = DataRequests['items'][number]
export type MemberCard = Answers['GET /membership']['card']
export type Points = Answers['GET /points']
export type Subscriptions = Answers['GET /subscriptions']

export const getMe = (): Promise<Me> => request('GET', '/me')
/** @param code of a button with open-type getPhoneNumber */
export const putPhone = (code: string): Promise<{ customerId: string | null }> =>
  request('POST', '/phone', { data: { code } })

export const getConsents = async (): Promise<Consent[]> =>
  (await request<Answers['GET /consents']>('GET', '/consents')).items
export const putConsent = (purpose: Consent['purpose'], version: number, granted: boolean): Promise<Consent> =>
  request('PUT', `/consents/${purpose}`, { data: { version, granted } })

export const getMyData = (): Promise<MyData> => request('GET', '/my-data')
export const getDataRequests = (cursor: string | null): Promise<DataRequests> =>
  request('GET', '/data-requests', { data: cursor ? { cursor } : {} })
export const postDataRequest = (body: {
  submissionId: string
  kind: DataRequest['kind']
  words: string
}): Promise<DataRequest> => request('POST', '/data-requests', { data: body })

export const getCard = async (): Promise<MemberCard> =>
  (await request<Answers['GET /membership']>('GET', '/membership')).card
export const getPoints = (cursor: string | null): Promise<Points> =>
  request('GET', '/points', { data: cursor ? { cursor } : {} })
export const getSubscriptions = async (): Promise<Subscriptions['items']> =>
  (await request<Subscriptions>('GET', '/subscriptions')).items
