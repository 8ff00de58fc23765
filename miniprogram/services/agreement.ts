/** The service agreement: asked for at the first start, and again when its words have changed. */
import { getConsents } from './me'

const KEY = 'agreed-version'
const WELCOME = '/pages/welcome/index'

export function rememberAgreement(version: number): void {
  wx.setStorageSync(KEY, version)
}

/** Opens the agreement for whoever has not agreed to it as it is now. Whether somebody has, the server knows best. */
export async function askForAgreement(): Promise<void> {
  const service = (await getConsents()).find(({ purpose }) => purpose === 'service')
  if (!service) return
  if (service.granted === true) rememberAgreement(service.version)
  else wx.reLaunch({ url: WELCOME })
}
