/** Keys of people signed in to the mini-program: is one still good, and a new one for it. */
import { createHmac } from 'node:crypto'
import { opaque } from '../chance.ts'
import { type Api, ApiError, type ApiRequest, type SimContext } from './types.ts'

/** Whose key the request proves to have. @throws ApiError 40097, 87007–87009 */
function signedIn({ query }: ApiRequest, { grants }: SimContext): { openId: string; key: string } {
  const openId = query.get('openid') ?? ''
  if (!openId) throw new ApiError(40097, 'invalid args: openid')
  if (query.get('sig_method') !== 'hmac_sha256') throw new ApiError(87008, 'invalid sig_method')
  const key = grants.sessions.get(openId)
  if (!key) throw new ApiError(87007, 'session_key is not existed or expired')
  const signature = createHmac('sha256', key).update('').digest('hex')
  if (query.get('signature') !== signature) throw new ApiError(87009, 'invalid signature')
  return { openId, key }
}

const common = { method: 'GET', auth: 'wechat' } as const

export const miniSessionApis: Api[] = [
  {
    ...common,
    path: '/wxa/checksession',
    handle(request, context) {
      signedIn(request, context)
      return {}
    },
  },
  {
    ...common,
    path: '/wxa/resetusersessionkey',
    handle(request, context) {
      const { openId, key } = signedIn(request, context)
      const next = Buffer.from(opaque(16, context.world.seed, 'session after', key)).toString('base64')
      context.grants.sessions.set(openId, next)
      return { openid: openId, session_key: next }
    },
  },
]
