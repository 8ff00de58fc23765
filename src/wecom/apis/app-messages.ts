/** The app itself, its messages and cards to staff (wecom.md 3). */
import { z } from 'zod'
import { type Ask, Done, NumberLike } from '../ask.ts'
import type { SendOptions } from '../types.ts'

export interface AppMessagesApi {
  /** `POST /message/send` with the frozen bytes of a row; duplicate check is part of those bytes. */
  sendMessage(
    body: string,
    options?: SendOptions,
  ): Promise<{ msgid: string; responseCode: string | null; invalidUsers: string[] }>
  updateTemplateCard(body: string, options?: SendOptions): Promise<{ invalidUsers: string[] }>
  recall(msgid: string): Promise<void>
  /** What the administrator set up. @throws VendorError 40056/301002: not the app of this secret (person) */
  appInfo(agentId: number): Promise<{ name: string; isClosed: boolean; trustedDomain: string | null }>
}

const Sent = z.object({
  msgid: z.string().default(''),
  response_code: z.string().optional(),
  invaliduser: z.string().default(''),
})
const AppInfo = z.object({
  name: z.string().default(''),
  close: NumberLike.default(0),
  redirect_domain: z.string().default(''),
})
const Updated = z.object({ invaliduser: z.array(z.string()).default([]) })

export const appMessagesApi = (ask: Ask): AppMessagesApi => ({
  async sendMessage(body, options) {
    const { msgid, response_code, invaliduser } = await ask.once(Sent, '/cgi-bin/message/send', body, options)
    return { msgid, responseCode: response_code ?? null, invalidUsers: invaliduser.split('|').filter(Boolean) }
  },
  async updateTemplateCard(body, options) {
    const { invaliduser } = await ask.once(Updated, '/cgi-bin/message/update_template_card', body, options)
    return { invalidUsers: invaliduser }
  },
  async recall(msgid) {
    await ask.once(Done, '/cgi-bin/message/recall', { msgid })
  },
  async appInfo(agentId) {
    const query = { agentid: String(agentId) }
    const { name, close, redirect_domain } = await ask.again(AppInfo, '/cgi-bin/agent/get', { query })
    return { name, isClosed: close === 1, trustedDomain: redirect_domain || null }
  },
})
