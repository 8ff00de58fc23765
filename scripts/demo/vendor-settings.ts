/** The settings that point a server at a simulator instead of the vendors. */
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
})
