/** The typed edge to the WeChat mini-program platform. Failures are the same `VendorError` as WeCom's. */
import type { SendOptions } from '../wecom/index.ts'
import type { LinksApi } from './apis/links.ts'
import type { SafetyApi } from './apis/safety.ts'

export interface WechatClient extends LinksApi, SafetyApi {
  /** @throws AppError unauthenticated/wechat_code_invalid: used, expired or foreign code */
  code2Session(code: string): Promise<{ openId: string; unionId: string | null; sessionKey: string }>
  phoneNumber(code: string): Promise<{ phone: string }>
  /** `POST /cgi-bin/message/subscribe/send` with frozen bytes. No deduplication on their side. */
  sendSubscribe(body: string, options?: SendOptions): Promise<{ msgid: string | null }>
  subscribeTemplates(): Promise<{ templateId: string; title: string; content: string }[]>
}
