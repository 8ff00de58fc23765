/** Buttons that open something of WeChat's: what each answers to the page. */
import type { Shell } from '../shell.ts'
import { ask } from './dialogs.ts'
import { agreePrivacy, needPrivacy } from './privacy.ts'
import { act, phoneNumberOf } from './simulator.ts'

type Open = (shell: Shell) => Promise<Record<string, unknown>>

async function getPhoneNumber(shell: Shell) {
  const name = 'getPhoneNumber'
  try {
    await needPrivacy(shell, name)
    const phone = await phoneNumberOf(shell)
    const { confirm } = await ask({ title: '申请获取您的手机号', content: phone, ok: '允许', no: '不允许' })
    if (!confirm) return { errMsg: `${name}:fail user deny` }
    return { errMsg: `${name}:ok`, ...(await act(shell, 'mp-phone')) }
  } catch (error) {
    return { errMsg: `${name}:fail ${error instanceof Error ? error.message : String(error)}` }
  }
}

export const openTypes: Record<string, Open> = {
  getPhoneNumber,
  async agreePrivacyAuthorization(shell) {
    agreePrivacy(shell)
    return { errMsg: 'agreePrivacyAuthorization:ok' }
  },
  async openSetting() {
    return { errMsg: 'openSetting:ok', authSetting: {} }
  },
  async contact(shell) {
    await act(shell, 'mp-enter-chat')
    return { errMsg: 'enterContact:ok', path: '', query: {} }
  },
}
