/** Who is at the screen (wecom.md 7): addresses that lead through WeCom's sign-in, and what their code is worth. */
import { z } from 'zod'
import { AppError } from '../../platform/errors.ts'
import { type Ask, NumberLike } from '../ask.ts'
import { isVendorError } from '../errors.ts'

/** Outside the corp somebody is known by an openid, and as a customer if they are one. */
export type SignedIn =
  | { kind: 'staff'; userId: string; userTicket: string | null }
  | { kind: 'other'; openId: string; externalUserId: string | null }

export interface SignInApi {
  /** A code is good once, for five minutes. @throws AppError unauthenticated/wecom_code_invalid */
  signedIn(code: string): Promise<SignedIn>
  /** What the member agreed to show; a ticket is good for half an hour. @throws AppError unauthenticated/wecom_code_invalid */
  privateDetails(userTicket: string): Promise<{
    userId: string
    gender: 'male' | 'female' | null
    mobile: string | null
    email: string | null
    avatarUrl: string | null
  }>
}

export interface SignInInput {
  /** Lies in the app's trusted domain. */
  redirectUrl: string
  /** ≤ 128 letters and digits; comes back with the code. */
  state: string
  /** Asks for a ticket for `privateDetails`; inside WeCom only. */
  isPrivate?: boolean
}

/** WeCom's own hosts; whoever stands in for its API, stands in for these. */
const API = 'https://qyapi.weixin.qq.com'
const hostsOf = (apiBase: string) =>
  apiBase === API
    ? { inside: 'https://open.weixin.qq.com', browser: 'https://login.work.weixin.qq.com' }
    : { inside: apiBase, browser: apiBase }

/** Addresses to send a browser to. @throws AppError invalid/invalid_request: a state that WeCom would refuse */
export function createSignInUrls({ apiBase, corpId, agentId }: { apiBase: string; corpId: string; agentId: number }) {
  const { inside, browser } = hostsOf(apiBase)
  const common = ({ redirectUrl, state }: SignInInput) => {
    if (!/^[a-zA-Z0-9]{1,128}$/.test(state)) throw new AppError('invalid', 'invalid_request', { parameter: 'state' })
    return { appid: corpId, redirect_uri: redirectUrl, state, agentid: String(agentId) }
  }
  return {
    /** Inside WeCom's own browser: no word is asked of the person. */
    inClient(input: SignInInput): string {
      const scope = input.isPrivate ? 'snsapi_privateinfo' : 'snsapi_base'
      const query = new URLSearchParams({ ...common(input), response_type: 'code', scope })
      return `${inside}/connect/oauth2/authorize?${query}#wechat_redirect`
    },
    /** In any browser: a QR code to scan with WeCom. */
    byQrCode: (input: SignInInput): string =>
      `${browser}/wwlogin/sso/login?${new URLSearchParams({ login_type: 'CorpApp', ...common(input), lang: 'zh' })}`,
  }
}

const START_AGAIN: ReadonlySet<number> = new Set([40029, 42003, 42022, 84014, 84015])

async function withCode<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (isVendorError(error) && error.errcode !== null && START_AGAIN.has(error.errcode))
      throw new AppError('unauthenticated', 'wecom_code_invalid', {}, { cause: error })
    throw error
  }
}

const GetUserInfo = z.union([
  z.object({ userid: z.string().min(1), user_ticket: z.string().optional() }),
  z.object({ openid: z.string().min(1), external_userid: z.string().optional() }),
])
const Details = z.object({
  userid: z.string().min(1),
  gender: NumberLike.default(0),
  mobile: z.string().default(''),
  email: z.string().default(''),
  avatar: z.string().default(''),
})
const GENDERS = { 1: 'male', 2: 'female' } as const

export const signInApi = (ask: Ask): SignInApi => ({
  async signedIn(code) {
    // A lost answer may have used the code up; the repeat then says so, and the person starts again.
    const answer = await withCode(ask.again(GetUserInfo, '/cgi-bin/auth/getuserinfo', { query: { code } }))
    return 'userid' in answer
      ? { kind: 'staff', userId: answer.userid.toLowerCase(), userTicket: answer.user_ticket ?? null }
      : { kind: 'other', openId: answer.openid, externalUserId: answer.external_userid ?? null }
  },
  async privateDetails(userTicket) {
    const body = { user_ticket: userTicket }
    const raw = await withCode(ask.again(Details, '/cgi-bin/auth/getuserdetail', { body }))
    return {
      userId: raw.userid.toLowerCase(),
      gender: GENDERS[raw.gender as keyof typeof GENDERS] ?? null,
      mobile: raw.mobile || null,
      email: raw.email || null,
      avatarUrl: raw.avatar || null,
    }
  },
})
