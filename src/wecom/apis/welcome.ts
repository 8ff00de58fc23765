/** The welcome to somebody who has just become a contact (新客户欢迎语, wecom.md 4.4). */
import { type Ask, Done } from '../ask.ts'
import type { SendOptions } from '../types.ts'
import { type Attachment, contentOf } from './attachments.ts'

/** So long after the event its welcome code is good, once. */
export const WELCOME_MS = 20_000

export interface WelcomeApi {
  /**
   * Frozen bytes of `welcomeBody`. The code is good once: what was lost on the way and is asked again answers 41050 or 41051.
   *
   * @throws VendorError 41050 late or used (stop), 41051 they chat already or a welcome was delivered (stop), 41096 another app is
   * sending and may fail (retry, while the 20 s last)
   */
  sendWelcome(body: string, options?: SendOptions): Promise<void>
}

/** Text (≤ 4000 bytes) and attachments become messages of their own; one of them must be there. */
export const welcomeBody = ({
  code,
  text = null,
  attachments = [],
}: {
  code: string
  text?: string | null
  attachments?: readonly Attachment[]
}): string => JSON.stringify({ welcome_code: code, ...contentOf(text, attachments) })

export const welcomeApi = (ask: Ask): WelcomeApi => ({
  async sendWelcome(body, options) {
    await ask.once(Done, '/cgi-bin/externalcontact/send_welcome_msg', body, options)
  },
})
