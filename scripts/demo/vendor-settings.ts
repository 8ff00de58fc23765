/** How a server and a simulator that stands for the vendors are pointed at each other. */
import type { ReadyLine } from '../../simulator/index.ts'

export const vendorSettings = ({
  wecomBase,
  wechatBase,
  corpId,
  agentId,
  agentSecret,
  callbackToken,
  callbackAesKey,
  openKfId,
  miniProgram,
  smsApiBase,
  smsApiKey,
  smtpUrl,
}: ReadyLine): Record<string, string> => ({
  WECOM_API_BASE: wecomBase,
  WECHAT_API_BASE: wechatBase,
  WECOM_CORP_ID: corpId,
  WECOM_AGENT_ID: String(agentId),
  WECOM_AGENT_SECRET: agentSecret,
  WECOM_CALLBACK_TOKEN: callbackToken,
  WECOM_CALLBACK_AES_KEY: callbackAesKey,
  WECOM_OPEN_KFID: openKfId,
  WECHAT_APP_ID: miniProgram.appId,
  WECHAT_APP_SECRET: miniProgram.secret,
  WECHAT_CALLBACK_TOKEN: miniProgram.token,
  WECHAT_CALLBACK_AES_KEY: miniProgram.aesKey,
  SMS_API_BASE: smsApiBase,
  SMS_API_KEY: smsApiKey,
  SMTP_URL: smtpUrl,
  MAIL_FROM: 'care@aftercare.example',
})

/** Callbacks and mini-program go to the server from now on. @throws Error when an address fails the vendor's check */
export async function aimCallbacks(wecomBase: string, server: string): Promise<void> {
  const answer = await fetch(`${wecomBase}/_sim/callback-target`, {
    method: 'POST',
    body: JSON.stringify({
      wecomUrl: `${server}/callbacks/wecom`,
      wechatUrl: `${server}/callbacks/wechat`,
      appUrl: server,
    }),
  })
  const { verification } = (await answer.json()) as { verification: Record<string, { ok: boolean; detail: string }> }
  for (const [name, { ok, detail }] of Object.entries(verification))
    if (!ok) throw new Error(`callback address of ${name} is not verified: ${detail}`)
}
