/** The code that a new contact brings: one greeting by the app, within 20 seconds. */
import { opaque } from '../chance.ts'
import { createCounters } from '../counters.ts'
import type { Customer } from '../state.ts'
import { showBundle } from './attachments.ts'
import { type Api, ApiError, text } from './types.ts'

const LIFE_MS = 20_000

interface Welcome {
  customer: Customer
  userId: string
  until: number
  isUsed: boolean
}

export interface Welcomes {
  issue(customer: Customer, userId: string, now: Date): string
  /** @throws ApiError 41049 missing, 41050 unknown, over or used */
  look(code: string, now: Date): Welcome
  /** A greeting of this pair has been sent: the later event of the same adding brings no code. */
  isGreeted(customer: Customer, userId: string): boolean
}

export function createWelcomes(seed: number): Welcomes {
  const codes = new Map<string, Welcome>()
  const counters = createCounters(seed)
  return {
    issue(customer, userId, now) {
      const n = counters.next('contact welcome', customer.personId)
      const code = opaque(40, seed, 'contact welcome', customer.personId, n)
      codes.set(code, { customer, userId, until: now.getTime() + LIFE_MS, isUsed: false })
      return code
    },
    look(code, now) {
      if (!code) throw new ApiError(41049, 'welcome code missing')
      const found = codes.get(code)
      if (!found || found.isUsed || found.until <= now.getTime()) throw new ApiError(41050, 'invalid welcome code')
      return found
    },
    isGreeted: (customer, userId) =>
      [...codes.values()].some((one) => one.customer === customer && one.userId === userId && one.isUsed),
  }
}

export const welcomeApis: Api[] = [
  {
    method: 'POST',
    path: '/cgi-bin/externalcontact/send_welcome_msg',
    auth: 'wecom',
    permission: 'external',
    handle({ body }, { world, welcomes, media, clock, ledger, counters }) {
      const now = clock.now()
      const welcome = welcomes.look(text(body.welcome_code), now)
      const { customer, userId } = welcome
      const contact = customer.contacts.get(userId)
      if (!contact) throw new ApiError(84061, 'not external contact')
      if (contact.chattedAt) throw new ApiError(41051, 'externaluser has started chatting')
      const shown = showBundle(body, { world, findMedia: (id) => media.get('corp', id, now) })
      welcome.isUsed = true
      for (const line of shown)
        ledger.add({
          at: now.toISOString(),
          person: customer.personId,
          kind: 'welcome',
          messageId: `welcome${counters.bigId('contact welcome sent', customer.personId)}`,
          channel: 'externalcontact/send_welcome_msg',
          payload: { by: userId },
          text: line,
        })
      return {}
    },
  },
]
