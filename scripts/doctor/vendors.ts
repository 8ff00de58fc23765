/** The vendors as the settings name them, with tokens that only this run knows: a check must not disturb what runs. */
import { z } from 'zod'
import type { Settings } from '../../src/platform/settings.ts'
import { createWechatClient } from '../../src/wechat/client.ts'
import { createWecomClient } from '../../src/wecom/client.ts'
import {
  createAsk,
  createPlainCall,
  createTokenCall,
  createTokenDownload,
  isVendorError,
  shape,
} from '../../src/wecom/index.ts'
import type { TokenStore } from '../../src/wecom/tokens.ts'
import type { Finding } from './words.ts'

const Token = z.object({ access_token: z.string().min(1) })

/** Asked for once; what was refused stays refused for this run. */
function forThisRun(fetchToken: () => Promise<string>): TokenStore {
  let asked: Promise<string> | null = null
  return {
    async get() {
      asked ??= fetchToken()
      return { value: await asked, generation: 1 }
    },
    invalidate: async () => undefined,
  }
}

export function vendorsOf(settings: Settings) {
  const { WECOM_API_BASE, WECOM_CORP_ID, WECOM_AGENT_SECRET, WECHAT_API_BASE, WECHAT_APP_ID, WECHAT_APP_SECRET } =
    settings
  const plain = createPlainCall('wecom', WECOM_API_BASE)
  const gettoken = '/cgi-bin/gettoken'
  const wecomToken = forThisRun(async () => {
    const query = { corpid: WECOM_CORP_ID, corpsecret: WECOM_AGENT_SECRET }
    return shape(Token, await plain({ method: 'GET', path: gettoken, query }), 'wecom', gettoken).access_token
  })
  const ask = createAsk(
    'wecom',
    createTokenCall('wecom', WECOM_API_BASE, wecomToken),
    createTokenDownload('wecom', WECOM_API_BASE, wecomToken),
  )
  const wecom = { token: wecomToken, ask, client: createWecomClient(ask) }
  if (!WECHAT_APP_ID || !WECHAT_APP_SECRET) return { wecom, wechat: null }

  const mini = createPlainCall('wechat', WECHAT_API_BASE)
  const stable = '/cgi-bin/stable_token'
  const miniToken = forThisRun(async () => {
    const body = { grant_type: 'client_credential', appid: WECHAT_APP_ID, secret: WECHAT_APP_SECRET }
    const answer = await mini({ method: 'POST', path: stable, body: JSON.stringify(body) })
    return shape(Token, answer, 'wechat', stable).access_token
  })
  const miniAsk = createAsk(
    'wechat',
    createTokenCall('wechat', WECHAT_API_BASE, miniToken),
    createTokenDownload('wechat', WECHAT_API_BASE, miniToken),
  )
  const client = createWechatClient({ plain: mini, ask: miniAsk, appId: WECHAT_APP_ID, appSecret: WECHAT_APP_SECRET })
  return { wecom, wechat: { token: miniToken, client } }
}

/** Where WeCom saw us come from: only its sentence says so, and only a person reads it. Empty when it doesn't. */
export async function addressSeen({ WECOM_API_BASE, WECOM_CORP_ID, WECOM_AGENT_SECRET }: Settings): Promise<string[]> {
  const query = new URLSearchParams({ corpid: WECOM_CORP_ID, corpsecret: WECOM_AGENT_SECRET })
  try {
    const answer = await fetch(`${WECOM_API_BASE}/cgi-bin/gettoken?${query}`, { signal: AbortSignal.timeout(5_000) })
    const address = /from ip: ([0-9a-fA-F.:]{3,45})/.exec(await answer.text())?.[1]
    return address ? [address] : []
  } catch {
    return []
  }
}

/** What a refusal means at any step. */
const ANYWHERE: Partial<Record<number, Finding>> = {
  40001: 'wrong_secret',
  40013: 'wrong_corp',
  40091: 'wrong_secret',
  45009: 'limited',
  45011: 'limited',
  50003: 'app_disabled',
  60020: 'address_not_trusted',
  301042: 'address_not_trusted',
}

/** @throws what is no vendor's word */
export function findingOf(
  error: unknown,
  here: Partial<Record<number, Finding>> = {},
): { finding: Finding; details: string[] } {
  if (!isVendorError(error)) throw error
  const { errcode, path } = error
  if (errcode === null) return { finding: 'unreachable', details: [path] }
  return { finding: here[errcode] ?? ANYWHERE[errcode] ?? 'refused', details: [`${path} ${errcode}`] }
}
