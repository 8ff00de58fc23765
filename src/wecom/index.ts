/** The edge to WeCom: callbacks in, typed calls out. Vendor words end here. */
import type Router from '@koa/router'
import { z } from 'zod'
import type { Metrics } from '../platform/metrics.ts'
import type { Ports } from '../platform/ports.ts'
import { createPlainCall, createTokenCall, readWithRetry, shape } from './call.ts'
import { mountWecomCallback } from './callback.ts'
import { createWecomClient, type WecomClient } from './client.ts'
import { createEnvelope } from './envelope.ts'
import { createRates, type Rates } from './rates.ts'
import { createTokenStore } from './tokens.ts'

export type { Attachment } from './apis/attachments.ts'
export type { ContactWay } from './apis/contact-ways.ts'
export type { Department, DirectoryUser } from './apis/directory.ts'
export type { ExternalContact, Follower } from './apis/external-contacts.ts'
export type { KfMessage } from './apis/kf.ts'
export { type MassMessage, type MassResult, massMessageBody } from './apis/mass-messages.ts'
export { TRANSFER_BATCH, TRANSFER_WAIT_MS, type TransferOutcome, type TransferStart } from './apis/transfers.ts'
export { WELCOME_MS, welcomeBody } from './apis/welcome.ts'
export { createPlainCall, createTokenCall, readWithRetry, shape } from './call.ts'
export { counted, readCallbackBody, resultOf } from './callback.ts'
export type { WecomClient } from './client.ts'
export { createEnvelope, type Envelope } from './envelope.ts'
export { isVendorError, networkFailure, vendorRefusal } from './errors.ts'
export { type MassQuota, massQuotaOn } from './mass-quota.ts'
export { LIMITS, type Rates } from './rates.ts'
export {
  type CardEvent,
  type ExternalContactEvent,
  readCardEvent,
  readExternalContactEvent,
  readKfSignal,
  readTagEvent,
  readText,
} from './readers.ts'
export { createTokenStore } from './tokens.ts'
export type * from './types.ts'
export { ENVELOPE_TAGS, parseXml } from './xml.ts'

export interface WecomSettings {
  apiBase: string
  corpId: string
  agentId: number
  agentSecret: string
  callbackToken: string
  callbackAesKey: string
  callbackMaxAgeSeconds: number
}

export interface Wecom {
  client: WecomClient
  rates: Rates
  mount(router: Router): void
  ready(): Promise<void>
}

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

export function createWecom({
  db,
  clock,
  crypto,
  inbox,
  metrics,
  settings,
}: Ports & { metrics: Metrics; settings: WecomSettings }): Wecom {
  const { apiBase, corpId, agentId, agentSecret, callbackToken, callbackAesKey, callbackMaxAgeSeconds } = settings
  const plain = createPlainCall('wecom', apiBase)
  const path = '/cgi-bin/gettoken'
  const tokens = createTokenStore({
    db,
    clock,
    crypto,
    name: `wecom:${corpId}:${agentId}`,
    async fetchToken() {
      const answer = await readWithRetry(() =>
        plain({ method: 'GET', path, query: { corpid: corpId, corpsecret: agentSecret } }),
      )
      const { access_token, expires_in } = shape(Token, answer, 'wecom', path)
      return { token: access_token, expiresInSeconds: expires_in }
    },
  })
  const envelope = createEnvelope(
    { token: callbackToken, aesKey: callbackAesKey, receiveId: corpId, maxAgeSeconds: callbackMaxAgeSeconds },
    clock,
  )
  return {
    client: createWecomClient(createTokenCall('wecom', apiBase, tokens)),
    rates: createRates({ db, clock }),
    mount: (router) => mountWecomCallback(router, { envelope, inbox, metrics, agentId }),
    // Both collections are asked by _id only.
    ready: async () => undefined,
  }
}
