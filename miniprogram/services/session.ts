/** Who is signed in: a token of the clinic's server, got with `wx.login`, kept until it is refused. */
import { serverUrl } from '../config'

const KEY = 'session-token'

export interface Session {
  token: string
  /** Null for somebody whom the clinic doesn't know yet. */
  customerId: string | null
}

let opening: Promise<Session> | null = null

/** The session that there is, or a new one; several who ask at once get the same. */
export function openSession(): Promise<Session> {
  const kept = wx.getStorageSync<Session | ''>(KEY)
  if (kept) return Promise.resolve(kept)
  opening ??= signIn().finally(() => {
    opening = null
  })
  return opening
}

/** After the server refused the token, or once the phone number made somebody known. */
export function forgetSession(): void {
  wx.removeStorageSync(KEY)
}

async function signIn(): Promise<Session> {
  const { code } = await wx.login()
  const session = await new Promise<Session>((resolve, reject) => {
    wx.request<Session>({
      url: `${serverUrl}/api/mp/session`,
      method: 'POST',
      data: { code },
      success: ({ statusCode, data }) =>
        statusCode === 200 ? resolve(data) : reject(new Error(`sign-in ${statusCode}`)),
      fail: ({ errMsg }) => reject(new Error(errMsg)),
    })
  })
  wx.setStorageSync(KEY, session)
  return session
}
