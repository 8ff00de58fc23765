/** The privacy guide that WeChat asks everybody to agree to before anything personal is read. */
import type { Shell } from '../shell.ts'
import { type Registrar, WxError } from './api.ts'
import { ask } from './dialogs.ts'

const CONTRACT = '《用户隐私保护指引》'
type Resolve = (said: { event: 'agree' | 'disagree' | 'exposureAuthorization' }) => void
type Listener = (resolve: Resolve, event: { referrer: string }) => void

let listener: Listener | null = null

const keyOf = ({ person }: Shell) => `mp-privacy:${person ?? ''}`
const isAgreed = (shell: Shell): boolean => localStorage.getItem(keyOf(shell)) === 'agreed'

/** The button with open-type agreePrivacyAuthorization. */
export function agreePrivacy(shell: Shell): void {
  localStorage.setItem(keyOf(shell), 'agreed')
}

/** Waits for the person to agree. @throws WxError when they don't */
export async function needPrivacy(shell: Shell, referrer: string): Promise<void> {
  if (isAgreed(shell)) return
  const asks = listener
  const isYes = asks
    ? await new Promise<boolean>((done) =>
        asks(({ event }) => event !== 'exposureAuthorization' && done(event === 'agree'), { referrer }),
      )
    : (await ask({ title: '用户隐私保护提示', content: `请您阅读并同意${CONTRACT}`, ok: '同意', no: '拒绝' })).confirm
  if (!isYes) throw new WxError('privacy permission is not authorized', { errno: 104 })
  agreePrivacy(shell)
}

export function registerPrivacy({ api, plain, shell }: Registrar): void {
  api('getPrivacySetting', () => ({ needAuthorization: !isAgreed(shell), privacyContractName: CONTRACT }))
  api('requirePrivacyAuthorize', () => needPrivacy(shell, 'requirePrivacyAuthorize'))
  api('openPrivacyContract', async () => {
    await ask({ title: CONTRACT, content: '这里由微信展示小程序登记的隐私保护指引。', no: null, ok: '返回' })
  })
  plain({
    onNeedPrivacyAuthorization: (given: Listener) => {
      listener = given
    },
  })
}
