/** What any page may need of the clinic before it has asked for anything: kept from the last answer. */
import type { Answers } from '../typings/api'
import { request } from './request'

type Store = Answers['GET /home']['store']

const KEY = 'clinic'
/** The country's emergency number, as long as no store of the customer is known. */
const NATIONAL = '120'

export function rememberClinic(store: Store): void {
  if (store) wx.setStorageSync(KEY, { emergencyPhone: store.emergencyPhone || store.callbackPhone })
}

export function emergencyPhone(): string {
  const known = wx.getStorageSync<{ emergencyPhone: string } | ''>(KEY)
  return known === '' ? NATIONAL : known.emergencyPhone
}

export type EmergencyNumber = Answers['GET /emergency']['items'][number]

/** Of every store; nobody need be signed in. */
export const getEmergencyNumbers = async (): Promise<EmergencyNumber[]> =>
  (await request<Answers['GET /emergency']>('GET', '/emergency', { isPublic: true })).items
