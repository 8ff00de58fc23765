/** Messages and cards to staff (wecom.md 3). */
import { z } from 'zod'
import { type Ask, Done } from '../ask.ts'
import type { SendOptions } from '../types.ts'

export interface AppMessagesApi {
  /** `POST /message/send` with the frozen bytes of a row; duplicate check is part of those bytes. */
  sendMessage(
    body: string,
    options?: SendOptions,
  ): Promise<{ msgid: string; responseCode: string | null; invalidUsers: string[] }>
  updateTemplateCard(body: string, options?: SendOptions): Promise<{ invalidUsers: string[] }>
  recall(msgid: string): Promise<void>
}

const Sent = z.object({
  msgid: z.string().default(''),
  response_code: z.string().optional(),
  invaliduser: z.string().default(''),
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
})
