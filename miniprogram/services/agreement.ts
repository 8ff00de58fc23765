/** The service agreement: asked for at the first start, and again when its words have changed. */
import { getConsents } from './me'

const KEY = 'agreed-version'
const WELCOME = '/pages/welcome/index'

/** The server is asked once a start. */
let isChecked = false

/** On this phone; what counts is what the server has. */
export const hasAgreed = (): boolean => Boolean(wx.getStorageSync(KEY))

export function rememberAgreement(version: number): void {
  isChecked = true
  wx.setStorageSync(KEY, version)
}

/** The agreement's page, in place of one that is closed without it. */
export function openAgreement(): void {
  isChecked = false
  wx.removeStorageSync(KEY)
  void wx.reLaunch({ url: WELCOME })
}

/** Opens the agreement for whoever has not agreed to it as it is now, and answers whether that was so. @throws RequestError */
export async function askForAgreement(): Promise<boolean> {
  if (isChecked) return false
  const service = (await getConsents()).find(({ purpose }) => purpose === 'service')
  if (!service || service.granted === true) {
    rememberAgreement(service?.version ?? 1)
    return false
  }
  openAgreement()
  return true
}
