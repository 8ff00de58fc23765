/** The edge to WeCom: callbacks in, typed calls out. Vendor words end here. */
import type Router from '@koa/router'
import { z } from 'zod'
import { isAlone } from '../platform/memory.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Ports } from '../platform/ports.ts'
import { createSignInUrls } from './apis/sign-in.ts'
import { createAsk } from './ask.ts'
import { createPlainCall, createTokenCall, createTokenDownload, readWithRetry, shape } from './call.ts'
import { mountWecomCallback } from './callback.ts'
import { createWecomClient, type WecomClient } from './client.ts'
import { createEnvelope } from './envelope.ts'
import { createJsSdk, type JsSdk } from './js-sdk.ts'
import { createRates, type Rates } from './rates.ts'
import { createTokenStore, type TokenStoreDeps } from './tokens.ts'

export type { Attachment } from './apis/attachments.ts'
export type { ContactWay } from './apis/contact-ways.ts'
export type { Department, DirectoryUser } from './apis/directory.ts'
export type { ExternalContact, Follower } from './apis/external-contacts.ts'
export type { KfMessage } from './apis/kf.ts'
export { type MassMessage, type MassResult, massMessageBody } from './apis/mass-messages.ts'
export { MEDIA_RULES, type MediaKind } from './apis/media.ts'
export type { SignedIn, SignInInput } from './apis/sign-in.ts'
export { TRANSFER_BATCH, TRANSFER_WAIT_MS, type TransferOutcome, type TransferStart } from './apis/transfers.ts'
export { WELCOME_MS, welcomeBody } from './apis/welcome.ts'
export { type Ask, createAsk, NumberLike } from './ask.ts'
export { parseBody } from './body.ts'
export { createPlainCall, createTokenCall, createTokenDownload, readWithRetry, shape } from './call.ts'
export { counted, readCallbackBody, resultOf } from './callback.ts'
export type { WecomClient } from './client.ts'
export { createEnvelope, type Envelope } from './envelope.ts'
export { isNoContact, isVendorError, networkFailure, vendorRefusal } from './errors.ts'
export type { Download, Upload } from './exchange.ts'
export type { PageSignature, PageSignatureKind } from './js-sdk.ts'
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
export { createRobot, type Robot, type RobotMessage } from './robot.ts'
export { createTokenStore } from './tokens.ts'
export type * from './types.ts'
export { RateLimited, withinRates } from './within-rates.ts'
export { ENVELOPE_TAGS } from './xml.ts'

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
  /** Addresses that lead staff through WeCom's sign-in. */
  signInUrls: ReturnType<typeof createSignInUrls>
  jsSdk: JsSdk
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
  random,
  memory,
  settings,
}: Ports & { metrics: Metrics; settings: WecomSettings }): Wecom {
  const { apiBase, corpId, agentId, agentSecret, callbackToken, callbackAesKey, callbackMaxAgeSeconds } = settings
  const plain = createPlainCall('wecom', apiBase)
  const path = '/cgi-bin/gettoken'
  const app = `wecom:${corpId}:${agentId}`
  const storeOf = (name: string, fetchToken: TokenStoreDeps['fetchToken'], lasting?: TokenStoreDeps['lasting']) =>
    createTokenStore({ db, clock, crypto, name, fetchToken, ...(lasting ? { lasting } : {}) })
  const tokens = storeOf(app, async () => {
    const answer = await readWithRetry(() =>
      plain({ method: 'GET', path, query: { corpid: corpId, corpsecret: agentSecret } }),
    )
    const { access_token, expires_in } = shape(Token, answer, 'wecom', path)
    return { token: access_token, expiresInSeconds: expires_in }
  })
  const ask = createAsk(
    'wecom',
    createTokenCall('wecom', apiBase, tokens),
    createTokenDownload('wecom', apiBase, tokens),
  )
  const envelope = createEnvelope(
    { token: callbackToken, aesKey: callbackAesKey, receiveId: corpId, maxAgeSeconds: callbackMaxAgeSeconds },
    clock,
  )
  return {
    client: createWecomClient(ask),
    rates: createRates({ db, clock, alone: isAlone(memory) }),
    signInUrls: createSignInUrls({ apiBase, corpId, agentId }),
    jsSdk: createJsSdk({
      ask,
      clock,
      random,
      storeOf: (name, fetchToken) => storeOf(`${app}:${name}`, fetchToken, new Set(['person', 'stop'])),
    }),
    mount: (router) => mountWecomCallback(router, { envelope, inbox, metrics, agentId }),
    // Both collections are asked by _id only.
    ready: async () => undefined,
  }
}
