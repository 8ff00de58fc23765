/** The edge to the WeChat mini-program platform. */
import type Router from '@koa/router'
import { z } from 'zod'
import { AppError } from '../platform/errors.ts'
import type { Metrics } from '../platform/metrics.ts'
import type { Ports } from '../platform/ports.ts'
import {
  createAsk,
  createEnvelope,
  createPlainCall,
  createTokenCall,
  createTokenDownload,
  createTokenStore,
  readWithRetry,
  shape,
} from '../wecom/index.ts'
import { mountWechatCallback } from './callback.ts'
import { createWechatClient } from './client.ts'
import type { WechatClient } from './types.ts'

export { readMediaVerdict, type SafetyScene, type Verdict } from './apis/safety.ts'
export { readSubscribeEvents, SUBSCRIBE_EVENTS, type SubscribeEvent } from './readers.ts'
export type * from './types.ts'

export interface WechatSettings {
  apiBase: string
  /** All four null: there is no mini-program, its channel is off. */
  appId: string | null
  appSecret: string | null
  callbackToken: string | null
  callbackAesKey: string | null
  callbackMaxAgeSeconds: number
}

export interface Wechat {
  client: WechatClient
  mount(router: Router): void
  ready(): Promise<void>
}

const Token = z.object({ access_token: z.string().min(1), expires_in: z.number().positive() })

export function createWechat({
  db,
  clock,
  crypto,
  inbox,
  metrics,
  settings,
}: Ports & { metrics: Metrics; settings: WechatSettings }): Wechat {
  const { apiBase, appId, appSecret, callbackToken, callbackAesKey, callbackMaxAgeSeconds } = settings
  if (!appId || !appSecret || !callbackToken || !callbackAesKey)
    return { client: switchedOff, mount: () => undefined, ready: async () => undefined }
  const plain = createPlainCall('wechat', apiBase)
  const path = '/cgi-bin/stable_token'
  const tokens = createTokenStore({
    db,
    clock,
    crypto,
    name: `wechat:${appId}`,
    async fetchToken() {
      const body = JSON.stringify({ grant_type: 'client_credential', appid: appId, secret: appSecret })
      const { access_token, expires_in } = shape(
        Token,
        await readWithRetry(() => plain({ method: 'POST', path, body })),
        'wechat',
        path,
      )
      return { token: access_token, expiresInSeconds: expires_in }
    },
  })
  const envelope = createEnvelope(
    { token: callbackToken, aesKey: callbackAesKey, receiveId: appId, maxAgeSeconds: callbackMaxAgeSeconds },
    clock,
  )
  return {
    client: createWechatClient({
      plain,
      ask: createAsk(
        'wechat',
        createTokenCall('wechat', apiBase, tokens),
        createTokenDownload('wechat', apiBase, tokens),
      ),
      appId,
      appSecret,
    }),
    mount: (router) => mountWechatCallback(router, { envelope, inbox, metrics }),
    ready: async () => undefined,
  }
}

const off = () => Promise.reject(new AppError('upstream', 'upstream', { reason: 'no mini-program configured' }))
const switchedOff: WechatClient = {
  code2Session: off,
  phoneNumber: off,
  sendSubscribe: off,
  subscribeTemplates: async () => [],
  miniProgramCode: off,
  urlLink: off,
  urlScheme: off,
  checkText: off,
  checkMedia: off,
}
