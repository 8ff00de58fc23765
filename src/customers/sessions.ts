/**
 * Mini-program sessions: a bearer token bound to the openid, signed with HMAC-SHA256, kept nowhere. Who the openid
 * belongs to is looked up at each use, so that a customer joined or merged later needs no new token.
 */
import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { addMs, type Clock, DAY_MS, instant } from '../platform/clock.ts'
import { AppError } from '../platform/errors.ts'
import type { Actor } from '../platform/http.ts'
import type { WechatClient } from '../wechat/index.ts'
import type { Customer, CustomersService } from './types.ts'

export interface MiniProgramSession {
  token: string
  expiresAt: Date
  customerId: string | null
}

export interface CustomerSessions {
  /** Exchanges a `wx.login` code. The vendor's session key is dropped. @throws AppError unauthenticated/wechat_code_invalid */
  open(code: string): Promise<MiniProgramSession>
  /** Joins the phone number behind a `getPhoneNumber` code to the session's person. */
  addPhone(actor: Actor, code: string): Promise<{ customerId: string | null }>
  /** The caller behind a token, or null when it is forged, foreign or over. `id` is the customer's, else `openid:<openid>`. */
  actorOf(token: string): Promise<Actor | null>
}

export interface SessionDeps {
  secret: string
  clock: Clock
  wechat: Pick<WechatClient, 'code2Session' | 'phoneNumber'>
  customers: Pick<CustomersService, 'join' | 'findByIdentity' | 'get'>
}

const SESSION_MS = 7 * DAY_MS
const NOBODY = 'openid:'

export function createSessions({ secret, clock, wechat, customers }: SessionDeps): CustomerSessions {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'aftercare mini-program session', 32))
  const sign = (payload: string): string => createHmac('sha256', key).update(payload).digest('base64url')

  /** The openid of a valid token. */
  function read(token: string): string | null {
    const [version, payload = '', mac = '', ...rest] = token.split('.')
    // As text: decoded, a signature with rubbish behind it would be the same signature.
    const [given, wanted] = [Buffer.from(mac), Buffer.from(sign(payload))]
    if (version !== 'mp1' || rest.length > 0 || given.length !== wanted.length) return null
    if (!timingSafeEqual(given, wanted)) return null
    const { o, e } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { o: string; e: number }
    return instant(e) > clock.now() ? o : null
  }

  const actor = (openId: string, customer: Customer | null): Actor => ({
    kind: 'customer',
    id: customer?.id ?? `${NOBODY}${openId}`,
    roles: [],
    stores: customer?.storeIds ?? [],
  })

  return {
    async open(code) {
      const { openId, unionId } = await wechat.code2Session(code)
      // Kept even for a stranger: the unionid joins the two when staff add the person in WeCom.
      const customer = await customers.join({ openId, ...(unionId ? { unionId } : {}), create: true })
      const expiresAt = addMs(clock.now(), SESSION_MS)
      const payload = Buffer.from(JSON.stringify({ o: openId, e: expiresAt.getTime() })).toString('base64url')
      return {
        token: `mp1.${payload}.${sign(payload)}`,
        expiresAt,
        customerId: customer?.id ?? null,
      }
    },
    async addPhone({ id }, code) {
      const openId = id.startsWith(NOBODY) ? id.slice(NOBODY.length) : (await customers.get(id))?.openIds[0]
      if (!openId) throw new AppError('unauthenticated', 'unauthenticated')
      const { phone } = await wechat.phoneNumber(code)
      const customer = await customers.join({ openId, phone, create: true })
      return { customerId: customer?.id ?? null }
    },
    async actorOf(token) {
      const openId = read(token)
      return openId === null ? null : actor(openId, await customers.findByIdentity('openid', openId))
    },
  }
}
