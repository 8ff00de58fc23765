/** Who it is, and what this person allows: sign-in, subscription messages, settings, the way to customer service. */
import { type Registrar, WxError } from './api.ts'
import { ask } from './dialogs.ts'
import { act, subscribeTemplates } from './simulator.ts'

const MOST_TEMPLATES = 3
const CHAT_OPENED = 'aftercare:chat-opened'

export function registerAccount({ api, shell, plain }: Registrar): void {
  api('login', () => act(shell, 'mp-login'))
  api('checkSession', () => undefined)
  api('requestSubscribeMessage', async ({ tmplIds }) => {
    if (tmplIds.length === 0) throw new WxError('TmplIds can’t be empty', { errCode: 10_001 })
    if (tmplIds.length > MOST_TEMPLATES) throw new WxError('Templates count out of max bounds', { errCode: 20_003 })
    if (!navigator.userActivation.isActive) throw new WxError('can only be invoked by user TAP gesture.')
    const templates = await subscribeTemplates()
    const titles = tmplIds.map((id) => templates.find(({ priTmplId }) => priTmplId === id)?.title)
    if (titles.includes(undefined))
      throw new WxError('No template data return, verify the template id exist', { errCode: 20_001 })
    const { confirm } = await ask({ title: '允许发送以下消息', content: titles.join('\n'), ok: '允许', no: '取消' })
    for (const templateId of tmplIds) await act(shell, 'mp-subscribe', { templateId, accept: confirm })
    return Object.fromEntries(tmplIds.map((id) => [id, confirm ? 'accept' : 'reject']))
  })
  api('openCustomerServiceChat', async ({ extInfo: { url } }) => {
    const { searchParams } = new URL(url)
    const said = (name: string) => searchParams.get(name) ?? ''
    await act(shell, 'enter-kf', { scene: said('scene'), sceneParam: said('scene_param') })
    parent.postMessage({ type: CHAT_OPENED, person: shell.person }, location.origin)
  })

  const settings = { authSetting: {}, subscriptionsSetting: { mainSwitch: true, itemSettings: {} } }
  api('getSetting', () => settings)
  api('openSetting', () => settings)
  api('authorize', () => undefined)
  plain({
    getAccountInfoSync: () => ({
      miniProgram: { appId: 'wx0000000000000000', envVersion: 'develop', version: '' },
      plugin: {},
    }),
  })
}
