/** Signatures that let a page of ours use WeCom's JavaScript (wecom.md 7.3). Tickets are kept like tokens: one for all processes. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type Clock, unixSeconds } from '../platform/clock.ts'
import type { Random } from '../platform/random.ts'
import type { Ask } from './ask.ts'
import type { TokenStore, TokenStoreDeps } from './tokens.ts'

/** `config`: what any page may do. `agentConfig`: what needs the app, e.g. whose chat a sidebar stands beside. */
export type PageSignatureKind = 'config' | 'agentConfig'

export interface PageSignature {
  timestamp: number
  nonceStr: string
  signature: string
}

export interface JsSdk {
  /** Of the page's address as its browser shows it; what follows a # does not count. */
  sign(kind: PageSignatureKind, url: string): Promise<PageSignature>
}

const Ticket = z.object({ ticket: z.string().min(1), expires_in: z.number().positive() })

/** The order of the four is the vendor's. Pure. */
export const pageSignature = (ticket: string, nonceStr: string, timestamp: number, url: string): string =>
  createHash('sha1')
    .update(`jsapi_ticket=${ticket}&noncestr=${nonceStr}&timestamp=${timestamp}&url=${url.split('#')[0]}`)
    .digest('hex')

export function createJsSdk({
  ask,
  clock,
  random,
  storeOf,
}: {
  ask: Ask
  clock: Clock
  random: Random
  storeOf: (name: string, fetchToken: TokenStoreDeps['fetchToken']) => TokenStore
}): JsSdk {
  const ticketOf = (path: string, query: Record<string, string>) => async () => {
    const { ticket, expires_in } = await ask.again(Ticket, path, { query })
    return { token: ticket, expiresInSeconds: expires_in }
  }
  const tickets = {
    config: storeOf('jsapi', ticketOf('/cgi-bin/get_jsapi_ticket', {})),
    agentConfig: storeOf('agent_config', ticketOf('/cgi-bin/ticket/get', { type: 'agent_config' })),
  }
  return {
    async sign(kind, url) {
      const { value } = await tickets[kind].get()
      const timestamp = unixSeconds(clock.now())
      const nonceStr = random.id()
      return { timestamp, nonceStr, signature: pageSignature(value, nonceStr, timestamp, url) }
    },
  }
}
